//! `fcntl` (sys_fcntl): the family's, and what only NetBSD has.

use compat_bsd::abi::fcntl::Flock;
use compat_bsd::calls::descriptor;
use compat_bsd::calls::fcntl as family;
use compat_bsd::calls::write::{raises_no_signal, set_raises_no_signal};
use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::fcntl_cmd;
use compat_tables::netbsd::flags::{FCNTL_CMD, STATUS_FLAGS, own_fcntl_cmd as own};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{self, HostErrno};
use compat_translate::paths;
use zerocopy::{FromZeros, IntoBytes};

use crate::error::{Error, Return};
use crate::lower::Fd;

/// `struct flock`: the family's without what FreeBSD added behind it.
type OwnFlock = [u64; 3];

const _: () = assert!(size_of::<OwnFlock>() == 24 && size_of::<Flock>() >= 24);

pub(crate) fn fcntl(cx: &mut Cx, fd: Fd, cmd: i32, arg: i64) -> Return<i32> {
    match cmd {
        own::F_CLOSEM => {
            let low = u32::try_from(fd.0).map_err(|_| Errno::EBADF)?;
            descriptor::close_range(cx, low, u32::MAX, 0)?;
            return Ok(0);
        }
        own::F_MAXFD => return highest(cx),
        own::F_GETPATH => return path_of(cx, fd, arg as u64),
        own::F_GETNOSIGPIPE => return Ok(i32::from(raises_no_signal(exists(cx, fd)?))),
        own::F_SETNOSIGPIPE => {
            let (fd, on) = (exists(cx, fd)?, arg as i32 != 0);
            if raises_no_signal(fd) != on {
                set_raises_no_signal(fd, on).map_err(|error| match error {
                    HostErrno::EINVAL => cx.gap("fcntl: F_SETNOSIGPIPE", Errno::EINVAL.into()),
                    error => Error::from(error),
                })?;
            }
            return Ok(0);
        }
        _ => {}
    }
    let cmd = FCNTL_CMD
        .to_host(i64::from(cmd))
        .ok_or(Error(Errno::EINVAL))? as i32;
    match cmd {
        fcntl_cmd::F_GETFL => {
            let flags = family::fcntl(cx, fd, cmd, arg)?;
            Ok(STATUS_FLAGS.to_guest(u64::from(flags as u32)) as i32)
        }
        fcntl_cmd::F_SETFL => {
            let flags = STATUS_FLAGS
                .to_host(u64::from(arg as u32))
                .map_err(|_| Errno::EINVAL)?;
            family::fcntl(cx, fd, cmd, flags as i64)
        }
        fcntl_cmd::F_GETLK | fcntl_cmd::F_SETLK | fcntl_cmd::F_SETLKW => {
            lock(cx, fd, cmd, arg as u64)
        }
        _ => family::fcntl(cx, fd, cmd, arg),
    }
}

/// The host's descriptor, if there is such a one.
fn exists(cx: &Cx, fd: Fd) -> Return<u64> {
    const F_GETFD: u64 = 1;
    let fd = fd.checked(cx)?;
    // SAFETY: no pointers.
    unsafe { host::call_n(host::nr::fcntl, [fd, F_GETFD]) }?;
    Ok(fd)
}

/// The highest descriptor there is, -1 for none.
fn highest(cx: &Cx) -> Return<i32> {
    const F_GETFD: u64 = 1;
    // The one that read the folder is gone by now.
    // SAFETY: no pointers.
    let open = |fd: i32| unsafe { host::call_n(host::nr::fcntl, [fd as u64, F_GETFD]) }.is_ok();
    let all = host::numbers_in(c"/proc/self/fd")?.into_iter();
    let own = all.filter(|&fd| !cx.process().objects.hides(fd) && open(fd));
    Ok(own.max().unwrap_or(-1))
}

fn lock(cx: &mut Cx, fd: Fd, cmd: i32, at: u64) -> Return<i32> {
    let given: OwnFlock = guest::read(at)?;
    let mut whole = Flock::new_zeroed();
    for (slot, &byte) in whole.as_mut_bytes().iter_mut().zip(given.as_bytes()) {
        *slot = byte;
    }
    let done = family::fcntl(cx, fd, cmd, (&raw mut whole) as i64)?;
    if cmd == fcntl_cmd::F_GETLK {
        let head = whole.as_bytes().get(..size_of::<OwnFlock>());
        guest::write_bytes(at, head.unwrap_or_default())?;
    }
    Ok(done)
}

/// F_GETPATH: into 1024 bytes.
fn path_of(cx: &mut Cx, fd: Fd, at: u64) -> Return<i32> {
    const MAXPATHLEN: usize = 1024;
    let fd = fd.checked(cx)?;
    let name = host::name_of(fd)?;
    let name = paths::guest_name(cx.process().space.get(), &name).unwrap_or(name);
    if !name.starts_with(b"/") {
        return Err(Errno::ENOENT.into());
    }
    if name.len() >= MAXPATHLEN {
        return Err(Errno::ENAMETOOLONG.into());
    }
    guest::write_bytes(at, &name)?;
    guest::write_bytes(at.wrapping_add(name.len() as u64), &[0])?;
    Ok(0)
}
