//! `kern.proc`: what is known of processes (kern_proc.c).

use alloc::string::String;
use alloc::vec::Vec;

use compat_bsd::processes::{
    Status, WHOLE, arguments, has_record, own_pid, program, runs_our_image,
};
use compat_tables::freebsd::{Errno, SysctlSource};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{self, process_file, process_stat, processes, threads_of};
use zerocopy::IntoBytes;

use super::kinfo::{EMULATION, kinfo, of_thread};
use super::{Request, files, mappings, release, terminated};
use crate::abi::user::{KinfoProc, KinfoSigtramp, SZOMB};
use crate::calls::limits;
use crate::calls::path::known_name;
use crate::error::Return;
use crate::image::Places;
use crate::{image, sigcode};

/// The process that the numbers behind a name ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Caller,
    Other(i32),
}

impl Who {
    /// `{pid}`; -1 is the caller.
    fn of(more: &[i32]) -> Return<Self> {
        let [pid] = *more else {
            return Err(Errno::EINVAL.into());
        };
        if pid == -1 || pid == own_pid() {
            return Ok(Self::Caller);
        }
        if pid > 0 && process_stat(pid).is_some() {
            Ok(Self::Other(pid))
        } else {
            Err(Errno::ESRCH.into())
        }
    }

    /// For `/proc`: 0 is the caller.
    fn host(self) -> i32 {
        match self {
            Self::Caller => 0,
            Self::Other(pid) => pid,
        }
    }

    /// For what only our image in a process knows.
    ///
    /// # Errors
    /// A gap for processes that another image runs; `EPERM` for programs of the host.
    fn runs_us(self, cx: &mut Cx, name: &'static str) -> Return<()> {
        match self {
            Self::Caller => Ok(()),
            Self::Other(pid) if runs_our_image(pid) => Ok(()),
            Self::Other(pid) if has_record(pid) => Err(cx.gap(name, Errno::EPERM.into())),
            Self::Other(_) => Err(Errno::EPERM.into()),
        }
    }
}

/// The value of one of the names below `kern.proc`.
pub(super) fn compute(
    cx: &mut Cx,
    source: SysctlSource,
    name: &'static str,
    more: &[i32],
    request: Request,
) -> Return<Vec<u8>> {
    use SysctlSource as S;
    match source {
        S::ProcAll if !more.is_empty() => Err(Errno::EINVAL.into()),
        // With threads, unlike the others without `_td` (sysctl_kern_proc).
        S::ProcAll => Ok(all(Each::Thread, request, |_| true)),
        S::ProcProc | S::ProcProcTd if more.len() > 1 => Err(Errno::EINVAL.into()),
        S::ProcProc => Ok(all(Each::Process, request, |_| true)),
        S::ProcProcTd => Ok(all(Each::Thread, request, |_| true)),
        S::ProcPid => one(more, request),
        S::ProcPidTd => threads(more, request),
        _ if choice(source).is_some() => {
            let [wanted] = *more else {
                return Err(Errno::EINVAL.into());
            };
            match choice(source) {
                Some((each, field)) => Ok(all(each, request, |info| field(info) == wanted)),
                None => Err(Errno::EINVAL.into()),
            }
        }
        S::ProcArgs => Who::of(more).map(|who| arguments(cx, who.host())),
        S::ProcPathname => pathname(cx, more),
        S::ProcSvName => Who::of(more).map(|_| terminated(EMULATION)),
        S::ProcGroups => Who::of(more).and_then(groups),
        S::ProcEnv => Who::of(more).and_then(environment),
        S::ProcAuxv => Who::of(more).and_then(|who| auxv(cx, who)),
        S::ProcPsStrings => {
            let places = Who::of(more).and_then(|who| places(cx, who, name))?;
            Ok(places.ps_strings.to_le_bytes().to_vec())
        }
        S::ProcSigtramp => Who::of(more).and_then(|who| sigtramp(cx, who)),
        S::ProcRlimit => rlimit(more),
        S::ProcUmask => Who::of(more).and_then(|who| {
            let status = Status::of(who.host()).ok_or(Errno::ESRCH)?;
            Ok(status.umask.to_le_bytes().to_vec())
        }),
        S::ProcOsrel => {
            Who::of(more).map(|who| release::of_program(cx, who.host()).to_le_bytes().to_vec())
        }
        S::ProcVmmap => Who::of(more).and_then(|who| mappings::of(who.host())),
        S::ProcFiledesc => Who::of(more).and_then(|who| files::all(cx, who.host())),
        S::ProcCwd => Who::of(more).and_then(|who| files::directory(who.host())),
        S::ProcNfds => Who::of(more).map(|who| descriptors(who).to_le_bytes().to_vec()),
        _ => Err(cx.gap(name, Errno::ENOENT.into())),
    }
}

