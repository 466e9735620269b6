//! The error enum and its conversions.

use super::Facts;
use std::fmt::Write;

pub(crate) fn tables(out: &mut String, facts: &Facts) {
    let table = &facts.errno;
    line!(out, "/// An error number of this OS.");
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
