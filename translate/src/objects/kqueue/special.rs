//! Knotes that are not about descriptors.

use super::event::{Change, Flags, Kind, Wanted};
use super::finished::Finished;
use super::note::{Found, Note, Scan};
use super::process::Process;
use super::signal::{Arrivals, Signal};
use super::timer::Timer;
use super::user::User;

/// A knote and what its kind adds.
#[derive(Debug)]
pub(super) struct Special {
    pub(super) note: Note,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    User(User),
    Timer(Timer),
    Signal(Signal),
    Process(Process),
    Finished(Finished),
}

impl Special {
    pub(super) fn new(change: &Change, what: What) -> Self {
        let mut note = Note::new(change);
        // These are edges by nature (filt_timerattach, filt_sigattach, filt_procattach).
        let edge = match change.wanted {
            Wanted::Timer(time) => matches!(time, super::event::Time::Every(_)),
            Wanted::User { .. } | Wanted::Finished { .. } => false,
            _ => true,
        };
        if edge {
            note.flags = note.flags.with(Flags::CLEAR);
        }
        Self { note, what }
    }

    pub(super) fn look(&self, arrivals: &Arrivals) -> Option<Found> {
        self.note.judge(match &self.what {
            What::User(user) => user.look(),
            What::Timer(timer) => timer.look(),
            What::Signal(signal) => signal.look(arrivals),
            What::Process(process) => process.look(),
            What::Finished(finished) => finished.look(),
        })
    }

    /// Reports it; `false` when it is to go.
    pub(super) fn report(
        &mut self,
        (kind, ident): (Kind, u64),
        found: Found,
        arrivals: &Arrivals,
        scan: &mut Scan,
    ) -> bool {
        if let What::Process(process) = &self.what
            && process.is_over()
        {
            // A process ends once.
            self.note.flags = self.note.flags.with(Flags::ONCE);
        }
        scan.tell(&mut self.note, ident, kind, found);
        if self.note.flags.has(Flags::CLEAR) {
            match &mut self.what {
                What::User(user) => user.clear(),
                What::Timer(timer) => timer.clear(),
                What::Signal(signal) => signal.clear(arrivals),
                What::Process(process) => process.clear(),
                What::Finished(finished) => finished.clear(),
            }
        }
        self.note.reported()
    }
}
