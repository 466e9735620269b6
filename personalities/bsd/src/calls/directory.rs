//! Reading directories (kern_getdirentries, freebsd11_kern_getdirentries).

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{self, Out};
use compat_translate::host::{self, HostErrno, HostResult, linux, nr};

use crate::abi::dirent::{Format, entries};
use crate::error::Return;
use crate::lower::Fd;

/// More is not asked of the host at once; the host itself stops at a page or so.
const MOST: usize = 32 * 1024;

/// `getdirentries`: as many entries as fit, in `format`.
pub fn getdirentries(
    cx: &mut Cx,
    fd: Fd,
    buf: Out<u8>,
    count: usize,
    basep: Out<i64>,
    format: &Format,
) -> Return<usize> {
    let fd = fd.checked(cx)?;
    let base = position(fd).unwrap_or(0);
    let records = match pack(fd, count, format) {
        Ok(records) => records,
        // A directory that was removed has no entries any more (ufs_readdir).
        Err(HostErrno::ENOENT) => Vec::new(),
        Err(HostErrno::ENOTDIR) => return Err(Errno::EINVAL.into()),
        Err(error) => return Err(error.into()),
    };
    if let Err(error) = guest::write_bytes(buf.address(), &records) {
        // What nobody received is read again.
        set_position(fd, base)?;
        return Err(error.into());
    }
    basep.write_optional(&base)?;
    Ok(records.len())
}

/// The next entries that fit into `room` bytes.
///
/// The host packs more tightly, so it is first asked for only as many as fit in any case.
/// When that is not enough for one entry, all of `room` is tried, and what did not fit is given back by its position.
fn pack(fd: u64, room: usize, format: &Format) -> HostResult<Vec<u8>> {
    let room = room.min(MOST);
    let mut host_records = alloc::vec![0; room];
    let sure = (format.sure)(room);
    let filled = match fill(fd, host_records.get_mut(..sure).unwrap_or_default()) {
        Err(HostErrno::EINVAL) if sure < room => fill(fd, &mut host_records)?,
        other => other?,
    };
    let mut records = Vec::with_capacity(room);
    let mut resume = None;
    for entry in entries(host_records.get(..filled).unwrap_or_default()) {
        if records.len() + (format.record_length)(entry.name.len()) > room {
            match resume {
                Some(at) => set_position(fd, at)?,
                None => return Err(HostErrno::EINVAL),
            }
            break;
        }
        (format.append)(&entry, &mut records);
        resume = Some(entry.next);
    }
    Ok(records)
}

fn fill(fd: u64, buffer: &mut [u8]) -> HostResult<usize> {
    // SAFETY: the kernel writes into the slice only.
    unsafe {
        host::call_n(
            nr::getdents64,
            [fd, buffer.as_mut_ptr() as u64, buffer.len() as u64],
        )
    }
    .map(|filled| filled as usize)
}

fn position(fd: u64) -> HostResult<i64> {
    // SAFETY: no memory is involved.
    unsafe { host::call_n(nr::lseek, [fd, 0, u64::from(linux::SEEK_CUR)]) }.map(|at| at as i64)
}

fn set_position(fd: u64, at: i64) -> HostResult<()> {
    // SAFETY: as above.
    unsafe { host::call_n(nr::lseek, [fd, at as u64, u64::from(linux::SEEK_SET)]) }.map(drop)
}
