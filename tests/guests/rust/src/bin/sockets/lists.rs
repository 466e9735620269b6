//! What `sockstat` and `netstat` ask: lists of all sockets, and of all open files.

use compat_guests::sys;
use compat_guests::sysctl::{ask, long, short, word};

use crate::net::{self, AF_INET, AF_INET6, DGRAM, STREAM};

/// The entries of a list: each begins with its length, and generations of `generation` bytes stand at both ends.
fn entries(name: &str, generation: u64, size: u64) -> impl Iterator<Item = &'static [u8]> {
    let list = ask(name).expect("a list");
    assert_eq!(long(list, 0), generation, "{name}");
    let mut rest = &list[generation as usize..];
    let mut left = word(list, 8);
    core::iter::from_fn(move || {
        let length = long(rest, 0);
        if left == 0 {
            assert_eq!((length, rest.len() as u64), (generation, generation));
            return None;
        }
        assert_eq!(length, size);
        let (entry, behind) = rest.split_at(length as usize);
        (left, rest) = (left - 1, behind);
        Some(entry)
    })
}

/// The one open file that is the socket at this kernel address, as process and descriptor.
fn owner(socket: u64) -> (u64, u64) {
    const SIZE: usize = 128;
    let files = ask("kern.file").expect("kern.file");
    assert!(files.len().is_multiple_of(SIZE));
    let mut owners = files
        .chunks_exact(SIZE)
        .filter(|file| long(file, 56) == socket);
    let only = owners.next().expect("somebody has it open");
    assert!(owners.next().is_none(), "only one has it open");
    const DTYPE_SOCKET: u16 = 2;
    assert_eq!((long(only, 0), short(only, 32)), (128, DTYPE_SOCKET));
    (u64::from(word(only, 8)), u64::from(word(only, 16)))
}

/// A listener, a connection and both its ends are listed, and whose they are.
pub(crate) fn connections() {
    const LISTEN: u32 = 1;
    const ESTABLISHED: u32 = 4;
    const ACCEPTCONN: u16 = 2;
    let (listener, client, server) = net::connected();
    let (port, other) = (net::port(listener), net::port(client));
    let find = |local: u16, remote: u16| {
        let ports = [remote.to_be_bytes(), local.to_be_bytes()];
        let found = entries("net.inet.tcp.pcblist", 64, 744)
            .find(|entry| entry[260..262] == ports[0] && entry[262..264] == ports[1]);
        found.expect("the socket is listed")
    };
    let listening = find(port, 0);
    assert_eq!(word(listening, 568), LISTEN);
    assert_eq!(listening[284 + 8..288 + 8], [127, 0, 0, 1], "own address");
    assert_eq!(listening[400], 1, "IPv4");
    assert_eq!(
        (short(listening, 174), word(listening, 128)),
        (ACCEPTCONN, 5)
    );
    assert_eq!(owner(long(listening, 24)), (sys::pid(), listener));
    for (fd, local, remote) in [(client, other, port), (server, port, other)] {
        let found = find(local, remote);
        assert_eq!(word(found, 568), ESTABLISHED);
        assert_eq!(owner(long(found, 24)), (sys::pid(), fd));
    }
    for fd in [listener, client, server] {
        net::close(fd);
    }
}

/// Datagram sockets of both families.
pub(crate) fn datagrams() {
    let find = |port: u16| {
        entries("net.inet.udp.pcblist", 64, 400)
            .find(|entry| entry[254..256] == port.to_be_bytes())
            .expect("the socket is listed")
    };
    let v4 = net::socket(AF_INET, DGRAM);
    net::bind(v4, &net::local(0)).expect("bind");
    let found = find(net::port(v4));
    assert_eq!((found[392], word(found, 108)), (1, 2));
    // An IPv6 socket for everybody takes IPv4 packets too, unless it was told not to.
    let v6 = net::socket(AF_INET6, DGRAM);
    const IPPROTO_IPV6: u64 = 41;
    const IPV6_V6ONLY: u64 = 27;
    net::set(v6, IPPROTO_IPV6, IPV6_V6ONLY, 0).expect("IPV6_V6ONLY");
    let mut address = [0; 28];
    (address[0], address[1]) = (28, 28);
    if net::bind(v6, &address).is_ok() {
        let found = find(net::port(v6));
        assert_eq!((found[392], word(found, 108)), (3, 28));
        assert_eq!(owner(long(found, 16)), (sys::pid(), v6));
    }
    net::close(v4);
    net::close(v6);
}

/// Both ends of a pair point to each other.
pub(crate) fn pairs() {
    for (kind, name) in [
        (STREAM, "net.local.stream.pcblist"),
        (DGRAM, "net.local.dgram.pcblist"),
    ] {
        let (one, other) = net::pair(kind);
        let own = |entry: &&[u8]| {
            let socket = long(entry, 672);
            let files = ask("kern.file").expect("kern.file");
            files.chunks_exact(128).any(|file| {
                let (pid, fd) = (u64::from(word(file, 8)), u64::from(word(file, 16)));
                long(file, 56) == socket && pid == sys::pid() && (fd == one || fd == other)
            })
        };
        let mut ends = entries(name, 32, 904).filter(|entry| long(entry, 24) != 0);
        let first = ends.find(own).expect("one end");
        let second = ends.find(own).expect("the other end");
        assert_eq!(long(first, 24), long(second, 8));
        assert_eq!(long(second, 24), long(first, 8));
        assert_eq!(u64::from(short(first, 820)), kind);
        net::close(one);
        net::close(other);
    }
}
