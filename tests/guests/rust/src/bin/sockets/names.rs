//! Addresses in, addresses out.

use compat_guests::sys::{self, call};

use crate::net::{
    AF_INET, AF_INET6, AF_UNIX, DGRAM, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EDESTADDRREQ,
    EISCONN, ENOTCONN, ENOTSOCK, EPROTOTYPE, STREAM, bind, close, connect, connected, local, name,
    pair, port, socket,
};

const GETPEERNAME: u64 = 31;
const GETSOCKNAME: u64 = 32;

/// What is told has the length of what was stored, and says so in its first byte.
pub(crate) fn lengths() {
    let (listener, client, server) = connected();
    let mut room = [0xffu8; 64];
    assert_eq!(name(GETPEERNAME, client, &mut room), Ok(16));
    assert_eq!(room[..16], local(port(listener)));
    assert_eq!(room[16], 0xff, "nothing behind it");
    let mut short = [0u8; 6];
    assert_eq!(
        name(GETSOCKNAME, server, &mut short),
        Ok(6),
        "as much as there is room"
    );
    assert_eq!(short[..2], [16, 2]);

    let v6 = socket(AF_INET6, DGRAM);
    let mut any = [0u8; 28];
    any[..2].copy_from_slice(&[28, 28]);
    bind(v6, &any).expect("bind");
    assert_eq!(name(GETSOCKNAME, v6, &mut room), Ok(28));
    assert_eq!(room[..2], [28, 28]);
    let unbound = socket(AF_INET, STREAM);
    assert_eq!(name(GETPEERNAME, unbound, &mut room), Err(ENOTCONN));
    assert_eq!(name(GETPEERNAME, 999, &mut room), Err(sys::EBADF));
    let (reader, _) = sys::pipe();
    assert_eq!(name(GETSOCKNAME, reader, &mut room), Err(ENOTSOCK));
}

pub(crate) fn unix_name<const N: usize>(path: &[u8; N]) -> [u8; 64] {
    let mut name = [0; 64];
    name[0] = (N + 2) as u8;
    name[1] = AF_UNIX as u8;
    name[2..2 + N].copy_from_slice(path);
    name
}

/// A directory of this process, which it works in from now on; its name, for [`remove`].
pub(crate) fn own_directory() -> [u8; 29] {
    const MKDIR: u64 = 136;
    const CHDIR: u64 = 12;
    let mut path = *b"/tmp/compat-sockets-00000000\0";
    let mut pid = sys::pid();
    for digit in path[20..28].iter_mut().rev() {
        *digit = b'0' + (pid % 10) as u8;
        pid /= 10;
    }
    let _ = call(MKDIR, [path.as_ptr() as u64, 0o700]);
    call(CHDIR, [path.as_ptr() as u64]).expect("chdir");
    path
}

pub(crate) fn remove(directory: [u8; 29]) {
    call(137, [directory.as_ptr() as u64]).expect("rmdir");
}

pub(crate) fn unlink(path: &'static core::ffi::CStr) {
    call(10, [path.as_ptr() as u64]).expect("unlink");
}

pub(crate) fn unix() {
    let own = own_directory();
    let address = &unix_name(b"./here")[..8];
    let listener = socket(AF_UNIX, STREAM);
    assert_eq!(
        call(106, [listener, 1]),
        Err(EDESTADDRREQ),
        "a listener without a name"
    );
    bind(listener, address).expect("bind");
    call(106, [listener, 1]).expect("listen");
    assert_eq!(bind(socket(AF_UNIX, STREAM), address), Err(EADDRINUSE));

    let client = socket(AF_UNIX, STREAM);
    connect(client, address).expect("connect");
    assert_eq!(connect(client, address), Err(EISCONN));
    let mut room = [0u8; 106];
    assert_eq!(name(GETPEERNAME, client, &mut room), Ok(9));
    assert_eq!(&room[..9], b"\x09\x01./here\0");

    // Nobody named the client: a bare sockaddr.
    let mut len = room.len() as u32;
    let at = room.as_mut_ptr() as u64;
    call(30, [listener, at, (&raw mut len) as u64]).expect("accept");
    assert_eq!(unsafe { (&raw const len).read_volatile() }, 16);
    assert_eq!(room[..3], [16, 1, 0]);
    let (one, _) = pair(STREAM);
    assert_eq!(name(GETSOCKNAME, one, &mut room), Ok(16));

    let file = c"./plain".as_ptr() as u64;
    close(call(sys::OPEN, [file, 0x202, 0o600]).expect("open"));
    let client = socket(AF_UNIX, STREAM);
    assert_eq!(connect(client, &unix_name(b"./plain")[..9]), Err(ENOTSOCK));
    assert_eq!(
        connect(client, &unix_name(b"./none")[..8]),
        Err(sys::ENOENT)
    );
    assert_eq!(
        connect(client, &unix_name(b"\0none")[..7]),
        Err(sys::ENOENT),
        "no such namespace"
    );
    assert_eq!(connect(client, &local(1)), Err(EAFNOSUPPORT));
    assert_eq!(
        bind(client, &[106; 107]),
        Err(EAFNOSUPPORT),
        "the family comes first"
    );
    let mut long = [b'x'; 107];
    long[1] = AF_UNIX as u8;
    assert_eq!(bind(client, &long), Err(sys::EINVAL));
    unlink(c"./plain");
    unlink(c"./here");
    remove(own);
}

