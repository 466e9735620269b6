//! What ps(1) and top(1) ask of the kernel.

use compat_guests::bsd::System;
use compat_guests::bsd::system::{Waits, value};
use compat_guests::sys::{self, call};

use crate::NetBsd;

const PROC2: usize = 680;
const LWP: usize = 128;

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

pub(crate) fn one() {
    let own = sys::pid() as i32;
    let mut room = [0xa5u8; 2048];
    let name = |size: i32| [1, 47, 1, own, size, 3];
    assert_eq!(value(&name(PROC2 as i32), &mut room), Ok(PROC2 as u64));
    assert_eq!(word(&room, 116), own as u32, "p_pid");
    assert_eq!(
        u64::from(word(&room, 120)),
        call(sys::GETPPID, []).unwrap_or(0)
    );
    assert_eq!(
        u64::from(word(&room, 136)),
        call(sys::GETUID, []).unwrap_or(9)
    );
    assert_eq!(
        (room[360], room[363]),
        (2, 20 + call(100, [0, 0]).unwrap_or(99) as u8),
        "LSRUN, nice"
    );
    assert!(
        word(&room, 432) > 1 && word(&room, 616) == 1,
        "resident pages, threads"
    );
    assert!(word(&room, 456) > 1_500_000_000, "p_ustart_sec");
    assert!(room[368] != 0 && room[391] == 0, "p_comm");
    assert!(room[648..655] == *b"netbsd\0" && room[PROC2..].iter().all(|&byte| byte == 0xa5));
    // An older program's structure is the beginning of it, a newer one's ends with nothing.
    assert_eq!(value(&name(64), &mut room), Ok(64));
    assert_eq!(value(&name(700), &mut room), Ok(700));
    assert!(word(&room, 116) == own as u32 && room[PROC2..700] == [0; 20]);
    assert_eq!(
        value(&name(PROC2 as i32), &mut room[..PROC2 - 1]),
        Err(sys::ENOMEM)
    );
    assert_eq!(
        value(&[1, 47, 1, 0x3f_ffff, 680, 1], &mut room),
        Ok(0),
        "nobody"
    );
    assert_eq!(value(&[1, 47, 9, 0, 680, 1], &mut room), Err(sys::EINVAL));
    assert_eq!(value(&[1, 47, 1, own], &mut room), Err(sys::EINVAL));
    // Without room there is talk of a few more.
    let (name, mut size) = (name(PROC2 as i32), 0u64);
    let args = [name.as_ptr() as u64, 6, 0, (&raw mut size) as u64, 0, 0];
    assert_eq!(call(202, args), Ok(0));
    assert_eq!(
        unsafe { (&raw const size).read_volatile() },
        6 * PROC2 as u64
    );
}

pub(crate) fn chosen() {
    let own = sys::pid() as i32;
    let child = NetBsd::start(|| {
        while call(sys::GETPPID, []) == Ok(own as u64) {
            NetBsd::pause(100_000);
        }
    });
    assert_eq!(call(82, [child, child]), Ok(0), "setpgid");
    let mut room = [0u8; 2 * PROC2];
    // By group, and both by session among others.
    assert_eq!(value(&[1, 47, 2, child as i32, 680, 2], &mut room), Ok(680));
    assert_eq!(
        (word(&room, 116), word(&room, 120)),
        (child as u32, own as u32)
    );
    while room[360] != 3 {
        NetBsd::pause(1000);
        assert_eq!(value(&[1, 47, 1, child as i32, 680, 2], &mut room), Ok(680));
    }
    let session = call(286, [0]).expect("getsid") as u32;
    assert_eq!(
        (word(&room, 124), word(&room, 128)),
        (session, child as u32),
        "p_sid, p__pgid"
    );
    // Its arguments are this program's, and so is its name.
    const HALF: usize = 1 << 20;
    let texts = compat_guests::bsd::map(2 * HALF as u64) as *mut u8;
    let texts = unsafe { core::slice::from_raw_parts_mut(texts, 2 * HALF) };
    let (ours, its) = texts.split_at_mut(HALF);
    for what in [1, 3, 5, 6] {
        let length = value(&[1, 48, -1, what], ours).expect("proc_args") as usize;
        assert_eq!(
            value(&[1, 48, child as i32, what], its),
            Ok(length as u64),
            "{what}"
        );
        assert_eq!(ours[..length], its[..length], "{what}");
        assert!(what == 3 || length > 1 && ours[length - 1] == 0);
    }
    let mut count = [0u8; 4];
    for (number, text) in [(2, 1), (4, 3)] {
        let length = value(&[1, 48, own, text], ours).expect("proc_args") as usize;
        let ends = ours[..length].iter().filter(|&&byte| byte == 0).count();
        assert_eq!(value(&[1, 48, child as i32, number], &mut count), Ok(4));
        assert_eq!(u32::from_le_bytes(count) as usize, ends);
    }
    assert_eq!(call(sys::KILL, [child, 9]), Ok(0));
    while value(&[1, 47, 1, child as i32, 680, 2], &mut room) == Ok(680) && room[360] != 5 {
        NetBsd::pause(1000);
    }
    assert_eq!(
        (room[360], word(&room, 448)),
        (5, 0),
        "LSZOMB, and nothing of its memory"
    );
    assert_eq!(
        value(&[1, 48, child as i32, 1], ours),
        Err(sys::EINVAL),
        "of a zombie"
    );
    assert_eq!(NetBsd::ended(0), (child, 9));
    assert_eq!(value(&[1, 48, own, 77], ours), Err(sys::EINVAL));
}

pub(crate) fn threads() {
    let own = sys::pid() as i32;
    let mut room = [0xa5u8; 512];
    assert_eq!(value(&[1, 64, own, 128, 4], &mut room), Ok(LWP as u64));
    assert_eq!(
        u64::from(word(&room, 32)),
        call(311, []).unwrap_or(0),
        "l_lid"
    );
    assert_eq!(
        (room[58], word(&room, 104)),
        (2, own as u32),
        "LSRUN, l_pid"
    );
    assert!(room[108] != 0 && room[LWP] == 0xa5);
    assert_eq!(
        value(&[1, 64, 0x3f_ffff, 128, 4], &mut room),
        Err(sys::ESRCH)
    );
    assert_eq!(value(&[1, 64, own], &mut room), Err(sys::EINVAL));
}

pub(crate) fn machine() {
    let mut times = [0u8; 64];
    assert_eq!(value(&[1, 51], &mut times), Ok(40), "kern.cp_time");
    assert!(times[..40].iter().any(|&byte| byte != 0));
    let mut memory = [0u8; 1024];
    let size = value(&[2, 5], &mut memory).expect("vm.uvmexp2");
    assert!(size > 600 && word(&memory, 0) == 4096 && word(&memory, 16) == 12);
    let pages = |index: usize| word(&memory, 8 * index);
    assert!(pages(3) > pages(4) && pages(4) > 0, "all, free");
    assert!(pages(17) >= pages(18), "swap space and what is in use");
}
