//! What each guest signal does, and the host disposition that makes it so.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use super::handler::{compat_signal_entry, compat_signal_return};
use super::host_signal::{SIGBUS, SIGKILL, SIGSEGV, SIGSTKFLT, SIGSTOP, SIGSYS};
use super::{NEVER_BLOCKED, SigSet, context::KernelAction};
use crate::host::{self, HostErrno, HostResult, nr};
use crate::personality::attached;
use crate::task::Process;

/// What a signal does when nobody handles it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DefaultAction {
    /// The process ends.
    Terminate,
    /// The process ends with a core file.
    Core,
    /// Nothing.
    Ignore,
    /// The process stops.
    Stop,
    /// A stopped process goes on.
    Continue,
}

/// `sa_handler`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Disposition {
    /// `SIG_DFL`.
    #[default]
    Default,
    /// `SIG_IGN`.
    Ignore,
    /// A guest function.
    Handler(u64),
}

/// A guest signal's action. The flags are spelled out, so that no guest's numbers appear here.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "one per SA_ flag")]
pub struct Action {
    /// Handler, default or ignore.
    pub disposition: Disposition,
    /// Blocked while the handler runs.
    pub mask: SigSet,
    /// `SA_ONSTACK`.
    pub on_stack: bool,
    /// `SA_RESTART`.
    pub restart: bool,
    /// `SA_RESETHAND`.
    pub reset: bool,
    /// `SA_NODEFER`.
    pub no_defer: bool,
    /// `SA_SIGINFO`.
    pub info: bool,
    /// `SA_NOCLDSTOP`.
    pub no_child_stop: bool,
    /// `SA_NOCLDWAIT`.
    pub no_child_wait: bool,
}

/// The actions of a process, by guest signal in ascending order. A missing one is "as inherited through exec", which the
/// host knows.
#[derive(Clone, Default)]
pub struct Actions(Vec<(u8, Action)>);

impl Actions {
    fn get(&self, signal: u8) -> Option<Action> {
        let place = self.place(signal).ok()?;
        self.0.get(place).map(|&(_, action)| action)
    }

    fn place(&self, signal: u8) -> Result<usize, usize> {
        self.0.binary_search_by_key(&signal, |&(known, _)| known)
    }

    /// Makes every handler the default action. The host still calls us for these signals, which then do what they do by
    /// default.
    pub(crate) fn drop_handlers(&mut self) {
        for (_, action) in &mut self.0 {
            if matches!(action.disposition, Disposition::Handler(_)) {
                action.disposition = Disposition::Default;
            }
        }
    }

    fn set(&mut self, signal: u8, action: Action) {
        match self.place(signal) {
            Ok(place) => {
                if let Some((_, known)) = self.0.get_mut(place) {
                    *known = action;
                }
            }
            Err(place) => self.0.insert(place, (signal, action)),
        }
    }
}

/// Guest signals that a kernel object counts (`EVFILT_SIGNAL`), and how to tell it. One watcher a process.
pub type SignalWatch = fn(&Process, u8);

/// Bit sets of watched guest signals (two words of 64).
static WATCHED: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
static WATCHER: core::sync::atomic::AtomicUsize = core::sync::atomic::AtomicUsize::new(0);

/// From now on every arrival of guest signal `signal` calls `watcher`, even when the signal is ignored.
///
/// # Errors
/// `EINVAL` for a signal the host cannot carry.
pub fn watch(process: &Process, signal: u8, watcher: SignalWatch) -> HostResult<()> {
    WATCHER.store(watcher as usize, Ordering::Release);
    let index = usize::from(signal.saturating_sub(1));
    WATCHED
        .get(index / 64)
        .ok_or(HostErrno::EINVAL)?
        .fetch_or(1 << (index % 64), Ordering::AcqRel);
    let action = current_action(process, signal);
    apply(signal, action)
}

/// Whether a kernel object counts any signal.
pub(super) fn any_watched() -> bool {
    WATCHED.iter().any(|word| word.load(Ordering::Acquire) != 0)
}

/// Whether a kernel object counts `signal`.
pub(super) fn watched(signal: u8) -> bool {
    let index = usize::from(signal.saturating_sub(1));
    WATCHED
        .get(index / 64)
        .is_some_and(|word| word.load(Ordering::Acquire) & (1 << (index % 64)) != 0)
}

/// Tells the watcher, if any, of an arrival.
pub(super) fn tell_watcher(process: &Process, signal: u8) {
    let watcher = WATCHER.load(Ordering::Acquire);
    if watcher != 0 && watched(signal) {
        // SAFETY: only `watch` stores there, and only functions of this type.
        let watcher = unsafe { core::mem::transmute::<usize, SignalWatch>(watcher) };
        watcher(process, signal);
    }
}

