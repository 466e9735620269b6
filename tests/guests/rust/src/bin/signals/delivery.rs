//! Handlers: when they run, with what mask, and what they are told.

use compat_guests::signal::{
    self, BLOCK, Context, Info, SA_NODEFER, SA_RESETHAND, SA_SIGINFO, SIGUSR1, SIGUSR2, Set,
};
use compat_guests::start::Shared;
use compat_guests::sys;

/// A journal of what happened, in order.
static JOURNAL: Shared<[u32; 32]> = Shared::new([0; 32]);
static ENTRIES: Shared<usize> = Shared::new(0);

fn note(what: u32) {
    let mut journal = JOURNAL.load();
    journal[ENTRIES.load()] = what;
    JOURNAL.store(journal);
    ENTRIES.store(ENTRIES.load() + 1);
}

#[track_caller]
fn expect(journal: &[u32]) {
    let found = JOURNAL.load();
    assert_eq!(&found[..ENTRIES.load()], journal);
    ENTRIES.store(0);
}

extern "C" fn raises_the_other(signal: u32, _: &mut Info, _: &mut Context) {
    note(signal);
    if signal == SIGUSR1 {
        signal::raise(SIGUSR2);
    }
    note(signal + 100);
}

pub(crate) fn nested() {
    signal::handle(SIGUSR1, raises_the_other, 0, Set::EMPTY);
    signal::handle(SIGUSR2, raises_the_other, 0, Set::EMPTY);
    signal::raise(SIGUSR1);
    expect(&[30, 31, 131, 130]);
    assert_eq!(signal::mask(BLOCK, Set::EMPTY), Set::EMPTY);
}

extern "C" fn raises_itself_once(signal: u32, _: &mut Info, _: &mut Context) {
    note(signal);
    if ENTRIES.load() < 3 {
        signal::raise(signal);
    }
    note(signal + 100);
}

pub(crate) fn deferred() {
    signal::handle(SIGUSR1, raises_itself_once, 0, Set::EMPTY);
    signal::raise(SIGUSR1);
    expect(&[30, 130, 30, 130]);
}

extern "C" fn raises_itself_to_depth(signal: u32, _: &mut Info, _: &mut Context) {
    note(signal);
    if ENTRIES.load() < 4 {
        signal::raise(signal);
    }
    note(signal + 100);
}

pub(crate) fn nodefer() {
    signal::handle(SIGUSR1, raises_itself_to_depth, SA_NODEFER, Set::EMPTY);
    signal::raise(SIGUSR1);
    expect(&[30, 30, 30, 30, 130, 130, 130, 130]);
}

static SEEN_MASK: Shared<Set> = Shared::new(Set::EMPTY);

extern "C" fn notes_its_mask(signal: u32, _: &mut Info, context: &mut Context) {
    note(signal);
    SEEN_MASK.store(signal::mask(BLOCK, Set::EMPTY));
    assert_eq!(context.mask, Set::of(&[1]), "the mask to return to");
    if signal == SIGUSR1 {
        signal::raise(SIGUSR2);
    }
    note(signal + 100);
}

pub(crate) fn mask_of_the_action() {
    signal::mask(BLOCK, Set::of(&[1]));
    signal::handle(SIGUSR1, notes_its_mask, 0, Set::of(&[SIGUSR2, 9, 15]));
    signal::handle(SIGUSR2, notes_its_mask, SA_NODEFER, Set::EMPTY);
    signal::raise(SIGUSR1);
    expect(&[30, 130, 31, 131]);
    assert_eq!(SEEN_MASK.load(), Set::of(&[1]), "SIGUSR2 with SA_NODEFER");
    signal::handle(SIGUSR2, notes_its_mask, 0, Set::EMPTY);
    signal::raise(SIGUSR2);
    assert_eq!(SEEN_MASK.load(), Set::of(&[1, SIGUSR2]));
    assert_eq!(signal::mask(BLOCK, Set::EMPTY), Set::of(&[1]));
}

extern "C" fn reads_its_action(signal: u32, _: &mut Info, _: &mut Context) {
    note(signal);
    let action = signal::current(signal);
    assert_eq!(action.handler, 0, "already reset when the handler runs");
    assert_eq!(
        action.flags, SA_RESETHAND,
        "SA_SIGINFO goes with the handler"
    );
}

