//! What sigaction(2) remembers and refuses (kern_sigaction).

use compat_guests::signal::{
    self, Action, SA_NODEFER, SA_ONSTACK, SA_RESETHAND, SA_RESTART, SA_SIGINFO, SIGUSR1, Set,
};
use compat_guests::sys;

fn set(signal: u64, action: &Action) -> sys::Result {
    sys::call(
        sys::SIGACTION,
        [signal, core::ptr::from_ref(action) as u64, 0],
    )
}

fn made(handler: u64, flags: u32) -> Action {
    Action {
        handler,
        flags,
        ..Action::default()
    }
}

/// The kernel keeps "interrupts calls" as the exception, so an action nobody set reads as SA_RESTART.
pub(crate) fn untouched() {
    let found = signal::current(SIGUSR1);
    assert_eq!(found, made(0, SA_RESTART));
}

pub(crate) fn returned_as_given() {
    let all = SA_ONSTACK | SA_RESTART | SA_RESETHAND | SA_NODEFER | SA_SIGINFO;
    for flags in [
        0,
        SA_ONSTACK,
        SA_RESTART,
        SA_RESETHAND,
        SA_NODEFER,
        SA_SIGINFO,
        all,
    ] {
        let given = Action {
            mask: Set([0xffff_ffff; 4]),
            ..made(0x1234_5678, flags)
        };
        set(u64::from(SIGUSR1), &given).expect("sigaction");
        let found = signal::current(SIGUSR1);
        assert_eq!((found.handler, found.flags), (given.handler, given.flags));
        // Without SIGKILL (9) and SIGSTOP (17).
        assert_eq!(found.mask, Set([0xfffe_feff, u32::MAX, u32::MAX, u32::MAX]));
    }
    // SA_SIGINFO means nothing without a handler; the rest is kept.
    for handler in [0, 1] {
        set(u64::from(SIGUSR1), &made(handler, all)).expect("sigaction");
        assert_eq!(signal::current(SIGUSR1), made(handler, all & !SA_SIGINFO));
    }
    // SIGCHLD's own flags are kept for SIGCHLD only.
    set(20, &made(0, 0x28)).expect("sigaction");
    assert_eq!(signal::current(20), made(0, 0x28));
    set(u64::from(SIGUSR1), &made(0x1000, 0x28)).expect("sigaction");
    assert_eq!(signal::current(SIGUSR1), made(0x1000, 0));
}

pub(crate) fn refused() {
    let handler = made(0x1000, 0);
    for signal in [0, 129, 1000, u64::from(u32::MAX)] {
        assert_eq!(set(signal, &handler), Err(sys::EINVAL), "signal {signal}");
    }
    for signal in [9, 17] {
        assert_eq!(set(signal, &handler), Err(sys::EINVAL), "signal {signal}");
        assert_eq!(
            set(signal, &made(1, 0)),
            Err(sys::EINVAL),
            "signal {signal}"
        );
        assert_eq!(set(signal, &made(0, 0)), Ok(0), "signal {signal}");
    }
    assert_eq!(
        set(30, &made(0x1000, 0x80)),
        Err(sys::EINVAL),
        "a flag nobody knows"
    );
    assert_eq!(
        set(30, &made(1, 0x80)),
        Ok(0),
        "flags do not matter without a handler"
    );
    assert_eq!(sys::call(sys::SIGACTION, [30, 8, 0]), Err(sys::EFAULT));
    assert_eq!(sys::call(sys::SIGACTION, [30, 0, 8]), Err(sys::EFAULT));
}

/// Every number up to 128 has an action and can be blocked.
pub(crate) fn every_number() {
    for signal in (1..=128).filter(|signal| ![9, 17].contains(signal)) {
        signal::action(signal, 0x1000 + u64::from(signal), 0, Set::EMPTY);
    }
    for signal in (1..=128).filter(|signal| ![9, 17].contains(signal)) {
        assert_eq!(signal::current(signal).handler, 0x1000 + u64::from(signal));
    }
    let all = Set([u32::MAX; 4]);
    signal::mask(signal::SETMASK, all);
    let found = signal::mask(signal::BLOCK, Set::EMPTY);
    assert_eq!(found, Set([0xfffe_feff, u32::MAX, u32::MAX, u32::MAX]));
}
