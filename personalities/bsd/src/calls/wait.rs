//! Waiting for children (kern_exit.c).

use compat_tables::bsd::flags::{self, cld_code, idtype, wait_options};
use compat_tables::bsd::{Errno, Signal};
use compat_translate::guest::Out;
use compat_translate::host::{self, linux, nr};
use compat_translate::signal::SigInfo;
use compat_translate::task::follow;
use compat_translate::{Cx, Outcome};

use super::wait_by::{By, wait_by};
use crate::abi::resource::{Rusage, Wrusage};
use crate::abi::signal::Siginfo;
use crate::error::Return;
use crate::lower::Fd;
use crate::signals::siginfo_to_guest;

const HOST_P_ALL: u64 = 0;
pub(super) const HOST_P_PID: u64 = 1;
const HOST_P_PIDFD: u64 = 3;
/// Children whose end is not told by SIGCHLD too (`pdfork`).
const HOST_WALL: u64 = 0x4000_0000;

/// A child that changed, as the guest sees it.
pub(super) struct Change {
    pub(super) pid: i32,
    info: Siginfo,
    usage: Rusage,
}

impl Change {
    /// The status word.
    fn status(&self) -> i32 {
        const STOPPED: i32 = 0x7f;
        const CORE: i32 = 0x80;
        let value = self.info.status;
        match self.info.code {
            cld_code::CLD_EXITED => (value & 0xff) << 8,
            cld_code::CLD_KILLED => value,
            cld_code::CLD_DUMPED => value | CORE,
            cld_code::CLD_CONTINUED => i32::from(Signal::SIGCONT.number()),
            _ => value << 8 | STOPPED,
        }
    }
}

/// kern_wait6. `None` when WNOHANG found nothing.
pub(super) fn wait_for(cx: &mut Cx, kind: u64, id: u64, options: u32) -> Return<Option<Change>> {
    let all = kind == HOST_P_PID || kind == HOST_P_PIDFD;
    wait_with(cx, [kind, id], options, if all { HOST_WALL } else { 0 })
}

/// Until something happens to a child of any kind; it still waits to be waited for.
pub(super) fn wait_for_news(cx: &mut Cx, options: u32) -> Return<Option<Change>> {
    let options = options | wait_options::WNOWAIT;
    wait_with(cx, [HOST_P_ALL, 0], options, HOST_WALL)
}

/// The host's options for these.
pub(super) fn known(options: u32) -> Return<u64> {
    const ANY: u32 = wait_options::WEXITED
        | wait_options::WUNTRACED
        | wait_options::WCONTINUED
        | wait_options::WTRAPPED;
    if options & ANY == 0 {
        return Err(Errno::EINVAL.into());
    }
    let known = flags::WAIT_OPTIONS.to_host(u64::from(options));
    Ok(known.map_err(|_| Errno::EINVAL)?)
}

fn wait_with(cx: &mut Cx, [kind, id]: [u64; 2], options: u32, all: u64) -> Return<Option<Change>> {
    let mut known = known(options)?;
    let only_traced = known & u64::from(linux::WEXITED | linux::WSTOPPED | linux::WCONTINUED) == 0;
    if only_traced {
        known |= u64::from(linux::WEXITED | linux::WNOHANG | linux::WNOWAIT);
    }
    let mut info = SigInfo::default();
    let mut usage = Rusage::ZERO;
    let args = [
        kind,
        id,
        (&raw mut info) as u64,
        known | all,
        (&raw mut usage) as u64,
        0,
    ];
    // SAFETY: a valid siginfo_t and rusage.
    unsafe { cx.host(nr::waitid, args) }?;
    if only_traced && options & wait_options::WNOHANG == 0 {
        return Err(cx.gap("wait6: for what is traced alone", Errno::EINVAL.into()));
    }
    if only_traced || info.pid() == 0 {
        return Ok(None);
    }
    if options & wait_options::WNOWAIT == 0
        && let Some(status) = host_status(&info)
    {
        follow::waited_for(info.pid(), status);
    }
    Ok(Some(Change {
        pid: info.pid(),
        info: siginfo_to_guest(Signal::SIGCHLD.number(), &info, None),
        usage,
    }))
}

