//! Calls as releases before 5.0 had them, back to 2.0, the first for this machine.

use compat_guests::bsd::System;
use compat_guests::bsd::files::{PREAD, file, path, word};
use compat_guests::bsd::signals::{SIGUSR1, raise};
use compat_guests::bsd::system::GETRLIMIT;
use compat_guests::sys::{self, call};

use crate::NetBsd;

const FILL: u8 = 0xa5;

pub(crate) fn status() {
    let fd = file(c"status13", b"12345");
    let mut found = [FILL; 160];
    let at = found.as_mut_ptr() as u64;
    for result in [
        call(278, [path(c"status13"), at]),
        call(280, [path(c"status13"), at]),
        call(279, [fd, at]),
    ] {
        assert_eq!(result, Ok(0));
        assert_eq!(
            (word(&found, 8, 4), word(&found, 12, 4)),
            (0o100_640, 1),
            "mode, nlink"
        );
        assert_eq!(word(&found, 80, 8), 5, "size");
        for time in [32, 48, 64] {
            assert!(
                word(&found, time, 4) > 1_500_000_000 && word(&found, time + 8, 8) < 1_000_000_000
            );
        }
        assert!(found[128..].iter().all(|&byte| byte == FILL));
    }
    let mut now = [0u8; 152];
    assert_eq!(call(440, [fd, now.as_mut_ptr() as u64]), Ok(0));
    assert_eq!(word(&found, 4, 4), word(&now, 16, 4), "ino");
    assert_eq!(call(PREAD, [fd, at, 1, 0, 0]), Ok(1));
}

pub(crate) fn mounts() {
    let mut one = [FILL; 320];
    let at = one.as_mut_ptr() as u64;
    assert_eq!(call(157, [path(c"/"), at]), Ok(0), "statfs");
    assert!(
        word(&one, 8, 8) >= 512 && one[128..130] == *b"/\0",
        "block size, where"
    );
    assert!(one[312..].iter().all(|&byte| byte == FILL));
    let fd = call(sys::OPEN, [path(c"/"), 0]).expect("open");
    let mut same = [FILL; 320];
    assert_eq!(call(158, [fd, same.as_mut_ptr() as u64]), Ok(0), "fstatfs");
    assert_eq!(same[64..72], one[64..72], "fsid");
    let count = call(18, [0, 0, 0]).expect("getfsstat");
    assert!(count >= 1);
    assert_eq!(call(18, [at, 312, 0]), Ok(1));
}

pub(crate) fn entries() {
    let folder = c"folder-of-2";
    let _ = call(136, [path(folder), 0o750]);
    let fd = call(sys::OPEN, [path(folder), 0]).expect("open");
    let mut buffer = [0u8; 512];
    let length = call(272, [fd, buffer.as_mut_ptr() as u64, 512]).expect("getdents") as usize;
    let (mut at, mut seen) = (0, 0);
    while at < length {
        let (record, name) = (word(&buffer, at + 4, 2) as usize, buffer[at + 7] as usize);
        assert!(word(&buffer, at, 4) != 0 && record.is_multiple_of(4));
        assert_eq!(buffer[at + 6], 4, "a folder");
        assert!(matches!(&buffer[at + 8..at + 9 + name], b".\0" | b"..\0"));
        (at, seen) = (at + record, seen + 1);
    }
    assert_eq!((at, seen), (length, 2));
    let _ = call(137, [path(folder)]);
}

pub(crate) fn timers() {
    // Of 32 bits: seconds, a gap, nanoseconds; the interval first.
    let mut id = 0u32;
    let event = [0u64; 4];
    assert_eq!(
        call(235, [0, event.as_ptr() as u64, (&raw mut id) as u64]),
        Ok(0)
    );
    let id = u64::from(unsafe { (&raw const id).read_volatile() });
    let wanted = [0xffff_ffff_0000_0000_u64, 0, 0xffff_ffff_0000_0064, 0];
    assert_eq!(
        call(237, [id, 0, wanted.as_ptr() as u64, 0]),
        Ok(0),
        "timer_settime"
    );
    let mut now = [0u64; 4];
    assert_eq!(
        call(238, [id, now.as_mut_ptr() as u64]),
        Ok(0),
        "timer_gettime"
    );
    let now = unsafe { (&raw const now).read_volatile() };
    assert!(matches!(now[2], 98..=100) && now[0] == 0, "{now:?}");
    assert_eq!(call(236, [id]), Ok(0));
    // No such way of notice.
    let event = [4u64, 0, 0, 0];
    let args = [0, event.as_ptr() as u64, now.as_ptr() as u64];
    assert_eq!(call(235, args), Err(sys::EINVAL));

    // A set to wait for, and no time.
    let set = [1u32 << (SIGUSR1 - 1), 0, 0, 0];
    assert_eq!(call(293, [1, set.as_ptr() as u64, 0]), Ok(0), "sigprocmask");
    let none = [0xffff_ffff_0000_0000_u64, 0];
    let wait = || call(244, [set.as_ptr() as u64, 0, none.as_ptr() as u64]);
    assert_eq!(wait(), Err(sys::EAGAIN));
    raise(SIGUSR1);
    assert_eq!(wait(), Ok(SIGUSR1), "sigtimedwait");
    assert_eq!(call(293, [2, set.as_ptr() as u64, 0]), Ok(0));
    NetBsd::pause(1);
}

