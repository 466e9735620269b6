//! Signals: what is NetBSD's own of them (sys_sig.c).

use compat_bsd::abi::signal::Siginfo as FamilySiginfo;
use compat_bsd::calls::signal::{change_action, sigtimedwait};
use compat_tables::bsd::Errno;
use compat_tables::netbsd::signal::is_valid;
use compat_translate::Cx;
use compat_translate::guest::{self, In, InOut, Out};
use compat_translate::host::{self, nr};
use compat_translate::signal::SigInfo;
use zerocopy::FromZeros;

use crate::abi::signal::{Sigaction, Siginfo};
use crate::error::Return;
use crate::signals;

/// The oldest trampoline that gets a siginfo_t; those before it get a `struct sigcontext`.
const WITH_SIGINFO: i32 = 2;

pub(crate) fn __sigaction_sigtramp(
    cx: &mut Cx,
    signal: i32,
    new: In<Sigaction>,
    old: Out<Sigaction>,
    trampoline: u64,
    version: i32,
) -> Return<()> {
    const SIG_IGN: u64 = 1;
    let number = u8::try_from(signal)
        .ok()
        .filter(|&number| is_valid(number))
        .ok_or(Errno::EINVAL)?;
    let new = new.read_optional()?;
    if new.is_some_and(|new| new.handler > SIG_IGN) {
        if version >= WITH_SIGINFO && trampoline == 0 {
            return Err(Errno::EINVAL.into());
        }
        if version < WITH_SIGINFO {
            return Err(cx.gap(
                "__sigaction_sigtramp: a trampoline of before 2.0",
                Errno::EINVAL.into(),
            ));
        }
        signals::set_trampoline(number, trampoline);
    }
    let before = change_action(cx, signal, new.map(Into::into))?;
    old.write_optional(&before.into())?;
    Ok(())
}

/// The time that is left is not told, as in every NetBSD kernel.
pub(crate) fn ____sigtimedwait50(
    cx: &mut Cx,
    set: In<[u32; 4]>,
    info: Out<Siginfo>,
    timeout: InOut<[i64; 2]>,
) -> Return<i32> {
    let mut found = FamilySiginfo::default();
    let into = Out::new((&raw mut found) as u64);
    let signal = sigtimedwait(cx, set, into, In::new(timeout.address()))?;
    info.write_optional(&signals::siginfo(&found))?;
    Ok(signal)
}

/// kern_sigqueueinfo: only what a program may say of itself.
pub(crate) fn sigqueueinfo(cx: &mut Cx, pid: i32, info: In<Siginfo>) -> Return<()> {
    const SI_QUEUE: i32 = -1;
    let given = info.read()?;
    let _ = given.code;
    let signal = compat_bsd::calls::signal::host_signal_or_probe(cx, given.signo)?;
    let mut host_info = SigInfo {
        signo: signal as i32,
        code: SI_QUEUE,
        ..SigInfo::default()
    };
    host_info.fields[0] = given.reason.first;
    host_info.fields[1] = given.reason.second;
    let send = |pid: i32| {
        let args = [pid as u64, signal, (&raw const host_info) as u64];
        // SAFETY: a valid siginfo_t.
        unsafe { host::call_n(nr::rt_sigqueueinfo, args) }
    };
    if pid > 0 {
        send(pid)?;
        return Ok(());
    }
    // The host queues for one process only. Whoever the caller may not signal is left out (killpg1).
    let members = match pid {
        -1 => return Err(cx.gap("sigqueueinfo: to everybody", Errno::EPERM.into())),
        0 => group_of(0)?,
        group => group.wrapping_neg(),
    };
    let all = host::processes().into_iter();
    let reached = all
        .filter(|&pid| pid > 1 && group_of(pid) == Ok(members) && send(pid).is_ok())
        .count();
    match reached {
        0 => Err(Errno::ESRCH.into()),
        _ => Ok(()),
    }
}

/// The group of a process, of the caller's with 0.
fn group_of(pid: i32) -> host::HostResult<i32> {
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::getpgid, [pid as u64]) }.map(|group| group as i32)
}

/// Room for a structure of the family's that is told to the guest in NetBSD's layout.
pub(super) fn room<T: FromZeros>() -> T {
    T::new_zeroed()
}

/// Stores NetBSD's form of the family's `siginfo_t`.
pub(super) fn tell(info: Out<Siginfo>, found: &FamilySiginfo) -> Return<()> {
    if info.is_null() {
        return Ok(());
    }
    guest::write(info.address(), &signals::siginfo(found))?;
    Ok(())
}
