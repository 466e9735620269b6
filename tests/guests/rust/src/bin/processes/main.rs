//! Processes: fork, vfork, exec of every kind, exit codes, deaths and what a parent learns of them.
#![no_std]
#![no_main]

mod descriptor;
mod ends;
mod exec;
mod fork;
mod groups;
mod hot;
mod image;
mod kinds;
mod rfork;
mod table;
mod vfork;

use compat_guests::{check, start};

compat_guests::entry!(main);

extern "C" fn main() {
    if let Some(role) = start::argument(1).and_then(|role| role.strip_prefix(b"as-")) {
        image::act(role);
    }
    check::run(&[
        ("fork/returns", fork::returns),
        ("fork/registers", fork::registers),
        ("fork/memory-is-copied", fork::memory_is_copied),
        ("fork/descriptors", fork::descriptors),
        ("fork/segment-base", fork::segment_base),
        ("fork/a-hundred", fork::a_hundred),
        ("hot/numbers", hot::numbers),
        ("hot/failures", hot::failures),
        ("hot/mask", hot::mask),
        ("vfork/memory-is-shared", vfork::memory_is_shared),
        ("vfork/parent-waits", vfork::parent_waits),
        ("vfork/no-need-to-wait", vfork::no_need_to_wait),
        ("vfork/own-descriptors", vfork::own_descriptors),
        ("vfork/own-signal-actions", vfork::own_signal_actions),
        ("vfork/exec", vfork::exec),
        ("exec/itself", exec::itself),
        ("exec/keeps", exec::keeps),
        ("exec/pending-signal", exec::pending_signal),
        ("exec/empty-arguments", exec::empty_arguments),
        ("exec/script", exec::script),
        ("exec/script-of-script", exec::script_of_script),
        ("exec/host-program", exec::host_program),
        ("exec/host-program-and-back", exec::host_program_and_back),
        (
            "exec/signals-of-a-host-program",
            exec::signals_of_a_host_program,
        ),
        ("exec/refused", exec::refused),
        ("exec/descriptor", exec::descriptor),
        ("exec/long-lines", exec::long_lines),
        ("exec/under-signals", exec::under_signals),
        ("ends/exit-codes", ends::exit_codes),
        ("ends/signals", ends::signals),
        ("ends/ignored-signals", ends::ignored_signals),
        ("ends/stop-and-continue", ends::stop_and_continue),
        ("ends/child-info", ends::child_info),
        ("ends/no-child", ends::no_child),
        ("ends/no-wait", ends::no_wait),
        ("kinds/by-session", kinds::by_session),
        ("kinds/a-later-end", kinds::a_later_end),
        ("kinds/stopped-in-a-session", kinds::stopped_in_a_session),
        ("kinds/by-owner", kinds::by_owner),
        ("kinds/told", kinds::told),
        ("kinds/refused", kinds::refused),
        ("kinds/traced", kinds::for_what_is_traced),
        ("groups/a-job", groups::a_job),
        ("groups/signals", groups::signals),
        ("groups/sessions", groups::sessions),
        ("rfork/descriptors", rfork::descriptors),
        ("rfork/end-signal", rfork::end_signal),
        ("rfork/no-wait", rfork::no_wait),
        ("rfork/refused", rfork::refused),
        ("rfork/shared-memory", rfork::shared_memory),
        ("descriptor/tells", descriptor::told_by_the_descriptor),
        (
            "descriptor/last-close-kills",
            descriptor::the_last_close_kills,
        ),
        ("descriptor/daemon", descriptor::a_daemon_lives_on),
        ("descriptor/other-holders", descriptor::other_holders),
        (
            "descriptor/end-of-the-holder",
            descriptor::the_end_of_the_holder,
        ),
        ("table/itself", table::itself),
        ("table/threads", table::threads),
        ("table/another", table::another),
    ]);
}
