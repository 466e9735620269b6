//! What is walked through, and what must come of it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use compat_tests::attach;
use compat_tests::compat;
use compat_tests::stage::{Stage, on_every_stage};
use libc::c_int;

use crate::tracee::Tracee;
use crate::walk::{Plan, Record, SIGNALS, Walk, When};

/// Where the call is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// A site that becomes a jump.
    Hot,
    /// One that always traps.
    Cold,
}

/// Another signal before the one that arrives everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// At the call's first instruction.
    First,
    /// Halfway through.
    Inside,
    /// At the last instruction before the call sleeps.
    FallingAsleep,
    /// When the call sleeps.
    Asleep,
}

/// One call in one situation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    call: &'static str,
    site: Site,
    flags: &'static str,
    base: Option<Base>,
    unblockable: bool,
}

const ENOENT: u64 = 2;
const EINTR: u64 = 4;
const EAGAIN: u64 = 35;
/// Descriptors below are the standard ones and a pipe.
const FIRST_FREE: u64 = 5;

impl Case {
    pub(crate) fn new(call: &'static str, site: Site, flags: &'static str) -> Self {
        Self {
            call,
            site,
            flags,
            base: None,
            unblockable: false,
        }
    }

    pub(crate) fn after(mut self, base: Base) -> Self {
        self.base = Some(base);
        self
    }

    /// With signals that the host never blocks.
    pub(crate) fn unblockable(mut self) -> Self {
        self.unblockable = true;
        self
    }

    /// The signal that arrives everywhere.
    fn probe(&self) -> c_int {
        if self.unblockable {
            libc::SIGSEGV
        } else {
            libc::SIGUSR1
        }
    }

    fn before(&self) -> c_int {
        if self.unblockable {
            libc::SIGBUS
        } else {
            libc::SIGUSR2
        }
    }

    /// Whether nothing but a signal ends the call.
    fn sleeps(&self) -> bool {
        matches!(
            self.call,
            "read" | "sigsuspend" | "pselect" | "kevent" | "umtx" | "sigwait"
        )
    }

    fn can_sleep(&self) -> bool {
        self.sleeps() || self.call == "nanosleep"
    }

    /// Whether the call comes back with its own mask, so that signals may have to wait for what comes behind it.
    fn leaves_blocked(&self) -> bool {
        matches!(self.call, "block" | "sigsuspend" | "pselect" | "sigwait")
    }

    /// What it returns when no signal finds it asleep, or when one does.
    fn result(&self, asleep: bool, pid: u64) -> (u64, bool) {
        let restarts = self.flags.contains('r');
        match self.call {
            "getpid" => (pid, false),
            "stat-missing" => (ENOENT, true),
            "open" => (FIRST_FREE, false),
            "sigsuspend" | "pselect" => (EINTR, true),
            "nanosleep" | "kevent" | "umtx" if asleep => (EINTR, true),
            "read" if asleep && !restarts => (EINTR, true),
            "read-again" => (EAGAIN, true),
            "read" | "read-ready" | "padded-read" | "kevent" => (1, false),
            "padded-seek" => (2, false),
            _ => (0, false),
        }
    }

    /// How often each handler must have run.
    fn handlers(&self, plan: &Plan) -> [u64; 4] {
        SIGNALS.map(|signal| {
            let sent = plan.iter().filter(|(_, sent)| *sent == signal).count() as u64;
            match (self.call, signal) {
                ("sigwait", libc::SIGUSR1) => 0,
                // It sends itself one; a second one of a number that waits already is the same.
                ("thr_kill", libc::SIGUSR2) => 1,
                _ => sent,
            }
        })
    }

    fn judge(&self, plan: &Plan, record: &Record, pid: u64) -> Result<(), String> {
        let must = self.handlers(plan);
        if record.handled != must {
            return Err(format!("handlers ran {:?} times", record.handled));
        }
        let asleep = plan.iter().any(|(when, _)| *when == When::Asleep);
        let result = (record.result, record.failed != 0);
        let expected = self.result(asleep, pid);
        if result != expected {
            return Err(format!("the call returned {result:?}, not {expected:?}"));
        }
        if !self.leaves_blocked() && record.at_return != must {
            return Err(format!(
                "when the call had returned, handlers had run {:?} times",
                record.at_return
            ));
        }
        if !plan.is_empty() && matches!(self.call, "sigsuspend" | "pselect") {
            let first = record.at_return.iter().sum::<u64>();
            if first == 0 {
                return Err("it returned before a handler had run".to_owned());
            }
        }
        Ok(())
    }

