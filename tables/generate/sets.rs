//! Flag sets and value maps, and a module of constants for each.

use super::{Facts, Pool, constant};
use crate::grammar::sets::{Entry, Host, Set, Shape};
use std::fmt::Write;

pub(crate) fn tables(out: &mut String, facts: &Facts, pool: &mut Pool) {
    line!(
        out,
        "/// The sets of `flags.tbl` and `ioctl.tbl`: for each a table, and a module with its constants.\npub mod flags {{"
    );
    if facts.is_system {
        line!(out, "pub use crate::bsd::flags::*;");
    }
    for set in &facts.sets {
        if set.is_flags {
            flags(out, set, facts, pool);
        } else {
            values(out, set, facts, pool);
        }
        constants(out, set);
    }
    line!(out, "}}");
}

fn flags(out: &mut String, set: &Set, facts: &Facts, pool: &mut Pool) {
    let errno = refusal(set, facts);
    line!(
        out,
        "/// `{}`\npub static {}: crate::FlagSet = crate::FlagSet {{",
        set.name,
        constant(&set.name)
    );
    line!(
        out,
        "name: {}, refusal: {errno}, drops_unknown: {}, flags: &[",
        pool.add(&set.name),
        set.drops_unknown
    );
    for entry in &set.entries {
        let (guest, guest_mask, host_mask, shift) = match entry.shape {
            Shape::Bits => (entry.guest, entry.guest, host_bits(entry.host), 0),
            Shape::Choice { mask, host_mask } => (entry.guest, mask, host_mask, 0),
            // A mapped one stands under the same mask in the family.
            Shape::Number { shift } if set.is_mapped => {
                (0, entry.guest, host_bits(entry.host), shift)
            }
            Shape::Number { shift } => (0, entry.guest, 0, shift),
        };
        let shape = match entry.shape {
            Shape::Bits => "Bits",
            Shape::Choice { .. } => "Choice",
            Shape::Number { .. } => "Number",
        };
        line!(
            out,
            "crate::Flag {{ name: {}, shape: crate::Shape::{shape}, refused: {}, shift: {shift}, guest: {guest:#x}, \
             guest_mask: {guest_mask:#x}, host: {:#x}, host_mask: {host_mask:#x} }},",
            pool.add(&entry.name),
            entry.host == Host::Refused,
            match entry.shape {
                Shape::Number { .. } => 0,
                _ => host_bits(entry.host),
            }
        );
    }
    line!(out, "] }};");
}

/// The number of the error the set gives.
fn refusal(set: &Set, facts: &Facts) -> u16 {
    facts
        .errno
        .errors
        .iter()
        .find(|error| error.name == set.errno)
        .map_or(0, |error| error.number)
}

fn host_bits(host: Host) -> i64 {
    match host {
        Host::Is(bits) => bits,
        Host::Nothing | Host::Refused => 0,
    }
}

fn values(out: &mut String, set: &Set, facts: &Facts, pool: &mut Pool) {
    line!(
        out,
        "/// `{}`\npub static {}: crate::ValueMap = crate::ValueMap {{",
        set.name,
        constant(&set.name)
    );
    line!(
        out,
        "name: {}, refusal: {}, values: &[",
        pool.add(&set.name),
        refusal(set, facts)
    );
    for entry in &set.entries {
        let host = match entry.host {
            Host::Is(value) => format!("Some({value})"),
            Host::Nothing | Host::Refused => "None".to_owned(),
        };
        line!(
            out,
            "crate::Value {{ name: {}, guest: {}, host: {host} }},",
            pool.add(&entry.name),
            entry.guest
        );
    }
    line!(out, "] }};");
}

fn constants(out: &mut String, set: &Set) {
    let fits = |entry: &Entry| i32::try_from(entry.guest).is_ok();
    let kind = if set.is_flags || !set.entries.iter().all(fits) {
        "u32"
    } else {
        "i32"
    };
    line!(
        out,
        "/// The guest's values of `{}`.\npub mod {} {{",
        set.name,
        set.name
    );
    for entry in &set.entries {
        line!(
            out,
            "/// `{}`\npub const {}: {kind} = {:#x};",
            entry.name,
            entry.name,
            Signed(entry.guest)
        );
    }
    line!(out, "}}");
}

/// Hexadecimal with a minus sign, as Rust's `i64` does not print it.
struct Signed(i64);

impl std::fmt::LowerHex for Signed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 < 0 {
            out.write_str("-")?;
        }
        std::fmt::LowerHex::fmt(&self.0.unsigned_abs(), out)
    }
}
