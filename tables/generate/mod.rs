//! Rust source from parsed tables.

/// `writeln!` into a string, which cannot fail.
macro_rules! line {
    ($out:ident, $($text:tt)*) => { let _ = writeln!($out, $($text)*); };
}

mod calls;
mod errno;
mod sets;
mod signals;
mod sysctl;

use crate::grammar::{self, Mistake};
use std::collections::HashMap;
use std::fmt::Write;

pub(crate) use calls::dispatch;

/// The tables of one OS, or what all of the family share, parsed and checked against each other.
pub(crate) struct Facts {
    /// A system, not the family.
    pub(crate) is_system: bool,
    pub(crate) calls: Vec<grammar::calls::Call>,
    pub(crate) errno: grammar::errno::Table,
    /// The errors' numbers in this system.
    pub(crate) numbers: Vec<grammar::errno::Number>,
    pub(crate) signals: Vec<grammar::signals::Signal>,
    pub(crate) sets: Vec<grammar::sets::Set>,
    pub(crate) sysctl: Vec<grammar::sysctl::Sysctl>,
}

impl Facts {
    /// What the family's folder holds. `read` gives a table's file name and text, which is empty where there is no file.
    pub(crate) fn family(read: &dyn Fn(&str) -> (String, String)) -> Result<Facts, Mistake> {
        let (file, text) = read("errno");
        let errno = grammar::errno::parse(&file, &text)?;
        let (file, text) = read("signals");
        let signals = grammar::signals::parse(&file, &text, &[])?;
        Ok(Facts {
            is_system: false,
            calls: Vec::new(),
            sets: sets_of(read, &[], &errno)?,
            errno,
            numbers: Vec::new(),
            signals,
            sysctl: Vec::new(),
        })
    }

    /// What a system's folder adds to its family's.
    pub(crate) fn parse(
        read: &dyn Fn(&str) -> (String, String),
        family: &Facts,
    ) -> Result<Facts, Mistake> {
        let errno = family.errno.clone();
        let (file, text) = read("errno");
        let numbers = grammar::errno::parse_numbers(&file, &text, &errno)?;
        let (file, text) = read("signals");
        let signals = grammar::signals::parse(&file, &text, &family.signals)?;
        let sets = sets_of(read, &family.sets, &errno)?;
        let (file, text) = read("calls");
        let calls = grammar::calls::parse(&file, &text)?;
        grammar::calls::check(&file, &calls, &[&sets, &family.sets], &errno)?;
        let (file, text) = read("sysctl");
        let sysctl = grammar::sysctl::parse(&file, &text)?;
        Ok(Facts {
            is_system: true,
            calls,
            errno,
            numbers,
            signals,
            sets,
            sysctl,
        })
    }
}

fn sets_of(
    read: &dyn Fn(&str) -> (String, String),
    family: &[grammar::sets::Set],
    errno: &grammar::errno::Table,
) -> Result<Vec<grammar::sets::Set>, Mistake> {
    let mut sets = Vec::new();
    for table in ["flags", "ioctl"] {
        let (file, text) = read(table);
        let more = grammar::sets::parse(&file, &text, family)?;
        grammar::sets::check(&file, &more, errno)?;
        sets.extend(more);
    }
    Ok(sets)
}

/// The family's module.
pub(crate) fn family_module(facts: &Facts, pool: &mut Pool) -> String {
    let mut out = String::new();
    errno::tables(&mut out, facts);
    signals::enumeration(&mut out, facts);
    sets::tables(&mut out, facts, pool);
    out
}

/// The body of the OS's module.
pub(crate) fn module(os: &str, facts: &Facts, family: &Facts, pool: &mut Pool) -> String {
    let mut out = String::new();
    calls::tables(&mut out, &calls::Sets::of(os, facts, family), facts, pool);
    errno::numbers(&mut out, facts);
    signals::tables(&mut out, facts);
    sets::tables(&mut out, facts, pool);
    sysctl::tables(&mut out, facts, pool);
    out
}

