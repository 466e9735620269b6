//! The host kernel: the only place in the workspace with a `syscall` instruction.
//!
//! [`call`] is for calls that do not sleep. [`blocking`] is for calls that may: a signal for the guest that arrives
//! before the kernel is entered makes it return `EINTR` instead of sleeping with the signal undelivered.

mod errno;
mod file;
pub mod ipc;
mod mappings;
pub mod neighbours;
pub mod netlink;
pub mod network;
pub mod nr;
pub(crate) mod own;
mod processes;
pub mod socket;
pub mod sockets;
pub mod vdso;

pub use errno::{HostErrno, HostResult};
pub use file::{name_of, read_file, read_link, read_link_at, statx, statx_of, working_directory};
/// The host's constants and layouts, named as its headers name them.
pub use linux_raw_sys::general as linux;
/// The host's `ioctl` commands.
pub use linux_raw_sys::ioctl;
pub use mappings::{Mapping, hole, mapping_at, sharing};
pub use processes::{
    ProcessStat, children, effective_ids, name_thread, names_in, numbers_in, process_file,
    process_stat, processes, read_process, thread_name, thread_stat, threads_of, write_process,
};

use core::arch::{asm, global_asm};

/// Turns the kernel's return register into a result.
#[inline]
pub fn result(raw: u64) -> HostResult {
    // The kernel reserves -4095..=-1 for errors.
    if raw > u64::MAX - 4095 {
        Err(HostErrno(raw.wrapping_neg() as u16))
    } else {
        Ok(raw)
    }
}

/// Makes one host system call.
///
/// # Safety
/// As for the call itself: pointers among the arguments must be what the kernel expects, and memory it writes must not
/// be owned by anyone else. Guest addresses may be passed freely; the kernel checks them.
#[inline]
pub unsafe fn call(number: u64, args: [u64; 6]) -> HostResult {
    let raw: u64;
    // SAFETY: the kernel's convention; it clobbers rcx and r11 only. The caller vouches for the arguments.
    unsafe {
        asm!("syscall", inlateout("rax") number => raw, in("rdi") args[0], in("rsi") args[1], in("rdx") args[2],
            in("r10") args[3], in("r8") args[4], in("r9") args[5], lateout("rcx") _, lateout("r11") _,
            options(nostack));
    }
    result(raw)
}

/// [`call`] with the missing arguments zero.
///
/// # Safety
/// See [`call`].
#[inline]
pub unsafe fn call_n<const N: usize>(number: u64, args: [u64; N]) -> HostResult {
    let mut six = [0; 6];
    for (slot, arg) in six.iter_mut().zip(args) {
        *slot = arg;
    }
    // SAFETY: passed on to the caller.
    unsafe { call(number, six) }
}

// A signal that arrives after the test and before the `syscall` instruction must not be slept through: the host's
// signal handler sees the program counter inside [compat_window_start, compat_window_again] and moves it to
// compat_window_interrupted (see signal::handler).
//
// A call that sleeps and is to be restarted is seen at its two last bytes, one that has not begun at a prefix before them that
// means nothing. So who only wants to end a sleep knows one, and moves it to compat_window_woken.
global_asm!(
    ".globl compat_blocking_call",
    ".hidden compat_blocking_call",
    "compat_blocking_call:",
    "mov rax, rdi",
    "mov r11, rsi",
    "mov rdi, [r11]",
    "mov rsi, [r11 + 8]",
    "mov rdx, [r11 + 16]",
    "mov r10, [r11 + 24]",
    "mov r8, [r11 + 32]",
    "mov r9, [r11 + 40]",
    ".globl compat_window_start",
    ".hidden compat_window_start",
    "compat_window_start:",
    // A signal that waits, or the word behind it: the thread is not to fall asleep.
    "cmp qword ptr gs:[8], 0",
    "jne compat_window_interrupted",
    ".byte 0x48",
    ".globl compat_window_again",
    ".hidden compat_window_again",
    "compat_window_again:",
    "syscall",
    ".globl compat_window_ended",
    ".hidden compat_window_ended",
    "compat_window_ended:",
    "ret",
    ".globl compat_window_interrupted",
    ".hidden compat_window_interrupted",
    "compat_window_interrupted:",
    "mov rax, -{not_started}",
    "ret",
    ".globl compat_window_woken",
    ".hidden compat_window_woken",
    "compat_window_woken:",
    "mov rax, -{woken}",
    "ret",
    not_started = const NOT_STARTED.0,
    woken = const WOKEN.0,
);

