//! What was measured, as a table and as JSON.

use std::fs;

use compat_tests::inputs::Target;
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
        if *column == Column::Compat {
            print!(" {:>13}", "its cpu time");
        }
    }
    println!();
}

/// A row: times of the best turn and of the middle one, then how much longer than Linux's they are.
pub(crate) fn line(measured: &Measured, columns: &[Column]) {
    print!("{:<28} {:<5}", measured.row.name, measured.row.what);
    for column in [Column::Linux, Column::Compat] {
        let text = measured
            .taken(column)
            .map(|taken| format!("{} {}", time(taken.time.min()), time(taken.time.median())));
        print!(" {:>17}", text.unwrap_or_default());
    }
    for column in shown(columns) {
        pair(measured.ratio(*column));
        if *column == Column::Compat {
            pair(measured.cpu_ratio(*column));
        }
    }
    println!();
}

fn pair(ratio: Option<(f64, f64)>) {
    let text = ratio.map_or("-".into(), |(min, median)| format!("{min:.2} {median:.2}"));
    print!(" {text:>13}");
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
pub(crate) fn json(all: &[Measured], os: Target, others: Value) -> Value {
    let rows: Vec<Value> = all.iter().map(row).collect();
    json!({ "machine": machine(), "system": os.goos(), "unit": "ns", "rows": rows, "others": others })
}

fn row(measured: &Measured) -> Value {
    let columns = measured.columns.iter().map(|taken| {
        let (ratio, cpu) = (
            measured.ratio(taken.column),
            measured.cpu_ratio(taken.column),
        );
        let value = json!({
            "turns": taken.time.count(),
            "min": taken.time.min(),
            "median": taken.time.median(),
            "ratios": ratio.map(|(min, median)| [min, median]),
            "cpu_ratios": cpu.map(|(min, median)| [min, median]),
        });
        (taken.column.title().to_owned(), value)
    });
    json!({
        "group": measured.row.group,
        "name": measured.row.name,
        "program": measured.row.what,
        "columns": Value::Object(columns.collect()),
    })
}
