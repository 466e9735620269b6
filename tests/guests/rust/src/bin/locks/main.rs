//! Every kind of lock that `_umtx_op` knows: mutual exclusion, wake-ups that are not lost, timeouts, signals, owners
//! that die, and all that between processes.
#![no_std]
#![no_main]

mod condition;
mod crowd;
mod mutex;
mod old;
mod robust;
mod rwlock;
mod semaphore;
mod shared;
mod umtx;
mod wait;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[
        ("wait/counts", wait::counts),
        ("wait/private-or-not", wait::private_or_not),
        ("wait/many-addresses", wait::many_addresses),
        ("wait/values", wait::values),
        ("wait/upper-half", wait::upper_half),
        ("wait/timeouts", wait::timeouts),
        ("wait/processor-time", wait::processor_time),
        ("wait/shortest", wait::shortest),
        ("wait/interrupted", wait::interrupted),
        ("mutex/library", mutex::library),
        ("mutex/deferred", mutex::deferred),
        ("mutex/kernel", mutex::kernel),
        ("mutex/old-library", mutex::old_library),
        ("mutex/mixed", mutex::mixed),
        ("mutex/storm", mutex::storm),
        ("mutex/inherit", mutex::inherit),
        ("mutex/ceiling", mutex::ceiling),
        ("mutex/results", mutex::results),
        ("mutex/interrupted", mutex::interrupted),
        ("robust/thread-ends", robust::thread_ends),
        ("robust/not-recoverable", robust::not_recoverable),
        ("robust/damaged-lists", robust::damaged_lists),
        ("robust/process-exits", robust::process_exits),
        ("robust/process-is-killed", robust::process_is_killed),
        ("robust/other-thread-exits", robust::other_thread_exits),
        ("condition/queue", condition::queue),
        ("condition/queue-in-a-hurry", condition::queue_in_a_hurry),
        ("condition/queue-in-a-storm", condition::queue_in_a_storm),
        ("condition/barrier", condition::barrier),
        ("condition/timeouts", condition::timeouts),
        ("condition/results", condition::results),
        ("condition/one-or-all", condition::one_or_all),
        ("condition/interrupted", condition::interrupted),
        ("condition/memory-goes", condition::memory_goes),
        ("rwlock/library", rwlock::library),
        ("rwlock/readers-first", rwlock::readers_first),
        ("rwlock/in-a-hurry", rwlock::in_a_hurry),
        ("rwlock/results", rwlock::results),
        ("rwlock/writer-gives-up", rwlock::writer_gives_up),
        ("rwlock/interrupted", rwlock::interrupted),
        ("semaphore/library", semaphore::library),
        ("semaphore/in-a-hurry", semaphore::in_a_hurry),
        ("semaphore/old", semaphore::old),
        ("semaphore/results", semaphore::results),
        ("semaphore/interrupted", semaphore::interrupted),
        ("old/calls", old::calls),
        ("old/operations", old::operations),
        ("shared/mutex", shared::mutex),
        ("shared/robust-and-slow", shared::robust_and_slow),
        ("shared/rwlock", shared::rwlock),
        ("shared/condition", shared::condition),
        ("shared/semaphore", shared::semaphore),
        ("shared/words", shared::words),
    ]);
}
