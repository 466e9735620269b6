//! Signals: dispositions, masks, sending, waiting (kern_sig.c).

use crate::abi::signal::{
    MINSIGSTKSZ, SA_NOCLDSTOP, SA_NOCLDWAIT, SA_NODEFER, SA_ONSTACK, SA_RESETHAND, SA_RESTART,
    SA_SIGINFO, SS_DISABLE, SS_ONSTACK, Sigaction, Siginfo, Stack,
};
use crate::error::Return;
use crate::signals::number::{SIGCHLD, SIGKILL, SIGSTOP, SIGSYS};
use crate::signals::{self, siginfo_to_guest};
use crate::system::{errno_number, personality};
use compat_tables::bsd::Errno;
use compat_translate::guest::{self, In, Out};
use compat_translate::host::{self, HostErrno, HostResult, Timespec, nr};
use compat_translate::signal::{
    Action, DefaultAction, Disposition, SigInfo, SigSet, current_action, held, host_mask,
    install_guest_mask, release_held, set_action, signal_self, take_held, while_blocked,
};
use compat_translate::task::current;
use compat_translate::trap::UNSERVED;
use compat_translate::{Cx, Outcome, Progress};

const SIG_DFL: u64 = 0;
const SIG_IGN: u64 = 1;

fn signal_number(raw: i32) -> Return<u8> {
    u8::try_from(raw)
        .ok()
        .filter(|signal| (1..=128).contains(signal))
        .ok_or(Errno::EINVAL.into())
}

/// The set without the signals that nobody can block.
pub fn blockable(set: SigSet) -> SigSet {
    set.minus(SigSet::of(SIGKILL)).minus(SigSet::of(SIGSTOP))
}

fn action_to_guest(signal: u8, action: Action) -> Sigaction {
    let handler = match action.disposition {
        Disposition::Default => SIG_DFL,
        Disposition::Ignore => SIG_IGN,
        Disposition::Handler(address) => address,
    };
    let child = signal == SIGCHLD;
    let flags = [
        (action.on_stack, SA_ONSTACK),
        (action.restart, SA_RESTART),
        (action.reset, SA_RESETHAND),
        (child && action.no_child_stop, SA_NOCLDSTOP),
        (action.no_defer, SA_NODEFER),
        (child && action.no_child_wait, SA_NOCLDWAIT),
        (action.info, SA_SIGINFO),
    ];
    let flags = flags
        .iter()
        .filter(|(on, _)| *on)
        .fold(0, |all, (_, bit)| all | bit);
    Sigaction {
        handler,
        flags,
        mask: action.mask.words(),
        pad: 0,
    }
}

const SA_ALL: u32 =
    SA_ONSTACK | SA_RESTART | SA_RESETHAND | SA_NOCLDSTOP | SA_NODEFER | SA_NOCLDWAIT | SA_SIGINFO;

/// kern_sigaction: flags matter to a handler only, but they are remembered.
fn action_from_guest(action: Sigaction) -> Return<Action> {
    let has = |bit: u32| action.flags & bit != 0;
    let handled = !matches!(action.handler, SIG_DFL | SIG_IGN);
    if handled && action.flags & !SA_ALL != 0 {
        return Err(Errno::EINVAL.into());
    }
    Ok(action_with(action, handled, &has))
}

fn action_with(action: Sigaction, handled: bool, has: &dyn Fn(u32) -> bool) -> Action {
    Action {
        disposition: match action.handler {
            SIG_DFL => Disposition::Default,
            SIG_IGN => Disposition::Ignore,
            address => Disposition::Handler(address),
        },
        mask: blockable(SigSet::from_words(action.mask)),
        on_stack: has(SA_ONSTACK),
        restart: has(SA_RESTART),
        reset: has(SA_RESETHAND),
        no_defer: has(SA_NODEFER),
        info: handled && has(SA_SIGINFO),
        no_child_stop: has(SA_NOCLDSTOP),
        no_child_wait: has(SA_NOCLDWAIT),
    }
}

pub fn sigaction(cx: &mut Cx, signal: i32, new: In<Sigaction>, old: Out<Sigaction>) -> Return<()> {
    let new = new.read_optional()?;
    let before = change_action(cx, signal, new)?;
    old.write_optional(&before)?;
    Ok(())
}

/// kern_sigaction: the action before.
pub fn change_action(cx: &mut Cx, signal: i32, new: Option<Sigaction>) -> Return<Sigaction> {
    let signal = signal_number(signal)?;
    let before = current_action(cx.process(), signal);
    if let Some(new) = new {
        let action = action_from_guest(new)?;
        if matches!(signal, SIGKILL | SIGSTOP) && action.disposition != Disposition::Default {
            return Err(Errno::EINVAL.into());
        }
        set_action(cx.process(), signal, action)?;
    }
    Ok(action_to_guest(signal, before))
}