pub(crate) fn resethand() {
    signal::handle(SIGUSR1, reads_its_action, SA_RESETHAND, Set::EMPTY);
    signal::raise(SIGUSR1);
    expect(&[30]);
    let status = sys::in_child(|| {
        signal::handle(SIGUSR1, reads_its_action, SA_RESETHAND, Set::EMPTY);
        signal::raise(SIGUSR1);
        signal::raise(SIGUSR1);
    });
    assert_eq!(status, SIGUSR1, "the second one kills");
}

static OLD_CODE: Shared<u64> = Shared::new(0);

extern "C" fn old_style_handler(signal: u32, code: u64, context: &mut Context, _address: u64) {
    note(signal);
    OLD_CODE.store(code);
    assert_eq!(context.machine.len, 800);
}

/// Without SA_SIGINFO the second argument is the code itself.
pub(crate) fn old_style() {
    let handler: extern "C" fn(u32, u64, &mut Context, u64) = old_style_handler;
    signal::action(SIGUSR1, handler as usize as u64, 0, Set::EMPTY);
    signal::raise(SIGUSR1);
    expect(&[30]);
    assert_eq!(OLD_CODE.load(), 0x10001);
    assert_eq!(signal::current(SIGUSR1).flags & SA_SIGINFO, 0);
}

static INFO: Shared<Option<Info>> = Shared::new(None);

extern "C" fn notes_info(_: u32, info: &mut Info, _: &mut Context) {
    INFO.store(Some(*info));
    note(0);
}

fn info() -> Info {
    INFO.load().expect("a signal came")
}

pub(crate) fn info_of_kill() {
    signal::handle(SIGUSR1, notes_info, 0, Set::EMPTY);
    signal::raise(SIGUSR1);
    let found = info();
    assert_eq!((found.signo, found.errno, found.code), (30, 0, 0x10001));
    assert_eq!(found.pid as u64, sys::pid());
    assert_eq!(
        u64::from(found.uid),
        sys::call(sys::GETUID, []).expect("getuid")
    );
    assert_eq!((found.status, found.addr, found.value), (0, 0, 0));
}

pub(crate) fn info_of_sigqueue() {
    signal::handle(SIGUSR1, notes_info, 0, Set::EMPTY);
    let value = 0x1234_5678_9abc_def0;
    sys::call(sys::SIGQUEUE, [sys::pid(), 30, value]).expect("sigqueue");
    let found = info();
    assert_eq!((found.signo, found.errno, found.code), (30, 0, 0x10002));
    assert_eq!(found.pid as u64, sys::pid());
    assert_eq!((found.status, found.addr, found.value), (0, 0, value));
    for pid in [0, u64::MAX, u64::from(u32::MAX)] {
        assert_eq!(sys::call(sys::SIGQUEUE, [pid, 30, 0]), Err(sys::EINVAL));
    }
    assert_eq!(
        sys::call(sys::SIGQUEUE, [sys::pid(), 129, 0]),
        Err(sys::EINVAL)
    );
    assert_eq!(sys::call(sys::SIGQUEUE, [sys::pid(), 0, 0]), Ok(0));
}

pub(crate) fn info_of_thr_kill() {
    signal::handle(SIGUSR1, notes_info, 0, Set::EMPTY);
    sys::call(sys::THR_KILL, [sys::tid(), 30]).expect("thr_kill");
    let found = info();
    assert_eq!((found.signo, found.code), (30, 0x10007));
    assert_eq!(found.pid as u64, sys::pid());
    assert_eq!(sys::call(sys::THR_KILL, [sys::tid(), 0]), Ok(0));
    assert_eq!(
        sys::call(sys::THR_KILL, [sys::tid(), 129]),
        Err(sys::EINVAL)
    );
    assert_eq!(sys::call(sys::THR_KILL, [99, 30]), Err(sys::ESRCH));
    // -1 is every other thread, of which there is none.
    assert_eq!(sys::call(sys::THR_KILL, [u64::MAX, 30]), Err(sys::ESRCH));
}

extern "C" fn notes_value(_: u32, info: &mut Info, _: &mut Context) {
    note(info.value as u32);
}

/// Several of one number are kept, with their values, in order.
pub(crate) fn real_time() {
    for signal in [65, 70, 80] {
        signal::handle(signal, notes_value, 0, Set::EMPTY);
        signal::mask(BLOCK, Set::of(&[signal]));
        for value in 1..=5 {
            sys::call(sys::SIGQUEUE, [sys::pid(), u64::from(signal), value]).expect("sigqueue");
        }
        expect(&[]);
        signal::mask(signal::UNBLOCK, Set::of(&[signal]));
        expect(&[1, 2, 3, 4, 5]);
    }
}
