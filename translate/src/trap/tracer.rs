//! The tracing process of [`super::ptrace`]. It redirects and does nothing else.
//!
//! A thread that stops at the entry of a system call outside the stub's image loses that call (its number becomes -1, its
//! `rax` what it was), gets a SIGSYS, and when that is about to be delivered, its `si_code` becomes what Syscall User
//! Dispatch would say. Behind that, the stub's handler is the same. Calls of the stub's own, signals, and job control's
//! stops go on as they are; what a guest creates is traced from birth. A program of the host that a guest executes is
//! let go.

use alloc::vec::Vec;

use super::ptrace::{ANSWER, Meeting};
use super::way::PROBE_ARGUMENT;
use crate::host::{self, HostErrno, HostResult, nr};
use crate::signal::{self, SigInfo};

// linux/ptrace.h, under its names.
const PTRACE_PEEKUSER: u64 = 3;
const PTRACE_POKEUSER: u64 = 6;
const PTRACE_CONT: u64 = 7;
const PTRACE_DETACH: u64 = 17;
const PTRACE_SYSCALL: u64 = 24;
const PTRACE_SETOPTIONS: u64 = 0x4200;
const PTRACE_GETSIGINFO: u64 = 0x4202;
const PTRACE_SETSIGINFO: u64 = 0x4203;
const PTRACE_SEIZE: u64 = 0x4206;
const PTRACE_INTERRUPT: u64 = 0x4207;
const PTRACE_LISTEN: u64 = 0x4208;
const PTRACE_GET_SYSCALL_INFO: u64 = 0x420e;
/// TRACESYSGOOD, TRACEFORK, TRACEVFORK, TRACECLONE, TRACEEXEC, EXITKILL.
const OPTIONS: u64 = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x10_0000;
const PTRACE_EVENT_EXEC: u32 = 4;
const PTRACE_EVENT_STOP: u32 = 128;
const SYSCALL_ENTRY: u8 = 1;

// Offsets in struct user_regs_struct.
const RAX: u64 = 80;
const ORIG_RAX: u64 = 120;
const RIP: u64 = 128;

const WALL: u64 = 0x4000_0000;
const SIGTRAP: u32 = 5;
const SIGSYS: u32 = 31;
const STOPPING: core::ops::RangeInclusive<u32> = 19..=22;
/// `si_code` of the signal that a tracer's "continue with this signal" makes at a system call.
const SI_KERNEL: i32 = 0x80;
const SYS_USER_DISPATCH: i32 = 2;

/// `struct ptrace_syscall_info`, as far as the entry's arguments.
#[repr(C)]
#[derive(Default)]
struct SyscallInfo {
    op: u8,
    pad: [u8; 3],
    arch: u32,
    rip: u64,
    rsp: u64,
    number: u64,
    args: [u64; 6],
}

/// Becomes the tracer of process `guest`, when the meeting comes to that, until the last thread it traces is gone.
pub(super) fn run(meeting: &Meeting, guest: u64) -> ! {
    vanish();
    let mut tracer = Tracer {
        entering: Vec::new(),
    };
    let mut attached = false;
    meeting.attached_by(guest, || {
        request(PTRACE_SEIZE, guest, 0, 0)?;
        // It waits for us; only when it is stopped can it be continued as we wish.
        request(PTRACE_INTERRUPT, guest, 0, 0)?;
        let (_, status) = wait(guest)?;
        // What older kernels lack is asked for while its absence can still be told.
        let ready = syscall_info(guest).and_then(|_| request(PTRACE_SETOPTIONS, guest, 0, OPTIONS));
        if ready.is_err() {
            resume(guest, PTRACE_DETACH, 0);
            return ready.map(drop);
        }
        attached = true;
        tracer.at_stop(guest, status);
        Ok(())
    });
    while attached && let Ok((thread, status)) = wait(u64::MAX) {
        if status & 0xff == 0x7f {
            tracer.at_stop(thread, status);
        } else {
            tracer.entering.retain(|&entering| entering != thread);
        }
    }
    host::exit_group(0)
}

/// The next thing to happen to `thread`, or to any for -1. Fails when nobody is left: with everything blocked, no
/// signal interrupts.
fn wait(thread: u64) -> HostResult<(u64, u32)> {
    let mut status = 0u32;
    // SAFETY: `status` is valid for writing.
    let found = unsafe { host::call_n(nr::wait4, [thread, (&raw mut status) as u64, WALL]) }?;
    Ok((found, status))
}

/// Nothing of ours holds files open, hears the terminal, or ends by a signal that is meant for others.
fn vanish() {
    const SIG_SETMASK: u64 = 2;
    const PR_SET_NAME: u64 = 15;
    let everything = u64::MAX;
    // SAFETY: a valid mask, path and name; the descriptors are copies.
    unsafe {
        let _ = host::call_n(
            nr::rt_sigprocmask,
            [SIG_SETMASK, (&raw const everything) as u64, 0, 8],
        );
        let _ = host::call_n(nr::setsid, []);
        let _ = host::call_n(nr::close_range, [0, u64::from(u32::MAX), 0]);
        let _ = host::call_n(nr::chdir, [c"/".as_ptr() as u64]);
        let _ = host::call_n(nr::prctl, [PR_SET_NAME, c"compat-tracer".as_ptr() as u64]);
    }
}

