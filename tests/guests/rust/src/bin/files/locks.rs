//! Record locks and locks on whole files.

use compat_guests::sys::{self, EAGAIN, EBADF, EINVAL, call};

use crate::file::{self, O_CREAT, O_RDONLY, O_RDWR, open};

const FCNTL: u64 = 92;
const FLOCK: u64 = 131;
const F_OGETLK: u64 = 7;
const F_OSETLK: u64 = 8;
const F_GETLK: u64 = 11;
const F_SETLK: u64 = 12;
const F_SETLKW: u64 = 13;
const F_SETLK_REMOTE: u64 = 14;
const F_RDLCK: u16 = 1;
const F_UNLCK: u16 = 2;
const F_WRLCK: u16 = 3;

/// `struct flock`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Flock {
    start: i64,
    len: i64,
    pid: u32,
    kind: u16,
    whence: u16,
    sysid: u32,
    pad: u32,
}

fn lock(kind: u16, start: i64, len: i64) -> Flock {
    Flock {
        start,
        len,
        pid: 0x55,
        kind,
        whence: 0,
        sysid: 0,
        pad: 0,
    }
}

fn control(fd: u64, command: u64, lock: &mut Flock) -> sys::Result {
    call(FCNTL, [fd, command, core::ptr::from_mut(lock) as u64])
}

pub(crate) fn records() {
    let fd = open(c"records", O_RDWR | O_CREAT, 0o600).unwrap();
    let mut request = lock(F_WRLCK, 10, 20);
    assert_eq!(control(fd, F_SETLK, &mut request), Ok(0));
    // One's own lock is in nobody's way, and only the type changes.
    assert_eq!(control(fd, F_GETLK, &mut request), Ok(0));
    assert_eq!(request, lock(F_UNLCK, 10, 20));
    let parent = sys::pid();
    let status = sys::in_child(|| {
        let mut wanted = lock(F_RDLCK, 0, 0);
        assert_eq!(control(fd, F_SETLK, &mut wanted), Err(EAGAIN));
        assert_eq!(control(fd, F_GETLK, &mut wanted), Ok(0));
        assert_eq!((wanted.kind, wanted.start, wanted.len), (F_WRLCK, 10, 20));
        assert_eq!(
            (wanted.whence, u64::from(wanted.pid), wanted.sysid),
            (0, parent, 0)
        );
        // What lies before and behind is free; negative lengths count backwards.
        assert_eq!(control(fd, F_SETLK, &mut lock(F_WRLCK, 10, -10)), Ok(0));
        assert_eq!(control(fd, F_SETLK, &mut lock(F_WRLCK, 30, 0)), Ok(0));
        // FreeBSD 8's structure is shorter.
        let mut old = lock(F_WRLCK, 15, 1);
        old.sysid = 0x77;
        assert_eq!(control(fd, F_OSETLK, &mut old), Err(EAGAIN));
        assert_eq!(control(fd, F_OGETLK, &mut old), Ok(0));
        assert_eq!((old.kind, old.start, old.sysid), (F_WRLCK, 10, 0x77));
    });
    assert_eq!(status, 0);
    assert_eq!(control(fd, F_SETLK, &mut lock(F_UNLCK, 0, 0)), Ok(0));
    for kind in [0, 4, 5, 9] {
        assert_eq!(
            control(fd, F_SETLK, &mut lock(kind, 0, 1)),
            Err(EINVAL),
            "{kind}"
        );
    }
    assert_eq!(control(fd, F_SETLK, &mut lock(F_RDLCK, -5, 1)), Err(EINVAL));
    assert!(control(fd, F_SETLK_REMOTE, &mut lock(F_RDLCK, 0, 1)).is_err());
    assert_eq!(control(777, F_SETLK, &mut lock(F_RDLCK, 0, 1)), Err(EBADF));
    let reader = open(c"records", O_RDONLY, 0).unwrap();
    assert_eq!(
        control(reader, F_SETLK, &mut lock(F_WRLCK, 0, 1)),
        Err(EBADF)
    );
}

pub(crate) fn waiting() {
    let fd = open(c"waiting", O_RDWR | O_CREAT, 0o600).unwrap();
    let (read, write) = sys::pipe();
    assert_eq!(control(fd, F_SETLK, &mut lock(F_WRLCK, 0, 1)), Ok(0));
    let child = match sys::fork() {
        sys::Fork::Child => {
            call(sys::WRITE, [write, c"!".as_ptr() as u64, 1]).expect("write");
            // Waits until the parent lets go.
            assert_eq!(control(fd, F_SETLKW, &mut lock(F_WRLCK, 0, 1)), Ok(0));
            call(sys::WRITE, [write, c"?".as_ptr() as u64, 1]).expect("write");
            sys::exit(7)
        }
        sys::Fork::Parent(child) => child,
    };
    assert_eq!(file::read::<1>(read), (*b"!", 1));
    sys::sleep_microseconds(20_000);
    assert_eq!(control(fd, F_SETLK, &mut lock(F_UNLCK, 0, 1)), Ok(0));
    assert_eq!(file::read::<1>(read), (*b"?", 1));
    assert_eq!(sys::wait(child), 7 << 8);
}

pub(crate) fn whole_files() {
    const LOCK_SH: u64 = 1;
    const LOCK_EX: u64 = 2;
    const LOCK_NB: u64 = 4;
    const LOCK_UN: u64 = 8;
    let first = open(c"whole", O_RDWR | O_CREAT, 0o600).unwrap();
    let second = open(c"whole", O_RDWR, 0).unwrap();
    assert_eq!(call(FLOCK, [first, LOCK_EX]), Ok(0));
    assert_eq!(call(FLOCK, [second, LOCK_SH | LOCK_NB]), Err(EAGAIN));
    assert_eq!(call(FLOCK, [first, LOCK_UN | LOCK_NB]), Ok(0));
    assert_eq!(call(FLOCK, [second, LOCK_SH | LOCK_NB]), Ok(0));
    // Of several operations one counts.
    assert_eq!(call(FLOCK, [second, LOCK_UN | LOCK_EX]), Ok(0));
    assert_eq!(call(FLOCK, [first, LOCK_EX | LOCK_SH | LOCK_NB]), Ok(0));
    assert_eq!(call(FLOCK, [second, LOCK_SH | LOCK_NB]), Err(EAGAIN));
    assert_eq!(call(FLOCK, [first, 0]), Err(EBADF));
    assert_eq!(call(FLOCK, [777, LOCK_EX]), Err(EBADF));
}
