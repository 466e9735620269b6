//! What an image keeps of the one before: the mask and what is ignored.
//!
//! The host passes both on by itself, but for what stands in for the guest's: the signals that are ours whatever the guest
//! does, and those that are ignored because the host's default would end the process.

use core::sync::atomic::{AtomicU64, Ordering};

use super::actions::{always_ours, any_watched, apply, ignored_in_place, note_inherited, watched};
use super::back::signal_self;
use super::context::KernelAction;
use super::handler::{exchange, install};
use super::mask::whole_host_mask;
use super::{
    Action, Disposition, NEVER_BLOCKED, SigSet, bit, current_action, set_action, take_held,
};
use crate::host::{self, HostResult, nr};
use crate::personality::{Personality, attached};
use crate::task::Thread;

/// Guest and host number of the signals whose host disposition or mask is not what the guest set.
fn stand_ins() -> impl Iterator<Item = (u8, u8)> {
    let personality = attached();
    let candidates = match (personality, any_watched()) {
        (Some(personality), false) => NEVER_BLOCKED | in_place(personality),
        _ => u64::MAX,
    };
    let candidates = (1..=64).filter(move |&host| candidates & bit(host) != 0);
    candidates.filter_map(move |host| {
        let personality = personality?;
        let signal = (personality.signal_from_host)(host)?;
        let ignored = ignored_in_place((personality.default_action)(signal), host);
        (always_ours(host) || watched(signal) || ignored).then_some((signal, host))
    })
}

/// The host's signals that [`ignored_in_place`] may be true of, found once: each image asks several times.
fn in_place(personality: &Personality) -> u64 {
    static KNOWN: AtomicU64 = AtomicU64::new(0);
    match KNOWN.load(Ordering::Relaxed) {
        0 => {
            let ignored = |&host: &u8| {
                let signal = (personality.signal_from_host)(host);
                signal.is_some_and(|signal| {
                    ignored_in_place((personality.default_action)(signal), host)
                })
            };
            let found = (1..=64)
                .filter(ignored)
                .fold(NEVER_BLOCKED, |set, host| set | bit(host));
            KNOWN.store(found, Ordering::Relaxed);
            found
        }
        known => known,
    }
}

/// Notes what was blocked and ignored when the image began, ignores what the guest's kernel ignores by default, and installs
/// the handlers that are always there. An image that another of ours `handed_on` to owes nothing to the host's libc.
///
/// # Errors
/// As `rt_sigaction`.
pub fn inherit(thread: &Thread, handed_on: bool) -> HostResult<()> {
    let process = thread.process();
    let personality = attached();
    let mut mask = 0u64;
    // SAFETY: `mask` is a valid 8-byte mask.
    let _ = unsafe { host::call_n(nr::rt_sigprocmask, [0, 0, (&raw mut mask) as u64, 8]) };
    if let Some(personality) = personality.filter(|_| mask != 0) {
        let guest = (1..=64u8)
            .filter(|signal| mask & bit(*signal) != 0)
            .filter_map(personality.signal_from_host)
            .fold(SigSet::EMPTY, |set, signal| set.union(SigSet::of(signal)));
        thread.mask.set(guest);
    }
    for host in LIBC_OWN.into_iter().filter(|_| !handed_on) {
        let guest = personality.and_then(|personality| (personality.signal_from_host)(host));
        if let Some(signal) = guest {
            let action = current_action(process, signal);
            if action.disposition == Disposition::Ignore {
                let default = Action {
                    disposition: Disposition::Default,
                    ..action
                };
                let _ = set_action(process, signal, default);
            }
        }
    }
    for (signal, host) in stand_ins().filter(|&(_, host)| !always_ours(host)) {
        if let Ok(before) = exchange(host, &KernelAction::ignore()) {
            note_inherited(process, signal, before.ignores());
        }
    }
    install(|host, before| {
        let guest = personality.and_then(|personality| (personality.signal_from_host)(host));
        if let Some(signal) = guest.filter(|_| before.ignores()) {
            note_inherited(process, signal, true);
        }
    })?;
    if mask & NEVER_BLOCKED != 0 {
        open_ours();
    }
    Ok(())
}

/// Unblocks what must always get through.
fn open_ours() {
    const SIG_UNBLOCK: u64 = 1;
    let mask = NEVER_BLOCKED;
    // SAFETY: a valid 8-byte mask.
    let _ = unsafe {
        host::call_n(
            nr::rt_sigprocmask,
            [SIG_UNBLOCK, (&raw const mask) as u64, 0, 8],
        )
    };
}

/// The host's libc keeps these two to itself and starts programs (`posix_spawn`) with them ignored, which nobody asked for.
const LIBC_OWN: [u8; 2] = [32, 33];

fn ignore_defaults(thread: &Thread) {
    for (signal, _) in stand_ins() {
        let _ = apply(signal, current_action(thread.process(), signal));
    }
}

/// Readies a child that has run no guest code, and had every signal blocked, for its first image: what its creator had
/// handlers for is the default's, and the mask is the thread's own.
pub fn begin_anew(thread: &Thread) {
    let process = thread.process();
    for signal in 1..=128 {
        let action = current_action(process, signal);
        if matches!(action.disposition, Disposition::Handler(_)) {
            let default = Action {
                disposition: Disposition::Default,
                ..action
            };
            let _ = set_action(process, signal, default);
        }
    }
    super::restore_mask(super::host_mask(thread.mask.get()));
}

/// Leaves to the host what the next image is to find. [`retake`] undoes it when there is no next image after all.
pub(crate) fn hand_over(thread: &Thread) {
    for (signal, host) in stand_ins() {
        let ignored = current_action(thread.process(), signal).disposition == Disposition::Ignore;
        let left = KernelAction {
            handler: u64::from(ignored),
            ..KernelAction::default()
        };
        // A handler of ours becomes the default by itself.
        if ignored || !(always_ours(host) || watched(signal)) {
            let args = [u64::from(host), (&raw const left) as u64, 0, 8];
            // SAFETY: `left` is a valid kernel_sigaction.
            let _ = unsafe { host::call_n(nr::rt_sigaction, args) };
        }
    }
    let mask = thread.mask.get();
    if stand_ins().any(|(signal, host)| always_ours(host) && mask.has(signal)) {
        // Nothing between here and the exec touches guest memory.
        super::restore_mask(whole_host_mask(mask));
        while let Some((signal, info)) = take_held(thread, mask) {
            let _ = signal_self(thread, signal, &info);
        }
    }
}

/// See [`hand_over`].
pub(crate) fn retake(thread: &Thread) {
    // The handlers come first: a signal that was blocked for the next image may come as soon as it is not.
    let _ = install(|_, _| ());
    open_ours();
    ignore_defaults(thread);
}
