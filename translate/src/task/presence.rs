//! Whether a thread runs, for threads of the program that would rather wait actively for it than fall asleep.

use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use crate::host::vdso;

/// What a program may read of one of its threads, where it lies: [`Presence::place`].
#[repr(C)]
#[derive(Debug)]
pub struct Presence {
    /// The CPU that the thread runs on, [`Presence::ASLEEP`] or [`Presence::GONE`]. The express way writes it as well.
    pub(crate) cpu: AtomicI32,
    /// How often the thread has left its CPU to wait for something.
    leaves: AtomicU32,
    /// What the first word says whenever the thread runs.
    pub(crate) runs_on: AtomicI32,
    /// Somebody reads all this.
    watched: AtomicBool,
}

impl Presence {
    /// It waits in a host call.
    pub const ASLEEP: i32 = -1;
    /// It has ended.
    pub const GONE: i32 = -2;

    pub(crate) const fn new() -> Self {
        Self {
            cpu: AtomicI32::new(0),
            leaves: AtomicU32::new(0),
            runs_on: AtomicI32::new(0),
            watched: AtomicBool::new(false),
        }
    }

    /// The address of the first two words, an `int` and an `unsigned`. They stay readable as long as the process lives, but
    /// may be another thread's once this one is gone.
    pub fn place(&self) -> u64 {
        self.watched.store(true, Ordering::Relaxed);
        self.runs();
        core::ptr::from_ref(self) as u64
    }

    /// The thread runs.
    pub(crate) fn runs(&self) {
        if self.watched.load(Ordering::Relaxed) {
            let cpu = vdso::current_cpu().cast_signed();
            self.runs_on.store(cpu, Ordering::Relaxed);
        }
        let cpu = self.runs_on.load(Ordering::Relaxed);
        self.cpu.store(cpu, Ordering::Relaxed);
    }

    /// The thread is about to make a host call that may sleep.
    pub(crate) fn sleeps(&self) {
        let leaves = self.leaves.load(Ordering::Relaxed);
        self.leaves.store(leaves.wrapping_add(1), Ordering::Relaxed);
        self.cpu.store(Self::ASLEEP, Ordering::Relaxed);
    }

    /// Whether it waits in a host call.
    pub(crate) fn is_asleep(&self) -> bool {
        self.cpu.load(Ordering::Relaxed) == Self::ASLEEP
    }

    /// Whether it runs no more of the program.
    pub fn has_ended(&self) -> bool {
        self.cpu.load(Ordering::Acquire) == Self::GONE
    }

    /// The thread runs no more of the program.
    pub fn ends(&self) {
        self.cpu.store(Self::GONE, Ordering::Release);
    }
}
