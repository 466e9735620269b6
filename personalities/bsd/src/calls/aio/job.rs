//! Requests from their making to their end.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};

use compat_tables::bsd::Errno;
use compat_translate::host::socket::raw;
use compat_translate::host::{self, HostErrno, nr};
use compat_translate::sync::Mutex;

use super::file::{File, kind_of};
use super::notice::Knote;
use crate::calls::write::is_quiet;
use crate::error::Error;

/// max_aio_queue_per_proc.
pub const LIMIT: usize = 256;

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Read,
    Write,
    Sync,
    DataSync,
    Lock,
}

/// Bytes moved, or the error.
pub type Outcome = Result<u64, Errno>;

/// A request.
pub struct Job {
    /// The guest's control block, by which it knows the request.
    pub block: u64,
    pub fd: i32,
    pub action: Action,
    /// By its inode it is known again: numbers are closed and used anew.
    pub kind: File,
    /// Addresses and lengths.
    pub buffers: Vec<[u64; 2]>,
    pub offset: i64,
    /// How much of it a socket has taken or given.
    pub moved: u64,
    /// What becomes of its knote, and of its list's, when it is forgotten.
    pub knotes: [Option<Knote>; 2],
    /// `None` while it waits.
    pub outcome: Option<Outcome>,
}

/// All requests that nobody has asked the outcome of, in the order they were made.
static JOBS: Mutex<Vec<Job>> = Mutex::new(Vec::new());
/// Changes whenever one is finished: a futex.
static FINISHED: AtomicU32 = AtomicU32::new(0);

pub fn forget_all() {
    // SAFETY: the child has one thread. Its parent may have had others, but a length is one word.
    if !unsafe { &*JOBS.data_ptr() }.is_empty() {
        JOBS.lock().clear();
    }
}

/// Looks at the list, or changes it.
pub fn with<T>(act: impl FnOnce(&mut Vec<Job>) -> T) -> T {
    act(&mut JOBS.lock())
}

/// A word that changes with every end, and its value now.
pub fn finished() -> (u64, u32) {
    (FINISHED.as_ptr() as u64, FINISHED.load(Ordering::Acquire))
}

/// Tells who waits for some end.
pub fn announce() {
    FINISHED.fetch_add(1, Ordering::AcqRel);
    /// FUTEX_WAKE | FUTEX_PRIVATE_FLAG.
    const WAKE: u64 = 129;
    // SAFETY: a static word.
    let _ = unsafe { host::call_n(nr::futex, [FINISHED.as_ptr() as u64, WAKE, i32::MAX as u64]) };
}

/// Tries every waiting request again, in order; of those for one direction of a socket only the first.
pub fn progress() {
    let mut some = false;
    with(|jobs| {
        let mut stuck: Vec<(i32, bool)> = Vec::new();
        for job in jobs.iter_mut().filter(|job| job.outcome.is_none()) {
            let way = (job.fd, job.action == Action::Read);
            if stuck.contains(&way) {
                continue;
            }
            job.outcome = if kind_of(job.fd as u64) == Ok(job.kind) {
                job.proceed()
            } else {
                Some(Err(Errno::EBADF))
            };
            if job.outcome.is_none() {
                stuck.push(way);
            } else {
                some = true;
            }
        }
    });
    if some {
        announce();
    }
}

impl Job {
    /// Carries out what never waits for another program.
    pub fn on_file(&self) -> Outcome {
        let fd = self.fd as u64;
        let [buffers, count] = [self.buffers.as_ptr() as u64, self.buffers.len() as u64];
        // The offset's high half stands in a register of its own, which 64-bit hosts ignore.
        let vector = [fd, buffers, count, self.offset as u64, 0, 0];
        // SAFETY: the vector is ours and the kernel checks the guest's addresses in it.
        let done = unsafe {
            match self.action {
                Action::Read => host::call(nr::preadv, vector),
                Action::Write => host::call(nr::pwritev, vector),
                Action::Sync => host::call_n(nr::fsync, [fd]),
                Action::DataSync => host::call_n(nr::fdatasync, [fd]),
                Action::Lock => match self.buffers.first() {
                    Some(&[address, length]) => host::call_n(nr::mlock, [address, length]),
                    None => Ok(0),
                },
            }
        };
        done.map_err(|error| Error::from(error).0)
    }

