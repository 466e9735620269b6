//! Threads, made directly by thr_new(2) and joined by the word that thr_exit(2) sets.

use core::arch::global_asm;

use crate::sys;

/// `struct thr_param`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
#[allow(missing_docs, reason = "the kernel's own names")]
pub struct Parameters {
    pub start: u64,
    pub arg: u64,
    pub stack_base: u64,
    pub stack_size: u64,
    pub tls_base: u64,
    pub tls_size: u64,
    pub child_tid: u64,
    pub parent_tid: u64,
    pub flags: i32,
    pub pad: u32,
    pub rtp: u64,
    pub spare: [u64; 3],
}

/// What a thread and its maker share; lies at the low end of the thread's stack.
#[repr(C)]
pub struct Thread {
    /// What thr_exit sets to 1.
    pub done: u64,
    /// The number it has, as its maker was told.
    pub tid: u64,
    /// The same, as it was told itself.
    pub own_tid: u64,
    body: extern "C" fn(&Thread, u64),
    argument: u64,
    /// Registers at its first instruction: rsp, the word there, rbp, flags, MXCSR, x87 control word.
    pub first: [u64; 6],
    /// Its segment base, as it was given.
    pub tls: u64,
}

const STACK: u64 = 64 * 1024;

// rdi = the Thread. Notes the first registers before anything changes them.
global_asm!(
    "thread_start:",
    "mov [rdi + 40], rsp",
    "mov rax, [rsp]",
    "mov [rdi + 48], rax",
    "mov [rdi + 56], rbp",
    "pushfq",
    "pop [rdi + 64]",
    "stmxcsr [rdi + 72]",
    "fnstcw [rdi + 80]",
    "sub rsp, 8",
    "call {run}",
    "ud2",
    run = sym run,
);

unsafe extern "C" {
    fn thread_start();
}

const _: () = assert!(core::mem::offset_of!(Thread, first) == 40);

extern "C" fn run(thread: &Thread) -> ! {
    (thread.body)(thread, thread.argument);
    exit(thread)
}

/// Ends the calling thread.
pub fn exit(thread: &Thread) -> ! {
    let _ = sys::call(sys::THR_EXIT, [(&raw const thread.done) as u64]);
    // The last thread comes back.
    sys::exit(0)
}

/// Starts a thread that runs `body(.., argument)`.
pub fn spawn(body: extern "C" fn(&Thread, u64), argument: u64) -> &'static Thread {
    start(body, argument, None, 0).expect("thr_new")
}

/// The same, with `base` in fs.
pub fn spawn_with_base(
    body: extern "C" fn(&Thread, u64),
    argument: u64,
    base: u64,
) -> &'static Thread {
    start(body, argument, Some(base), 0).expect("thr_new")
}

/// The same with the flags of `struct thr_param`.
pub fn spawn_with_flags(
    body: extern "C" fn(&Thread, u64),
    flags: i32,
) -> Result<&'static Thread, u64> {
    start(body, 0, None, flags)
}

fn start(
    body: extern "C" fn(&Thread, u64),
    argument: u64,
    base: Option<u64>,
    flags: i32,
) -> Result<&'static Thread, u64> {
    let memory = sys::map(STACK, 3);
    let tls = base.unwrap_or(memory + 2048);
    let thread = memory as *mut Thread;
    unsafe {
        thread.write(Thread {
            done: 0,
            tid: 0,
            own_tid: 0,
            body,
            argument,
            first: [0; 6],
            tls,
        });
    }
    let parameters = Parameters {
        start: thread_start as *const () as u64,
        arg: memory,
        stack_base: memory,
        // Not a multiple of 16, so that the kernel has something to round.
        stack_size: STACK - 8,
        tls_base: tls,
        tls_size: 64,
        child_tid: memory + 16,
        parent_tid: memory + 8,
        flags,
        ..Parameters::default()
    };
    let size = size_of::<Parameters>() as u64;
    sys::call(sys::THR_NEW, [(&raw const parameters) as u64, size])?;
    Ok(unsafe { &*thread })
}

impl Thread {
    /// Where its stack ends.
    pub fn stack_end(&self) -> u64 {
        core::ptr::from_ref(self) as u64 + STACK - 8
    }

    /// Its number.
    pub fn id(&self) -> u64 {
        unsafe { (&raw const self.tid).read_volatile() }
    }

    /// Whether it has ended.
    pub fn ended(&self) -> bool {
        unsafe { (&raw const self.done).read_volatile() != 0 }
    }

    /// Waits until it has ended.
    pub fn join(&self) {
        while !self.ended() {
            let _ = wait((&raw const self.done) as u64, 0, None);
        }
    }
}

const WAIT: u64 = 2;
const WAKE: u64 = 3;

/// Sleeps while the 64-bit word at `address` is `value`, at most this many nanoseconds.
pub fn wait(address: u64, value: u64, nanoseconds: Option<u64>) -> sys::Result {
    let timeout = nanoseconds.map(|all| [all / 1_000_000_000, all % 1_000_000_000]);
    let (size, at) = timeout
        .as_ref()
        .map_or((0, 0), |timeout| (16, timeout.as_ptr() as u64));
    sys::call(sys::UMTX_OP, [address, WAIT, value, size, at])
}

/// Wakes this many sleepers.
pub fn wake(address: u64, count: u64) {
    sys::call(sys::UMTX_OP, [address, WAKE, count]).expect("_umtx_op");
}
