//! The calls, each with arguments that are right but for one pointer.

use core::fmt::Write;

use compat_guests::output::Line;
use compat_guests::sys::{self, EFAULT};

use crate::places::{self, Use};
use crate::prepared::{Prepared, prepare};

/// A call, its arguments, which of them is the pointer, and what it points to.
type Case = (&'static str, u64, [u64; 6], usize, Use);

/// Tries every bad address in every case; panics with all that did not fail as they should.
pub(crate) fn all_fail<const N: usize>(cases: fn(&Prepared) -> [Case; N]) {
    let prepared = prepare();
    let mut wrong = 0;
    for (name, number, args, index, what) in cases(&prepared) {
        places::visit(what, |place, address| {
            let mut args = args;
            args[index] = address;
            let back = sys::call(number, args);
            if back != Err(EFAULT) {
                wrong += 1;
                let mut line = Line::new();
                let _ = writeln!(line, "{name}, argument {index}, {place}: {back:?}");
                line.flush(2);
            }
        });
    }
    assert_eq!(wrong, 0, "calls that did not answer EFAULT");
}

fn text(name: &'static core::ffi::CStr) -> u64 {
    name.as_ptr() as u64
}

const AT_FDCWD: u64 = -100i64 as u64;

pub(crate) fn files(p: &Prepared) -> [Case; 17] {
    let name = text(c"./pointed");
    [
        ("read", 3, [p.pipe, 0, 4, 0, 0, 0], 1, Use::SomeOut),
        ("pread", 475, [p.file, 0, 4, 0, 0, 0], 1, Use::SomeOut),
        ("write", 4, [p.file, 0, 4, 0, 0, 0], 1, Use::SomeIn),
        ("pwrite", 476, [p.file, 0, 4, 0, 0, 0], 1, Use::SomeIn),
        ("readv", 120, [p.file, 0, 1, 0, 0, 0], 1, Use::In(16)),
        ("writev", 121, [p.file, 0, 2, 0, 0, 0], 1, Use::In(32)),
        ("fstat", 551, [p.file, 0, 0, 0, 0, 0], 1, Use::Out(224)),
        (
            "freebsd11_fstat",
            189,
            [p.file, 0, 0, 0, 0, 0],
            1,
            Use::Out(120),
        ),
        (
            "fstatat",
            552,
            [AT_FDCWD, name, 0, 0, 0, 0],
            2,
            Use::Out(224),
        ),
        (
            "freebsd11_stat",
            188,
            [name, 0, 0, 0, 0, 0],
            1,
            Use::Out(120),
        ),
        ("statfs", 555, [name, 0, 0, 0, 0, 0], 1, Use::Out(2344)),
        ("fstatfs", 556, [p.file, 0, 0, 0, 0, 0], 1, Use::Out(2344)),
        (
            "getdirentries",
            554,
            [p.directory, 0, 4096, 0, 0, 0],
            1,
            Use::SomeOut,
        ),
        (
            "getdirentries",
            554,
            [p.directory, p.buffer, 4096, 0, 0, 0],
            3,
            Use::Out(8),
        ),
        ("__getcwd", 326, [0, 1024, 0, 0, 0, 0], 0, Use::SomeOut),
        ("futimens", 546, [p.file, 0, 0, 0, 0, 0], 1, Use::In(32)),
        (
            "readlink",
            58,
            [text(c"./link"), 0, 5, 0, 0, 0],
            1,
            Use::Out(5),
        ),
    ]
}

pub(crate) fn names(p: &Prepared) -> [Case; 24] {
    let name = text(c"./pointed");
    [
        ("open", 5, [0; 6], 0, Use::Text),
        ("openat", 499, [p.directory, 0, 0, 0, 0, 0], 1, Use::Text),
        ("link", 9, [0, name, 0, 0, 0, 0], 0, Use::Text),
        ("link", 9, [name, 0, 0, 0, 0, 0], 1, Use::Text),
        ("unlink", 10, [0; 6], 0, Use::Text),
        ("chdir", 12, [0; 6], 0, Use::Text),
        ("chmod", 15, [0, 0o644, 0, 0, 0, 0], 0, Use::Text),
        ("chown", 16, [0, u64::MAX, u64::MAX, 0, 0, 0], 0, Use::Text),
        ("access", 33, [0; 6], 0, Use::Text),
        ("symlink", 57, [0, text(c"./x"), 0, 0, 0, 0], 0, Use::Text),
        ("symlink", 57, [name, 0, 0, 0, 0, 0], 1, Use::Text),
        ("readlink", 58, [0, p.buffer, 5, 0, 0, 0], 0, Use::Text),
        ("rename", 128, [0, name, 0, 0, 0, 0], 0, Use::Text),
        ("rename", 128, [name, 0, 0, 0, 0, 0], 1, Use::Text),
        ("mkdir", 136, [0, 0o755, 0, 0, 0, 0], 0, Use::Text),
        ("rmdir", 137, [0; 6], 0, Use::Text),
        ("mkfifo", 132, [0, 0o644, 0, 0, 0, 0], 0, Use::Text),
        ("truncate", 479, [0; 6], 0, Use::Text),
        (
            "fstatat",
            552,
            [AT_FDCWD, 0, p.buffer, 0, 0, 0],
            1,
            Use::Text,
        ),
        (
            "freebsd11_lstat",
            190,
            [0, p.buffer, 0, 0, 0, 0],
            0,
            Use::Text,
        ),
        ("statfs", 555, [0, p.buffer, 0, 0, 0, 0], 0, Use::Text),
        ("faccessat", 489, [AT_FDCWD, 0, 0, 0, 0, 0], 1, Use::Text),
        ("utimensat", 547, [AT_FDCWD, 0, 0, 0, 0, 0], 1, Use::Text),
        (
            "utimensat",
            547,
            [AT_FDCWD, name, 0, 0, 0, 0],
            2,
            Use::In(32),
        ),
    ]
}

pub(crate) fn descriptors(p: &Prepared) -> [Case; 6] {
    const F_GETLK: u64 = 11;
    const F_SETLK: u64 = 12;
    const FIONREAD: u64 = 0x4004_667f;
    [
        ("pipe2", 542, [0; 6], 0, Use::Out(8)),
        (
            "fcntl F_GETLK",
            92,
            [p.file, F_GETLK, 0, 0, 0, 0],
            2,
            Use::In(32),
        ),
        (
            "fcntl F_SETLK",
            92,
            [p.file, F_SETLK, 0, 0, 0, 0],
            2,
            Use::In(32),
        ),
        (
            "ioctl FIONREAD",
            54,
            [p.pipe, FIONREAD, 0, 0, 0, 0],
            2,
            Use::Out(4),
        ),
        ("shm_open2", 571, [0, 0x202, 0o600, 0, 0, 0], 0, Use::Text),
        ("shm_unlink", 483, [0; 6], 0, Use::Text),
    ]
}

pub(crate) fn sockets(p: &Prepared) -> [Case; 14] {
    const PEEK: u64 = 2;
    const SOL_SOCKET: u64 = 0xffff;
    const SO_TYPE: u64 = 0x1008;
    const SO_REUSEADDR: u64 = 4;
    [
        ("socketpair", 135, [1, 1, 0, 0, 0, 0], 3, Use::Out(8)),
        ("bind", 104, [p.unbound, 0, 16, 0, 0, 0], 1, Use::In(16)),
        ("connect", 98, [p.unbound, 0, 16, 0, 0, 0], 1, Use::In(16)),
        (
            "getsockname",
            32,
            [p.unbound, 0, p.number, 0, 0, 0],
            1,
            Use::Out(16),
        ),
        (
            "getsockname",
            32,
            [p.unbound, p.buffer, 0, 0, 0, 0],
            2,
            Use::InOut(4),
        ),
        (
            "getsockopt",
            118,
            [p.socket, SOL_SOCKET, SO_TYPE, 0, p.number, 0],
            3,
            Use::Out(4),
        ),
        (
            "getsockopt",
            118,
            [p.socket, SOL_SOCKET, SO_TYPE, p.buffer, 0, 0],
            4,
            Use::InOut(4),
        ),
        (
            "setsockopt",
            105,
            [p.socket, SOL_SOCKET, SO_REUSEADDR, 0, 4, 0],
            3,
            Use::In(4),
        ),
        (
            "recvfrom",
            29,
            [p.socket, 0, 4, PEEK, 0, 0],
            1,
            Use::SomeOut,
        ),
        (
            "recvfrom",
            29,
            [p.socket, p.buffer, 4, PEEK, p.buffer, 0],
            5,
            Use::InOut(4),
        ),
        ("sendto", 133, [p.socket, 0, 4, 0, 0, 0], 1, Use::SomeIn),
        (
            "sendto",
            133,
            [p.unbound, p.buffer, 4, 0, 0, 16],
            4,
            Use::In(16),
        ),
        ("sendmsg", 28, [p.socket, 0, 0, 0, 0, 0], 1, Use::In(48)),
        (
            "recvmsg",
            27,
            [p.socket, 0, PEEK, 0, 0, 0],
            1,
            Use::InOut(48),
        ),
    ]
}

pub(crate) fn waiting(p: &Prepared) -> [Case; 11] {
    let now = p.zero;
    [
        ("select", 93, [64, 0, 0, 0, now, 0], 1, Use::InOut(8)),
        ("select", 93, [64, 0, 0, 0, now, 0], 2, Use::InOut(8)),
        ("select", 93, [64, 0, 0, 0, now, 0], 3, Use::InOut(8)),
        ("select", 93, [0, 0, 0, 0, 0, 0], 4, Use::In(16)),
        ("poll", 209, [0, 1, 0, 0, 0, 0], 0, Use::InOut(8)),
        ("ppoll", 545, [p.zero, 0, 0, 0, 0, 0], 2, Use::In(16)),
        ("ppoll", 545, [p.zero, 0, now, 0, 0, 0], 3, Use::In(16)),
        ("kevent", 560, [p.kqueue, 0, 1, 0, 0, 0], 1, Use::In(64)),
        ("kevent", 560, [p.kqueue, 0, 0, 0, 1, now], 3, Use::Out(64)),
        (
            "kevent",
            560,
            [p.kqueue, 0, 0, p.buffer, 1, 0],
            5,
            Use::In(16),
        ),
        ("_umtx_op WAIT", 454, [0, 2, 0, 0, 0, 0], 0, Use::In(8)),
    ]
}

pub(crate) fn time(p: &Prepared) -> [Case; 9] {
    [
        ("gettimeofday", 116, [0, 0, 0, 0, 0, 0], 0, Use::Out(16)),
        (
            "gettimeofday",
            116,
            [p.buffer, 0, 0, 0, 0, 0],
            1,
            Use::Out(8),
        ),
        ("clock_gettime", 232, [0, 0, 0, 0, 0, 0], 1, Use::Out(16)),
        ("clock_gettime", 232, [4, 0, 0, 0, 0, 0], 1, Use::Out(16)),
        ("clock_getres", 234, [0, 0, 0, 0, 0, 0], 1, Use::Out(16)),
        ("nanosleep", 240, [0, 0, 0, 0, 0, 0], 0, Use::In(16)),
        ("getitimer", 86, [0, 0, 0, 0, 0, 0], 1, Use::Out(32)),
        ("setitimer", 83, [0, 0, 0, 0, 0, 0], 1, Use::In(32)),
        ("setitimer", 83, [0, p.zero, 0, 0, 0, 0], 2, Use::Out(32)),
    ]
}

pub(crate) fn signals(p: &Prepared) -> [Case; 12] {
    [
        ("sigaction", 416, [30, 0, 0, 0, 0, 0], 1, Use::In(32)),
        ("sigaction", 416, [30, 0, 0, 0, 0, 0], 2, Use::Out(32)),
        ("sigprocmask", 340, [1, 0, 0, 0, 0, 0], 1, Use::In(16)),
        ("sigprocmask", 340, [1, p.zero, 0, 0, 0, 0], 2, Use::Out(16)),
        ("sigpending", 343, [0; 6], 0, Use::Out(16)),
        ("sigsuspend", 341, [0; 6], 0, Use::In(16)),
        ("sigaltstack", 53, [0; 6], 0, Use::In(24)),
        ("sigaltstack", 53, [0; 6], 1, Use::Out(24)),
        ("sigtimedwait", 345, [0, 0, p.zero, 0, 0, 0], 0, Use::In(16)),
        ("sigtimedwait", 345, [p.zero, 0, 0, 0, 0, 0], 2, Use::In(16)),
        ("getcontext", 421, [0; 6], 0, Use::Out(816)),
        ("setcontext", 422, [0; 6], 0, Use::In(816)),
    ]
}

pub(crate) fn threads(_: &Prepared) -> [Case; 5] {
    [
        ("thr_self", 432, [0; 6], 0, Use::Out(8)),
        ("thr_new", 455, [0, 104, 0, 0, 0, 0], 0, Use::In(104)),
        ("thr_set_name", 464, [0; 6], 1, Use::Text),
        (
            "sysarch AMD64_GET_FSBASE",
            165,
            [128, 0, 0, 0, 0, 0],
            1,
            Use::Out(8),
        ),
        (
            "sysarch AMD64_SET_FSBASE",
            165,
            [129, 0, 0, 0, 0, 0],
            1,
            Use::In(8),
        ),
    ]
}

pub(crate) fn system(p: &Prepared) -> [Case; 10] {
    static NCPU: [u32; 2] = [6, 3];
    let name = NCPU.as_ptr() as u64;
    [
        (
            "__sysctl",
            202,
            [0, 2, p.buffer, p.number, 0, 0],
            0,
            Use::In(8),
        ),
        (
            "__sysctl",
            202,
            [name, 2, 0, p.number, 0, 0],
            2,
            Use::Out(4),
        ),
        (
            "__sysctl",
            202,
            [name, 2, p.buffer, 0, 0, 0],
            3,
            Use::InOut(8),
        ),
        (
            "__sysctlbyname",
            570,
            [0, 7, p.buffer, p.number, 0, 0],
            0,
            Use::In(7),
        ),
        (
            "__sysctlbyname",
            570,
            [text(c"hw.ncpu"), 7, 0, p.number, 0, 0],
            2,
            Use::Out(4),
        ),
        ("getrlimit", 194, [8, 0, 0, 0, 0, 0], 1, Use::Out(16)),
        ("setrlimit", 195, [8, 0, 0, 0, 0, 0], 1, Use::In(16)),
        ("getrusage", 117, [0, 0, 0, 0, 0, 0], 1, Use::Out(144)),
        (
            "cpuset_getaffinity",
            487,
            [3, 1, u64::MAX, 32, 0, 0],
            4,
            Use::Out(32),
        ),
        ("getrandom", 563, [0, 16, 0, 0, 0, 0], 0, Use::SomeOut),
    ]
}

/// Vectors that are there and point to what is not.
pub(crate) fn vectors() {
    let p = prepare();
    // From the beginning each time: at the end of the file nothing is transferred, and nothing looked at.
    const PREADV: u64 = 289;
    places::visit(Use::SomeOut, |place, address| {
        let vector = [address, 4];
        let args = [p.file, vector.as_ptr() as u64, 1, 0];
        assert_eq!(sys::call(PREADV, args), Err(EFAULT), "preadv, {place}");
    });
    places::visit(Use::SomeIn, |place, address| {
        let vector = [address, 4];
        assert_eq!(
            sys::call(121, [p.file, vector.as_ptr() as u64, 1]),
            Err(EFAULT),
            "writev, {place}"
        );
        let message = [0u64, 0, vector.as_ptr() as u64, 1, 0, 0];
        assert_eq!(
            sys::call(28, [p.socket, message.as_ptr() as u64, 0]),
            Err(EFAULT),
            "sendmsg, {place}"
        );
    });
    // Too many, and longer than there can be.
    let vector = [p.buffer, 4];
    assert_eq!(
        sys::call(120, [p.file, vector.as_ptr() as u64, 1025]),
        Err(sys::EINVAL)
    );
    let vector = [p.buffer, u64::MAX];
    assert_eq!(
        sys::call(120, [p.file, vector.as_ptr() as u64, 1]),
        Err(sys::EINVAL)
    );
}

/// The seventh and eighth argument come from the stack, which may not be there either.
pub(crate) fn on_the_stack() {
    let edge = sys::map(8192, 3);
    sys::call(sys::MUNMAP, [edge + 4096, 4096]).expect("munmap");
    for stack in [edge + 4096 - 8, 0x1000, 1 << 47, u64::MAX - 15] {
        let (value, failed): (u64, u8);
        // The old mmap has eight arguments.
        unsafe {
            core::arch::asm!(
                "mov r12, rsp",
                "mov rsp, {stack}",
                "syscall",
                "mov rsp, r12",
                "setc {failed}",
                stack = in(reg) stack, failed = lateout(reg_byte) failed,
                inlateout("rax") 197u64 => value, in("rdi") 0, in("rsi") 4096,
                inlateout("rdx") 3u64 => _, inlateout("r10") 0x1002u64 => _, inlateout("r8") u64::MAX => _,
                inlateout("r9") 0u64 => _, lateout("rcx") _, lateout("r11") _, out("r12") _,
            );
        }
        assert_eq!((value, failed), (EFAULT, 1), "stack {stack:#x}");
    }
}

/// Where NULL means "not wanted".
pub(crate) fn null() {
    let p = prepare();
    let allowed: [(&str, u64, [u64; 6]); 12] = [
        ("sigaction", 416, [30, 0, 0, 0, 0, 0]),
        ("sigprocmask", 340, [1, 0, 0, 0, 0, 0]),
        ("sigaltstack", 53, [0; 6]),
        ("gettimeofday", 116, [0; 6]),
        ("nanosleep", 240, [p.zero, 0, 0, 0, 0, 0]),
        ("select", 93, [0, 0, 0, 0, p.zero, 0]),
        ("kevent", 560, [p.kqueue, 0, 0, 0, 0, 0]),
        ("utimensat", 547, [AT_FDCWD, text(c"./pointed"), 0, 0, 0, 0]),
        ("futimens", 546, [p.file, 0, 0, 0, 0, 0]),
        ("clock_getres", 234, [0; 6]),
        ("write of nothing", 4, [p.file, 0, 0, 0, 0, 0]),
        ("read of nothing", 3, [p.file, 0, 0, 0, 0, 0]),
    ];
    for (name, number, args) in allowed {
        assert_eq!(sys::call(number, args), Ok(0), "{name}");
    }
}
