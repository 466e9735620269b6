//! Waits that end by what the worker itself has brought about, whatever else comes: sigsuspend, sigwait, asynchronous reads.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::signal::{self, Set};
use compat_guests::sys::{self, EAGAIN, EINTR};

use crate::{Worker, rain};

const AIO_READ: u64 = 255;
const AIO_RETURN: u64 = 314;
const AIO_SUSPEND: u64 = 315;
/// Nobody else sends it.
const OWN: u32 = 95;

/// sigsuspend(2) with a signal that waits behind the mask: its handler has run when the call is over, and the mask is back.
pub(crate) fn suspends(number: usize) {
    let usual = signal::mask(signal::SETMASK, rain::everything());
    assert_eq!(usual, rain::own_mask(number), "the mask of every day");
    let before = rain::handled(number);
    rain::send_itself(number);
    let open = rain::own_mask(number);
    let ended = sys::call(sys::SIGSUSPEND, [(&raw const open) as u64]);
    assert_eq!(ended, Err(EINTR), "sigsuspend");
    assert!(
        rain::handled(number) > before,
        "sigsuspend without a signal"
    );
    let meanwhile = signal::mask(signal::SETMASK, usual);
    assert_eq!(meanwhile, rain::everything(), "the mask behind sigsuspend");
}

/// sigwait(2) for a signal that waits.
pub(crate) fn waits_for_a_signal(worker: &mut Worker) {
    let own = Set::of(&[OWN]);
    signal::mask(signal::BLOCK, own);
    sys::call(sys::THR_KILL, [sys::tid(), u64::from(OWN)]).expect("thr_kill");
    let mut got = 0u32;
    let args = [(&raw const own) as u64, (&raw mut got) as u64, 0, 0, 0, 0];
    // Its error is its value.
    while worker.sleep(sys::SIGWAIT, args) != Ok(0) {}
    assert_eq!(unsafe { (&raw const got).read_volatile() }, OWN, "sigwait");
    signal::mask(signal::UNBLOCK, own);
}

/// Two connected sockets: asynchronous reads of pipes are refused.
pub(crate) fn pair() -> (u64, u64) {
    const SOCKETPAIR: u64 = 135;
    const AF_UNIX: u64 = 1;
    const SOCK_STREAM: u64 = 1;
    let mut ends = [0u32; 2];
    let args = [AF_UNIX, SOCK_STREAM, 0, (&raw mut ends) as u64];
    sys::call(SOCKETPAIR, args).expect("socketpair");
    let [one, other] = unsafe { (&raw const ends).read_volatile() };
    (u64::from(one), u64::from(other))
}

/// aio_read(2) of an empty socket, and aio_suspend(2) before and after something is there.
pub(crate) fn reads_asynchronously(worker: &mut Worker, pair: (u64, u64), wanted: u64) {
    static BYTE: AtomicU64 = AtomicU64::new(0);
    // struct aiocb: descriptor, offset, buffer, length, and nobody is told.
    let mut block = [0u64; 20];
    (block[0], block[2], block[3]) = (pair.0, BYTE.as_ptr() as u64, 1);
    let at = core::hint::black_box(&raw mut block) as u64;
    sys::call(AIO_READ, [at]).expect("aio_read");
    let (list, time) = ([at], [0, wanted]);
    let args = [list.as_ptr() as u64, 1, time.as_ptr() as u64, 0, 0, 0];
    let early = worker.sleep(AIO_SUSPEND, args);
    assert!(matches!(early, Err(EAGAIN | EINTR)), "early: {early:?}");
    let text = c"y".as_ptr() as u64;
    assert_eq!(sys::call(sys::WRITE, [pair.1, text, 1]), Ok(1));
    loop {
        match worker.sleep(AIO_SUSPEND, [list.as_ptr() as u64, 1, 0, 0, 0, 0]) {
            Ok(0) => break,
            ended => assert_eq!(ended, Err(EINTR), "aio_suspend"),
        }
    }
    assert_eq!(sys::call(AIO_RETURN, [at]), Ok(1), "aio_return");
    assert_eq!(BYTE.load(SeqCst), u64::from(b'y'));
}
