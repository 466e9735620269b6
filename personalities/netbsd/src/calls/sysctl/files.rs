//! `kern.file2`: every open file of every process that can be seen (sysctl_kern_file2).

use alloc::vec::Vec;

use compat_bsd::calls::stat::statx;
use compat_bsd::processes::{Descriptor, Status, descriptors, position};
use compat_bsd::sockets::listed::address;
use compat_tables::netbsd::Errno;
use compat_translate::Cx;
use compat_translate::host::{linux, processes};
use zerocopy::FromZeros;

use super::array::{Wish, array};
use crate::abi::file::{FREAD, KinfoFile, dtype, vtype};
use crate::error::Return;

/// `{by file or process, process, size, count}` behind the name.
pub(super) fn all(cx: &Cx, more: &[i32], only_size: bool) -> Return<Vec<u8>> {
    const KERN_FILE_BYFILE: i32 = 1;
    const KERN_FILE_BYPID: i32 = 2;
    const KERN_FILESLOP: usize = 10;
    let &[by, which, size, count] = more else {
        return Err(Errno::EINVAL.into());
    };
    let known = match by {
        KERN_FILE_BYFILE => which == 0,
        KERN_FILE_BYPID => which >= -1,
        _ => false,
    };
    if !known || size < 1 || count < 0 {
        return Err(Errno::EINVAL.into());
    }
    let wanted = match which {
        1.. => alloc::vec![which],
        _ => processes(),
    };
    let found: Vec<KinfoFile> = wanted
        .into_iter()
        .flat_map(|pid| of_process(cx, pid))
        .collect();
    let slop = only_size.then_some(KERN_FILESLOP);
    array(&found, Wish { size, slop })
}

/// Others' descriptors are not shown to everybody.
fn of_process(cx: &Cx, pid: i32) -> Vec<KinfoFile> {
    let (Ok(found), Some(status)) = (descriptors(cx, pid), Status::of(pid)) else {
        return Vec::new();
    };
    let ([_, uid, _], [_, gid, _]) = (status.users, status.groups);
    found
        .iter()
        .map(|open| KinfoFile {
            fuid: uid,
            fgid: gid,
            ..file(pid, open)
        })
        .collect()
}

fn file(pid: i32, open: &Descriptor) -> KinfoFile {
    let fd = open.fd;
    let (offset, flags) = position(pid, fd);
    let mut file = KinfoFile {
        fileaddr: 0xffff_f800_0000_0010 | (pid as u64) << 20 | (fd as u64) << 6,
        // The access mode is one more than O_ACCMODE (FFLAGS).
        flag: flags + FREAD,
        ftype: dtype(&open.name),
        count: 1,
        usecount: 1,
        foffset: offset as u64,
        fdata: open.inode().map_or(0, address),
        pid: pid as u32,
        fd,
        ..KinfoFile::new_zeroed()
    };
    if open.name.starts_with(b"/") {
        let path = alloc::format!("/proc/{pid}/fd/{fd}\0");
        if let Ok(found) = statx(linux::AT_FDCWD as u64, path.as_ptr() as u64, 0) {
            file.vsize = found.stx_size;
            file.vtype = vtype(found.stx_mode.into());
            file.vdata = address(found.stx_ino as u32);
        }
    }
    file
}
