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

pub(crate) use calls::dispatch;

/// The tables of one OS, parsed and checked against each other.
pub(crate) struct Facts {
    pub(crate) calls: Vec<grammar::calls::Call>,
    pub(crate) errno: grammar::errno::Table,
    pub(crate) signals: Vec<grammar::signals::Signal>,
    pub(crate) sets: Vec<grammar::sets::Set>,
    pub(crate) sysctl: Vec<grammar::sysctl::Sysctl>,
}

impl Facts {
    /// `read` gives a table's file name and text.
    pub(crate) fn parse(read: &dyn Fn(&str) -> (String, String)) -> Result<Facts, Mistake> {
        let (file, text) = read("errno");
        let errno = grammar::errno::parse(&file, &text)?;
        let (file, text) = read("signals");
        let signals = grammar::signals::parse(&file, &text)?;
        let mut sets = Vec::new();
        for table in ["flags", "ioctl"] {
            let (file, text) = read(table);
            let more = grammar::sets::parse(&file, &text)?;
            grammar::sets::check(&file, &more, &errno)?;
            sets.extend(more);
        }
        let (file, text) = read("calls");
        let calls = grammar::calls::parse(&file, &text)?;
        grammar::calls::check(&file, &calls, &sets)?;
        let (file, text) = read("sysctl");
        let sysctl = grammar::sysctl::parse(&file, &text)?;
        Ok(Facts {
            calls,
            errno,
            signals,
            sets,
            sysctl,
        })
    }
}

/// The body of the OS's module.
pub(crate) fn module(facts: &Facts, pool: &mut Pool) -> String {
    let mut out = String::new();
    calls::tables(&mut out, facts, pool);
    errno::tables(&mut out, facts);
    signals::tables(&mut out, facts);
    sets::tables(&mut out, facts, pool);
    sysctl::tables(&mut out, facts, pool);
    out
}

/// Every name and note once, in one string: a `Text` is a place in it. A table of `&str` would cost the
/// position-independent stub one relocation a name at every start.
#[derive(Default)]
pub(crate) struct Pool {
    text: String,
    known: HashMap<String, usize>,
}

impl Pool {
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

    pub(crate) fn source(&self) -> String {
        format!("{:?}\n", self.text)
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
