//! Files: what differs in layout or number from the family's calls.

use compat_bsd::calls::at::AtFlags;
use compat_bsd::calls::attribute::{chown, lchown};
use compat_bsd::calls::{extent, node, path, socket, stat};
use compat_bsd::errno_number;
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{self, Out, Path};
use compat_translate::host::{self, linux, nr};

use crate::abi::stat::{Stat, Stat13, Stat30, numbers};
use crate::error::Return;
use crate::lower::{AtFd, Fd};

pub(crate) fn __stat50(cx: &mut Cx, path: Path, ub: Out<Stat>) -> Return<()> {
    stat::stat(cx, path, ub)
}

pub(crate) fn __fstat50(cx: &mut Cx, fd: Fd, sb: Out<Stat>) -> Return<()> {
    stat::fstat(cx, fd, sb)
}

pub(crate) fn __lstat50(cx: &mut Cx, path: Path, ub: Out<Stat>) -> Return<()> {
    stat::lstat(cx, path, ub)
}

pub(crate) fn fstatat(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    buf: Out<Stat>,
    flag: AtFlags,
) -> Return<()> {
    stat::fstatat(cx, at, path, buf, flag)
}

pub(crate) fn compat_50___stat30(cx: &mut Cx, path: Path, ub: Out<Stat30>) -> Return<()> {
    stat::stat(cx, path, ub)
}

pub(crate) fn compat_50___fstat30(cx: &mut Cx, fd: Fd, sb: Out<Stat30>) -> Return<()> {
    stat::fstat(cx, fd, sb)
}

pub(crate) fn compat_50___lstat30(cx: &mut Cx, path: Path, ub: Out<Stat30>) -> Return<()> {
    stat::lstat(cx, path, ub)
}

pub(crate) fn compat_30___stat13(cx: &mut Cx, path: Path, ub: Out<Stat13>) -> Return<()> {
    stat::stat(cx, path, ub)
}

pub(crate) fn compat_30___fstat13(cx: &mut Cx, fd: Fd, sb: Out<Stat13>) -> Return<()> {
    stat::fstat(cx, fd, sb)
}

pub(crate) fn compat_30___lstat13(cx: &mut Cx, path: Path, ub: Out<Stat13>) -> Return<()> {
    stat::lstat(cx, path, ub)
}

/// A device number as the family's handlers take it.
fn device(dev: u64) -> u64 {
    let (major, minor) = numbers(dev);
    compat_bsd::abi::stat::dev_to_guest(major, minor)
}

pub(crate) fn __mknod50(cx: &mut Cx, path: Path, mode: u32, dev: u64) -> Return<()> {
    mknodat(cx, compat_bsd::calls::at::CWD, path, mode, 0, dev)
}

/// Before 5.0 all device numbers had 32 bits, and those of today had them as they are.
pub(crate) fn compat_50_mknod(cx: &mut Cx, path: Path, mode: u32, dev: u32) -> Return<()> {
    __mknod50(cx, path, mode, u64::from(dev))
}

pub(crate) fn mknodat(
    cx: &mut Cx,
    at: AtFd,
    path: Path,
    mode: u32,
    _pad: i32,
    dev: u64,
) -> Return<()> {
    const S_IFMT: u32 = 0o170_000;
    const S_IFREG: u32 = 0o100_000;
    if mode & S_IFMT == S_IFREG {
        // Whoever may make devices may make a file as well (do_sys_mknodat).
        compat_bsd::calls::ids::require_root()?;
        return node::make_file(cx, at, path, mode);
    }
    // NODEV.
    let dev = if dev == u64::MAX { dev } else { device(dev) };
    node::mknodat(cx, at, path, mode, dev)
}

/// The bytes of the name with its NUL (sys___getcwd).
pub(crate) fn __getcwd(cx: &mut Cx, buf: Out<u8>, length: usize) -> Return<i32> {
    path::__getcwd(cx, buf, length)?;
    let name = guest::read_string(buf.address(), length)?;
    Ok(name.len() as i32 + 1)
}

pub(crate) fn __posix_chown(cx: &mut Cx, path: Path, uid: u32, gid: u32) -> Return<()> {
    chown(cx, path, uid, gid)
}

pub(crate) fn __posix_lchown(cx: &mut Cx, path: Path, uid: u32, gid: u32) -> Return<()> {
    lchown(cx, path, uid, gid)
}