struct Tracer {
    /// Threads whose call was taken and whose SIGSYS is on its way.
    entering: Vec<u64>,
}

impl Tracer {
    fn at_stop(&mut self, thread: u64, status: u32) {
        match (status >> 8 & 0xff, status >> 16) {
            (stop, 0) if stop == SIGTRAP | 0x80 => self.at_syscall(thread),
            (stop, 0) => self.at_signal(thread, stop),
            // It stays stopped, as its parent sees, until somebody continues it.
            (stop, PTRACE_EVENT_STOP) if STOPPING.contains(&stop) => {
                resume(thread, PTRACE_LISTEN, 0);
            }
            (_, PTRACE_EVENT_EXEC) if !is_stub(thread) => resume(thread, PTRACE_DETACH, 0),
            _ => resume(thread, PTRACE_SYSCALL, 0),
        }
    }

    fn at_syscall(&mut self, thread: u64) {
        let info = match syscall_info(thread) {
            Ok(info) => info,
            Err(error) => return give_up(thread, error),
        };
        let (start, length) = signal::stub_range();
        let ours = info.rip.wrapping_sub(start) < length;
        if info.op != SYSCALL_ENTRY {
            return resume(thread, PTRACE_SYSCALL, 0);
        }
        if ours {
            let [argument, ..] = info.args;
            if info.number == nr::getppid && argument == u64::from(PROBE_ARGUMENT) {
                set(thread, ORIG_RAX, u64::MAX);
                set(thread, RAX, u64::from(ANSWER.0).wrapping_neg());
            }
            return resume(thread, PTRACE_SYSCALL, 0);
        }
        set(thread, ORIG_RAX, u64::MAX);
        set(thread, RAX, info.number);
        self.entering.push(thread);
        // Not to the exit of the call that there is none of, but to the delivery of the signal.
        resume(thread, PTRACE_CONT, SIGSYS);
    }

    fn at_signal(&mut self, thread: u64, signal: u32) {
        let entering = self
            .entering
            .iter()
            .position(|&entering| entering == thread);
        if let Some(index) = entering {
            self.entering.swap_remove(index);
            let mut info = SigInfo::default();
            let _ = request(PTRACE_GETSIGINFO, thread, 0, (&raw mut info) as u64);
            if signal == SIGSYS && info.code == SI_KERNEL {
                info.code = SYS_USER_DISPATCH;
                let replaced = request(PTRACE_SETSIGINFO, thread, 0, (&raw const info) as u64);
                if let Err(error) = replaced {
                    return give_up(thread, error);
                }
            } else {
                // One that somebody else sent was there already, and the kernel keeps one of a kind: the call is made
                // again after it.
                set(thread, RIP, get(thread, RIP).wrapping_sub(2));
            }
        }
        resume(thread, PTRACE_SYSCALL, signal);
    }
}

/// After an `execve`: whether the new image is the stub. It begins where this one began.
fn is_stub(thread: u64) -> bool {
    get(thread, RIP) == super::way::entry_point()
}

fn syscall_info(thread: u64) -> HostResult<SyscallInfo> {
    let mut info = SyscallInfo::default();
    let size = size_of::<SyscallInfo>() as u64;
    request(
        PTRACE_GET_SYSCALL_INFO,
        thread,
        size,
        (&raw mut info) as u64,
    )?;
    Ok(info)
}

fn get(thread: u64, register: u64) -> u64 {
    let mut value = 0u64;
    // The system call, unlike libc's function, stores the word.
    let _ = request(PTRACE_PEEKUSER, thread, register, (&raw mut value) as u64);
    value
}

fn set(thread: u64, register: u64, value: u64) {
    if let Err(error) = request(PTRACE_POKEUSER, thread, register, value) {
        give_up(thread, error);
    }
}

/// Continues a stopped thread. It may be gone meanwhile: whoever kills asks nobody.
fn resume(thread: u64, how: u64, signal: u32) {
    let _ = request(how, thread, 0, u64::from(signal));
}

/// Ends a guest that can no longer be kept from calling the host; unless it is ending anyway.
fn give_up(thread: u64, error: HostErrno) {
    const SIGKILL: u64 = 9;
    if error != HostErrno::ESRCH {
        // SAFETY: no pointers. The signal ends the whole process.
        let _ = unsafe { host::call_n(nr::tkill, [thread, SIGKILL]) };
    }
}

fn request(request: u64, thread: u64, address: u64, data: u64) -> HostResult {
    // SAFETY: pointers among the arguments are to values that live on the caller's stack.
    unsafe { host::call_n(nr::ptrace, [request, thread, address, data]) }
}