/// How the clock is kept right: who asks learns, and nobody changes it.
pub(crate) fn discipline() {
    let mut times = [0u64; 6];
    let at = times.as_mut_ptr() as u64;
    let read = || unsafe { times.as_ptr().read_volatile() };
    let state = call(448, [at]).expect("ntp_gettime");
    assert!(state <= 5 && read() > 1_500_000_000);
    assert_eq!(call(393, [at]), Ok(state), "of before 5.0");
    assert!(read() as u32 > 1_500_000_000);
    assert_eq!(call(175, [at]), Ok(state), "of before 3.0");
    assert!(read() as u32 > 1_500_000_000 && read() >> 32 < 1_000_000);
    let mut timex = [0u64; 17];
    assert_eq!(
        call(176, [timex.as_mut_ptr() as u64]),
        Ok(state),
        "ntp_adjtime"
    );
    timex[0] = 1;
    assert_eq!(call(176, [timex.as_mut_ptr() as u64]), Err(sys::EPERM));
    let delta = [1u64, 0];
    for (number, old) in [(421, at), (140, at)] {
        assert_eq!(call(number, [0, old]), Ok(0), "adjtime");
        assert_eq!(call(number, [delta.as_ptr() as u64, 0]), Err(sys::EPERM));
    }
}

pub(crate) fn names() {
    assert_eq!(call(14, [path(c"fifo"), 0o10_640, 0]), Ok(0), "mknod");
    let mut found = [0u8; 160];
    assert_eq!(call(278, [path(c"fifo"), found.as_mut_ptr() as u64]), Ok(0));
    assert_eq!(word(&found, 8, 4), 0o10_640);
    assert_eq!(call(10, [path(c"fifo")]), Ok(0));
    let socket = call(97, [1, 1, 0]).expect("socket");
    assert_eq!(call(sys::CLOSE, [socket]), Ok(0));
    assert!(call(GETRLIMIT, [0, found.as_mut_ptr() as u64]).is_ok());
}

/// Calls of 4.3BSD: numbers where today's have more, and names where they have none.
pub(crate) fn oldest() {
    let fd = call(8, [path(c"oldest"), 0o640]).expect("creat");
    assert_eq!(call(sys::WRITE, [fd, b"12345".as_ptr() as u64, 5]), Ok(5));
    assert_eq!(call(19, [fd, 2, 0]), Ok(2), "lseek without a pad");
    assert_eq!(call(130, [fd, 4]), Ok(0), "ftruncate");
    assert_eq!(call(19, [fd, 0, 2]), Ok(4));
    assert_eq!(call(129, [path(c"oldest"), 3]), Ok(0), "truncate");
    assert_eq!(call(19, [fd, 0, 2]), Ok(3));
    assert_eq!(call(64, []), Ok(4096), "getpagesize");
    let mut name = [0xa5u8; 256];
    assert_eq!(
        call(87, [name.as_mut_ptr() as u64, 255]),
        Ok(0),
        "gethostname"
    );
    let name = unsafe { (&raw const name).read_volatile() };
    assert!(name[0] != 0xa5 && name.contains(&0) && name[255] == 0xa5);
    assert!(call(142, []).is_ok(), "gethostid");
    let mut limit = [0i32; 3];
    assert_eq!(
        call(144, [8, limit.as_mut_ptr() as u64]),
        Ok(0),
        "getrlimit"
    );
    let limit = unsafe { (&raw const limit).read_volatile() };
    assert!(limit[0] > 0 && limit[0] <= limit[1] && limit[2] == 0);

    let mut ends = [0u32; 2];
    assert_eq!(
        call(135, [1, 1, 0, ends.as_mut_ptr() as u64]),
        Ok(0),
        "socketpair"
    );
    let [a, b] = unsafe { (&raw const ends).read_volatile() }.map(u64::from);
    assert_eq!(call(101, [a, b"text".as_ptr() as u64, 4, 0]), Ok(4), "send");
    let mut room = [0u8; 8];
    assert_eq!(
        call(102, [b, room.as_mut_ptr() as u64, 8, 0]),
        Ok(4),
        "recv"
    );
    assert_eq!(&room[..4], b"text");
    // A name without its length: the family is a word of 16 bits.
    let (mut socket, mut length) = ([0xa5a5u16; 8], 16u32);
    let args = [b, socket.as_mut_ptr() as u64, (&raw mut length) as u64];
    assert_eq!(call(141, args), Ok(0), "getpeername");
    assert_eq!(unsafe { socket.as_ptr().read_volatile() }, 1);

    let child = sys::raw(sys::FORK, [0; 6]);
    if child.rdx == 1 && child.rax == 0 {
        sys::exit(3);
    }
    let back = sys::raw(84, [0; 6]);
    assert!(
        !back.carry && (back.rax, back.rdx) == (child.rax, 3 << 8),
        "wait: {back:?}"
    );
    assert_eq!(call(146, [0x3f_ffff, 0]), Err(sys::ESRCH), "killpg");
    assert_eq!(call(146, [u64::MAX, 0]), Err(sys::ESRCH));
}
