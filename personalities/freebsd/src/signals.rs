//! FreeBSD's signals: numbers, defaults, faults and the frame a handler runs on (sendsig in exec_machdep.c).

use compat_tables::freebsd as tables;
use compat_translate::guest;
use compat_translate::host::{HostErrno, HostResult};
use compat_translate::signal::{DefaultAction, Delivery, Regs, SigInfo, UContext};
use compat_translate::task;

use crate::abi::signal::{
    MC_FPFMT_XMM, MC_FPOWNED_FPU, MC_FPOWNED_NONE, MC_HASBASES, MC_HASFPXSTATE, MC_HASSEGS,
    Mcontext, SS_DISABLE, SS_ONSTACK, Sigframe, Siginfo, Stack, Ucontext,
};
use crate::sigcode;

/// Guest numbers used by name here.
pub(crate) mod number {
    pub(crate) const SIGILL: u8 = 4;
    pub(crate) const SIGTRAP: u8 = 5;
    pub(crate) const SIGABRT: u8 = 6;
    pub(crate) const SIGFPE: u8 = 8;
    pub(crate) const SIGKILL: u8 = 9;
    pub(crate) const SIGBUS: u8 = 10;
    pub(crate) const SIGSEGV: u8 = 11;
    pub(crate) const SIGSYS: u8 = 12;
    pub(crate) const SIGSTOP: u8 = 17;
    pub(crate) const SIGCHLD: u8 = 20;
}
use number::{SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};

pub(crate) fn to_host(signal: u8) -> Option<u8> {
    tables::signal::to_host(signal)
}

pub(crate) fn from_host(signal: u8) -> Option<u8> {
    tables::signal::from_host(signal)
}

pub(crate) fn default_action(signal: u8) -> DefaultAction {
    match tables::signal::default_action(signal) {
        compat_tables::DefaultAction::Terminate => DefaultAction::Terminate,
        compat_tables::DefaultAction::Core => DefaultAction::Core,
        compat_tables::DefaultAction::Ignore => DefaultAction::Ignore,
        compat_tables::DefaultAction::Stop => DefaultAction::Stop,
        compat_tables::DefaultAction::Continue => DefaultAction::Continue,
    }
}

const TRAP_PROTECTION: u64 = 13;
const TRAP_STACK: u64 = 12;
const TRAP_PAGE: u64 = 14;
const SI_KERNEL_HOST: i32 = 0x80;

/// The signal FreeBSD raises for a fault that the host reports as `host` (trap.c).
pub(crate) fn fault_signal(host: u8, info: &SigInfo, trap: u64) -> u8 {
    // A general protection fault is SIGBUS on FreeBSD, SIGSEGV with SI_KERNEL on Linux.
    if host == 11 && info.code == SI_KERNEL_HOST && trap == TRAP_PROTECTION {
        return SIGBUS;
    }
    from_host(host).unwrap_or(SIGBUS)
}

/// FreeBSD's trap numbers (machine/trap.h) by hardware vector.
fn trap_number(vector: u64) -> u32 {
    match vector {
        0 => 18,
        1 => 10,
        3 => 3,
        4 => 20,
        5 => 21,
        6 => 1,
        7 => 22,
        10 => 25,
        11 => 26,
        12 => 27,
        13 => 9,
        14 => 12,
        16 => 6,
        17 => 14,
        19 => 29,
        _ => 0,
    }
}

/// `si_code` of a fault (trap in amd64/trap.c, vm_fault_trap).
fn fault_code(signal: u8, code: i32, trap: u64) -> i32 {
    match (signal, code) {
        // Linux and FreeBSD swap integer divide and overflow.
        (SIGFPE, 1) => 2,
        (SIGFPE, 2) => 1,
        // SEGV_PKUERR.
        (SIGSEGV, 4) => 100,
        // An undefined instruction is ILL_PRVOPC.
        (SIGILL, _) => 5,
        // A segment that is not there, or the stack beyond canonical addresses: BUS_ADRERR.
        (SIGBUS, _) if matches!(trap, 11 | TRAP_STACK) => 2,
        // A page beyond the end of its object, and a general protection fault: BUS_OBJERR.
        (SIGBUS, 2 | SI_KERNEL_HOST) => 3,
        (SIGTRAP, SI_KERNEL_HOST) => 1,
        (_, code) => code,
    }
}

