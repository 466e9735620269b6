//! `kern.file`: every open file of every process that can be seen (sysctl_kern_file).

use alloc::vec::Vec;

use compat_translate::Cx;
use compat_translate::host::processes;
use zerocopy::{FromZeros, IntoBytes};

use super::sockets::Layout;
use crate::abi::filedesc::dtype;
use crate::abi::pcb::{SIZEOF_XFILE_10, Xfile};
use crate::error::Return;
use compat_bsd::processes::{Descriptor, Status, descriptors, position};
use compat_bsd::sockets::listed::address;

pub(super) fn all(cx: &mut Cx) -> Return<Vec<u8>> {
    let size = match Layout::of_caller(cx)? {
        Layout::Ten => SIZEOF_XFILE_10,
        Layout::Twelve => size_of::<Xfile>(),
    };
    let mut out = Vec::new();
    for pid in processes() {
        // Others' descriptors are not shown to everybody.
        let (Ok(found), Some(status)) = (descriptors(cx, pid), Status::of(pid)) else {
            continue;
        };
        let [_, effective, _] = status.users;
        for open in found {
            let file = file(pid, &open, effective, size);
            out.extend_from_slice(file.as_bytes().get(..size).unwrap_or_default());
        }
    }
    Ok(out)
}

fn file(pid: i32, open: &Descriptor, uid: u32, size: usize) -> Xfile {
    const FREAD: u32 = 1;
    let fd = open.fd;
    let (offset, flags) = position(pid, fd);
    Xfile {
        size: size as u64,
        pid,
        uid,
        fd,
        file: 0xffff_f800_0000_0010 | (pid as u64) << 20 | (fd as u64) << 6,
        kind: dtype(&open.name),
        count: 1,
        offset,
        data: open.inode().map_or(0, address),
        // The access mode is one more than O_ACCMODE (FFLAGS).
        flag: flags + FREAD,
        ..Xfile::new_zeroed()
    }
}
