//! How threads and their process end.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::start::auxiliary;
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn, wait};

/// thr_exit(2) returns to the last thread.
pub(crate) fn last_thread() {
    let word = 0u64;
    assert_eq!(sys::call(sys::THR_EXIT, [(&raw const word) as u64]), Ok(0));
    spawn(returns, 0).join();
    // The kernel may still be at it when the word is set.
    for _ in 0..1000 {
        if sys::call(sys::THR_KILL, [u64::MAX, 0]) == Err(sys::ESRCH) {
            break;
        }
        sys::sleep_microseconds(100);
    }
    assert_eq!(sys::call(sys::THR_EXIT, [0]), Ok(0));
}

extern "C" fn returns(_: &Thread, _: u64) {}

extern "C" fn exits_later(_: &Thread, code: u64) {
    sys::sleep_microseconds(20_000);
    sys::exit(code);
}

/// The process lives as long as any thread does.
pub(crate) fn first_thread_leaves() {
    let status = sys::in_child(|| {
        spawn(exits_later, 9);
        let _ = sys::call(sys::THR_EXIT, [0]);
        sys::exit(1)
    });
    assert_eq!(status, 9 << 8);
}

static NEVER: AtomicU64 = AtomicU64::new(0);

extern "C" fn sleeps(_: &Thread, _: u64) {
    loop {
        let _ = wait(NEVER.as_ptr() as u64, 0, None);
    }
}

extern "C" fn spins(_: &Thread, _: u64) {
    loop {
        core::hint::spin_loop();
    }
}

pub(crate) fn exit_ends_all() {
    for from_thread in [false, true] {
        let status = sys::in_child(|| {
            spawn(sleeps, 0);
            spawn(spins, 0);
            if from_thread {
                spawn(exits_later, 5);
                sleeps_for_ever();
            }
            sys::exit(5)
        });
        assert_eq!(status, 5 << 8);
    }
}

fn sleeps_for_ever() -> ! {
    loop {
        let _ = wait(NEVER.as_ptr() as u64, 0, None);
    }
}

extern "C" fn executes(_: &Thread, parent: u64) {
    const AT_EXECPATH: u64 = 15;
    assert_eq!(sys::pid(), parent);
    let path = auxiliary(AT_EXECPATH).expect("a path");
    let arguments = [path, c"begin/numbers".as_ptr() as u64, 0];
    // The new image says "ok ..." where nobody reads it.
    let null = sys::call(sys::OPEN, [c"/dev/null".as_ptr() as u64, 1, 0]).expect("open");
    sys::call(sys::DUP2, [null, 1]).expect("dup2");
    let error = sys::call(sys::EXECVE, [path, arguments.as_ptr() as u64, 0]);
    panic!("execve: {error:?}");
}

/// From whichever thread: the process keeps its number and has one thread again.
pub(crate) fn exec_ends_all() {
    for _ in 0..10 {
        let status = sys::in_child(|| {
            spawn(sleeps, 0);
            spawn(spins, 0);
            spawn(executes, sys::pid());
            sleeps_for_ever();
        });
        assert_eq!(status, 0);
    }
}

extern "C" fn forks(_: &Thread, _: u64) {
    let own = sys::tid();
    let status = sys::in_child(|| {
        // Nobody else lives here.
        assert_eq!(sys::call(sys::THR_KILL, [u64::MAX, 0]), Err(sys::ESRCH));
        assert_ne!(sys::tid(), own);
        let thread = spawn(returns, 0);
        thread.join();
    });
    assert_eq!(status, 0);
}

pub(crate) fn fork_copies_one() {
    spawn(sleeps, 0);
    spawn(spins, 0);
    for _ in 0..20 {
        spawn(forks, 0).join();
    }
}

static STOP: AtomicU64 = AtomicU64::new(0);

/// Uses everything of ours that has a lock.
extern "C" fn works(_: &Thread, _: u64) {
    while STOP.load(SeqCst) == 0 {
        let page = sys::map(8192, 3);
        sys::call(sys::MUNMAP, [page, 8192]).expect("munmap");
        let _ = compat_guests::signal::current(30);
        let thread = spawn(returns, 0);
        thread.join();
        sys::call(sys::MUNMAP, [core::ptr::from_ref(thread) as u64, 64 * 1024]).expect("munmap");
    }
}

pub(crate) fn fork_while_others_work() {
    let threads = [spawn(works, 0), spawn(works, 0), spawn(works, 0)];
    for _ in 0..200 {
        let status = sys::in_child(|| {
            spawn(returns, 0).join();
            let _ = compat_guests::signal::current(31);
        });
        assert_eq!(status, 0);
    }
    STOP.store(1, SeqCst);
    threads.iter().for_each(|thread| thread.join());
}
