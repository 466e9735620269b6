//! Turns of every column, one after the other, so that what disturbs the machine disturbs all of them.

use std::time::{Duration, Instant};

use crate::column::Column;
use crate::options::Options;
use crate::rows::Row;
use crate::start::Bench;
use crate::subject::Subject;

/// What a row's turns took.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) row: Row,
    pub(crate) columns: Vec<Taken>,
}

/// Nanoseconds that one of what the row is named after took, turn by turn.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    /// The best turn's.
    pub(crate) fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The middle one's.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// How many turns.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    fn over(&self, other: &Self) -> (f64, f64) {
        (self.min() / other.min(), self.median() / other.median())
    }
}

/// What a column's turns took.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) column: Column,
    /// By the clock.
    pub(crate) time: Times,
    /// Of processors. Empty where that is not known, or would not be all.
    pub(crate) cpu: Times,
}

impl Measured {
    /// Of one column.
    pub(crate) fn taken(&self, column: Column) -> Option<&Taken> {
        self.columns.iter().find(|taken| taken.column == column)
    }

    /// How much longer than the Linux build's: the best turns, and the middle ones.
    pub(crate) fn ratio(&self, column: Column) -> Option<(f64, f64)> {
        let (linux, other) = (self.taken(Column::Linux)?, self.taken(column)?);
        Some(other.time.over(&linux.time))
    }

    /// The same of processor time.
    pub(crate) fn cpu_ratio(&self, column: Column) -> Option<(f64, f64)> {
        let (linux, other) = (self.taken(Column::Linux)?, self.taken(column)?);
        (other.cpu.count() > 0 && linux.cpu.count() > 0).then(|| other.cpu.over(&linux.cpu))
    }
}

/// Something that takes turns.
struct Racer<'a> {
    subject: Box<dyn Subject + 'a>,
    count: u64,
    taken: Taken,
}

/// Measures a row. `None` when neither Linux's build nor compat's could be; what went wrong is printed.
pub(crate) fn measure(
    bench: &Bench,
    row: Row,
    columns: &[Column],
    options: &Options,
) -> Option<Measured> {
    let started = Instant::now();
    let mut first = row.least;
    let mut racers: Vec<Racer> = columns
        .iter()
        .filter_map(|&column| {
            // Where calls take very much longer, that is too much.
            let slow = matches!(column, Column::NoPatch | Column::Ptrace);
            let at_least = if slow { row.least } else { first };
            let racer = racer(bench, &row, column, options.turn, at_least)?;
            // Linux's, which is the fastest.
            first = first.max(racer.count / 16);
            Some(racer)
        })
        .collect();
    let has = |racers: &[Racer], column| racers.iter().any(|racer| racer.taken.column == column);
    if !has(&racers, Column::Linux) || !has(&racers, Column::Compat) {
        return None;
    }
    for round in 0..options.rounds {
        // A different one begins each time, for none to profit from another's.
        let number = racers.len();
        racers.rotate_left(round % number.max(1));
        racers.retain_mut(|racer| racer.run(&row));
        // Three at least, for there to be a middle one.
        if round >= 2 && started.elapsed() > options.budget {
            break;
        }
    }
    let columns = columns.iter().filter_map(|&column| {
        let at = racers
            .iter()
            .position(|racer| racer.taken.column == column)?;
        Some(racers.swap_remove(at).taken)
    });
    Some(Measured {
        columns: columns.collect(),
        row,
    })
}

/// Starts the column's program and finds out how much it does in a turn, which is at least `first`.
fn racer<'a>(
    bench: &'a Bench,
    row: &Row,
    column: Column,
    turn: Duration,
    first: u64,
) -> Option<Racer<'a>> {
    let mut subject = match bench.start(row, column) {
        Ok(subject) => subject?,
        Err(error) => return complain(row, column, &error),
    };
    let wanted = turn.as_secs_f64() * 1e9;
    let mut count = first;
    loop {
        let took = match best_of_three(&mut *subject, count, wanted) {
            Ok(took) => took,
            Err(error) => return complain(row, column, &error),
        };
        if row.exactly || took > wanted * 0.8 {
            break;
        }
        // Not too much at once, because short turns are not exact.
        let more = (wanted / took.max(1.0) * 1.1).clamp(1.2, 20.0);
        count = (count as f64 * more).ceil() as u64;
    }
    Some(Racer {
        subject,
        count,
        taken: Taken {
            column,
            time: Times::default(),
            cpu: Times::default(),
        },
    })
}

/// Nanoseconds: the first turns are slow, and any may be disturbed. One is enough when it is much too long.
fn best_of_three(subject: &mut dyn Subject, count: u64, wanted: f64) -> Result<f64, String> {
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        best = subject.turn(count)?.nanoseconds.min(best);
        if best > wanted * 20.0 {
            break;
        }
    }
    Ok(best)
}

fn complain<T>(row: &Row, column: Column, error: &str) -> Option<T> {
    println!("{}, {}: {error}", row.name, column.title());
    None
}

impl Racer<'_> {
    /// One turn; false when it went wrong.
    fn run(&mut self, row: &Row) -> bool {
        match self.subject.turn(self.count) {
            Ok(turn) => {
                let calls = self.count as f64 * f64::from(row.per);
                self.taken.time.0.push(turn.nanoseconds / calls);
                // What children used is not in it.
                let cpu = turn.cpu.filter(|_| !row.starts_processes());
                self.taken.cpu.0.extend(cpu.map(|cpu| cpu / calls));
                true
            }
            Err(error) => complain::<()>(row, self.taken.column, &error).is_some(),
        }
    }
}

/// Does the row's work once in every column. False when something else came out than in the first one, or nothing.
pub(crate) fn check(bench: &Bench, row: &Row, columns: &[Column]) -> bool {
    let mut first = None;
    let mut right = true;
    for &column in columns {
        let answer = match bench.start(row, column) {
            Ok(None) => continue,
            Ok(Some(mut subject)) => subject.turn(row.least),
            Err(error) => Err(error),
        };
        let wrong = match (answer, first) {
            (Ok(turn), None) => {
                first = Some(turn.answer);
                continue;
            }
            (Ok(turn), Some(answer)) if turn.answer == answer => continue,
            (Ok(turn), Some(answer)) => format!("{} instead of {answer}", turn.answer),
            (Err(error), _) => error,
        };
        complain::<()>(row, column, &wrong);
        right = false;
    }
    if right && first.is_some() {
        println!("{}: the same in all columns", row.name);
    }
    right
}
