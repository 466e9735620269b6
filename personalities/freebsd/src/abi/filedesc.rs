//! `<sys/user.h>`: what `struct kinfo_file` tells about an open file.

use alloc::vec::Vec;
use core::mem::offset_of;

use compat_tables::freebsd::flags::open_flags::{
    O_APPEND, O_ASYNC, O_NONBLOCK, O_RDWR, O_SYNC, O_WRONLY,
};
use compat_translate::host::linux;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

use super::stat::Stat;
use super::user::packed;

/// `struct kinfo_file`, the part for files of its union.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct KinfoFile {
    pub(crate) structsize: i32,
    pub(crate) kind: i32,
    pub(crate) fd: i32,
    pub(crate) ref_count: i32,
    pub(crate) flags: i32,
    pub(crate) pad0: u32,
    pub(crate) offset: i64,
    pub(crate) file_type: i32,
    pub(crate) spareint: [i32; 3],
    pub(crate) spareint64: [u64; 30],
    pub(crate) file_fsid: u64,
    pub(crate) file_rdev: u64,
    pub(crate) file_fileid: u64,
    pub(crate) file_size: u64,
    pub(crate) file_fsid_11: u32,
    pub(crate) file_rdev_11: u32,
    pub(crate) file_mode: u16,
    pub(crate) file_pad0: u16,
    pub(crate) file_pad1: u32,
    pub(crate) status: u16,
    pub(crate) pad1: u16,
    pub(crate) ispare0: i32,
    pub(crate) cap_rights: [u64; 2],
    pub(crate) cap_spare: u64,
    pub(crate) path: [u8; 1024],
}

const _: () = {
    assert!(size_of::<KinfoFile>() == 1392 && offset_of!(KinfoFile, file_type) == 32);
    assert!(offset_of!(KinfoFile, file_fsid) == 288 && offset_of!(KinfoFile, file_mode) == 328);
    assert!(offset_of!(KinfoFile, status) == 336 && offset_of!(KinfoFile, path) == 368);
};

/// The size as the structure's first member holds it.
pub(crate) const SIZE: i32 = size_of::<KinfoFile>() as i32;

/// What is no descriptor of the process, in the place of a number (`KF_FD_TYPE_`).
pub(crate) const KF_FD_TYPE_CWD: i32 = -1;
pub(crate) const KF_FD_TYPE_ROOT: i32 = -2;
pub(crate) const KF_FD_TYPE_TEXT: i32 = -5;

/// `KF_TYPE_`.
const KF_TYPE_VNODE: i32 = 1;
const KF_TYPE_UNKNOWN: i32 = 255;

/// The kinds of open files, by how the host names them.
const TYPES: [(&[u8], i32); 7] = [
    (b"socket:", 2),
    (b"pipe:", 3),
    (b"anon_inode:[eventpoll]", 5),
    (b"/memfd:", 8),
    (b"anon_inode:[pidfd]", 11),
    (b"anon_inode:[eventfd]", 13),
    (b"/", KF_TYPE_VNODE),
];

fn type_of(host_name: &[u8]) -> i32 {
    TYPES
        .iter()
        .find(|(start, _)| host_name.starts_with(start))
        .map_or(KF_TYPE_UNKNOWN, |(_, kind)| *kind)
}

/// The same kind as the kernel numbers it (`DTYPE_`), where it differs.
pub(crate) fn dtype(host_name: &[u8]) -> i16 {
    const DTYPE_NONE: i16 = 0;
    const DTYPE_PROCDESC: i16 = 12;
    match type_of(host_name) {
        11 => DTYPE_PROCDESC,
        KF_TYPE_UNKNOWN => DTYPE_NONE,
        kind => kind as i16,
    }
}

/// Every right that a descriptor can carry.
const CAP_ALL: [u64; 2] = [0x0200_07ff_ffff_ffff, 0x0400_0000_001f_ffff];

/// `KF_FLAG_`: what a file was opened for.
const FLAGS: [(u32, i32); 4] = [
    (O_APPEND, 0x4),
    (O_ASYNC, 0x8),
    (O_SYNC, 0x10),
    (O_NONBLOCK, 0x20),
];

/// `KF_VTYPE_VREG`, which a mapping's file is.
pub(crate) const VREG: i32 = 1;

/// `KF_VTYPE_`: the kind of file.
fn vnode_type(mode: u16) -> i32 {
    match u32::from(mode) & linux::S_IFMT {
        linux::S_IFREG => VREG,
        linux::S_IFDIR => 2,
        linux::S_IFBLK => 3,
        linux::S_IFCHR => 4,
        linux::S_IFLNK => 5,
        linux::S_IFSOCK => 6,
        linux::S_IFIFO => 7,
        _ => 255,
    }
}

impl KinfoFile {
    /// What is known about descriptor `fd`: its status, its `F_GETFL` flags, its offset, what the host calls it and, where
    /// that is a path, what the guest calls it.
    pub(crate) fn new(
        fd: i32,
        stat: &Stat,
        flags: u32,
        offset: i64,
        host_name: &[u8],
        path: &[u8],
    ) -> Self {
        let access = match flags & (O_WRONLY | O_RDWR) {
            0 => 0x1,
            O_WRONLY => 0x2,
            _ => 0x3,
        };
        let kind = type_of(host_name);
        let mut info = Self {
            structsize: SIZE,
            kind,
            fd,
            ref_count: 1,
            flags: FLAGS
                .iter()
                .filter(|(flag, _)| flags & flag != 0)
                .fold(access, |all, (_, shown)| all | shown),
            offset,
            cap_rights: CAP_ALL,
            ..Self::new_zeroed()
        };
        if kind == KF_TYPE_VNODE {
            info.file_type = vnode_type(stat.mode);
            info.file_fsid = stat.dev;
            info.file_rdev = stat.rdev;
            info.file_fileid = stat.ino;
            info.file_size = stat.size as u64;
            info.file_fsid_11 = stat.dev as u32;
            info.file_rdev_11 = stat.rdev as u32;
            info.file_mode = stat.mode;
            for (slot, &byte) in info.path.iter_mut().take(1023).zip(path) {
                *slot = byte;
            }
        }
        info
    }

    /// The structure as sysctl packs it: no longer than its path needs.
    pub(crate) fn packed(&self) -> Vec<u8> {
        let (fixed, path) = self.as_bytes().split_at(offset_of!(Self, path));
        let end = path
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(path.len());
        packed(fixed, path.get(..end).unwrap_or_default())
    }
}
