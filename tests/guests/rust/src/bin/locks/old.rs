//! The first umtx: a long that holds its owner.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::sys;

use crate::crowd::{Room, together};
use crate::umtx::*;

const UMTX_LOCK: u64 = 434;
const UMTX_UNLOCK: u64 = 435;
const LOCK: u64 = 0;
const UNLOCK: u64 = 1;
const CONTESTED: u64 = 1 << 63;

static OWNER: AtomicU64 = AtomicU64::new(0);
static ROOM: Room = Room::new();

fn at() -> u64 {
    OWNER.as_ptr() as u64
}

/// By the calls of their own.
pub(crate) fn calls() {
    together::<8>(3000, |turn| {
        let id = u64::from(turn.id);
        if OWNER.compare_exchange(0, id, SeqCst, SeqCst).is_err() {
            sys::call(UMTX_LOCK, [at()]).expect("_umtx_lock");
        }
        ROOM.visit(turn);
        if OWNER.compare_exchange(id, 0, SeqCst, SeqCst).is_err() {
            sys::call(UMTX_UNLOCK, [at()]).expect("_umtx_unlock");
        }
    });
    assert_eq!((ROOM.visits(), OWNER.load(SeqCst)), (24_000, 0));
    assert_eq!(sys::call(UMTX_UNLOCK, [at()]), Err(sys::EPERM));
}

/// By `_umtx_op`, with owners that differ in the upper half of the word only.
pub(crate) fn operations() {
    together::<8>(3000, |turn| {
        let id = (turn.index + 1) << 40 | 7;
        op(at(), LOCK, id, 0, 0).expect("lock");
        assert_eq!(OWNER.load(SeqCst) & !CONTESTED, id);
        ROOM.visit(turn);
        op(at(), UNLOCK, id, 0, 0).expect("unlock");
    });
    assert_eq!((ROOM.visits(), OWNER.load(SeqCst)), (24_000, 0));
    OWNER.store(5, SeqCst);
    let soon = [0u64, 20_000_000];
    assert_eq!(
        op(at(), LOCK, 6, 0, soon.as_ptr() as u64),
        Err(sys::ETIMEDOUT)
    );
    assert_eq!(OWNER.load(SeqCst), 5 | CONTESTED);
    assert_eq!(op(at(), UNLOCK, 6, 0, 0), Err(sys::EPERM));
    assert_eq!(op(at(), UNLOCK, 5, 0, 0), Ok(0));
    assert_eq!(OWNER.load(SeqCst), 0);
}
