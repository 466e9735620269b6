//! `<sys/signal.h>`.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct sigaction`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Sigaction {
    pub handler: u64,
    pub flags: u32,
    pub mask: [u32; 4],
    pub pad: u32,
}

pub const SA_ONSTACK: u32 = 0x1;
pub const SA_RESTART: u32 = 0x2;
pub const SA_RESETHAND: u32 = 0x4;
pub const SA_NOCLDSTOP: u32 = 0x8;
pub const SA_NODEFER: u32 = 0x10;
pub const SA_NOCLDWAIT: u32 = 0x20;
pub const SA_SIGINFO: u32 = 0x40;

/// `stack_t`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub struct Stack {
    pub sp: u64,
    pub size: u64,
    pub flags: i32,
    pub pad: u32,
}

pub const SS_ONSTACK: i32 = 1;
pub const SS_DISABLE: i32 = 4;
pub const MINSIGSTKSZ: u64 = 2048;

/// `siginfo_t`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable)]
pub struct Siginfo {
    pub signo: i32,
    pub errno: i32,
    pub code: i32,
    pub pid: i32,
    pub uid: u32,
    pub status: i32,
    pub addr: u64,
    pub value: u64,
    /// `_reason`: trap number, timer id and overrun, or a message queue's descriptor.
    pub reason: [i32; 10],
}

const _: () = {
    assert!(size_of::<Sigaction>() == 32 && offset_of!(Sigaction, mask) == 12);
    assert!(size_of::<Stack>() == 24);
    assert!(
        size_of::<Siginfo>() == 80
            && offset_of!(Siginfo, addr) == 24
            && offset_of!(Siginfo, reason) == 40
    );
};
