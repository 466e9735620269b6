//! Control messages.

use compat_guests::sys::{self, call};

use crate::names::{own_directory, remove, unix_name, unlink};
use crate::net::{
    AF_INET, AF_UNIX, DGRAM, STREAM, bind, close, connect, local, pair, port, set, socket,
};

const RECVMSG: u64 = 27;
const SENDMSG: u64 = 28;
const CTRUNC: u32 = 0x20;

/// `struct msghdr`.
#[repr(C)]
pub(crate) struct Message {
    name: u64,
    name_len: u32,
    iov: u64,
    iovlen: i32,
    control: u64,
    control_len: u32,
    flags: u32,
}

/// Sends one byte with `control`.
fn send(fd: u64, control: &[u8]) -> sys::Result {
    let byte = [b'x'];
    let iov = [byte.as_ptr() as u64, 1];
    let message = Message {
        name: 0,
        name_len: 0,
        iov: iov.as_ptr() as u64,
        iovlen: 1,
        control: control.as_ptr() as u64,
        control_len: control.len() as u32,
        flags: 0,
    };
    call(SENDMSG, [fd, (&raw const message) as u64, 0])
}

/// Receives one byte and what came with it: its length and the flags.
fn receive(fd: u64, control: &mut [u8]) -> (usize, u32) {
    let mut byte = [0u8];
    let iov = [byte.as_mut_ptr() as u64, 1];
    let mut message = Message {
        name: 0,
        name_len: 0,
        iov: iov.as_ptr() as u64,
        iovlen: 1,
        control: control.as_mut_ptr() as u64,
        control_len: control.len() as u32,
        flags: 0x7777,
    };
    let at = (&raw mut message) as u64;
    assert_eq!(call(RECVMSG, [fd, at, 0]), Ok(1), "recvmsg");
    let message = unsafe { (&raw const message).read_volatile() };
    (message.control_len as usize, message.flags)
}

