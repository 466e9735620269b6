//! One worker writes a stream of known bytes into a pipe, another one reads it: nothing is lost, doubled or out of place.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::sys;

use crate::Worker;

const READV: u64 = 120;
const WRITEV: u64 = 121;
const ROOM: usize = 3000;

static ENDS: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
static WRITTEN: AtomicU64 = AtomicU64::new(0);
static CLOSED: AtomicU64 = AtomicU64::new(0);

pub(crate) fn prepare() {
    let (read, write) = sys::pipe();
    ENDS[0].store(read, SeqCst);
    ENDS[1].store(write, SeqCst);
}

/// The byte at `position` of a stream.
pub(crate) fn byte(position: u64) -> u8 {
    (position.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

pub(crate) fn writes(worker: &mut Worker) {
    let end = ENDS[1].load(SeqCst);
    let mut position = 0;
    while worker.goes_on() {
        let mut length = 1 + worker.random.below(ROOM);
        let bytes: [u8; ROOM] = core::array::from_fn(|index| byte(position + index as u64));
        let mut at = 0;
        while length > 0 {
            let from = bytes.as_ptr() as u64 + at;
            let written = if worker.random.below(2) == 0 {
                worker.call("write", sys::WRITE, [end, from, length as u64, 0, 0, 0])
            } else {
                let half = length as u64 / 2;
                let parts = [from, half, from + half, length as u64 - half];
                worker.call("writev", WRITEV, [end, parts.as_ptr() as u64, 2, 0, 0, 0])
            };
            match written {
                Ok(count) => {
                    assert!(count > 0 && count <= length as u64, "write: {count}");
                    at += count;
                    length -= count as usize;
                }
                Err(error) => assert_eq!(error, sys::EINTR, "write"),
            }
        }
        position += at;
    }
    WRITTEN.store(position, SeqCst);
    CLOSED.store(1, SeqCst);
    sys::call(sys::CLOSE, [end]).expect("close");
}

pub(crate) fn reads(worker: &mut Worker) {
    const POLL: u64 = 209;
    const POLLIN: u64 = 1;
    let end = ENDS[0].load(SeqCst);
    let mut position = 0u64;
    loop {
        // On to the end of the stream.
        let _ = worker.goes_on();
        if worker.random.below(4) == 0 {
            let fd = [end | POLLIN << 32];
            match worker.sleep(POLL, [fd.as_ptr() as u64, 1, 50, 0, 0, 0]) {
                Ok(0 | 1) | Err(sys::EINTR) => {}
                other => panic!("poll: {other:?}"),
            }
        }
        let mut bytes = [0u8; ROOM];
        let at = bytes.as_mut_ptr() as u64;
        let length = 1 + worker.random.below(ROOM) as u64;
        let read = if worker.random.below(2) == 0 {
            worker.call("read", sys::READ, [end, at, length, 0, 0, 0])
        } else {
            let half = length / 2;
            let parts = [at, half, at + half, length - half];
            worker.call("readv", READV, [end, parts.as_ptr() as u64, 2, 0, 0, 0])
        };
        let count = match read {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) => {
                assert_eq!(error, sys::EINTR, "read");
                continue;
            }
        };
        let bytes = unsafe { (&raw const bytes).read_volatile() };
        for (index, &found) in bytes[..count as usize].iter().enumerate() {
            let expected = byte(position + index as u64);
            assert_eq!(found, expected, "the pipe's byte {position}+{index}");
        }
        position += count;
    }
    assert_eq!(CLOSED.load(SeqCst), 1, "the end of the stream came early");
    assert_eq!(position, WRITTEN.load(SeqCst));
}