unsafe extern "C" {
    fn compat_blocking_call(number: u64, args: *const [u64; 6]) -> u64;
    /// First instruction of the window in which a new signal must cancel the call.
    pub(crate) fn compat_window_start();
    /// The `syscall` instruction that ends the window, where a call is made again that was interrupted.
    pub(crate) fn compat_window_again();
    /// Where a call has ended, be it that a signal ended it which the host does not restart it after.
    pub(crate) fn compat_window_ended();
    /// Where an interrupted window continues.
    pub(crate) fn compat_window_interrupted();
    /// Where a call continues that was made and is not to be made again.
    pub(crate) fn compat_window_woken();
}

/// The error of a call that a signal, or another thread, kept from starting (the kernel's own number for it, which no call
/// returns).
pub const NOT_STARTED: HostErrno = HostErrno(512);
/// The error of a call that slept until the thread was roused (a number of the same kind).
pub(crate) const WOKEN: HostErrno = HostErrno(513);

/// Makes one host system call that may sleep. Returns [`NOT_STARTED`] at once when a guest signal is already waiting
/// or the thread is not to sleep.
///
/// # Safety
/// See [`call`]. The calling thread must have its `Thread` block attached to `gs`.
pub unsafe fn blocking(number: u64, args: [u64; 6]) -> HostResult {
    // SAFETY: the routine above follows the C convention; the caller vouches for the arguments.
    result(unsafe { compat_blocking_call(number, &args) })
}

/// Writes a line of ours to standard error, unchecked: the only output the stub makes on its own.
pub fn write_stderr(bytes: &[u8]) {
    // SAFETY: the slice is valid for reading.
    let _ = unsafe { call_n(nr::write, [2, bytes.as_ptr() as u64, bytes.len() as u64]) };
}

/// Ends the process at once with `code`.
pub fn exit_group(code: i32) -> ! {
    loop {
        // SAFETY: does not return.
        let _ = unsafe { call_n(nr::exit_group, [code as u64]) };
    }
}

/// Maps anonymous private memory for ourselves, in our own part of the address space. `size` in bytes, rounded up to
/// pages.
///
/// # Errors
/// `ENOMEM`.
pub fn map_anonymous(size: usize) -> HostResult<*mut u8> {
    own::map(size as u64).map(|at| at as *mut u8)
}

/// A page that this process shares with the children it forks.
///
/// # Errors
/// `ENOMEM`.
pub(crate) fn map_shared_page() -> HostResult<*mut u8> {
    own::map_shared().map(|at| at as *mut u8)
}

/// Gives back what [`map_shared_page`] returned; nobody may use it any more.
pub(crate) fn unmap_shared_page(page: *mut u8) {
    // SAFETY: the caller's promise.
    let _ = unsafe { own::unmap(page as u64, 1) };
}

/// A page of ours that guest code will lie in: the only memory of ours whose system calls are the guest's.
///
/// # Errors
/// `ENOMEM`.
pub fn map_guest_code() -> HostResult<*mut u8> {
    own::map_trapping().map(|at| at as *mut u8)
}

/// The host's `struct timespec`.
#[repr(C)]
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Timespec {
    /// Seconds.
    pub sec: i64,
    /// Nanoseconds, 0..1_000_000_000.
    pub nsec: i64,
}

impl Timespec {
    /// Nanoseconds in all, saturating.
    pub fn as_nanos(self) -> i64 {
        self.sec
            .saturating_mul(1_000_000_000)
            .saturating_add(self.nsec)
    }

    /// From nanoseconds.
    pub fn from_nanos(nanos: i64) -> Self {
        Self {
            sec: nanos.div_euclid(1_000_000_000),
            nsec: nanos.rem_euclid(1_000_000_000),
        }
    }
}
