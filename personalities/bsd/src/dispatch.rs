//! From a trapped frame to a call's number and arguments, and its outcome back (cpu_fetch_syscall_args,
//! cpu_set_syscall_retval).

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use compat_tables::Call;
use compat_tables::bsd::Errno;
use compat_tables::trace::Tracer;
use compat_translate::signal::Regs;
use compat_translate::{Cx, Outcome, guest};

use crate::error::Return;
use crate::trace;

const SYS_SYSCALL: u64 = 0;
const SYS___SYSCALL: u64 = 198;
const CARRY: u64 = 1;

/// See [`compat_translate::Personality::dispatch`]: fetches the arguments, makes the call by a system's expansion of its
/// dispatch macro, and prints it if that was asked for. The
/// functions and `tracer` are its tables'.
#[inline(always)]
pub fn dispatch(
    cx: &mut Cx,
    argument_count: fn(u32) -> usize,
    row: fn(u32) -> Option<&'static Call>,
    errno_number: fn(Errno) -> u16,
    tracer: &Tracer,
    call: impl FnOnce(&mut Cx) -> Return<Outcome>,
) -> Outcome {
    if let Err(error) = fetch(cx, argument_count) {
        return Outcome::Fail(errno_number(error.0));
    }
    let outcome = call(cx).unwrap_or_else(|error| Outcome::Fail(errno_number(error.0)));
    if cx.process().settings.trace {
        trace::print(cx, tracer, row(cx.number as u32), outcome);
    }
    outcome
}

/// Fills in the call's number, looking through the indirect calls, and as many arguments as it takes by its system's table.
///
/// # Errors
/// `EFAULT` when arguments on the stack cannot be read.
#[inline(always)]
fn fetch(cx: &mut Cx, argument_count: fn(u32) -> usize) -> Return<()> {
    let regs = &cx.frame.regs;
    // One by one, as the way in has just stored them: the processor makes a wider load wait for such stores.
    let [a, b, c, d, e, f] = [
        &regs.rdi, &regs.rsi, &regs.rdx, &regs.r10, &regs.r8, &regs.r9,
    ]
    // SAFETY: references to plain numbers.
    .map(|place| unsafe { core::ptr::from_ref(place).read_volatile() });
    // The table is compared with 32 bits of rax.
    cx.number &= 0xffff_ffff;
    let held = if matches!(cx.number, SYS_SYSCALL | SYS___SYSCALL) {
        cx.number = a & 0xffff_ffff;
        cx.args = [b, c, d, e, f, 0, 0, 0];
        5
    } else {
        cx.args = [a, b, c, d, e, f, 0, 0];
        6
    };
    let wanted = argument_count(cx.number as u32);
    if wanted > held {
        // Further arguments lie above the return address of libc's stub.
        let mut next_on_stack = regs.rsp.wrapping_add(8);
        for slot in cx.args.iter_mut().take(wanted).skip(held) {
            *slot = guest::load_u64(next_on_stack)?;
            next_on_stack = next_on_stack.wrapping_add(8);
        }
    }
    Ok(())
}

/// See [`compat_translate::Personality::finish`].
pub fn finish(cx: &mut Cx, outcome: Outcome) {
    let regs = &mut cx.frame.regs;
    match outcome {
        Outcome::Value(value) => {
            regs.rax = value;
            regs.rflags &= !CARRY;
        }
        Outcome::Two(first, second) => {
            regs.rax = first.into();
            regs.rdx = second.into();
            regs.rflags &= !CARRY;
        }
        Outcome::Fail(errno) => {
            regs.rax = u64::from(errno);
            regs.rflags |= CARRY;
        }
        Outcome::Replaced => return,
    }
    // Where `sysret` takes them from.
    regs.r11 = regs.rflags;
}

/// The calls that copy, replace or save the whole thread; see [`compat_translate::Personality::needs_frame`].
pub struct WholeThread {
    names: &'static [&'static str],
    numbers: [AtomicU64; 16],
    prepared: AtomicBool,
}

impl WholeThread {
    /// Those with these symbols in the table.
    pub const fn named(names: &'static [&'static str]) -> Self {
        Self {
            names,
            numbers: [const { AtomicU64::new(0) }; 16],
            prepared: AtomicBool::new(false),
        }
    }

    /// Whether the call that these registers are for is one, made indirectly or not. `named` is the table's look-up by
    /// symbol.
    pub fn has(&self, regs: &Regs, named: fn(&str) -> Option<&'static Call>) -> bool {
        let mut number = regs.rax & 0xffff_ffff;
        if matches!(number, SYS_SYSCALL | SYS___SYSCALL) {
            number = regs.rdi & 0xffff_ffff;
        }
        if !self.prepared.load(Ordering::Acquire) {
            self.prepare(named);
            self.prepared.store(true, Ordering::Release);
        }
        // An unknown number ends in SIGSYS or an error: no hurry.
        self.numbers
            .get((number / 64) as usize)
            .is_none_or(|word| word.load(Ordering::Relaxed) & (1 << (number % 64)) != 0)
    }

    /// Fills in the numbers, when the first site is patched.
    #[cold]
    fn prepare(&self, named: fn(&str) -> Option<&'static Call>) {
        for number in self
            .names
            .iter()
            .filter_map(|name| named(name))
            .map(|call| call.number)
        {
            if let Some(word) = self.numbers.get(usize::from(number / 64)) {
                word.fetch_or(1 << (number % 64), Ordering::Relaxed);
            }
        }
    }
}
