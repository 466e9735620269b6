//! `kern.proc.filedesc` and `kern.proc.cwd`: a process's open files (kern_descrip.c, export_file_to_sb).

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;

use compat_tables::freebsd::Errno;
use compat_translate::Cx;
use compat_translate::host::{numbers_in, process_file};
use zerocopy::{FromZeros, IntoBytes};

use super::process::{link, named, program};
use crate::abi::user::{
    KF_FD_TYPE_CWD, KF_FD_TYPE_ROOT, KF_FD_TYPE_TEXT, KF_FLAG_APPEND, KF_FLAG_NONBLOCK,
    KF_FLAG_READ, KF_FLAG_WRITE, KF_TYPE_EVENTFD, KF_TYPE_KQUEUE, KF_TYPE_PIPE, KF_TYPE_PROCDESC,
    KF_TYPE_SHM, KF_TYPE_SOCKET, KF_TYPE_UNKNOWN, KF_TYPE_VNODE, KF_VTYPE_VDIR, KinfoFile, packed,
};
use crate::error::Return;

/// The working directory.
pub(super) fn directory(pid: i32) -> Return<Vec<u8>> {
    let path = link(pid, "cwd").map_err(|_| Errno::ESRCH)?;
    Ok(special(KF_FD_TYPE_CWD, &named(&path)))
}

/// Working directory, root, program, then every descriptor.
pub(super) fn all(cx: &Cx, pid: i32) -> Return<Vec<u8>> {
    let mut out = directory(pid)?;
    out.extend(special(KF_FD_TYPE_ROOT, b"/"));
    let program = program(cx, pid).unwrap_or_default();
    out.extend(special(KF_FD_TYPE_TEXT, &named(&program)));
    let folder = match pid {
        0 => String::from("/proc/self/fd\0"),
        pid => alloc::format!("/proc/{pid}/fd\0"),
    };
    let folder = CStr::from_bytes_with_nul(folder.as_bytes()).map_err(|_| Errno::ESRCH)?;
    for fd in numbers_in(folder)? {
        if pid == 0 && cx.process().objects.hides(fd) {
            continue;
        }
        // The one that read the folder is gone by now.
        if let Ok(target) = link(pid, &alloc::format!("fd/{fd}")) {
            out.extend(descriptor(pid, fd, &target));
        }
    }
    Ok(out)
}

fn special(kind: i32, path: &[u8]) -> Vec<u8> {
    let mut file = KinfoFile {
        kind: KF_TYPE_VNODE,
        fd: kind,
        ref_count: -1,
        flags: KF_FLAG_READ,
        ..KinfoFile::new_zeroed()
    };
    file.set_vnode_type(KF_VTYPE_VDIR);
    packed(file.as_bytes(), path)
}

/// What `/proc` calls the target of a descriptor tells its type.
fn descriptor(pid: i32, fd: i32, target: &[u8]) -> Vec<u8> {
    let known: [(&[u8], i32); 7] = [
        (b"socket:", KF_TYPE_SOCKET),
        (b"pipe:", KF_TYPE_PIPE),
        (b"anon_inode:[eventpoll]", KF_TYPE_KQUEUE),
        (b"anon_inode:[eventfd]", KF_TYPE_EVENTFD),
        (b"anon_inode:[pidfd]", KF_TYPE_PROCDESC),
        (b"/memfd:", KF_TYPE_SHM),
        (b"/", KF_TYPE_VNODE),
    ];
    let kind = known
        .iter()
        .find(|(start, _)| target.starts_with(start))
        .map_or(KF_TYPE_UNKNOWN, |(_, kind)| *kind);
    let (offset, flags) = position(pid, fd);
    let file = KinfoFile {
        kind,
        fd,
        ref_count: 1,
        flags,
        offset,
        ..KinfoFile::new_zeroed()
    };
    let path = if kind == KF_TYPE_VNODE {
        named(target)
    } else {
        Vec::new()
    };
    packed(file.as_bytes(), &path)
}

/// Offset and `KF_FLAG_*` from `fdinfo`, whose flags are the host's in octal.
fn position(pid: i32, fd: i32) -> (i64, i32) {
    const HOST_O_ACCMODE: u32 = 3;
    const HOST_O_APPEND: u32 = 0x400;
    const HOST_O_NONBLOCK: u32 = 0x800;
    let text = process_file(pid, &alloc::format!("fdinfo/{fd}"), 1024).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let offset = field("pos:").and_then(|value| value.trim().parse().ok());
    let host = field("flags:").and_then(|value| u32::from_str_radix(value.trim(), 8).ok());
    let host = host.unwrap_or(0);
    let mut flags = match host & HOST_O_ACCMODE {
        0 => KF_FLAG_READ,
        1 => KF_FLAG_WRITE,
        _ => KF_FLAG_READ | KF_FLAG_WRITE,
    };
    if host & HOST_O_APPEND != 0 {
        flags |= KF_FLAG_APPEND;
    }
    if host & HOST_O_NONBLOCK != 0 {
        flags |= KF_FLAG_NONBLOCK;
    }
    (offset.unwrap_or(0), flags)
}
