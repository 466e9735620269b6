//! The host's signal handlers: where every signal of the process arrives.

use core::arch::global_asm;
use core::sync::atomic::{AtomicU64, Ordering};

use super::actions::{SA_NODEFER, SA_RESTART, own_action};
use super::back::put_back;
use super::carried::unpacked;
use super::context::KernelAction;
use super::deliver::{deliver, settle_unhandled};
use super::host_signal::{SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSTKFLT, SIGSYS, SIGTRAP};
use super::stop::stop_if_asked;
use super::{
    AltStack, Disposition, NEVER_BLOCKED, SigInfo, UContext, bit, current_action, host_mask,
};
use crate::host::{
    self, HostResult, compat_window_again, compat_window_interrupted, compat_window_start,
    compat_window_woken, nr, vdso,
};
use crate::personality::attached;
use crate::task::{EVERYWHERE, HOLD, ROUSE, Thread, current, is_tick, obey};
use crate::{guest, trap};

// The kernel enters with rdi = signal, rsi = siginfo, rdx = ucontext, rsp at the frame (8 below a multiple of 16), on
// the thread's stub stack. Every handler leaves by rt_sigreturn, with rsp at the ucontext.
//
// Before the guest goes on (from compat_exit_start) the last look at gs:[8] and the return must be one step for a signal that
// arrives in between: the handler moves such a program counter to compat_exit_waiting.
global_asm!(
    ".globl compat_sigsys_entry", ".hidden compat_sigsys_entry",
    "compat_sigsys_entry:",
    "mov rbx, rdx",
    // The kernel leaves the alignment check on.
    "pushfq",
    "and qword ptr [rsp], ~{trapping}",
    "popfq",
    "sub rsp, 8",
    "call {on_sigsys}",
    "cmp al, {brief}",
    "je compat_brief_entry",
    "test al, al",
    "jz compat_exit_nested",
    ".globl compat_exit_start", ".hidden compat_exit_start",
    "compat_exit_start:",
    "cmp dword ptr gs:[8], 0",
    "jne compat_exit_waiting",
    "compat_exit_nested:",
    "mov rsp, rbx",
    "mov eax, 15",
    ".globl compat_exit_syscall", ".hidden compat_exit_syscall",
    "compat_exit_syscall:",
    "syscall",
    "ud2",
    ".globl compat_exit_waiting", ".hidden compat_exit_waiting",
    "compat_exit_waiting:",
    "mov rdi, rbx",
    "call {deliver_waiting}",
    "jmp compat_exit_start",

    ".globl compat_signal_entry", ".hidden compat_signal_entry",
    "compat_signal_entry:",
    "mov rbx, rdx",
    "pushfq",
    "and qword ptr [rsp], ~{trapping}",
    "popfq",
    "sub rsp, 8",
    "call {on_signal}",
    "test al, al",
    "jnz compat_exit_start",
    "mov rsp, rbx",
    // Registered as the restorer, which the kernel insists on; a handler that returned would come here the same way.
    ".globl compat_signal_return", ".hidden compat_signal_return",
    "compat_signal_return:",
    "mov eax, 15",
    "syscall",
    "ud2",

    // rdi = a ucontext to continue at, which never returns.
    ".globl compat_resume", ".hidden compat_resume",
    "compat_resume:",
    "mov rsp, rdi",
    "mov eax, 15",
    "syscall",
    "ud2",
    trapping = const trap::TRAPPING_FLAGS,
    brief = const Leave::Brief as u8,
    on_sigsys = sym on_sigsys,
    on_signal = sym on_signal,
    deliver_waiting = sym deliver_waiting,
);

unsafe extern "C" {
    fn compat_sigsys_entry();
    pub(super) fn compat_signal_entry();
    pub(super) fn compat_signal_return();
    fn compat_exit_start();
    fn compat_exit_syscall();
    fn compat_exit_waiting();
    fn compat_resume(context: *const UContext) -> !;
}

static STUB_START: AtomicU64 = AtomicU64::new(0);
static STUB_END: AtomicU64 = AtomicU64::new(0);

/// What [`set_image`] wants to know, in addresses.
pub struct ImageRange {
    /// The image up to the end of our code: system calls from here are not the guest's.
    pub code: core::ops::Range<usize>,
    /// The lowest address of the first thread's stack.
    pub first_stack: usize,
    /// Memory that is mapped already and free. What we map later lies behind it.
    pub ahead: core::ops::Range<usize>,
}

/// Tells where the stub's image lies.
pub fn set_image(image: ImageRange) {
    STUB_START.store(image.code.start as u64, Ordering::Relaxed);
    STUB_END.store(image.code.end as u64, Ordering::Relaxed);
    host::own::begin(&image);
}

