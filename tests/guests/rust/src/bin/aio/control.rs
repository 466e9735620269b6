//! Control blocks and the calls on them.

use compat_guests::sys;

/// System call.
pub(crate) const READ: u64 = 255;
/// The same.
pub(crate) const WRITE: u64 = 256;
/// The same.
pub(crate) const LISTIO: u64 = 257;
/// The same.
pub(crate) const RETURN: u64 = 314;
/// The same.
pub(crate) const SUSPEND: u64 = 315;
/// The same.
pub(crate) const CANCEL: u64 = 316;
/// The same.
pub(crate) const ERROR: u64 = 317;
/// The same.
pub(crate) const WAITCOMPLETE: u64 = 359;

/// Error number.
pub(crate) const EAGAIN: u64 = 35;
/// The same.
pub(crate) const EINPROGRESS: u64 = 36;
/// The same.
pub(crate) const ECANCELED: u64 = 85;

/// `struct aiocb`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct Block {
    pub(crate) fd: i32,
    pub(crate) offset: i64,
    pub(crate) buffer: u64,
    pub(crate) length: u64,
    spare: [u64; 2],
    pub(crate) opcode: i32,
    priority: i32,
    /// Status, error, number.
    pub(crate) private: [i64; 3],
    /// `sigev_notify`, `sigev_signo`.
    pub(crate) notify: [i32; 2],
    pub(crate) value: u64,
    /// `sigev_notify_thread_id` first.
    pub(crate) rest: [u64; 8],
}

const _: () = assert!(size_of::<Block>() == 160);

impl Block {
    pub(crate) fn new(fd: u64, offset: i64, buffer: *const u8, length: usize) -> Self {
        Self {
            fd: fd as i32,
            offset,
            buffer: buffer as u64,
            length: length as u64,
            ..Self::default()
        }
    }

    /// Its address, which the kernel may write to.
    pub(crate) fn at(&mut self) -> u64 {
        core::hint::black_box(&raw mut *self) as u64
    }

    pub(crate) fn call(&mut self, number: u64) -> sys::Result {
        sys::call(number, [self.at()])
    }

    /// The error number while it lasts and when it is over.
    pub(crate) fn error(&mut self) -> u64 {
        self.call(ERROR).expect("aio_error always has an answer")
    }
}

/// Waits for one of these, for `time` at most.
pub(crate) fn suspend(blocks: &[u64], time: Option<[i64; 2]>) -> sys::Result {
    let time = time.as_ref().map_or(0, |time| time.as_ptr() as u64);
    let args = [blocks.as_ptr() as u64, blocks.len() as u64, time];
    sys::call(SUSPEND, args)
}

/// The next that ends, with its result.
pub(crate) fn next(time: Option<[i64; 2]>) -> (u64, sys::Result) {
    let time = time.as_ref().map_or(0, |time| time.as_ptr() as u64);
    let mut block = u64::MAX;
    let args = [core::hint::black_box(&raw mut block) as u64, time];
    let result = sys::call(WAITCOMPLETE, args);
    (block, result)
}