pub const SIG_BLOCK: i32 = 1;
pub const SIG_UNBLOCK: i32 = 2;
pub const SIG_SETMASK: i32 = 3;

pub fn sigprocmask(cx: &mut Cx, how: i32, set: In<[u32; 4]>, old: Out<[u32; 4]>) -> Return<()> {
    let before = cx.thread.mask.get();
    if let Some(words) = set.read_optional()? {
        let set = SigSet::from_words(words);
        let wanted = match how {
            SIG_BLOCK => before.union(set),
            SIG_UNBLOCK => before.minus(set),
            SIG_SETMASK => set,
            _ => return Err(Errno::EINVAL.into()),
        };
        cx.change_mask(blockable(wanted))?;
    }
    old.write_optional(&before.words())?;
    Ok(())
}

/// [`sigprocmask`] that changes nothing (see [`compat_translate::trap::Express`]).
pub extern "C" fn quick_sigprocmask(how: u64, set: u64, old: u64) -> u64 {
    let before = current().mask.get();
    if set != 0 {
        let Ok(words) = guest::read(set) else {
            return UNSERVED;
        };
        let set = SigSet::from_words(words);
        let wanted = match how as i32 {
            SIG_BLOCK => before.union(set),
            SIG_UNBLOCK => before.minus(set),
            SIG_SETMASK => set,
            _ => return UNSERVED,
        };
        if blockable(wanted) != before {
            return UNSERVED;
        }
    }
    if old != 0 && guest::write(old, &before.words()).is_err() {
        return UNSERVED;
    }
    0
}

pub fn sigpending(cx: &mut Cx, set: Out<[u32; 4]>) -> Return<()> {
    set.write(&pending(cx)?.words())?;
    Ok(())
}

/// The guest signals that wait for the calling thread or its process.
pub fn pending(cx: &Cx) -> Return<SigSet> {
    let mut pending = 0u64;
    // SAFETY: `pending` is a valid 8-byte mask.
    unsafe { host::call_n(nr::rt_sigpending, [(&raw mut pending) as u64, 8]) }?;
    Ok((1..=64)
        .filter(|&signal| pending & (1 << (signal - 1)) != 0)
        .filter_map(signals::from_host)
        .fold(held(cx.thread), |set, signal| set.union(SigSet::of(signal))))
}

/// Goes on with the registers that `take` puts into the frame, and with `mask` (sys_sigreturn, setucontext). A signal that
/// waits already comes first, at the call, because none may behind a mask that blocks it.
///
/// # Errors
/// As `take`, and then nothing has changed; `EINTR` when a signal comes first: the call is made again after it.
pub fn go_on_at(
    cx: &mut Cx,
    mask: SigSet,
    take: impl FnOnce(&mut Cx) -> HostResult<()>,
) -> Return<Outcome> {
    let before = cx.thread.mask.get();
    cx.change_mask(blockable(mask))?;
    if let Err(error) = take(cx) {
        install_guest_mask(cx.thread, cx.frame, before);
        return Err(error.into());
    }
    Ok(Outcome::Replaced)
}

pub fn sigsuspend(cx: &mut Cx, set: In<[u32; 4]>) -> Return<()> {
    let wanted = SigSet::from_words(set.read()?);
    suspend(cx, wanted)
}

/// Makes a host call that sleeps with `wanted` as its mask, and whose handlers leave the mask before it behind:
/// `sigsuspend`, `pselect`, `ppoll` (TDP_OLDMASK). `wait` gets the host's mask.
pub fn with_mask(
    cx: &mut Cx,
    wanted: SigSet,
    wait: impl FnOnce(&mut Cx, &u64) -> HostResult,
) -> HostResult {
    let wanted = blockable(wanted);
    let before = cx.thread.mask.get();
    cx.never_restart = true;
    // The handler runs with `wanted` as its base mask.
    cx.thread.mask.set(wanted);
    cx.thread.saved_mask.set(Some(before));
    if release_held(cx.thread) {
        cx.progress = Progress::Made;
    }
    let result = wait(cx, &host_mask(wanted));
    if result != Err(HostErrno::EINTR) || !cx.thread.signal_waiting() {
        cx.thread.saved_mask.set(None);
        cx.thread.mask.set(before);
    }
    result
}

/// kern_sigsuspend.
pub fn suspend(cx: &mut Cx, wanted: SigSet) -> Return<()> {
    with_mask(cx, wanted, |cx, mask| {
        let mask = core::ptr::from_ref(mask) as u64;
        // SAFETY: a valid 8-byte mask.
        unsafe { cx.host(nr::rt_sigsuspend, [mask, 8, 0, 0, 0, 0]) }
    })?;
    Ok(())
}

