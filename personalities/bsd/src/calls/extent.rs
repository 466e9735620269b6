//! Offsets and lengths: seeking, truncating, allocating and the older calls that pad their arguments.

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::FADVICE;
use compat_translate::Cx;
use compat_translate::guest::{self, In, Out, Path};
use compat_translate::host::{self, HostErrno, HostResult, linux, nr};
use compat_translate::paths::Look;

use super::at::CWD;
use super::place::located;
use super::stat::statx_fd;
use crate::error::{Error, Return};
use crate::lower::Fd;
use crate::system::errno_number;

pub fn olseek(cx: &mut Cx, fd: Fd, offset: i64, whence: i32) -> Return<i64> {
    freebsd6_lseek(cx, fd, 0, offset, whence)
}

pub fn freebsd6_lseek(cx: &mut Cx, fd: Fd, _pad: i32, offset: i64, whence: i32) -> Return<i64> {
    let fd = fd.checked(cx)?;
    let request = [fd, offset as u64, whence as u64, 0, 0, 0];
    // SAFETY: no memory is involved.
    let at = unsafe { cx.host(nr::lseek, request) }?;
    Ok(at as i64)
}

pub fn otruncate(cx: &mut Cx, path: Path, length: i64) -> Return<()> {
    freebsd6_truncate(cx, path, 0, length)
}

pub fn freebsd6_truncate(cx: &mut Cx, path: Path, _pad: i32, length: i64) -> Return<()> {
    truncate(cx, path, length)
}

pub fn truncate(cx: &mut Cx, path: Path, length: i64) -> Return<()> {
    let place = located(cx, CWD, path, Look::FOLLOW.change())?;
    // SAFETY: the kernel checks the guest's path.
    unsafe { host::call_n(nr::truncate, [place.path(), length as u64]) }?;
    Ok(())
}

pub fn oftruncate(cx: &mut Cx, fd: Fd, length: i64) -> Return<()> {
    freebsd6_ftruncate(cx, fd, 0, length)
}

pub fn freebsd6_ftruncate(cx: &mut Cx, fd: Fd, _pad: i32, length: i64) -> Return<()> {
    let fd = fd.checked(cx)?;
    // SAFETY: no memory is involved.
    unsafe { cx.host(nr::ftruncate, [fd, length as u64, 0, 0, 0, 0]) }?;
    Ok(())
}

pub fn freebsd6_pread(
    cx: &mut Cx,
    fd: Fd,
    buf: Out<u8>,
    nbyte: u64,
    _pad: i32,
    offset: i64,
) -> Return<u64> {
    let request = [fd.checked(cx)?, buf.address(), nbyte, offset as u64, 0, 0];
    // SAFETY: the kernel checks the guest's buffer.
    Ok(unsafe { cx.host(nr::pread64, request) }?)
}

pub fn freebsd6_pwrite(
    cx: &mut Cx,
    fd: Fd,
    buf: In<u8>,
    nbyte: u64,
    _pad: i32,
    offset: i64,
) -> Return<u64> {
    let request = [fd.checked(cx)?, buf.address(), nbyte, offset as u64, 0, 0];
    // SAFETY: the kernel checks the guest's buffer.
    Ok(unsafe { cx.host(nr::pwrite64, request) }?)
}

/// The error as the value, the carry flag clear (kern_posix_error).
fn as_value(result: Return<()>) -> Return<i32> {
    match result {
        Ok(()) => Ok(0),
        // An interrupted call may start over, which only an error can ask for.
        Err(Error(Errno::EINTR)) => Err(Errno::EINTR.into()),
        Err(Error(errno)) => Ok(i32::from(errno_number(errno))),
    }
}

pub fn posix_fallocate(cx: &mut Cx, fd: Fd, offset: i64, len: i64) -> Return<i32> {
    as_value(allocate(cx, fd, offset, len))
}

fn allocate(cx: &mut Cx, fd: Fd, offset: i64, len: i64) -> Return<()> {
    let fd = fd.checked(cx)?;
    if offset < 0 || len <= 0 {
        return Err(Errno::EINVAL.into());
    }
    // SAFETY: no memory is involved.
    let done = unsafe { cx.host(nr::fallocate, [fd, 0, offset as u64, len as u64, 0, 0]) };
    match done {
        // A file system that cannot says so this way (zfs_allocate).
        Err(HostErrno::EOPNOTSUPP) => Err(Errno::EINVAL.into()),
        Err(HostErrno::EISDIR) => Err(Errno::ENODEV.into()),
        // The host looks at the mode first, FreeBSD at the kind.
        Err(HostErrno::EBADF) if !seekable(fd)? => Err(Errno::ESPIPE.into()),
        other => Ok(other.map(drop)?),
    }
}

pub fn posix_fadvise(cx: &mut Cx, fd: Fd, offset: i64, len: i64, advice: i32) -> Return<i32> {
    as_value(advise(cx, fd, offset, len, advice))
}

fn advise(cx: &mut Cx, fd: Fd, offset: i64, len: i64, advice: i32) -> Return<()> {
    let advice = FADVICE.to_host(i64::from(advice)).ok_or(Errno::EINVAL)?;
    if offset < 0 || len < 0 || offset.checked_add(len).is_none() {
        return Err(Errno::EINVAL.into());
    }
    let fd = fd.checked(cx)?;
    // SAFETY: no memory is involved.
    unsafe {
        host::call_n(
            nr::fadvise64,
            [fd, offset as u64, len as u64, advice as u64],
        )
    }?;
    regular(fd)?;
    Ok(())
}

