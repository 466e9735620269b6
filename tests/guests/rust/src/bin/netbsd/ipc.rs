//! System V IPC in the layouts of three times, message queues, the kernel's semaphores.

use compat_guests::bsd::queues::{Queues, VALUE};
use compat_guests::bsd::system::{self, Waits};
use compat_guests::bsd::sysv::{self, Control};
use compat_guests::bsd::{System, map};
use compat_guests::sys::{self, call};

use crate::NetBsd;

/// As today, as before 5.0, and as before 1.5.
const fn controls(
    calls: [u64; 3],
    sizes: [usize; 3],
    members: [[(usize, usize); 2]; 3],
) -> [Control; 3] {
    const fn control(
        call: u64,
        size: usize,
        index: usize,
        members: [(usize, usize); 2],
    ) -> Control {
        let [uid, mode] = if index == 2 {
            [(4, 2), (8, 2)]
        } else {
            [(0, 4), (16, 4)]
        };
        let [count, changed] = members;
        Control {
            call,
            size,
            uid,
            mode,
            exists: 0,
            count,
            changed,
        }
    }
    [
        control(calls[0], sizes[0], 0, members[0]),
        control(calls[1], sizes[1], 1, members[1]),
        control(calls[2], sizes[2], 2, members[2]),
    ]
}

pub(crate) fn segments() {
    let members = [[(32, 8), (72, 8)], [(32, 8), (60, 4)], [(24, 4), (48, 4)]];
    sysv::segments::<NetBsd>(&controls([443, 303, 229], [88, 72, 64], members));
}

pub(crate) fn semaphores() {
    let members = [[(32, 2), (48, 8)], [(32, 2), (40, 4)], [(32, 2), (48, 4)]];
    sysv::semaphores::<NetBsd>(&controls([442, 301, 220], [64, 56, 96], members));
    // semtimedop, and one that does nothing.
    let id = call(221, [0, 1, 0o600]).expect("semget");
    let (operation, limit) = ([0u16, 0xffff, 0], [0u64, 1000]);
    let args = [id, operation.as_ptr() as u64, 1, limit.as_ptr() as u64];
    assert_eq!(call(506, args), Err(sys::EAGAIN));
    assert_eq!(call(442, [id, 0, 0, (&raw const limit) as u64]), Ok(0));
    assert_eq!(call(223, [0]), Ok(0), "semconfig");
}

pub(crate) fn messages() {
    let members = [[(32, 8), (72, 8)], [(32, 8), (64, 4)], [(48, 8), (104, 4)]];
    sysv::messages(&controls([444, 302, 224], [104, 96, 152], members));
}

impl Queues for NetBsd {
    const OPEN: u64 = 257;
    const UNLINK: u64 = 259;
    const GETATTR: u64 = 260;
    const SETATTR: u64 = 261;
    const NOTIFY: u64 = 262;
    const SEND: u64 = 263;
    const RECEIVE: u64 = 264;
    const TIMEDSEND: u64 = 432;
    const TIMEDRECEIVE: u64 = 433;
    const NOTICE: (i32, u64) = (-4, VALUE);

    fn event(signal: u64, value: u64) -> [u64; 4] {
        [1 | signal << 32, value, 0, 0]
    }
}

const INIT: u64 = 247;
const OPEN: u64 = 248;
const UNLINK: u64 = 249;
const CLOSE: u64 = 250;
const POST: u64 = 251;
const WAIT: u64 = 252;
const TRYWAIT: u64 = 253;
const GETVALUE: u64 = 254;
const DESTROY: u64 = 255;
const TIMEDWAIT: u64 = 256;

const EBUSY: u64 = 16;
const EEXIST: u64 = 17;

fn value(id: u64) -> i32 {
    let mut value = -1;
    assert_eq!(call(GETVALUE, [id, (&raw mut value) as u64]), Ok(0));
    unsafe { (&raw const value).read_volatile() }
}

fn init(value: u64, mut id: u64) -> u64 {
    assert_eq!(call(INIT, [value, (&raw mut id) as u64]), Ok(0));
    unsafe { (&raw const id).read_volatile() }
}

/// What all of them do, with a child that waits.
fn counted(id: u64) {
    assert_eq!(value(id), 2);
    assert_eq!(call(WAIT, [id]), Ok(0));
    assert_eq!(call(TRYWAIT, [id]), Ok(0));
    assert_eq!(call(TRYWAIT, [id]), Err(sys::EAGAIN));
    let until = |time: [i64; 2]| call(TIMEDWAIT, [id, time.as_ptr() as u64]);
    assert_eq!(until([1, 0]), Err(sys::ETIMEDOUT));
    assert_eq!(until([-1, 0]), Err(sys::EINVAL));
    assert_eq!(until([1, 1_000_000_000]), Err(sys::EINVAL));
    assert_eq!(call(TIMEDWAIT, [id, 0]), Err(sys::EFAULT));
    let waits = NetBsd::start(|| assert_eq!(call(WAIT, [id]), Ok(0)));
    assert_eq!(call(POST, [id]), Ok(0));
    assert_eq!(NetBsd::ended(0), (waits, 0));
    assert_eq!(value(id), 0);
}

pub(crate) fn own_semaphores() {
    let id = init(2, 0);
    assert!(id < 1000, "a descriptor");
    counted(id);
    assert_eq!(call(DESTROY, [id]), Ok(0));
    assert_eq!(call(POST, [id]), Err(sys::EINVAL));
    assert_eq!(call(DESTROY, [id]), Err(sys::EINVAL));
    // A waiter keeps one from being destroyed. Whether it waits already, nobody can tell: until one did.
    let kept = (1..=10).any(|round| {
        let id = init(0, 0);
        let waits = NetBsd::start(|| sys::exit(u64::from(call(WAIT, [id]) != Ok(0))));
        NetBsd::pause(10_000 * round);
        let kept = call(DESTROY, [id]) == Err(EBUSY);
        if kept {
            assert_eq!(call(POST, [id]), Ok(0));
        }
        let (ended, status) = NetBsd::ended(0);
        assert!(ended == waits && (status == 0 || !kept), "{status:#x}");
        assert!(!kept || call(DESTROY, [id]) == Ok(0));
        kept
    });
    assert!(kept);
}

