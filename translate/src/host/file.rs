//! Small files of the host: `/proc`, `/sys`, `/etc`.

use alloc::vec::Vec;

use super::{HostErrno, HostResult, call_n, nr};

/// Reads the whole file at `path`, which ends in a NUL, up to `limit` bytes. The descriptor is open only meanwhile.
///
/// # Errors
/// As `open` and `read`.
pub fn read_file(path: &core::ffi::CStr, limit: usize) -> HostResult<Vec<u8>> {
    const O_CLOEXEC: u64 = 0x80000;
    const AT_FDCWD: u64 = -100i64 as u64;
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