/// The action of guest signal `signal`.
pub fn current_action(process: &Process, signal: u8) -> Action {
    let mut actions = process.actions.lock();
    if let Some(action) = actions.get(signal) {
        return action;
    }
    // Nothing set since the image began: only "ignored" survives exec, and the host remembers that, but for the signals that
    // are ours: what they were was noted then.
    // The BSDs note which signals interrupt calls, not which restart them: an action that nobody set restarts.
    let mut action = Action {
        restart: true,
        ..Action::default()
    };
    let host = attached().and_then(|personality| (personality.signal_to_host)(signal));
    if let Some(host) = host.filter(|&host| !always_ours(host)) {
        let mut found = KernelAction::default();
        let args = [u64::from(host), 0, (&raw mut found) as u64, 8];
        // SAFETY: `found` is a valid kernel_sigaction.
        let asked = unsafe { host::call_n(nr::rt_sigaction, args) };
        if asked.is_ok() && found.handler == 1 {
            action.disposition = Disposition::Ignore;
        }
    }
    actions.set(signal, action);
    action
}

/// Notes what the host did with guest signal `signal` when the image began: only "ignored" survives `execve`.
pub(super) fn note_inherited(process: &Process, signal: u8, ignored: bool) {
    let disposition = if ignored {
        Disposition::Ignore
    } else {
        Disposition::Default
    };
    let action = Action {
        disposition,
        // See `current_action`.
        restart: true,
        ..Action::default()
    };
    process.actions.lock().set(signal, action);
}

/// Sets the action of guest signal `signal`; returns the one before.
///
/// # Errors
/// `EINVAL` from the host for a signal that cannot be caught.
pub fn set_action(process: &Process, signal: u8, action: Action) -> HostResult<Action> {
    let before = current_action(process, signal);
    process.actions.lock().set(signal, action);
    apply(signal, action)?;
    Ok(before)
}

/// Whether a signal of the host's has our handler whatever the guest does.
pub(super) fn always_ours(host: u8) -> bool {
    matches!(host, SIGSEGV | SIGBUS | SIGSTKFLT | SIGSYS)
}

/// Makes the host's disposition fit the guest's.
pub(super) fn apply(signal: u8, action: Action) -> HostResult<()> {
    let Some(personality) = attached() else {
        return Ok(());
    };
    let Some(host) = (personality.signal_to_host)(signal) else {
        return Ok(());
    };
    // Ours whatever the guest does, or never anybody's.
    if always_ours(host) || matches!(host, SIGKILL | SIGSTOP) {
        return Ok(());
    }
    let wanted = match action.disposition {
        _ if watched(signal) => ours(action),
        Disposition::Handler(_) => ours(action),
        Disposition::Ignore => KernelAction {
            handler: 1,
            ..flags_only(action)
        },
        Disposition::Default if ignored_in_place((personality.default_action)(signal), host) => {
            KernelAction {
                handler: 1,
                ..flags_only(action)
            }
        }
        Disposition::Default => flags_only(action),
    };
    // SAFETY: `wanted` is a valid kernel_sigaction.
    unsafe {
        host::call_n(
            nr::rt_sigaction,
            [u64::from(host), (&raw const wanted) as u64, 0, 8],
        )
    }
    .map(drop)
}

/// The host may end a process for a signal that the guest's kernel ignores (SIGIO). SIGCHLD, SIGURG, SIGWINCH and SIGCONT
/// are ignored by both, and "default" is not the same as "ignore" for SIGCHLD and SIGCONT.
pub(super) fn ignored_in_place(action: DefaultAction, host: u8) -> bool {
    matches!(action, DefaultAction::Ignore | DefaultAction::Continue)
        && !matches!(host, 17 | 18 | 23 | 28)
}

const SA_NOCLDSTOP: u64 = 1;
const SA_NOCLDWAIT: u64 = 2;
const SA_SIGINFO: u64 = 4;
const SA_RESTORER: u64 = 0x0400_0000;
const SA_ONSTACK: u64 = 0x0800_0000;
pub(super) const SA_RESTART: u64 = 0x1000_0000;
pub(super) const SA_NODEFER: u64 = 0x4000_0000;

fn flags_only(action: Action) -> KernelAction {
    let mut flags = 0;
    if action.no_child_stop {
        flags |= SA_NOCLDSTOP;
    }
    if action.no_child_wait {
        flags |= SA_NOCLDWAIT;
    }
    KernelAction {
        handler: 0,
        flags,
        restorer: 0,
        mask: 0,
    }
}

/// Our entry as a host action: own stack, everything blocked that may be.
fn ours(action: Action) -> KernelAction {
    let mut ours = own_action(compat_signal_entry as *const () as u64);
    ours.flags |= flags_only(action).flags;
    if action.disposition == Disposition::Ignore {
        // Matters for SIGCHLD alone: who ignores it does not want to wait for children.
        ours.flags |= SA_NOCLDWAIT;
    }
    ours
}

pub(super) fn own_action(entry: u64) -> KernelAction {
    KernelAction {
        handler: entry,
        flags: SA_SIGINFO | SA_ONSTACK | SA_RESTORER,
        restorer: compat_signal_return as *const () as u64,
        mask: !NEVER_BLOCKED,
    }
}