/// The part of the stub's image that code of ours is in: start and length.
pub(crate) fn stub_range() -> (u64, u64) {
    let start = STUB_START.load(Ordering::Relaxed);
    (start, STUB_END.load(Ordering::Relaxed) - start)
}

/// Whether code at `rip` is ours (the stub or the host's vDSO) rather than the guest's.
pub fn is_ours(rip: u64) -> bool {
    trap::in_trampoline(rip)
        || trap::at_gate(rip)
        || (STUB_START.load(Ordering::Relaxed)..STUB_END.load(Ordering::Relaxed)).contains(&rip)
        || vdso::contains(rip as usize)
}

/// Installs the handlers that are always there: system calls and memory faults. `before` is told of each of these signals
/// and of what the host did with it.
///
/// # Errors
/// As `rt_sigaction`.
pub(super) fn install(mut before: impl FnMut(u8, &KernelAction)) -> HostResult<()> {
    let mut sigsys = own_action(compat_sigsys_entry as *const () as u64);
    // A call may last for ever: other signals must get through meanwhile, under the guest's own mask. NODEFER because
    // the kernel kills a process whose SIGSYS is blocked when it traps. RESTART because what we send one another shall
    // end no call; so a guest's own SIGSYS or SIGEMT ends none either, whatever its flags say.
    sigsys.flags |= SA_NODEFER | SA_RESTART;
    sigsys.mask = 0;
    // Messages do not interrupt one another, so that no number of them fills the stack.
    let message = KernelAction {
        flags: sigsys.flags & !SA_NODEFER,
        mask: !NEVER_BLOCKED | bit(SIGSTKFLT),
        ..sigsys
    };
    let mut fault = own_action(compat_signal_entry as *const () as u64);
    fault.flags |= SA_NODEFER;
    for (signal, action) in [
        (SIGSYS, sigsys),
        (SIGSTKFLT, message),
        (SIGSEGV, fault),
        (SIGBUS, fault),
    ] {
        before(signal, &exchange(signal, &action)?);
    }
    Ok(())
}

/// Sets a host disposition; returns the one before.
///
/// # Errors
/// As `rt_sigaction`.
pub(super) fn exchange(signal: u8, action: &KernelAction) -> HostResult<KernelAction> {
    let mut before = KernelAction::default();
    let args = [
        u64::from(signal),
        core::ptr::from_ref(action) as u64,
        (&raw mut before) as u64,
        8,
    ];
    // SAFETY: both are valid kernel_sigactions.
    unsafe { host::call_n(nr::rt_sigaction, args) }?;
    Ok(before)
}

/// Registers the thread's stub stack as the host's alternate stack.
///
/// # Errors
/// As `sigaltstack`.
pub fn attach_stack(thread: &Thread) -> HostResult<()> {
    let stack: AltStack = thread.host_alternate();
    // SAFETY: a valid stack_t.
    unsafe { host::call_n(nr::sigaltstack, [(&raw const stack) as u64, 0]) }.map(drop)
}

/// Continues at `context`, which must be guest code: registers, host mask and, with `fpstate` 0, a fresh FPU.
///
/// # Safety
/// The context is complete: selectors set, `stack` naming the thread's stub stack.
pub unsafe fn resume(context: &UContext, thread: &Thread) -> ! {
    let mut context = *context;
    context.stack = thread.host_alternate();
    context.cs = 0x33;
    context.ss = 0x2b;
    // SAFETY: the caller vouches for the rest.
    unsafe { compat_resume(&context) }
}

/// Whether the CPU raised `signal` for the instruction at hand, as opposed to someone having sent it.
pub(super) fn is_fault(signal: u8, info: &SigInfo) -> bool {
    matches!(signal, SIGILL | SIGTRAP | SIGBUS | SIGFPE | SIGSEGV) && info.code > 0
}

const TRAP_TRACE: i32 = 2;
/// What the host says of a general protection fault: no address, "from the kernel".
const PROTECTION: i32 = 0x80;

/// How a handler is left.
#[repr(u8)]
#[derive(Clone, Copy)]
enum Leave {
    /// The frame is our own code's.
    Nested = 0,
    /// It is the guest's: signals that wait must be looked at before it is resumed.
    Guest = 1,
    /// The same, and all that a system call changes is in the registers: see [`trap::brief`].
    Brief = 2,
}

impl From<bool> for Leave {
    fn from(guest: bool) -> Self {
        if guest { Self::Guest } else { Self::Nested }
    }
}

