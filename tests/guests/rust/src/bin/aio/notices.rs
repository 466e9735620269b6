//! Signals when requests end.

use compat_guests::signal::{self, Context, Info, SIGUSR1, Set};
use compat_guests::start::Shared;
use compat_guests::sys;

use crate::control::{Block, LISTIO, RETURN, WRITE};

const SI_ASYNCIO: i32 = 0x10004;

static SEEN: Shared<(u64, i32, u64)> = Shared::new((0, 0, 0));

extern "C" fn note(_: u32, info: &mut Info, _: &mut Context) {
    let (count, ..) = SEEN.load();
    SEEN.store((count + 1, info.code, info.value));
}

fn request() -> Block {
    let fd = sys::call(sys::SHM_OPEN2, [1, 2, 0o600, 0x2, 0]).expect("shm_open2");
    Block::new(fd, 0, b"text".as_ptr(), 4)
}

pub(crate) fn signals() {
    const SIGEV_SIGNAL: i32 = 1;
    const SIGEV_THREAD_ID: i32 = 4;
    signal::handle(SIGUSR1, note, 0, Set::EMPTY);
    let thread = sys::tid();
    for (count, notify) in [(1, SIGEV_SIGNAL), (2, SIGEV_THREAD_ID)] {
        let mut block = request();
        block.notify = [notify, SIGUSR1 as i32];
        block.value = 0xabc0 + count;
        block.rest[0] = thread;
        assert_eq!(block.call(WRITE), Ok(0));
        assert_eq!(SEEN.load(), (count, SI_ASYNCIO, 0xabc0 + count));
        assert_eq!(block.call(RETURN), Ok(4));
    }
}

pub(crate) fn list() {
    signal::handle(SIGUSR1, note, 0, Set::EMPTY);
    let (mut one, mut two) = (request(), request());
    one.opcode = 1;
    two.opcode = 1;
    let blocks = [one.at(), two.at()];
    let event = [1 | u64::from(SIGUSR1) << 32, 0x11, 0, 0, 0, 0, 0, 0, 0, 0];
    let args = [
        0,
        blocks.as_ptr() as u64,
        2,
        core::hint::black_box(event.as_ptr()) as u64,
    ];
    assert_eq!(sys::call(LISTIO, args), Ok(0));
    assert_eq!(SEEN.load(), (1, SI_ASYNCIO, 0x11), "once for all");
    assert_eq!((one.call(RETURN), two.call(RETURN)), (Ok(4), Ok(4)));
}

/// `struct kevent`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
struct Event {
    ident: u64,
    filter: i16,
    flags: u16,
    fflags: u32,
    data: i64,
    udata: u64,
    ext: [u64; 4],
}

const EVFILT_AIO: i16 = -3;
const EVFILT_LIO: i16 = -10;
const EV_ADD: u16 = 1;
const EV_ONESHOT: u16 = 0x10;
const EV_EOF: u16 = 0x8000;
const KEVENT: u64 = 560;

/// What the kqueue has to say now, three events at most.
fn events(kqueue: u64) -> ([Event; 3], u64) {
    let mut found = [Event::default(); 3];
    let at = core::hint::black_box(found.as_mut_ptr()) as u64;
    let none = [0u64; 2];
    let args = [kqueue, 0, 0, at, 3, none.as_ptr() as u64];
    let count = sys::call(KEVENT, args).expect("kevent");
    (found, count)
}

pub(crate) fn kqueues() {
    const SIGEV_KEVENT: i32 = 3;
    let kqueue = sys::call(362, []).expect("kqueue");
    let ask = |flags: u64| {
        let mut block = request();
        block.notify = [SIGEV_KEVENT, kqueue as i32];
        block.value = 0x77;
        block.rest[0] = flags;
        block
    };
    let mut block = ask(0);
    assert_eq!(block.call(WRITE), Ok(0));
    let wanted = Event {
        ident: block.at(),
        filter: EVFILT_AIO,
        flags: EV_EOF,
        udata: 0x77,
        ..Event::default()
    };
    // Until it is asked for.
    for _ in 0..2 {
        let (found, count) = events(kqueue);
        let flags = found[0].flags & EV_EOF;
        assert_eq!((count, Event { flags, ..found[0] }), (1, wanted));
    }
    assert_eq!(block.call(RETURN), Ok(4));
    assert_eq!(events(kqueue).1, 0);
    // Once; and the error is the data.
    let mut once = ask(u64::from(EV_ONESHOT));
    once.buffer = 8;
    assert_eq!(once.call(WRITE), Ok(0));
    let (found, count) = events(kqueue);
    assert_eq!((count, found[0].data), (1, sys::EFAULT as i64));
    assert_eq!(events(kqueue).1, 0);
    assert_eq!(once.call(RETURN), Err(sys::EFAULT));

    let mut wrong = ask(1);
    assert_eq!(wrong.call(WRITE), Err(sys::EINVAL));
    let mut wrong = ask(0);
    wrong.notify[1] = 1;
    assert_eq!(wrong.call(WRITE), Err(sys::EBADF));
    // The kernel alone makes them.
    let own = Event {
        flags: EV_ADD,
        ..wanted
    };
    let args = [kqueue, (&raw const own) as u64, 1, 0, 0, 0];
    assert_eq!(sys::call(KEVENT, args), Err(sys::EPERM));

    let (mut one, mut two) = (request(), request());
    one.opcode = 1;
    two.opcode = 1;
    let blocks = [one.at(), two.at()];
    let list = core::hint::black_box(blocks.as_ptr()) as u64;
    let event = [3 | kqueue << 32, 0x88, 0, 0, 0, 0, 0, 0, 0, 0u64];
    let args = [0, list, 2, core::hint::black_box(event.as_ptr()) as u64];
    assert_eq!(sys::call(LISTIO, args), Ok(0));
    let (found, count) = events(kqueue);
    let seen = (found[0].ident, found[0].filter, found[0].udata);
    assert_eq!((count, seen), (1, (list, EVFILT_LIO, 0x88)));
    assert_eq!(one.call(RETURN), Ok(4));
    assert_eq!(events(kqueue).1, 1);
    assert_eq!(two.call(RETURN), Ok(4));
    assert_eq!(events(kqueue).1, 0);
}
