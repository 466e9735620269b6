//! What a thread knows about itself without asking the host again.

use core::cell::Cell;
use core::sync::atomic::{Ordering, compiler_fence};

use crate::host::HostResult;

/// A question whose answer a thread's block keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Answer {
    /// Whether users or groups are others than the program was started with, or differ.
    Tainted = 0,
    /// The number of the process.
    Process = 1,
    /// The real user.
    User = 2,
    /// The effective user.
    EffectiveUser = 3,
    /// The real group.
    Group = 4,
    /// The effective group.
    EffectiveGroup = 5,
}

const COUNT: usize = 6;

/// Not asked yet: no answer is that long.
pub(crate) const UNKNOWN: u64 = u64::MAX;

/// The answers. The thread itself reads and writes them, and a signal handler that runs on it.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Answers {
    words: [Cell<u64>; COUNT],
    /// Changes whenever some are forgotten.
    forgotten: Cell<u32>,
}

impl Answers {
    /// None.
    pub(crate) fn unknown() -> Self {
        Self {
            words: [const { Cell::new(UNKNOWN) }; COUNT],
            forgotten: Cell::new(0),
        }
    }

    /// The answer to `which`, from `ask` the first time.
    ///
    /// # Errors
    /// Those of `ask`.
    pub(crate) fn get(&self, which: Answer, ask: impl FnOnce() -> HostResult) -> HostResult {
        let Some(word) = self.words.get(which as usize) else {
            return ask();
        };
        match word.get() {
            UNKNOWN => {}
            known => return Ok(known),
        }
        let before = self.forgotten.get();
        compiler_fence(Ordering::SeqCst);
        let answer = ask()?;
        word.set(answer);
        // Another thread's change of credentials may have been made here, by a signal handler, after the host was asked.
        compiler_fence(Ordering::SeqCst);
        if self.forgotten.get() != before {
            word.set(UNKNOWN);
        }
        Ok(answer)
    }

    /// To be called after the host's calls that change credentials.
    pub(crate) fn forget_credentials(&self) {
        self.forget(&[
            Answer::Tainted,
            Answer::User,
            Answer::EffectiveUser,
            Answer::Group,
            Answer::EffectiveGroup,
        ]);
    }

    /// To be called in a new process.
    pub(crate) fn forget_process(&self) {
        self.forget(&[Answer::Process]);
    }

    fn forget(&self, which: &[Answer]) {
        self.forgotten.set(self.forgotten.get().wrapping_add(1));
        for &one in which {
            if let Some(word) = self.words.get(one as usize) {
                word.set(UNKNOWN);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_asked_once() {
        let answers = Answers::unknown();
        assert_eq!(answers.get(Answer::User, || Ok(7)), Ok(7));
        assert_eq!(answers.get(Answer::User, || Ok(8)), Ok(7));
        answers.forget_credentials();
        assert_eq!(answers.get(Answer::User, || Ok(8)), Ok(8));
    }

    #[test]
    fn an_answer_that_was_overtaken_is_not_kept() {
        let answers = Answers::unknown();
        let overtaken = || {
            answers.forget_credentials();
            Ok(7)
        };
        assert_eq!(answers.get(Answer::Group, overtaken), Ok(7));
        assert_eq!(answers.get(Answer::Group, || Ok(8)), Ok(8));
    }
}
