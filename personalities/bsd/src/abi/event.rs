//! `<sys/event.h>`.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `struct kevent`, since FreeBSD 12.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, Debug)]
pub struct Kevent {
    pub ident: u64,
    pub filter: i16,
    pub flags: u16,
    pub fflags: u32,
    pub data: i64,
    pub udata: u64,
    pub ext: [u64; 4],
}

/// `struct kevent_freebsd11`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, Debug)]
pub struct KeventFreebsd11 {
    ident: u64,
    filter: i16,
    flags: u16,
    fflags: u32,
    data: i64,
    udata: u64,
}

impl From<KeventFreebsd11> for Kevent {
    fn from(old: KeventFreebsd11) -> Self {
        Self {
            ident: old.ident,
            filter: old.filter,
            flags: old.flags,
            fflags: old.fflags,
            data: old.data,
            udata: old.udata,
            ext: [0; 4],
        }
    }
}

impl From<Kevent> for KeventFreebsd11 {
    fn from(new: Kevent) -> Self {
        Self {
            ident: new.ident,
            filter: new.filter,
            flags: new.flags,
            fflags: new.fflags,
            data: new.data,
            udata: new.udata,
        }
    }
}

const _: () = {
    assert!(size_of::<Kevent>() == 64);
    assert!(offset_of!(Kevent, filter) == 8 && offset_of!(Kevent, flags) == 10);
    assert!(offset_of!(Kevent, fflags) == 12 && offset_of!(Kevent, data) == 16);
    assert!(offset_of!(Kevent, udata) == 24 && offset_of!(Kevent, ext) == 32);
    assert!(size_of::<KeventFreebsd11>() == 32 && offset_of!(KeventFreebsd11, udata) == 24);
};
