//! kqueue: filters counted from 0, flags of 32 bits, units of time in the filter's own flags.

use compat_guests::sys::{self, call};

use crate::files::{file, path};
use crate::thread::pause;

const READ: u32 = 0;
const WRITE: u32 = 1;
const VNODE: u32 = 3;
const PROC: u32 = 4;
const SIGNAL: u32 = 5;
const TIMER: u32 = 6;
const USER: u32 = 8;
const ADD: u32 = 1;
const DELETE: u32 = 2;
const DISABLE: u32 = 8;
const ENABLE: u32 = 4;
const ONESHOT: u32 = 0x10;
const CLEAR: u32 = 0x20;
const RECEIPT: u32 = 0x40;
const ERROR: u32 = 0x4000;
const EOF: u32 = 0x8000;

/// `struct kevent`
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
struct Kevent {
    ident: u64,
    filter: u32,
    flags: u32,
    fflags: u32,
    data: i64,
    udata: u64,
}

fn event(ident: u64, filter: u32, flags: u32, fflags: u32, data: i64) -> Kevent {
    Kevent {
        ident,
        filter,
        flags,
        fflags,
        data,
        udata: 0xabcd,
    }
}

fn queue() -> u64 {
    call(344, []).expect("kqueue")
}

fn change(queue: u64, changes: &[Kevent]) -> sys::Result {
    call(
        435,
        [
            queue,
            changes.as_ptr() as u64,
            changes.len() as u64,
            0,
            0,
            0,
        ],
    )
}

/// What is there within so many seconds.
fn wait(queue: u64, seconds: u64) -> (usize, [Kevent; 4]) {
    let mut found = [Kevent::default(); 4];
    let time = [seconds, 0];
    let args = [
        queue,
        0,
        0,
        found.as_mut_ptr() as u64,
        4,
        time.as_ptr() as u64,
    ];
    let count = call(435, args).expect("kevent") as usize;
    (count, unsafe { (&raw const found).read_volatile() })
}

fn one(queue: u64) -> Kevent {
    let (count, found) = wait(queue, 10);
    assert_eq!(count, 1, "{found:?}");
    found[0]
}

pub(crate) fn pipes() {
    let (queue, ends) = (queue(), sys::raw(42, [0; 6]));
    let (read, write) = (ends.rax, ends.rdx);
    assert_eq!(
        change(
            queue,
            &[
                event(read, READ, ADD, 0, 0),
                event(write, WRITE, ADD | ONESHOT, 0, 0)
            ]
        ),
        Ok(0)
    );
    let found = one(queue);
    assert_eq!(
        (found.ident, found.filter, found.udata),
        (write, WRITE, 0xabcd)
    );
    assert_eq!(wait(queue, 0).0, 0, "once only");
    assert_eq!(call(sys::WRITE, [write, b"abc".as_ptr() as u64, 3]), Ok(3));
    let found = one(queue);
    assert_eq!((found.ident, found.filter, found.data), (read, READ, 3));
    assert_eq!(wait(queue, 0).0, 1, "as long as it is there");
    assert_eq!(change(queue, &[event(read, READ, DISABLE, 0, 0)]), Ok(0));
    assert_eq!(wait(queue, 0).0, 0);
    assert_eq!(change(queue, &[event(read, READ, ENABLE, 0, 0)]), Ok(0));
    assert_eq!(call(sys::CLOSE, [write]), Ok(0));
    let found = one(queue);
    assert_eq!((found.flags & EOF, found.data), (EOF, 3));
}

pub(crate) fn user() {
    const TRIGGER: u32 = 0x0100_0000;
    const COPY: u32 = 0xc000_0000;
    let queue = queue();
    assert_eq!(change(queue, &[event(77, USER, ADD | CLEAR, 0, 0)]), Ok(0));
    assert_eq!(wait(queue, 0).0, 0);
    assert_eq!(
        change(queue, &[event(77, USER, 0, TRIGGER | COPY | 0x15, 0)]),
        Ok(0)
    );
    let found = one(queue);
    assert_eq!((found.ident, found.filter, found.fflags), (77, USER, 0x15));
    assert_eq!(wait(queue, 0).0, 0, "cleared");
}

pub(crate) fn timers() {
    let queue = queue();
    // Milliseconds, then microseconds, nanoseconds, and a time of the clock.
    assert_eq!(change(queue, &[event(1, TIMER, ADD, 0, 3)]), Ok(0));
    let found = one(queue);
    assert!(found.ident == 1 && found.filter == TIMER && found.data >= 1);
    one(queue);
    assert_eq!(change(queue, &[event(1, TIMER, DELETE, 0, 0)]), Ok(0));
    for (unit, time) in [(1, 0), (2, 2000), (3, 2_000_000)] {
        assert_eq!(
            change(queue, &[event(2, TIMER, ADD | ONESHOT, unit, time)]),
            Ok(0)
        );
        assert_eq!(one(queue).ident, 2);
        assert_eq!(wait(queue, 0).0, 0);
    }
    assert_eq!(
        change(queue, &[event(3, TIMER, ADD | ONESHOT, 0x10, 1000)]),
        Ok(0),
        "long ago"
    );
    assert_eq!(one(queue).ident, 3);
}

