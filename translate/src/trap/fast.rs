//! The way in from a patched site to a handler: no kernel entry, no signal frame.
//!
//! The express way (`express.rs`) comes here with what it cannot do itself. The guest's stack is not written. The
//! registers are stored on the thread's stub stack in the form every trap produces ([`UContext`]); vector registers are
//! kept by saving `xmm0-15`, the only ones the stub's code uses.
//!
//! Calls that replace registers, need the full vector state or end in a handler of their own ("slow" calls, see
//! `Personality::needs_frame`) bounce: the registers go back and the thread runs onto the untouched `syscall`, which traps.

use core::arch::global_asm;
use core::mem::offset_of;
use core::sync::atomic::{AtomicU64, Ordering};

use super::registers::{asm_with_registers, put_registers_back};
use super::{Way, enter};
use crate::host::{self, HostErrno, HostResult, nr};
use crate::personality::attached;
use crate::signal::{self, Regs, UContext};
use crate::task::{Thread, counts, current, has_fsgsbase};

/// The flags that make ordinary instructions fault: single step and alignment check.
pub(crate) const TRAPPING_FLAGS: i32 = 0x100 | 0x4_0000;

/// Bytes kept on the stub stack: a UContext, padded to 16, then 16 vector registers.
const CONTEXT: usize = size_of::<UContext>().next_multiple_of(16);
const AREA: usize = CONTEXT + 256;

/// Above them what the express way left: flags, return address, number and result.
const BELOW: usize = 32;
/// All that a call from a patched site keeps at the top of the thread's stub stack.
pub(crate) const ENTERED: usize = AREA + BELOW;
/// What the processor's flags may hold that is not put back by `sahf`, next to [`TRAPPING_FLAGS`]: the direction.
pub(super) const LASTING_FLAGS: i32 = TRAPPING_FLAGS | 0x400;

