//! `poll`, `select` and `accept`.

use compat_guests::sys::{self, call};

use crate::net::{AF_INET, NONBLOCK, STREAM, bind, connect, local, pair, port, socket};

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pollfd {
    fd: i32,
    events: u16,
    revents: u16,
}

fn wait(fds: &mut [Pollfd], timeout: i32) -> sys::Result {
    call(
        209,
        [fds.as_mut_ptr() as u64, fds.len() as u64, timeout as u64],
    )
}

pub(crate) fn poll() {
    let (one, other) = pair(STREAM);
    let ask = |fd: u64, events| Pollfd {
        fd: fd as i32,
        events,
        revents: 0x5555,
    };
    let mut fds = [ask(one, 0x41), ask(one, 4), ask(u64::MAX, 1), ask(999, 1)];
    assert_eq!(wait(&mut fds, -1), Ok(2));
    assert_eq!(fds.map(|fd| fd.revents), [0, 4, 0, 0x20]);
    call(sys::WRITE, [other, c"x".as_ptr() as u64, 1]).expect("write");
    // POLLIN, POLLRDNORM, POLLRDHUP, POLLINIGNEOF.
    let mut fds = [ask(one, 0x41), ask(one, 0x4041), ask(one, 0x2000)];
    assert_eq!(wait(&mut fds, -1), Ok(3));
    assert_eq!(fds.map(|fd| fd.revents), [0x41, 0x41, 0x2000]);
    crate::net::close(other);
    assert_eq!(wait(&mut fds[1..2], -1), Ok(1));
    assert_eq!(fds[1].revents, 0x4051, "with POLLRDHUP and POLLHUP");
    assert_eq!(wait(&mut fds, -2), Err(sys::EINVAL));
    assert_eq!(wait(&mut [], 0), Ok(0));
    let never = [0i64, 1_000_000_000];
    let args = [fds.as_mut_ptr() as u64, 1, never.as_ptr() as u64, 0];
    assert_eq!(
        call(545, args),
        Err(sys::EINVAL),
        "ppoll with a second of nanoseconds"
    );
}

/// Urgent data takes a way of its own; what came before and after it is read, and waited for, one after the other.
pub(crate) fn urgent() {
    const MSG_OOB: u64 = 1;
    let (listener, from, into) = crate::net::connected();
    let send = |text: &[u8], flags| {
        let args = [into, text.as_ptr() as u64, text.len() as u64, flags, 0, 0];
        assert_eq!(call(133, args), Ok(text.len() as u64));
    };
    send(b"hello", MSG_OOB);
    send(b"world", 0);
    let queue = call(362, []).expect("kqueue");
    let change = [from, 1 << 16 | 0xffff, 0, 0, 0, 0, 0, 0];
    call(560, [queue, change.as_ptr() as u64, 1, 0, 0, 0]).expect("kevent");
    for expected in [c"hell", c"world"] {
        let mut found = [0u64; 8];
        let moment = [10u64, 0];
        let args = [
            queue,
            0,
            0,
            found.as_mut_ptr() as u64,
            1,
            moment.as_ptr() as u64,
        ];
        assert_eq!(call(560, args), Ok(1), "{expected:?}");
        let [ident, _, data, ..] = unsafe { (&raw const found).read_volatile() };
        let length = expected.count_bytes() as u64;
        assert_eq!((ident, data), (from, length));
        let mut text = [0u8; 16];
        let args = [from, text.as_mut_ptr() as u64, 16];
        assert_eq!(call(sys::READ, args), Ok(length));
        let text = unsafe { (&raw const text).read_volatile() };
        assert_eq!(&text[..length as usize], expected.to_bytes());
    }
    for fd in [listener, from, into, queue] {
        crate::net::close(fd);
    }
}

/// Room to write on a connection is told of again when what was written is taken, even if there was room for more.
pub(crate) fn room() {
    const WRITE_AGAIN: u64 = 0xfffe | (1 | 0x20) << 16;
    const PIECE: usize = 48 << 10;
    let (listener, from, into) = crate::net::connected();
    let queue = call(362, []).expect("kqueue");
    let change = [into, WRITE_AGAIN, 0, 0, 0, 0, 0, 0];
    call(560, [queue, change.as_ptr() as u64, 1, 0, 0, 0]).expect("kevent");
    let found = [0u64; 8];
    let event = |seconds: u64, nanoseconds: u64| {
        let time = [seconds, nanoseconds];
        let args = [queue, 0, 0, found.as_ptr() as u64, 1, time.as_ptr() as u64];
        call(560, args)
    };
    let bytes = [7u8; PIECE];
    assert_eq!(event(10, 0), Ok(1));
    for turn in 0..20 {
        let args = [into, bytes.as_ptr() as u64, PIECE as u64];
        assert_eq!(call(sys::WRITE, args), Ok(PIECE as u64));
        let mut taken = 0;
        while taken < PIECE as u64 {
            let args = [from, bytes.as_ptr() as u64, PIECE as u64];
            taken += call(sys::READ, args).expect("read");
        }
        assert_eq!(event(10, 0), Ok(1), "turn {turn}");
    }
    // And not when nothing was.
    assert_eq!(event(0, 50_000_000), Ok(0));
    assert_eq!(event(0, 50_000_000), Ok(0));
    for fd in [listener, from, into, queue] {
        crate::net::close(fd);
    }
}

