//! `kern.proc.filedesc` and `kern.proc.cwd`: a process's open files (kern_descrip.c, export_file_to_sb).

use alloc::vec::Vec;

use compat_tables::freebsd::Errno;
use compat_translate::Cx;
use compat_translate::paths;
use zerocopy::FromZeros;

use super::process::named;
use crate::abi::filedesc::{KF_FD_TYPE_CWD, KF_FD_TYPE_ROOT, KF_FD_TYPE_TEXT, KinfoFile};
use crate::abi::stat::Stat;
use crate::calls::at::CWD;
use crate::error::Return;
use compat_bsd::calls::stat::statx;
use compat_bsd::processes::{descriptors, link, position, program};

/// The working directory.
pub(super) fn directory(pid: i32) -> Return<Vec<u8>> {
    let path = link(pid, "cwd").map_err(|_| Errno::ESRCH)?;
    Ok(special(pid, KF_FD_TYPE_CWD, "cwd", &path))
}

/// Working directory, root, program, then every descriptor.
pub(super) fn all(cx: &Cx, pid: i32) -> Return<Vec<u8>> {
    let mut out = directory(pid)?;
    let root = paths::current().map_or(&b"/"[..], |space| &space.root);
    out.extend(special(pid, KF_FD_TYPE_ROOT, "root", root));
    let program = program(cx, pid).unwrap_or_default();
    out.extend(special(pid, KF_FD_TYPE_TEXT, "exe", &program));
    for open in descriptors(cx, pid)? {
        out.extend(descriptor(pid, open.fd, &open.name));
    }
    Ok(out)
}

/// What the process holds besides its descriptors.
fn special(pid: i32, kind: i32, link: &str, path: &[u8]) -> Vec<u8> {
    let stat = status(pid, link);
    let mut file = KinfoFile::new(kind, &stat, 0, 0, path, &named(path));
    file.ref_count = -1;
    file.packed()
}

/// An open file, by what `/proc` says of it.
fn descriptor(pid: i32, fd: i32, name: &[u8]) -> Vec<u8> {
    let (offset, flags) = position(pid, fd);
    let stat = status(pid, &alloc::format!("fd/{fd}"));
    KinfoFile::new(fd, &stat, flags, offset, name, &named(name)).packed()
}

/// The status of what a link of `/proc/PID` leads to; nothing but zeros when that cannot be seen.
fn status(pid: i32, link: &str) -> Stat {
    let path = match pid {
        0 => alloc::format!("/proc/self/{link}\0"),
        pid => alloc::format!("/proc/{pid}/{link}\0"),
    };
    statx(CWD.0 as u64, path.as_ptr() as u64, 0)
        .map_or_else(|_| Stat::new_zeroed(), |found| Stat::from_host(&found))
}