fn seekable(fd: u64) -> HostResult<bool> {
    let kind = u32::from(statx_fd(fd)?.stx_mode) & linux::S_IFMT;
    Ok(!matches!(kind, linux::S_IFIFO | linux::S_IFSOCK))
}

/// The size of a regular file.
///
/// # Errors
/// `ENODEV` for anything else.
fn regular(fd: u64) -> Return<i64> {
    let found = statx_fd(fd)?;
    if u32::from(found.stx_mode) & linux::S_IFMT == linux::S_IFREG {
        Ok(found.stx_size as i64)
    } else {
        Err(Errno::ENODEV.into())
    }
}

pub fn copy_file_range(
    cx: &mut Cx,
    infd: Fd,
    inoffp: u64,
    outfd: Fd,
    outoffp: u64,
    len: u64,
    flags: u32,
) -> Return<u64> {
    if flags != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (from, to) = (infd.checked(cx)?, outfd.checked(cx)?);
    // SAFETY: the kernel checks the guest's offsets.
    match unsafe { cx.host(nr::copy_file_range, [from, inoffp, to, outoffp, len, 0]) } {
        // Between file systems of different kinds: by hand (vn_generic_copy_file_range).
        Err(HostErrno::EXDEV | HostErrno::EOPNOTSUPP | HostErrno::ENOSYS) => {
            copy_by_hand(from, inoffp, to, outoffp, len)
        }
        Err(HostErrno::EISDIR) => Err(Errno::EINVAL.into()),
        other => Ok(other?),
    }
}

/// One end of a copy: a file and where in it, by an offset of the guest's or the file's own.
struct End {
    fd: u64,
    pointer: u64,
    at: i64,
}

impl End {
    fn new(fd: u64, pointer: u64) -> HostResult<Self> {
        let at = if pointer != 0 {
            guest::read(pointer)?
        } else {
            // SAFETY: no memory is involved.
            unsafe { host::call_n(nr::lseek, [fd, 0, u64::from(linux::SEEK_CUR)]) }? as i64
        };
        Ok(Self { fd, pointer, at })
    }

    fn move_by(self, count: u64) -> HostResult<()> {
        let at = self.at.wrapping_add(count as i64);
        if self.pointer != 0 {
            return guest::write(self.pointer, &at);
        }
        // SAFETY: no memory is involved.
        unsafe { host::call_n(nr::lseek, [self.fd, at as u64, u64::from(linux::SEEK_SET)]) }
            .map(drop)
    }
}

/// A part of a copy; the caller comes back for the rest.
fn copy_by_hand(from: u64, inoffp: u64, to: u64, outoffp: u64, len: u64) -> Return<u64> {
    const MOST: u64 = 256 * 1024;
    let (source, target) = (End::new(from, inoffp)?, End::new(to, outoffp)?);
    let mut buffer: Vec<u8> = alloc::vec![0; len.min(MOST) as usize];
    let (at, size) = (buffer.as_mut_ptr() as u64, buffer.len() as u64);
    // SAFETY: the buffer is ours and as long as said.
    let written = unsafe {
        let read = host::call_n(nr::pread64, [from, at, size, source.at as u64])?;
        host::call_n(nr::pwrite64, [to, at, read, target.at as u64])?
    };
    source.move_by(written)?;
    target.move_by(written)?;
    Ok(written)
}

/// `fspacectl`: makes a hole. `rqsr` and `rmsr` are offset and length, the latter of what is left to do.
pub fn fspacectl(
    cx: &mut Cx,
    fd: Fd,
    cmd: i32,
    rqsr: In<[i64; 2]>,
    flags: i32,
    rmsr: Out<[i64; 2]>,
) -> Return<()> {
    const SPACECTL_DEALLOC: i32 = 1;
    let fd = fd.checked(cx)?;
    let [offset, len] = rqsr.read()?;
    let end = offset.checked_add(len);
    if cmd != SPACECTL_DEALLOC || flags != 0 || offset < 0 || len <= 0 || end.is_none() {
        return Err(Errno::EINVAL.into());
    }
    let size = regular(fd)?;
    let end = end.unwrap_or(i64::MAX).min(size).max(offset);
    if end > offset {
        let how = u64::from(linux::FALLOC_FL_PUNCH_HOLE | linux::FALLOC_FL_KEEP_SIZE);
        let length = (end - offset) as u64;
        // SAFETY: no memory is involved.
        match unsafe { cx.host(nr::fallocate, [fd, how, offset as u64, length, 0, 0]) } {
            Err(HostErrno::EOPNOTSUPP) => write_zeros(fd, offset, end)?,
            other => drop(other?),
        }
    }
    rmsr.write_optional(&[end, 0])?;
    Ok(())
}

/// What a file system without holes does (vn_deallocate_impl).
fn write_zeros(fd: u64, mut offset: i64, end: i64) -> HostResult<()> {
    static ZEROS: [u8; 4096] = [0; 4096];
    while offset < end {
        let length = (end - offset).min(ZEROS.len() as i64) as u64;
        let request = [fd, ZEROS.as_ptr() as u64, length, offset as u64];
        // SAFETY: the zeros are as many as said.
        offset += unsafe { host::call_n(nr::pwrite64, request) }? as i64;
    }
    Ok(())
}
