//! `<sys/mount.h>` and `<vm/vm_param.h>`: kinds of file systems, and swap devices.

use core::mem::offset_of;

use zerocopy::{FromZeros, Immutable, IntoBytes};

/// `struct xvfsconf`. The two pointers are the kernel's own; it shows none.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xvfsconf {
    pub(crate) vfsops: u64,
    pub(crate) name: [u8; 16],
    pub(crate) typenum: i32,
    pub(crate) refcount: i32,
    pub(crate) flags: u32,
    pub(crate) pad: u32,
    pub(crate) next: u64,
}

/// `struct xswdev`. Counts are pages.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xswdev {
    pub(crate) version: u32,
    pub(crate) pad: u32,
    pub(crate) dev: u64,
    pub(crate) flags: i32,
    pub(crate) nblks: i32,
    pub(crate) used: i32,
    pub(crate) pad1: u32,
}

/// `struct xswdev11`, of before FreeBSD 12.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xswdev11 {
    pub(crate) version: u32,
    pub(crate) dev: u32,
    pub(crate) flags: i32,
    pub(crate) nblks: i32,
    pub(crate) used: i32,
}

/// `XSWDEV_VERSION`
pub(crate) const XSWDEV_VERSION: u32 = 2;
/// `XSWDEV_VERSION_11`
pub(crate) const XSWDEV_VERSION_11: u32 = 1;
/// `NODEV`: a file rather than a device.
pub(crate) const NODEV: u64 = u64::MAX;

const _: () = {
    assert!(size_of::<Xvfsconf>() == 48 && offset_of!(Xvfsconf, flags) == 32);
    assert!(size_of::<Xswdev>() == 32 && offset_of!(Xswdev, nblks) == 20);
    assert!(size_of::<Xswdev11>() == 20);
};
