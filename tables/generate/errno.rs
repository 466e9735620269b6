//! The error enum and its conversions, and what numbers a system gives to the errors.

use super::Facts;
use std::fmt::Write;

pub(crate) fn tables(out: &mut String, facts: &Facts) {
    let table = &facts.errno;
    line!(
        out,
        "/// An error, by the name and number that handlers know it by."
    );
    line!(
        out,
        "#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::IntoStaticStr, strum::EnumString, \
         strum::EnumIter, strum::FromRepr)]\n#[repr(u16)]\npub enum Errno {{"
    );
    for error in &table.errors {
        line!(
            out,
            "/// {}\n{} = {},",
            error.text,
            error.name,
            error.number
        );
    }
    line!(out, "}}\nimpl Errno {{");
    for alias in &table.aliases {
        line!(
            out,
            "/// A second name of [`Errno::{0}`].\npub const {1}: Errno = Errno::{0};",
            alias.of,
            alias.name
        );
    }
    line!(
        out,
        "/// What a program would print for it.\npub const fn message(self) -> &'static str {{ match self {{"
    );
    for error in &table.errors {
        line!(out, "Errno::{} => {:?},", error.name, error.text);
    }
    line!(out, "}} }}\n}}");

    let hosts = table
        .errors
        .iter()
        .filter_map(|error| Some((error.host?, error.name.as_str())));
    let only = table
        .host_only
        .iter()
        .map(|host| (host.number, host.guest.as_str()));
    let pairs: Vec<(u16, &str)> = hosts.chain(only).collect();
    let last = pairs.iter().map(|(number, _)| *number).max().unwrap_or(0);
    line!(
        out,
        "/// Guest errors by host number.\nstatic ERRNO_FROM_HOST: [Errno; {}] = [",
        last + 1
    );
    for number in 0..=last {
        let name = pairs
            .iter()
            .find(|(host, _)| *host == number)
            .map_or("EIO", |(_, name)| name);
        line!(out, "Errno::{name},");
    }
    line!(out, "];");

    let last = table
        .errors
        .iter()
        .map(|error| error.number)
        .max()
        .unwrap_or(0);
    line!(
        out,
        "/// Host numbers by guest number; 0 for none.\nstatic ERRNO_TO_HOST: [u16; {}] = [",
        last + 1
    );
    for number in 0..=last {
        let host = table
            .errors
            .iter()
            .find(|error| error.number == number)
            .and_then(|error| error.host);
        line!(out, "{},", host.unwrap_or(0));
    }
    line!(out, "];");
}

/// The numbers of one system.
pub(crate) fn numbers(out: &mut String, facts: &Facts) {
    let by_name = |name: &str| {
        facts
            .numbers
            .iter()
            .find(|(known, _)| known == name)
            .map_or(0, |(_, number)| *number)
    };
    let errors = &facts.errno.errors;
    let last = errors.iter().map(|error| error.number).max().unwrap_or(0);
    line!(
        out,
        "pub use crate::bsd::Errno;\n/// This system's numbers, by the family's.\nstatic ERRNO_NUMBER: [u16; {}] = [",
        last + 1
    );
    for number in 0..=last {
        let error = errors.iter().find(|error| error.number == number);
        line!(out, "{},", error.map_or(0, |error| by_name(&error.name)));
    }
    line!(out, "];");

    let last = facts.numbers.iter().map(|(_, n)| *n).max().unwrap_or(0);
    line!(
        out,
        "/// The errors by this system's numbers.\nstatic ERRNO_NAMED: [Option<Errno>; {}] = [",
        last + 1
    );
    for number in 0..=last {
        let named = facts.numbers.iter().find(|(_, own)| *own == number);
        let named = named.map_or("None".to_owned(), |(name, _)| {
            format!("Some(Errno::{name})")
        });
        line!(out, "{named},");
    }
    line!(out, "];");
}
