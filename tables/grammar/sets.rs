//! `flags.tbl` and `ioctl.tbl`: named sets of bits and of plain values.
//!
//! A set that the family has too says, in a system's own table, which bits the family's names have there: an entry without
//! `=` is the family's of the same name, `= NAME` another of its.

use super::{Line, Mistake, is_name, lines};

/// What the host has for a guest flag or value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    /// These host bits, or this host value.
    Is(i64),
    /// `-`: accepted and dropped; for a value: the host has none.
    Nothing,
    /// `!`: refused.
    Refused,
}

/// How a flag's bits are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All bits of `guest` are set.
    Bits,
    /// `value/mask`: the field under the guest mask holds the value; the host's field lies under `host_mask`.
    Choice { mask: i64, host_mask: i64 },
    /// `mask>>shift`: the field holds a number, which is passed on as `host` says (only `-` or `!`).
    Number { shift: u32 },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) guest: i64,
    pub(crate) host: Host,
    pub(crate) shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) line: usize,
    pub(crate) name: String,
    /// `flags`, or else `values`.
    pub(crate) is_flags: bool,
    /// The error for refused and unknown bits.
    pub(crate) errno: String,
    /// `unknown=drop`: bits that no entry names are ignored.
    pub(crate) drops_unknown: bool,
    /// The family has it too, and what stands for the host in the entries is the family's.
    pub(crate) is_mapped: bool,
    pub(crate) entries: Vec<Entry>,
}

/// Sets start with `flags <name> [errno=<NAME>] [unknown=drop]` or `values <name>`; their entries are indented.
/// `family` holds the sets that the family has.
pub(crate) fn parse(file: &str, text: &str, family: &[Set]) -> Result<Vec<Set>, Mistake> {
    let mut sets: Vec<Set> = Vec::new();
    for line in lines(file, text) {
        if !line.indented {
            let set = header(&line, family)?;
            if sets.iter().any(|other| other.name == set.name) {
                return Err(line.mistake(
                    format!("`{}` is already there", set.name),
                    "merge the two sets",
                ));
            }
            sets.push(set);
            continue;
        }
        let Some(set) = sets.last_mut() else {
            return Err(line.mistake(
                "an entry outside a set",
                "start a set with `flags <name>` or `values <name>`",
            ));
        };
        let familiar = family.iter().find(|other| other.name == set.name);
        let entry = match familiar {
            Some(familiar) => mapped(&line, familiar)?,
            None if set.is_flags => flag(&line)?,
            None => value(&line)?,
        };
        if set.entries.iter().any(|other| other.name == entry.name) {
            return Err(line.mistake(
                format!("`{}` is already in `{}`", entry.name, set.name),
                "drop one of the two",
            ));
        }
        set.entries.push(entry);
    }
    Ok(sets)
}

fn header(line: &Line<'_>, family: &[Set]) -> Result<Set, Mistake> {
    let mut words = line.text.split_whitespace();
    let is_flags = match words.next() {
        Some("flags") => true,
        Some("values") => false,
        _ => {
            return Err(line.mistake(
                "not a set",
                "write `flags <name>` or `values <name>`, and indent entries",
            ));
        }
    };
    let name = words.next().filter(|name| is_name(name)).ok_or_else(|| {
        line.mistake(
            "the set has no name",
            "write `flags <name>` or `values <name>`",
        )
    })?;
    let familiar = family.iter().find(|set| set.name == name);
    if familiar.is_some_and(|set| set.is_flags != is_flags) {
        return Err(line.mistake(
            format!("`{name}` is of the other kind in the family"),
            "flags are flags and values are values in all systems",
        ));
    }
    let mut set = Set {
        line: line.number,
        name: name.to_owned(),
        is_flags,
        errno: familiar.map_or("EINVAL".to_owned(), |set| set.errno.clone()),
        drops_unknown: familiar.is_some_and(|set| set.drops_unknown),
        is_mapped: familiar.is_some(),
        entries: Vec::new(),
    };
    for word in words {
        match word.split_once('=') {
            Some(("errno", name)) => set.errno = name.to_owned(),
            Some(("unknown", "drop")) if is_flags => set.drops_unknown = true,
            _ => {
                return Err(line.mistake(
                    format!("unknown option `{word}`"),
                    "use errno=NAME or unknown=drop",
                ));
            }
        }
    }
    Ok(set)
}

/// Splits `<NAME> <guest> [= <host>]`.
fn columns<'a>(line: &Line<'a>) -> Result<(&'a str, &'a str, &'a str), Mistake> {
    let (left, host) = line.text.split_once('=').unwrap_or((line.text, "-"));
    match left.trim().split_once(' ') {
        Some((name, guest)) if is_name(name) => Ok((name, guest.trim(), host.trim())),
        _ => Err(line.mistake("not an entry", "write `<NAME> <guest> [= <host>]`")),
    }
}