/// A trapped system call, a message of ours, or a SIGSYS or SIGSTKFLT that someone sent.
unsafe extern "C" fn on_sigsys(signal: i32, info: *const SigInfo, frame: *mut UContext) -> Leave {
    // SAFETY: the kernel's own frame.
    let (info_ref, frame_ref) = unsafe { (&*info, &mut *frame) };
    let everywhere = info_ref.code == EVERYWHERE;
    if everywhere || (info_ref.code < 0 && current().process().objects.arrived(info_ref)) {
        let guest = !is_ours(frame_ref.regs.rip);
        let thread = current();
        if everywhere {
            obey(thread);
        }
        thread.disturbed.store(!guest, Ordering::Relaxed);
        stop_if_asked(frame_ref);
        return guest.into();
    }
    let roused = info_ref.code == ROUSE && signal == i32::from(SIGSTKFLT);
    if roused || is_tick(info_ref) {
        let guest = !is_ours(frame_ref.regs.rip);
        let tired = roused && current().sleepless.load(Ordering::Acquire);
        if !guest && (tired || !roused) {
            wake(frame_ref, tired);
        }
        stop_if_asked(frame_ref);
        return guest.into();
    }
    if info_ref.code == HOLD && signal == i32::from(SIGSTKFLT) {
        let guest = !is_ours(frame_ref.regs.rip);
        stop_if_asked(frame_ref);
        return guest.into();
    }
    if let Some((signal, info)) = unpacked(info_ref) {
        // SAFETY: as above; the information lives as long as is needed.
        return unsafe { on_signal(i32::from(signal), &info, frame) }.into();
    }
    if signal != i32::from(SIGSYS) || !trap::is_call(info_ref.code) {
        // SAFETY: as above.
        return unsafe { on_signal(signal, info, frame) }.into();
    }
    if is_ours(frame_ref.regs.rip) {
        // The vDSO's own fallback into the kernel: carry it out as it stands.
        let regs = &mut frame_ref.regs;
        let args = [regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9];
        // SAFETY: the arguments are the vDSO's, acting for our own code.
        regs.rax = match unsafe { host::call(regs.rax, args) } {
            Ok(value) => value,
            Err(error) => u64::from(error.0).wrapping_neg(),
        };
        return Leave::Nested;
    }
    if trap::leave_by_gate(frame_ref) {
        return Leave::Guest;
    }
    let whole = trap::trapped(frame_ref);
    let mask = frame_ref.sigmask;
    trap::enter(frame_ref);
    if !whole && frame_ref.sigmask == mask && frame_ref.has_vector_state() {
        Leave::Brief
    } else {
        Leave::Guest
    }
}

/// Any other signal. Returns whether the frame is the guest's, as [`on_sigsys`] does: one that is never blocked may have
/// come while another was being delivered.
unsafe extern "C" fn on_signal(signal: i32, info: *const SigInfo, frame: *mut UContext) -> bool {
    // SAFETY: the kernel's own frame.
    let (info, frame) = unsafe { (&*info, &mut *frame) };
    let signal = signal as u8;
    let step = signal == SIGTRAP && info.code == TRAP_TRACE;
    if is_fault(signal, info) && !step {
        // A displaced instruction that faults faults where the guest has it.
        frame.regs.rip = trap::original(frame.regs.rip).unwrap_or(frame.regs.rip);
    }
    let leaving = trap::leaving(frame.regs.rip);
    if matches!(leaving, Some(trap::Leaving::Left)) {
        frame.regs.rip = frame.regs.rcx;
    }
    let rip = frame.regs.rip;
    if !is_ours(rip) {
        if signal == SIGSEGV && info.code == PROTECTION && trap::being_written(rip, current()) {
            return false;
        }
        deliver(current(), frame, signal, info);
        return true;
    }
    if is_fault(signal, info) {
        // A program that steps through itself steps through our trampolines as well, up to where its flags are kept.
        if step {
            return false;
        }
        match guest::landing(rip) {
            Some(landing) => frame.regs.rip = landing,
            None => our_own_fault(signal, info, frame),
        }
        return false;
    }
    let thread = current();
    // The place is taken in one step, before it is filled: what is never blocked may come in between.
    let place =
        thread
            .pending
            .compare_exchange(0, u32::from(signal), Ordering::AcqRel, Ordering::Relaxed);
    if place.is_ok() {
        // SAFETY: only this thread touches its cell, and the stub code we interrupted goes on when it is filled.
        unsafe { *thread.pending_info.get() = *info };
    } else if NEVER_BLOCKED & super::bit(signal) == 0 {
        // A mask was put back while another one waited: this one comes again later. The queue may be full of what
        // others send.
        const PATIENCE: u32 = 10_000;
        for _ in 0..PATIENCE {
            if put_back(thread, signal, info).is_ok() {
                break;
            }
            // SAFETY: no arguments.
            let _ = unsafe { host::call_n(nr::sched_yield, []) };
        }
    } else {
        // It would come again at once.
        thread.held.keep(signal, info);
    }
    frame.sigmask = !NEVER_BLOCKED;
    // Whoever took the place may have done so just now, when this code was past its last look.
    if (compat_exit_start as *const () as u64..=compat_exit_syscall as *const () as u64)
        .contains(&rip)
    {
        frame.regs.rip = compat_exit_waiting as *const () as u64;
    } else {
        keep_awake(frame, leaving);
    }
    false
}