/// One message: a header of the guest's, then data.
fn message<const N: usize>(len: u32, level: i32, kind: i32, data: [u32; N]) -> [u8; 128] {
    let mut bytes = [0; 128];
    let fields = [len, level as u32, kind as u32, 0];
    for (slot, field) in bytes
        .chunks_exact_mut(4)
        .zip(fields.into_iter().chain(data))
    {
        slot.copy_from_slice(&field.to_ne_bytes());
    }
    bytes
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

pub(crate) fn rights() {
    let (one, other) = pair(STREAM);
    let (reader, writer) = sys::pipe();
    send(one, &message(20, 0xffff, 1, [writer as u32])[..24]).expect("sendmsg");
    close(writer);
    let mut room = [0u8; 64];
    assert_eq!(receive(other, &mut room), (24, 0));
    assert_eq!(
        (word(&room, 0), word(&room, 4), word(&room, 8)),
        (20, 0xffff, 1)
    );
    let passed = u64::from(word(&room, 16));
    call(sys::WRITE, [passed, c"!".as_ptr() as u64, 1]).expect("write");
    let mut byte = [0u8];
    assert_eq!(
        call(sys::READ, [reader, byte.as_mut_ptr() as u64, 1]),
        Ok(1)
    );
    assert_eq!(
        send(one, &message(20, 0xffff, 1, [999])[..24]),
        Err(sys::EBADF)
    );
}

/// A message that does not fit with its padding is dropped, and its descriptors with it.
pub(crate) fn truncated() {
    let (one, other) = pair(STREAM);
    let (reader, writer) = sys::pipe();
    for room in [12, 20, 23] {
        send(one, &message(20, 0xffff, 1, [writer as u32])[..24]).expect("sendmsg");
        let mut bytes = [0u8; 64];
        assert_eq!(
            receive(other, &mut bytes[..room]),
            (0, CTRUNC),
            "room for {room}"
        );
    }
    close(writer);
    let mut byte = [0u8];
    assert_eq!(
        call(sys::READ, [reader, byte.as_mut_ptr() as u64, 1]),
        Ok(0),
        "no writer is left"
    );
}

pub(crate) fn malformed() {
    let (one, _) = pair(STREAM);
    for len in [0, 11, 25, u32::MAX] {
        assert_eq!(
            send(one, &message(len, 0xffff, 1, [0])[..24]),
            Err(sys::EINVAL),
            "length {len}"
        );
    }
    assert_eq!(
        send(one, &message(20, 0xffff, 1, [0])[..8]),
        Err(sys::EINVAL),
        "no header"
    );
    assert_eq!(
        send(one, &message(20, 0, 1, [0])[..24]),
        Err(sys::EINVAL),
        "another level"
    );
    assert_eq!(
        send(one, &message(20, 0xffff, 99, [0])[..24]),
        Err(sys::EINVAL),
        "another type"
    );
    let huge = [0u8; 2049];
    assert_eq!(send(one, &huge), Err(sys::EINVAL), "more than a cluster");
    let (_, stream, _) = crate::net::connected();
    assert_eq!(
        send(stream, &message(20, 0xffff, 1, [0])[..24]),
        Err(sys::EINVAL),
        "on TCP"
    );
}

/// `SCM_CREDS`, and what `LOCAL_CREDS` and `LOCAL_CREDS_PERSISTENT` deliver unasked.
pub(crate) fn credentials() {
    let uid = call(25, []).expect("geteuid") as u32;
    let (one, other) = pair(STREAM);
    let mut room = [0u8; 128];
    send(one, &message(100, 0xffff, 3, [0; 21])[..104]).expect("sendmsg");
    assert_eq!(receive(other, &mut room), (104, 0));
    assert_eq!((word(&room, 0), word(&room, 8)), (100, 3));
    assert_eq!(
        (u64::from(word(&room, 16)), word(&room, 24)),
        (sys::pid(), uid)
    );
    call(sys::WRITE, [one, c"x".as_ptr() as u64, 1]).expect("write");
    assert_eq!(receive(other, &mut room).0, 0, "not without being sent");

    set(other, 0, 2, 1).expect("LOCAL_CREDS");
    assert_eq!(set(other, 0, 3, 1), Err(sys::EINVAL), "one or the other");
    call(sys::WRITE, [one, c"x".as_ptr() as u64, 1]).expect("write");
    assert_eq!(receive(other, &mut room).0, 40, "struct sockcred");
    assert_eq!((word(&room, 8), word(&room, 20)), (3, uid));
    call(sys::WRITE, [one, c"x".as_ptr() as u64, 1]).expect("write");
    assert_eq!(receive(other, &mut room).0, 0, "once");

    set(other, 0, 3, 1).expect("LOCAL_CREDS_PERSISTENT");
    for _ in 0..2 {
        call(sys::WRITE, [one, c"x".as_ptr() as u64, 1]).expect("write");
        assert_eq!(receive(other, &mut room).0, 48, "struct sockcred2");
        assert_eq!(
            (word(&room, 8), u64::from(word(&room, 20))),
            (8, sys::pid())
        );
    }
}

/// What arrives before the other end is accepted says who sent it only if the sender does.
pub(crate) fn unaccepted() {
    let own = own_directory();
    let address = &unix_name(b"./here")[..8];
    let listener = socket(AF_UNIX, STREAM);
    bind(listener, address).expect("bind");
    call(106, [listener, 8]).expect("listen");
    let connected = || {
        let client = socket(AF_UNIX, STREAM);
        connect(client, address).expect("connect");
        client
    };
    let accepted = || call(30, [listener, 0, 0]).expect("accept");
    let mut room = [0u8; 256];
    let rights = message(20, 0xffff, 1, [0]);
    let credentials = message(100, 0xffff, 3, [0; 21]);

    call(sys::WRITE, [connected(), c"x".as_ptr() as u64, 1]).expect("write");
    assert_eq!(receive(accepted(), &mut room), (0, 0));
    send(connected(), &rights[..24]).expect("sendmsg");
    assert_eq!(receive(accepted(), &mut room), (24, 0));
    assert_eq!((word(&room, 0), word(&room, 8)), (20, 1));
    send(connected(), &credentials[..104]).expect("sendmsg");
    assert_eq!(receive(accepted(), &mut room), (104, 0));
    assert_eq!((word(&room, 0), word(&room, 8)), (100, 3));
    // Both, and nothing else.
    let mut both = [0u8; 128];
    both[..104].copy_from_slice(&credentials[..104]);
    both[104..].copy_from_slice(&rights[..24]);
    send(connected(), &both).expect("sendmsg");
    let server = accepted();
    assert_eq!(receive(server, &mut room), (128, 0));
    let arrived = u64::from(word(&room, 120));
    assert_eq!((word(&room, 112), arrived), (1, server + 1));
    unlink(c"./here");
    remove(own);
}

/// Destination, interface, time to live and time of a datagram.
pub(crate) fn datagram() {
    let fd = socket(AF_INET, DGRAM);
    for option in [7, 20, 65] {
        set(fd, 0, option, 1).expect("IP_RECVDSTADDR, _RECVIF, _RECVTTL");
    }
    set(fd, 0xffff, 0x400, 1).expect("SO_TIMESTAMP");
    bind(fd, &local(0)).expect("bind");
    let there = local(port(fd));
    let at = there.as_ptr() as u64;
    call(133, [fd, at, 1, 0, at, 16]).expect("sendto");
    let mut room = [0u8; 256];
    let (len, flags) = receive(fd, &mut room);
    assert_eq!(flags, 0);
    let mut seen = 0;
    let mut rest = &room[..len];
    while rest.len() >= 16 {
        let size = word(rest, 0) as usize;
        match (word(rest, 4), word(rest, 8), size) {
            (0, 7, 20) => assert_eq!(rest[16..20], [127, 0, 0, 1]),
            (0, 20, 24) => assert_eq!(rest[16..18], [8, 18]),
            (0, 65, 17) => assert!(rest[16] > 0),
            (0xffff, 2, 32) => assert!(word(rest, 16) > 1_700_000_000),
            other => panic!("{other:?}"),
        }
        seen += 1;
        rest = &rest[size.next_multiple_of(8)..];
    }
    assert_eq!(seen, 4);
}
