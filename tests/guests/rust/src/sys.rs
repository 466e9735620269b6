//! System calls as FreeBSD's kernel takes them.

use core::arch::asm;

/// A call's registers when it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw {
    /// Value or error number.
    pub rax: u64,
    /// Second value.
    pub rdx: u64,
    /// Whether it failed.
    pub carry: bool,
}

/// Makes a call and shows the registers it returns with.
pub fn raw(number: u64, args: [u64; 6]) -> Raw {
    let (rax, rdx, carry): (u64, u64, u8);
    // The first six stay out of memory operands: the kernel zeroes r8, r9 and r10 and uses rcx and r11.
    unsafe {
        asm!("syscall", "setc {carry}", carry = out(reg_byte) carry,
            inlateout("rax") number => rax, inlateout("rdx") args[2] => rdx,
            in("rdi") args[0], in("rsi") args[1],
            inlateout("r10") args[3] => _, inlateout("r8") args[4] => _, inlateout("r9") args[5] => _,
            lateout("rcx") _, lateout("r11") _);
    }
    Raw {
        rax,
        rdx,
        carry: carry != 0,
    }
}

/// A call's value, or its error number.
pub type Result = core::result::Result<u64, u64>;

/// Makes a call; missing arguments are zero.
pub fn call<const N: usize>(number: u64, args: [u64; N]) -> Result {
    let mut six = [0; 6];
    for (slot, arg) in six.iter_mut().zip(args) {
        *slot = arg;
    }
    let back = raw(number, six);
    if back.carry {
        Err(back.rax)
    } else {
        Ok(back.rax)
    }
}

/// Ends the program.
pub fn exit(code: u64) -> ! {
    loop {
        let _ = call(EXIT, [code]);
    }
}

/// Declares numbers that need no more words than their names.
macro_rules! numbers {
    ($(#[$doc:meta] $($name:ident = $value:expr),* $(,)?;)*) => { $($(#[$doc] pub const $name: u64 = $value;)*)* };
}

numbers! {
    /// System call.
    EXIT = 1, FORK = 2, READ = 3, WRITE = 4, OPEN = 5, CLOSE = 6, WAIT4 = 7, GETPID = 20, GETUID = 24, KILL = 37,
    GETPPID = 39, DUP = 41, SIGALTSTACK = 53, EXECVE = 59, MUNMAP = 73, MPROTECT = 74, SETITIMER = 83, GETTIMEOFDAY = 116,
    NANOSLEEP = 240, SIGPROCMASK = 340, SIGSUSPEND = 341, SIGACTION = 416, SIGRETURN = 417, MMAP = 477;
    /// Error number.
    ENOENT = 2, EINTR = 4, EBADF = 9, EFAULT = 14, EINVAL = 22;
}
