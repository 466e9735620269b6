//! `<sys/ucontext.h>`, `<machine/mcontext.h>`.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::signal::Stack;

pub(crate) const UC_SIGMASK: u32 = 0x1;
pub(crate) const UC_STACK: u32 = 0x2;
pub(crate) const UC_CPU: u32 = 0x4;
pub(crate) const UC_FPU: u32 = 0x8;
pub(crate) const UC_SETSTACK: u32 = 0x1_0000;
pub(crate) const UC_CLRSTACK: u32 = 0x2_0000;
pub(crate) const UC_TLSBASE: u32 = 0x8_0000;

/// `__gregset_t`, in the order of `<machine/frame_regs.h>`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Gregs {
    pub(crate) rdi: u64,
    pub(crate) rsi: u64,
    pub(crate) rdx: u64,
    pub(crate) rcx: u64,
    pub(crate) r8: u64,
    pub(crate) r9: u64,
    pub(crate) r10: u64,
    pub(crate) r11: u64,
    pub(crate) r12: u64,
    pub(crate) r13: u64,
    pub(crate) r14: u64,
    pub(crate) r15: u64,
    pub(crate) rbp: u64,
    pub(crate) rbx: u64,
    pub(crate) rax: u64,
    pub(crate) gs: u64,
    pub(crate) fs: u64,
    pub(crate) es: u64,
    pub(crate) ds: u64,
    pub(crate) trapno: u64,
    pub(crate) err: u64,
    pub(crate) rip: u64,
    pub(crate) cs: u64,
    pub(crate) rflags: u64,
    pub(crate) rsp: u64,
    pub(crate) ss: u64,
}

/// `mcontext_t`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Mcontext {
    pub(crate) gregs: Gregs,
    pub(crate) tlsbase: u64,
    /// What `fxsave` stores. The last 48 bytes are the kernel's to use; see [`crate::context`].
    pub(crate) fpregs: [u8; 512],
}

/// `ucontext_t`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Ucontext {
    /// `UC_*`: which parts count.
    pub(crate) flags: u32,
    pub(crate) pad: u32,
    pub(crate) link: u64,
    pub(crate) sigmask: [u32; 4],
    pub(crate) stack: Stack,
    pub(crate) mcontext: Mcontext,
}

const _: () = {
    assert!(size_of::<Mcontext>() == 728 && offset_of!(Mcontext, fpregs) == 216);
    assert!(size_of::<Ucontext>() == 784 && offset_of!(Ucontext, mcontext) == 56);
    assert!(offset_of!(Gregs, rip) == 21 * 8 && offset_of!(Gregs, ss) == 25 * 8);
};
