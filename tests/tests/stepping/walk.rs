//! Finds every instruction that a call runs through, and makes a signal arrive at each.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::mem::offset_of;
use std::ops::RangeInclusive;
use std::process::ChildStdout;

use libc::c_int;

use crate::tracee::{Next, Stop, Tracee};

/// The guest's signals, as the host numbers them, in the order of the guest's record.
pub(crate) const SIGNALS: [c_int; 4] = [libc::SIGUSR1, libc::SIGUSR2, libc::SIGSEGV, libc::SIGBUS];

/// The guest's record of a turn.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    turns: u64,
    phase: u64,
    /// How often the handler of each signal ran in the turn.
    pub(crate) handled: [u64; 4],
    /// The same when the call returned.
    pub(crate) at_return: [u64; 4],
    /// Value or error number.
    pub(crate) result: u64,
    /// Whether it failed.
    pub(crate) failed: u64,
    /// 1 when the first handler ran during the call, 2 when it ran behind it, 9 for none.
    pub(crate) seen_in: u64,
    nap: u64,
    stepped: u64,
}

/// An instruction on the way: its address, and the how manyeth time it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) rip: u64,
    count: u64,
}

/// When a signal is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    At(Place),
    Asleep,
}

/// Signals to send, in order.
pub(crate) type Plan = [(When, c_int)];

/// A guest at the beginning of a turn.
pub(crate) struct Walk {
    tracee: Tracee,
    output: BufReader<ChildStdout>,
    turn: u64,
    first: u64,
    after: u64,
    record: u64,
    text: RangeInclusive<u64>,
    /// Its call sleeps for a moment and wakes up by itself.
    naps: bool,
}

/// [`Record::phase`] while the call is made.
const IN_CALL: u64 = 1;

/// Breakpoint registers: the place of a plan, the beginning of a turn, the return from a handler.
const PLACE: u64 = 0;
const TURN: u64 = 1;
const RETURN: u64 = 2;

const NONE: [bool; 4] = [false; 4];
const TURN_ONLY: [bool; 4] = [false, true, false, false];
const PLACE_OR_TURN: [bool; 4] = [true, true, false, false];

impl Walk {
    pub(crate) fn new(mut tracee: Tracee, naps: bool) -> Self {
        let output = tracee.child.stdout.take().expect("a pipe");
        let mut walk = Self {
            tracee,
            output: BufReader::new(output),
            turn: 0,
            first: 0,
            after: 0,
            record: 0,
            text: 0..=0,
            naps,
        };
        // Its own breakpoint, behind the line that says where everything is.
        walk.must_trap(walk.tracee.run(0));
        let mut line = String::new();
        walk.output
            .read_line(&mut line)
            .expect("a pipe can be read");
        let numbers: Vec<u64> = line
            .split_whitespace()
            .filter_map(|word| u64::from_str_radix(word, 16).ok())
            .collect();
        let &[turn, first, after, record, start, end] = numbers.as_slice() else {
            panic!("the guest says {line:?}");
        };
        (walk.turn, walk.first, walk.after, walk.record) = (turn, first, after, record);
        walk.text = start..=end;
        walk.tracee.breakpoint(TURN, turn);
        walk.tracee.enable(TURN_ONLY);
        walk.must_trap(walk.tracee.run(0));
        walk
    }

    /// The call's first instruction.
    pub(crate) fn first(&self) -> Place {
        Place {
            rip: self.first,
            count: 1,
        }
    }

    pub(crate) fn pid(&self) -> u64 {
        u64::from(self.tracee.child.id())
    }

    pub(crate) fn mapping(&self, address: u64) -> String {
        self.tracee.mapping(address)
    }

    /// How long the guest's sleeps are.
    pub(crate) fn set_nap(&self, nanoseconds: u64) {
        let at = self.record + offset_of!(Record, nap) as u64;
        self.tracee.write(at, nanoseconds);
    }

    fn set_stepped(&self, stepped: bool) {
        let at = self.record + offset_of!(Record, stepped) as u64;
        self.tracee.write(at, u64::from(stepped));
    }

    #[track_caller]
    fn must_trap(&mut self, stop: Stop) {
        if let Stop::Ended(status) = stop {
            let (mut said, mut more) = (String::new(), String::new());
            let _ = self.output.read_to_string(&mut said);
            if let Some(stderr) = &mut self.tracee.child.stderr {
                let _ = stderr.read_to_string(&mut more);
            }
            panic!("the guest ended ({status:#x}): {said}{more}");
        }
        assert_eq!(stop, Stop::Trap);
    }

