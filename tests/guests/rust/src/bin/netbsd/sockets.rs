//! Sockets: flags and options that NetBSD numbers its own way.

use compat_guests::sys::{self, call};

const DONTWAIT: u64 = 0x80;
const NOSIGNAL: u64 = 0x400;
const CMSG_CLOEXEC: u64 = 0x800;
const TRUNC: u32 = 0x10;

/// `struct msghdr`
#[repr(C)]
#[derive(Clone, Copy)]
struct Msghdr {
    name: u64,
    namelen: u32,
    iov: u64,
    iovlen: i32,
    control: u64,
    controllen: u32,
    flags: u32,
}

fn pair(kind: u64) -> (u64, u64) {
    let mut ends = [0u32; 2];
    assert_eq!(
        call(135, [1, kind, 0, ends.as_mut_ptr() as u64]),
        Ok(0),
        "socketpair"
    );
    let [a, b] = unsafe { (&raw const ends).read_volatile() };
    (u64::from(a), u64::from(b))
}

fn message(iov: &[u64; 2], control: &[u8]) -> Msghdr {
    Msghdr {
        name: 0,
        namelen: 0,
        iov: iov.as_ptr() as u64,
        iovlen: 1,
        control: if control.is_empty() {
            0
        } else {
            control.as_ptr() as u64
        },
        controllen: control.len() as u32,
        flags: 0,
    }
}

pub(crate) fn messages() {
    let (a, b) = pair(2);
    let mut small = [0u8; 2];
    let into = [small.as_mut_ptr() as u64, 2];
    let mut got = message(&into, &[]);
    let at = (&raw mut got) as u64;
    assert_eq!(call(27, [b, at, DONTWAIT]), Err(sys::EAGAIN));
    let from = [b"12345".as_ptr() as u64, 5];
    let sent = message(&from, &[]);
    assert_eq!(call(28, [a, (&raw const sent) as u64, NOSIGNAL]), Ok(5));
    assert_eq!(call(27, [b, at, 0]), Ok(2));
    assert_eq!(
        (
            &small,
            unsafe { (&raw const got.flags).read_volatile() } & TRUNC
        ),
        (b"12", TRUNC)
    );
    let (a, b) = pair(1);
    assert_eq!(call(sys::CLOSE, [b]), Ok(0));
    assert_eq!(
        call(28, [a, (&raw const sent) as u64, NOSIGNAL]),
        Err(32),
        "EPIPE, and no signal"
    );
}

/// `struct mmsghdr`
#[repr(C)]
#[derive(Clone, Copy)]
struct Mmsghdr {
    message: Msghdr,
    length: u32,
}

pub(crate) fn several() {
    const RECVMMSG: u64 = 475;
    const SENDMMSG: u64 = 476;
    const WAITFORONE: u64 = 0x2000;
    let (a, b) = pair(2);
    let texts = [[b"one".as_ptr() as u64, 3], [b"three".as_ptr() as u64, 5]];
    let mut sent = texts.each_ref().map(|text| Mmsghdr {
        message: message(text, &[]),
        length: 77,
    });
    let at = sent.as_mut_ptr() as u64;
    assert_eq!(call(SENDMMSG, [a, at, 2, 0]), Ok(2));
    let sent = unsafe { (&raw const sent).read_volatile() };
    assert_eq!(sent.map(|one| one.length), [3, 5]);
    let mut rooms = [[0u8; 8]; 3];
    let places = rooms.each_mut().map(|room| [room.as_mut_ptr() as u64, 8]);
    let mut got = places.each_ref().map(|place| Mmsghdr {
        message: message(place, &[]),
        length: 77,
    });
    let at = got.as_mut_ptr() as u64;
    // Two are there, and nobody waits for a third.
    assert_eq!(call(RECVMMSG, [b, at, 3, WAITFORONE, 0]), Ok(2));
    let told = unsafe { (&raw const got).read_volatile() };
    assert_eq!(told.map(|one| one.length), [3, 5, 77]);
    assert_eq!(
        &unsafe { (&raw const rooms).read_volatile() }[1][..6],
        b"three\0"
    );
    assert_eq!(call(RECVMMSG, [b, at, 3, DONTWAIT, 0]), Err(sys::EAGAIN));
    // The limit is over after the first one.
    for _ in 0..2 {
        assert_eq!(call(133, [a, b"x".as_ptr() as u64, 1, 0, 0, 0]), Ok(1));
    }
    let limit = [0u64, 0];
    assert_eq!(call(RECVMMSG, [b, at, 3, 0, limit.as_ptr() as u64]), Ok(1));
    assert_eq!(call(RECVMMSG, [0, at, 3, 0, 8]), Err(sys::EFAULT));
    assert_eq!(call(SENDMMSG, [1000, at, 1, 0]), Err(sys::EBADF));
}

