//! rfork(2), and what its flags share.

use core::arch::{asm, global_asm};
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::signal::{self, Context, Info, SIGUSR1, SIGUSR2, Set};
use compat_guests::start::Shared;
use compat_guests::sys;

const RFORK: u64 = 251;
const RFFDG: u64 = 1 << 2;
const RFPROC: u64 = 1 << 4;
const RFMEM: u64 = 1 << 5;
const RFNOWAIT: u64 = 1 << 6;
const RFCFDG: u64 = 1 << 12;
const RFTHREAD: u64 = 1 << 13;
const RFLINUXTHPN: u64 = 1 << 16;
const RFTSIGZMB: u64 = 1 << 19;
const RFPROCDESC: u64 = 1 << 28;
const RFTSIGNUM: u32 = 20;
const F_GETFD: u64 = 3;
const FCNTL: u64 = 92;
const ECHILD: sys::Result = Err(sys::ECHILD);

/// The status of a child that is made with `flags` and runs `body`.
fn in_child(flags: u64, body: impl FnOnce()) -> (u64, sys::Result) {
    let back = sys::raw(RFORK, [flags, 0, 0, 0, 0, 0]);
    assert!(!back.carry, "rfork {flags:#x}: error {}", back.rax);
    if back.rax == 0 {
        assert_eq!(back.rdx, 1);
        body();
        sys::exit(5);
    }
    assert_eq!(back.rdx, 0);
    let mut status = 0u32;
    let at = (&raw mut status) as u64;
    loop {
        match sys::call(sys::WAIT4, [back.rax, at, 0, 0]) {
            Err(sys::EINTR) => {}
            Err(error) => return (back.rax, Err(error)),
            Ok(_) => {
                let status = unsafe { (&raw const status).read_volatile() };
                return (back.rax, Ok(u64::from(status)));
            }
        }
    }
}

fn is_open(fd: u64) -> bool {
    sys::call(FCNTL, [fd, F_GETFD]).is_ok()
}

static WORD: Shared<u64> = Shared::new(1);

pub(crate) fn descriptors() {
    let (read, write) = sys::pipe();
    // A copy of the table.
    let (_, status) = in_child(RFPROC | RFFDG, || {
        WORD.store(2);
        sys::call(sys::CLOSE, [read]).expect("close");
    });
    assert_eq!((status, is_open(read), WORD.load()), (Ok(5 << 8), true, 1));
    // The same table.
    let (_, status) = in_child(RFPROC, || {
        sys::call(sys::CLOSE, [read]).expect("close");
        sys::call(sys::DUP2, [write, 77]).expect("dup2");
    });
    assert_eq!(
        (status, is_open(read), is_open(77)),
        (Ok(5 << 8), false, true)
    );
    // An empty one: the answer is the exit code alone.
    let (_, status) = in_child(RFPROC | RFCFDG, || {
        let none = (0..100).all(|fd| !is_open(fd));
        sys::exit(if none { 6 } else { 7 });
    });
    assert_eq!((status, is_open(write)), (Ok(6 << 8), true));
    // Without a new process, the caller's own table is emptied.
    let status = sys::in_child(|| {
        assert_eq!(sys::call(RFORK, [RFCFDG]), Ok(0));
        sys::exit(if (0..100).all(|fd| !is_open(fd)) {
            6
        } else {
            7
        });
    });
    assert_eq!(status, 6 << 8);
}

static TOLD: AtomicU64 = AtomicU64::new(0);

extern "C" fn notes(signal: u32, _: &mut Info, _: &mut Context) {
    TOLD.fetch_or(1 << signal, SeqCst);
}