// gs:[8] pending, gs:[16] the guest's rsp, gs:[24] top of the stub stack. rsp is 24 below that.
asm_with_registers!(
    [
    ".globl compat_full_entry", ".hidden compat_full_entry",
    "compat_full_entry:",
    "lea rsp, [rsp - {area} - {below} + 24]",
    "mov r11, [rsp + {area} + {below} - 8]",
    "mov rcx, [rsp + {area} + {below} - 16]",
    "mov rax, [rsp + {area} + {below} - 24]",
    "mov [rsp + {regs} + {rflags}], r11",
    // Our code neither steps nor checks alignment, and its string instructions count upwards.
    "test r11d, {lasting}",
    "jnz 4f",
    "5:",
    "mov [rsp + {regs} + {r8}], r8",
    "mov [rsp + {regs} + {r9}], r9",
    "mov [rsp + {regs} + {r10}], r10",
    "mov [rsp + {regs} + {r12}], r12",
    "mov [rsp + {regs} + {r13}], r13",
    "mov [rsp + {regs} + {r14}], r14",
    "mov [rsp + {regs} + {r15}], r15",
    "mov [rsp + {regs} + {rdi}], rdi",
    "mov [rsp + {regs} + {rsi}], rsi",
    "mov [rsp + {regs} + {rbp}], rbp",
    "mov [rsp + {regs} + {rbx}], rbx",
    "mov [rsp + {regs} + {rdx}], rdx",
    "mov [rsp + {regs} + {rax}], rax",
    "mov [rsp + {regs} + {rcx}], rcx",
    "mov [rsp + {regs} + {rip}], rcx",
    // A real `syscall` leaves the flags in r11.
    "mov [rsp + {regs} + {r11}], r11",
    "mov r11, gs:[16]",
    "mov [rsp + {regs} + {rsp}], r11",
    "movaps [rsp + {xmm}], xmm0",
    "movaps [rsp + {xmm} + 16], xmm1",
    "movaps [rsp + {xmm} + 32], xmm2",
    "movaps [rsp + {xmm} + 48], xmm3",
    "movaps [rsp + {xmm} + 64], xmm4",
    "movaps [rsp + {xmm} + 80], xmm5",
    "movaps [rsp + {xmm} + 96], xmm6",
    "movaps [rsp + {xmm} + 112], xmm7",
    "movaps [rsp + {xmm} + 128], xmm8",
    "movaps [rsp + {xmm} + 144], xmm9",
    "movaps [rsp + {xmm} + 160], xmm10",
    "movaps [rsp + {xmm} + 176], xmm11",
    "movaps [rsp + {xmm} + 192], xmm12",
    "movaps [rsp + {xmm} + 208], xmm13",
    "movaps [rsp + {xmm} + 224], xmm14",
    "movaps [rsp + {xmm} + 240], xmm15",
    "mov rdi, rsp",
    "call {serve}",
    // The last look at gs:[8] and the return are one step: a signal in between starts this over (the handler moves the
    // program counter to compat_fast_restart), so nothing here may destroy what it reads.
    ".globl compat_fast_exit", ".hidden compat_fast_exit",
    "compat_fast_exit:",
    "cmp dword ptr gs:[8], 0",
    "jne 3f",
    // A flag that traps can be put back only together with the program counter.
    "test dword ptr [rsp + {regs} + {rflags}], {lasting}",
    "jnz 3f",
    "movaps xmm0, [rsp + {xmm}]",
    "movaps xmm1, [rsp + {xmm} + 16]",
    "movaps xmm2, [rsp + {xmm} + 32]",
    "movaps xmm3, [rsp + {xmm} + 48]",
    "movaps xmm4, [rsp + {xmm} + 64]",
    "movaps xmm5, [rsp + {xmm} + 80]",
    "movaps xmm6, [rsp + {xmm} + 96]",
    "movaps xmm7, [rsp + {xmm} + 112]",
    "movaps xmm8, [rsp + {xmm} + 128]",
    "movaps xmm9, [rsp + {xmm} + 144]",
    "movaps xmm10, [rsp + {xmm} + 160]",
    "movaps xmm11, [rsp + {xmm} + 176]",
    "movaps xmm12, [rsp + {xmm} + 192]",
    "movaps xmm13, [rsp + {xmm} + 208]",
    "movaps xmm14, [rsp + {xmm} + 224]",
    "movaps xmm15, [rsp + {xmm} + 240]",
    put_registers_back!(),
    // Everything is the guest's but the program counter: a signal here finds guest code at rcx.
    ".globl compat_fast_leave", ".hidden compat_fast_leave",
    "compat_fast_leave:",
    "jmp rcx",
    "4:",
    "push r11",
    "and dword ptr [rsp], ~{lasting}",
    "popfq",
    "jmp 5b",
    ".globl compat_fast_restart", ".hidden compat_fast_restart",
    "compat_fast_restart:",
    "mov rsp, gs:[24]",
    "sub rsp, {area} + {below}",
    "3:",
    "movaps xmm0, [rsp + {xmm}]",
    "movaps xmm1, [rsp + {xmm} + 16]",
    "movaps xmm2, [rsp + {xmm} + 32]",
    "movaps xmm3, [rsp + {xmm} + 48]",
    "movaps xmm4, [rsp + {xmm} + 64]",
    "movaps xmm5, [rsp + {xmm} + 80]",
    "movaps xmm6, [rsp + {xmm} + 96]",
    "movaps xmm7, [rsp + {xmm} + 112]",
    "movaps xmm8, [rsp + {xmm} + 128]",
    "movaps xmm9, [rsp + {xmm} + 144]",
    "movaps xmm10, [rsp + {xmm} + 160]",
    "movaps xmm11, [rsp + {xmm} + 176]",
    "movaps xmm12, [rsp + {xmm} + 192]",
    "movaps xmm13, [rsp + {xmm} + 208]",
    "movaps xmm14, [rsp + {xmm} + 224]",
    "movaps xmm15, [rsp + {xmm} + 240]",
    "jmp qword ptr [rip + {gate}]",
    // rdi = the registers of a call that another thread made from a patched site, at the same place of this one's stack.
    ".globl compat_fast_continue", ".hidden compat_fast_continue",
    "compat_fast_continue:",
    "mov rsp, rdi",
    "jmp compat_fast_exit",
    ]
    area = const AREA,
    below = const BELOW,
    lasting = const LASTING_FLAGS,
    xmm = const CONTEXT,
    rcx = const offset_of!(Regs, rcx),
    serve = sym serve,
    gate = sym GATE,
);

unsafe extern "C" {
    pub(super) fn compat_full_entry();
    fn compat_fast_exit();
    fn compat_fast_leave();
    fn compat_fast_restart();
    fn compat_fast_continue(area: *const UContext) -> !;
}

/// For the signal handler: what to do about a signal whose program counter is on the way out.
pub(crate) enum Leaving {
    /// Continue here once the signal is noted.
    Restart(u64),
    /// All registers are the guest's already, except that it continues at its `rcx`.
    Left,
}

/// See [`Leaving`]; `None` when `rip` is not on the way out.
pub(crate) fn leaving(rip: u64) -> Option<Leaving> {
    let leave = compat_fast_leave as *const () as u64;
    if rip == leave {
        Some(Leaving::Left)
    } else if (compat_fast_exit as *const () as u64..leave).contains(&rip) {
        Some(Leaving::Restart(compat_fast_restart as *const () as u64))
    } else {
        super::brief::leaving(rip).or_else(|| super::express::leaving(rip))
    }
}

/// Where `thread`'s registers are kept when it calls from a patched site.
fn area(thread: &Thread) -> *mut UContext {
    (thread.stack_top() - ENTERED) as *mut UContext
}

