//! Handing a signal to the guest.

use super::actions::tell_watcher;
use super::host_signal::{SIGKILL, SIGSTOP};
use super::{
    Action, DefaultAction, Disposition, SigInfo, SigSet, UContext, bit, current_action,
    install_guest_mask, set_action,
};
use crate::host::{self, nr};
use crate::personality::{Personality, attached};
use crate::signal::context::KernelAction;
use crate::task::Thread;

/// Everything a personality needs to build a handler's frame.
pub struct Delivery<'a> {
    /// The thread that takes the signal.
    pub thread: &'a Thread,
    /// Its registers; point them at the handler.
    pub frame: &'a mut UContext,
    /// Guest signal number.
    pub signal: u8,
    /// The host's information about it.
    pub info: &'a SigInfo,
    /// Whether the CPU raised it for the instruction at `frame.regs.rip`.
    pub fault: bool,
    /// The guest's action; its disposition is a handler.
    pub action: Action,
    /// The handler's address.
    pub handler: u64,
    /// The mask to restore when the handler returns.
    pub old_mask: SigSet,
}

/// Delivers host signal `host_signal` to the guest whose registers are in `frame`.
pub(super) fn deliver(thread: &Thread, frame: &mut UContext, host_signal: u8, info: &SigInfo) {
    let Some(personality) = attached() else {
        die_by(host_signal)
    };
    let fault = super::handler::is_fault(host_signal, info);
    let signal = if fault {
        (personality.fault_signal)(host_signal, info, frame.trapno)
    } else {
        match (personality.signal_from_host)(host_signal) {
            Some(signal) => signal,
            // The guest has no such signal (a host's SIGSTKFLT sent by hand): the host's default is terminate.
            None => die_by(host_signal),
        }
    };
    let blocked = thread.mask.get().has(signal);
    if blocked && !fault && super::NEVER_BLOCKED & bit(host_signal) != 0 {
        thread.held.keep(host_signal, info);
        return;
    }
    let process = thread.process();
    tell_watcher(process, signal);
    let action = current_action(process, signal);
    match action.disposition {
        Disposition::Handler(handler) if !(fault && blocked) => {
            run_handler(
                personality,
                Delivery {
                    thread,
                    frame,
                    signal,
                    info,
                    fault,
                    action,
                    handler,
                    old_mask: thread.saved_mask.take().unwrap_or(thread.mask.get()),
                },
            );
        }
        Disposition::Ignore if !fault => {}
        _ => default(personality, host_signal, signal, fault),
    }
}

fn run_handler(personality: &Personality, mut delivery: Delivery) {
    let Action {
        mask,
        no_defer,
        reset,
        ..
    } = delivery.action;
    let signal = delivery.signal;
    let thread = delivery.thread;
    let current = thread.mask.get();
    if !(personality.deliver)(&mut delivery) {
        // No room for the frame: the BSDs, like Linux, end the process with SIGILL (sigexit in sendsig).
        die_by(super::host_signal::SIGILL);
    }
    let own = if no_defer {
        SigSet::EMPTY
    } else {
        SigSet::of(signal)
    };
    install_guest_mask(thread, delivery.frame, current.union(mask).union(own));
    if reset {
        let _ = set_action(
            thread.process(),
            signal,
            Action {
                disposition: Disposition::Default,
                info: false,
                ..delivery.action
            },
        );
    }
}

/// Does what guest signal `signal` does without a handler; `false` when it has one.
pub(super) fn settle_unhandled(
    thread: &Thread,
    personality: &Personality,
    host_signal: u8,
    signal: u8,
) -> bool {
    let process = thread.process();
    match current_action(process, signal).disposition {
        Disposition::Handler(_) => return false,
        Disposition::Ignore => tell_watcher(process, signal),
        Disposition::Default => {
            tell_watcher(process, signal);
            default(personality, host_signal, signal, false);
        }
    }
    true
}

fn default(personality: &Personality, host_signal: u8, signal: u8, fault: bool) {
    let action = (personality.default_action)(signal);
    match action {
        _ if fault => {
            // Die by the guest's signal, not by the host's idea of it (a general protection fault is SIGBUS there).
            die_by((personality.signal_to_host)(signal).unwrap_or(host_signal));
        }
        DefaultAction::Ignore | DefaultAction::Continue => {}
        DefaultAction::Stop => {
            // SAFETY: no pointers.
            let _ = unsafe { host::call_n(nr::kill, [own_pid(), u64::from(SIGSTOP)]) };
        }
        DefaultAction::Terminate | DefaultAction::Core => die_by(host_signal),
    }
}

fn own_pid() -> u64 {
    // SAFETY: no arguments.
    unsafe { host::call_n(nr::getpid, []) }.unwrap_or_default()
}

/// Ends the process by host signal `signal`, so that whoever waits for it sees the real cause.
pub fn die_by(signal: u8) -> ! {
    let default = KernelAction::default();
    let mask = !bit(signal);
    // SAFETY: valid structures; the thread and process ids are our own.
    unsafe {
        let _ = host::call_n(
            nr::rt_sigaction,
            [u64::from(signal), (&raw const default) as u64, 0, 8],
        );
        let tid = host::call_n(nr::gettid, []).unwrap_or_default();
        let _ = host::call_n(nr::tgkill, [own_pid(), tid, u64::from(signal)]);
        let _ = host::call_n(nr::rt_sigprocmask, [2, (&raw const mask) as u64, 0, 8]);
        // A signal whose default is not to end the process cannot get here; should the host disagree:
        let _ = host::call_n(nr::kill, [own_pid(), u64::from(SIGKILL)]);
    }
    host::exit_group(125)
}
