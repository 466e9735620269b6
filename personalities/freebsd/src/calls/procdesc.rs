//! Process descriptors (sys_procdesc.c), which are the host's pidfds.

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::pdfork_flags::{PD_CLOEXEC, PD_DAEMON};
use compat_tables::freebsd::flags::rfork_flags::{RFPROC, RFPROCDESC, RFSPAWN};
use compat_translate::guest::Out;
use compat_translate::host::{self, HostErrno, nr, read_file};
use compat_translate::task::clone::{self, Birth};
use compat_translate::{Cx, Outcome};

use crate::error::Return;
use crate::lower::Fd;
use crate::signals;

const F_SETFD: u64 = 2;

pub(crate) fn pdfork(cx: &mut Cx, descriptor: Out<i32>, flags: u32) -> Return<Outcome> {
    if flags & !(PD_DAEMON | PD_CLOEXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    // The end of such a child is told by its descriptor: no signal, and no wait for any child reports it.
    let birth = Birth {
        exit_signal: 0,
        ..Birth::default()
    };
    let mut pidfd = -1;
    match clone::fork(cx, birth, Some(&mut pidfd))? {
        0 => Ok(Outcome::Two(0, 1)),
        pid => {
            if flags & PD_CLOEXEC == 0 {
                // SAFETY: no pointers.
                unsafe { host::call_n(nr::fcntl, [pidfd as u64, F_SETFD, 0]) }?;
            }
            let stays = flags & PD_DAEMON != 0;
            cx.process().objects.hold_process(pidfd, pid, stays);
            descriptor.write(&pidfd)?;
            Ok(Outcome::Two(pid as u32, 0))
        }
    }
}

/// pdfork with a say in what is shared; only the plain copy is built.
pub(crate) fn pdrfork(cx: &mut Cx, descriptor: Out<i32>, flags: u32, how: u32) -> Return<Outcome> {
    const RFFDG: u32 = compat_tables::freebsd::flags::rfork_flags::RFFDG;
    if how & !RFPROCDESC == RFPROC | RFFDG {
        return pdfork(cx, descriptor, flags);
    }
    if how & (RFPROC | RFSPAWN) == 0 {
        return Err(Errno::EINVAL.into());
    }
    Err(cx.gap("pdrfork: flags beyond those of fork", Errno::EINVAL.into()))
}

/// The error for a descriptor that the host does not take for a pidfd.
fn not_a_process(fd: u64, error: HostErrno) -> Errno {
    const F_GETFD: u64 = 1;
    // SAFETY: no pointers.
    let open = unsafe { host::call_n(nr::fcntl, [fd, F_GETFD]) }.is_ok();
    match error {
        HostErrno::EBADF if open => Errno::EINVAL,
        other => Errno::from_host(other.0),
    }
}

pub(crate) fn pdkill(cx: &mut Cx, fd: Fd, signal: i32) -> Return<()> {
    let fd = fd.checked(cx)?;
    let signal = match signal {
        0 => 0,
        signal => u8::try_from(signal)
            .ok()
            .and_then(signals::to_host)
            .ok_or(Errno::EINVAL)?,
    };
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::pidfd_send_signal, [fd, u64::from(signal), 0, 0]) }
        .map_err(|error| not_a_process(fd, error))?;
    Ok(())
}

pub(crate) fn pdgetpid(cx: &mut Cx, fd: Fd, pid: Out<i32>) -> Return<()> {
    let fd = fd.checked(cx)?;
    let path = alloc::format!("/proc/self/fdinfo/{fd}\0");
    let path = core::ffi::CStr::from_bytes_with_nul(path.as_bytes()).map_err(|_| Errno::EBADF)?;
    let text = read_file(path, 4096).map_err(|_| Errno::EBADF)?;
    let found = core::str::from_utf8(&text)
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("Pid:"))
        .and_then(|value| value.trim().parse::<i32>().ok())
        .ok_or(Errno::EINVAL)?;
    pid.write(&found)?;
    Ok(())
}
