//! System V IPC, POSIX message queues and the kernel's semaphores.
#![no_std]
#![no_main]

mod child;
mod ksem;
mod lists;
mod memory;
mod messages;
mod queues;
mod semaphores;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[
        ("sysv/memory", memory::shared),
        ("sysv/memory-control", memory::control),
        ("sysv/memory-where", memory::places),
        ("sysv/semaphores", semaphores::operations),
        ("sysv/semaphores-control", semaphores::control_commands),
        ("sysv/semaphores-interrupted", semaphores::interrupted),
        ("sysv/messages", messages::order),
        ("sysv/messages-control", messages::control),
        ("sysv/lists", lists::objects),
        ("posix/queues", queues::order),
        ("posix/queue-names", queues::names),
        ("posix/queue-notices", queues::notify),
        ("posix/queue-notices-at-once", queues::notify_at_once),
        ("ksem/anonymous", ksem::anonymous),
        ("ksem/waiters", ksem::waiters),
        ("ksem/named", ksem::named),
    ]);
}
