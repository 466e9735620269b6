//! Small files of the host: `/proc`, `/sys`, `/etc`.

use alloc::vec::Vec;
use core::mem::MaybeUninit;

use super::{HostErrno, HostResult, call_n, linux, nr};

const AT_FDCWD: u64 = -100i64 as u64;

/// What the host knows about the file at address `path`, seen from descriptor `at`: of `wanted` (`STATX_*`) as much as it has.
///
/// # Errors
/// As `statx`.
#[inline(always)]
pub fn statx(at: u64, path: u64, flags: u64, wanted: u32) -> HostResult<linux::statx> {
    let mut found = MaybeUninit::<linux::statx>::uninit();
    let wanted = u64::from(wanted);
    // SAFETY: the kernel checks the path and writes the structure that is ours.
    unsafe {
        call_n(
            nr::statx,
            [at, path, flags, wanted, found.as_mut_ptr() as u64],
        )
    }?;
    // SAFETY: on success the kernel has filled it; it is plain numbers.
    Ok(unsafe { found.assume_init() })
}

/// The same of an open file.
///
/// # Errors
/// As `statx`.
#[inline(always)]
pub fn statx_of(fd: u64, wanted: u32) -> HostResult<linux::statx> {
    // On the stack: a start looks at no other constant of that page.
    let empty = [0u8];
    let flags = u64::from(linux::AT_EMPTY_PATH);
    statx(fd, empty.as_ptr() as u64, flags, wanted)
}

/// Reads the whole file at `path`, which ends in a NUL, up to `limit` bytes. The descriptor is open only meanwhile.
///
/// # Errors
/// As `open` and `read`.
pub fn read_file(path: &core::ffi::CStr, limit: usize) -> HostResult<Vec<u8>> {
    const O_CLOEXEC: u64 = 0x80000;
    // SAFETY: a NUL-terminated path.
    let fd = unsafe { call_n(nr::openat, [AT_FDCWD, path.as_ptr() as u64, O_CLOEXEC, 0]) }?;
    let mut text = Vec::new();
    let result = loop {
        let start = text.len();
        if start >= limit {
            break Ok(());
        }
        text.resize(start + 4096.min(limit - start), 0u8);
        let room = text.get_mut(start..).unwrap_or_default();
        // SAFETY: `room` is valid for writing.
        let got = unsafe { call_n(nr::read, [fd, room.as_mut_ptr() as u64, room.len() as u64]) };
        let count = got.unwrap_or(0) as usize;
        text.truncate(start + count);
        match got {
            Ok(0) => break Ok(()),
            Ok(_) | Err(HostErrno::EINTR) => {}
            Err(error) => break Err(error),
        }
    };
    // SAFETY: our own descriptor.
    let _ = unsafe { call_n(nr::close, [fd]) };
    result.map(|()| text)
}

/// What the symbolic link at `path` (no NUL in it) says.
///
/// # Errors
/// As `readlink`.
pub fn read_link(path: &str) -> HostResult<Vec<u8>> {
    read_link_at(AT_FDCWD, path.as_bytes())
}

/// The same for a path of any bytes, seen from descriptor `at`.
///
/// # Errors
/// As `readlinkat`.
pub fn read_link_at(at: u64, path: &[u8]) -> HostResult<Vec<u8>> {
    let path = [path, b"\0"].concat();
    text(|room, size| {
        let args = [at, path.as_ptr() as u64, room as u64, size as u64];
        // SAFETY: a NUL-terminated path and room for `size` bytes.
        unsafe { call_n(nr::readlinkat, args) }
    })
}

/// What the host calls the open file `fd`: its path, or `pipe:[1]` and the like.
///
/// # Errors
/// `EBADF`.
pub fn name_of(fd: u64) -> HostResult<Vec<u8>> {
    read_link(&alloc::format!("/proc/self/fd/{fd}")).map_err(|error| match error {
        HostErrno::ENOENT => HostErrno::EBADF,
        error => error,
    })
}

/// The working directory.
///
/// # Errors
/// As `getcwd`.
pub fn working_directory() -> HostResult<Vec<u8>> {
    let mut path = text(|room, size| {
        // SAFETY: room for `size` bytes.
        unsafe { call_n(nr::getcwd, [room as u64, size as u64]) }
    })?;
    // The NUL.
    path.pop();
    Ok(path)
}

/// Text that `fill` writes, at most so many bytes: few as a rule, for which no page of the heap need be touched.
fn text(fill: impl Fn(*mut u8, usize) -> HostResult) -> HostResult<Vec<u8>> {
    let mut few = [core::mem::MaybeUninit::<u8>::uninit(); 256];
    match fill(few.as_mut_ptr().cast(), few.len()) {
        Ok(length) if (length as usize) < few.len() => {
            // SAFETY: the host has written so many bytes, which fit.
            let written =
                unsafe { core::slice::from_raw_parts(few.as_ptr().cast(), length as usize) };
            return Ok(<[u8]>::to_vec(written));
        }
        // Cut off, or refused for being too long.
        Ok(_) | Err(HostErrno::ERANGE) => {}
        Err(error) => return Err(error),
    }
    let mut many = Vec::with_capacity(4096);
    let length = fill(many.as_mut_ptr(), many.capacity())? as usize;
    // SAFETY: as above.
    unsafe { many.set_len(length.min(many.capacity())) };
    Ok(many)
}
