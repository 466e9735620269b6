//! Signals: actions, masks, frames, faults, alternate stacks, waiting, and no signal lost.
#![no_std]
#![no_main]

mod actions;
mod altstack;
mod delivery;
mod faults;
mod frame;
mod load;
mod masks;
mod unknown;
mod waiting;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[
        ("actions/untouched", actions::untouched),
        ("actions/returned-as-given", actions::returned_as_given),
        ("actions/refused", actions::refused),
        ("actions/every-number", actions::every_number),
        ("delivery/nested", delivery::nested),
        ("delivery/own-signal-is-deferred", delivery::deferred),
        ("delivery/nodefer", delivery::nodefer),
        ("delivery/mask-of-the-action", delivery::mask_of_the_action),
        ("delivery/resethand", delivery::resethand),
        ("delivery/old-style-handler", delivery::old_style),
        ("delivery/info-of-kill", delivery::info_of_kill),
        ("delivery/info-of-sigqueue", delivery::info_of_sigqueue),
        ("delivery/info-of-thr-kill", delivery::info_of_thr_kill),
        ("delivery/real-time-signals-queue", delivery::real_time),
        ("masks/blocked-and-pending", masks::blocked_and_pending),
        ("masks/block-within-the-call", masks::unblocking_delivers),
        ("masks/bad-arguments", masks::bad_arguments),
        ("masks/fork-inherits", masks::fork_inherits),
        ("frame/layout", frame::layout),
        ("frame/registers", frame::registers),
        ("frame/skip-instruction", frame::skip),
        ("frame/change-result-of-call", frame::change_result),
        ("frame/change-vector-state", frame::change_vector_state),
        ("frame/change-mask", frame::change_mask),
        ("frame/bad-sigreturn", frame::bad_sigreturn),
        ("frame/getcontext", frame::getcontext),
        ("faults/unmapped", faults::unmapped),
        ("faults/protected", faults::protected),
        ("faults/not-executable", faults::not_executable),
        ("faults/non-canonical", faults::non_canonical),
        ("faults/privileged", faults::privileged),
        ("faults/undefined", faults::undefined),
        ("faults/breakpoint", faults::breakpoint),
        ("faults/single-step", faults::single_step),
        ("faults/divide", faults::divide),
        ("faults/sse", faults::sse),
        ("faults/x87", faults::x87),
        ("faults/beyond-end-of-object", faults::beyond_end),
        ("faults/blocked-kills", faults::blocked_kills),
        ("faults/ignored-kills", faults::ignored_kills),
        ("faults/sent-ones-are-ordinary", faults::sent),
        ("altstack/rules", altstack::rules),
        ("altstack/used", altstack::used),
        ("altstack/nested-stays", altstack::nested),
        ("altstack/too-small-kills", altstack::too_small),
        ("altstack/stack-overflow-caught", altstack::overflow),
        ("altstack/bad-stack-kills", altstack::bad_stack),
        ("waiting/sigsuspend", waiting::sigsuspend),
        (
            "waiting/sigsuspend-from-a-child",
            waiting::sigsuspend_from_child,
        ),
        ("waiting/sigtimedwait", waiting::sigtimedwait),
        ("waiting/sigwait", waiting::sigwait),
        (
            "waiting/interrupted-or-restarted",
            waiting::interrupted_or_restarted,
        ),
        ("waiting/never-restarted", waiting::never_restarted),
        ("waiting/ignored-does-not-interrupt", waiting::ignored),
        ("load/ten-thousand-signals", load::ten_thousand),
        ("load/two-processes", load::two_processes),
        ("load/no-lost-wake-up", load::no_lost_wake_up),
        ("unknown/sigsys", unknown::sigsys),
        ("unknown/kills", unknown::kills),
        ("unknown/ignored", unknown::ignored),
    ]);
}
