//! Two programs measured in turns, so that what disturbs the machine disturbs both.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Times of both, in the order of the turns.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    guest: Vec<Duration>,
    native: Vec<Duration>,
}

impl Turns {
    /// Lets both run `rounds` times, after one round that only warms the caches.
    pub(crate) fn take(rounds: usize, guest: &mut Command, native: &mut Command) -> Self {
        let mut turns = Self::default();
        for round in 0..=rounds {
            // Who goes first changes, for neither to profit from the other's.
            let (guest, native) = if round % 2 == 0 {
                let guest = time(guest);
                (guest, time(native))
            } else {
                let native = time(native);
                (time(guest), native)
            };
            if round > 0 {
                turns.guest.push(guest);
                turns.native.push(native);
            }
        }
        turns
    }

    /// One line: both medians, their ratio, and the ratio of the best times.
    pub(crate) fn report(&self, what: &str) {
        let (guest, native) = (median(&self.guest), median(&self.native));
        let best = ratio(least(&self.guest), least(&self.native));
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "{what:<24} guest {:>9.3} ms   linux {:>9.3} ms   ratio {:>5.2}   of the best {best:>5.2}   ({} turns)",
            milliseconds(guest),
            milliseconds(native),
            ratio(guest, native),
            self.guest.len(),
        );
    }
}

fn time(command: &mut Command) -> Duration {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = Instant::now();
    let status = command.status().expect("the program starts");
    let took = started.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    took
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn least(times: &[Duration]) -> Duration {
    times.iter().min().copied().unwrap_or_default()
}

fn ratio(guest: Duration, native: Duration) -> f64 {
    guest.as_secs_f64() / native.as_secs_f64().max(f64::MIN_POSITIVE)
}
