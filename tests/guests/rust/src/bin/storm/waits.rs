//! A worker that waits in every way there is: each way ends by what it waits for, by the time, or by a signal.

use compat_guests::signal::Set;
use compat_guests::sys::{self, EAGAIN, EINTR};

use crate::{Worker, own, rain};

const CLOCK_NANOSLEEP: u64 = 244;
const SELECT: u64 = 93;
const POLL: u64 = 209;
const PPOLL: u64 = 545;
const KQUEUE: u64 = 362;
const KEVENT: u64 = 560;
const CLOCK_MONOTONIC: u64 = 4;
const NUMBER: usize = 7;

fn now() -> u64 {
    let mut time = [0u64; 2];
    sys::call(
        sys::CLOCK_GETTIME,
        [CLOCK_MONOTONIC, time.as_mut_ptr() as u64],
    )
    .expect("clock");
    let [seconds, rest] = unsafe { (&raw const time).read_volatile() };
    seconds * 1_000_000_000 + rest
}

pub(crate) fn works(worker: &mut Worker) {
    let (read, write) = sys::pipe();
    let pair = own::pair();
    let queue = sys::call(KQUEUE, []).expect("kqueue");
    // EVFILT_READ, EV_ADD: ident, filter and flags, fflags, data, udata, ext.
    let change = [read, 0xffff | 1 << 16, 0, 0, 0, 0, 0, 0];
    let args = [queue, change.as_ptr() as u64, 1, 0, 0, 0];
    sys::call(KEVENT, args).expect("kevent");
    while worker.goes_on() {
        let wanted = 1000 + worker.random.below(400_000) as u64;
        match worker.random.below(10) {
            0 => own::suspends(NUMBER),
            1 => own::waits_for_a_signal(worker),
            2 => own::reads_asynchronously(worker, pair, wanted),
            _ => {}
        }
        let ready = worker.random.below(2) == 0;
        if ready {
            assert_eq!(
                sys::call(sys::WRITE, [write, c"x".as_ptr() as u64, 1]),
                Ok(1)
            );
        }
        let time = [0, wanted];
        let at = time.as_ptr() as u64;
        let begin = now();
        let kind = worker.random.below(7);
        let ended = match kind {
            0 | 1 => sleeps(worker, kind == 1, wanted),
            2 => {
                let sets = [1u64 << read, 0];
                let micros = [0, wanted / 1000];
                worker.sleep(
                    SELECT,
                    [
                        read + 1,
                        sets.as_ptr() as u64,
                        0,
                        0,
                        micros.as_ptr() as u64,
                        0,
                    ],
                )
            }
            3 => {
                let fd = [read | 1 << 32];
                worker.sleep(POLL, [fd.as_ptr() as u64, 1, 1, 0, 0, 0])
            }
            4 => {
                let fd = [read | 1 << 32];
                let mask = rain::own_mask(NUMBER);
                worker.sleep(
                    PPOLL,
                    [fd.as_ptr() as u64, 1, at, (&raw const mask) as u64, 0, 0],
                )
            }
            5 => {
                let mut event = [0u64; 8];
                let ended = worker.sleep(KEVENT, [queue, 0, 0, event.as_mut_ptr() as u64, 1, at]);
                if ended == Ok(1) {
                    let event = unsafe { (&raw const event).read_volatile() };
                    assert_eq!((event[0], event[2]), (read, 1), "kevent");
                }
                ended
            }
            _ => signals(worker, at),
        };
        let elapsed = now() - begin;
        let waits_for_pipe = (2..=5).contains(&kind);
        match ended {
            Ok(1) => assert!(waits_for_pipe && ready, "way {kind}: nothing was there"),
            // select counts microseconds; its shortest is none.
            Ok(0) => assert!(
                !(waits_for_pipe && ready) && (kind == 3 || elapsed + 1000 >= wanted),
                "way {kind}: {elapsed} of {wanted} ns"
            ),
            other => assert_eq!(other, Err(EINTR), "way {kind}"),
        }
        if ready {
            let mut byte = 0u8;
            let args = [read, (&raw mut byte) as u64, 1, 0, 0, 0];
            assert_eq!(worker.insist("read", sys::READ, args), Ok(1));
        }
    }
}

fn sleeps(worker: &mut Worker, by_clock: bool, wanted: u64) -> sys::Result {
    let time = [0, wanted];
    let left = [0u64, u64::MAX];
    let (time, left_at) = (time.as_ptr() as u64, left.as_ptr() as u64);
    let ended = if by_clock {
        // Its error is its value.
        match worker.sleep(CLOCK_NANOSLEEP, [CLOCK_MONOTONIC, 0, time, left_at, 0, 0]) {
            Ok(0) => Ok(0),
            Ok(error) | Err(error) => Err(error),
        }
    } else {
        worker.sleep(sys::NANOSLEEP, [time, left_at, 0, 0, 0, 0])
    };
    if ended == Err(EINTR) {
        let [seconds, left] = unsafe { (&raw const left).read_volatile() };
        assert!(seconds == 0 && left <= wanted, "{left} of {wanted} ns left");
    }
    ended
}

/// sigtimedwait(2) for a signal that nobody sends.
fn signals(worker: &mut Worker, time: u64) -> sys::Result {
    let set = Set::of(&[95]);
    let mut info = [0u64; 10];
    let args = [
        (&raw const set) as u64,
        info.as_mut_ptr() as u64,
        time,
        0,
        0,
        0,
    ];
    match worker.sleep(sys::SIGTIMEDWAIT, args) {
        Err(EAGAIN) => Ok(0),
        other => other,
    }
}