pub(crate) fn dup3(cx: &mut Cx, from: Fd, to: Fd, flags: u32) -> Return<Fd> {
    let known = compat_tables::bsd::flags::open_flags::O_CLOEXEC
        | compat_tables::bsd::flags::open_flags::O_NONBLOCK;
    if flags & !known != 0 {
        return Err(Errno::EINVAL.into());
    }
    if from == to {
        // dodup3 only sets the flags.
        let fd = from.checked(cx)?;
        compat_bsd::calls::descriptor::set_cloexec(
            fd,
            flags & compat_tables::bsd::flags::open_flags::O_CLOEXEC != 0,
        )?;
        return Ok(to);
    }
    compat_bsd::calls::descriptor::copy_to(
        cx,
        from,
        to,
        flags & compat_tables::bsd::flags::open_flags::O_CLOEXEC != 0,
    )
}

/// Returns the error number as its value, with the carry flag clear. Programs know that they cannot count on it: Go's
/// linker does not even pass a length.
pub(crate) fn posix_fallocate(cx: &mut Cx, fd: Fd, _pad: i32, pos: i64, len: i64) -> Return<i32> {
    Ok(i32::from(errno_number(no_allocation(cx, fd, pos, len)?)))
}

pub(crate) fn fdiscard(cx: &mut Cx, fd: Fd, _pad: i32, pos: i64, len: i64) -> Return<()> {
    Err(no_allocation(cx, fd, pos, len)?.into())
}

/// What NetBSD answers who wants room in a file made or given back: none of its file systems does it
/// (genfs_eopnotsupp in the tables of ffs, tmpfs and all others), and other errors come first.
fn no_allocation(cx: &mut Cx, fd: Fd, pos: i64, len: i64) -> Return<Errno> {
    const F_GETFL: u64 = 3;
    const O_ACCMODE: u64 = 3;
    const O_PATH: u64 = 0o1000_0000;
    if pos < 0 || len < 0 || pos.checked_add(len).is_none() {
        return Ok(Errno::EINVAL);
    }
    let fd = fd.checked(cx)?;
    let Ok(mode) = socket::host_mode(fd) else {
        return Ok(Errno::EBADF);
    };
    let kind = mode & linux::S_IFMT;
    if !matches!(
        kind,
        linux::S_IFREG | linux::S_IFDIR | linux::S_IFIFO | linux::S_IFCHR | linux::S_IFBLK
    ) {
        return Ok(Errno::EINVAL);
    }
    // SAFETY: no pointers.
    let flags = unsafe { host::call_n(nr::fcntl, [fd, F_GETFL]) }?;
    Ok(if flags & O_ACCMODE == 0 || flags & O_PATH != 0 {
        Errno::EBADF
    } else if kind == linux::S_IFDIR {
        Errno::EISDIR
    } else {
        Errno::EOPNOTSUPP
    })
}

/// Returns the error number as its value.
pub(crate) fn __posix_fadvise50(
    cx: &mut Cx,
    fd: Fd,
    _pad: i32,
    offset: i64,
    len: i64,
    advice: i32,
) -> Return<i32> {
    extent::posix_fadvise(cx, fd, offset, len, advice)
}

pub(crate) fn preadv(
    cx: &mut Cx,
    fd: Fd,
    iov: u64,
    count: u32,
    _pad: i32,
    offset: i64,
) -> Return<u64> {
    at_offset(cx, nr::preadv, fd, iov, count, offset)
}

pub(crate) fn pwritev(
    cx: &mut Cx,
    fd: Fd,
    iov: u64,
    count: u32,
    _pad: i32,
    offset: i64,
) -> Return<u64> {
    at_offset(cx, nr::pwritev, fd, iov, count, offset)
}

fn at_offset(cx: &mut Cx, number: u64, fd: Fd, iov: u64, count: u32, offset: i64) -> Return<u64> {
    let fd = fd.checked(cx)?;
    let args = [fd, iov, u64::from(count), offset as u64, 0, 0];
    // SAFETY: the kernel checks the guest's buffers.
    Ok(unsafe { cx.host(number, args) }?)
}

/// FDATASYNC and FFILESYNC say what; the host writes more than the range in any case (sys_fsync_range).
pub(crate) fn fsync_range(cx: &mut Cx, fd: Fd, flags: i32, start: i64, length: i64) -> Return<()> {
    const FDATASYNC: i32 = 0x10;
    const FFILESYNC: i32 = 0x20;
    const FDISKSYNC: i32 = 0x40;
    let what = flags & (FDATASYNC | FFILESYNC);
    if flags & !(FDATASYNC | FFILESYNC | FDISKSYNC) != 0
        || what == 0
        || what == FDATASYNC | FFILESYNC
        || length != 0 && start.checked_add(length).is_none_or(|end| end < start)
    {
        return Err(Errno::EINVAL.into());
    }
    let number = if what == FDATASYNC {
        nr::fdatasync
    } else {
        nr::fsync
    };
    let fd = fd.checked(cx)?;
    // SAFETY: no pointers.
    unsafe { cx.host(number, [fd, 0, 0, 0, 0, 0]) }?;
    Ok(())
}
