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

/// Makes a call with a seventh argument, which is passed where a function would find it: above a return address.
pub fn call_of_seven(number: u64, args: [u64; 6], seventh: u64) -> Result {
    let (rax, carry): (u64, u8);
    unsafe {
        asm!("sub rsp, 32", "mov [rsp + 8], r12", "syscall", "setc {carry}", "lea rsp, [rsp + 32]",
            carry = out(reg_byte) carry, in("r12") seventh,
            inlateout("rax") number => rax, inlateout("rdx") args[2] => _,
            in("rdi") args[0], in("rsi") args[1],
            inlateout("r10") args[3] => _, inlateout("r8") args[4] => _, inlateout("r9") args[5] => _,
            lateout("rcx") _, lateout("r11") _);
    }
    if carry == 0 { Ok(rax) } else { Err(rax) }
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

pub(crate) use numbers;

numbers! {
    /// System call.
    EXIT = 1, FORK = 2, READ = 3, WRITE = 4, OPEN = 5, CLOSE = 6, WAIT4 = 7, BREAK = 17, GETPID = 20, GETUID = 24,
    KILL = 37, GETPPID = 39, DUP = 41, SIGALTSTACK = 53, EXECVE = 59, VFORK = 66, MUNMAP = 73, MPROTECT = 74, MADVISE = 75,
    SETITIMER = 83, DUP2 = 90, GETTIMEOFDAY = 116, SYSARCH = 165, CLOCK_GETTIME = 232, NANOSLEEP = 240, MINHERIT = 250,
    SCHED_YIELD = 331, SIGPROCMASK = 340, SIGSUSPEND = 341, SIGPENDING = 343, SIGTIMEDWAIT = 345, SIGWAITINFO = 346,
    SIGACTION = 416, SIGRETURN = 417, GETCONTEXT = 421, SETCONTEXT = 422, SWAPCONTEXT = 423, SIGWAIT = 429,
    THR_EXIT = 431, THR_SELF = 432, THR_KILL = 433, THR_WAKE = 443, THR_SUSPEND = 442, UMTX_OP = 454, THR_NEW = 455,
    SIGQUEUE = 456, THR_KILL2 = 481, MMAP = 477, FTRUNCATE = 480, OPENAT = 499, WAIT6 = 532, PIPE2 = 542, SHM_OPEN2 = 571;
    /// Error number.
    EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, E2BIG = 7, ENOEXEC = 8, EBADF = 9, ECHILD = 10, ENOMEM = 12, EACCES = 13,
    EFAULT = 14, EINVAL = 22, EAGAIN = 35, ENOTSUP = 45, ETIMEDOUT = 60, ENAMETOOLONG = 63, ENOSYS = 78;
}

/// This process.
pub fn pid() -> u64 {
    call(GETPID, []).expect("getpid")
}

/// This thread.
pub fn tid() -> u64 {
    let mut tid = 0u64;
    call(THR_SELF, [(&raw mut tid) as u64]).expect("thr_self");
    unsafe { (&raw const tid).read_volatile() }
}

/// A child in this memory that becomes the program at `path`, or ends with 120. The vectors end with 0.
pub fn vfork_and_exec(path: u64, arguments: &[u64], environment: &[u64]) -> u64 {
    let child;
    unsafe {
        // The child shares this stack and may not return from here.
        asm!(
            "syscall",
            "test eax, eax",
            "jnz 2f",
            "mov eax, 59",
            "mov rdi, {path}",
            "mov rsi, {arguments}",
            "mov rdx, {environment}",
            "syscall",
            "mov eax, 1",
            "mov edi, 120",
            "syscall",
            "2:",
            path = in(reg) path,
            arguments = in(reg) arguments.as_ptr(),
            environment = in(reg) environment.as_ptr(),
            inlateout("rax") VFORK => child,
            out("rdi") _, out("rsi") _, out("rdx") _, out("rcx") _, out("r11") _,
            out("r8") _, out("r9") _, out("r10") _,
        );
    }
    child
}

/// A pipe: the end to read from and the end to write to.
pub fn pipe() -> (u64, u64) {
    let mut ends = [0u32; 2];
    call(PIPE2, [ends.as_mut_ptr() as u64, 0]).expect("pipe2");
    let ends = unsafe { (&raw const ends).read_volatile() };
    (u64::from(ends[0]), u64::from(ends[1]))
}

/// Fresh memory.
pub fn map(len: u64, protection: u64) -> u64 {
    call(MMAP, [0, len, protection, 0x1002, u64::MAX, 0]).expect("mmap")
}

/// After so many calls from one place the host has had every reason to make the place faster, if it can be.
pub const OFTEN: usize = 12;

/// Sleeps, however often it is interrupted.
pub fn sleep_microseconds(microseconds: u64) {
    let mut wanted = [microseconds / 1_000_000, microseconds % 1_000_000 * 1000];
    let at = wanted.as_mut_ptr() as u64;
    while call(NANOSLEEP, [at, at]) == Err(EINTR) {}
}

/// What [`fork`] returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fork {
    /// In the new process.
    Child,
    /// In the old one: the new one's number.
    Parent(u64),
}

/// Makes a new process.
pub fn fork() -> Fork {
    match call(FORK, []).expect("fork") {
        0 => Fork::Child,
        pid => Fork::Parent(pid),
    }
}

/// Waits for a child; its status.
pub fn wait(pid: u64) -> u32 {
    let mut status = 0u32;
    loop {
        match call(WAIT4, [pid, (&raw mut status) as u64, 0, 0]) {
            Ok(found) => {
                assert_eq!(found, pid, "wait4");
                return unsafe { (&raw const status).read_volatile() };
            }
            Err(error) => assert_eq!(error, EINTR, "wait4"),
        }
    }
}

/// Runs `body` in a child of its own; the status it ends with.
pub fn in_child(body: impl FnOnce()) -> u32 {
    match fork() {
        Fork::Child => {
            body();
            exit(0)
        }
        Fork::Parent(pid) => wait(pid),
    }
}
