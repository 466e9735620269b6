//! `kern.ipc`: all message queues, sets of semaphores and segments of shared memory (sysctl_msqids, sysctl_sema,
//! sysctl_shmsegs).
//!
//! FreeBSD gives out arrays, and an object's identifier is its place there with the sequence number in the upper half.
//! The host's identifiers are cut in these two halves, so that they come out as what `msgget` and the others returned.

use alloc::vec::Vec;

use compat_bsd::abi::ipc::{IpcPerm, MsqidDs, SemidDs, ShmidDs};
use compat_bsd::calls::sysv::table::{slots, table};
use compat_translate::host::ipc;

use crate::abi::ipc::{MsqidKernel, SemidKernel, ShmidKernel};

/// In steps, so that one more object seldom changes the length: ipcs(1) asks for it first and insists on it.
const STEP: usize = 256;

/// `kern.ipc.msqids`.
pub(super) fn queues() -> Vec<u8> {
    let found = ipc::message_queues();
    table(&found, STEP, |id, host| {
        let mut row = MsqidKernel {
            u: MsqidDs::from(host),
            ..MsqidKernel::default()
        };
        number(&mut row.u.perm, id);
        row
    })
}

/// `kern.ipc.sema`.
pub(super) fn semaphores() -> Vec<u8> {
    let found = ipc::semaphore_sets();
    table(&found, STEP, |id, host| {
        let mut row = SemidKernel {
            u: SemidDs::from(host),
            ..SemidKernel::default()
        };
        number(&mut row.u.perm, id);
        row
    })
}

/// `kern.ipc.shmsegs`.
pub(super) fn segments() -> Vec<u8> {
    let found = ipc::memory_segments();
    table(&found, STEP, |id, host| {
        let mut row = ShmidKernel {
            u: ShmidDs::from(host),
            ..ShmidKernel::default()
        };
        number(&mut row.u.perm, id);
        row
    })
}

/// `kern.ipc.msgmni`: the length of the array.
pub(super) fn queue_slots() -> i64 {
    slots(&ipc::message_queues(), STEP) as i64
}

/// `kern.ipc.semmni`.
pub(super) fn semaphore_slots() -> i64 {
    slots(&ipc::semaphore_sets(), STEP) as i64
}

/// `kern.ipc.shmmni`.
pub(super) fn segment_slots() -> i64 {
    slots(&ipc::memory_segments(), STEP) as i64
}

fn number(perm: &mut IpcPerm, id: i32) {
    perm.seq = (id >> 16) as u16;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_a_place_and_a_sequence_number() {
        let found = [(3 << 16 | 300, 7), (5, 8)];
        let made = table(&found, STEP, |id, host| [id as u32 >> 16, *host]);
        assert_eq!(made.len(), 512 * 8);
        assert_eq!(
            made.get(300 * 8..300 * 8 + 8).unwrap(),
            [3, 0, 0, 0, 7, 0, 0, 0]
        );
        assert_eq!(made.get(40..48).unwrap(), [0, 0, 0, 0, 8, 0, 0, 0]);
    }
}
