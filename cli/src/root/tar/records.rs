//! The records of `pax` headers.

use std::collections::BTreeMap;

use super::damaged;
use crate::root::failure::{Result, shown};

/// `pax` records by key.
pub(super) type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// `LENGTH KEY=VALUE\n`, the length being that of all of it.
pub(super) fn parse_records(mut bytes: &[u8], into: &mut Records) -> Result<()> {
    while !bytes.is_empty() && bytes.first() != Some(&0) {
        let record = record_at(bytes).map_or_else(|| damaged("a pax header"), Ok)?;
        bytes = bytes.get(record.length..).unwrap_or_default();
        if record.value.is_empty() {
            into.remove(record.key);
        } else {
            into.insert(record.key.to_vec(), record.value.to_vec());
        }
    }
    Ok(())
}

struct Record<'a> {
    length: usize,
    key: &'a [u8],
    value: &'a [u8],
}

fn record_at(bytes: &[u8]) -> Option<Record<'_>> {
    let space = bytes.iter().take(20).position(|&byte| byte == b' ')?;
    let length = usize::try_from(parse_number(bytes.get(..space)?).ok()?).ok()?;
    let record = bytes.get(..length)?.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|&byte| byte == b'=')?;
    let (key, value) = (record.get(..equals)?, record.get(equals + 1..)?);
    Some(Record { length, key, value })
}

/// Decimal digits.
pub(super) fn parse_number(digits: &[u8]) -> Result<u64> {
    let text = std::str::from_utf8(digits).ok();
    let number = text.and_then(|text| text.parse().ok());
    number.map_or_else(|| damaged(&format!("'{}' is no number", shown(digits))), Ok)
}

/// Seconds with a fraction: `1234.5678`.
pub(super) fn parse_time(text: &[u8]) -> Option<(i64, u32)> {
    let text = std::str::from_utf8(text).ok()?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = seconds.parse().ok()?;
    let digits: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    let nanoseconds: u32 = digits.parse().ok()?;
    // Before 1970 the fraction counts downwards.
    if text.starts_with('-') && nanoseconds > 0 {
        return Some((whole.checked_sub(1)?, 1_000_000_000 - nanoseconds));
    }
    Some((whole, nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_by_their_length() {
        let mut records = Records::new();
        let text = b"11 path=a\nb\n".as_slice();
        assert!(parse_records(b"12 path=a\nb\n9 gid=12\n\0\0", &mut records).is_ok());
        assert_eq!(records[&b"path"[..]], b"a\nb");
        assert_eq!(records[&b"gid"[..]], b"12");
        // An empty value takes an earlier one back.
        assert!(parse_records(b"7 gid=\n", &mut records).is_ok());
        assert_eq!(records.len(), 1);
        for bad in [
            text,
            b"x path=a\n",
            b"99 path=a\n",
            b"5 a\n",
            b"18446744073709551615 a=b\n",
        ] {
            assert!(
                parse_records(bad, &mut records).is_err(),
                "{}",
                bad.escape_ascii()
            );
        }
    }

    #[test]
    fn times_have_fractions_and_may_lie_before_1970() {
        assert_eq!(parse_time(b"12.5"), Some((12, 500_000_000)));
        assert_eq!(parse_time(b"12"), Some((12, 0)));
        assert_eq!(parse_time(b"-1.25"), Some((-2, 750_000_000)));
        assert_eq!(parse_time(b"12.1234567891"), Some((12, 123_456_789)));
        assert_eq!(parse_time(b"soon"), None);
    }
}
