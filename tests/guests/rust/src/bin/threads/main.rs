//! Threads: how they begin, wait, wake, take signals and end; and the segment base, which is each thread's own.
#![no_std]
#![no_main]

mod begin;
mod code;
mod end;
mod segment;
mod signals;
mod trapped;
mod waiting;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[
        ("begin/registers", begin::registers),
        ("begin/numbers", begin::numbers),
        ("begin/mask-and-stack", begin::mask_and_stack),
        ("begin/refused", begin::refused),
        ("begin/shorter-structure", begin::shorter_structure),
        ("begin/a-thousand", begin::a_thousand),
        ("waiting/counters", waiting::counters),
        ("waiting/ping-pong", waiting::ping_pong),
        ("waiting/timeouts", waiting::timeouts),
        ("waiting/suspend-and-wake", waiting::suspend_and_wake),
        ("waiting/sleepless", waiting::sleepless),
        ("waiting/many-sleepers", waiting::many_sleepers),
        ("signals/to-one-thread", signals::to_one_thread),
        ("signals/with-a-value", signals::with_a_value),
        ("signals/to-all-others", signals::to_all_others),
        ("signals/to-the-process", signals::to_the_process),
        ("signals/to-whoever-waits", signals::to_whoever_waits),
        ("signals/interrupt-a-wait", signals::interrupt_a_wait),
        ("signals/storm", signals::storm),
        (
            "trapped/under-new-credentials",
            trapped::under_new_credentials,
        ),
        ("trapped/under-sigsys", trapped::under_sigsys),
        ("segment/by-instruction", segment::by_instruction),
        ("segment/by-call", segment::by_call),
        (
            "segment/named-by-the-run-time",
            segment::named_by_the_run_time,
        ),
        ("segment/of-each-thread", segment::of_each_thread),
        ("code/hot-sites-under-load", code::hot_sites),
        ("end/last-thread", end::last_thread),
        ("end/first-thread-leaves", end::first_thread_leaves),
        ("end/exit-ends-all", end::exit_ends_all),
        ("end/exec-ends-all", end::exec_ends_all),
        ("end/fork-copies-one", end::fork_copies_one),
        ("end/fork-while-others-work", end::fork_while_others_work),
    ]);
}
