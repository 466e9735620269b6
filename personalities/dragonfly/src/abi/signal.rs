//! `<machine/ucontext.h>`, `<machine/sigframe.h>`, `<sys/signal.h>` (`struct sigevent`).

use core::mem::offset_of;

use compat_bsd::abi::signal::{Siginfo, Stack};
use compat_bsd::abi::time::Sigevent as Notice;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

/// Bytes for the vector state.
pub(crate) const FPREGS: usize = 1024;

/// `mcontext_t`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Mcontext {
    pub(crate) onstack: u64,
    pub(crate) rdi: u64,
    pub(crate) rsi: u64,
    pub(crate) rdx: u64,
    pub(crate) rcx: u64,
    pub(crate) r8: u64,
    pub(crate) r9: u64,
    pub(crate) rax: u64,
    pub(crate) rbx: u64,
    pub(crate) rbp: u64,
    pub(crate) r10: u64,
    pub(crate) r11: u64,
    pub(crate) r12: u64,
    pub(crate) r13: u64,
    pub(crate) r14: u64,
    pub(crate) r15: u64,
    pub(crate) xflags: u64,
    pub(crate) trapno: u64,
    pub(crate) addr: u64,
    pub(crate) flags: u64,
    pub(crate) err: u64,
    pub(crate) rip: u64,
    pub(crate) cs: u64,
    pub(crate) rflags: u64,
    pub(crate) rsp: u64,
    pub(crate) ss: u64,
    pub(crate) len: u32,
    pub(crate) fpformat: u32,
    pub(crate) ownedfp: u32,
    pub(crate) reserved: [u32; 9],
    pub(crate) fpregs: [u8; FPREGS],
}

pub(crate) const MC_FPFMT_NODEV: u32 = 0x10000;
pub(crate) const MC_FPFMT_XMM: u32 = 0x10002;
pub(crate) const MC_FPOWNED_NONE: u32 = 0x20000;
pub(crate) const MC_FPOWNED_FPU: u32 = 0x20001;

/// `ucontext_t`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Ucontext {
    pub(crate) sigmask: [u32; 4],
    pub(crate) pad: [u64; 6],
    pub(crate) mcontext: Mcontext,
    pub(crate) link: u64,
    pub(crate) stack: Stack,
    pub(crate) cofunc: u64,
    pub(crate) arg: u64,
    pub(crate) spare: [i32; 4],
}

/// `struct sigframe`: what a handler finds at its stack pointer.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Sigframe {
    pub(crate) handler: u64,
    pub(crate) pad: [u64; 7],
    pub(crate) uc: Ucontext,
    pub(crate) si: Siginfo,
    /// Up to a multiple of 64.
    pub(crate) rest: [u64; 6],
}

/// `struct sigevent`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Sigevent {
    pub(crate) notify: i32,
    pub(crate) pad0: u32,
    pub(crate) signo: i32,
    pub(crate) pad1: u32,
    pub(crate) value: u64,
    pub(crate) function: u64,
}

impl From<Sigevent> for Notice {
    fn from(own: Sigevent) -> Self {
        let mut event = Self::new_zeroed();
        event.notify = own.notify;
        event.signo = own.signo;
        event.value = own.value;
        event
    }
}

const _: () = {
    assert!(size_of::<Sigevent>() == 32 && offset_of!(Sigevent, value) == 16);
    assert!(size_of::<Mcontext>() == 1280);
    assert!(offset_of!(Mcontext, trapno) == 136 && offset_of!(Mcontext, rip) == 168);
    assert!(offset_of!(Mcontext, len) == 208 && offset_of!(Mcontext, fpregs) == 256);
    assert!(size_of::<Ucontext>() == 1408 && offset_of!(Ucontext, mcontext) == 64);
    assert!(offset_of!(Ucontext, link) == 1344 && offset_of!(Ucontext, cofunc) == 1376);
    assert!(size_of::<Sigframe>() == 1600 && offset_of!(Sigframe, si) == 1472);
};
