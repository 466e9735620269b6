//! `<machine/sigframe.h>`, `<machine/ucontext.h>`.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

pub(crate) use compat_bsd::abi::signal::*;

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
    pub(crate) trapno: u32,
    pub(crate) fs: u16,
    pub(crate) gs: u16,
    pub(crate) addr: u64,
    pub(crate) flags: u32,
    pub(crate) es: u16,
    pub(crate) ds: u16,
    pub(crate) err: u64,
    pub(crate) rip: u64,
    pub(crate) cs: u64,
    pub(crate) rflags: u64,
    pub(crate) rsp: u64,
    pub(crate) ss: u64,
    pub(crate) len: u64,
    pub(crate) fpformat: u64,
    pub(crate) ownedfp: u64,
    pub(crate) fpstate: [u8; 512],
    pub(crate) fsbase: u64,
    pub(crate) gsbase: u64,
    pub(crate) xfpustate: u64,
    pub(crate) xfpustate_len: u64,
    pub(crate) tlsbase: u64,
    pub(crate) spare: [u64; 3],
}

pub(crate) const MC_HASSEGS: u32 = 1;
pub(crate) const MC_HASBASES: u32 = 2;
pub(crate) const MC_HASFPXSTATE: u32 = 4;
pub(crate) const MC_HASTLSBASE: u32 = 8;
pub(crate) const MC_FPFMT_XMM: u64 = 0x10002;
pub(crate) const MC_FPOWNED_NONE: u64 = 0x20000;
pub(crate) const MC_FPOWNED_FPU: u64 = 0x20001;

/// `ucontext_t`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Ucontext {
    pub(crate) sigmask: [u32; 4],
    pub(crate) mcontext: Mcontext,
    pub(crate) link: u64,
    pub(crate) stack: Stack,
    pub(crate) flags: i32,
    pub(crate) spare: [i32; 4],
    pub(crate) pad: [u32; 3],
}

/// `struct sigframe`: what a handler finds at its stack pointer.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Sigframe {
    pub(crate) handler: u64,
    pub(crate) pad: u64,
    pub(crate) uc: Ucontext,
    pub(crate) si: Siginfo,
}

const _: () = {
    assert!(size_of::<Mcontext>() == 800);
    assert!(offset_of!(Mcontext, trapno) == 128 && offset_of!(Mcontext, err) == 152);
    assert!(offset_of!(Mcontext, rip) == 160 && offset_of!(Mcontext, len) == 200);
    assert!(offset_of!(Mcontext, fpstate) == 224 && offset_of!(Mcontext, fsbase) == 736);
    assert!(size_of::<Ucontext>() == 880);
    assert!(offset_of!(Ucontext, link) == 816 && offset_of!(Ucontext, stack) == 824);
    assert!(offset_of!(Ucontext, flags) == 848);
    assert!(size_of::<Sigframe>() == 976);
    assert!(offset_of!(Sigframe, uc) == 16 && offset_of!(Sigframe, si) == 896);
};