fn flag(line: &Line<'_>) -> Result<Entry, Mistake> {
    let (name, guest, host) = columns(line)?;
    let bare = match host {
        "-" => Some(Host::Nothing),
        "!" => Some(Host::Refused),
        _ => None,
    };
    let entry = |guest, host, shape| Entry {
        name: name.to_owned(),
        guest,
        host,
        shape,
    };
    if let Some((value, mask)) = guest.split_once('/') {
        let (value, mask) = (
            line.number(value, "the guest's value")?,
            line.number(mask, "the guest's mask")?,
        );
        if value & !mask != 0 {
            return Err(line.mistake("the value lies outside its mask", "widen the mask"));
        }
        let (host, host_mask) = match (bare, host.split_once('/')) {
            (Some(bare), _) => (bare, 0),
            (None, Some((value, mask))) => (
                Host::Is(line.number(value, "the host's value")?),
                line.number(mask, "the host's mask")?,
            ),
            (None, None) => {
                return Err(line.mistake(
                    "the host's field has no mask",
                    "write `value/mask`, `-` or `!`",
                ));
            }
        };
        return Ok(entry(value, host, Shape::Choice { mask, host_mask }));
    }
    if let Some((mask, shift)) = guest.split_once(">>") {
        let (mask, shift) = (
            line.number(mask, "the field's mask")?,
            line.number(shift, "the field's shift")?,
        );
        let host = bare.ok_or_else(|| {
            line.mistake("a number field has no host bits", "write `= -` or `= !`")
        })?;
        let shift = u32::try_from(shift)
            .ok()
            .filter(|shift| *shift < 64)
            .ok_or_else(|| line.mistake("the shift is out of range", "use 0..63"))?;
        return Ok(entry(mask, host, Shape::Number { shift }));
    }
    let guest = line.number(guest, "the guest's bits")?;
    if guest == 0 {
        return Err(line.mistake(
            "a flag without bits",
            "write `0/mask` for the zero of a field",
        ));
    }
    let host = match bare {
        Some(bare) => bare,
        None => Host::Is(line.number(host, "the host's bits")?),
    };
    Ok(entry(guest, host, Shape::Bits))
}

fn value(line: &Line<'_>) -> Result<Entry, Mistake> {
    let (name, guest, host) = columns(line)?;
    let host = match host {
        "-" => Host::Nothing,
        host => Host::Is(line.number(host, "the host's value")?),
    };
    Ok(Entry {
        name: name.to_owned(),
        guest: line.number(guest, "the guest's value")?,
        host,
        shape: Shape::Bits,
    })
}

/// An entry of a set that the family has too.
fn mapped(line: &Line<'_>, family: &Set) -> Result<Entry, Mistake> {
    let (left, other) = match line.text.split_once('=') {
        Some((left, other)) => (left.trim(), Some(other.trim())),
        None => (line.text, None),
    };
    let name = left.split(' ').next().unwrap_or_default();
    let wanted = match other {
        Some("-" | "!") => None,
        other => Some(other.unwrap_or(name)),
    };
    // The guest's side is written as ever; what it is for the family takes the host's place.
    let bare = Line {
        text: left,
        ..*line
    };
    let mut entry = if family.is_flags {
        flag(&bare)?
    } else {
        value(&bare)?
    };
    let Some(wanted) = wanted else {
        if other == Some("!") {
            entry.host = Host::Refused;
        }
        return Ok(entry);
    };
    let familiar = family
        .entries
        .iter()
        .find(|entry| entry.name == wanted)
        .ok_or_else(|| {
            line.mistake(
                format!("the family's `{}` has no `{wanted}`", family.name),
                "name one it has after `=`, or write `= -` or `= !`",
            )
        })?;
    entry.host = Host::Is(familiar.guest);
    let fits = match (&mut entry.shape, familiar.shape) {
        (Shape::Choice { host_mask, .. }, Shape::Choice { mask, .. }) => {
            *host_mask = mask;
            true
        }
        (Shape::Number { .. }, Shape::Number { .. }) => entry.guest == familiar.guest,
        (own, other) => *own == other,
    };
    if !fits {
        return Err(line.mistake(
            format!("`{wanted}` is no such field in the family"),
            "write the entry in the form the family has; a number's field is the same in all",
        ));
    }
    Ok(entry)
}

/// The errors that refuse flags must exist, and every value must fit the register it travels in.
pub(crate) fn check(file: &str, sets: &[Set], errno: &super::errno::Table) -> Result<(), Mistake> {
    for set in sets {
        let mistake = |cause: String, fix: &str| Mistake {
            file: file.to_owned(),
            line: set.line,
            cause,
            fix: fix.to_owned(),
        };
        if !errno.errors.iter().any(|error| error.name == set.errno) {
            return Err(mistake(
                format!("no error is called `{}`", set.errno),
                "use a name from errno.tbl",
            ));
        }
        let range = if set.is_flags {
            0..=i64::from(u32::MAX)
        } else {
            i64::from(i32::MIN)..=i64::from(u32::MAX)
        };
        if let Some(entry) = set
            .entries
            .iter()
            .find(|entry| !range.contains(&entry.guest))
        {
            return Err(mistake(
                format!("`{}` does not fit 32 bits", entry.name),
                "flags and values are C ints",
            ));
        }
    }
    Ok(())
}
