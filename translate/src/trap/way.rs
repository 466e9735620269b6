//! Which way into the stub this process has.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use super::{ptrace, seccomp, sud};
use crate::host::{self, HostErrno, HostResult, nr};

/// A way in. The order is that of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Way {
    /// Syscall User Dispatch.
    Sud,
    /// A seccomp filter that traps by address.
    Seccomp,
    /// A process that traces this one.
    Ptrace,
}

impl Way {
    /// All of them, best first.
    pub const ALL: [Self; 3] = [Self::Sud, Self::Seccomp, Self::Ptrace];

    /// As `--attach` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sud => "sud",
            Self::Seccomp => "seccomp",
            Self::Ptrace => "ptrace",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sud => "Syscall User Dispatch",
            Self::Seccomp => "seccomp",
            Self::Ptrace => "ptrace",
        }
    }
}

impl FromStr for Way {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|way| way.name() == name)
            .ok_or(())
    }
}

/// The ways that were tried in vain, and what the host said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<(Way, HostErrno)>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (index, (way, error)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{} (host errno {})", way.title(), error.0)?;
        }
        Ok(())
    }
}

static WAY: AtomicU8 = AtomicU8::new(Way::Sud as u8);

/// The way that was taken.
pub fn way() -> Way {
    let taken = WAY.load(Ordering::Relaxed);
    Way::ALL
        .into_iter()
        .find(|&way| way as u8 == taken)
        .unwrap_or(Way::Sud)
}

/// Takes a way in: the one that is wished for, else the best that the host allows. What is inherited comes before
/// anything that would have to be put on top of it. Called once, by the only thread.
///
/// # Errors
/// What the host said to each way that was tried.
pub fn attach(wish: Option<Way>) -> Result<Way, Refused> {
    let mut refused = Vec::new();
    let mut inherited = None;
    for way in Way::ALL {
        if wish.is_some_and(|wish| wish != way) {
            continue;
        }
        // Dispatch comes before the others in the kernel, whatever is inherited.
        if way != Way::Sud && inherited.is_none() {
            inherited = Some(probe());
        }
        let (way, taken) = match inherited.flatten() {
            Some(inherited) => (inherited, Ok(())),
            None => (way, take(way)),
        };
        match taken {
            Ok(()) => {
                WAY.store(way as u8, Ordering::Relaxed);
                return Ok(way);
            }
            Err(error) => refused.push((way, error)),
        }
    }
    Err(Refused(refused))
}

/// Takes dispatch without asking the host for it, which the image before this one had as well; [`arm`] hears it if the
/// host thinks otherwise by now.
pub fn attach_again() -> Way {
    WAY.store(Way::Sud as u8, Ordering::Relaxed);
    Way::Sud
}

static ENTRY_POINT: AtomicU64 = AtomicU64::new(0);

/// Tells where the stub's image begins to run, by which a tracer knows it.
pub fn set_entry_point(address: u64) {
    ENTRY_POINT.store(address, Ordering::Relaxed);
}

pub(super) fn entry_point() -> u64 {
    ENTRY_POINT.load(Ordering::Relaxed)
}

fn take(way: Way) -> HostResult<()> {
    match way {
        Way::Sud => sud::probe(),
        Way::Seccomp => seccomp::install(),
        Way::Ptrace => ptrace::attach(),
    }
}

/// An argument that `getppid` has only here; a way that outlives `execve` answers it with an error of its own.
pub(super) const PROBE_ARGUMENT: u32 = 0x636f_6d70;

/// The way that this image found itself attached by.
fn probe() -> Option<Way> {
    // SAFETY: no pointers; the host ignores the argument.
    match unsafe { host::call_n(nr::getppid, [u64::from(PROBE_ARGUMENT)]) } {
        Err(seccomp::ANSWER) => Some(Way::Seccomp),
        Err(ptrace::ANSWER) => Some(Way::Ptrace),
        _ => None,
    }
}

/// Makes the way work for the calling thread: necessary in every new task and after `execve`.
///
/// # Errors
/// As the host's.
pub fn arm() -> HostResult<()> {
    match way() {
        Way::Sud => sud::arm(),
        // Inherited.
        Way::Seccomp | Way::Ptrace => Ok(()),
    }
}

/// Whether code in `start..start + len` would enter the stub. Guest code must not come to lie anywhere else.
pub fn reaches(start: u64, len: u64) -> bool {
    match way() {
        Way::Sud | Way::Ptrace => true,
        Way::Seccomp => seccomp::covers(start, len),
    }
}

/// The host's `mmap` on the guest's behalf, where [`reaches`] holds if the guest leaves the choice.
///
/// # Errors
/// As `mmap`.
///
/// # Safety
/// As `mmap`.
pub unsafe fn map(args: [u64; 6]) -> HostResult {
    // SAFETY: the caller's promise.
    unsafe {
        match way() {
            Way::Sud | Way::Ptrace => host::call(nr::mmap, args),
            Way::Seccomp => seccomp::map(args),
        }
    }
}
