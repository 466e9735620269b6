//! The kernel's odds and ends: its environment, its logs and marks on processes that nothing here reads.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::kenv_action::{
    KENV_DUMP, KENV_DUMP_LOADER, KENV_DUMP_STATIC, KENV_GET, KENV_SET, KENV_UNSET,
};
use compat_translate::guest::{self, In};
use compat_translate::host::{self, HostErrno, nr};
use compat_translate::{Cx, Outcome, signal};

use super::{ids, process};
use crate::error::Return;
use crate::signals;
use crate::signals::number::{SIGABRT, SIGKILL};

/// The kernel environment is empty, and closed to everybody (sys_kenv).
pub(crate) fn kenv(_cx: &mut Cx, what: i32, name: u64, _value: u64, _len: i32) -> Return<i32> {
    const KENV_MNAMELEN: usize = 128;
    if matches!(what, KENV_DUMP | KENV_DUMP_LOADER | KENV_DUMP_STATIC) {
        return Ok(0);
    }
    if matches!(what, KENV_SET | KENV_UNSET) {
        return Err(Errno::EPERM.into());
    }
    guest::read_string(name, KENV_MNAMELEN + 1)?;
    match what {
        KENV_GET => Err(Errno::ENOENT.into()),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// The list of what was loaded into the kernel is empty (sys_kldnext).
pub(crate) fn kldnext(_cx: &mut Cx, file: i32) -> Return<i32> {
    if file == 0 {
        Ok(0)
    } else {
        Err(Errno::ENOENT.into())
    }
}

/// There is one routing table (sys_setfib).
pub(crate) fn setfib(_cx: &mut Cx, number: i32) -> Return<()> {
    if number == 0 {
        Ok(())
    } else {
        Err(Errno::EINVAL.into())
    }
}

/// Goes into a trace of the process, and nobody takes one (sys_utrace).
pub(crate) fn utrace(_cx: &mut Cx, _address: u64, _length: u64) -> Return<()> {
    Ok(())
}

/// FreeBSD 15's way to say more about errors than their number. Accepted and never made use of: libc's start-up code
/// asks for it (sys_exterrctl).
pub(crate) fn exterrctl(_cx: &mut Cx, operation: u32, flags: u32, record: u64) -> Return<()> {
    const EXTERRCTL_ENABLE: u32 = 1;
    const EXTERRCTL_DISABLE: u32 = 2;
    const EXTERRCTLF_FORCE: u32 = 1;
    match operation {
        EXTERRCTL_ENABLE if flags & !EXTERRCTLF_FORCE == 0 => {
            // Its version.
            guest::load_u32(record)?;
            Ok(())
        }
        EXTERRCTL_DISABLE if flags == 0 => Ok(()),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// Ends the process, having said why (sys_abort2). FreeBSD says it in the system's log.
pub(crate) fn abort2(cx: &mut Cx, why: u64, count: i32, arguments: In<u64>) -> Return<Outcome> {
    const REASON: usize = 128;
    const ARGUMENTS: usize = 16;
    let reason = if why == 0 {
        Ok(b"(null)".to_vec())
    } else {
        guest::read_string(why, REASON)
    };
    let arguments = usize::try_from(count)
        .map_err(|_| HostErrno::EINVAL)
        .and_then(|count| arguments.read_array(count, ARGUMENTS));
    // SAFETY: no arguments.
    let pid = unsafe { host::call_n(nr::getpid, []) }.unwrap_or_default();
    let mut text = format!("(pid {pid} uid {}) aborted: ", ids::real_user());
    let signal = match (reason, arguments) {
        (Ok(reason), Ok(arguments)) => {
            text.push_str(&String::from_utf8_lossy(&reason));
            for (index, argument) in arguments.iter().enumerate() {
                let before = if index == 0 { "(" } else { ", " };
                let _ = write!(text, "{before}{argument:#x}");
            }
            if !arguments.is_empty() {
                text.push(')');
            }
            SIGABRT
        }
        _ => {
            text.push_str("(Reason text inaccessible)");
            SIGKILL
        }
    };
    text.push('\n');
    host::write_stderr(text.as_bytes());
    process::report_gaps(cx);
    signal::die_by(signals::to_host(signal).unwrap_or(SIGKILL))
}
