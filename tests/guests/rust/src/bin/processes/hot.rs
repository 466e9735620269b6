//! Calls from sites that are run often, as a C library has them: what is answered without the kernel, or by one host call,
//! is still right in a child, after a failure and after a change.

use core::arch::global_asm;

use compat_guests::sys::{self, OFTEN};

macro_rules! stubs {
    ($($name:ident = $number:literal),* $(,)?) => {
        $(global_asm!(
            ".balign 16",
            concat!(stringify!($name), ":"),
            concat!("mov eax, ", $number),
            "mov r10, rcx",
            "syscall",
            "jb 2f",
            "ret",
            "2: neg rax",
            "ret",
        );)*
        unsafe extern "C" {
            $(fn $name(a: u64, b: u64, c: u64) -> i64;)*
        }
    };
}
stubs! {
    hot_fork = 2, hot_read = 3, hot_write = 4, hot_close = 6, hot_getpid = 20, hot_geteuid = 25, hot_getppid = 39,
    hot_dup = 41, hot_sigprocmask = 340,
}

fn pid() -> i64 {
    (0..OFTEN)
        .map(|_| unsafe { hot_getpid(0, 0, 0) })
        .next_back()
        .unwrap_or_default()
}

/// A child has a number of its own from its first question on, and its parent's number is the parent's.
pub(crate) fn numbers() {
    let own = pid();
    let user = unsafe { hot_geteuid(0, 0, 0) };
    for _ in 0..OFTEN {
        match unsafe { hot_fork(0, 0, 0) } {
            0 => {
                let child = unsafe { hot_getpid(0, 0, 0) };
                let right = child != own
                    && child == pid()
                    && (0..OFTEN).all(|_| unsafe { hot_getppid(0, 0, 0) } == own)
                    && (0..OFTEN).all(|_| unsafe { hot_geteuid(0, 0, 0) } == user);
                sys::exit(if right { child as u64 % 64 } else { 100 });
            }
            child => {
                assert!(child > 0);
                let status = sys::wait(child as u64);
                assert_eq!(u64::from(status), (child as u64 % 64) << 8);
            }
        }
        assert_eq!(pid(), own);
    }
}

/// Errors are the ones of any other call, and what failed is not done twice.
pub(crate) fn failures() {
    let mut ends = [0i32; 2];
    sys::call(sys::PIPE2, [(&raw mut ends) as u64, 0]).expect("pipe2");
    let [read, write] = unsafe { (&raw const ends).read_volatile() }.map(|end| end as u64);
    let mut byte = 7u8;
    let at = (&raw mut byte) as u64;
    for _ in 0..OFTEN {
        assert_eq!(unsafe { hot_write(write, at, 1) }, 1);
        assert_eq!(unsafe { hot_read(read, at, 1) }, 1);
        assert_eq!(unsafe { hot_write(read, at, 1) }, -(sys::EBADF as i64));
        assert_eq!(unsafe { hot_read(write, at, 1) }, -(sys::EBADF as i64));
        assert_eq!(unsafe { hot_write(write, 8, 1) }, -(sys::EFAULT as i64));
        let copy = unsafe { hot_dup(read, 0, 0) };
        assert!(copy > 0);
        assert_eq!(unsafe { hot_close(copy as u64, 0, 0) }, 0);
        assert_eq!(
            unsafe { hot_close(copy as u64, 0, 0) },
            -(sys::EBADF as i64)
        );
    }
    for end in [read, write] {
        assert_eq!(unsafe { hot_close(end, 0, 0) }, 0);
    }
}

/// The mask that is told is the one that was set, wherever it was set.
pub(crate) fn mask() {
    const SIG_BLOCK: u64 = 1;
    const SIG_SETMASK: u64 = 3;
    let mut before = [0u32; 4];
    let place = (&raw mut before) as u64;
    let told = || {
        assert_eq!(unsafe { hot_sigprocmask(SIG_BLOCK, 0, place) }, 0);
        unsafe { (place as *const [u32; 4]).read_volatile() }
    };
    let own = told();
    for round in 0..OFTEN {
        // SIGUSR1 and SIGUSR2 in turn.
        let wanted = [1u32 << (29 + round % 2), 0, 0, 0];
        let at = wanted.as_ptr() as u64;
        let set = if round % 3 == 0 {
            sys::call(sys::SIGPROCMASK, [SIG_SETMASK, at, 0]).expect("sigprocmask") as i64
        } else {
            unsafe { hot_sigprocmask(SIG_SETMASK, at, 0) }
        };
        assert_eq!((set, told()), (0, wanted));
        assert_eq!(unsafe { hot_sigprocmask(SIG_SETMASK, at, place) }, 0);
        assert_eq!(told(), wanted);
    }
    assert_eq!(
        unsafe { hot_sigprocmask(9, own.as_ptr() as u64, 0) },
        -(sys::EINVAL as i64)
    );
    assert_eq!(
        unsafe { hot_sigprocmask(SIG_BLOCK, 0, 8) },
        -(sys::EFAULT as i64)
    );
    assert_eq!(
        unsafe { hot_sigprocmask(SIG_SETMASK, own.as_ptr() as u64, 0) },
        0
    );
}