/// As many events come at a time as there is room for.
pub(crate) fn thousands() {
    const MANY: usize = 4200;
    const LIMIT_OF_FILES: u64 = 8;
    let mut limits = [0u64; 2];
    call(194, [LIMIT_OF_FILES, limits.as_mut_ptr() as u64]).expect("getrlimit");
    let [_, hard] = unsafe { (&raw const limits).read_volatile() };
    if hard < MANY as u64 + 100 {
        return;
    }
    limits = [hard, hard];
    call(195, [LIMIT_OF_FILES, limits.as_ptr() as u64]).expect("setrlimit");
    let (one, other) = pair(STREAM);
    call(sys::WRITE, [other, c"x".as_ptr() as u64, 1]).expect("write");
    let queue = call(362, []).expect("kqueue");
    for _ in 0..MANY {
        let fd = call(41, [one]).expect("dup");
        let change = [fd, 1 << 16 | 0xffff, 0, 0, 0, 0, 0, 0];
        call(560, [queue, change.as_ptr() as u64, 1, 0, 0, 0]).expect("kevent");
    }
    let room = call(477, [0, 64 * MANY as u64, 3, 0x1002, u64::MAX, 0]).expect("mmap");
    let now = [0u64; 2];
    let args = [queue, 0, 0, room, MANY as u64, now.as_ptr() as u64];
    assert_eq!(call(560, args), Ok(MANY as u64));
}

pub(crate) fn select() {
    const SELECT: u64 = 93;
    let (one, other) = pair(STREAM);
    let mut set = [0u64; 16];
    set[0] = 1 << one;
    let mut timeout = [0i64, 20_000];
    let at = |set: &mut [u64; 16]| set.as_mut_ptr() as u64;
    let time_at = timeout.as_mut_ptr() as u64;
    assert_eq!(call(SELECT, [one + 1, at(&mut set), 0, 0, time_at]), Ok(0));
    assert_eq!(set[0], 0);
    assert_eq!(
        unsafe { (&raw const timeout).read_volatile() },
        [0, 20_000],
        "not written back"
    );
    call(sys::WRITE, [other, c"x".as_ptr() as u64, 1]).expect("write");
    set[0] = 1 << one | 1 << other;
    let mut writers = set;
    let args = [other.max(one) + 1, at(&mut set), at(&mut writers), 0, 0];
    assert_eq!(call(SELECT, args), Ok(3));
    assert_eq!((set[0], writers[0]), (1 << one, 1 << one | 1 << other));
    // Descriptors that are not open are refused, however far up.
    for fd in [40, 100, 1000] {
        let mut set = [0u64; 16];
        set[fd / 64] = 1 << (fd % 64);
        assert_eq!(
            call(SELECT, [1024, at(&mut set), 0, 0, time_at]),
            Err(sys::EBADF),
            "{fd}"
        );
        // Beyond the number given nobody looks.
        assert_eq!(
            call(SELECT, [fd as u64, at(&mut set), 0, 0, time_at]),
            Ok(0),
            "{fd}"
        );
    }
    assert_eq!(call(SELECT, [u64::MAX, 0, 0, 0, time_at]), Err(sys::EINVAL));
}

/// `accept` hands the listener's O_NONBLOCK on, `accept4` what it is told.
pub(crate) fn accept() {
    const GETFL: u64 = 3;
    let listener = socket(AF_INET, STREAM | NONBLOCK);
    bind(listener, &local(0)).expect("bind");
    assert_eq!(
        call(30, [listener, 0, 0]),
        Err(sys::EINVAL),
        "not a listener yet"
    );
    call(106, [listener, 5]).expect("listen");
    assert_eq!(call(30, [listener, 0, 0]), Err(sys::EAGAIN));
    for (number, flags, expected) in [(30, 0, 4), (541, 0, 0), (541, NONBLOCK, 4)] {
        let client = socket(AF_INET, STREAM);
        connect(client, &local(port(listener))).expect("connect");
        let accepted = call(number, [listener, 0, 0, flags]).expect("accept");
        let status = call(92, [accepted, GETFL]).expect("fcntl");
        assert_eq!(status & 4, expected, "call {number} with {flags:#x}");
    }
    assert_eq!(call(541, [listener, 0, 0, 0x80]), Err(sys::EINVAL));
}
