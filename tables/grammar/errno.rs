//! `errno.tbl`: the family's errors, their host numbers and texts, and what host-only errors become; and in a system's own
//! folder the numbers it gives to them.

use super::{Line, Mistake, is_name, lines};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Errno {
    pub(crate) number: u16,
    pub(crate) name: String,
    /// The host's number of the same error, if it has one.
    pub(crate) host: Option<u16>,
    pub(crate) text: String,
}

/// A second name of an error: `alias EWOULDBLOCK = EAGAIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alias {
    pub(crate) name: String,
    pub(crate) of: String,
}

/// A host error without a guest number: `host 44 ECHRNG -> EIO`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostOnly {
    pub(crate) number: u16,
    pub(crate) name: String,
    pub(crate) guest: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) errors: Vec<Errno>,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) host_only: Vec<HostOnly>,
}

/// What a system calls an error of the family: `(name in the family, number here)`.
pub(crate) type Number = (String, u16);

/// A system's own `errno.tbl`: `<number> <NAME>` where its number is not the family's, `<NAME> -> <NAME>` where it does not
/// know the error and says another instead. The result has every error of the family, those it knows first.
pub(crate) fn parse_numbers(
    file: &str,
    text: &str,
    family: &Table,
) -> Result<Vec<Number>, Mistake> {
    let mut own: Vec<Number> = Vec::new();
    let mut instead = Vec::new();
    for line in lines(file, text) {
        if let Some((name, other)) = line.text.split_once("->") {
            let pair = (
                known(&line, name.trim(), family)?,
                known(&line, other.trim(), family)?,
            );
            instead.push(pair);
            continue;
        }
        let (number, name) = line.text.split_once(' ').ok_or_else(|| {
            line.mistake("not a row", "write `<number> <NAME>` or `<NAME> -> <NAME>`")
        })?;
        own.push((
            known(&line, name.trim(), family)?,
            errno_number(&line, number)?,
        ));
    }
    let mut numbers: Vec<Number> = Vec::new();
    for error in &family.errors {
        if instead.iter().any(|(name, _)| *name == error.name) {
            continue;
        }
        let number = own
            .iter()
            .find(|(name, _)| *name == error.name)
            .map_or(error.number, |(_, number)| *number);
        let twin = numbers.iter().find(|(_, other)| *other == number);
        let cause = match twin {
            Some((twin, _)) => format!("`{}` and `{twin}` are both {number}", error.name),
            None if number > 100 => format!("`{}` has no number", error.name),
            None => {
                numbers.push((error.name.clone(), number));
                continue;
            }
        };
        return Err(Mistake {
            file: file.to_owned(),
            line: 1,
            cause,
            fix: format!(
                "give it its number, or what is said instead: `{} -> EIO`",
                error.name
            ),
        });
    }
    for (name, other) in instead {
        let number = numbers
            .iter()
            .find(|(known, _)| *known == other)
            .map(|(_, number)| *number)
            .ok_or_else(|| Mistake {
                file: file.to_owned(),
                line: 1,
                cause: format!("`{other}`, which stands for `{name}`, is not known either"),
                fix: "name one that is".to_owned(),
            })?;
        numbers.push((name, number));
    }
    Ok(numbers)
}

pub(crate) fn parse(file: &str, text: &str) -> Result<Table, Mistake> {
    let mut table = Table::default();
    for line in lines(file, text) {
        match line.text.split_once(' ') {
            Some(("alias", rest)) => table.aliases.push(alias(&line, rest, &table)?),
            Some(("host", rest)) => table.host_only.push(host_only(&line, rest, &table)?),
            _ => table.errors.push(error(&line, &table)?),
        }
    }
    Ok(table)
}

fn error(line: &Line<'_>, table: &Table) -> Result<Errno, Mistake> {
    let shape = || {
        line.mistake(
            "not a row",
            "write `<number> <NAME> = <host number or -> <text>`",
        )
    };
    let (left, right) = line.text.split_once('=').ok_or_else(shape)?;
    let (number, name) = left.trim().split_once(' ').ok_or_else(shape)?;
    let (host, text) = right.trim().split_once(' ').ok_or_else(shape)?;
    let number = errno_number(line, number)?;
    let host = if host == "-" {
        None
    } else {
        Some(errno_number(line, host)?)
    };
    if let Some(twin) = table
        .errors
        .iter()
        .find(|e| e.number == number || e.name == name.trim())
    {
        return Err(line.mistake(
            format!("{} {} is already there", twin.number, twin.name),
            "drop one of the two",
        ));
    }
    Ok(Errno {
        number,
        name: errno_name(line, name.trim())?,
        host,
        text: text.trim().to_owned(),
    })
}

fn alias(line: &Line<'_>, rest: &str, table: &Table) -> Result<Alias, Mistake> {
    let (name, of) = rest
        .split_once('=')
        .ok_or_else(|| line.mistake("not an alias", "write `alias NAME = NAME`"))?;
    Ok(Alias {
        name: errno_name(line, name.trim())?,
        of: known(line, of.trim(), table)?,
    })
}

fn host_only(line: &Line<'_>, rest: &str, table: &Table) -> Result<HostOnly, Mistake> {
    let shape = || {
        line.mistake(
            "not a host error",
            "write `host <number> <NAME> -> <guest NAME>`",
        )
    };
    let (left, guest) = rest.split_once("->").ok_or_else(shape)?;
    let (number, name) = left.trim().split_once(' ').ok_or_else(shape)?;
    let number = errno_number(line, number)?;
    if let Some(twin) = table.errors.iter().find(|e| e.host == Some(number)) {
        return Err(line.mistake(
            format!("host error {number} is already {}", twin.name),
            "drop one of the two",
        ));
    }
    Ok(HostOnly {
        number,
        name: errno_name(line, name.trim())?,
        guest: known(line, guest.trim(), table)?,
    })
}

fn known(line: &Line<'_>, name: &str, table: &Table) -> Result<String, Mistake> {
    match table.errors.iter().find(|e| e.name == name) {
        Some(error) => Ok(error.name.clone()),
        None => Err(line.mistake(
            format!("no error is called `{name}`"),
            "use a name from a row above",
        )),
    }
}

fn errno_number(line: &Line<'_>, word: &str) -> Result<u16, Mistake> {
    match line.number(word, "an error number")? {
        number @ 1..=4095 => Ok(number as u16),
        number => Err(line.mistake(format!("{number} cannot be an error"), "use 1..4095")),
    }
}

fn errno_name(line: &Line<'_>, name: &str) -> Result<String, Mistake> {
    if is_name(name) && name.starts_with('E') {
        Ok(name.to_owned())
    } else {
        Err(line.mistake(
            format!("`{name}` is not an error's name"),
            "errors are named E...",
        ))
    }
}