pub fn sigaltstack(cx: &mut Cx, new: In<Stack>, old: Out<Stack>) -> Return<()> {
    let before = signals::alternate_stack(cx.thread, cx.frame.regs.rsp);
    if let Some(stack) = new.read_optional()? {
        if before.flags & SS_ONSTACK != 0 {
            return Err(Errno::EPERM.into());
        }
        if stack.flags & !SS_DISABLE != 0 {
            return Err(Errno::EINVAL.into());
        }
        if stack.flags & SS_DISABLE != 0 {
            // Disabling forgets nothing.
            cx.thread.alternate.set((before.sp, before.size, false));
        } else if stack.size < MINSIGSTKSZ {
            return Err(Errno::ENOMEM.into());
        } else {
            cx.thread.alternate.set((stack.sp, stack.size, true));
        }
    }
    old.write_optional(&before)?;
    Ok(())
}

pub fn host_signal_or_probe(cx: &mut Cx, signal: i32) -> Return<u64> {
    if signal == 0 {
        return Ok(0);
    }
    // Numbers FreeBSD accepts and the host has no signal for cannot be carried between processes.
    signals::to_host(signal_number(signal)?)
        .map(u64::from)
        .ok_or_else(|| {
            cx.gap(
                "a signal that Linux has no number for",
                Errno::EINVAL.into(),
            )
        })
}

pub fn kill(cx: &mut Cx, pid: i32, signal: i32) -> Return<()> {
    let signal = host_signal_or_probe(cx, signal)?;
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::kill, [i64::from(pid) as u64, signal]) }?;
    Ok(())
}

/// -1 is every thread of the process but the caller's.
pub fn send_to_thread(cx: &mut Cx, pid: i32, id: i64, signal: i32) -> Return<()> {
    // A thread that is not there matters more than a signal that is none.
    let send = |tid: i32, signal: u64| compat_translate::signal::send_to_thread(pid, tid, signal);
    if id != -1 {
        let tid = i32::try_from(id).ok().filter(|&tid| tid > 0 && pid > 0);
        let tid = tid.ok_or(Errno::ESRCH)?;
        send(tid, 0)?;
        send(tid, host_signal_or_probe(cx, signal)?)?;
        return Ok(());
    }
    let signal = host_signal_or_probe(cx, signal)?;
    // SAFETY: no arguments.
    let own = unsafe { host::call_n(nr::gettid, []) }? as i32;
    let mut sent = Err(HostErrno::ESRCH);
    for tid in host::threads_of(pid).into_iter().filter(|&tid| tid != own) {
        sent = send(tid, signal).or(sent);
    }
    sent?;
    Ok(())
}

pub fn sigqueue(cx: &mut Cx, pid: i32, signal: i32, value: u64) -> Return<()> {
    queue(cx, pid, signal, value, false)
}

/// The same, to a thread of the calling process instead when it is `to_thread`.
pub fn queue(cx: &mut Cx, id: i32, signal: i32, value: u64, to_thread: bool) -> Return<()> {
    let host_signal = host_signal_or_probe(cx, signal)?;
    if id <= 0 {
        // FreeBSD: the pid of one process only.
        return Err(Errno::EINVAL.into());
    }
    let mut info = SigInfo {
        signo: host_signal as i32,
        code: -1,
        ..SigInfo::default()
    };
    // SAFETY: no pointers, then a valid siginfo_t.
    unsafe {
        let own = host::call_n(nr::getpid, [])?;
        let uid = host::call_n(nr::getuid, [])?;
        info.fields = core::array::from_fn(|index| match index {
            0 => own | (uid << 32),
            1 => value,
            _ => 0,
        });
        let info = (&raw const info) as u64;
        match to_thread {
            true if signals::to_host(SIGSYS).map(u64::from) == Some(host_signal) => {
                // One that waits would swallow that of a call: it goes by another way, without its value.
                return Ok(compat_translate::signal::send_to_thread(
                    own as i32,
                    id,
                    host_signal,
                )?);
            }
            true => host::call_n(nr::rt_tgsigqueueinfo, [own, id as u64, host_signal, info]),
            false => host::call_n(nr::rt_sigqueueinfo, [id as u64, host_signal, info]),
        }?;
    }
    Ok(())
}

