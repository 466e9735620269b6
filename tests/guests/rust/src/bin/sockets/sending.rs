//! Sending: broken pipes, missing connections, files.

use compat_guests::sys::{self, call};

use crate::net::{
    AF_INET, DGRAM, ENOTCONN, ENOTSOCK, EPIPE, SOL_SOCKET, STREAM, bind, close, connected, local,
    pair, port, set, socket,
};

const SENDTO: u64 = 133;
const RECVFROM: u64 = 29;
const SENDFILE: u64 = 393;

fn send(fd: u64, flags: u64) -> sys::Result {
    call(SENDTO, [fd, c"x".as_ptr() as u64, 1, flags, 0, 0])
}

/// What it answers does not matter: it does not come back.
fn ignore(_: sys::Result) {}

/// The signal the child died of.
fn killed_by(body: impl FnOnce()) -> u32 {
    sys::in_child(body) & 0x7f
}

pub(crate) fn broken() {
    const SIGPIPE: u32 = 13;
    const NOSIGNAL: u64 = 0x20000;
    let broken = || {
        let (one, other) = pair(STREAM);
        close(other);
        one
    };
    let byte = c"x".as_ptr() as u64;
    let iov = [byte, 1];
    assert_eq!(killed_by(|| ignore(send(broken(), 0))), SIGPIPE);
    assert_eq!(
        killed_by(|| ignore(call(sys::WRITE, [broken(), byte, 1]))),
        SIGPIPE
    );
    assert_eq!(send(broken(), NOSIGNAL), Err(EPIPE));
    let quiet = broken();
    set(quiet, SOL_SOCKET, 0x800, 1).expect("SO_NOSIGPIPE");
    assert_eq!(send(quiet, 0), Err(EPIPE));
    assert_eq!(call(sys::WRITE, [quiet, byte, 1]), Err(EPIPE));
    assert_eq!(
        call(121, [quiet, iov.as_ptr() as u64, 1]),
        Err(EPIPE),
        "writev"
    );
    // The option goes where the descriptor goes.
    let copy = call(sys::DUP, [quiet]).expect("dup");
    assert_eq!(call(sys::WRITE, [copy, byte, 1]), Err(EPIPE));
    set(quiet, SOL_SOCKET, 0x800, 0).expect("SO_NOSIGPIPE");
    assert_eq!(
        killed_by(|| ignore(call(sys::WRITE, [copy, byte, 1]))),
        SIGPIPE
    );
}

pub(crate) fn unconnected() {
    let stream = socket(AF_INET, STREAM);
    assert_eq!(send(stream, 0), Err(ENOTCONN), "and no signal");
    let mut byte = [0u8];
    let at = byte.as_mut_ptr() as u64;
    assert_eq!(call(RECVFROM, [stream, at, 1, 0, 0, 0]), Err(ENOTCONN));
    let unix = socket(1, STREAM);
    assert_eq!(call(RECVFROM, [unix, at, 1, 0, 0, 0]), Err(ENOTCONN));
    for fd in [stream, unix, socket(AF_INET, DGRAM)] {
        assert_eq!(call(134, [fd, 2]), Err(ENOTCONN), "shutdown");
    }
    assert_eq!(call(134, [connected().1, 7]), Err(sys::EINVAL));
}

/// MSG_TRUNC asks for it; without, it is what was stored.
pub(crate) fn whole() {
    let fd = socket(AF_INET, DGRAM);
    bind(fd, &local(0)).expect("bind");
    let there = local(port(fd));
    let at = there.as_ptr() as u64;
    for (flags, expected) in [(0, 4), (0x10, 16), (0x12, 16)] {
        call(SENDTO, [fd, at, 16, 0, at, 16]).expect("sendto");
        let (mut bytes, mut from, mut len) = ([0u8; 4], [0u8; 16], 16u32);
        let (from_at, len_at) = ((&raw mut from) as u64, (&raw mut len) as u64);
        let args = [fd, bytes.as_mut_ptr() as u64, 4, flags, from_at, len_at];
        assert_eq!(call(RECVFROM, args), Ok(expected), "{flags:#x}");
        assert_eq!(unsafe { (&raw const from).read_volatile() }, there);
    }
    // A stream's data is not thrown away.
    let (one, other) = pair(STREAM);
    send(one, 0).expect("sendto");
    let mut byte = [0u8];
    let args = [other, byte.as_mut_ptr() as u64, 1, 0x10, 0, 0];
    assert_eq!(call(RECVFROM, args), Ok(1));
    assert_eq!(byte, *b"x");
}

/// `sendfile` of 100 bytes of a file between a header and a trailer, and its errors.
pub(crate) fn file() {
    let memory = call(sys::SHM_OPEN2, [1, 2, 0, 0, 0]).expect("shm_open2");
    call(sys::FTRUNCATE, [memory, 1000]).expect("ftruncate");
    let (_, client, server) = connected();
    let mut sent = 0i64;
    let mut give = |fd: u64, s: u64, offset: i64, count: u64, hdtr: u64| {
        sent = -1;
        let sent_at = (&raw mut sent) as u64;
        // The flags, which the kernel takes from the stack, change nothing.
        let back = call(SENDFILE, [fd, s, offset as u64, count, hdtr, sent_at]);
        (back, unsafe { (&raw const sent).read_volatile() })
    };
    let header = [c"head".as_ptr() as u64, 4];
    let trailer = [c"tail!".as_ptr() as u64, 5];
    let around = [header.as_ptr() as u64, 1, trailer.as_ptr() as u64, 1];
    let around_at = around.as_ptr() as u64;
    assert_eq!(give(memory, client, 10, 100, around_at), (Ok(0), 109));
    assert_eq!(give(memory, client, 900, 0, 0), (Ok(0), 100), "to the end");
    assert_eq!(
        give(memory, client, 2000, 5, 0),
        (Ok(0), 0),
        "behind the end"
    );
    let mut bytes = [0xffu8; 300];
    let at = bytes.as_mut_ptr() as u64;
    assert_eq!(call(RECVFROM, [server, at, 209, 0x40, 0, 0]), Ok(209));
    assert_eq!(
        (&bytes[..4], &bytes[104..109]),
        (&b"head"[..], &b"tail!"[..])
    );

    assert_eq!(give(memory, client, -1, 5, 0).0, Err(sys::EINVAL));
    assert_eq!(give(memory, memory, 0, 5, 0).0, Err(ENOTSOCK));
    assert_eq!(
        give(client, client, 0, 5, 0).0,
        Err(sys::EINVAL),
        "not a file"
    );
    assert_eq!(give(999, client, 0, 5, 0).0, Err(sys::EBADF));
    assert_eq!(
        give(memory, socket(AF_INET, STREAM), 0, 5, 0).0,
        Err(ENOTCONN)
    );
    assert_eq!(
        give(memory, socket(AF_INET, DGRAM), 0, 5, 0).0,
        Err(sys::EINVAL)
    );
    // A broken pipe raises no signal here.
    call(134, [client, 1]).expect("shutdown");
    assert_eq!(give(memory, client, 0, 5, 0), (Err(EPIPE), 0));
}
