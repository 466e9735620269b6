//! The 512 bytes before each entry.

use super::{BLOCK, damaged};
use crate::root::failure::Result;

/// A header block whose sum is right.
pub(super) struct Header(pub(super) [u8; BLOCK]);

impl Header {
    pub(super) fn bytes(&self, at: usize, length: usize) -> &[u8] {
        self.0.get(at..at + length).unwrap_or_default()
    }

    /// A text field, up to its first NUL.
    pub(super) fn field(&self, at: usize, length: usize) -> &[u8] {
        until_nul(self.bytes(at, length))
    }

    pub(super) fn kind(&self) -> u8 {
        self.bytes(156, 1).first().copied().unwrap_or_default()
    }

    pub(super) fn name(&self) -> Vec<u8> {
        let (name, prefix) = (self.field(0, 100), self.field(345, 155));
        // GNU's own headers, "ustar  ", have other things there.
        if self.bytes(257, 6) == b"ustar\0" && !prefix.is_empty() {
            [prefix, b"/", name].concat()
        } else {
            name.to_vec()
        }
    }

    /// Octal digits, or two's complement behind a set top bit (GNU's form, which POSIX allows).
    pub(super) fn number(&self, at: usize, length: usize) -> Result<i64> {
        let field = self.bytes(at, length);
        let first = field.first().copied().unwrap_or_default();
        if first & 0x80 != 0 {
            let negative = first & 0x40 != 0;
            let start = if negative {
                -1
            } else {
                i64::from(first & 0x3f)
            };
            let mut rest = field.iter().skip(1);
            return rest
                .try_fold(start, |value: i64, &byte| {
                    Some(value.checked_mul(256)? + i64::from(byte))
                })
                .map_or_else(|| damaged("a number beyond all sizes"), Ok);
        }
        let digits = until_nul(field).trim_ascii();
        digits
            .iter()
            .try_fold(0i64, |value, &digit| match digit {
                b'0'..=b'7' => value.checked_mul(8)?.checked_add(i64::from(digit - b'0')),
                _ => None,
            })
            .map_or_else(|| damaged("a number that is none"), Ok)
    }

    /// The sum of all bytes, with the sum's own field as spaces. Some old programs summed signed bytes.
    pub(super) fn check_sum(&self) -> Result<()> {
        let Ok(stored) = self.number(148, 8) else {
            return damaged("no header where one must be");
        };
        let byte_at = |at: usize| match at {
            148..156 => b' ',
            _ => self.0.get(at).copied().unwrap_or_default(),
        };
        let unsigned: i64 = (0..BLOCK).map(|at| i64::from(byte_at(at))).sum();
        let signed: i64 = (0..BLOCK)
            .map(|at| i64::from(byte_at(at).cast_signed()))
            .sum();
        if stored == unsigned || stored == signed {
            Ok(())
        } else {
            damaged("a header's sum is wrong")
        }
    }
}

/// A text without what follows its first NUL.
pub(super) fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}
