//! The kernel's POSIX semaphores (uipc_sem.c), which are all of libc's. Those that processes share by memory of their own
//! have no descriptor but a number that every process may use.

use alloc::format;
use alloc::vec::Vec;

use compat_bsd::abi::time::GuestTimespec;
use compat_bsd::calls::semaphore as family;
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{In, InOut, Out, Path};
use compat_translate::host::{self, HostErrno, nr};
use compat_translate::objects::semaphore::{self, Open};

use crate::error::{Error, Return};
use crate::lower::Fd;

/// What `_ksem_init` finds where the number goes, when it shall be everybody's.
const KSEM_PSHARED: i64 = 0x5053_5244;
/// Of such a number, the bits that are always these.
const KSEM_PSHARED_MARKER: i64 = 0x7000_0001;
const KSEM_MARKER_MASK: i64 = 0xff00_0001;

/// A shared semaphore's name among ours. Names of programs have a slash in front.
fn name_of(id: i64) -> Vec<u8> {
    format!("shared.{id:08x}").into_bytes()
}

/// Runs a call of the family's on the semaphore of that number; a shared one gets a descriptor for as long as it takes.
fn on<T>(cx: &mut Cx, id: i64, act: impl FnOnce(&mut Cx, i64) -> Return<T>) -> Return<T> {
    if id & KSEM_MARKER_MASK != KSEM_PSHARED_MARKER {
        return act(cx, id);
    }
    let fd = semaphore::open(&name_of(id), Open::Existing, 0, 0).map_err(|_| Errno::EINVAL)?;
    let done = act(cx, i64::from(fd));
    // SAFETY: the descriptor opened above.
    let _ = unsafe { host::call_n(nr::close, [fd as u64]) };
    done
}

pub(crate) fn _ksem_init(cx: &mut Cx, value: u32, id: InOut<i64>) -> Return<()> {
    if id.read()? != KSEM_PSHARED {
        return family::ksem_init(cx, Out::new(id.address()), value);
    }
    /// Whoever shares the memory may use it.
    const MODE: u32 = 0o666;
    if value > semaphore::MAX {
        return Err(Errno::EINVAL.into());
    }
    let mut random = [0u32];
    loop {
        // SAFETY: `random` is valid for writing.
        unsafe { host::call_n(nr::getrandom, [random.as_mut_ptr() as u64, 4, 0]) }?;
        let [random] = random;
        let number = KSEM_PSHARED_MARKER | (i64::from(random) & !KSEM_MARKER_MASK & 0xffff_ffff);
        match semaphore::open(&name_of(number), Open::New, MODE, value) {
            Err(HostErrno::EEXIST) => {}
            made => {
                // SAFETY: the descriptor opened above.
                let _ = unsafe { host::call_n(nr::close, [made? as u64]) };
                return Ok(id.write(&number)?);
            }
        }
    }
}

pub(crate) fn _ksem_open(
    cx: &mut Cx,
    name: Path,
    flags: u32,
    mode: u32,
    value: u32,
    id: Out<i64>,
) -> Return<()> {
    // A name that cannot be does not exist; making one is another matter.
    const O_CREAT: u32 = 0x200;
    let well_formed = well_formed(name)?;
    match (well_formed, flags & O_CREAT != 0) {
        (true, _) => family::ksem_open(cx, id, name.0, flags as i32, mode, value),
        (false, true) => Err(Errno::EINVAL.into()),
        (false, false) => Err(Errno::ENOENT.into()),
    }
}

/// A slash, and no further one.
fn well_formed(name: Path) -> Return<bool> {
    /// NAME_MAX and the NUL.
    const LIMIT: usize = 256;
    let name = compat_translate::guest::read_string(name.0, LIMIT)?;
    Ok(
        matches!(name.split_first(), Some((b'/', rest)) if !rest.is_empty() && !rest.contains(&b'/')),
    )
}

pub(crate) fn _ksem_unlink(cx: &mut Cx, name: Path) -> Return<()> {
    if !well_formed(name)? {
        return Err(Errno::ENOENT.into());
    }
    family::ksem_unlink(cx, name.0)
}

/// Any descriptor is closed (sys__ksem_close).
pub(crate) fn _ksem_close(cx: &mut Cx, id: i64) -> Return<()> {
    if id & KSEM_MARKER_MASK == KSEM_PSHARED_MARKER {
        return Err(Errno::EINVAL.into());
    }
    compat_bsd::calls::descriptor::close(cx, Fd(id as i32))
}

pub(crate) fn _ksem_destroy(cx: &mut Cx, id: i64) -> Return<()> {
    if id & KSEM_MARKER_MASK != KSEM_PSHARED_MARKER {
        return family::ksem_destroy(cx, id);
    }
    // Who waits keeps it: gone is only the name.
    semaphore::unlink(&name_of(id)).map_err(|_| Error(Errno::EINVAL))
}

pub(crate) fn _ksem_post(cx: &mut Cx, id: i64) -> Return<()> {
    on(cx, id, family::ksem_post)
}

pub(crate) fn _ksem_wait(cx: &mut Cx, id: i64) -> Return<()> {
    on(cx, id, family::ksem_wait)
}

pub(crate) fn _ksem_trywait(cx: &mut Cx, id: i64) -> Return<()> {
    on(cx, id, family::ksem_trywait)
}

/// sys__ksem_timedwait: there is a time, and it is after 1970.
pub(crate) fn _ksem_timedwait(cx: &mut Cx, id: i64, deadline: In<GuestTimespec>) -> Return<()> {
    let [seconds, _] = deadline.read()?;
    if seconds < 0 {
        return Err(Errno::EINVAL.into());
    }
    on(cx, id, |cx, id| family::ksem_timedwait(cx, id, deadline))
}

pub(crate) fn _ksem_getvalue(cx: &mut Cx, id: i64, value: Out<i32>) -> Return<()> {
    on(cx, id, |cx, id| family::ksem_getvalue(cx, id, value))
}