fn code_to_guest(signal: u8, code: i32, fault: Option<Fault>) -> i32 {
    if let Some(fault) = fault {
        return fault_code(signal, code, fault.trap);
    }
    match code {
        0 => 0x10001,
        -1 => 0x10002,
        -2 => 0x10003,
        -3 => 0x10005,
        -4 => 0x10004,
        -6 => 0x10007,
        SI_KERNEL_HOST => 0x10006,
        code => code,
    }
}

/// A signal that the CPU raised: by which exception, and where.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    trap: u64,
    rip: u64,
}

/// The guest's `siginfo_t` for the host's.
pub(crate) fn siginfo_to_guest(signal: u8, info: &SigInfo, fault: Option<Fault>) -> Siginfo {
    let mut guest = Siginfo {
        signo: i32::from(signal),
        errno: info.errno,
        code: code_to_guest(signal, info.code, fault),
        ..Siginfo::default()
    };
    if let Some(Fault { trap, rip }) = fault {
        guest.addr = if trap == TRAP_PAGE {
            info.address()
        } else {
            rip
        };
        guest.reason = core::array::from_fn(|index| {
            if index == 0 {
                trap_number(trap) as i32
            } else {
                0
            }
        });
        return guest;
    }
    if info.code == -2 {
        guest.value = info.value();
        guest.reason = core::array::from_fn(|index| match index {
            0 => info.pid(),
            1 => info.uid() as i32,
            _ => 0,
        });
        return guest;
    }
    guest.pid = info.pid();
    guest.uid = info.uid();
    if signal == SIGCHLD && info.code > 0 {
        // CLD_EXITED carries an exit code, everything else a signal.
        guest.status = match info.code {
            1 => info.status(),
            _ => from_host(info.status() as u8).map_or(info.status(), i32::from),
        };
    } else {
        guest.value = info.value();
    }
    guest
}

/// The host's XSAVE image behind a frame: address and the length of what lies beyond the 512 legacy bytes.
fn xsave_of(frame: &UContext) -> Option<(u64, usize)> {
    const FP_XSTATE_MAGIC1: u32 = 0x4650_5853;
    if frame.fpstate == 0 {
        return None;
    }
    // SAFETY: the kernel put an image of at least 512 bytes there; words 116 and 120 are its `sw_reserved`.
    let (magic, size) = unsafe {
        (
            (frame.fpstate as *const u32).add(116).read(),
            (frame.fpstate as *const u32).add(120).read(),
        )
    };
    let extended = if magic == FP_XSTATE_MAGIC1 {
        (size as usize).saturating_sub(512)
    } else {
        0
    };
    Some((frame.fpstate, extended))
}

/// Writes the first `length` bytes of what the CPU keeps beyond the 512 legacy bytes (struct amd64_get_xfpustate).
///
/// # Errors
/// `EINVAL` for more than there is, `EFAULT`.
pub(crate) fn write_extended(frame: &UContext, address: u64, length: u64) -> HostResult<()> {
    let (image, extended) = xsave_of(frame).unwrap_or_default();
    // The upper half of the word is padding.
    let length = (length & 0xffff_ffff) as usize;
    if length > most_extended() {
        return Err(HostErrno::EINVAL);
    }
    let kept = length.min(extended);
    if kept > 0 {
        // SAFETY: the image has `extended` bytes behind the first 512.
        let rest = unsafe { core::slice::from_raw_parts((image + 512) as *const u8, kept) };
        guest::write_bytes(address, rest)?;
    }
    guest::write_bytes(
        address.wrapping_add(kept as u64),
        &alloc::vec![0; length - kept],
    )
}

/// How much a program expects there that asks the CPU. The host's images leave out what a process has no leave to use.
fn most_extended() -> usize {
    /// Leaf 13, subleaf 0: `ebx` is the size with all that is switched on.
    const XSAVE_SIZES: u32 = 13;
    let size = core::arch::x86_64::__cpuid_count(XSAVE_SIZES, 0).ebx;
    (size as usize).saturating_sub(512)
}

/// The state a handler starts with: x87 and MXCSR at their defaults, everything else initial.
fn reset_fpu(frame: &UContext) {
    if let Some((image, extended)) = xsave_of(frame) {
        // SAFETY: within the image: FCW at 0, MXCSR at 24, XSTATE_BV at 512.
        unsafe {
            (image as *mut u16).write(0x037f);
            (image as *mut u32).add(6).write(0x1f80);
            if extended >= 64 {
                (image as *mut u64).add(64).write(0);
            }
        }
    }
}

const FREEBSD_CS: u64 = 0x43;
const FREEBSD_DS: u16 = 0x3b;

