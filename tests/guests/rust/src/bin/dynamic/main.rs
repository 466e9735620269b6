//! A program with an interpreter and a shared object of our own (`guest-interpreter`, `object/library.rs`).
#![no_std]
#![no_main]

mod library;
mod processes;
mod storage;
mod vector;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    processes::answer();
    check::run(&[
        ("start/vector", vector::of_a_program_with_an_interpreter),
        ("start/stack-limits", vector::stack_limits),
        (
            "start/registers",
            vector::registers_as_the_interpreter_left_them,
        ),
        ("library/functions", library::functions),
        ("library/data", library::data),
        ("library/many-calls", library::many_calls),
        (
            "library/unmapped-text",
            library::its_text_can_be_mapped_again,
        ),
        ("storage/of-both", storage::of_both),
        ("storage/in-handlers", storage::in_handlers),
        ("storage/in-threads", storage::in_threads),
        ("storage/wrfsbase", storage::moved_by_the_program_itself),
        ("processes/fork", processes::fork),
        ("processes/vfork-and-exec", processes::vfork_and_exec),
        ("processes/pathname", processes::pathname),
    ]);
}