    /// Moves what can be moved now.
    pub fn proceed(&mut self) -> Option<Outcome> {
        match self.kind {
            File::Socket(_) => self.on_socket(),
            _ => self.on_stream(),
        }
    }

    /// A write goes on until all of it is done.
    fn on_socket(&mut self) -> Option<Outcome> {
        const NOW: u64 = raw::MSG_DONTWAIT as u64;
        let flags = match is_quiet(self.fd as u64) {
            true => NOW | u64::from(raw::MSG_NOSIGNAL),
            false => NOW,
        };
        let number = match self.action {
            Action::Read => nr::recvmsg,
            Action::Write => nr::sendmsg,
            _ => return Some(Err(Errno::EINVAL)),
        };
        let all: u64 = self.buffers.iter().map(|[_, length]| length).sum();
        loop {
            let rest = rest_of(&self.buffers, self.moved);
            // struct msghdr: name, its length, vector, its length, control, its length, flags.
            let message = [0, 0, rest.as_ptr() as u64, rest.len() as u64, 0, 0, 0];
            let args = [self.fd as u64, message.as_ptr() as u64, flags];
            // SAFETY: a valid msghdr; the kernel checks the guest's addresses.
            match unsafe { host::call_n(number, args) } {
                Ok(count) => {
                    self.moved = self.moved.saturating_add(count);
                    if self.action == Action::Read || count == 0 || self.moved >= all {
                        return Some(Ok(self.moved));
                    }
                }
                Err(HostErrno::EAGAIN | HostErrno::EINTR) => return None,
                // What was written before the error counts (soaio_process_job).
                Err(_) if self.moved != 0 => return Some(Ok(self.moved)),
                Err(error) => return Some(Err(Error::from(error).0)),
            }
        }
    }
}

impl Job {
    /// A pipe or a terminal: what is ready does not wait, as long as no more is written than always has room.
    fn on_stream(&mut self) -> Option<Outcome> {
        const PIPE_BUF: u64 = 4096;
        let (ready, number) = match self.action {
            Action::Read => (1u64, nr::read),
            Action::Write => (4, nr::write),
            _ => return Some(Err(Errno::EINVAL)),
        };
        loop {
            let rest = rest_of(&self.buffers, self.moved);
            let Some(&[address, length]) = rest.first() else {
                return Some(Ok(self.moved));
            };
            let length = match self.action {
                Action::Write => length.min(PIPE_BUF),
                _ => length,
            };
            // struct pollfd.
            let mut asked = [u64::from(self.fd as u32) | ready << 32];
            // SAFETY: one valid pollfd.
            let polled = unsafe { host::call_n(nr::poll, [asked.as_mut_ptr() as u64, 1, 0]) };
            if polled != Ok(1) {
                return None;
            }
            // SAFETY: the kernel checks the guest's address.
            match unsafe { host::call_n(number, [self.fd as u64, address, length]) } {
                Ok(count) => {
                    self.moved = self.moved.saturating_add(count);
                    if self.action == Action::Read || count == 0 {
                        return Some(Ok(self.moved));
                    }
                }
                Err(HostErrno::EAGAIN | HostErrno::EINTR) => return None,
                Err(_) if self.moved != 0 => return Some(Ok(self.moved)),
                Err(error) => return Some(Err(Error::from(error).0)),
            }
        }
    }
}

/// The buffers without their first `done` bytes.
fn rest_of(buffers: &[[u64; 2]], mut done: u64) -> Vec<[u64; 2]> {
    let mut rest = Vec::new();
    for &[address, length] in buffers {
        let skipped = done.min(length);
        done -= skipped;
        if skipped < length {
            rest.push([address.wrapping_add(skipped), length - skipped]);
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_goes_on_where_it_stopped() {
        let buffers = [[100, 10], [200, 0], [300, 5]];
        assert_eq!(rest_of(&buffers, 0), [[100, 10], [300, 5]]);
        assert_eq!(rest_of(&buffers, 4), [[104, 6], [300, 5]]);
        assert_eq!(rest_of(&buffers, 12), [[302, 3]]);
        assert!(rest_of(&buffers, 15).is_empty());
    }
}
