//! What the groups `threads` and `queues` come to: how costs grow.

use crate::column::Column;
use crate::measure::Measured;

/// Prints how well threads scale: how much faster two, four, ... threads are than one, under compat, in parts of how
/// much faster they are on Linux. 1 is as well as Linux; what keeps threads from each other makes it less. By the clock
/// that says something only on an idle machine; what they cost each other in processor time is seen on a busy one as well.
pub(crate) fn print(all: &[Measured]) {
    let threads: Vec<&Measured> = all
        .iter()
        .filter(|measured| measured.row.group == "threads")
        .collect();
    let alone = |measured: &&&Measured| measured.row.per == 1;
    for first in threads.iter().filter(alone) {
        let what = family(first);
        let more = || {
            threads
                .iter()
                .filter(|measured| measured.row.per > 1 && family(measured) == what)
        };
        let by_clock = more().filter_map(|measured| {
            let scaled = first.ratio(Column::Compat)?.0 / measured.ratio(Column::Compat)?.0;
            Some(format!("{}: {scaled:.2}", measured.row.per))
        });
        let by_cpu = more().filter_map(|measured| {
            let scaled = first.cpu_ratio(Column::Compat)?.1 / measured.cpu_ratio(Column::Compat)?.1;
            Some(format!("{}: {scaled:.2}", measured.row.per))
        });
        println!(
            "{what} by threads, in parts of Linux's scaling: {} (by processor time: {})",
            by_clock.collect::<Vec<_>>().join(", "),
            by_cpu.collect::<Vec<_>>().join(", "),
        );
    }
}

/// What the threads do.
fn family(measured: &Measured) -> &str {
    let name = measured.row.name.as_str();
    name.split_once(" x ").map_or(name, |(what, _)| what)
}
