//! The kernel's own semaphores, which descriptors stand for.

use compat_guests::signal::{self, Context, Info, SIGALRM, Set};
use compat_guests::sys;

use crate::child;

const CLOSE: u64 = 400;
const POST: u64 = 401;
const WAIT: u64 = 402;
const TRYWAIT: u64 = 403;
const INIT: u64 = 404;
const OPEN: u64 = 405;
const UNLINK: u64 = 406;
const GETVALUE: u64 = 407;
const DESTROY: u64 = 408;
const TIMEDWAIT: u64 = 441;

const O_CREAT: u64 = 0x200;
const O_EXCL: u64 = 0x800;
const EBUSY: u64 = 16;
const EEXIST: u64 = 17;
const EAGAIN: u64 = 35;
const ETIMEDOUT: u64 = 60;
const EOVERFLOW: u64 = 84;
const MAX: u64 = 0x7fff_ffff;

fn make(value: u64) -> u64 {
    let mut id = u64::MAX;
    sys::call(INIT, [(&raw mut id) as u64, value]).expect("ksem_init");
    id
}

fn value(id: u64) -> i32 {
    let mut value = -1;
    sys::call(GETVALUE, [id, (&raw mut value) as u64]).expect("ksem_getvalue");
    value
}

extern "C" fn nothing(_: u32, _: &mut Info, _: &mut Context) {}

pub(crate) fn anonymous() {
    let id = make(2);
    assert_eq!(sys::call(WAIT, [id]), Ok(0));
    assert_eq!(sys::call(TRYWAIT, [id]), Ok(0));
    assert_eq!(sys::call(TRYWAIT, [id]), Err(EAGAIN));
    assert_eq!(value(id), 0);
    let until = |time: [i64; 2]| sys::call(TIMEDWAIT, [id, time.as_ptr() as u64]);
    assert_eq!(until([1, 0]), Err(ETIMEDOUT));
    assert_eq!(until([-1, 0]), Err(ETIMEDOUT));
    assert_eq!(until([1, 1_000_000_000]), Err(sys::EINVAL));
    // Inherited; a waiter keeps it from being destroyed.
    let waits = child::start(|| assert_eq!(sys::call(WAIT, [id]), Ok(0)));
    child::pause(20);
    assert_eq!(sys::call(DESTROY, [id]), Err(EBUSY));
    assert_eq!(sys::call(POST, [id]), Ok(0));
    child::join(waits);
    // A handler without SA_RESTART ends the wait.
    signal::handle(SIGALRM, nothing, 0, Set::EMPTY);
    signal::alarm_once(10_000);
    assert_eq!(sys::call(WAIT, [id]), Err(sys::EINTR));
    // One with it does not: the child posts later.
    signal::handle(SIGALRM, nothing, signal::SA_RESTART, Set::EMPTY);
    let posts = child::start(|| {
        child::pause(60);
        assert_eq!(sys::call(POST, [id]), Ok(0));
    });
    signal::alarm_once(10_000);
    assert_eq!(sys::call(WAIT, [id]), Ok(0));
    child::join(posts);

    assert_eq!(sys::call(CLOSE, [id]), Err(sys::EINVAL), "it has no name");
    assert_eq!(sys::call(DESTROY, [id]), Ok(0));
    for call in [POST, WAIT, TRYWAIT, DESTROY, CLOSE] {
        assert_eq!(sys::call(call, [id]), Err(sys::EINVAL), "{call}");
        assert_eq!(sys::call(call, [1]), Err(sys::EINVAL), "{call}");
    }
    let full = make(MAX);
    assert_eq!(sys::call(POST, [full]), Err(EOVERFLOW));
    assert_eq!(sys::call(INIT, [8, MAX + 1]), Err(sys::EINVAL));
    assert_eq!(sys::call(INIT, [8, 1]), Err(sys::EFAULT));
}

/// Whoever was killed waits no more.
pub(crate) fn waiters() {
    const SIGKILL: u64 = 9;
    let id = make(0);
    let waits = child::start(|| {
        let _ = sys::call(WAIT, [id]);
    });
    child::pause(20);
    sys::call(sys::KILL, [waits, SIGKILL]).expect("kill");
    let mut status = 0i32;
    let args = [waits, (&raw mut status) as u64, 0, 0];
    assert_eq!(sys::call(sys::WAIT4, args), Ok(waits));
    assert_eq!(sys::call(DESTROY, [id]), Ok(0));
}

pub(crate) fn named() {
    let mut name = *b"/compat a/\0\0\0\0\0\0\0\0\0";
    let mut pid = sys::call(sys::GETPID, []).expect("getpid");
    for slot in &mut name[10..18] {
        *slot = b'a' + (pid & 0xf) as u8;
        pid >>= 4;
    }
    let open = |flags: u64, value: u64| {
        let mut id = u64::MAX;
        let args = [
            (&raw mut id) as u64,
            name.as_ptr() as u64,
            flags,
            0o600,
            value,
        ];
        sys::call(OPEN, args).map(|_| id)
    };
    assert_eq!(open(0, 0), Err(sys::ENOENT));
    let id = open(O_CREAT, 3).expect("ksem_open");
    assert_eq!(open(O_CREAT | O_EXCL, 0), Err(EEXIST));
    assert_eq!(open(2, 0), Err(sys::EINVAL));
    let again = open(O_CREAT, 9).expect("ksem_open");
    assert_eq!(value(again), 3, "it was there");
    let other = child::start(|| {
        let id = open(0, 0).expect("ksem_open");
        assert_eq!(sys::call(POST, [id]), Ok(0));
    });
    child::join(other);
    assert_eq!(value(id), 4);
    assert_eq!(sys::call(DESTROY, [id]), Err(sys::EINVAL), "it has a name");
    let at = name.as_ptr() as u64;
    assert_eq!(sys::call(UNLINK, [at]), Ok(0));
    assert_eq!(sys::call(UNLINK, [at]), Err(sys::ENOENT));
    assert_eq!(sys::call(UNLINK, [at + 1]), Err(sys::ENOENT));
    assert_eq!(value(id), 4, "open still");
    assert_eq!(sys::call(CLOSE, [id]), Ok(0));
    assert_eq!(sys::call(CLOSE, [id]), Err(sys::EINVAL));
    assert_eq!(sys::call(CLOSE, [again]), Ok(0));
}
