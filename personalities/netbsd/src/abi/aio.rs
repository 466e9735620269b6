//! `<aio.h>`.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::signal::Sigevent;

/// `struct aiocb`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Aiocb {
    pub(crate) offset: i64,
    pub(crate) buf: u64,
    pub(crate) nbytes: u64,
    pub(crate) fildes: i32,
    pub(crate) opcode: i32,
    pub(crate) reqprio: i32,
    pub(crate) pad: u32,
    pub(crate) sigevent: Sigevent,
    /// The kernel's from here on.
    pub(crate) state: i32,
    pub(crate) errno: i32,
    pub(crate) retval: i64,
}

pub(crate) const JOB_NONE: i32 = 0;
pub(crate) const JOB_WIP: i32 = 1;
pub(crate) const JOB_DONE: i32 = 2;

const _: () = assert!(size_of::<Aiocb>() == 88 && offset_of!(Aiocb, state) == 72);
