//! Machine contexts: the registers and vector state of a thread as NetBSD lays them out (cpu_getmcontext, cpu_setmcontext
//! in amd64/machdep.c).

use compat_bsd::fpu;
use compat_translate::guest;
use compat_translate::host::{HostErrno, HostResult};
use compat_translate::signal::{Regs, UContext};
use compat_translate::task;

use crate::abi::ucontext::{Gregs, Mcontext, UC_CPU, UC_FPU, UC_TLSBASE};
use crate::signals::trap_number;

const NETBSD_CS: u64 = 0x47;
const NETBSD_DS: u64 = 0x3f;

/// Where the reserved bytes of an `fxsave` area begin that the CPU leaves alone. They say here where the rest of the
/// vector state lies, which `mcontext_t` has no room for: a magic number, its address, its length.
const OURS: usize = 464;
const MAGIC: u64 = 0x7461_706d_6f63_7666;

/// Bits of `rflags` that a program cannot change (PSL_USERSTATIC is about the rest).
const CHANGEABLE_FLAGS: u64 = fpu::CHANGEABLE_FLAGS;

/// What [`mcontext_of`] fills in.
pub(crate) const PARTS: u32 = UC_CPU | UC_FPU | UC_TLSBASE;

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
    let note = if extended.0 == 0 {
        [0; 3]
    } else {
        [MAGIC, extended.0, extended.1]
    };
    set_note(&mut context.fpregs, note);
    context
}

fn set_note(area: &mut [u8; 512], note: [u64; 3]) {
    let bytes = note.into_iter().flat_map(u64::to_le_bytes);
    // The rest of these bytes is the host kernel's private note to itself.
    let bytes = bytes.chain(core::iter::repeat(0));
    for (slot, byte) in area.iter_mut().skip(OURS).zip(bytes) {
        *slot = byte;
    }
}

fn note(area: &[u8; 512]) -> Option<(u64, u64)> {
    let word = |index: usize| {
        let bytes = area.get(OURS + 8 * index..)?.first_chunk::<8>()?;
        Some(u64::from_le_bytes(*bytes))
    };
    (word(0)? == MAGIC).then_some((word(1)?, word(2)?))
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
    if flags & UC_FPU != 0 {
        set_vectors(frame, &context.fpregs);
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

fn set_vectors(frame: &UContext, area: &[u8; 512]) {
    let Some((image, extended)) = fpu::xsave_of(frame) else {
        return;
    };
    // SAFETY: the image has 512 legacy bytes, the last 48 of which stay the kernel's.
    unsafe {
        core::ptr::copy_nonoverlapping(area.as_ptr(), image as *mut u8, OURS);
        // Reserved MXCSR bits would make the kernel refuse the whole image.
        let mxcsr = (image as *mut u32).add(6);
        mxcsr.write(mxcsr.read() & 0xffff);
    }
    if extended < 64 {
        return;
    }
    let taken = note(area).is_some_and(|(address, length)| {
        let length = (length as usize).min(extended);
        // SAFETY: the image has `extended` bytes behind the first 512.
        let rest = unsafe { core::slice::from_raw_parts_mut((image + 512) as *mut u8, length) };
        length >= 64 && guest::read_bytes(address, rest).is_ok()
    });
    if !taken {
        // Only x87 and SSE are given: the rest is initial.
        // SAFETY: XSTATE_BV lies right behind the legacy area.
        unsafe { (image as *mut u64).add(64).write(3) };
    }
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
