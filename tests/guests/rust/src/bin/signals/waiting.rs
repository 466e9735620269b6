//! Calls that wait for signals, and calls that signals find waiting.

use compat_guests::signal::{
    self, BLOCK, Context, Info, SA_RESTART, SETMASK, SIGALRM, SIGUSR1, SIGUSR2, Set,
};
use compat_guests::start::Shared;
use compat_guests::sys;

static CAME: Shared<u32> = Shared::new(0);
static OLD_MASK: Shared<Set> = Shared::new(Set::EMPTY);
static INNER_MASK: Shared<Set> = Shared::new(Set::EMPTY);

extern "C" fn counts(_: u32, _: &mut Info, context: &mut Context) {
    CAME.store(CAME.load() + 1);
    OLD_MASK.store(context.mask);
    INNER_MASK.store(signal::mask(BLOCK, Set::EMPTY));
}

fn suspend(set: Set) -> sys::Result {
    sys::call(sys::SIGSUSPEND, [(&raw const set) as u64])
}

pub(crate) fn sigsuspend() {
    let outer = Set::of(&[SIGUSR1, SIGALRM]);
    let inner = Set::of(&[SIGUSR2]);
    signal::handle(SIGUSR1, counts, SA_RESTART, Set::EMPTY);
    signal::mask(SETMASK, outer);
    for round in 1..=20 {
        signal::raise(SIGUSR1);
        assert_eq!(suspend(inner), Err(sys::EINTR));
        assert_eq!(CAME.load(), round);
        // The handler runs under the call's mask and leaves for the one before.
        assert_eq!(INNER_MASK.load(), Set::of(&[SIGUSR1, SIGUSR2]));
        assert_eq!(OLD_MASK.load(), outer);
        assert_eq!(signal::mask(BLOCK, Set::EMPTY), outer);
    }
    assert_eq!(sys::call(sys::SIGSUSPEND, [8]), Err(sys::EFAULT));
}

/// Ignored signals and ones without a handler do not end it.
pub(crate) fn sigsuspend_from_child() {
    signal::handle(SIGUSR1, counts, 0, Set::EMPTY);
    signal::action(SIGUSR2, 1, 0, Set::EMPTY);
    signal::mask(BLOCK, Set::of(&[SIGUSR1]));
    let parent = sys::pid();
    let sys::Fork::Parent(child) = sys::fork() else {
        for signal in [u64::from(SIGUSR2), 28, 23, 16, 29, u64::from(SIGUSR1)] {
            sys::sleep_microseconds(10_000);
            assert_eq!(sys::call(sys::KILL, [parent, signal]), Ok(0));
        }
        sys::exit(0)
    };
    assert_eq!(suspend(Set::EMPTY), Err(sys::EINTR));
    assert_eq!(CAME.load(), 1);
    assert_eq!(sys::wait(child), 0);
}

fn timed_wait(set: &Set, info: &mut Info, timeout: Option<[u64; 2]>) -> sys::Result {
    let timeout_at = timeout
        .as_ref()
        .map_or(0, |timeout| timeout.as_ptr() as u64);
    let args = [
        core::ptr::from_ref(set) as u64,
        core::ptr::from_mut(info) as u64,
        timeout_at,
    ];
    sys::call(sys::SIGTIMEDWAIT, args)
}

pub(crate) fn sigtimedwait() {
    let set = Set::of(&[SIGUSR1, 11, 70]);
    signal::mask(BLOCK, set);
    let mut info = Info::default();
    assert_eq!(timed_wait(&set, &mut info, Some([0, 0])), Err(sys::EAGAIN));
    assert_eq!(
        timed_wait(&set, &mut info, Some([0, 20_000_000])),
        Err(sys::EAGAIN)
    );
    assert_eq!(
        timed_wait(&set, &mut info, Some([0, 1_000_000_000])),
        Err(sys::EINVAL)
    );
    for signal in [SIGUSR1, 11, 70] {
        sys::call(sys::SIGQUEUE, [sys::pid(), u64::from(signal), 0x99]).expect("sigqueue");
        assert_eq!(timed_wait(&set, &mut info, None), Ok(u64::from(signal)));
        let found = unsafe { (&raw const info).read_volatile() };
        assert_eq!(
            (found.signo, found.code, found.value),
            (signal as i32, 0x10002, 0x99)
        );
    }
    // Pending signals win over a bad timeout.
    signal::raise(SIGUSR1);
    assert_eq!(
        timed_wait(&set, &mut info, Some([0, 1_000_000_000])),
        Ok(u64::from(SIGUSR1))
    );
    // Another signal's handler ends the wait.
    signal::handle(SIGALRM, counts, SA_RESTART, Set::EMPTY);
    signal::alarm_once(5000);
    assert_eq!(timed_wait(&set, &mut info, Some([10, 0])), Err(sys::EINTR));
    assert_eq!(CAME.load(), 1);
    assert_eq!(sys::call(sys::SIGTIMEDWAIT, [8, 0, 0]), Err(sys::EFAULT));
    signal::alarm_once(0);
}