/// Whether `rip` is in the window of a host call that may sleep.
pub(super) fn in_window(rip: u64) -> bool {
    (compat_window_start as *const () as u64..=compat_window_again as *const () as u64)
        .contains(&rip)
}

/// A host call that sleeps ends; one that is about to be made, when it shall not either.
pub(super) fn wake(frame: &mut UContext, about_to: bool) {
    if frame.regs.rip == compat_window_again as *const () as u64 {
        frame.regs.rip = compat_window_woken as *const () as u64;
    } else if about_to {
        let leaving = trap::leaving(frame.regs.rip);
        keep_awake(frame, leaving);
    }
}

/// Code of ours that is about to make a host call that may sleep makes none.
pub(super) fn keep_awake(frame: &mut UContext, leaving: Option<trap::Leaving>) {
    if in_window(frame.regs.rip) {
        frame.regs.rip = compat_window_interrupted as *const () as u64;
    } else if let Some(trap::Leaving::Restart(at)) = leaving {
        frame.regs.rip = at;
    }
}

/// Delivers the signal that waits, if any, to the guest frame `frame`, which is about to be resumed.
pub(crate) unsafe extern "C" fn deliver_waiting(frame: *mut UContext) {
    let thread = current();
    // SAFETY: the frame of the system call that just ended, still ours.
    let frame = unsafe { &mut *frame };
    let signal = thread.pending.load(Ordering::Acquire) as u8;
    if signal == 0 {
        return;
    }
    // SAFETY: `pending` was set after the information, by this thread.
    let info = unsafe { *thread.pending_info.get() };
    thread.pending.store(0, Ordering::Release);
    let saved = thread.saved_mask.get();
    // The call itself (sigreturn, setcontext) blocked it meanwhile: the host keeps it until it is unblocked. Only where the
    // queue is full is it delivered in spite of the mask, for else it would be lost.
    if saved.is_none()
        && host_mask(thread.mask.get()) & super::bit(signal) != 0
        && put_back(thread, signal, &info).is_ok()
    {
        super::release_held(thread);
        return;
    }
    deliver(thread, frame, signal, &info);
    // Without a handler that takes it along, the mask before a waiting call comes back now.
    if let Some(mask) = thread.saved_mask.take() {
        super::install_guest_mask(thread, frame, mask);
    }
    super::release_held(thread);
}

/// Whether a call interrupted by the signal that waits starts over: no handler will run, or the handler restarts.
pub fn interrupted_restarts(thread: &Thread, never_restart: bool) -> Option<bool> {
    let disturbed = thread.disturbed.load(Ordering::Relaxed);
    let host = thread.pending.load(Ordering::Acquire) as u8;
    if host == 0 {
        return disturbed.then_some(true);
    }
    let personality = attached()?;
    let signal = (personality.signal_from_host)(host)?;
    if thread.mask.get().has(signal) {
        return Some(true);
    }
    let action = current_action(thread.process(), signal);
    Some(match action.disposition {
        Disposition::Handler(_) => action.restart && !never_restart,
        _ => true,
    })
}

/// Deals with the signal that interrupted a call, when no handler of the guest will run for it, so that the call can go
/// on. `false` when the call has to end: a handler waits.
pub(crate) fn settle(thread: &Thread) -> bool {
    thread.disturbed.store(false, Ordering::Relaxed);
    let host = thread.pending.load(Ordering::Acquire) as u8;
    if host == 0 {
        // Stopped and continued, or another thread wanted something done.
        return true;
    }
    let settled = attached().is_some_and(|personality| {
        (personality.signal_from_host)(host).is_some_and(|signal| {
            if thread.mask.get().has(signal) {
                // SAFETY: `pending` was set after the information, by this thread.
                thread
                    .held
                    .keep(host, unsafe { &*thread.pending_info.get() });
                return true;
            }
            settle_unhandled(thread, personality, host, signal)
        })
    });
    if settled {
        thread.pending.store(0, Ordering::Release);
        super::restore_mask(host_mask(thread.mask.get()));
        // One that came meanwhile and is never blocked waits now.
        return !super::release_held(thread) || settle(thread);
    }
    settled
}

fn our_own_fault(signal: u8, info: &SigInfo, frame: &UContext) -> ! {
    let (start, _) = stub_range();
    let text = alloc::format!(
        "compat: internal error: signal {signal} (code {}) at stub+{:#x}, address {:#x}; please report this\n",
        info.code,
        frame.regs.rip.wrapping_sub(start),
        info.address()
    );
    host::write_stderr(text.as_bytes());
    host::exit_group(125)
}
