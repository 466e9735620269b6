//! What handlers must know of the system they work for.

use core::sync::atomic::{AtomicPtr, Ordering};

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::domain;
use compat_translate::host::{HostErrno, HostResult};
use compat_translate::settings::Settings;
use compat_translate::signal::UContext;
use compat_translate::{Cx, Personality};

use crate::image::{Loaded, Strings};

/// One of the BSDs.
pub struct System {
    /// What `compat_translate` must know of it.
    pub personality: Personality,
    /// Builds the argument block of a new process below an address of its stack, and says which registers it starts with.
    ///
    /// Fails with `EFAULT` when the stack is too small.
    pub start: fn(&Loaded, &Strings, u64, &Settings) -> HostResult<UContext>,
    /// `AT_FDCWD` as its programs write it.
    pub at_fdcwd: i32,
    /// `AF_INET6` in its socket addresses.
    pub inet6: u8,
    /// `sizeof(struct sockaddr_dl)`.
    pub sockaddr_dl: usize,
    /// Its number for an error.
    pub errno_number: fn(Errno) -> u16,
    /// What a call that it does not have fails with, besides raising SIGSYS.
    pub no_such_call: Errno,
    /// How many resource limits it knows.
    pub limits: fn(&Settings) -> i32,
    /// Called when a thread ends, before its memory can be another's.
    pub thread_ends: fn(&Cx),
    /// Called when `execve` is about to succeed.
    pub image_ends: fn(&Cx),
}

static ATTACHED: AtomicPtr<System> = AtomicPtr::new(core::ptr::null_mut());

/// Makes `system` the one of this process.
pub fn attach(system: &'static System) {
    ATTACHED.store(core::ptr::from_ref(system).cast_mut(), Ordering::Release);
    compat_translate::attach(&system.personality);
}

/// What is there before [`attach`], which is before any call is made.
static NONE: System = System {
    personality: Personality {
        name: "no system",
        dispatch: |_| compat_translate::Outcome::Replaced,
        finish: |_, _| {},
        interrupted: 0,
        signal_to_host: |_| None,
        signal_from_host: |_| None,
        default_action: |_| compat_translate::signal::DefaultAction::Terminate,
        fault_signal: |_, _, _| 0,
        deliver: |_| false,
        needs_frame: |_| true,
        express: || {},
        after_fork: |_| {},
    },
    start: |_, _, _, _| Err(HostErrno::ENOEXEC),
    at_fdcwd: -100,
    inet6: domain::AF_INET6 as u8,
    sockaddr_dl: 54,
    errno_number: Errno::number,
    no_such_call: Errno::ENOSYS,
    limits: |_| 0,
    thread_ends: |_| {},
    image_ends: |_| {},
};

/// The system of this process.
pub fn system() -> &'static System {
    let pointer = ATTACHED.load(Ordering::Relaxed);
    // SAFETY: only `attach` stores there, and only `'static` references.
    unsafe { pointer.cast_const().as_ref() }.unwrap_or(&NONE)
}

/// What `compat_translate` knows of it.
pub fn personality() -> &'static Personality {
    &system().personality
}

/// The number that programs of this system know `errno` by.
pub fn errno_number(errno: Errno) -> u16 {
    (system().errno_number)(errno)
}
