//! From a trapped frame to a handler and back (amd64_syscall, cpu_fetch_syscall_args, cpu_set_syscall_retval).

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use compat_tables::freebsd as tables;
use compat_translate::host::nr as host;
use compat_translate::{Cx, Outcome, guest};

use crate::error::Return;
use crate::{calls, lower};

const SYS_SYSCALL: u64 = 0;
const SYS___SYSCALL: u64 = 198;
const CARRY: u64 = 1;

/// See [`compat_translate::Personality::dispatch`].
pub(crate) fn dispatch(cx: &mut Cx) -> Outcome {
    if let Err(error) = fetch(cx) {
        return Outcome::Fail(tables::errno_number(error.0));
    }
    let outcome = call(cx).unwrap_or_else(|error| Outcome::Fail(tables::errno_number(error.0)));
    if cx.process().settings.trace {
        crate::trace::print(cx, outcome);
    }
    outcome
}

/// What copies, replaces or saves the whole thread, and the indirect calls that may be one of them.
const WHOLE_THREAD: [&str; 20] = [
    "syscall",
    "__syscall",
    "exit",
    "fork",
    "vfork",
    "rfork",
    "pdfork",
    "pdrfork",
    "execve",
    "fexecve",
    "thr_new",
    "thr_create",
    "thr_exit",
    "sigreturn",
    "freebsd4_sigreturn",
    "osigreturn",
    "getcontext",
    "setcontext",
    "swapcontext",
    "sysarch",
];

/// Bit set of the numbers of [`WHOLE_THREAD`].
static NEEDS_FRAME: [AtomicU64; 16] = [const { AtomicU64::new(0) }; 16];

static PREPARED: AtomicBool = AtomicBool::new(false);

/// Fills in what [`needs_frame`] looks up, when the first site is patched.
#[cold]
fn prepare() {
    for number in WHOLE_THREAD
        .into_iter()
        .filter_map(tables::call_named)
        .map(|call| call.number)
    {
        if let Some(word) = NEEDS_FRAME.get(usize::from(number / 64)) {
            word.fetch_or(1 << (number % 64), Ordering::Relaxed);
        }
    }
}

/// See [`compat_translate::Personality::needs_frame`].
pub(crate) fn needs_frame(number: u64) -> bool {
    let number = number & 0xffff_ffff;
    if !PREPARED.load(Ordering::Acquire) {
        prepare();
        PREPARED.store(true, Ordering::Release);
    }
    // An unknown number ends in SIGSYS or an error: no hurry.
    NEEDS_FRAME
        .get((number / 64) as usize)
        .is_none_or(|word| word.load(Ordering::Relaxed) & (1 << (number % 64)) != 0)
}

fn call(cx: &mut Cx) -> Return<Outcome> {
    let args = cx.args;
    compat_tables::freebsd_dispatch!(
        cx.number,
        cx,
        args,
        calls = calls,
        lower = lower,
        host = host
    )
}

fn fetch(cx: &mut Cx) -> Return<()> {
    let regs = &cx.frame.regs;
    let stack = regs.rsp;
    let mut registers = [regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9].into_iter();
    // The table is compared with 32 bits of rax.
    cx.number &= 0xffff_ffff;
    if matches!(cx.number, SYS_SYSCALL | SYS___SYSCALL) {
        cx.number = registers.next().unwrap_or_default() & 0xffff_ffff;
    }
    let wanted = tables::call(cx.number as u32).map_or(0, |call| call.arg_count());
    let mut next_on_stack = stack.wrapping_add(8);
    for index in 0..wanted.min(8) {
        let value = match registers.next() {
            Some(value) => value,
            None => {
                // Further arguments lie above the return address of libc's stub.
                let value = guest::load_u64(next_on_stack)?;
                next_on_stack = next_on_stack.wrapping_add(8);
                value
            }
        };
        if let Some(slot) = cx.args.get_mut(index) {
            *slot = value;
        }
    }
    Ok(())
}

/// See [`compat_translate::Personality::finish`].
pub(crate) fn finish(cx: &mut Cx, outcome: Outcome) {
    let regs = &mut cx.frame.regs;
    match outcome {
        Outcome::Value(value) => {
            regs.rax = value;
            regs.rflags &= !CARRY;
        }
        Outcome::Two(first, second) => {
            regs.rax = first;
            regs.rdx = second;
            regs.rflags &= !CARRY;
        }
        Outcome::Fail(errno) => {
            regs.rax = u64::from(errno);
            regs.rflags |= CARRY;
        }
        Outcome::Replaced => return,
    }
    // What fast_syscall_common leaves on its way out: the flags where `sysret` takes them from, and no kernel data.
    regs.r11 = regs.rflags;
    (regs.r8, regs.r9, regs.r10) = (0, 0, 0);
}
