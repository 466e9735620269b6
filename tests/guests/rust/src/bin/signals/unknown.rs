//! Numbers no kernel knows: ENOSYS, and SIGSYS on top (nosys).

use compat_guests::signal::{self, BLOCK, Context, Info, SIGSYS, Set};
use compat_guests::start::Shared;
use compat_guests::sys;

static INFO: Shared<Option<Info>> = Shared::new(None);

extern "C" fn notes(_: u32, info: &mut Info, _: &mut Context) {
    INFO.store(Some(*info));
}

/// Above the table, in it and unused, and through the indirect call.
const UNKNOWN: [u64; 4] = [0x7fff_ffff, 5000, 67, 8];

pub(crate) fn sigsys() {
    signal::handle(SIGSYS, notes, 0, Set::EMPTY);
    for number in UNKNOWN.into_iter().filter(|&number| number != 8) {
        INFO.store(None);
        assert_eq!(sys::call(number, []), Err(sys::ENOSYS), "call {number}");
        let info = INFO.load().expect("SIGSYS");
        assert_eq!(info.signo, 12);
        INFO.store(None);
        assert_eq!(sys::call(0, [number]), Err(sys::ENOSYS), "call {number}");
        assert!(INFO.load().is_some(), "SIGSYS for the indirect call");
    }
    // Blocked, it waits.
    INFO.store(None);
    signal::mask(BLOCK, Set::of(&[SIGSYS]));
    assert_eq!(sys::call(5000, []), Err(sys::ENOSYS));
    assert!(INFO.load().is_none());
    signal::mask(signal::UNBLOCK, Set::of(&[SIGSYS]));
    assert!(INFO.load().is_some());
}

pub(crate) fn kills() {
    let status = sys::in_child(|| {
        let _ = sys::call(5000, []);
    });
    assert_eq!(status & 0x7f, SIGSYS, "status {status:#x}");
}

pub(crate) fn ignored() {
    signal::action(SIGSYS, 1, 0, Set::EMPTY);
    assert_eq!(sys::call(5000, []), Err(sys::ENOSYS));
}
