//! Machine contexts: the registers and vector state of a thread as FreeBSD lays them out (get_mcontext, set_mcontext in
//! exec_machdep.c).

use core::sync::atomic::{AtomicU32, Ordering};

pub(crate) use compat_bsd::fpu::reset as reset_fpu;
pub(crate) use compat_bsd::fpu::{CHANGEABLE_FLAGS, xsave_of};
use compat_translate::guest;
use compat_translate::host::{HostErrno, HostResult};
use compat_translate::signal::{Regs, UContext};
use compat_translate::task;

use crate::abi::signal::{
    MC_FPFMT_XMM, MC_FPOWNED_FPU, MC_FPOWNED_NONE, MC_HASBASES, MC_HASFPXSTATE, MC_HASSEGS,
    MC_HASTLSBASE, Mcontext,
};
use crate::signals::{TRAP_PAGE, trap_number};

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
    /// The answer, 0 before it was asked for: a hypervisor takes microseconds for it, and every sigreturn wants it.
    static SIZE: AtomicU32 = AtomicU32::new(0);
    let mut size = SIZE.load(Ordering::Relaxed);
    if size == 0 {
        size = core::arch::x86_64::__cpuid_count(XSAVE_SIZES, 0).ebx;
        SIZE.store(size, Ordering::Relaxed);
    }
    (size as usize).saturating_sub(512)
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
        tlsbase: 0,
        spare: [0; 3],
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
    if context.flags & !(MC_HASSEGS | MC_HASBASES | MC_HASFPXSTATE | MC_HASTLSBASE) != 0 {
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
