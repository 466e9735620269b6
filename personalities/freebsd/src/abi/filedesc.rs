//! `<sys/user.h>`: what `struct kinfo_file` tells about an open file.

use core::mem::offset_of;

use compat_tables::freebsd::flags::open_flags::{
    O_APPEND, O_ASYNC, O_NONBLOCK, O_RDWR, O_SYNC, O_WRONLY,
};
use compat_translate::host::linux;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

use super::stat::Stat;

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

const KF_TYPE_VNODE: i32 = 1;
const KF_TYPE_SOCKET: i32 = 2;
const KF_TYPE_PIPE: i32 = 3;

/// Every right that a descriptor can carry.
const CAP_ALL: [u64; 2] = [0x0200_07ff_ffff_ffff, 0x0400_0000_001f_ffff];

/// `KF_FLAG_`: what a file was opened for.
const FLAGS: [(u32, i32); 4] = [
    (O_APPEND, 0x4),
    (O_ASYNC, 0x8),
    (O_SYNC, 0x10),
    (O_NONBLOCK, 0x20),
];

/// `KF_VTYPE_`: the kind of file.
fn vnode_type(mode: u16) -> i32 {
    match u32::from(mode) & linux::S_IFMT {
        linux::S_IFREG => 1,
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
    /// What is known about descriptor `fd`: its status, its `F_GETFL` flags, its offset and, where it has one, its path.
    pub(crate) fn new(fd: i32, stat: &Stat, flags: u32, offset: i64, path: &[u8]) -> Self {
        let access = match flags & (O_WRONLY | O_RDWR) {
            0 => 0x1,
            O_WRONLY => 0x2,
            _ => 0x3,
        };
        let mut info = Self::new_zeroed();
        info.structsize = SIZE;
        info.kind = match u32::from(stat.mode) & linux::S_IFMT {
            linux::S_IFSOCK => KF_TYPE_SOCKET,
            // A FIFO has a name.
            linux::S_IFIFO if path.is_empty() => KF_TYPE_PIPE,
            _ => KF_TYPE_VNODE,
        };
        info.fd = fd;
        info.ref_count = 1;
        info.flags = FLAGS
            .iter()
            .filter(|(flag, _)| flags & flag != 0)
            .fold(access, |all, (_, shown)| all | shown);
        info.offset = offset;
        info.cap_rights = CAP_ALL;
        for (slot, &byte) in info.path.iter_mut().take(1023).zip(path) {
            *slot = byte;
        }
        if info.kind == KF_TYPE_VNODE {
            info.file_type = vnode_type(stat.mode);
            info.file_fsid = stat.dev;
            info.file_rdev = stat.rdev;
            info.file_fileid = stat.ino;
            info.file_size = stat.size as u64;
            info.file_fsid_11 = stat.dev as u32;
            info.file_rdev_11 = stat.rdev as u32;
            info.file_mode = stat.mode;
        }
        info
    }
}