    /// Sends the signals of `plan` in a turn that has begun; the signal to go on with. `None` when the turn ended before
    /// all were sent.
    fn apply(&mut self, plan: &Plan) -> Option<c_int> {
        let mut signal = 0;
        for &(when, next) in plan {
            match when {
                When::At(place) => {
                    self.tracee.breakpoint(PLACE, place.rip);
                    self.tracee.enable(PLACE_OR_TURN);
                    for _ in 0..place.count {
                        let stop = if self.naps {
                            Next::Stopped(self.tracee.run(signal))
                        } else {
                            self.tracee.run_or_sleep(signal)
                        };
                        signal = 0;
                        let Next::Stopped(stop) = stop else {
                            // It took another way, and needs a signal to go on.
                            self.wake(next);
                            return None;
                        };
                        self.must_trap(stop);
                        let rip = self.tracee.registers().rip;
                        if rip == self.turn {
                            return None;
                        }
                        assert_eq!(rip, place.rip);
                    }
                    let phase = self.record + offset_of!(Record, phase) as u64;
                    if self.tracee.read::<u64>(phase) != IN_CALL {
                        // Not on the call's way this time, but on that of what comes behind it.
                        self.finish(signal);
                        return None;
                    }
                    self.tracee.send(next);
                }
                When::Asleep => {
                    self.tracee.enable(TURN_ONLY);
                    match self.tracee.run_or_sleep(signal) {
                        Next::Asleep => {
                            self.tracee.send(next);
                            match self.tracee.wait() {
                                Stop::Signal(found) => signal = found,
                                other => self.must_trap(other),
                            }
                        }
                        Next::Stopped(stop) => {
                            self.must_trap(stop);
                            return None;
                        }
                    }
                }
            }
        }
        Some(signal)
    }

    fn wake(&mut self, signal: c_int) {
        self.tracee.send(signal);
        let signal = match self.tracee.wait() {
            Stop::Signal(signal) => signal,
            // A step over a call is done when the call is, before the signal is looked at.
            stop => {
                self.must_trap(stop);
                0
            }
        };
        self.finish(signal);
    }

    /// On to the end of the turn.
    fn finish(&mut self, signal: c_int) {
        self.tracee.enable(TURN_ONLY);
        let stop = self.tracee.run(signal);
        self.must_trap(stop);
    }

    /// One turn with the signals of `plan`; `None` when not all could be sent.
    pub(crate) fn turn(&mut self, plan: &Plan) -> Option<Record> {
        self.tracee.progresses();
        let signal = self.apply(plan)?;
        self.tracee.enable(TURN_ONLY);
        let stop = self.tracee.run(signal);
        self.must_trap(stop);
        assert_eq!(self.tracee.registers().rip, self.turn);
        Some(self.tracee.read(self.record))
    }

    /// Every instruction of a turn that begins with the signals of `plan`, up to the one behind the call, or to where it
    /// falls asleep. Handlers are left out. `wake` ends a sleep.
    pub(crate) fn learn(&mut self, plan: &Plan, wake: c_int) -> Vec<Place> {
        self.tracee.progresses();
        self.set_stepped(true);
        let mut places = Vec::new();
        let mut signal = if plan.is_empty() {
            self.tracee.breakpoint(PLACE, self.first);
            self.tracee.enable(PLACE_OR_TURN);
            let stop = self.tracee.run(0);
            self.must_trap(stop);
            places.push(self.first);
            0
        } else {
            self.apply(plan).expect("what comes before happens")
        };
        self.tracee.enable(NONE);
        loop {
            match self.tracee.step(signal) {
                Next::Asleep if self.naps => {
                    let stop = self.tracee.wait();
                    self.must_trap(stop);
                }
                Next::Asleep => {
                    self.wake(wake);
                    break;
                }
                Next::Stopped(Stop::Signal(next)) => {
                    signal = next;
                    continue;
                }
                Next::Stopped(stop) => self.must_trap(stop),
            }
            signal = 0;
            let mut rip = self.tracee.registers().rip;
            if self.text.contains(&rip) && !(self.first..=self.after).contains(&rip) {
                rip = self.leave_handler();
            }
            // The steps of a repeated instruction are one.
            if places.last() != Some(&rip) {
                places.push(rip);
            }
            if rip == self.after {
                self.tracee.enable(TURN_ONLY);
                let stop = self.tracee.run(0);
                self.must_trap(stop);
                break;
            }
        }
        self.set_stepped(false);
        let mut counts = HashMap::new();
        places
            .into_iter()
            .map(|rip| {
                let count = counts.entry(rip).or_insert(0);
                *count += 1;
                Place { rip, count: *count }
            })
            .collect()
    }

    /// From the first instruction of a handler to the one behind its call.
    fn leave_handler(&mut self) -> u64 {
        let back = self.tracee.read(self.tracee.registers().rsp);
        self.tracee.breakpoint(RETURN, back);
        self.tracee.enable([false, false, true, false]);
        let stop = self.tracee.run(0);
        self.must_trap(stop);
        self.tracee.enable(NONE);
        back
    }
}
