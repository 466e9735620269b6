//! A worker that makes children and waits for them.

use compat_guests::sys::{self, Fork};

use crate::Worker;

pub(crate) fn works(worker: &mut Worker) {
    while worker.goes_on() {
        let code = worker.random.below(100) as u64;
        match sys::fork() {
            Fork::Child => {
                if code.is_multiple_of(2) {
                    sys::sleep_microseconds(200);
                }
                sys::exit(code)
            }
            Fork::Parent(pid) => {
                let mut status = 0u32;
                let args = [pid, (&raw mut status) as u64, 0, 0, 0, 0];
                assert_eq!(worker.insist("wait4", sys::WAIT4, args), Ok(pid));
                let status = unsafe { (&raw const status).read_volatile() };
                assert_eq!(u64::from(status), code << 8, "the child's end");
            }
        }
    }
}