/// Names as long as FreeBSD has room for, which may be longer than the host has where a root's name comes before them.
pub(crate) fn long() {
    let own = own_directory();
    for length in [85, 104] {
        let mut address = [b'x'; 106];
        address[0] = length as u8 + 2;
        address[1] = AF_UNIX as u8;
        address[2..30].copy_from_slice(&own[..28]);
        address[30] = b'/';
        let address = &address[..2 + length];
        let listener = socket(AF_UNIX, STREAM);
        bind(listener, address).expect("bind");
        call(106, [listener, 1]).expect("listen");
        assert_eq!(bind(socket(AF_UNIX, STREAM), address), Err(EADDRINUSE));
        let client = socket(AF_UNIX, STREAM);
        connect(client, address).expect("connect");
        let datagrams = socket(AF_UNIX, DGRAM);
        let at = address.as_ptr() as u64;
        let args = [datagrams, at, 1, 0, at, address.len() as u64];
        assert_eq!(call(133, args), Err(EPROTOTYPE), "sendto finds it");
        let mut path = [0u8; 105];
        path[..length].copy_from_slice(&address[2..]);
        if length == 85 {
            for (call, socket) in [(GETSOCKNAME, listener), (GETPEERNAME, client)] {
                let mut room = [0u8; 106];
                assert_eq!(name(call, socket, &mut room), Ok(length + 3));
                assert_eq!(room[2..2 + length], path[..length]);
            }
        }
        call(10, [path.as_ptr() as u64]).expect("unlink");
        assert_eq!(connect(socket(AF_UNIX, STREAM), address), Err(sys::ENOENT));
    }
    remove(own);
}

/// `bindat` and `connectat`.
pub(crate) fn relative() {
    const BINDAT: u64 = 538;
    const CONNECTAT: u64 = 539;
    let own = own_directory();
    let directory = call(sys::OPEN, [c".".as_ptr() as u64, 0x20000]).expect("open");
    call(12, [c"/".as_ptr() as u64]).expect("chdir");
    let address = &unix_name(b"at")[..4];
    let at = [address.as_ptr() as u64, address.len() as u64];
    let listener = socket(AF_UNIX, STREAM);
    call(BINDAT, [directory, listener, at[0], at[1]]).expect("bindat");
    call(106, [listener, 1]).expect("listen");
    let client = socket(AF_UNIX, STREAM);
    assert_eq!(connect(client, address), Err(sys::ENOENT));
    call(CONNECTAT, [directory, client, at[0], at[1]]).expect("connectat");
    let mut room = [0u8; 106];
    assert_eq!(name(GETPEERNAME, client, &mut room), Ok(5));
    assert_eq!(&room[..5], b"\x05\x01at\0");
    assert_eq!(
        call(BINDAT, [listener, client, at[0], at[1]]),
        Err(20),
        "ENOTDIR"
    );
    assert_eq!(call(BINDAT, [999, client, at[0], at[1]]), Err(sys::EBADF));
    call(503, [directory, c"at".as_ptr() as u64, 0]).expect("unlinkat");
    remove(own);
}

pub(crate) fn refused() {
    let stream = socket(AF_INET, STREAM);
    assert_eq!(connect(stream, &local(0)), Err(EADDRNOTAVAIL));
    assert_eq!(bind(stream, &local(0)[..15]), Err(sys::EINVAL));
    assert_eq!(bind(stream, &[0]), Err(sys::EINVAL));
    assert_eq!(bind(stream, &[2; 256]), Err(sys::ENAMETOOLONG));
    assert_eq!(
        bind(999, &[2; 3]),
        Err(sys::EBADF),
        "the descriptor comes first"
    );
    let mut elsewhere = local(0);
    elsewhere[4..8].copy_from_slice(&[192, 0, 2, 77]);
    assert_eq!(bind(stream, &elsewhere), Err(EADDRNOTAVAIL));
    let (listener, client, _) = connected();
    assert_eq!(
        bind(socket(AF_INET, STREAM), &local(port(listener))),
        Err(EADDRINUSE)
    );
    let there = local(port(listener));
    assert_eq!(connect(client, &there), Err(EISCONN));
    assert_eq!(
        connect(client, &[16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        Err(EISCONN)
    );
    // A datagram socket's association is dissolved, and the address still refused.
    let datagrams = socket(AF_INET, DGRAM);
    connect(datagrams, &there).expect("connect");
    assert_eq!(
        connect(
            datagrams,
            &[16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        ),
        Err(EAFNOSUPPORT)
    );
    assert_eq!(name(GETPEERNAME, datagrams, &mut [0; 16]), Err(ENOTCONN));
    assert_eq!(
        call(133, [datagrams, there.as_ptr() as u64, 1, 0, 0, 0]),
        Err(EDESTADDRREQ)
    );
}
