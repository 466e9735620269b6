//! Who runs where and how urgently, clocks of threads, reapers, names, and what every DragonFly kernel refuses.

use compat_guests::bsd::System;
use compat_guests::bsd::files::{file, path};
use compat_guests::bsd::signals::{SIGUSR1, Signals, raise};
use compat_guests::bsd::system::Waits;
use compat_guests::sys::{self, call};

use crate::DragonFly;

const GETTID: u64 = 496;

pub(crate) fn places() {
    const GETAFFINITY: u64 = 545;
    const SETAFFINITY: u64 = 544;
    const USCHED_SET: u64 = 481;
    let mut mask = [u64::MAX; 5];
    let at = mask.as_mut_ptr() as u64;
    let tid = call(GETTID, []).expect("lwp_gettid");
    assert_eq!(call(GETAFFINITY, [0, tid, at]), Ok(0));
    let all = unsafe { (&raw const mask).read_volatile() };
    assert!(
        all[0] != 0 && all[1..4] == [0; 3] && all[4] == u64::MAX,
        "{all:?}"
    );
    assert_eq!(
        call(GETAFFINITY, [0, u64::MAX, at]),
        Ok(0),
        "the first thread's"
    );
    assert_eq!(call(GETAFFINITY, [0, 0x3f_ffff, at]), Err(sys::ESRCH));
    assert_eq!(call(GETAFFINITY, [u64::MAX, 0, at]), Err(sys::EINVAL));
    // One of them only; then all again.
    let one = [1u64 << all[0].trailing_zeros(), 0, 0, 0];
    assert_eq!(call(SETAFFINITY, [0, u64::MAX, one.as_ptr() as u64]), Ok(0));
    assert_eq!(
        call(USCHED_SET, [0, 5, at, 32]),
        Ok(0),
        "USCHED_GET_CPUMASK"
    );
    assert_eq!(unsafe { mask.as_ptr().read_volatile() }, one[0]);
    assert_eq!(call(USCHED_SET, [0, 4, at, 4]), Ok(0), "USCHED_GET_CPU");
    let cpu = unsafe { (at as *const u32).read_volatile() };
    assert_eq!(cpu, one[0].trailing_zeros());
    assert_eq!(
        call(USCHED_SET, [0, 3, at, 4]),
        Err(sys::EPERM),
        "not the last one"
    );
    assert_eq!(call(SETAFFINITY, [0, tid, all.as_ptr() as u64]), Ok(0));
    let none = [0u64; 4];
    assert_eq!(
        call(SETAFFINITY, [0, tid, none.as_ptr() as u64]),
        Err(sys::EPERM)
    );
    assert_eq!(call(USCHED_SET, [0, 4, at, 8]), Err(sys::EINVAL));
    assert_eq!(call(USCHED_SET, [0, 99, at, 4]), Err(sys::EINVAL));
}

pub(crate) fn priorities() {
    const RTPRIO: u64 = 166;
    const LWP_RTPRIO: u64 = 498;
    let mut found = [9u16; 2];
    let at = found.as_mut_ptr() as u64;
    assert_eq!(call(RTPRIO, [0, 0, at]), Ok(0));
    assert_eq!(
        unsafe { (at as *const u16).read_volatile() },
        1,
        "RTP_PRIO_NORMAL"
    );
    assert_eq!(call(LWP_RTPRIO, [0, 0, u64::MAX, at]), Ok(0));
    assert_eq!(call(LWP_RTPRIO, [0, 0, 0x3f_ffff, at]), Err(sys::ESRCH));
    assert_eq!(call(LWP_RTPRIO, [0, 0, -2i64 as u64, at]), Err(sys::EINVAL));
    let normal = [1u16, 0];
    assert_eq!(call(RTPRIO, [1, 0, normal.as_ptr() as u64]), Ok(0));
    if call(sys::GETUID, []) != Ok(0) {
        let urgent = [0u16, 3];
        assert_eq!(
            call(RTPRIO, [1, 0, urgent.as_ptr() as u64]),
            Err(sys::EPERM)
        );
    }
}

pub(crate) fn clocks() {
    const GETCPUCLOCKID: u64 = 547;
    let (mut id, mut time) = (0u64, [0u64; 2]);
    let (id_at, time_at) = ((&raw mut id) as u64, time.as_mut_ptr() as u64);
    let told = || unsafe { (id_at as *const u64).read_volatile() };
    let tid = call(GETTID, []).expect("lwp_gettid");
    assert_eq!(call(GETCPUCLOCKID, [0, 0, id_at]), Ok(0));
    assert_eq!(told(), 0x8000_0000 | sys::pid());
    assert_eq!(call(232, [told(), time_at]), Ok(0), "of the process");
    assert_eq!(call(GETCPUCLOCKID, [0, tid, id_at]), Ok(0));
    assert_eq!(told(), tid << 32 | 0x8000_0000 | sys::pid());
    assert_eq!(call(232, [told(), time_at]), Ok(0), "of the thread");
    assert_eq!(call(234, [told(), time_at]), Ok(0));
    assert_eq!(call(GETCPUCLOCKID, [0, 0x3f_ffff, id_at]), Err(sys::ESRCH));
    assert_eq!(
        call(232, [0x3f_ffff << 32 | 0x8000_0001, time_at]),
        Err(sys::EINVAL)
    );
    assert_eq!(call(140, [0, time_at]), Ok(0), "adjtime");
    assert_eq!(call(140, [time_at, 0]), Err(sys::EPERM));
    let mut timex = [0u64; 17];
    assert!(
        call(176, [timex.as_mut_ptr() as u64]).is_ok_and(|state| state <= 5),
        "ntp_adjtime"
    );
}