/// Waits for one of `set`; the guest's signal number and information.
fn wait_for(
    cx: &mut Cx,
    set: SigSet,
    timeout: Option<Timespec>,
) -> Result<(u8, Siginfo), HostErrno> {
    // Without a timeout nothing is lost by starting over (kern_sigtimedwait).
    cx.never_restart = timeout.is_some();
    if let Some((signal, info)) = take_held(cx.thread, set) {
        return found(signal, &info);
    }
    let mask = host_mask(set);
    let mut info = SigInfo::default();
    let timeout_at = timeout
        .as_ref()
        .map_or(0, |timeout| core::ptr::from_ref(timeout) as u64);
    let args = [
        (&raw const mask) as u64,
        (&raw mut info) as u64,
        timeout_at,
        8,
        0,
        0,
    ];
    let deadly = set.iter().filter(|&signal| ends_process(cx, signal));
    let deadly = deadly.fold(SigSet::EMPTY, |set, signal| set.union(SigSet::of(signal)));
    let signal = while_blocked(cx, deadly, |cx| {
        // SAFETY: valid mask, siginfo_t and timespec.
        unsafe { cx.host(nr::rt_sigtimedwait, args) }
    })? as u8;
    found(signal, &info)
}

/// Whether the signal, sent to this process, would end it. Who waits for it gets it all the same (kern_sigtimedwait, NetBSD's
/// sigunwait).
fn ends_process(cx: &Cx, signal: u8) -> bool {
    !cx.thread.mask.get().has(signal)
        && current_action(cx.process(), signal).disposition == Disposition::Default
        && matches!(
            (personality().default_action)(signal),
            DefaultAction::Terminate | DefaultAction::Core
        )
}

fn found(signal: u8, info: &SigInfo) -> Result<(u8, Siginfo), HostErrno> {
    let guest = signals::from_host(signal).ok_or(HostErrno::EINVAL)?;
    Ok((guest, siginfo_to_guest(guest, info, None)))
}

/// 4.3BSD's signal for a group.
pub fn okillpg(cx: &mut Cx, group: i32, signal: i32) -> Return<()> {
    match group {
        0 => kill(cx, 0, signal),
        // Minus one would mean everybody to the host; the group of the first process is not the guest's to signal.
        1 => Err(Errno::EPERM.into()),
        2.. => kill(cx, -group, signal),
        _ => Err(Errno::ESRCH.into()),
    }
}

pub fn sigtimedwait(
    cx: &mut Cx,
    set: In<[u32; 4]>,
    info: Out<Siginfo>,
    timeout: In<[i64; 2]>,
) -> Return<i32> {
    let set = SigSet::from_words(set.read()?);
    // What is pending already comes before a timeout that has passed or makes no sense (kern_sigtimedwait).
    let timeout = timeout.read_optional()?;
    let sensible = timeout.is_none_or(|[_, nsec]| (0..1_000_000_000).contains(&nsec));
    let timeout = timeout.map(|[sec, nsec]| {
        if sensible && sec >= 0 {
            Timespec { sec, nsec }
        } else {
            Timespec::default()
        }
    });
    let (signal, found) = wait_for(cx, set, timeout).map_err(|error| match error {
        HostErrno::EAGAIN if !sensible => HostErrno::EINVAL,
        error => error,
    })?;
    info.write_optional(&found)?;
    Ok(i32::from(signal))
}

pub fn sigwaitinfo(cx: &mut Cx, set: In<[u32; 4]>, info: Out<Siginfo>) -> Return<i32> {
    let set = SigSet::from_words(set.read()?);
    let (signal, found) = wait_for(cx, set, None)?;
    info.write_optional(&found)?;
    Ok(i32::from(signal))
}

/// Returns the error number as its value, with the carry flag clear (sys_sigwait).
pub fn sigwait(cx: &mut Cx, set: In<[u32; 4]>, signal: Out<i32>) -> Return<i32> {
    let result = set
        .read()
        .and_then(|words| wait_for(cx, SigSet::from_words(words), None));
    let result = result.and_then(|(found, _)| signal.write(&i32::from(found)));
    match result {
        Ok(()) => Ok(0),
        // Starts over when it can; otherwise "interrupted" is a value like the others (for programs since FreeBSD 7).
        Err(HostErrno::EINTR) if cx.starts_over() => Err(Errno::EINTR.into()),
        Err(error) => Ok(i32::from(errno_number(Errno::from_host(error.0)))),
    }
}

/// What the kernel sends for a call that does not exist.
pub fn send_sigsys(cx: &mut Cx) {
    let action = current_action(cx.process(), SIGSYS);
    if action.disposition == Disposition::Default && !cx.thread.mask.get().has(SIGSYS) {
        super::process::report_gaps(cx);
    }
    let Some(host_signal) = signals::to_host(SIGSYS) else {
        return;
    };
    /// `SI_KERNEL`.
    const FROM_KERNEL: i32 = 0x80;
    let info = SigInfo {
        signo: i32::from(host_signal),
        code: FROM_KERNEL,
        ..SigInfo::default()
    };
    // One number's place in the queue is always free.
    let _ = signal_self(cx.thread, host_signal, &info);
}
