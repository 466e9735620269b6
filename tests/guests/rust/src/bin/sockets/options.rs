//! Socket options.

use compat_guests::sys::{self, call};

use crate::net::{
    AF_INET, AF_INET6, AF_UNIX, DGRAM, EAFNOSUPPORT, ENOPROTOOPT, ENOTCONN, EPROTONOSUPPORT,
    EPROTOTYPE, SOL_SOCKET, STREAM, connected, get, pair, set, socket,
};

pub(crate) fn kinds() {
    let new = |family, kind, protocol| call(97, [family, kind, protocol]);
    assert_eq!(new(17, 3, 0), Err(EAFNOSUPPORT), "AF_ROUTE");
    assert_eq!(new(38, STREAM, 0), Err(EPROTOTYPE), "a stream of netlink");
    assert_eq!(new(99, 1, 0), Err(EAFNOSUPPORT));
    assert_eq!(
        new(AF_INET, STREAM, 17),
        Err(EPROTONOSUPPORT),
        "a stream of UDP"
    );
    assert_eq!(
        new(AF_INET, DGRAM, 1),
        Err(EPROTONOSUPPORT),
        "datagrams of ICMP"
    );
    assert_eq!(new(AF_INET, 9, 0), Err(EPROTOTYPE));
    assert_eq!(new(AF_UNIX, 3, 0), Err(EPROTOTYPE), "a raw Unix socket");
    assert_eq!(new(AF_UNIX, STREAM, 1), Err(EPROTONOSUPPORT));
    let stream = socket(AF_INET6, STREAM);
    for (option, value) in [(0x1008, 1), (0x1016, 6), (0x1019, 28)] {
        assert_eq!(
            get(stream, SOL_SOCKET, option),
            Ok(value),
            "SO_TYPE, _PROTOCOL, _DOMAIN"
        );
    }
    assert_eq!(get(stream, 41, 27), Ok(1), "IPV6_V6ONLY");
}

/// A switch that is on says its own bit, or the flag its protocol keeps.
pub(crate) fn values() {
    let stream = socket(AF_INET, STREAM);
    for bit in [4, 8, 0x10, 0x20, 0x100, 0x200, 0x800] {
        assert_eq!(get(stream, SOL_SOCKET, bit), Ok(0), "{bit:#x}");
        set(stream, SOL_SOCKET, bit, 1).expect("setsockopt");
        assert_eq!(get(stream, SOL_SOCKET, bit), Ok(bit as i32), "{bit:#x}");
    }
    set(stream, 6, 1, 1).expect("TCP_NODELAY");
    assert_eq!(get(stream, 6, 1), Ok(4));
    set(stream, 6, 256, 90).expect("TCP_KEEPIDLE");
    assert_eq!(get(stream, 6, 256), Ok(90));
    set(stream, SOL_SOCKET, 0x1001, 20_000).expect("SO_SNDBUF");
    assert_eq!(get(stream, SOL_SOCKET, 0x1001), Ok(20_000), "not doubled");

    let linger = [1i32, 3];
    let at = linger.as_ptr() as u64;
    call(105, [stream, SOL_SOCKET, 0x80, at, 8]).expect("SO_LINGER");
    let (mut back, mut len) = ([0i32; 2], 8u32);
    let (at, len_at) = ((&raw mut back) as u64, (&raw mut len) as u64);
    call(118, [stream, SOL_SOCKET, 0x80, at, len_at]).expect("SO_LINGER");
    assert_eq!(unsafe { (&raw const back).read_volatile() }, [0x80, 3]);

    let (listener, ..) = connected();
    assert_eq!(get(listener, SOL_SOCKET, 2), Ok(2), "SO_ACCEPTCONN");
    assert_eq!(get(listener, SOL_SOCKET, 0x1011), Ok(5), "SO_LISTENQLIMIT");

    let datagrams = socket(AF_INET, DGRAM);
    set(datagrams, SOL_SOCKET, 0x400, 1).expect("SO_TIMESTAMP");
    for clock in 0..4 {
        set(datagrams, SOL_SOCKET, 0x1017, clock).expect("SO_TS_CLOCK");
        assert_eq!(get(datagrams, SOL_SOCKET, 0x1017), Ok(clock));
        assert_eq!(get(datagrams, SOL_SOCKET, 0x400), Ok(0x400));
    }
    assert_eq!(set(datagrams, SOL_SOCKET, 0x1017, 4), Err(sys::EINVAL));
}

