//! Named bits and values, and their conversion between guest and host.

use crate::Text;
use core::fmt;

/// A set of bits with names.
///
/// Two sides: the guest's and the host's; in a set that a system maps onto its family's, the system's and the family's.
#[derive(Debug)]
pub struct FlagSet {
    /// The name in `flags.tbl`.
    pub name: Text,
    /// The guest error number for bits that are refused or unknown.
    pub refusal: u16,
    /// Bits without a name are ignored, not refused.
    pub drops_unknown: bool,
    /// The flags, in the order in which they are tried.
    pub flags: &'static [Flag],
}

/// How a flag's bits are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// All its bits are set.
    Bits,
    /// The field under the mask holds its value.
    Choice,
    /// The field under the mask holds any number; it passes as it is where the other side has the same field.
    Number,
}

/// A named flag, or one value of a field.
#[derive(Debug)]
pub struct Flag {
    /// Its name.
    pub name: Text,
    /// How its bits are read.
    pub shape: Shape,
    /// The host cannot do it, and it must not be dropped.
    pub refused: bool,
    /// Where a number field starts.
    pub shift: u8,
    /// The guest's bits.
    pub guest: u64,
    /// The guest's field; equal to `guest` for plain bits.
    pub guest_mask: u64,
    /// The host's bits; 0 for what is accepted and dropped.
    pub host: u64,
    /// The host's field; equal to `host` for plain bits.
    pub host_mask: u64,
}

impl Flag {
    /// Whether the guest's `bits` hold this flag.
    const fn is_in(&self, bits: u64) -> bool {
        match self.shape {
            Shape::Bits | Shape::Choice => bits & self.guest_mask == self.guest,
            Shape::Number => bits & self.guest_mask != 0,
        }
    }
}

impl FlagSet {
    /// The host's bits for the guest's.
    ///
    /// # Errors
    /// The offending bits: refused ones and, unless the set ignores them, unknown ones. `refusal` is the error to give.
    pub fn to_host(&self, guest: u64) -> Result<u64, u64> {
        let (mut host, mut left, mut refused) = (0, guest, 0);
        // A field that has a value for 0 and none for what it holds is an offence as well.
        let mut choices = 0;
        let mut chosen = 0;
        for flag in self.flags {
            if flag.shape == Shape::Choice {
                choices |= flag.guest_mask;
            }
            if !flag.is_in(guest) {
                continue;
            }
            if flag.shape == Shape::Choice {
                chosen |= flag.guest_mask;
            }
            if flag.refused {
                refused |= flag.guest_mask;
            }
            left &= !flag.guest_mask;
            host |= flag.host;
            if flag.shape == Shape::Number {
                host |= guest & flag.host_mask;
            }
        }
        let offending =
            refused & guest | choices & !chosen & guest | if self.drops_unknown { 0 } else { left };
        if offending == 0 {
            Ok(host)
        } else {
            Err(offending)
        }
    }

    /// The guest's bits for the host's; host bits without a name are dropped. Flags are tried in the order of the
    /// table and each takes its host bits, so that one of several bits stands before the bits alone.
    pub fn to_guest(&self, host: u64) -> u64 {
        let (mut guest, mut left) = (0, host);
        for flag in self.flags {
            let taken = match flag.shape {
                Shape::Bits => flag.host != 0 && left & flag.host == flag.host,
                Shape::Choice => flag.host_mask != 0 && host & flag.host_mask == flag.host,
                Shape::Number => false,
            };
            if flag.shape == Shape::Number {
                guest |= host & flag.host_mask;
                left &= !flag.host_mask;
            }
            if taken {
                guest |= flag.guest;
                left &= !flag.host_mask;
            }
        }
        guest
    }

    /// Whether there is a flag of that name that is not among the guest's `bits`.
    pub fn lacks(&self, name: &str, bits: u64) -> bool {
        let flag = self.flags.iter().find(|flag| &*flag.name == name);
        flag.is_some_and(|flag| !flag.is_in(bits))
    }

    /// Writes the guest's `bits` as `A|B|0x40`; `0` for no bits.
    pub fn write_names(&self, bits: u64, out: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
        let mut left = bits;
        let mut bar = "";
        for flag in self.flags {
            let shown = match flag.shape {
                Shape::Bits => left & flag.guest_mask == flag.guest,
                Shape::Choice => flag.is_in(bits),
                Shape::Number => flag.is_in(left),
            };
            if !shown {
                continue;
            }
            match flag.shape {
                Shape::Number => {
                    write!(
                        out,
                        "{bar}{}({})",
                        flag.name,
                        (bits & flag.guest_mask) >> u32::from(flag.shift & 63)
                    )?;
                }
                Shape::Bits | Shape::Choice => write!(out, "{bar}{}", flag.name)?,
            }
            bar = "|";
            left &= !flag.guest_mask;
        }
        match (bar, left) {
            ("", 0) => out.write_str("0"),
            (_, 0) => Ok(()),
            (bar, left) => write!(out, "{bar}{left:#x}"),
        }
    }
}

/// Values with names.
#[derive(Debug)]
pub struct ValueMap {
    /// The name in `flags.tbl`.
    pub name: Text,
    /// The guest error number for a value without a host value.
    pub refusal: u16,
    /// The values.
    pub values: &'static [Value],
}

/// A named value.
#[derive(Debug)]
pub struct Value {
    /// Its name.
    pub name: Text,
    /// The guest's value.
    pub guest: i64,
    /// The host's, if it has one.
    pub host: Option<i64>,
}

impl ValueMap {
    /// The host's value for the guest's; `None` if it has none or the value is unknown.
    pub fn to_host(&self, guest: i64) -> Option<i64> {
        self.values.iter().find(|value| value.guest == guest)?.host
    }

    /// The guest's value for the host's: the first in the table.
    pub fn to_guest(&self, host: i64) -> Option<i64> {
        Some(
            self.values
                .iter()
                .find(|value| value.host == Some(host))?
                .guest,
        )
    }

    /// The name of a guest value.
    pub fn name(&self, guest: i64) -> Option<&'static str> {
        Some(
            self.values
                .iter()
                .find(|value| value.guest == guest)?
                .name
                .as_str(),
        )
    }

    /// Writes a guest value's name, or the number.
    pub fn write_name(&self, guest: i64, out: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
        match self.name(guest) {
            Some(name) => out.write_str(name),
            None => write!(out, "{guest}"),
        }
    }
}
