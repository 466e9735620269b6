//! The list of calls, and the macro that dispatches them.

use super::{Facts, Pool, camel, constant};
use crate::grammar::calls::{Call, Type, Verdict, Way};
use crate::grammar::sets::Set;
use std::fmt::Write;

pub(crate) fn tables(out: &mut String, os: &str, facts: &Facts, pool: &mut Pool) {
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
        row(out, os, call, facts, pool);
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

fn row(out: &mut String, os: &str, call: &Call, facts: &Facts, pool: &mut Pool) {
    let params: Vec<String> = call
        .params
        .iter()
        .map(|param| {
            let name = pool.add(&param.name);
            format!(
                "crate::Param {{ name: {name}, kind: {} }}",
                kind(os, &param.kind, &facts.sets, pool)
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

fn kind(os: &str, kind: &Type, sets: &[Set], pool: &mut Pool) -> String {
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
            let path = format!("crate::{os}::flags::{}", constant(name));
            if is_flags(name, sets) {
                format!("crate::Kind::Flags({})", pool.add_flags(path))
            } else {
                format!("crate::Kind::Value({})", pool.add_values(path))
            }
        }
    }
}

fn is_flags(name: &str, sets: &[Set]) -> bool {
    sets.iter().any(|set| set.name == name && set.is_flags)
}

/// The dispatch macro. Every path it is given is repeated as written, so `crate::calls` means the caller's crate.
pub(crate) fn dispatch(os: &str, facts: &Facts) -> String {
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
        arm(&mut out, os, index, call, &facts.sets);
    }
    line!(
        out,
        "number => $($lower)::+::unknown($cx, number),\n}} }};\n}}"
    );
    out
}

fn arm(out: &mut String, os: &str, index: usize, call: &Call, sets: &[Set]) {
    let number = call.number;
    let row = format!("&$crate::{os}::CALLS[{index}]");
    let word = match call.verdict {
        Verdict::Same => return same(out, os, call, sets),
        Verdict::Own => return own(out, call),
        Verdict::Refuse => return refuse(out, os, call),
        Verdict::Serve => "serve",
        Verdict::Todo => "todo",
        Verdict::Gone => "gone",
    };
    line!(out, "{number} => $($lower)::+::{word}($cx, {row}),");
}

fn own(out: &mut String, call: &Call) {
    let args: String = (0..call.params.len())
        .map(|n| format!(", $($lower)::+::arg($args[{n}])"))
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

fn same(out: &mut String, os: &str, call: &Call, sets: &[Set]) {
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
                let lower = if is_flags(name, sets) {
                    "flags"
                } else {
                    "value"
                };
                format!(
                    "$($lower)::+::{lower}($cx, &$crate::{os}::flags::{}, $args[{n}])?, ",
                    constant(name)
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
