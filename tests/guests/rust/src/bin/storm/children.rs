//! A worker that makes children and waits for them.

use compat_guests::sys::{self, Fork};

use crate::Worker;

const FCNTL: u64 = 92;
const F_SETLKW: u64 = 13;
const F_UNLCK: u16 = 2;
const F_WRLCK: u16 = 3;

/// `struct flock` for the first byte of a file: start, length, process, type, whence, system.
fn lock(kind: u16) -> [u64; 4] {
    [0, 1, u64::from(kind) << 32, 0]
}

pub(crate) fn works(worker: &mut Worker) {
    const O_RDWR_CREAT: u64 = 0x202;
    let name = c"./storm-record".as_ptr() as u64;
    let file = sys::call(sys::OPEN, [name, O_RDWR_CREAT, 0o644]).expect("open");
    let (locked, free) = (lock(F_WRLCK), lock(F_UNLCK));
    let take = [file, F_SETLKW, locked.as_ptr() as u64, 0, 0, 0];
    let give = [file, F_SETLKW, free.as_ptr() as u64, 0, 0, 0];
    while worker.goes_on() {
        let code = worker.random.below(100) as u64;
        match sys::fork() {
            Fork::Child => {
                if code.is_multiple_of(3) {
                    // Its end gives the lock back.
                    while sys::call(FCNTL, take) == Err(sys::EINTR) {}
                }
                if code.is_multiple_of(2) {
                    sys::sleep_microseconds(200);
                }
                sys::exit(code)
            }
            Fork::Parent(pid) => {
                if code.is_multiple_of(3) {
                    assert_eq!(worker.insist("fcntl", FCNTL, take), Ok(0), "F_SETLKW");
                    assert_eq!(worker.insist("fcntl", FCNTL, give), Ok(0), "F_UNLCK");
                }
                let mut status = 0u32;
                let args = [pid, (&raw mut status) as u64, 0, 0, 0, 0];
                assert_eq!(worker.insist("wait4", sys::WAIT4, args), Ok(pid));
                let status = unsafe { (&raw const status).read_volatile() };
                assert_eq!(u64::from(status), code << 8, "the child's end");
            }
        }
    }
}
