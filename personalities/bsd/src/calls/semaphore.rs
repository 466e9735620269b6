//! The kernel's POSIX semaphores (uipc_sem.c), which libc used until FreeBSD 9.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::open_flags::{O_CREAT, O_EXCL};
use compat_translate::Cx;
use compat_translate::guest::{self, In, Out};
use compat_translate::objects::semaphore::{self, Open, Semaphore};

use super::descriptor;
use crate::abi::time::{GuestTimespec, is_proper, timespec};
use crate::error::Return;
use crate::lower::Fd;

/// `semid_t`, which is a descriptor.
fn semaphore(cx: &Cx, id: i64) -> Return<Semaphore> {
    let fd = Fd(id as i32).checked(cx).map_err(|_| Errno::EINVAL)?;
    Ok(Semaphore::of(fd)?)
}

fn give(cx: &mut Cx, fd: i32, id: Out<i64>) -> Return<()> {
    if let Err(error) = id.write(&i64::from(fd)) {
        descriptor::close(cx, Fd(fd))?;
        return Err(error.into());
    }
    Ok(())
}

pub fn ksem_init(cx: &mut Cx, id: Out<i64>, value: u32) -> Return<()> {
    if value > semaphore::MAX {
        return Err(Errno::EINVAL.into());
    }
    // ksem_create's answer when the descriptors are used up.
    let fd = semaphore::create(value).map_err(|_| Errno::ENOSPC)?;
    give(cx, fd, id)
}

pub fn ksem_open(
    cx: &mut Cx,
    id: Out<i64>,
    name: u64,
    flags: i32,
    mode: u32,
    value: u32,
) -> Return<()> {
    let flags = flags as u32;
    if flags & !(O_CREAT | O_EXCL) != 0 || value > semaphore::MAX {
        return Err(Errno::EINVAL.into());
    }
    let name = name_of(name)?;
    let how = if flags & O_CREAT == 0 {
        Open::Existing
    } else if flags & O_EXCL == 0 {
        Open::Any
    } else {
        Open::New
    };
    let fd = semaphore::open(&name, how, mode, value)?;
    give(cx, fd, id)
}

fn name_of(address: u64) -> Return<alloc::vec::Vec<u8>> {
    const MAXPATHLEN: usize = 1024;
    let name = guest::read_string(address, MAXPATHLEN)?;
    if name.first() == Some(&b'/') {
        Ok(name)
    } else {
        Err(Errno::EINVAL.into())
    }
}

pub fn ksem_unlink(_cx: &mut Cx, name: u64) -> Return<()> {
    // A name without the slash cannot exist (ksem_remove).
    let name = name_of(name).map_err(|error| match error.0 {
        Errno::EINVAL => Errno::ENOENT.into(),
        _ => error,
    })?;
    Ok(semaphore::unlink(&name)?)
}

pub fn ksem_close(cx: &mut Cx, id: i64) -> Return<()> {
    if semaphore(cx, id)?.is_anonymous()? {
        return Err(Errno::EINVAL.into());
    }
    descriptor::close(cx, Fd(id as i32))
}

pub fn ksem_destroy(cx: &mut Cx, id: i64) -> Return<()> {
    let found = semaphore(cx, id)?;
    if !found.is_anonymous()? {
        return Err(Errno::EINVAL.into());
    }
    found.destroy()?;
    descriptor::close(cx, Fd(id as i32))
}

pub fn ksem_post(cx: &mut Cx, id: i64) -> Return<()> {
    Ok(semaphore(cx, id)?.post()?)
}

pub fn ksem_wait(cx: &mut Cx, id: i64) -> Return<()> {
    Ok(semaphore(cx, id)?.take(cx, None)?)
}

pub fn ksem_trywait(cx: &mut Cx, id: i64) -> Return<()> {
    if semaphore(cx, id)?.try_take()? {
        Ok(())
    } else {
        Err(Errno::EAGAIN.into())
    }
}

pub fn ksem_timedwait(cx: &mut Cx, id: i64, deadline: In<GuestTimespec>) -> Return<()> {
    let deadline = deadline.read_optional()?;
    if deadline.is_some_and(|deadline| !is_proper(deadline)) {
        return Err(Errno::EINVAL.into());
    }
    let found = semaphore(cx, id)?;
    // Before 1970 is past, and the host would call it invalid.
    if deadline.is_some_and(|[seconds, _]| seconds < 0) {
        return if found.try_take()? {
            Ok(())
        } else {
            Err(Errno::ETIMEDOUT.into())
        };
    }
    Ok(found.take(cx, deadline.map(timespec))?)
}

pub fn ksem_getvalue(cx: &mut Cx, id: i64, value: Out<i32>) -> Return<()> {
    let found = semaphore(cx, id)?.value()?;
    value.write(&(found as i32))?;
    Ok(())
}