pub(crate) fn signals() {
    let queue = queue();
    crate::signals::ignore(30);
    assert_eq!(change(queue, &[event(30, SIGNAL, ADD, 0, 0)]), Ok(0));
    for _ in 0..2 {
        assert_eq!(call(sys::KILL, [sys::pid(), 30]), Ok(0));
    }
    let found = one(queue);
    assert_eq!((found.ident, found.filter, found.data), (30, SIGNAL, 2));
}

pub(crate) fn processes() {
    const EXIT: u32 = 0x8000_0000;
    let queue = queue();
    let sys::Fork::Parent(child) = sys::fork() else {
        pause(30_000);
        sys::exit(9)
    };
    assert_eq!(change(queue, &[event(child, PROC, ADD, EXIT, 0)]), Ok(0));
    let found = one(queue);
    assert_eq!(
        (found.ident, found.filter, found.fflags & EXIT),
        (child, PROC, EXIT)
    );
    assert_eq!(found.data, 9 << 8, "its status");
    assert_eq!(call(449, [child, 0, 0, 0]), Ok(child));
    assert_eq!(
        change(queue, &[event(child, PROC, ADD, EXIT, 0)]),
        Err(sys::ESRCH)
    );
}

pub(crate) fn files() {
    const NOTE_DELETE: u32 = 1;
    const NOTE_WRITE: u32 = 2;
    let queue = queue();
    let fd = file(c"watched", b"");
    assert_eq!(
        change(
            queue,
            &[event(fd, VNODE, ADD | CLEAR, NOTE_DELETE | NOTE_WRITE, 0)]
        ),
        Ok(0)
    );
    assert_eq!(call(sys::WRITE, [fd, b"x".as_ptr() as u64, 1]), Ok(1));
    let found = one(queue);
    assert_eq!(
        (found.ident, found.filter, found.fflags & NOTE_WRITE),
        (fd, VNODE, NOTE_WRITE)
    );
    assert_eq!(call(10, [path(c"watched")]), Ok(0));
    assert_eq!(one(queue).fflags & NOTE_DELETE, NOTE_DELETE);
}

pub(crate) fn errors() {
    let queue = queue();
    assert_eq!(change(queue, &[event(0, 99, ADD, 0, 0)]), Err(sys::EINVAL));
    assert_eq!(
        change(queue, &[event(999, READ, ADD, 0, 0)]),
        Err(sys::EBADF)
    );
    assert_eq!(
        change(queue, &[event(5, USER, DELETE, 0, 0)]),
        Err(sys::ENOENT)
    );
    assert_eq!(call(435, [999, 0, 0, 0, 0, 0]), Err(sys::EBADF));
    // With room for answers, errors are answers; and a receipt is one of success.
    let changes = [
        event(5, USER, DELETE, 0, 0),
        event(6, USER, ADD | RECEIPT, 0, 0),
    ];
    let mut found = [Kevent::default(); 4];
    let args = [
        queue,
        changes.as_ptr() as u64,
        2,
        found.as_mut_ptr() as u64,
        4,
        0,
    ];
    assert_eq!(call(435, args), Ok(2));
    assert_eq!(
        (found[0].ident, found[0].flags & ERROR, found[0].data),
        (5, ERROR, 2)
    );
    assert_eq!(
        (found[1].ident, found[1].flags & ERROR, found[1].data),
        (6, ERROR, 0)
    );
    let long = [0u64, 1_000_000_000];
    let args = [
        queue,
        0,
        0,
        found.as_mut_ptr() as u64,
        4,
        long.as_ptr() as u64,
    ];
    assert_eq!(call(435, args), Err(sys::EINVAL));
    let other = call(455, [0x40_0000]).expect("kqueue1");
    assert_eq!(call(92, [other, 1, 0]), Ok(1), "FD_CLOEXEC");
}

/// Closing what is no descriptor once made every kqueue forget all of its own.
pub(crate) fn closing_nothing() {
    let (queue, ends) = (queue(), sys::raw(42, [0; 6]));
    assert_eq!(change(queue, &[event(ends.rax, READ, ADD, 0, 0)]), Ok(0));
    assert_eq!(call(sys::CLOSE, [u64::MAX]), Err(sys::EBADF));
    assert_eq!(call(sys::CLOSE, [i32::MIN as u64]), Err(sys::EBADF));
    assert_eq!(call(sys::CLOSE, [1000]), Err(sys::EBADF));
    assert_eq!(call(sys::WRITE, [ends.rdx, b"x".as_ptr() as u64, 1]), Ok(1));
    assert_eq!(one(queue).ident, ends.rax);
}
