//! Copies of descriptors, their flags, their ends, and pipes.

use compat_guests::sys::{self, EBADF, EINVAL, call};

use crate::file::{self, O_RDWR, open};

const PIPE: u64 = 42;
const GETDTABLESIZE: u64 = 89;
const FCNTL: u64 = 92;
const GETRLIMIT: u64 = 194;
const CLOSEFROM: u64 = 509;
const CLOSE_RANGE: u64 = 575;

const F_DUPFD: u64 = 0;
const F_GETFD: u64 = 1;
const F_SETFD: u64 = 2;
const F_GETFL: u64 = 3;
const F_SETFL: u64 = 4;
const F_GETOWN: u64 = 5;
const F_SETOWN: u64 = 6;
const F_DUP2FD: u64 = 10;
const F_READAHEAD: u64 = 15;
const F_RDAHEAD: u64 = 16;
const F_DUPFD_CLOEXEC: u64 = 17;
const F_DUP2FD_CLOEXEC: u64 = 18;
const F_DUP3FD: u64 = 24;
const F_ISUNIONSTACK: u64 = 21;
const F_KINFO: u64 = 22;
const FD_CLOEXEC: u64 = 1;

fn is_open(fd: u64) -> bool {
    call(FCNTL, [fd, F_GETFD]).is_ok()
}

pub(crate) fn copies() {
    let fd = open(c"/dev/null", O_RDWR, 0).unwrap();
    let close_on_exec = |fd| call(FCNTL, [fd, F_GETFD]).unwrap() & FD_CLOEXEC;
    let copy = call(sys::DUP, [fd]).unwrap();
    assert!(copy > fd);
    assert_eq!(call(sys::DUP2, [fd, 90]), Ok(90));
    assert_eq!(call(sys::DUP2, [fd, fd]), Ok(fd));
    assert_eq!(call(FCNTL, [fd, F_DUPFD, 80]), Ok(80));
    assert_eq!(call(FCNTL, [fd, F_DUPFD_CLOEXEC, 80]), Ok(81));
    assert_eq!(call(FCNTL, [fd, F_DUP2FD, 82]), Ok(82));
    assert_eq!(call(FCNTL, [fd, F_DUP2FD_CLOEXEC, 83]), Ok(83));
    for (copy, expected) in [(90, 0), (80, 0), (81, 1), (82, 0), (83, 1)] {
        assert_eq!(close_on_exec(copy), expected, "{copy}");
    }
    // What dup3 of FreeBSD 15 asks for: descriptor flags above the command.
    assert_eq!(call(FCNTL, [fd, F_DUP3FD, 84]), Ok(84));
    assert_eq!(call(FCNTL, [fd, F_DUP3FD | FD_CLOEXEC << 16, 85]), Ok(85));
    assert_eq!((close_on_exec(84), close_on_exec(85)), (0, 1));
    for (command, to, error) in [
        (F_DUP3FD | 8 << 16, 84, EINVAL),
        (F_DUPFD | FD_CLOEXEC << 16, 84, EINVAL),
        (F_DUP3FD, u64::MAX, EBADF),
    ] {
        assert_eq!(call(FCNTL, [fd, command, to]), Err(error));
    }
    // The same number twice: close-on-exec is set even so.
    assert_eq!(call(FCNTL, [80, F_DUP2FD_CLOEXEC, 80]), Ok(80));
    assert_eq!(close_on_exec(80), 1);
    for request in [
        call(sys::DUP, [777]),
        call(sys::DUP2, [777, 5]),
        call(sys::DUP2, [777, 777]),
        call(sys::DUP2, [fd, u64::MAX]),
        call(FCNTL, [fd, F_DUP2FD, 1 << 30]),
        call(FCNTL, [777, F_GETFD]),
    ] {
        assert_eq!(request, Err(EBADF));
    }
    assert_eq!(call(FCNTL, [fd, F_DUPFD, u64::MAX]), Err(EINVAL));
    assert_eq!(call(FCNTL, [fd, 999]), Err(EINVAL));
    let mut limit = [0u64; 2];
    call(GETRLIMIT, [8, limit.as_mut_ptr() as u64]).expect("getrlimit");
    assert_eq!(call(GETDTABLESIZE, []), Ok(limit[0].min(i32::MAX as u64)));
}