/// Room for a few more, when only the size is asked for: processes come and go (sysctl_kern_proc).
fn padded(mut value: Vec<u8>, request: Request) -> Vec<u8> {
    if request.old == 0 {
        value.resize(value.len() + 5 * size_of::<KinfoProc>(), 0);
    }
    value
}

/// What gets a structure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Each {
    Process,
    Thread,
}

/// What of a process a request compares.
type Field = fn(&KinfoProc) -> i32;

/// The names that choose processes by a number: which one.
fn choice(source: SysctlSource) -> Option<(Each, Field)> {
    use SysctlSource as S;
    let each = match source {
        S::ProcPgrp
        | S::ProcSession
        | S::ProcTty
        | S::ProcUid
        | S::ProcRuid
        | S::ProcRgid
        | S::ProcGid => Each::Process,
        _ => Each::Thread,
    };
    let field: fn(&KinfoProc) -> i32 = match source {
        S::ProcPgrp | S::ProcPgrpTd => |info| info.pgid,
        S::ProcSession | S::ProcSessionTd => |info| info.sid,
        S::ProcTty | S::ProcTtyTd => |info| info.tdev_freebsd11 as i32,
        S::ProcUid | S::ProcUidTd => |info| info.uid as i32,
        S::ProcRuid | S::ProcRuidTd => |info| info.ruid as i32,
        S::ProcRgid | S::ProcRgidTd => |info| info.rgid as i32,
        S::ProcGid | S::ProcGidTd => |info| info.groups[0] as i32,
        _ => return None,
    };
    Some((each, field))
}

fn all(each: Each, request: Request, wanted: impl Fn(&KinfoProc) -> bool) -> Vec<u8> {
    let mut value = Vec::new();
    for info in processes().into_iter().filter_map(kinfo) {
        if !wanted(&info) {
            continue;
        }
        match each {
            Each::Process => value.extend_from_slice(info.as_bytes()),
            Each::Thread => push_threads(&info, &mut value),
        }
    }
    padded(value, request)
}

fn one(more: &[i32], request: Request) -> Return<Vec<u8>> {
    let [pid] = *more else {
        return Err(Errno::EINVAL.into());
    };
    let info = kinfo(pid).ok_or(Errno::ESRCH)?;
    Ok(padded(info.as_bytes().to_vec(), request))
}

/// One structure for each thread.
fn threads(more: &[i32], request: Request) -> Return<Vec<u8>> {
    let [pid] = *more else {
        return Err(Errno::EINVAL.into());
    };
    let mut value = Vec::new();
    push_threads(&kinfo(pid).ok_or(Errno::ESRCH)?, &mut value);
    Ok(padded(value, request))
}

fn push_threads(info: &KinfoProc, value: &mut Vec<u8>) {
    if info.numthreads == 1 || info.stat == SZOMB {
        value.extend_from_slice(info.as_bytes());
        return;
    }
    for tid in threads_of(info.pid) {
        if let Some(info) = of_thread(info, tid) {
            value.extend_from_slice(info.as_bytes());
        }
    }
}

