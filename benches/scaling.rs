//! What the groups `threads` and `queues` come to: how costs grow.

use crate::column::Column;
use crate::measure::Measured;

/// Prints how well threads scale: how much faster two, four, ... threads are than one, under compat, in parts of how
/// much faster they are on Linux. 1 is as well as Linux; what keeps threads from each other makes it less.
pub(crate) fn print(all: &[Measured]) {
    let threads: Vec<&Measured> = all
        .iter()
        .filter(|measured| measured.row.group == "threads")
        .collect();
    let alone = |measured: &&&Measured| measured.row.per == 1;
    for first in threads.iter().filter(alone) {
        let what = family(first);
        let scaled = threads
            .iter()
            .filter(|measured| measured.row.per > 1 && family(measured) == what)
            .filter_map(|measured| {
                let ((best, middle), (best_alone, middle_alone)) = (
                    measured.ratio(Column::Compat)?,
                    first.ratio(Column::Compat)?,
                );
                let (best, middle) = (best_alone / best, middle_alone / middle);
                Some(format!("{}: {best:.2} {middle:.2}", measured.row.per))
            });
        let scaled: Vec<String> = scaled.collect();
        println!(
            "{what} by threads, of Linux's scaling: {}",
            scaled.join(", ")
        );
    }
}

/// What the threads do.
fn family(measured: &Measured) -> &str {
    let name = measured.row.name.as_str();
    name.split_once(" x ").map_or(name, |(what, _)| what)
}