/// `struct reaper_status`.
#[repr(C)]
struct Status {
    flags: u32,
    refs: u32,
    reserved: [i64; 15],
    head: i32,
    rest: [i32; 16],
}

pub(crate) fn reapers() {
    const PROCCTL: u64 = 536;
    let own = sys::pid();
    let ask = |command, data| call(PROCCTL, [0, own, command, data]);
    let status = || {
        let mut found = Status {
            flags: 9,
            refs: 9,
            reserved: [9; 15],
            head: 9,
            rest: [9; 16],
        };
        assert_eq!(ask(3, (&raw mut found) as u64), Ok(0));
        let found = unsafe { (&raw const found).read_volatile() };
        assert_eq!((found.rest[14], found.rest[15]), (0, 9), "192 bytes");
        (found.flags, found.refs, found.head)
    };
    assert_eq!(status(), (0, 0, -1));
    assert_eq!(ask(2, 0), Err(57), "ENOTCONN");
    assert_eq!(ask(1, 0), Ok(0), "PROC_REAP_ACQUIRE");
    assert_eq!(ask(1, 0), Err(37), "EALREADY");
    // An orphan becomes this process's child.
    let child = DragonFly::start(|| {
        DragonFly::start(|| {
            while call(sys::GETPPID, []) != Ok(own) {
                DragonFly::pause(1000);
            }
            sys::exit(7);
        });
    });
    let (_, refs, _) = status();
    assert!(refs >= 1);
    let mut seen = [DragonFly::ended(0), DragonFly::ended(0)];
    seen.sort_unstable_by_key(|(_, status)| *status);
    assert_eq!((seen[0], seen[1].1), ((child, 0), 7 << 8));
    assert_eq!(status(), (1, 0, -1));
    assert_eq!(ask(2, 0), Ok(0), "PROC_REAP_RELEASE");
    assert_eq!(status().0, 0);
    assert_eq!(ask(9, 0), Err(sys::EINVAL));
    assert_eq!(call(PROCCTL, [0, 1 << 22, 3, 0]), Err(sys::EINVAL));
}

pub(crate) fn names() {
    const SETNAME: u64 = 542;
    const GETNAME: u64 = 549;
    let tid = call(GETTID, []).expect("lwp_gettid");
    assert_eq!(call(SETNAME, [tid, path(c"worker")]), Ok(0));
    let mut name = [0xa5u8; 16];
    let at = name.as_mut_ptr() as u64;
    assert_eq!(call(GETNAME, [tid, at, 16]), Ok(0));
    let found = unsafe { (at as *const [u8; 8]).read_volatile() };
    assert_eq!(&found, b"worker\0\xa5");
    assert_eq!(call(GETNAME, [tid, at, 4]), Ok(0));
    assert_eq!(
        &unsafe { (at as *const [u8; 5]).read_volatile() },
        b"wor\0e"
    );
    assert_eq!(call(GETNAME, [0x3f_ffff, at, 16]), Err(sys::ESRCH));
    assert_eq!(call(SETNAME, [0x3f_ffff, path(c"x")]), Err(sys::ESRCH));
    let mut identifiers = [[0u8; 16]; 2];
    assert_eq!(
        call(392, [identifiers.as_mut_ptr() as u64, 2]),
        Ok(0),
        "uuidgen"
    );
    assert!(identifiers[0] != identifiers[1]);
}

/// A signal waited for tells who sent it and nothing else.
pub(crate) fn waiting() {
    let set = [1u32 << (SIGUSR1 - 1), 0, 0, 0];
    let at = set.as_ptr() as u64;
    assert_eq!(call(DragonFly::SIGPROCMASK, [1, at, 0]), Ok(0));
    raise(SIGUSR1);
    let mut info = [9u32; 20];
    let info_at = info.as_mut_ptr() as u64;
    assert_eq!(call(DragonFly::SIGTIMEDWAIT, [at, info_at, 0]), Ok(SIGUSR1));
    let told = unsafe { (&raw const info).read_volatile() };
    assert_eq!(
        (told[0], told[2], u64::from(told[3])),
        (30, 0, sys::pid()),
        "signal, code, sender"
    );
    assert_eq!(call(DragonFly::SIGPROCMASK, [2, at, 0]), Ok(0));
}

/// What is there by name only.
pub(crate) fn stubs() {
    const EOPNOTSUPP: u64 = 45;
    let fd = file(c"without", b"");
    let mut block = [0u64; 32];
    let at = block.as_mut_ptr() as u64;
    for number in [314, 315, 316, 317, 318, 319, 320, 359] {
        assert_eq!(call(number, [at, 1, at, 0]), Err(sys::ENOSYS), "{number}");
    }
    for number in 347..=354 {
        assert_eq!(call(number, [fd, 2, at]), Err(EOPNOTSUPP), "{number}");
    }
    for number in 356..=358 {
        let args = [path(c"without"), 1, path(c"note"), at, 8];
        assert_eq!(call(number, args), Err(EOPNOTSUPP), "{number}");
    }
    assert_eq!(call(391, [path(c"without"), 0]), Ok(0), "lchflags");
    assert_eq!(call(44, [0, 0, 0, 0]), Ok(0), "profil");
    // Forks, as what it is for most.
    let back = sys::raw(251, [0x14, 0, 0, 0, 0, 0]);
    if back.rdx == 1 && back.rax == 0 {
        sys::exit(6);
    }
    assert_eq!(DragonFly::ended(0), (back.rax, 6 << 8), "rfork");
}
