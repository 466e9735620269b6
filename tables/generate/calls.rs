//! The list of calls, and the macro that dispatches them.

use super::{Facts, Pool, camel, constant};
use crate::grammar::calls::{Call, Type, Verdict, Way};
use crate::grammar::sets::Set;
use std::fmt::Write;

/// The sets that a system's parameters may name: its own, and its family's.
pub(crate) struct Sets<'a> {
    os: &'a str,
    own: &'a [Set],
    family: &'a [Set],
}

impl<'a> Sets<'a> {
    pub(crate) fn of(os: &'a str, facts: &'a Facts, family: &'a Facts) -> Self {
        Sets {
            os,
            own: &facts.sets,
            family: &family.sets,
        }
    }

    fn own(&self, name: &str) -> Option<&Set> {
        self.own.iter().find(|set| set.name == name)
    }

    fn is_flags(&self, name: &str) -> bool {
        self.own(name)
            .or_else(|| self.family.iter().find(|set| set.name == name))
            .is_some_and(|set| set.is_flags)
    }

    /// Where the set stands whose bits are the guest's.
    fn path(&self, name: &str) -> String {
        let module = if self.own(name).is_some() {
            self.os
        } else {
            "bsd"
        };
        format!("{module}::flags::{}", constant(name))
    }

    /// Whether the guest's bits are not those that handlers know.
    fn is_mapped(&self, name: &str) -> bool {
        self.own(name).is_some_and(|set| set.is_mapped)
    }

    /// The expression of argument `n` as handlers know it.
    fn canonical(&self, kind: &Type, n: usize) -> String {
        match kind {
            Type::Set(name) if self.is_mapped(name) => {
                let lower = if self.is_flags(name) {
                    "family_flags"
                } else {
                    "family_value"
                };
                format!(
                    "$($lower)::+::{lower}(&$crate::{}, $args[{n}])?",
                    self.path(name)
                )
            }
            _ => format!("$args[{n}]"),
        }
    }
}

pub(crate) fn tables(out: &mut String, sets: &Sets<'_>, facts: &Facts, pool: &mut Pool) {
    line!(
        out,
        "/// Every system call the tables know, sorted by number."
    );
    line!(
        out,
        "pub static CALLS: [crate::Call; {}] = [",
        facts.calls.len()
    );
    for call in &facts.calls {
        row(out, call, sets, pool);
    }
    line!(out, "];");

    let last = facts
        .calls
        .last()
        .map_or(0, |call| usize::from(call.number));
    line!(
        out,
        "/// Where a number's row stands in [`CALLS`]; `NO_ROW` for none."
    );
    line!(out, "static ROW_OF: [u16; {}] = [", last + 1);
    let mut rows = vec![u16::MAX; last + 1];
    for (index, call) in facts.calls.iter().enumerate() {
        rows[usize::from(call.number)] = index as u16;
    }
    line!(
        out,
        "{}];",
        rows.iter()
            .map(|row| format!("{row}, "))
            .collect::<String>()
    );

    line!(out, "/// How many parameters a number's call has.");
    line!(out, "static ARGUMENTS_OF: [u8; {}] = [", last + 1);
    let mut arguments = vec![0; last + 1];
    for call in &facts.calls {
        arguments[usize::from(call.number)] = call.params.len();
    }
    line!(
        out,
        "{}];",
        arguments
            .iter()
            .map(|count| format!("{count}, "))
            .collect::<String>()
    );

    let names = facts
        .calls
        .iter()
        .filter(|call| call.verdict != Verdict::Gone)
        .map(|call| (call.symbol.clone(), call.number.to_string()))
        .collect::<Vec<_>>();
    line!(
        out,
        "static NUMBER_OF: phf::Map<&'static str, u16> = {};",
        pool.map(&names)
    );
}

fn row(out: &mut String, call: &Call, sets: &Sets<'_>, pool: &mut Pool) {
    let params: Vec<String> = call
        .params
        .iter()
        .map(|param| {
            let name = pool.add(&param.name);
            format!(
                "crate::Param {{ name: {name}, kind: {} }}",
                kind(&param.kind, sets, pool)
            )
        })
        .collect();
    let mut result = call.result.clone();
    result[..1].make_ascii_uppercase();
    line!(
        out,
        "crate::Call {{ number: {}, verdict: crate::Verdict::{:?}, release: {}, name: {}, symbol: {}, \
             params: {}, result: crate::Returns::{result}, refusal: {}, note: {} }},",
        call.number,
        call.verdict,
        call.release,
        pool.add(&call.name),
        pool.add(&call.symbol),
        pool.add_params(&params),
        pool.add(call.refusal.as_deref().unwrap_or_default()),
        pool.add(&call.note)
    );
}

