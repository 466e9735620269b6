//! `kern.file`: every open file of every process that can be seen (sysctl_kern_file).

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;

use compat_translate::Cx;
use compat_translate::host::{numbers_in, processes};
use zerocopy::{FromZeros, IntoBytes};

use super::files::position;
use super::sockets::Layout;
use super::xsocket::address;
use crate::abi::filedesc::dtype;
use crate::abi::pcb::{SIZEOF_XFILE_10, Xfile};
use crate::error::Return;
use compat_bsd::processes::{Status, link, own_pid};

pub(super) fn all(cx: &mut Cx) -> Return<Vec<u8>> {
    let size = match Layout::of_caller(cx)? {
        Layout::Ten => SIZEOF_XFILE_10,
        Layout::Twelve => size_of::<Xfile>(),
    };
    let own = own_pid();
    let mut out = Vec::new();
    for pid in processes() {
        let folder = alloc::format!("/proc/{pid}/fd\0");
        let found = CStr::from_bytes_with_nul(folder.as_bytes()).map(numbers_in);
        // Others' descriptors are not shown to everybody.
        let (Ok(Ok(found)), Some(status)) = (found, Status::of(pid)) else {
            continue;
        };
        let [_, effective, _] = status.users;
        for fd in found {
            if pid == own && cx.process().objects.hides(fd) {
                continue;
            }
            let Ok(name) = link(pid, &alloc::format!("fd/{fd}")) else {
                continue;
            };
            let file = file(pid, fd, effective, &name, size);
            out.extend_from_slice(file.as_bytes().get(..size).unwrap_or_default());
        }
    }
    Ok(out)
}

fn file(pid: i32, fd: i32, uid: u32, name: &[u8], size: usize) -> Xfile {
    const FREAD: u32 = 1;
    let (offset, flags) = position(pid, fd);
    let data = inode(name).map_or(0, address);
    Xfile {
        size: size as u64,
        pid,
        uid,
        fd,
        file: 0xffff_f800_0000_0010 | (pid as u64) << 20 | (fd as u64) << 6,
        kind: dtype(name),
        count: 1,
        offset,
        data,
        // The access mode is one more than O_ACCMODE (FFLAGS).
        flag: flags + FREAD,
        ..Xfile::new_zeroed()
    }
}

/// `socket:[4711]`.
fn inode(name: &[u8]) -> Option<u32> {
    let name = String::from_utf8_lossy(name);
    let (_, number) = name.strip_suffix(']')?.split_once(":[")?;
    number.parse().ok()
}
