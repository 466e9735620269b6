//! What was measured, as a table and as JSON.

use std::fs;

use serde_json::{Value, json};

use crate::column::Column;
use crate::measure::Measured;

/// Where and on what it was measured.
pub(crate) fn machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, name)| name);
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    format!(
        "{} {}, {processors} x {cpu}, load {load}",
        read("/proc/sys/kernel/ostype").trim(),
        read("/proc/sys/kernel/osrelease").trim(),
    )
}

/// The line above a group's rows.
pub(crate) fn heading(group: &str, columns: &[Column]) {
    print!(
        "\n{:<28} {:<5} {:>17} {:>17}",
        format!("== {group}"),
        "",
        "linux",
        "compat"
    );
    for column in shown(columns) {
        print!(" {:>13}", column.title());
    }
    println!();
}

/// A row: times of the best turn and of the middle one, then how much longer than Linux's they are.
pub(crate) fn line(measured: &Measured, columns: &[Column]) {
    print!("{:<28} {:<5}", measured.row.name, measured.row.what);
    for column in [Column::Linux, Column::Compat] {
        let times = measured.times(column);
        let text = times.map(|times| format!("{} {}", time(times.min()), time(times.median())));
        print!(" {:>17}", text.unwrap_or_default());
    }
    for column in shown(columns) {
        let text = measured
            .ratio(*column)
            .map(|(min, median)| format!("{min:.2} {median:.2}"));
        print!(" {:>13}", text.unwrap_or_else(|| "-".into()));
    }
    println!();
}

/// Those with a column of ratios.
fn shown(columns: &[Column]) -> impl Iterator<Item = &Column> {
    columns.iter().filter(|column| **column != Column::Linux)
}

/// Three digits and a unit.
fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "us"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    match value {
        v if v < 10.0 => format!("{v:.2}{unit}"),
        v if v < 100.0 => format!("{v:.1}{unit}"),
        v => format!("{v:.0}{unit}"),
    }
}

/// Everything, to be compared with another day's.
pub(crate) fn json(all: &[Measured], others: Value) -> Value {
    let rows: Vec<Value> = all.iter().map(row).collect();
    json!({ "machine": machine(), "unit": "ns", "rows": rows, "others": others })
}

fn row(measured: &Measured) -> Value {
    let columns = measured.columns.iter().map(|(column, times)| {
        let ratio = measured.ratio(*column);
        let value = json!({
            "min": times.min(),
            "median": times.median(),
            "turns": times.0.len(),
            "ratio_of_min": ratio.map(|(min, _)| min),
            "ratio_of_median": ratio.map(|(_, median)| median),
        });
        (column.title().to_owned(), value)
    });
    json!({
        "group": measured.row.group,
        "name": measured.row.name,
        "program": measured.row.what,
        "columns": Value::Object(columns.collect()),
    })
}