pub(crate) fn flags() {
    const O_NONBLOCK: u64 = 0x4;
    const O_APPEND: u64 = 0x8;
    const O_DIRECT: u64 = 0x10000;
    let fd = open(c"flagged", O_RDWR | file::O_CREAT, 0o600).unwrap();
    assert_eq!(call(FCNTL, [fd, F_SETFD, FD_CLOEXEC]), Ok(0));
    assert_eq!(call(FCNTL, [fd, F_GETFD]), Ok(FD_CLOEXEC));
    assert_eq!(
        call(FCNTL, [fd, F_SETFL, O_NONBLOCK | O_APPEND | O_DIRECT]),
        Ok(0)
    );
    let flags = call(FCNTL, [fd, F_GETFL]).unwrap();
    assert_eq!(
        flags & (O_NONBLOCK | O_APPEND | 3),
        O_NONBLOCK | O_APPEND | O_RDWR
    );
    assert_eq!(call(sys::WRITE, [fd, c"xy".as_ptr() as u64, 2]), Ok(2));
    for request in [F_READAHEAD, F_RDAHEAD, F_ISUNIONSTACK] {
        assert_eq!(call(FCNTL, [fd, request, 1]), Ok(0));
    }
    // Who gets SIGIO: a process, or as a negative number a group.
    let (read, _) = sys::pipe();
    assert_eq!(call(FCNTL, [read, F_GETOWN]), Ok(0));
    let pid = sys::pid();
    assert_eq!(call(FCNTL, [read, F_SETOWN, pid]), Ok(0));
    assert_eq!(call(FCNTL, [read, F_GETOWN]), Ok(pid));
    // struct kinfo_file: the size stands first, the path at its end.
    let mut info = [0u8; 1392];
    let at = info.as_mut_ptr() as u64;
    assert_eq!(call(FCNTL, [fd, F_KINFO, at]), Err(EINVAL));
    info[..4].copy_from_slice(&1392u32.to_le_bytes());
    assert_eq!(call(FCNTL, [fd, F_KINFO, at]), Ok(0));
    let path = core::ffi::CStr::from_bytes_until_nul(&info[368..]).unwrap();
    assert!(path.to_bytes().ends_with(b"/flagged"), "{path:?}");
}

pub(crate) fn closing() {
    let copies = |numbers: &[u64]| {
        for &number in numbers {
            call(sys::DUP2, [1, number]).expect("dup2");
        }
    };
    copies(&[50, 51, 52, 60, 70]);
    assert_eq!(call(sys::CLOSE, [50]), Ok(0));
    assert_eq!(call(sys::CLOSE, [50]), Err(EBADF));
    assert_eq!(call(CLOSE_RANGE, [51, 59, 0]), Ok(0));
    assert!(!is_open(51) && !is_open(52) && is_open(60));
    assert_eq!(call(CLOSE_RANGE, [60, 60, 4]), Ok(0));
    assert_eq!(call(FCNTL, [60, F_GETFD]), Ok(FD_CLOEXEC));
    assert_eq!(call(CLOSE_RANGE, [61, 60, 0]), Err(EINVAL));
    assert_eq!(call(CLOSE_RANGE, [60, 60, 0x80]), Err(EINVAL));
    // Descriptors of compat's own are none of the guest's, and stay.
    const KQUEUE: u64 = 362;
    call(KQUEUE, []).expect("kqueue");
    assert_eq!(call(CLOSEFROM, [3]), Ok(0));
    assert!((3..100).all(|fd| !is_open(fd)));
    assert!((0..3).all(is_open));
    let fresh = open(c"/dev/null", O_RDWR, 0);
    assert_eq!(fresh, Ok(3));
}

pub(crate) fn pipes() {
    // The old call returns both ends in registers.
    let ends = sys::raw(PIPE, [0; 6]);
    assert!(!ends.carry);
    assert_eq!(
        call(sys::WRITE, [ends.rdx, c"through".as_ptr() as u64, 7]),
        Ok(7)
    );
    assert_eq!(file::read::<8>(ends.rax), (*b"through\0", 7));
    const O_NONBLOCK: u64 = 0x4;
    const O_CLOEXEC: u64 = 0x100000;
    let mut pair = [0u32; 2];
    let at = pair.as_mut_ptr() as u64;
    assert_eq!(call(sys::PIPE2, [at, O_NONBLOCK | O_CLOEXEC]), Ok(0));
    let read = u64::from(pair[0]);
    assert_eq!(call(FCNTL, [read, F_GETFD]), Ok(FD_CLOEXEC));
    let mut byte = 0u8;
    assert_eq!(
        call(sys::READ, [read, (&raw mut byte) as u64, 1]),
        Err(sys::EAGAIN)
    );
    assert_eq!(call(sys::PIPE2, [at, 0x8]), Err(EINVAL));
    // When the numbers cannot be stored no descriptor is left behind.
    let before = call(sys::DUP, [0]).unwrap();
    file::close(before);
    assert_eq!(call(sys::PIPE2, [8, 0]), Err(sys::EFAULT));
    assert_eq!(call(sys::DUP, [0]), Ok(before));
    assert_eq!(file::seek(read, 0, 1), Err(29));
}
