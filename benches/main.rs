//! How much slower a program of another system is under compat than its Linux build, measured in turns.
//!
//! `cargo run --release -p compat-tests --bin bench [-- NAME...]`; `-- --help` tells the options.

mod column;
mod measure;
mod memory;
mod options;
mod place;
mod plot;
mod program;
mod report;
mod rows;
mod scaling;
mod shares;
mod start;
mod subject;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use column::Column;
use measure::Measured;
use options::{Options, USAGE};
use place::Place;
use rows::Row;
use serde_json::Value;
use start::Bench;

fn main() -> ExitCode {
    let options = match Options::from_arguments(std::env::args_os().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprint!("{error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let rows = rows::all(options.os, options.full);
    let rows: Vec<Row> = rows
        .into_iter()
        .filter(|row| options.wants(row.group, &row.name))
        .collect();
    if options.list {
        for row in &rows {
            println!("{:<10} {:<5} {}", row.group, row.what, row.name);
        }
        for (group, what) in [(memory::GROUP, memory::WHAT), (shares::GROUP, shares::WHAT)] {
            println!("{group:<10}       {what}");
        }
        return ExitCode::SUCCESS;
    }
    run(rows.into_iter().filter(Row::fits).collect(), &options)
}

/// Measures what is no row, and says it in lines and for the JSON.
type Other = fn(&Bench) -> Vec<Value>;

fn run(rows: Vec<Row>, options: &Options) -> ExitCode {
    let place = match Place::new() {
        Ok(place) => place,
        Err(error) => {
            eprintln!("no directory to work in: {error}");
            return ExitCode::FAILURE;
        }
    };
    let columns = Column::available(&place, &options.only);
    let bench = Bench::new(place, options.os);
    if options.check {
        // All of them, even after one that is wrong.
        let wrong = rows
            .iter()
            .filter(|row| !measure::check(&bench, row, &columns))
            .count();
        return if wrong == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    if cfg!(debug_assertions) {
        eprintln!("measured without --release: the numbers say nothing");
    }
    println!("{}", report::machine());
    println!("programs of {}", options.os.title());
    println!(
        "times of the best and of the middle turn; ratios of these to those of the Linux build"
    );
    let measured = all(&bench, rows, &columns, options);
    scaling::print(&measured);
    let others: [(&str, Other); 2] = [
        (memory::GROUP, memory::measure),
        (shares::GROUP, shares::measure),
    ];
    let others = others
        .into_iter()
        .filter(|(group, _)| options.wants(group, ""))
        .map(|(group, measure)| (group.to_owned(), measure(&bench).into()));
    let others = Value::Object(others.collect());
    let written = [
        options.json.as_deref().map(|file| {
            let all = report::json(&measured, options.os, others);
            write(file, &format!("{all:#}\n"))
        }),
        options
            .svg
            .as_deref()
            .map(|file| write(file, &plot::draw(&measured, options.os))),
    ];
    match written.into_iter().flatten().all(|done| done) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn all(bench: &Bench, rows: Vec<Row>, columns: &[Column], options: &Options) -> Vec<Measured> {
    let mut group = "";
    let mut all = Vec::new();
    for row in rows {
        let own = row.group;
        let Some(measured) = measure::measure(bench, row, columns, options) else {
            continue;
        };
        if group != own {
            group = own;
            report::heading(group, columns);
        }
        report::line(&measured, columns);
        all.push(measured);
    }
    all
}

fn write(file: &Path, content: &str) -> bool {
    let written = fs::write(file, content);
    if let Err(error) = &written {
        eprintln!("{}: {error}", file.display());
    }
    written.is_ok()
}