fn pathname(cx: &Cx, more: &[i32]) -> Return<Vec<u8>> {
    let path = program(cx, Who::of(more)?.host())?;
    Ok(terminated(&named(&path)))
}

/// What the guest calls a file of the host; nothing for one it has no name for.
pub(super) fn named(path: &[u8]) -> Vec<u8> {
    known_name(path).unwrap_or_default()
}

fn groups(who: Who) -> Return<Vec<u8>> {
    let status = Status::of(who.host()).ok_or(Errno::ESRCH)?;
    let groups = status.all_groups();
    Ok(groups
        .iter()
        .flat_map(|group| group.to_le_bytes())
        .collect())
}

fn environment(who: Who) -> Return<Vec<u8>> {
    Ok(process_file(who.host(), "environ", WHOLE)?)
}

/// Where a process's argument block lies.
fn places(cx: &mut Cx, who: Who, name: &'static str) -> Return<Places> {
    who.runs_us(cx, name)?;
    Ok(match who {
        Who::Caller => image::places(),
        Who::Other(pid) => image::places_of(pid)?,
    })
}

fn auxv(cx: &mut Cx, who: Who) -> Return<Vec<u8>> {
    /// More than any vector has.
    const LONGEST: u64 = 4096;
    let places = places(cx, who, "kern.proc.auxv")?;
    let mut vector = alloc::vec![0; places.auxv_len.min(LONGEST) as usize];
    match who {
        Who::Caller => guest::read_bytes(places.auxv, &mut vector)?,
        Who::Other(pid) => host::read_process(pid, places.auxv, &mut vector)?,
    }
    Ok(vector)
}

fn sigtramp(cx: &mut Cx, who: Who) -> Return<Vec<u8>> {
    who.runs_us(cx, "kern.proc.sigtramp")?;
    let start = match who {
        Who::Caller => sigcode::SIGCODE.address()?,
        Who::Other(pid) => sigcode::SIGCODE.address_in(pid)?,
    };
    let end = match start {
        0 => 0,
        start => start + sigcode::SIGCODE.code().len() as u64,
    };
    let found = KinfoSigtramp {
        start,
        end,
        spare: [0; 4],
    };
    Ok(found.as_bytes().to_vec())
}

fn rlimit(more: &[i32]) -> Return<Vec<u8>> {
    let [pid, which] = *more else {
        return Err(Errno::EINVAL.into());
    };
    let who = Who::of(&[pid])?;
    Ok(limits::limit_of(who.host(), which)?.as_bytes().to_vec())
}

fn descriptors(who: Who) -> i32 {
    let path = match who {
        Who::Caller => String::from("/proc/self/fd\0"),
        Who::Other(pid) => alloc::format!("/proc/{pid}/fd\0"),
    };
    core::ffi::CStr::from_bytes_with_nul(path.as_bytes())
        .ok()
        .and_then(|path| host::numbers_in(path).ok())
        // Without the one the directory was read by.
        .map_or(0, |numbers| {
            numbers
                .len()
                .saturating_sub(usize::from(who == Who::Caller)) as i32
        })
}

/// setproctitle(3): a process may give itself new arguments.
pub(super) fn set_arguments(cx: &Cx, more: &[i32], request: Request) -> Return<()> {
    /// kern.ps_arg_cache_limit.
    const LONGEST: u64 = 4096;
    if Who::of(more)? != Who::Caller {
        return Err(Errno::EPERM.into());
    }
    if request.new_len > LONGEST {
        return Err(Errno::ENOMEM.into());
    }
    let mut text = alloc::vec![0; request.new_len as usize];
    guest::read_bytes(request.new, &mut text)?;
    let text = text.strip_suffix(&[0]).unwrap_or(&text);
    *cx.process().arguments.lock() = text.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect();
    Ok(())
}
