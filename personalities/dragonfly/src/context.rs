//! Machine contexts: the registers and vector state of a thread as DragonFly lays them out (sendsig, sys_sigreturn in
//! cpu_regs.c). The `fs` base is no part of them.

use compat_bsd::fpu::{self, CHANGEABLE_FLAGS, xsave_of};
use compat_bsd::signals::{TRAP_PAGE, trap_number};
use compat_translate::host::{HostErrno, HostResult};
use compat_translate::signal::{Regs, UContext};

use crate::abi::signal::{
    FPREGS, MC_FPFMT_NODEV, MC_FPFMT_XMM, MC_FPOWNED_FPU, MC_FPOWNED_NONE, Mcontext,
};

const DRAGONFLY_CS: u64 = 0x43;
const DRAGONFLY_SS: u64 = 0x3b;
/// The legacy area, behind which XSAVE's own header and the upper halves of the vector registers stand.
const LEGACY: usize = 512;
/// `mcontext_t` of the thread in `frame`. It has room for the AVX registers and no more, as DragonFly uses no others; a
/// program that asks the CPU uses what this one has, so all of it is `rest` as well.
pub(crate) fn mcontext_of(frame: &UContext, rest: (u64, u64)) -> Mcontext {
    let regs = &frame.regs;
    let mut context = Mcontext {
        onstack: 0,
        rdi: regs.rdi,
        rsi: regs.rsi,
        rdx: regs.rdx,
        rcx: regs.rcx,
        r8: regs.r8,
        r9: regs.r9,
        rax: regs.rax,
        rbx: regs.rbx,
        rbp: regs.rbp,
        r10: regs.r10,
        r11: regs.r11,
        r12: regs.r12,
        r13: regs.r13,
        r14: regs.r14,
        r15: regs.r15,
        xflags: 0,
        trapno: u64::from(trap_number(frame.trapno)),
        addr: if frame.trapno == TRAP_PAGE {
            frame.cr2
        } else {
            0
        },
        flags: 0,
        err: frame.err,
        rip: regs.rip,
        cs: DRAGONFLY_CS,
        rflags: regs.rflags,
        rsp: regs.rsp,
        ss: DRAGONFLY_SS,
        len: size_of::<Mcontext>() as u32,
        fpformat: MC_FPFMT_NODEV,
        ownedfp: MC_FPOWNED_NONE,
        reserved: [0; 9],
        fpregs: [0; FPREGS],
    };
    if let Some((image, extended)) = xsave_of(frame) {
        context.fpformat = MC_FPFMT_XMM;
        context.ownedfp = MC_FPOWNED_FPU;
        let length = (LEGACY + extended).min(FPREGS);
        // SAFETY: the image is that long at least.
        let state = unsafe { core::slice::from_raw_parts(image as *const u8, length) };
        for (slot, byte) in context.fpregs.iter_mut().zip(state) {
            *slot = *byte;
        }
        fpu::set_note(&mut context.fpregs, rest);
    }
    context
}

/// What a handler returns to: registers and vector state from the `mcontext_t` it was given (sys_sigreturn).
///
/// # Errors
/// `EINVAL` for flags no user may set.
pub(crate) fn return_to(frame: &mut UContext, context: &Mcontext) -> HostResult<()> {
    if (context.rflags ^ frame.regs.rflags) & !CHANGEABLE_FLAGS != 0 {
        return Err(HostErrno::EINVAL);
    }
    if context.ownedfp == MC_FPOWNED_NONE {
        fpu::reset(frame);
    } else if let Some((image, extended)) = xsave_of(frame) {
        set_state(image, extended, &context.fpregs);
    }
    frame.regs = Regs {
        r8: context.r8,
        r9: context.r9,
        r10: context.r10,
        r11: context.r11,
        r12: context.r12,
        r13: context.r13,
        r14: context.r14,
        r15: context.r15,
        rdi: context.rdi,
        rsi: context.rsi,
        rbp: context.rbp,
        rbx: context.rbx,
        rdx: context.rdx,
        rax: context.rax,
        rcx: context.rcx,
        rsp: context.rsp,
        rip: context.rip,
        rflags: context.rflags,
    };
    Ok(())
}

fn set_state(image: u64, extended: usize, state: &[u8; FPREGS]) {
    /// XSAVE's header, which says which components there are.
    const HEADER: usize = 64;
    /// x87 and SSE, of which the legacy area has the most; AVX.
    const KEPT: u64 = 7;
    /// The upper halves of the AVX registers.
    const AVX: usize = 256;
    let complete = fpu::restore(image, extended, state);
    if extended < HEADER + AVX {
        return;
    }
    // SAFETY: the image has `extended` bytes behind the first 512, `state` twice as many as are read.
    unsafe {
        let header = (image as *mut u64).add(LEGACY / 8);
        let from = state.as_ptr().add(LEGACY);
        let mut components = from.cast::<u64>().read_unaligned() & KEPT;
        if complete {
            components |= header.read() & !KEPT;
        }
        header.write(components & host_components(image));
        let upper = (image as *mut u8).add(LEGACY + HEADER);
        core::ptr::copy_nonoverlapping(from.add(HEADER), upper, AVX);
    }
}

/// The components that the host's image can hold (`sw_reserved.xfeatures`).
fn host_components(image: u64) -> u64 {
    // SAFETY: the kernel's own note, within the legacy area.
    unsafe { (image as *const u64).add(59).read() }
}
