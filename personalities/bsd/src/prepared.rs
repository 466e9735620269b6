//! One host call with other arguments, prepared without a handler (see
//! [`Express::Prepared`](compat_translate::trap::Express)): opening files and asking for their status, where no root changes
//! what a path means, and calls with a pad before an offset.
//!
//! Each function has a handler that does the same and more. What differs between systems, a flag's value or a layout, is a
//! parameter.

use compat_tables::bsd::flags::open_flags::{
    O_APPEND, O_CREAT, O_EXCL, O_NONBLOCK, O_RDWR, O_TRUNC, O_WRONLY,
};
use compat_translate::guest;
use compat_translate::host::{linux, nr};
use compat_translate::task::current;
use compat_translate::trap::{Prepared, UNSERVED};
use zerocopy::{Immutable, IntoBytes};

use crate::abi::stat::Stat;
use crate::calls::open::MODE_BITS;
use crate::calls::stat::WANTED;
use crate::lower::{AtFd, Fd, FromArg};

const CWD: u64 = linux::AT_FDCWD as i64 as u64;

/// Whether `path` is to the host what it is to the guest. The handler sees to names in `/dev` and `/proc`, to paths that end
/// where memory ends, and to those that are too long.
fn is_plain(path: u64) -> bool {
    current().process().space.get().is_none()
        && guest::read::<[u8; 8]>(path)
            .is_ok_and(|head| !head.starts_with(b"/dev/") && !head.starts_with(b"/proc/"))
        && guest::Path(path).fits().is_ok()
}

/// The host's number of a descriptor, if it is the guest's.
fn descriptor(fd: u64) -> Option<u64> {
    visible(Fd::from_arg(fd).0)
}

fn visible(fd: i32) -> Option<u64> {
    (!current().process().objects.hides(fd)).then_some(i64::from(fd) as u64)
}

/// The same of a directory's, or what stands for the working directory.
fn directory(at: u64) -> Option<u64> {
    visible(AtFd::from_arg(at).0)
}

/// `open`. `CLOEXEC` is the system's `O_CLOEXEC`; the other flags taken here are alike in the whole family.
pub extern "C" fn open<const CLOEXEC: u32>(call: &mut Prepared) -> u64 {
    let [path, flags, mode, ..] = call.args;
    opened::<CLOEXEC>(call, CWD, path, flags, mode)
}

/// `openat`.
pub extern "C" fn openat<const CLOEXEC: u32>(call: &mut Prepared) -> u64 {
    let [at, path, flags, mode, ..] = call.args;
    match directory(at) {
        Some(at) => opened::<CLOEXEC>(call, at, path, flags, mode),
        None => UNSERVED,
    }
}

#[inline(always)]
fn opened<const CLOEXEC: u32>(
    call: &mut Prepared,
    at: u64,
    path: u64,
    flags: u64,
    mode: u64,
) -> u64 {
    const ACCESS: u32 = O_WRONLY | O_RDWR;
    let flags = flags as u32;
    let taken = ACCESS | O_NONBLOCK | O_APPEND | O_CREAT | O_TRUNC | O_EXCL | CLOEXEC;
    if flags & !taken != 0 || flags & ACCESS == ACCESS || !is_plain(path) {
        return UNSERVED;
    }
    let mut how = flags & ACCESS | linux::O_LARGEFILE | linux::O_NOCTTY;
    for (theirs, hosts) in [
        (O_NONBLOCK, linux::O_NONBLOCK),
        (O_APPEND, linux::O_APPEND),
        (O_CREAT, linux::O_CREAT),
        (O_TRUNC, linux::O_TRUNC),
        (O_EXCL, linux::O_EXCL),
        (CLOEXEC, linux::O_CLOEXEC),
    ] {
        if flags & theirs != 0 {
            how |= hosts;
        }
    }
    call.args = [at, path, u64::from(how), mode & MODE_BITS, 0, 0];
    nr::openat
}

/// `stat`, for a layout.
pub extern "C" fn stat<S>(call: &mut Prepared) -> u64
where
    S: for<'a> From<&'a Stat> + IntoBytes + Immutable,
{
    let [path, buffer, ..] = call.args;
    status_at::<S>(call, CWD, path, buffer, 0)
}

/// `lstat`, for a layout.
pub extern "C" fn lstat<S>(call: &mut Prepared) -> u64
where
    S: for<'a> From<&'a Stat> + IntoBytes + Immutable,
{
    let [path, buffer, ..] = call.args;
    status_at::<S>(call, CWD, path, buffer, linux::AT_SYMLINK_NOFOLLOW)
}