fn kind(kind: &Type, sets: &Sets<'_>, pool: &mut Pool) -> String {
    let way = |way: &Way| format!("crate::Way::{way:?}");
    let count =
        |count: &Option<usize>| count.map_or("u8::MAX".to_owned(), |index| index.to_string());
    match kind {
        Type::Scalar(name) => format!("crate::Kind::{}", camel(name)),
        Type::Path => "crate::Kind::Path".to_owned(),
        Type::Text => "crate::Kind::Text".to_owned(),
        Type::Bytes(w, n) => format!("crate::Kind::Bytes({}, {})", way(w), count(n)),
        Type::Struct(w, name, n) => format!(
            "crate::Kind::Struct({}, {}, {})",
            way(w),
            pool.add(name),
            count(n)
        ),
        Type::Set(name) => {
            let path = format!("crate::{}", sets.path(name));
            if sets.is_flags(name) {
                format!("crate::Kind::Flags({})", pool.add_flags(path))
            } else {
                format!("crate::Kind::Value({})", pool.add_values(path))
            }
        }
    }
}

/// The dispatch macro. Every path it is given is repeated as written, so `crate::calls` means the caller's crate.
pub(crate) fn dispatch(os: &str, facts: &Facts, family: &Facts) -> String {
    let sets = Sets::of(os, facts, family);
    let mut out = String::new();
    line!(
        out,
        "/// Dispatches one call of this OS; see [`crate::{os}`] for what the caller supplies."
    );
    line!(out, "#[macro_export]\nmacro_rules! {os}_dispatch {{");
    line!(
        out,
        "($number:expr, $cx:expr, $args:expr, calls = $($calls:ident)::+, lower = $($lower:ident)::+, \
             host = $($host:ident)::+ $(,)?) => {{ match $number {{"
    );
    for (index, call) in facts.calls.iter().enumerate() {
        arm(&mut out, index, call, &sets);
    }
    line!(
        out,
        "number => $($lower)::+::unknown($cx, number),\n}} }};\n}}"
    );
    out
}

fn arm(out: &mut String, index: usize, call: &Call, sets: &Sets<'_>) {
    let os = sets.os;
    let number = call.number;
    let row = format!("&$crate::{os}::CALLS[{index}]");
    let word = match call.verdict {
        Verdict::Same => return same(out, call, sets),
        Verdict::Own => return own(out, call, sets),
        Verdict::Refuse => return refuse(out, os, call),
        Verdict::Serve => "serve",
        Verdict::Todo => "todo",
        Verdict::Gone => "gone",
    };
    line!(out, "{number} => $($lower)::+::{word}($cx, {row}),");
}

fn own(out: &mut String, call: &Call, sets: &Sets<'_>) {
    let args: String = call
        .params
        .iter()
        .enumerate()
        .map(|(n, param)| format!(", $($lower)::+::arg({})", sets.canonical(&param.kind, n)))
        .collect();
    let handler = match call.symbol.as_str() {
        // The only calls whose names are Rust keywords.
        name @ ("break" | "yield") => format!("r#{name}"),
        name => name.to_owned(),
    };
    line!(
        out,
        "{} => $($lower)::+::outcome($($calls)::+::{handler}($cx{args})),",
        call.number
    );
}

fn refuse(out: &mut String, os: &str, call: &Call) {
    let errno = call.refusal.as_deref().unwrap_or_default();
    line!(
        out,
        "{} => $($lower)::+::refuse($cx, $crate::{os}::Errno::{errno}),",
        call.number
    );
}

fn same(out: &mut String, call: &Call, sets: &Sets<'_>) {
    let args: String = call
        .params
        .iter()
        .enumerate()
        .map(|(n, param)| match &param.kind {
            Type::Scalar(kind) => format!("$($lower)::+::{kind}($cx, $args[{n}])?, "),
            Type::Path => format!("$($lower)::+::path($cx, $args[{n}])?, "),
            Type::Text | Type::Bytes(..) | Type::Struct(..) => {
                format!("$($lower)::+::ptr($cx, $args[{n}])?, ")
            }
            Type::Set(name) => {
                let lower = if sets.is_flags(name) {
                    "flags"
                } else {
                    "value"
                };
                // A mapped set leads to the family's, which leads to the host.
                let module = match sets.own(name) {
                    Some(set) if !set.is_mapped => sets.os,
                    _ => "bsd",
                };
                format!(
                    "$($lower)::+::{lower}($cx, &$crate::{module}::flags::{}, {})?, ",
                    constant(name),
                    sets.canonical(&param.kind, n)
                )
            }
        })
        .collect();
    let host = call.host.as_ref().unwrap_or(&call.name);
    line!(
        out,
        "{} => {{ let lowered = [{args}]; $($lower)::+::same($cx, $($host)::+::{host}, lowered) }}",
        call.number
    );
}
