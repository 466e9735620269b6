//! How processes end, and what wait4(2) and SIGCHLD tell of it.

use compat_guests::signal::{self, Context, Info, Set};
use compat_guests::start::Shared;
use compat_guests::sys;

pub(crate) fn exit_codes() {
    for code in [0, 1, 2, 77, 127, 128, 255] {
        let status = sys::in_child(|| sys::exit(code));
        assert_eq!(u64::from(status), code << 8);
    }
    // Only eight bits arrive.
    assert_eq!(sys::in_child(|| sys::exit(0x1234)), 0x3400);
    assert_eq!(sys::in_child(|| sys::exit(u64::MAX)), 0xff00);
}

/// Every signal that ends a process by default; the last bit of the status says whether there is a core.
pub(crate) fn signals() {
    let deadly = [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 30, 31, 32, 33, 65, 80,
        95,
    ];
    for signal in deadly {
        let status = sys::in_child(|| signal::raise(signal));
        assert_eq!(status & !0x80, signal, "status {status:#x}");
    }
}

pub(crate) fn ignored_signals() {
    for signal in [16, 19, 20, 23, 28, 29] {
        assert_eq!(
            sys::in_child(|| signal::raise(signal)),
            0,
            "signal {signal}"
        );
    }
}

const WNOHANG: u64 = 1;
const WUNTRACED: u64 = 2;
const WCONTINUED: u64 = 4;

fn wait_with(pid: u64, options: u64) -> (sys::Result, u32) {
    let mut status = 0u32;
    let back = sys::call(sys::WAIT4, [pid, (&raw mut status) as u64, options, 0]);
    (back, unsafe { (&raw const status).read_volatile() })
}

pub(crate) fn stop_and_continue() {
    // The terminal's own stop signals do nothing in a process group without a shell to continue it.
    for stop in [17u32; 3] {
        let sys::Fork::Parent(child) = sys::fork() else {
            signal::raise(stop);
            sys::sleep_microseconds(50_000);
            sys::exit(5)
        };
        assert_eq!(wait_with(child, WUNTRACED), (Ok(child), stop << 8 | 0x7f));
        sys::call(sys::KILL, [child, 19]).expect("kill");
        assert_eq!(wait_with(child, WCONTINUED), (Ok(child), 0x13));
        assert_eq!(wait_with(child, 0), (Ok(child), 5 << 8));
    }
}

static INFO: Shared<Option<Info>> = Shared::new(None);

extern "C" fn notes(_: u32, info: &mut Info, _: &mut Context) {
    INFO.store(Some(*info));
}

pub(crate) fn child_info() {
    const SIGCHLD: u32 = 20;
    signal::handle(SIGCHLD, notes, 0, Set::EMPTY);
    let check = |death: u64, code: i32, status: i32| {
        INFO.store(None);
        let sys::Fork::Parent(child) = sys::fork() else {
            if death < 100 {
                sys::exit(death);
            }
            signal::raise(death as u32 - 100);
            sys::exit(99)
        };
        sys::wait(child);
        let info = INFO.load().expect("SIGCHLD");
        assert_eq!(
            (info.signo, info.pid as u64, info.status),
            (20, child, status)
        );
        assert!(
            info.code == code || (code == 2 && info.code == 3),
            "code {}",
            info.code
        );
        assert_eq!(
            u64::from(info.uid),
            sys::call(sys::GETUID, []).expect("getuid")
        );
    };
    check(33, 1, 33);
    check(100 + 9, 2, 9);
    // The guest's number, not the host's: SIGUSR1, SIGBUS.
    check(100 + 30, 2, 30);
    check(100 + 10, 2, 10);
}

pub(crate) fn no_child() {
    assert_eq!(wait_with(u64::MAX, 0).0, Err(sys::ECHILD));
    assert_eq!(wait_with(1, WNOHANG).0, Err(sys::ECHILD));
    // SIGCHLD ignored: children leave nothing behind.
    signal::action(20, 1, 0, Set::EMPTY);
    let sys::Fork::Parent(child) = sys::fork() else {
        sys::exit(0)
    };
    assert_eq!(wait_with(child, 0).0, Err(sys::ECHILD));
}

pub(crate) fn no_wait() {
    let (read, write) = sys::pipe();
    let sys::Fork::Parent(child) = sys::fork() else {
        let byte = [0u8];
        let _ = sys::call(sys::CLOSE, [write]);
        let _ = sys::call(sys::READ, [read, byte.as_ptr() as u64, 1]);
        sys::exit(1)
    };
    assert_eq!(wait_with(child, WNOHANG).0, Ok(0));
    assert_eq!(wait_with(u64::MAX, WNOHANG).0, Ok(0));
    sys::call(sys::CLOSE, [write]).expect("close");
    assert_eq!(wait_with(u64::MAX, 0), (Ok(child), 1 << 8));
}
