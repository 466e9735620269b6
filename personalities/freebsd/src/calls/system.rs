//! The kernel's odds and ends: its environment, its logs and marks on processes that nothing here reads.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
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

/// Switching it off is all that can be had (sys_profil).
pub(crate) fn profil(
    cx: &mut Cx,
    _samples: u64,
    _size: u64,
    _offset: u64,
    scale: u32,
) -> Return<()> {
    match scale {
        0 => Ok(()),
        1..=0x1_0000 => Err(cx.gap("profil: sampling the program counter", Errno::ENOSYS.into())),
        _ => Err(Errno::EINVAL.into()),
    }
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

/// Identifiers made of the time and a node, here a random one (kern_uuidgen).
pub(crate) fn uuidgen(_cx: &mut Cx, store: u64, count: i32) -> Return<()> {
    const LIMIT: i32 = 2048;
    /// From the Gregorian reform to 1970, in units of 100 ns.
    const EPOCH: u64 = 0x01b2_1dd2_1381_4000;
    if !(1..=LIMIT).contains(&count) {
        return Err(Errno::EINVAL.into());
    }
    // Sequence number and node: fresh ones each time need no memory of the last.
    let mut rest = [0u8; 8];
    // SAFETY: `rest` is valid for writing.
    unsafe { host::call_n(nr::getrandom, [rest.as_mut_ptr() as u64, 8, 0]) }?;
    let [variant, _, node, ..] = &mut rest;
    *variant = (*variant & 0x3f) | 0x80;
    // A multicast address, which no network card has.
    *node |= 1;
    let now = host::vdso::clock_gettime(0).unwrap_or_default();
    let start = EPOCH.wrapping_add(now.as_nanos() as u64 / 100);
    let identifiers: Vec<u8> = (0..count as u64)
        .flat_map(|index| uuid(start.wrapping_add(index), rest))
        .collect();
    guest::write_bytes(store, &identifiers)?;
    Ok(())
}

/// `struct uuid` of version 1: the time's low, middle and high parts, each in the machine's order, then the rest.
fn uuid(time: u64, rest: [u8; 8]) -> [u8; 16] {
    let high = (time >> 48) & 0xfff | 1 << 12;
    let head = (time & 0xffff_ffff_ffff) | high << 48;
    let mut bytes = [0; 16];
    for (slot, byte) in bytes
        .iter_mut()
        .zip(head.to_le_bytes().into_iter().chain(rest))
    {
        *slot = byte;
    }
    bytes
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_time_and_version() {
        let made = uuid(0x0abc_def0_1234_5678, [0x80, 1, 3, 4, 5, 6, 7, 8]);
        assert_eq!(
            made,
            [
                0x78, 0x56, 0x34, 0x12, 0xf0, 0xde, 0xbc, 0x1a, 0x80, 1, 3, 4, 5, 6, 7, 8
            ]
        );
    }
}
