//! The mask, and what waits behind it.

use compat_guests::signal::{
    self, BLOCK, Context, Info, SETMASK, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, Set, UNBLOCK,
};
use compat_guests::start::Shared;
use compat_guests::sys;

static CAME: Shared<u32> = Shared::new(0);

extern "C" fn counts(_: u32, _: &mut Info, _: &mut Context) {
    CAME.store(CAME.load() + 1);
}

fn pending() -> Set {
    let mut found = Set::EMPTY;
    sys::call(sys::SIGPENDING, [(&raw mut found) as u64]).expect("sigpending");
    unsafe { (&raw const found).read_volatile() }
}

pub(crate) fn blocked_and_pending() {
    for signal in [
        SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, 4, 5, 7, 8, 10, 11, 12, 29, 32, 33, 65, 95,
    ] {
        CAME.store(0);
        signal::handle(signal, counts, 0, Set::EMPTY);
        let set = Set::of(&[signal]);
        assert_eq!(signal::mask(BLOCK, set), Set::EMPTY);
        signal::raise(signal);
        assert_eq!(CAME.load(), 0, "signal {signal} is blocked");
        assert_eq!(pending(), set, "signal {signal}");
        // A call in between does not let it through.
        let _ = sys::pid();
        assert_eq!(CAME.load(), 0, "signal {signal} is blocked");
        assert_eq!(signal::mask(UNBLOCK, set), set);
        assert_eq!(CAME.load(), 1, "signal {signal} is unblocked");
        assert_eq!(pending(), Set::EMPTY);
    }
}

/// Delivered before sigprocmask returns, whichever way the mask is opened.
pub(crate) fn unblocking_delivers() {
    signal::handle(SIGUSR1, counts, 0, Set::EMPTY);
    signal::handle(SIGUSR2, counts, 0, Set::EMPTY);
    let both = Set::of(&[SIGUSR1, SIGUSR2]);
    for round in 1..=50 {
        signal::mask(BLOCK, both);
        signal::raise(SIGUSR1);
        signal::raise(SIGUSR2);
        assert_eq!(CAME.load(), 2 * round - 2);
        signal::mask(SETMASK, Set::EMPTY);
        assert_eq!(CAME.load(), 2 * round);
    }
}

pub(crate) fn bad_arguments() {
    let set = Set::of(&[SIGUSR1]);
    let at = (&raw const set) as u64;
    for how in [0, 4, u64::from(u32::MAX)] {
        assert_eq!(
            sys::call(sys::SIGPROCMASK, [how, at, 0]),
            Err(sys::EINVAL),
            "how {how}"
        );
        // Without a set it does not matter.
        assert_eq!(sys::call(sys::SIGPROCMASK, [how, 0, 0]), Ok(0), "how {how}");
    }
    assert_eq!(sys::call(sys::SIGPROCMASK, [BLOCK, 8, 0]), Err(sys::EFAULT));
    assert_eq!(sys::call(sys::SIGPENDING, [8]), Err(sys::EFAULT));
    assert_eq!(sys::call(sys::KILL, [sys::pid(), 129]), Err(sys::EINVAL));
    assert_eq!(
        sys::call(sys::KILL, [sys::pid(), u64::MAX]),
        Err(sys::EINVAL)
    );
    assert_eq!(sys::call(sys::KILL, [sys::pid(), 0]), Ok(0));
    assert_eq!(sys::call(sys::KILL, [0x7fff_fff0, 0]), Err(sys::ESRCH));
}

pub(crate) fn fork_inherits() {
    signal::handle(SIGUSR1, counts, 0, Set::EMPTY);
    signal::mask(BLOCK, Set::of(&[SIGUSR1]));
    signal::raise(SIGUSR1);
    let status = sys::in_child(|| {
        // The mask and the action are inherited, what is pending is not.
        assert_eq!(pending(), Set::EMPTY);
        assert_eq!(signal::mask(BLOCK, Set::EMPTY), Set::of(&[SIGUSR1]));
        signal::raise(SIGUSR1);
        assert_eq!(CAME.load(), 0);
        signal::mask(SETMASK, Set::EMPTY);
        assert_eq!(CAME.load(), 1);
    });
    assert_eq!(status, 0);
    assert_eq!(CAME.load(), 0);
    signal::mask(SETMASK, Set::EMPTY);
    assert_eq!(CAME.load(), 1);
}
