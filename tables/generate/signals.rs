//! The signal enum and the tables over raw numbers.

use super::Facts;
use std::fmt::Write;

/// The names.
pub(crate) fn enumeration(out: &mut String, facts: &Facts) {
    line!(out, "/// A signal with a name of its own.");
    line!(
        out,
        "#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::IntoStaticStr, strum::EnumString, \
         strum::EnumIter, strum::FromRepr)]\n#[repr(u8)]\npub enum Signal {{"
    );
    for signal in &facts.signals {
        if let Some(name) = &signal.name {
            line!(out, "/// `{name}`\n{name} = {},", signal.number);
        }
    }
    line!(out, "}}");
}

/// The names and the tables.
pub(crate) fn tables(out: &mut String, facts: &Facts) {
    enumeration(out, facts);
    let last = facts
        .signals
        .iter()
        .map(|signal| signal.number)
        .max()
        .unwrap_or(0);
    line!(
        out,
        "/// The highest signal number.\npub const SIGNAL_MAX: u8 = {last};"
    );
    line!(
        out,
        "static SIGNAL_TO_HOST: [u8; {}] = [",
        usize::from(last) + 1
    );
    for number in 0..=last {
        let host = facts
            .signals
            .iter()
            .find(|signal| signal.number == number)
            .and_then(|signal| signal.host);
        line!(out, "{},", host.unwrap_or(0));
    }
    line!(out, "];\nstatic SIGNAL_FROM_HOST: [u8; 65] = [");
    for host in 0..=64 {
        let guest = facts
            .signals
            .iter()
            .find(|signal| signal.host == Some(host))
            .map_or(0, |signal| signal.number);
        line!(out, "{guest},");
    }
    line!(
        out,
        "];\nstatic SIGNAL_ACTION: [crate::DefaultAction; {}] = [",
        usize::from(last) + 1
    );
    const ACTIONS: [&str; 5] = ["Terminate", "Core", "Ignore", "Stop", "Continue"];
    for number in 0..=last {
        let action = facts
            .signals
            .iter()
            .find(|signal| signal.number == number)
            .map_or(0, |signal| signal.action);
        line!(out, "crate::DefaultAction::{},", ACTIONS[action]);
    }
    line!(out, "];");
}