/// `mcontext_t` of the thread in `frame`, without the extended vector state.
pub(crate) fn mcontext_of(frame: &UContext) -> Mcontext {
    let Regs {
        r8,
        r9,
        r10,
        r11,
        r12,
        r13,
        r14,
        r15,
        rdi,
        rsi,
        rbp,
        rbx,
        rdx,
        rax,
        rcx,
        rsp,
        rip,
        rflags,
    } = frame.regs;
    let mut context = Mcontext {
        onstack: 0,
        rdi,
        rsi,
        rdx,
        rcx,
        r8,
        r9,
        rax,
        rbx,
        rbp,
        r10,
        r11,
        r12,
        r13,
        r14,
        r15,
        trapno: trap_number(frame.trapno),
        fs: 0x13,
        gs: 0x1b,
        addr: if frame.trapno == TRAP_PAGE {
            frame.cr2
        } else {
            0
        },
        flags: MC_HASSEGS,
        es: FREEBSD_DS,
        ds: FREEBSD_DS,
        err: frame.err,
        rip,
        cs: FREEBSD_CS,
        rflags,
        rsp,
        ss: u64::from(FREEBSD_DS),
        len: size_of::<Mcontext>() as u64,
        fpformat: MC_FPFMT_XMM,
        ownedfp: MC_FPOWNED_NONE,
        fpstate: [0; 512],
        fsbase: task::fs_base(),
        gsbase: 0,
        xfpustate: 0,
        xfpustate_len: 0,
        spare: [0; 4],
    };
    if let Some((image, _)) = xsave_of(frame) {
        context.ownedfp = MC_FPOWNED_FPU;
        // SAFETY: the legacy area is 512 bytes.
        context.fpstate = unsafe { (image as *const [u8; 512]).read() };
        // The last 48 bytes are the host kernel's private note to itself.
        if let Some(private) = context.fpstate.get_mut(464..) {
            private.fill(0);
        }
    }
    context
}

/// Everything a user may change (machine/psl.h), and the resume flag, which FreeBSD lets pass too.
pub(crate) const CHANGEABLE_FLAGS: u64 = 0x0024_0dd5 | 0x1_0000;

/// What a handler returns to: registers, vector state and `fs` base from the `mcontext_t` it was given (sys_sigreturn).
///
/// # Errors
/// `EINVAL` for flags no user may set, `EFAULT` for unreadable extended state.
pub(crate) fn return_to(frame: &mut UContext, context: &Mcontext) -> HostResult<()> {
    if (context.rflags ^ frame.regs.rflags) & !CHANGEABLE_FLAGS != 0 {
        return Err(HostErrno::EINVAL);
    }
    set(frame, context)?;
    task::set_fs_base(context.fsbase);
    Ok(())
}

/// Takes registers and vector state from a guest's `mcontext_t` (set_mcontext). The `fs` base only on demand: a context
/// may go on in another thread than it was taken in.
///
/// # Errors
/// `EINVAL` for a structure of another size, `EFAULT` for unreadable extended state.
pub(crate) fn set_mcontext(frame: &mut UContext, context: &Mcontext) -> HostResult<()> {
    if context.len != size_of::<Mcontext>() as u64 {
        return Err(HostErrno::EINVAL);
    }
    let fixed = frame.regs.rflags & !CHANGEABLE_FLAGS;
    set(frame, context)?;
    frame.regs.rflags = frame.regs.rflags & CHANGEABLE_FLAGS | fixed;
    if context.flags & MC_HASBASES != 0 {
        task::set_fs_base(context.fsbase);
    }
    Ok(())
}

fn set(frame: &mut UContext, context: &Mcontext) -> HostResult<()> {
    if context.flags & !(MC_HASSEGS | MC_HASBASES | MC_HASFPXSTATE) != 0 {
        return Err(HostErrno::EINVAL);
    }
    if let Some((image, extended)) = xsave_of(frame) {
        if context.ownedfp == MC_FPOWNED_NONE {
            reset_fpu(frame);
        } else {
            let legacy = context.fpstate;
            let wanted = if context.flags & MC_HASFPXSTATE != 0 {
                context.xfpustate_len as usize
            } else {
                0
            };
            if wanted > extended.max(most_extended()) {
                return Err(HostErrno::EINVAL);
            }
            let wanted = wanted.min(extended);
            // SAFETY: the image has 512 legacy bytes, the last 48 of which stay the kernel's, and `extended` more.
            unsafe {
                core::ptr::copy_nonoverlapping(legacy.as_ptr(), image as *mut u8, 464);
                // Reserved MXCSR bits would make the kernel refuse the whole image.
                let mxcsr = (image as *mut u32).add(6);
                mxcsr.write(mxcsr.read() & 0xffff);
                if wanted > 0 {
                    let rest = core::slice::from_raw_parts_mut((image + 512) as *mut u8, wanted);
                    guest::read_bytes(context.xfpustate, rest)?;
                } else if extended >= 64 {
                    // Only x87 and SSE are given: the rest is initial.
                    (image as *mut u64).add(64).write(3);
                }
            }
        }
    }
    frame.regs = registers(context);
    Ok(())
}