/// What the tables of all systems share: every name and note once, in one string, and every list of parameters.
/// The tables hold places in them, because an address would cost a position-independent program a relocation at
/// every start.
pub(crate) struct Pool {
    /// Source of a perfect hash map from the entries given; the caller's, because who hashes needs `std`.
    hash: fn(&[(String, String)]) -> String,
    text: String,
    known: HashMap<String, usize>,
    /// Parameters of all calls, as expressions.
    params: Vec<String>,
    /// Paths of the flag sets that parameters name.
    flag_sets: Vec<String>,
    /// Paths of the value maps that parameters name.
    value_maps: Vec<String>,
}

impl Pool {
    pub(crate) fn new(hash: fn(&[(String, String)]) -> String) -> Self {
        Pool {
            hash,
            text: String::new(),
            known: HashMap::new(),
            params: Vec::new(),
            flag_sets: Vec::new(),
            value_maps: Vec::new(),
        }
    }

    /// The expression of a map from names to values.
    pub(crate) fn map(&self, entries: &[(String, String)]) -> String {
        (self.hash)(entries)
    }

    /// The expression for `text`.
    pub(crate) fn add(&mut self, text: &str) -> String {
        let at = match self.known.get(text) {
            Some(at) => *at,
            None => {
                let at = self.text.find(text).unwrap_or(self.text.len());
                if at == self.text.len() {
                    self.text.push_str(text);
                }
                self.known.insert(text.to_owned(), at);
                at
            }
        };
        format!("crate::Text::at({at}, {})", text.len())
    }

    /// The expression for a list of parameters, themselves expressions.
    pub(crate) fn add_params(&mut self, params: &[String]) -> String {
        let found = match params.len() {
            0 => Some(0),
            length => self
                .params
                .windows(length)
                .position(|window| window == params),
        };
        let at = found.unwrap_or(self.params.len());
        if found.is_none() {
            self.params.extend_from_slice(params);
        }
        format!("crate::Params::at({at}, {})", params.len())
    }

    /// The expression for a flag set that a parameter names.
    pub(crate) fn add_flags(&mut self, path: String) -> String {
        format!("crate::FlagsOf({})", place(&mut self.flag_sets, path))
    }

    /// The expression for a value map that a parameter names.
    pub(crate) fn add_values(&mut self, path: String) -> String {
        format!("crate::ValuesOf({})", place(&mut self.value_maps, path))
    }

    pub(crate) fn source(&self) -> String {
        let mut out = String::new();
        line!(out, "/// Every name and note of every table, end to end.");
        line!(out, "static TEXT: &str = {:?};", self.text);
        line!(out, "/// Every list of parameters, end to end.");
        line!(
            out,
            "static PARAMS: [crate::Param; {}] = [",
            self.params.len()
        );
        for param in &self.params {
            line!(out, "{param},");
        }
        line!(out, "];");
        let sets = [
            ("FLAG_SETS", "FlagSet", &self.flag_sets),
            ("VALUE_MAPS", "ValueMap", &self.value_maps),
        ];
        for (name, kind, paths) in sets {
            line!(out, "/// Those that parameters name.");
            line!(out, "static {name}: [&crate::{kind}; {}] = [", paths.len());
            for path in paths {
                line!(out, "&{path},");
            }
            line!(out, "];");
        }
        out
    }
}

/// Where `path` stands in `all`, at whose end it is put if it is new.
fn place(all: &mut Vec<String>, path: String) -> usize {
    match all.iter().position(|other| *other == path) {
        Some(at) => at,
        None => {
            all.push(path);
            all.len() - 1
        }
    }
}

/// `at_flags` as a constant's name.
fn constant(name: &str) -> String {
    name.to_ascii_uppercase()
}

/// `at_fd` as a variant's name.
fn camel(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut word = word.to_owned();
            if let Some(first) = word.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            word
        })
        .collect()
}
