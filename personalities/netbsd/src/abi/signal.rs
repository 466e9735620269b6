//! `<sys/signal.h>`, `<sys/siginfo.h>`.

use core::mem::offset_of;

use compat_bsd::abi::signal as family;
use compat_bsd::abi::time::Sigevent as Notice;
use compat_tables::bsd::flags::sigev_notify::SIGEV_SIGNAL;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

/// `struct sigaction`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Sigaction {
    pub(crate) handler: u64,
    pub(crate) mask: [u32; 4],
    pub(crate) flags: u32,
    pub(crate) pad: u32,
}

/// Only says what ^T does.
const SA_NOKERNINFO: u32 = 0x80;

impl From<Sigaction> for family::Sigaction {
    fn from(own: Sigaction) -> Self {
        Self {
            handler: own.handler,
            flags: own.flags & !SA_NOKERNINFO,
            mask: own.mask,
            pad: 0,
        }
    }
}

impl From<family::Sigaction> for Sigaction {
    fn from(other: family::Sigaction) -> Self {
        Self {
            handler: other.handler,
            mask: other.mask,
            flags: other.flags,
            pad: 0,
        }
    }
}

/// `siginfo_t`: what is used of its 128 bytes.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Siginfo {
    pub(crate) signo: i32,
    pub(crate) code: i32,
    pub(crate) errno: i32,
    pub(crate) pad: i32,
    pub(crate) reason: Reason,
    pub(crate) rest: [u64; 9],
}

/// `_reason`. Who sent it, with a value or a child's status and times; for a fault the address and the trap.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Reason {
    pub(crate) first: u64,
    /// `_value`, `_status` or `_trap`.
    pub(crate) second: u64,
    pub(crate) times: [u64; 3],
}

impl Reason {
    /// `_rt` and `_child`: `second` is the value, or the status.
    pub(crate) fn sent(pid: i32, uid: u32, second: u64) -> Self {
        Self {
            first: u64::from(pid as u32) | u64::from(uid) << 32,
            second,
            times: [0; 3],
        }
    }

    /// `_fault`.
    pub(crate) fn fault(address: u64, trap: u32) -> Self {
        Self {
            first: address,
            second: u64::from(trap),
            times: [0; 3],
        }
    }
}

/// `struct sigevent`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Sigevent {
    pub(crate) notify: i32,
    pub(crate) signo: i32,
    pub(crate) value: u64,
    /// A function and its thread's attributes, for libraries.
    pub(crate) rest: [u64; 2],
}

/// The last of the ways of notice there once were. Only the signal is left to come.
pub(crate) const SIGEV_SA: i32 = 3;

impl From<Sigevent> for Notice {
    fn from(own: Sigevent) -> Self {
        let mut event = Self::new_zeroed();
        if own.notify == SIGEV_SIGNAL {
            event.notify = SIGEV_SIGNAL;
            event.signo = own.signo;
            event.value = own.value;
        }
        event
    }
}

/// `stack_t` is the family's; the least size is not.
pub(crate) use family::Stack;

const _: () = {
    assert!(size_of::<Sigaction>() == 32 && offset_of!(Sigaction, flags) == 24);
    assert!(size_of::<Sigevent>() == 32 && offset_of!(Sigevent, value) == 8);
    assert!(size_of::<Siginfo>() == 128 && offset_of!(Siginfo, reason) == 16);
};