pub(crate) fn descriptors() {
    let (a, b) = pair(1);
    let pipe = sys::raw(42, [0; 6]);
    // struct cmsghdr: length, level, type; then the descriptor, filled up to 8 bytes.
    let mut control = [0u8; 24];
    for (at, word) in [(0, 20u32), (4, 0xffff), (8, 1)] {
        control[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    control[16..20].copy_from_slice(&(pipe.rax as u32).to_le_bytes());
    let from = [b"x".as_ptr() as u64, 1];
    let sent = message(&from, &control);
    assert_eq!(call(28, [a, (&raw const sent) as u64, 0]), Ok(1));
    let mut byte = 0u8;
    let into = [(&raw mut byte) as u64, 1];
    let mut room = [0u8; 64];
    let mut got = message(&into, &room);
    got.control = room.as_mut_ptr() as u64;
    assert_eq!(call(27, [b, (&raw mut got) as u64, CMSG_CLOEXEC]), Ok(1));
    let word = |at: usize| u32::from_le_bytes([room[at], room[at + 1], room[at + 2], room[at + 3]]);
    assert_eq!((word(0), word(4), word(8)), (20, 0xffff, 1));
    let passed = u64::from(word(16));
    assert_eq!(call(92, [passed, 1, 0]), Ok(1), "FD_CLOEXEC");
    assert_eq!(call(sys::WRITE, [pipe.rdx, b"y".as_ptr() as u64, 1]), Ok(1));
    assert_eq!(call(sys::READ, [passed, (&raw mut byte) as u64, 1]), Ok(1));
}

pub(crate) fn options() {
    const SOCKET: u64 = 0xffff;
    let fd = call(394, [2, 2 | 0x1000_0000, 0]).expect("socket");
    assert_eq!(call(92, [fd, 1, 0]), Ok(1), "SOCK_CLOEXEC");
    let mut value = [0u8; 16];
    let mut length = 4u32;
    let mut get = |name: u64, room: u32| {
        length = room;
        let args = [
            fd,
            SOCKET,
            name,
            value.as_mut_ptr() as u64,
            (&raw mut length) as u64,
        ];
        call(118, args)
            .map(|_| u64::from_le_bytes([value[0], value[1], value[2], value[3], 0, 0, 0, 0]))
    };
    assert_eq!(get(0x1008, 4), Ok(2), "SO_TYPE");
    // SO_RCVTIMEO with a time whose microseconds have 32 bits.
    let time = [3u64, 0x5555_5555_0000_0000 + 250_000];
    assert_eq!(
        call(105, [fd, SOCKET, 0x100c, time.as_ptr() as u64, 16]),
        Ok(0)
    );
    assert_eq!(get(0x100c, 16), Ok(3));
    let on = 1u32;
    assert_eq!(
        call(105, [fd, SOCKET, 4, (&raw const on) as u64, 4]),
        Ok(0),
        "SO_REUSEADDR"
    );
    assert!(get(4, 4).is_ok_and(|value| value != 0));
    assert_eq!(get(0x7777, 4), Err(42), "ENOPROTOOPT");
    assert_eq!(call(118, [0, SOCKET, 4, 0, 0]), Err(38), "ENOTSOCK");
}
