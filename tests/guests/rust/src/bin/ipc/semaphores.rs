//! Semaphore sets.

use compat_guests::signal::{self, Context, Info, SIGALRM, Set};
use compat_guests::sys;

use crate::child;

const SEMSYS: u64 = 169;
const OLD_SEMCTL: u64 = 220;
const SEMGET: u64 = 221;
const SEMOP: u64 = 222;
const SEMCTL: u64 = 510;

const RMID: u64 = 0;
const SET: u64 = 1;
const STAT: u64 = 2;
const GETNCNT: u64 = 3;
const GETPID: u64 = 4;
const GETVAL: u64 = 5;
const GETALL: u64 = 6;
const GETZCNT: u64 = 7;
const SETVAL: u64 = 8;
const SETALL: u64 = 9;

const NOWAIT: i16 = 0x800;
const UNDO: i16 = 0x1000;
const EFBIG: u64 = 27;
const EAGAIN: u64 = 35;
const ERANGE: u64 = 34;
const EIDRM: u64 = 82;

/// `struct sembuf`.
#[repr(C)]
struct Operation {
    number: u16,
    change: i16,
    flags: i16,
}

const fn op(number: u16, change: i16, flags: i16) -> Operation {
    Operation {
        number,
        change,
        flags,
    }
}

fn make(count: u64) -> u64 {
    sys::call(SEMGET, [0, count, 0o600]).expect("semget")
}

fn operate(id: u64, operations: &[Operation]) -> sys::Result {
    let args = [id, operations.as_ptr() as u64, operations.len() as u64];
    sys::call(SEMOP, args)
}

/// The last argument is the address of a union.
fn control(id: u64, number: u64, command: u64, argument: u64) -> sys::Result {
    let argument = &raw const argument as u64;
    sys::call(SEMCTL, [id, number, command, argument])
}

pub(crate) fn operations() {
    let id = make(2);
    assert_eq!(control(id, 0, SETVAL, 1), Ok(0));
    assert_eq!(operate(id, &[op(0, -1, 0), op(1, 3, 0)]), Ok(0));
    assert_eq!(control(id, 1, GETVAL, 0), Ok(3));
    assert_eq!(operate(id, &[]), Ok(0));
    // All or nothing.
    assert_eq!(operate(id, &[op(1, -1, 0), op(0, -1, NOWAIT)]), Err(EAGAIN));
    assert_eq!(control(id, 1, GETVAL, 0), Ok(3));
    assert_eq!(operate(id, &[op(2, 1, 0)]), Err(EFBIG));
    assert_eq!(operate(id, &[op(1, 32_767, 0)]), Err(ERANGE));
    // A child waits, another lets it go; what is marked is undone at the end.
    let waits = child::start(|| {
        assert_eq!(operate(id, &[op(0, -1, 0)]), Ok(0));
    });
    while control(id, 0, GETNCNT, 0) != Ok(1) {
        child::pause(1);
    }
    child::join(child::start(|| {
        assert_eq!(operate(id, &[op(0, 1, 0), op(1, 4, UNDO)]), Ok(0));
        assert_eq!(control(id, 1, GETVAL, 0), Ok(7));
    }));
    child::join(waits);
    assert_eq!(control(id, 1, GETVAL, 0), Ok(3));
    assert_eq!(control(id, 0, GETPID, 0), Ok(waits));
    assert_eq!(control(id, 0, RMID, 0), Ok(0));
    assert_eq!(operate(id, &[op(0, 1, 0)]), Err(sys::EINVAL));
    assert_eq!(operate(id, &[]), Err(sys::EINVAL));
}

/// `struct semid_ds`.
#[repr(C)]
#[derive(Default)]
struct Sets {
    cuid: u32,
    cgid: u32,
    uid: u32,
    gid: u32,
    mode: u16,
    seq: u16,
    key: i64,
    base: u64,
    count: u16,
    otime: i64,
    ctime: i64,
}

const _: () = assert!(size_of::<Sets>() == 64);

fn control_all(id: u64, values: &mut [u16]) {
    let at = values.as_mut_ptr() as u64;
    assert_eq!(control(id, 0, SETALL, at), Ok(0));
    values.fill(0);
    assert_eq!(control(id, 0, GETALL, at), Ok(0));
}

pub(crate) fn control_commands() {
    let id = make(3);
    let mut values = [5, 6, 7];
    control_all(id, &mut values);
    assert_eq!(values, [5, 6, 7]);
    assert_eq!(control(id, 0, SETVAL, 40_000), Err(ERANGE));
    // The number is half of the union.
    assert_eq!(control(id, 0, SETVAL, 0xffff_ffff_0000_0002), Ok(0));
    assert_eq!(control(id, 0, GETVAL, 0), Ok(2));
    assert_eq!(control(id, 3, GETVAL, 0), Err(sys::EINVAL));
    assert_eq!(control(id, 0, GETZCNT, 0), Ok(0));
    assert_eq!(control(id, 0, 99, 0), Err(sys::EINVAL));
    assert_eq!(
        sys::call(SEMCTL, [id, 0, GETALL, 8]),
        Err(sys::EFAULT),
        "an unreadable union"
    );

    let mut found = Sets::default();
    assert_eq!(control(id, 0, STAT, (&raw mut found) as u64), Ok(0));
    assert_eq!((found.count, found.mode, found.base), (3, 0o1600, 0));
    assert!(found.ctime > 0 && found.otime == 0);
    found.mode = 0o640;
    assert_eq!(control(id, 0, SET, (&raw const found) as u64), Ok(0));
    assert_eq!(control(id, 0, STAT, (&raw mut found) as u64), Ok(0));
    assert_eq!(found.mode, 0o1640);

    // The layout of old: mode at 8, how many at 32.
    let mut old = [0u16; 52];
    let union = old.as_mut_ptr() as u64;
    let union = &raw const union as u64;
    assert_eq!(sys::call(OLD_SEMCTL, [id, 0, STAT, union]), Ok(0));
    assert_eq!((old[4], old[16]), (0o1640, 3));
    // And all calls through one.
    let more = sys::call(SEMSYS, [1, 0, 1, 0o600]).expect("semget");
    let add = [op(0, 2, 0)];
    assert_eq!(sys::call(SEMSYS, [2, more, add.as_ptr() as u64, 1]), Ok(0));
    assert_eq!(sys::call(SEMSYS, [0, more, 0, GETVAL, 0]), Ok(2));
    assert_eq!(sys::call(SEMSYS, [3]), Err(sys::EINVAL));
    for id in [id, more] {
        assert_eq!(control(id, 0, RMID, 0), Ok(0));
    }
}

extern "C" fn nothing(_: u32, _: &mut Info, _: &mut Context) {}

/// By a signal, whatever its flags, and by the set's end.
pub(crate) fn interrupted() {
    let id = make(1);
    signal::handle(SIGALRM, nothing, signal::SA_RESTART, Set::EMPTY);
    signal::alarm_once(20_000);
    assert_eq!(operate(id, &[op(0, -1, 0)]), Err(sys::EINTR));
    let waits = child::start(|| {
        assert_eq!(operate(id, &[op(0, -1, 0)]), Err(EIDRM));
    });
    while control(id, 0, GETNCNT, 0) != Ok(1) {
        child::pause(1);
    }
    assert_eq!(control(id, 0, RMID, 0), Ok(0));
    child::join(waits);
}