/// How the end of the child is told.
pub(crate) fn end_signal() {
    const SIGCHLD: u32 = 20;
    for signal in [SIGCHLD, SIGUSR1, SIGUSR2] {
        signal::handle(signal, notes, 0, Set::EMPTY);
    }
    let number = |signal: u32| RFTSIGZMB | u64::from(signal) << RFTSIGNUM;
    for (flags, expected) in [
        (0, 1u64 << SIGCHLD),
        (RFLINUXTHPN, 1 << SIGUSR1),
        (number(SIGUSR2), 1 << SIGUSR2),
        (number(0), 0),
    ] {
        TOLD.store(0, SeqCst);
        let (_, status) = in_child(RFPROC | RFFDG | flags, || ());
        assert_eq!(status, Ok(5 << 8), "{flags:#x}");
        let _ = sys::pid();
        assert_eq!(TOLD.load(SeqCst), expected, "{flags:#x}");
    }
}

/// Nobody's child, or init's: there is nothing to wait for, and it runs.
pub(crate) fn no_wait() {
    let (read, write) = sys::pipe();
    let own = sys::pid();
    let (child, status) = in_child(RFPROC | RFFDG | RFNOWAIT, || {
        let told = [sys::pid(), sys::call(sys::GETPPID, []).expect("getppid")];
        sys::call(sys::WRITE, [write, told.as_ptr() as u64, 16]).expect("write");
    });
    assert_eq!(status, ECHILD);
    let mut told = [0u64; 2];
    assert_eq!(
        sys::call(sys::READ, [read, told.as_mut_ptr() as u64, 16]),
        Ok(16)
    );
    let [pid, parent] = unsafe { (&raw const told).read_volatile() };
    assert_eq!(pid, child);
    assert_ne!(parent, own);
    assert_eq!(sys::call(sys::WAIT4, [u64::MAX, 0, 0, 0]), ECHILD);
}

pub(crate) fn refused() {
    for flags in [
        RFPROC | RFFDG | RFCFDG,
        RFPROC | RFPROCDESC,
        RFPROC | 1 << 27,
        RFPROC | 3 << RFTSIGNUM,
        RFPROC | RFTSIGZMB | 129 << RFTSIGNUM,
    ] {
        let back = sys::call(RFORK, [flags]);
        assert_eq!(back, Err(sys::EINVAL), "{flags:#x}");
    }
}

// rfork_thread(3): rdi = flags, rsi = the child's stack, which begins with a function and its argument.
global_asm!(
    "rfork_thread:",
    "mov eax, 251",
    "syscall",
    "jc 2f",
    "test eax, eax",
    "jnz 1f",
    "mov rsp, rsi",
    "pop rax",
    "pop rdi",
    "call rax",
    "mov edi, eax",
    "mov eax, 1",
    "syscall",
    "1: ret",
    "2: mov rax, -1",
    "ret",
);

unsafe extern "C" {
    fn rfork_thread(flags: u64, stack: u64) -> u64;
}

extern "C" fn works(argument: u64) -> u64 {
    WORD.store(argument);
    let _ = sys::call(sys::CLOSE, [70]);
    sys::sleep_microseconds(1000);
    WORD.store(WORD.load() + 1);
    44
}

/// A process in the same memory, on a stack of its own, at the same time.
pub(crate) fn shared_memory() {
    for flags in [
        RFPROC | RFMEM,
        RFPROC | RFMEM | RFTHREAD,
        RFPROC | RFMEM | RFFDG,
    ] {
        let (read, _) = sys::pipe();
        sys::call(sys::DUP2, [read, 70]).expect("dup2");
        let stack = sys::map(65536, 3) + 65536 - 32;
        unsafe { (stack as *mut [u64; 2]).write([works as *const () as u64, 900]) };
        let child = unsafe { rfork_thread(flags, stack) };
        assert_ne!(child, u64::MAX);
        assert_ne!(child, sys::pid());
        assert_eq!(sys::wait(child), 44 << 8);
        assert_eq!(WORD.load(), 901);
        assert_eq!(is_open(70), flags & RFFDG != 0, "{flags:#x}");
    }
    // The caller's own state is as it was.
    let base: u64;
    unsafe { asm!("rdfsbase {}", out(reg) base) };
    assert_eq!(base, 0);
}