pub(crate) fn errors() {
    let (unix, _) = pair(STREAM);
    let v6 = socket(AF_INET6, STREAM);
    let datagrams = socket(AF_INET, DGRAM);
    assert_eq!(set(unix, 6, 1, 1), Err(sys::EINVAL), "TCP on a Unix socket");
    assert_eq!(set(datagrams, 6, 1, 1), Err(sys::EINVAL), "TCP on UDP");
    assert_eq!(set(v6, 0, 3, 1), Err(sys::EINVAL), "IPv4 on IPv6");
    assert_eq!(set(datagrams, 41, 27, 1), Err(sys::EINVAL), "IPv6 on IPv4");
    assert_eq!(set(datagrams, SOL_SOCKET, 0x7777, 1), Err(ENOPROTOOPT));
    assert_eq!(set(datagrams, 0, 0x7777, 1), Err(ENOPROTOOPT));
    assert_eq!(
        set(datagrams, SOL_SOCKET, 0x1001, 0),
        Err(sys::EINVAL),
        "an empty buffer"
    );
    assert_eq!(
        set(datagrams, SOL_SOCKET, 0x1001, 1 << 28),
        Err(55),
        "ENOBUFS"
    );
    assert_eq!(set(999, SOL_SOCKET, 4, 1), Err(sys::EBADF));
    assert_eq!(call(105, [v6, SOL_SOCKET, 4, 0, 4]), Err(sys::EFAULT));
    let short = [1u16];
    assert_eq!(
        call(105, [v6, SOL_SOCKET, 4, short.as_ptr() as u64, 2]),
        Err(sys::EINVAL)
    );
    let negative = [-1i64, 0];
    let at = negative.as_ptr() as u64;
    assert_eq!(call(105, [v6, SOL_SOCKET, 0x1006, at, 16]), Err(33), "EDOM");
    let (listener, ..) = connected();
    let filter = [0u8; 256];
    let at = filter.as_ptr() as u64;
    assert_eq!(
        call(105, [listener, SOL_SOCKET, 0x1000, at, 256]),
        Err(sys::ENOENT)
    );
    let mut name = *b"newreno\0";
    let mut len = 8u32;
    let (at, len_at) = (name.as_mut_ptr() as u64, (&raw mut len) as u64);
    assert_eq!(
        call(105, [listener, 6, 64, c"nonesuch".as_ptr() as u64, 9]),
        Err(sys::ESRCH)
    );
    call(105, [listener, 6, 64, at, 8]).expect("TCP_CONGESTION");
    call(118, [listener, 6, 64, at, len_at]).expect("TCP_CONGESTION");
    assert_eq!(&unsafe { (&raw const name).read_volatile() }, b"newreno\0");
}

/// `LOCAL_PEERCRED`.
pub(crate) fn peer() {
    let (unix, _) = pair(STREAM);
    let (mut cred, mut len) = ([0u32; 22], 88u32);
    let (at, len_at) = ((&raw mut cred) as u64, (&raw mut len) as u64);
    call(118, [unix, 0, 1, at, len_at]).expect("LOCAL_PEERCRED");
    let cred = unsafe { (&raw const cred).read_volatile() };
    assert_eq!(u64::from(cred[1]), call(25, []).expect("geteuid"));
    assert_eq!(
        u64::from(cred[3]),
        call(43, []).expect("getegid"),
        "the first group"
    );
    assert_eq!(u64::from(cred[20]), sys::pid());
    let alone = socket(AF_UNIX, STREAM);
    assert_eq!(call(118, [alone, 0, 1, at, len_at]), Err(ENOTCONN));
}

/// `TCP_INFO`.
pub(crate) fn info() {
    let (listener, client, _) = connected();
    let (mut info, mut len) = ([0u8; 236], 236u32);
    let (at, len_at) = ((&raw mut info) as u64, (&raw mut len) as u64);
    for (fd, state) in [(client, 4), (listener, 1), (socket(AF_INET, STREAM), 0)] {
        call(118, [fd, 6, 32, at, len_at]).expect("TCP_INFO");
        assert_eq!(unsafe { (&raw const len).read_volatile() }, 236);
        assert_eq!(
            unsafe { (&raw const info).read_volatile() }[0],
            state,
            "the state"
        );
    }
}
