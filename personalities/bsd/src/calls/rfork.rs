//! `rfork` (kern_fork.c).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::rfork_flags::{
    RFCENVG, RFCFDG, RFCNAMEG, RFENVG, RFFDG, RFLINUXTHPN, RFMEM, RFNAMEG, RFNOTEG, RFNOWAIT,
    RFPROC, RFPROCDESC, RFSIGSHARE, RFSPAWN, RFTHREAD, RFTSIGNUM, RFTSIGZMB,
};
use compat_translate::host::{self, nr};
use compat_translate::task::clone::{self, Birth};
use compat_translate::{Cx, Outcome};

use super::process::child_start;
use crate::error::Return;
use crate::signals;

const CLONE_FILES: u64 = 0x400;
const HOST_SIGUSR1: u8 = 10;
const CLOSE_ON_EXEC: u64 = 0o2000000;
const P_PID: u64 = 1;
const WEXITED_WALL: u64 = 4 | 0x4000_0000;

pub fn rfork(cx: &mut Cx, flags: u32) -> Return<Outcome> {
    check(flags)?;
    if flags == RFSPAWN {
        // posix_spawn's: a vfork child that starts without the parent's handlers.
        return share_memory(
            cx,
            Birth {
                drop_handlers: true,
                ..Birth::default()
            },
        );
    }
    if flags & RFPROC == 0 {
        return change_own(cx, flags);
    }
    let birth = birth(cx, flags)?;
    if flags & RFMEM != 0 {
        return share_memory(cx, birth);
    }
    let pid = if flags & RFNOWAIT != 0 {
        orphan(cx, birth)?
    } else {
        clone::fork(cx, birth, None)?
    };
    match pid {
        0 => {
            if flags & RFCFDG != 0 {
                close_everything();
            }
            Ok(Outcome::Two(0, 1))
        }
        pid => Ok(Outcome::Two(pid as u32, 0)),
    }
}

/// The combinations that sys_rfork and fork1 refuse.
fn check(flags: u32) -> Return<()> {
    const KNOWN: u32 = RFNAMEG
        | RFENVG
        | RFFDG
        | RFNOTEG
        | RFPROC
        | RFMEM
        | RFNOWAIT
        | RFCNAMEG
        | RFCENVG
        | RFCFDG
        | RFTHREAD
        | RFSIGSHARE
        | RFLINUXTHPN
        | RFTSIGZMB
        | RFTSIGNUM;
    let both_tables = flags & (RFFDG | RFCFDG) == RFFDG | RFCFDG;
    let signal_without_flag = flags & RFTSIGNUM != 0 && flags & RFTSIGZMB == 0;
    if flags == RFSPAWN {
        Ok(())
    } else if flags & !KNOWN != 0
        || flags & RFPROCDESC != 0
        || both_tables
        || signal_without_flag
        || exit_signal(flags) > 128
    {
        Err(Errno::EINVAL.into())
    } else {
        Ok(())
    }
}

fn exit_signal(flags: u32) -> u32 {
    (flags & RFTSIGNUM) >> RFTSIGNUM.trailing_zeros()
}

fn birth(cx: &mut Cx, flags: u32) -> Return<Birth> {
    if flags & RFNOWAIT != 0 && flags & RFMEM != 0 {
        return Err(cx.gap("rfork: RFNOWAIT with RFMEM", Errno::EINVAL.into()));
    }
    if flags & RFSIGSHARE != 0 {
        return Err(cx.gap("rfork: RFSIGSHARE", Errno::EINVAL.into()));
    }
    let mut birth = Birth {
        share_files: flags & (RFFDG | RFCFDG) == 0,
        creator_waits: false,
        ..Birth::default()
    };
    if flags & RFLINUXTHPN != 0 {
        birth.exit_signal = HOST_SIGUSR1;
    }
    if flags & RFTSIGZMB != 0 {
        birth.exit_signal = match exit_signal(flags) {
            0 => 0,
            signal => signals::to_host(signal as u8).ok_or(Errno::EINVAL)?,
        };
    }
    Ok(birth)
}

/// A child that is init's (or the reaper's) from the start: its parent is a copy of the caller, which ends at once.
fn orphan(cx: &mut Cx, birth: Birth) -> Return<i32> {
    let between = Birth {
        exit_signal: 0,
        ..birth
    };
    // Its number comes back through a pipe: -1 when it could not be made.
    let mut ends = [-1i32; 2];
    // SAFETY: the host writes two numbers.
    unsafe { host::call_n(nr::pipe2, [ends.as_mut_ptr() as u64, CLOSE_ON_EXEC]) }?;
    let [read, write] = ends.map(|end| end as u64);
    let close = |end: u64| {
        // SAFETY: our own descriptor.
        let _ = unsafe { host::call_n(nr::close, [end]) };
    };
    let made = clone::fork(cx, between, None);
    if made == Ok(0) {
        let child = clone::fork(cx, birth, None);
        if child == Ok(0) {
            if !birth.share_files {
                close(read);
                close(write);
            }
            return Ok(0);
        }
        let told = child.unwrap_or(-1);
        // SAFETY: four valid bytes.
        let _ = unsafe { host::call_n(nr::write, [write, (&raw const told) as u64, 4]) };
        host::exit_group(0);
    }
    let mut told = -1i32;
    let result = made.map(|between| {
        // SAFETY: room for four bytes; the writer is alive until it has written.
        let _ = unsafe { host::call_n(nr::read, [read, (&raw mut told) as u64, 4]) };
        let wait = [P_PID, between as u64, 0, WEXITED_WALL, 0];
        // SAFETY: no pointers.
        let _ = unsafe { host::call_n(nr::waitid, wait) };
    });
    close(read);
    close(write);
    result?;
    // SAFETY: a plain number by now.
    match unsafe { (&raw const told).read_volatile() } {
        -1 => Err(Errno::EAGAIN.into()),
        pid => Ok(pid),
    }
}

fn share_memory(cx: &mut Cx, birth: Birth) -> Return<Outcome> {
    let start = child_start(cx);
    let pid = clone::share_memory(cx, birth, start)?;
    Ok(Outcome::Two(pid as u32, 0))
}

/// Without RFPROC the caller itself gets a table of its own, or an empty one (fork_norfproc).
fn change_own(cx: &Cx, flags: u32) -> Return<Outcome> {
    if flags & (RFFDG | RFCFDG) != 0 && clone::thread_count(cx.process()) == 1 {
        // The threads of a process go on sharing their table there; only one shared with another process is copied.
        // SAFETY: no pointers.
        unsafe { host::call_n(nr::unshare, [CLONE_FILES]) }?;
    }
    if flags & RFCFDG != 0 {
        close_everything();
    }
    Ok(Outcome::Two(0, 0))
}

fn close_everything() {
    // SAFETY: no pointers; descriptors of ours do not survive this any more than the guest's.
    let _ = unsafe { host::call_n(nr::close_range, [0, u64::from(u32::MAX), 0]) };
}
