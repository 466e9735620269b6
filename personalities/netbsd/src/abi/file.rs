//! `<sys/sysctl.h>` and `<sys/file.h>`: an element of the list of open files.

use core::mem::offset_of;

use zerocopy::{FromZeros, Immutable, IntoBytes};

/// `struct kinfo_file`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct KinfoFile {
    pub(crate) fileaddr: u64,
    pub(crate) flag: u32,
    pub(crate) iflags: u32,
    pub(crate) ftype: u32,
    pub(crate) count: u32,
    pub(crate) msgcount: u32,
    pub(crate) usecount: u32,
    pub(crate) fucred: u64,
    pub(crate) fuid: u32,
    pub(crate) fgid: u32,
    pub(crate) fops: u64,
    pub(crate) foffset: u64,
    pub(crate) fdata: u64,
    pub(crate) vun: u64,
    pub(crate) vsize: u64,
    pub(crate) vtype: u32,
    pub(crate) vtag: u32,
    pub(crate) vdata: u64,
    pub(crate) pid: u32,
    pub(crate) fd: i32,
    pub(crate) ofileflags: u32,
    pub(crate) pad: u32,
}

const _: () = assert!(size_of::<KinfoFile>() == 120 && offset_of!(KinfoFile, pid) == 104);

/// `f_flag`.
pub(crate) const FREAD: u32 = 1;

const DTYPE_VNODE: u32 = 1;
const DTYPE_MISC: u32 = 5;

/// `DTYPE_`: the kinds of open files, by how the host names them.
const TYPES: [(&[u8], u32); 4] = [
    (b"/", DTYPE_VNODE),
    (b"socket:", 2),
    (b"pipe:", 3),
    (b"anon_inode:[eventpoll]", 4),
];

/// What kind of file the host's name says it is.
pub(crate) fn dtype(host_name: &[u8]) -> u32 {
    TYPES
        .iter()
        .find(|(start, _)| host_name.starts_with(start))
        .map_or(DTYPE_MISC, |(_, kind)| *kind)
}

/// `<sys/vnode.h>`, `enum vtype`, by the file type in a host's mode.
pub(crate) fn vtype(mode: u32) -> u32 {
    match mode >> 12 & 0xf {
        0o10 => 1,
        0o4 => 2,
        0o6 => 3,
        0o2 => 4,
        0o12 => 5,
        0o14 => 6,
        0o1 => 7,
        _ => 0,
    }
}
