//! The sysctl tree.

use super::{Facts, Pool, camel};
use crate::grammar::sysctl::{Source, Sysctl, TYPES};
use std::collections::BTreeSet;
use std::fmt::Write;

pub(crate) fn tables(out: &mut String, facts: &Facts, pool: &mut Pool) {
    sources(out, &facts.sysctl);
    line!(
        out,
        "/// Every name of `sysctl.tbl` and the nodes above them, sorted by number."
    );
    line!(
        out,
        "pub static SYSCTLS: [crate::Sysctl<SysctlSource>; {}] = [",
        facts.sysctl.len()
    );
    for sysctl in &facts.sysctl {
        row(out, sysctl, pool);
    }
    line!(out, "];");
    let names = facts
        .sysctl
        .iter()
        .enumerate()
        .map(|(index, sysctl)| (sysctl.name.clone(), index.to_string()))
        .collect::<Vec<_>>();
    line!(
        out,
        "static SYSCTL_OF: phf::Map<&'static str, u16> = {};",
        pool.map(&names)
    );
}

/// The values the personality computes: it matches them all, so a row without one cannot compile.
fn sources(out: &mut String, all: &[Sysctl]) {
    let names: BTreeSet<&str> = all
        .iter()
        .filter_map(|sysctl| match &sysctl.source {
            Source::Computed(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    line!(
        out,
        "/// A value that is computed: `@name` in `sysctl.tbl`."
    );
    line!(
        out,
        "#[derive(Debug, Clone, Copy, PartialEq, Eq)]\npub enum SysctlSource {{"
    );
    for name in names {
        line!(out, "/// `@{name}`\n{},", camel(name));
    }
    line!(out, "}}");
}

fn row(out: &mut String, sysctl: &Sysctl, pool: &mut Pool) {
    let (_, kind, format) = TYPES[sysctl.kind];
    let format = match sysctl.structure.as_str() {
        "" => format.to_owned(),
        structure => format!("{format},{structure}"),
    };
    let value = match &sysctl.source {
        Source::Number(number) => format!("Number({number})"),
        Source::Text(text) => format!("Text({})", pool.add(text)),
        Source::Computed(name) => format!("Computed(SysctlSource::{})", camel(name)),
        Source::Nothing if format == "N" => "Node".to_owned(),
        Source::Nothing => "Todo".to_owned(),
    };
    let mut oid = sysctl.oid.clone();
    let depth = oid.len();
    oid.resize(8, 0);
    line!(
        out,
        "crate::Sysctl {{ name: {}, oid: {oid:?}, depth: {depth}, takes_more: {}, kind: {kind}, format: {}, \
         writable: {}, value: crate::SysctlValue::{value} }},",
        pool.add(&sysctl.name),
        sysctl.takes_more,
        pool.add(&format),
        sysctl.writable,
    );
}
