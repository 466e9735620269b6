//! COVERAGE.md, written from the tables.

use crate::{Call, Verdict};
use core::fmt;

/// The verdicts in the order of the totals.
const VERDICTS: [(Verdict, &str); 6] = [
    (Verdict::Same, "the host's call, arguments lowered by type"),
    (Verdict::Own, "a handler of its own"),
    (Verdict::Serve, "answered by the residual server"),
    (
        Verdict::Refuse,
        "the error the system's GENERIC kernel gives an ordinary user",
    ),
    (Verdict::Todo, "not yet: reported as a gap"),
    (Verdict::Gone, "in no supported release"),
];

/// Writes the whole file.
pub fn write(out: &mut impl fmt::Write) -> fmt::Result {
    writeln!(out, "# Coverage\n")?;
    writeln!(
        out,
        "Generated from `tables/*/calls.tbl` by `cargo run -q -p compat-tables --bin coverage > COVERAGE.md`."
    )?;
    write_system(out, "FreeBSD/amd64", &crate::freebsd::CALLS)?;
    write_system(out, "NetBSD/amd64", &crate::netbsd::CALLS)?;
    write_system(out, "DragonFly/amd64", &crate::dragonfly::CALLS)
}

fn write_system(out: &mut impl fmt::Write, title: &str, calls: &[Call]) -> fmt::Result {
    writeln!(
        out,
        "\n## {title}\n\n| verdict | calls | with a note | meaning |\n|---|---:|---:|---|"
    )?;
    for (verdict, meaning) in VERDICTS {
        let rows = || calls.iter().filter(move |call| call.verdict == verdict);
        let count = rows().count();
        if count == 0 {
            continue;
        }
        let noted = rows().filter(|call| !call.note.is_empty()).count();
        writeln!(
            out,
            "| {} | {count} | {noted} | {meaning} |",
            verdict.word()
        )?;
    }
    writeln!(out, "| | {} | | |", calls.len())?;
    writeln!(
        out,
        "\nA note says what is missing, or what is special about the call there.\n"
    )?;
    writeln!(
        out,
        "| number | call | verdict | note |\n|---:|---|---|---|"
    )?;
    for call in calls {
        let space = if call.refusal.is_empty() { "" } else { " " };
        writeln!(
            out,
            "| {} | {} | {}{space}{} | {} |",
            call.number,
            call.symbol,
            call.verdict.word(),
            call.refusal,
            call.note
        )?;
    }
    Ok(())
}
