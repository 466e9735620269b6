//! Requests for sockets, which wait.

use compat_guests::signal::{self, Context, Info, SIGALRM, Set};
use compat_guests::sys;

use crate::control::{
    Block, CANCEL, EAGAIN, ECANCELED, EINPROGRESS, READ, RETURN, WRITE, next, suspend,
};

const SOCKETPAIR: u64 = 135;

fn pair() -> (u64, u64) {
    let mut ends = [0u32; 2];
    let at = core::hint::black_box(ends.as_mut_ptr()) as u64;
    sys::call(SOCKETPAIR, [1, 1, 0, at]).expect("socketpair");
    (u64::from(ends[0]), u64::from(ends[1]))
}

fn write(fd: u64, text: &[u8]) {
    let args = [fd, text.as_ptr() as u64, text.len() as u64];
    assert_eq!(sys::call(sys::WRITE, args), Ok(text.len() as u64));
}

pub(crate) fn wait() {
    let (near, far) = pair();
    let (mut one, mut two) = ([0u8; 4], [0u8; 8]);
    let mut first = Block::new(near, 0, one.as_mut_ptr(), 4);
    let mut second = Block::new(near, 0, two.as_mut_ptr(), 8);
    assert_eq!(first.call(READ), Ok(0));
    assert_eq!(second.call(READ), Ok(0));
    assert_eq!((first.error(), second.error()), (EINPROGRESS, EINPROGRESS));
    assert_eq!(first.call(RETURN), Err(sys::EINVAL), "not yet");
    assert_eq!(suspend(&[first.at()], Some([0, 10_000_000])), Err(EAGAIN));
    // In the order they were made.
    write(far, b"firstsecond");
    assert_eq!(suspend(&[second.at()], None), Ok(0));
    assert_eq!(first.call(RETURN), Ok(4));
    assert_eq!(second.call(RETURN), Ok(7));
    assert_eq!((&one, &two[..7]), (b"firs", &b"tsecond"[..]));
    // The end is an end.
    assert_eq!(first.call(READ), Ok(0));
    sys::call(sys::CLOSE, [far]).expect("close");
    let (block, result) = next(None);
    assert_eq!((block, result), (first.at(), Ok(0)));
}

static BIG: compat_guests::start::Shared<[u8; 1 << 20]> =
    compat_guests::start::Shared::new([7; 1 << 20]);

/// More than the socket holds: it goes on as the other side reads.
pub(crate) fn long_write() {
    let (near, far) = pair();
    let mut request = Block::new(near, 0, BIG.get().cast(), 1 << 20);
    assert_eq!(request.call(WRITE), Ok(0));
    assert_eq!(request.error(), EINPROGRESS);
    let mut buffer = [0u8; 4096];
    let mut total = 0;
    while total < 1 << 20 {
        let args = [far, buffer.as_mut_ptr() as u64, 4096];
        total += sys::call(sys::READ, args).expect("read");
        assert_eq!(buffer[0], 7);
        request.error();
    }
    assert_eq!(request.call(RETURN), Ok(1 << 20));
}

/// With `SO_NOSIGPIPE` a broken connection is an error and no signal.
pub(crate) fn broken() {
    const SETSOCKOPT: u64 = 105;
    const SO_NOSIGPIPE: u64 = 0x800;
    const EPIPE: u64 = 32;
    let (near, far) = pair();
    let on = core::hint::black_box(&1i32) as *const i32 as u64;
    sys::call(SETSOCKOPT, [near, 0xffff, SO_NOSIGPIPE, on, 4]).expect("setsockopt");
    sys::call(sys::CLOSE, [far]).expect("close");
    let mut request = Block::new(near, 0, b"x".as_ptr(), 1);
    assert_eq!(request.call(WRITE), Ok(0));
    assert_eq!(request.call(RETURN), Err(EPIPE));
}

pub(crate) fn cancel() {
    const CANCELED: u64 = 1;
    const ALLDONE: u64 = 3;
    let (near, far) = pair();
    let mut found = [0u8; 4];
    let mut first = Block::new(near, 0, found.as_mut_ptr(), 4);
    let mut second = Block::new(near, 0, found.as_mut_ptr(), 4);
    assert_eq!(first.call(READ), Ok(0));
    assert_eq!(second.call(READ), Ok(0));
    assert_eq!(sys::call(CANCEL, [near, first.at()]), Ok(CANCELED));
    assert_eq!(first.error(), ECANCELED);
    assert_eq!(first.call(RETURN), Err(ECANCELED));
    assert_eq!(second.error(), EINPROGRESS);
    assert_eq!(sys::call(CANCEL, [near, 0]), Ok(CANCELED));
    assert_eq!(second.call(RETURN), Err(ECANCELED));
    assert_eq!(sys::call(CANCEL, [near, 0]), Ok(ALLDONE));
    assert_eq!(sys::call(CANCEL, [99, 0]), Err(sys::EBADF));
    write(far, b"kept");
    assert_eq!(first.call(READ), Ok(0));
    assert_eq!(first.call(RETURN), Ok(4));
}

extern "C" fn nothing(_: u32, _: &mut Info, _: &mut Context) {}

pub(crate) fn timeouts() {
    let (near, _far) = pair();
    let mut found = [0u8; 4];
    let mut request = Block::new(near, 0, found.as_mut_ptr(), 4);
    assert_eq!(next(Some([0, 0])), (0, Err(EAGAIN)));
    assert_eq!(suspend(&[], None), Ok(0));
    assert_eq!(suspend(&[request.at()], None), Ok(0), "nobody knows it");
    assert_eq!(request.call(READ), Ok(0));
    assert_eq!(next(Some([0, 5_000_000])), (0, Err(EAGAIN)));
    assert_eq!(next(Some([0, -1])), (0, Err(sys::EINVAL)));
    let at = request.at();
    assert_eq!(suspend(&[at], Some([-1, 0])), Err(sys::EINVAL));
    signal::handle(SIGALRM, nothing, signal::SA_RESTART, Set::EMPTY);
    signal::alarm_once(10_000);
    assert_eq!(suspend(&[at], None), Err(sys::EINTR));
}