/// The host's status word of a child that has ended.
fn host_status(info: &SigInfo) -> Option<u32> {
    const CORE: u32 = 0x80;
    let value = info.status() as u32;
    match info.code {
        cld_code::CLD_EXITED => Some((value & 0xff) << 8),
        cld_code::CLD_KILLED => Some(value),
        cld_code::CLD_DUMPED => Some(value | CORE),
        _ => None,
    }
}

fn host_kind(kind: i32) -> u64 {
    flags::IDTYPE.to_host(i64::from(kind)).unwrap_or_default() as u64
}

pub fn wait4(
    cx: &mut Cx,
    pid: i32,
    status: Out<i32>,
    options: u32,
    usage: Out<Rusage>,
) -> Return<i32> {
    let (kind, id) = match pid {
        -1 => (idtype::P_ALL, 0),
        i32::MIN => return Err(Errno::ESRCH.into()),
        pid if pid <= 0 => (idtype::P_PGID, -pid),
        pid => (idtype::P_PID, pid),
    };
    let options = options | wait_options::WEXITED | wait_options::WTRAPPED;
    let Some(change) = wait_for(cx, host_kind(kind), id as u64, options)? else {
        return Ok(0);
    };
    status.write_optional(&change.status())?;
    usage.write_optional(&change.usage)?;
    Ok(change.pid)
}

/// 4.3BSD's: the status is the second value.
pub fn owait(cx: &mut Cx) -> Return<Outcome> {
    let change = wait_for(cx, host_kind(idtype::P_ALL), 0, wait_options::WEXITED)?;
    Ok(change.map_or(Outcome::Two(0, 0), |change| {
        Outcome::Two(change.pid as u32, change.status() as u32)
    }))
}

pub fn wait6(
    cx: &mut Cx,
    kind: i32,
    id: i64,
    status: Out<i32>,
    options: u32,
    usage: Out<Wrusage>,
    info: Out<Siginfo>,
) -> Return<i32> {
    let change = match By::of(kind, id) {
        Some(by) => wait_by(cx, by, options)?,
        // WAIT_MYPGRP, as a process too.
        None if id == 0 && kind == idtype::P_PID => {
            wait_for(cx, host_kind(idtype::P_PGID), 0, options)?
        }
        None => wait_for(cx, host_kind(kind), id as u64, options)?,
    };
    report(change, status, usage, info)
}

pub fn pdwait(
    cx: &mut Cx,
    fd: Fd,
    status: Out<i32>,
    options: u32,
    usage: Out<Wrusage>,
    info: Out<Siginfo>,
) -> Return<i32> {
    let fd = fd.checked(cx)?;
    let change = wait_for(cx, HOST_P_PIDFD, fd, options)?;
    report(change, status, usage, info).map(|_| 0)
}

fn report(
    change: Option<Change>,
    status: Out<i32>,
    usage: Out<Wrusage>,
    info: Out<Siginfo>,
) -> Return<i32> {
    let Some(change) = change else {
        info.write_optional(&Siginfo::default())?;
        return Ok(0);
    };
    status.write_optional(&change.status())?;
    // The host counts a child and what it waited for together.
    usage.write_optional(&Wrusage {
        own: change.usage,
        children: Rusage::ZERO,
    })?;
    info.write_optional(&change.info)?;
    Ok(change.pid)
}

/// Whether process or thread `id` exists.
pub fn exists(id: i32) -> bool {
    // SAFETY: no pointers.
    let asked = unsafe { host::call_n(nr::kill, [id as u64, 0]) };
    asked != Err(host::HostErrno::ESRCH)
}