/// Lets `new`, which does not run yet, leave the call at hand as the calling thread will, but with these registers: the
/// vector state is kept beside them. `false` when the call came by a trap.
pub(crate) fn leave_as_well(frame: &UContext, new: &Thread, registers: &UContext) -> bool {
    if !core::ptr::eq(frame, area(current())) {
        return false;
    }
    let from = core::ptr::from_ref(frame).cast::<u8>();
    // SAFETY: the whole of this thread's area, and the same place of a stack that nobody uses yet.
    unsafe {
        core::ptr::copy_nonoverlapping(from, area(new).cast(), AREA);
        *area(new) = *registers;
    }
    true
}

/// The way out for a thread that [`leave_as_well`] prepared; it has every signal blocked and its block attached.
///
/// # Safety
/// The calling thread is that one, and its stack is used no further up than [`ENTERED`] below its top.
pub(crate) unsafe fn leave(thread: &Thread) -> ! {
    // SAFETY: filled in by `leave_as_well`.
    unsafe {
        signal::restore_mask((*area(thread)).sigmask);
        compat_fast_continue(area(thread))
    }
}

/// Serves the call in `frame`, or points it back at its `syscall` instruction.
unsafe extern "C" fn serve(frame: *mut UContext) {
    // SAFETY: the entry's own area on the stub stack.
    let frame = unsafe { &mut *frame };
    let slow = attached().is_none_or(|personality| (personality.needs_frame)(&frame.regs));
    if slow {
        frame.regs.rip = frame.regs.rip.wrapping_sub(2);
        // The way out may lead over the gate.
        frame.sigmask = signal::host_mask(current().mask.get());
        return;
    }
    let thread = current();
    counts::one_more(&thread.counts.patched);
    frame.flags = 0;
    frame.fpstate = 0;
    let mask = signal::host_mask(thread.mask.get());
    frame.sigmask = mask;
    thread.mask_installed.set(false);
    enter(frame);
    // With a signal waiting, everything stays blocked until the gate's trap has delivered it: that it does not wait and that
    // the mask is put are one step.
    if frame.sigmask != mask && !thread.mask_installed.get() {
        signal::put_mask_unless_waiting(thread, frame.sigmask);
    }
}

/// Address of a `syscall` instruction outside the stub. A signal that waits when a call is done needs the thread's full
/// vector state, which only the kernel can collect: the way out then leads over this trap.
static GATE: AtomicU64 = AtomicU64::new(0);

/// Makes the gate and fills in the express ways, once.
///
/// # Errors
/// `ENOMEM`; `ENOSYS` on a processor that has no `sahf`.
pub(super) fn prepare() -> HostResult<()> {
    if GATE.load(Ordering::Acquire) != 0 {
        return Ok(());
    }
    const LAHF_LM: u32 = 1;
    // Whatever has these instructions has that one, and a hypervisor takes its time to answer.
    if !has_fsgsbase() && core::arch::x86_64::__cpuid(0x8000_0001).ecx & LAHF_LM == 0 {
        return Err(HostErrno::ENOSYS);
    }
    super::express::prepare()?;
    if let Some(personality) = attached() {
        (personality.express)();
    }
    let gate = match super::way() {
        // Where our calls come from ends just before it, and a page of its own would be one more for every fork to copy.
        Way::Sud | Way::Ptrace => compat_gate as *const () as u64,
        Way::Seccomp => map_gate()?,
    };
    GATE.store(gate, Ordering::Release);
    Ok(())
}

fn map_gate() -> HostResult<u64> {
    let page = host::map_guest_code()?;
    // SAFETY: a fresh page; syscall, ud2.
    unsafe {
        page.cast::<[u8; 4]>().write([0x0f, 0x05, 0x0f, 0x0b]);
        host::call_n(nr::mprotect, [page as u64, 4096, 1 | 4])?;
    }
    Ok(page as u64)
}

global_asm!(
    ".section .gate, \"ax\"",
    ".globl compat_gate",
    ".hidden compat_gate",
    "compat_gate:",
    "syscall",
    "ud2",
    ".text",
);

unsafe extern "C" {
    fn compat_gate();
}

/// Whether `rip` is about to pass the gate: the registers are ours still, and a signal has to wait.
pub(crate) fn at_gate(rip: u64) -> bool {
    // The page of 0 is nobody's.
    rip != 0 && rip == GATE.load(Ordering::Acquire)
}

/// If `frame` trapped at the gate, gives it the registers and mask of the call that ended there.
pub(crate) fn leave_by_gate(frame: &mut UContext) -> bool {
    let gate = GATE.load(Ordering::Acquire);
    if gate == 0 || frame.regs.rip != gate + 2 {
        return false;
    }
    // SAFETY: only the way out above goes there, with rsp at its area on this thread's stub stack.
    let area = unsafe { &*(frame.regs.rsp as *const UContext) };
    frame.regs = area.regs;
    frame.sigmask = area.sigmask;
    true
}
