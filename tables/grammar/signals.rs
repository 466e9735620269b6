//! `signals.tbl`: guest signals, the host signals that carry them, and their default actions.

use super::{Line, Mistake, is_name, lines};

/// The words for default actions; their order is the order of the library's `DefaultAction`.
pub(crate) const ACTIONS: [&str; 5] = ["term", "core", "ignore", "stop", "cont"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) number: u8,
    /// `None` for a member of a range, which has no name of its own.
    pub(crate) name: Option<String>,
    pub(crate) host: Option<u8>,
    pub(crate) action: usize,
}

/// Rows are `<number> <NAME> = <host or -> <action>` and `<first>..<last> = <first>..<last> <action>`; ranges are unrolled.
/// What the family has comes first.
pub(crate) fn parse(file: &str, text: &str, family: &[Signal]) -> Result<Vec<Signal>, Mistake> {
    let mut signals: Vec<Signal> = family.to_vec();
    for line in lines(file, text) {
        for signal in row(&line)? {
            let twin = signals.iter().find(|s| {
                s.number == signal.number || (signal.host.is_some() && s.host == signal.host)
            });
            if let Some(twin) = twin {
                return Err(line.mistake(
                    format!(
                        "signal {} and signal {} collide",
                        signal.number, twin.number
                    ),
                    "give each guest signal one number and one host signal",
                ));
            }
            signals.push(signal);
        }
    }
    Ok(signals)
}

fn row(line: &Line<'_>) -> Result<Vec<Signal>, Mistake> {
    let shape = || {
        line.mistake(
            "not a row",
            "write `<number> <NAME> = <host or -> <action>`",
        )
    };
    let (left, right) = line.text.split_once('=').ok_or_else(shape)?;
    let (host, action) = right.trim().split_once(' ').ok_or_else(shape)?;
    let action = ACTIONS
        .iter()
        .position(|word| *word == action.trim())
        .ok_or_else(|| {
            line.mistake(
                format!("unknown action `{}`", action.trim()),
                format!("use one of {}", ACTIONS.join(" ")),
            )
        })?;
    if let Some((first, last)) = left.trim().split_once("..") {
        let (first, last) = (number(line, first, 128)?, number(line, last, 128)?);
        let hosts: Vec<Option<u8>> = match host.split_once("..") {
            Some((low, high)) => (number(line, low, 64)?..=number(line, high, 64)?)
                .map(Some)
                .collect(),
            None if host == "-" => (first..=last).map(|_| None).collect(),
            None => return Err(shape()),
        };
        if hosts.len() != (first..=last).count() {
            return Err(line.mistake(
                "the two ranges differ in length",
                "pair the signals one to one",
            ));
        }
        return Ok((first..=last)
            .zip(hosts)
            .map(|(number, host)| Signal {
                number,
                name: None,
                host,
                action,
            })
            .collect());
    }
    let (word, name) = left.trim().split_once(' ').ok_or_else(shape)?;
    if !is_name(name.trim()) || !name.trim().starts_with("SIG") {
        return Err(line.mistake(
            format!("`{}` is not a signal's name", name.trim()),
            "signals are named SIG...",
        ));
    }
    let host = if host == "-" {
        None
    } else {
        Some(number(line, host, 64)?)
    };
    Ok(vec![Signal {
        number: number(line, word, 128)?,
        name: Some(name.trim().to_owned()),
        host,
        action,
    }])
}

fn number(line: &Line<'_>, word: &str, last: u8) -> Result<u8, Mistake> {
    match u8::try_from(line.number(word.trim(), "a signal")?) {
        Ok(number) if (1..=last).contains(&number) => Ok(number),
        _ => Err(line.mistake(
            format!("`{word}` cannot be a signal"),
            format!("use 1..{last}"),
        )),
    }
}