/// sigwait(2) returns its error as a value, with the carry flag clear.
pub(crate) fn sigwait() {
    let set = Set::of(&[SIGUSR1]);
    let at = (&raw const set) as u64;
    let mut number = 0u32;
    let number_at = (&raw mut number) as u64;
    signal::mask(BLOCK, set);
    signal::raise(SIGUSR1);
    assert_eq!(sys::call(sys::SIGWAIT, [at, number_at]), Ok(0));
    assert_eq!(unsafe { (&raw const number).read_volatile() }, SIGUSR1);
    assert_eq!(sys::call(sys::SIGWAIT, [8, number_at]), Ok(sys::EFAULT));
    signal::raise(SIGUSR1);
    assert_eq!(sys::call(sys::SIGWAIT, [at, 8]), Ok(sys::EFAULT));
    signal::handle(SIGALRM, counts, 0, Set::EMPTY);
    signal::alarm_once(5000);
    assert_eq!(sys::call(sys::SIGWAIT, [at, number_at]), Ok(sys::EINTR));
    // With SA_RESTART it goes on waiting.
    signal::handle(SIGALRM, raises_on_third, SA_RESTART, Set::EMPTY);
    CAME.store(0);
    signal::alarm_every(5000);
    assert_eq!(sys::call(sys::SIGWAIT, [at, number_at]), Ok(0));
    signal::alarm_every(0);
    assert!(CAME.load() >= 3);
    CAME.store(0);
    signal::alarm_every(5000);
    assert_eq!(sys::call(sys::SIGWAITINFO, [at, 0]), Ok(u64::from(SIGUSR1)));
    signal::alarm_every(0);
    assert!(CAME.load() >= 3);
}

extern "C" fn raises_on_third(_: u32, _: &mut Info, _: &mut Context) {
    CAME.store(CAME.load() + 1);
    if CAME.load() == 3 {
        signal::raise(SIGUSR1);
    }
}

static WRITE_END: Shared<u64> = Shared::new(0);

extern "C" fn writes_on_third(_: u32, _: &mut Info, _: &mut Context) {
    CAME.store(CAME.load() + 1);
    if CAME.load() == 3 {
        let _ = sys::call(sys::WRITE, [WRITE_END.load(), "x".as_ptr() as u64, 1]);
    }
}

pub(crate) fn interrupted_or_restarted() {
    let (read, write) = sys::pipe();
    WRITE_END.store(write);
    let mut byte = [0u8];
    let wait_for_pipe =
        |byte: &mut [u8; 1]| sys::call(sys::READ, [read, byte.as_mut_ptr() as u64, 1]);
    signal::handle(SIGALRM, counts, 0, Set::EMPTY);
    signal::alarm_once(5000);
    assert_eq!(wait_for_pipe(&mut byte), Err(sys::EINTR));
    signal::handle(SIGALRM, writes_on_third, SA_RESTART, Set::EMPTY);
    CAME.store(0);
    signal::alarm_every(3000);
    assert_eq!(wait_for_pipe(&mut byte), Ok(1));
    signal::alarm_every(0);
    assert!(CAME.load() >= 3);

    let sys::Fork::Parent(child) = sys::fork() else {
        sys::sleep_microseconds(60_000);
        sys::exit(3)
    };
    let mut status = 0u32;
    let mut wait_for_child = || sys::call(sys::WAIT4, [child, (&raw mut status) as u64, 0, 0]);
    signal::handle(SIGALRM, counts, 0, Set::EMPTY);
    signal::alarm_once(5000);
    assert_eq!(wait_for_child(), Err(sys::EINTR));
    signal::handle(SIGALRM, counts, SA_RESTART, Set::EMPTY);
    signal::alarm_every(5000);
    assert_eq!(wait_for_child(), Ok(child));
    signal::alarm_every(0);
    assert_eq!(unsafe { (&raw const status).read_volatile() }, 0x300);
}

/// Whatever SA_RESTART says.
pub(crate) fn never_restarted() {
    const SELECT: u64 = 93;
    const POLL: u64 = 209;
    const KEVENT: u64 = 560;
    const KQUEUE: u64 = 362;
    signal::handle(SIGALRM, counts, SA_RESTART, Set::EMPTY);
    let (read, _write) = sys::pipe();
    let poll = [read as u32, 1u32];
    let kqueue = sys::call(KQUEUE, []).expect("kqueue");
    let seconds = [5u64, 0];
    let events = [0u64; 8];
    let calls: [(&str, u64, [u64; 6]); 4] = [
        (
            "nanosleep",
            sys::NANOSLEEP,
            [seconds.as_ptr() as u64, 0, 0, 0, 0, 0],
        ),
        ("select", SELECT, [0, 0, 0, 0, seconds.as_ptr() as u64, 0]),
        ("poll", POLL, [poll.as_ptr() as u64, 1, 5000, 0, 0, 0]),
        (
            "kevent",
            KEVENT,
            [
                kqueue,
                0,
                0,
                events.as_ptr() as u64,
                1,
                seconds.as_ptr() as u64,
            ],
        ),
    ];
    for (name, number, args) in calls {
        signal::alarm_once(5000);
        assert_eq!(sys::call(number, args), Err(sys::EINTR), "{name}");
    }
}

/// Signals that are ignored, by choice or by default, do not wake anybody.
pub(crate) fn ignored() {
    signal::action(SIGUSR2, 1, 0, Set::EMPTY);
    let parent = sys::pid();
    let sys::Fork::Parent(child) = sys::fork() else {
        // SIGURG, SIGCHLD, SIGIO, SIGWINCH and SIGINFO are ignored by default, SIGCONT means nothing to a running process.
        for signal in [u64::from(SIGUSR2), 16, 20, 23, 28, 29, 19] {
            sys::sleep_microseconds(5000);
            assert_eq!(
                sys::call(sys::KILL, [parent, signal]),
                Ok(0),
                "signal {signal}"
            );
        }
        sys::exit(0)
    };
    let tenth = [0u64, 100_000_000];
    assert_eq!(sys::call(sys::NANOSLEEP, [tenth.as_ptr() as u64, 0]), Ok(0));
    assert_eq!(sys::wait(child), 0);
}
