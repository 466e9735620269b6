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