pub(crate) fn shared_semaphores() {
    // By numbers that no descriptor has.
    let id = init(2, 0x5053_5244);
    assert_eq!(id & 0xff00_0001, 0x7000_0001);
    counted(id);
    assert_eq!(call(CLOSE, [id]), Err(sys::EINVAL));
    assert_eq!(call(DESTROY, [id]), Ok(0));
    for number in [POST, WAIT, TRYWAIT, DESTROY] {
        assert_eq!(call(number, [id]), Err(sys::EINVAL), "{number}");
        assert_eq!(call(number, [1]), Err(sys::EINVAL), "{number}");
    }
}

pub(crate) fn named_semaphores() {
    let mut name = *b"/compat-\0\0\0\0\0\0\0\0\0";
    let mut pid = sys::pid();
    for slot in &mut name[8..16] {
        *slot = b'a' + (pid & 0xf) as u8;
        pid >>= 4;
    }
    let open_as = |name: &[u8], flags: u64, value: u64| {
        let mut id = u64::MAX;
        let at = (&raw mut id) as u64;
        call(OPEN, [name.as_ptr() as u64, flags, 0o600, value, at])?;
        Ok::<u64, u64>(unsafe { (&raw const id).read_volatile() })
    };
    let open = |flags: u64, value: u64| open_as(&name, flags, value);
    assert_eq!(open(0, 0), Err(sys::ENOENT));
    let id = open(0x200, 2).expect("_ksem_open");
    assert_eq!(open(0x200 | 0x800, 0), Err(EEXIST));
    let again = open(0x200, 9).expect("_ksem_open");
    assert_eq!(value(again), 2, "it was there");
    counted(id);
    NetBsd::child(|| {
        let id = open(0, 0).expect("_ksem_open");
        assert_eq!(call(POST, [id]), Ok(0));
    });
    assert_eq!(value(id), 1);
    assert_eq!(call(DESTROY, [id]), Err(sys::EINVAL), "it has a name");
    assert_eq!(call(UNLINK, [name.as_ptr() as u64]), Ok(0));
    assert_eq!(call(UNLINK, [name.as_ptr() as u64]), Err(sys::ENOENT));
    assert_eq!(value(id), 1, "open still");
    assert_eq!(call(CLOSE, [id]), Ok(0));
    assert_eq!(call(CLOSE, [id]), Err(sys::EBADF));
    assert_eq!(call(CLOSE, [again]), Ok(0));
    for wrong in [&b"/\0"[..], b"x\0", b"/a/b\0"] {
        assert_eq!(open_as(wrong, 0, 0), Err(sys::ENOENT));
        assert_eq!(open_as(wrong, 0x200, 0), Err(sys::EINVAL));
        assert_eq!(call(UNLINK, [wrong.as_ptr() as u64]), Err(sys::ENOENT));
    }
}

/// The lists that ipcs(1) prints: an identifier is a place and, above it, a number.
pub(crate) fn lists() {
    // kern.ipc.sysvipc_info: bytes of the limits and of a row, and where its mode and its number are.
    const QUEUES: [i32; 4] = [1, 82, 1, 4];
    const SETS: [i32; 4] = [1, 82, 1, 5];
    const SEGMENTS: [i32; 4] = [1, 82, 1, 6];
    let mut room = [0u8; 8];
    for support in 2..=4 {
        assert_eq!(system::value(&[1, 82, support], &mut room), Ok(4));
        assert_eq!(room[0], 1);
    }
    let queue = call(225, [0, 0o600]).expect("msgget");
    let set = call(221, [0, 3, 0o640]).expect("semget");
    let segment = call(231, [0, 5000, 0o600]).expect("shmget");
    for (name, limits, row, id, mode) in [
        (QUEUES, 24, 96, queue, 0o600),
        (SETS, 40, 56, set, 0o1640),
        (SEGMENTS, 24, 80, segment, 0x800 | 0o600),
    ] {
        let mut length = 0u64;
        let args = [name.as_ptr() as u64, 4, 0, (&raw mut length) as u64, 0, 0];
        assert_eq!(call(202, args), Ok(0));
        let length = unsafe { (&raw const length).read_volatile() };
        let memory = map(length);
        let mut room = length;
        let args = [
            name.as_ptr() as u64,
            4,
            memory,
            (&raw mut room) as u64,
            0,
            0,
        ];
        assert_eq!(call(202, args), Ok(0));
        let found = memory + limits + (id & 0xffff) * row;
        assert!(found + row <= memory + length);
        let word = |at: u64| unsafe { ((found + at) as *const u32).read_volatile() };
        assert_eq!((word(24), word(28) & 0xffff), (mode, (id >> 16) as u32));
        let mut few = [0u8; 40];
        assert_eq!(
            system::value(&name, &mut few[..limits as usize]),
            Ok(limits)
        );
        assert_eq!(system::value(&name, &mut few[..8]), Err(sys::ENOMEM));
    }
    assert_eq!(call(444, [queue, 0, 0]), Ok(0), "__msgctl50");
    assert_eq!(call(442, [set, 0, 0, 0]), Ok(0), "____semctl50");
    assert_eq!(call(443, [segment, 0, 0]), Ok(0), "__shmctl50");
}