    /// Turns enough for all sites to become what they will be, the handler's and the way back from it included.
    fn warm_up(&self, walk: &mut Walk, plan: &Plan, nap: u64) {
        walk.set_nap(nap);
        for _ in 0..6 {
            let record = walk.turn(plan).expect("nothing in the way");
            self.judge(plan, &record, walk.pid())
                .expect("a turn to begin with");
        }
    }

    fn base(&self, walk: &mut Walk) -> Option<(When, c_int)> {
        let when = match self.base? {
            Base::First => When::At(walk.first()),
            Base::Inside => {
                let places = walk.learn(&[], self.probe());
                When::At(*places.get(places.len() / 2).expect("a way"))
            }
            Base::FallingAsleep => {
                let places = walk.learn(&[], self.probe());
                When::At(*places.last().expect("a way"))
            }
            Base::Asleep => When::Asleep,
        };
        Some((when, self.before()))
    }

    fn walk(&self, stage: &Stage) {
        let mut command = stage.guest(&compat::own_guest("guest-stepping"));
        let site = match self.site {
            Site::Hot => "hot",
            Site::Cold => "cold",
        };
        command.args([self.call, site, self.flags]);
        let tracee = Tracee::start(command);
        let naps = self.call == "nanosleep" && self.base.is_none();
        let mut walk = Walk::new(tracee, naps);
        let asleep = [(When::Asleep, self.probe())];
        let ready: &Plan = if self.can_sleep() && !naps {
            &asleep
        } else {
            &[]
        };
        let first = [(When::At(walk.first()), self.probe())];
        let nap = if naps { MOMENT } else { HOUR };
        self.warm_up(&mut walk, ready, nap);
        self.warm_up(&mut walk, &first, MOMENT);
        walk.set_nap(nap);
        let base: Vec<_> = self.base(&mut walk).into_iter().collect();
        if !base.is_empty() {
            self.warm_up(&mut walk, &base, nap);
        }
        let places = walk.learn(&base, self.probe());
        let mut missed = 0;
        for (index, &place) in places.iter().enumerate() {
            let plan: Vec<_> = base
                .iter()
                .copied()
                .chain([(When::At(place), self.probe())])
                .collect();
            let turn = catch_unwind(AssertUnwindSafe(|| {
                (0..3).find_map(|_| walk.turn(&plan)).map(|record| {
                    if let Err(what) = self.judge(&plan, &record, walk.pid()) {
                        panic!("{what}");
                    }
                })
            }));
            match turn {
                Ok(Some(())) => {}
                Ok(None) => missed += 1,
                Err(panic) => {
                    eprintln!(
                        "{self:?}: signal at instruction {index} of {}, {:#x} in {}",
                        places.len(),
                        place.rip,
                        walk.mapping(place.rip)
                    );
                    resume_unwind(panic);
                }
            }
        }
        println!(
            "{self:?} as {}: {} instructions, {missed} not reached again",
            stage.user(),
            places.len()
        );
        assert!(places.len() > 20, "{self:?}: {} instructions", places.len());
        assert!(missed <= 1 + places.len() / 50, "{self:?}: {missed} missed");
    }
}

/// Nanoseconds.
const MOMENT: u64 = 200_000;
const HOUR: u64 = 3_600_000_000_000;

/// Walks through all of `cases`.
pub(crate) fn walks(cases: &[Case]) {
    if attach::skips("stepping") {
        return;
    }
    on_every_stage(|stage| {
        for case in cases {
            // The long ways once: who walks them makes no difference to the machine.
            if case.base.is_none() || stage.is_ordinary() {
                case.walk(stage);
            }
        }
    });
}