/// The general registers of a context.
pub(crate) fn registers(context: &Mcontext) -> Regs {
    let Mcontext {
        rdi,
        rsi,
        rdx,
        rcx,
        r8,
        r9,
        rax,
        rbx,
        rbp,
        r10,
        r11,
        r12,
        r13,
        r14,
        r15,
        rip,
        rflags,
        rsp,
        ..
    } = *context;
    Regs {
        r8,
        r9,
        r10,
        r11,
        r12,
        r13,
        r14,
        r15,
        rdi,
        rsi,
        rbp,
        rbx,
        rdx,
        rax,
        rcx,
        rsp,
        rip,
        rflags,
    }
}

/// The alternate stack as `sigaltstack` and `uc_stack` show it.
pub(crate) fn alternate_stack(thread: &task::Thread, rsp: u64) -> Stack {
    let (sp, size, enabled) = thread.alternate.get();
    let flags = if !enabled {
        SS_DISABLE
    } else if on_stack(sp, size, rsp) {
        SS_ONSTACK
    } else {
        0
    };
    Stack {
        sp,
        size,
        flags,
        pad: 0,
    }
}

fn on_stack(base: u64, size: u64, rsp: u64) -> bool {
    rsp.wrapping_sub(base) < size
}

/// Builds the frame of a handler; see [`compat_translate::Personality::deliver`].
pub(crate) fn deliver(delivery: &mut Delivery) -> bool {
    build(delivery).is_ok()
}

const RED_ZONE: u64 = 128;

fn build(delivery: &mut Delivery) -> HostResult<()> {
    let trampoline = sigcode::address()?;
    let frame = &mut *delivery.frame;
    let (base, size, enabled) = delivery.thread.alternate.get();
    let was_on = enabled && on_stack(base, size, frame.regs.rsp);
    let mut sp = if delivery.action.on_stack && enabled && !was_on {
        base.wrapping_add(size)
    } else {
        frame.regs.rsp.wrapping_sub(RED_ZONE)
    };
    let mut mcontext = mcontext_of(frame);
    mcontext.onstack = u64::from(was_on);
    if !delivery.fault {
        // The host shows what its last fault was.
        (mcontext.trapno, mcontext.addr, mcontext.err) = (0, 0, 0);
    }
    if let Some((image, extended)) = xsave_of(frame).filter(|&(_, extended)| extended > 0) {
        sp = sp.wrapping_sub(extended as u64) & !63;
        // SAFETY: the image extends that far.
        let rest = unsafe { core::slice::from_raw_parts((image + 512) as *const u8, extended) };
        guest::write_bytes(sp, rest)?;
        mcontext.flags |= MC_HASFPXSTATE;
        mcontext.xfpustate = sp;
        mcontext.xfpustate_len = extended as u64;
    }
    sp = sp.wrapping_sub(size_of::<Sigframe>() as u64) & !15;
    let fault = delivery.fault.then_some(Fault {
        trap: frame.trapno,
        rip: frame.regs.rip,
    });
    let si = siginfo_to_guest(delivery.signal, delivery.info, fault);
    let uc = Ucontext {
        sigmask: delivery.old_mask.words(),
        mcontext,
        link: 0,
        stack: alternate_stack(delivery.thread, frame.regs.rsp),
        flags: 0,
        spare: [0; 4],
        pad: [0; 3],
    };
    guest::write(
        sp,
        &Sigframe {
            handler: delivery.handler,
            pad: 0,
            uc,
            si,
        },
    )?;
    reset_fpu(frame);
    frame.regs.rdi = u64::from(delivery.signal);
    frame.regs.rsi = if delivery.action.info {
        sp + 896
    } else {
        i64::from(si.code) as u64
    };
    frame.regs.rdx = sp + 16;
    frame.regs.rcx = si.addr;
    frame.regs.rsp = sp;
    frame.regs.rip = trampoline;
    // A handler starts with the direction and trap flags clear.
    frame.regs.rflags &= !(0x400 | 0x100);
    Ok(())
}
