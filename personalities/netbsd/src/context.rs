//! Machine contexts: the registers and vector state of a thread as NetBSD lays them out (cpu_getmcontext, cpu_setmcontext
//! in amd64/machdep.c).

use core::sync::atomic::Ordering;

use compat_bsd::fpu;
use compat_translate::host::{HostErrno, HostResult};
use compat_translate::signal::{Regs, UContext};
use compat_translate::task::{self, Thread};

use crate::abi::ucontext::{Gregs, Mcontext, UC_CPU, UC_FPU, UC_TLSBASE};
use crate::signals::trap_number;

const NETBSD_CS: u64 = 0x47;
const NETBSD_DS: u64 = 0x3f;

/// Bits of `rflags` that a program cannot change (PSL_USERSTATIC is about the rest).
const CHANGEABLE_FLAGS: u64 = fpu::CHANGEABLE_FLAGS;

/// What [`mcontext_of`] fills in.
pub(crate) const PARTS: u32 = UC_CPU | UC_FPU | UC_TLSBASE;

/// Which of a thread's own words holds the context that follows its present one (`l_ctxlink`): the link of the context it
/// took on last. Whoever comes to the end of one asks for it with `getcontext`.
const LINK: usize = 0;

/// The context that follows.
pub(crate) fn link(thread: &Thread) -> u64 {
    thread
        .words
        .get(LINK)
        .map_or(0, |word| word.load(Ordering::Relaxed))
}

/// Notes the context that follows.
pub(crate) fn set_link(thread: &Thread, link: u64) {
    if let Some(word) = thread.words.get(LINK) {
        word.store(link, Ordering::Relaxed);
    }
}

/// `mcontext_t` of the thread in `frame`; what lies behind the 512 bytes of its vector state is at `extended`, if that is not
/// zero, with that length.
pub(crate) fn mcontext_of(frame: &UContext, extended: (u64, u64)) -> Mcontext {
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
        gregs: Gregs {
            rdi,
            rsi,
            rdx,
            rcx,
            r8,
            r9,
            r10,
            r11,
            r12,
            r13,
            r14,
            r15,
            rbp,
            rbx,
            rax,
            gs: 0,
            fs: 0,
            es: NETBSD_DS,
            ds: NETBSD_DS,
            trapno: u64::from(trap_number(frame.trapno)),
            err: frame.err,
            rip,
            cs: NETBSD_CS,
            rflags,
            rsp,
            ss: NETBSD_DS,
        },
        tlsbase: task::fs_base(),
        fpregs: fpu::INITIAL,
    };
    if let Some((image, _)) = fpu::xsave_of(frame) {
        // SAFETY: the legacy area is 512 bytes.
        context.fpregs = unsafe { (image as *const [u8; 512]).read() };
    }
    fpu::set_note(&mut context.fpregs, extended);
    context
}

/// Takes the parts that `flags` names from a guest's context.
///
/// # Errors
/// `EINVAL` for flags of the processor that no user may set.
pub(crate) fn set_mcontext(frame: &mut UContext, context: &Mcontext, flags: u32) -> HostResult<()> {
    if flags & UC_CPU != 0 {
        check(frame, context)?;
        frame.regs = registers(&context.gregs);
    }
    if flags & UC_FPU != 0
        && let Some((image, extended)) = fpu::xsave_of(frame)
    {
        fpu::restore(image, extended, &context.fpregs);
    }
    if flags & UC_TLSBASE != 0 {
        task::set_fs_base(context.tlsbase);
    }
    Ok(())
}

/// cpu_mcontext_validate.
///
/// # Errors
/// `EINVAL`.
pub(crate) fn check(frame: &UContext, context: &Mcontext) -> HostResult<()> {
    const USER_SPACE: u64 = 1 << 47;
    let fixed = (context.gregs.rflags ^ frame.regs.rflags) & !CHANGEABLE_FLAGS;
    if fixed != 0 || context.gregs.rip >= USER_SPACE {
        return Err(HostErrno::EINVAL);
    }
    Ok(())
}

/// The general registers of a context.
pub(crate) fn registers(from: &Gregs) -> Regs {
    let Gregs {
        rdi,
        rsi,
        rdx,
        rcx,
        r8,
        r9,
        r10,
        r11,
        r12,
        r13,
        r14,
        r15,
        rbp,
        rbx,
        rax,
        rip,
        rflags,
        rsp,
        ..
    } = *from;
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
