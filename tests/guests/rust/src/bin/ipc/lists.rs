//! What `ipcs` asks: all objects of System V.

use compat_guests::sys;
use compat_guests::sysctl::{ask, short, word};

const RMID: u64 = 0;

/// The row of a list that an identifier points to, checked against the length that is said elsewhere.
fn row(list: &str, length: &str, size: usize, id: u64) -> &'static [u8] {
    let rows = ask(list).expect("a list");
    let count = word(ask(length).expect("a number"), 0) as usize;
    assert_eq!(rows.len(), count * size, "{list}");
    let row = &rows[(id & 0xffff) as usize * size..][..size];
    // `seq` of `struct ipc_perm`.
    assert_eq!(u64::from(short(row, 18)), id >> 16, "{list}");
    row
}

/// Each object is in its list under its own identifier.
pub(crate) fn objects() {
    let queue = sys::call(225, [0, 0o600]).expect("msgget");
    let found = row("kern.ipc.msqids", "kern.ipc.msgmni", 120, queue);
    assert!(
        word(found, 64) != 0 && short(found, 16) == 0o600,
        "msg_qbytes"
    );
    let set = sys::call(221, [0, 3, 0o640]).expect("semget");
    let found = row("kern.ipc.sema", "kern.ipc.semmni", 80, set);
    assert_eq!((short(found, 40), short(found, 16)), (3, 0o1640));
    let memory = sys::call(231, [0, 8192, 0o600]).expect("shmget");
    let found = row("kern.ipc.shmsegs", "kern.ipc.shmmni", 104, memory);
    assert_eq!((word(found, 32), short(found, 16)), (8192, 0o4600));
    assert_eq!(u64::from(word(found, 44)), sys::pid());
    sys::call(511, [queue, RMID, 0]).expect("msgctl");
    sys::call(510, [set, 0, RMID, 0]).expect("semctl");
    sys::call(512, [memory, RMID, 0]).expect("shmctl");
    let rows = ask("kern.ipc.shmsegs").expect("a list");
    // The list may be shorter than it was.
    let mut rows = rows.chunks_exact(104).skip((memory & 0xffff) as usize);
    let is_there =
        |row: &[u8]| u64::from(short(row, 18)) == memory >> 16 && short(row, 16) & 0o4000 != 0;
    assert!(!rows.next().is_some_and(is_there), "removed");
}