/// `fstatat`, for a layout. `NOFOLLOW` is the system's `AT_SYMLINK_NOFOLLOW`.
pub extern "C" fn fstatat<S, const NOFOLLOW: u32>(call: &mut Prepared) -> u64
where
    S: for<'a> From<&'a Stat> + IntoBytes + Immutable,
{
    let [at, path, buffer, flags, ..] = call.args;
    let flags = flags as u32;
    let Some(at) = directory(at).filter(|_| flags & !NOFOLLOW == 0) else {
        return UNSERVED;
    };
    let flags = if flags == 0 {
        0
    } else {
        linux::AT_SYMLINK_NOFOLLOW
    };
    status_at::<S>(call, at, path, buffer, flags)
}

/// `fstat`, for a layout.
pub extern "C" fn fstat<S>(call: &mut Prepared) -> u64
where
    S: for<'a> From<&'a Stat> + IntoBytes + Immutable,
{
    let [fd, buffer, ..] = call.args;
    // In a root, flags are asked for that the host does not know.
    let rooted = current().process().space.get().is_some();
    match descriptor(fd).filter(|_| !rooted) {
        Some(fd) => status::<S>(call, fd, c"".as_ptr() as u64, buffer, linux::AT_EMPTY_PATH),
        None => UNSERVED,
    }
}

#[inline(always)]
fn status_at<S>(call: &mut Prepared, at: u64, path: u64, buffer: u64, flags: u32) -> u64
where
    S: for<'a> From<&'a Stat> + IntoBytes + Immutable,
{
    if is_plain(path) {
        status::<S>(call, at, path, buffer, flags)
    } else {
        UNSERVED
    }
}

#[inline(always)]
fn status<S>(call: &mut Prepared, at: u64, path: u64, buffer: u64, flags: u32) -> u64
where
    S: for<'a> From<&'a Stat> + IntoBytes + Immutable,
{
    const { assert!(size_of::<linux::statx>() == size_of::<[u64; 32]>()) };
    let room = call.room.as_mut_ptr() as u64;
    let flags = u64::from(flags | linux::AT_NO_AUTOMOUNT);
    call.args = [at, path, flags, u64::from(WANTED), room, 0];
    call.kept = buffer;
    call.after = Some(give::<S>);
    nr::statx
}

/// Hands over what the host said.
extern "C" fn give<S>(call: &Prepared) -> u64
where
    S: for<'a> From<&'a Stat> + IntoBytes + Immutable,
{
    // SAFETY: `statx` has filled it, and its size is that of the structure, which is plain numbers.
    let found = unsafe { &*call.room.as_ptr().cast::<linux::statx>() };
    let found = Stat::from_host(found);
    match guest::write(call.kept, &S::from(&found)) {
        Ok(()) => 0,
        Err(_) => UNSERVED,
    }
}

/// A read at a place, with a pad before the offset, or flags.
pub extern "C" fn padded_pread(call: &mut Prepared) -> u64 {
    at_offset(call, nr::pread64)
}

/// The same for a write.
pub extern "C" fn padded_pwrite(call: &mut Prepared) -> u64 {
    at_offset(call, nr::pwrite64)
}

fn at_offset(call: &mut Prepared, number: u64) -> u64 {
    let [fd, buffer, size, pad, offset, _] = call.args;
    // Negative offsets have meanings, or are errors.
    match descriptor(fd) {
        Some(fd) if pad as u32 == 0 && offset as i64 >= 0 => {
            call.args = [fd, buffer, size, offset, 0, 0];
            number
        }
        _ => UNSERVED,
    }
}

/// `lseek`, with a pad before the offset.
pub extern "C" fn padded_lseek(call: &mut Prepared) -> u64 {
    let [fd, _, offset, whence, ..] = call.args;
    let Some(fd) = descriptor(fd) else {
        return UNSERVED;
    };
    call.args = [fd, offset, whence, 0, 0, 0];
    nr::lseek
}

/// `ftruncate`, with a pad before the length.
pub extern "C" fn padded_ftruncate(call: &mut Prepared) -> u64 {
    let [fd, _, length, ..] = call.args;
    let Some(fd) = descriptor(fd) else {
        return UNSERVED;
    };
    call.args = [fd, length, 0, 0, 0, 0];
    nr::ftruncate
}
