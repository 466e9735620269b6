//! The host's signal structures: what the kernel pushes for a handler and what `rt_sigreturn` takes back.

use core::mem::offset_of;

/// The general registers, in the order of Linux's `struct sigcontext`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
#[allow(missing_docs, reason = "registers are named as registers")]
pub struct Regs {
    pub r8: u64,
    pub r9: u64,
    pub r10: u64,
    pub r11: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    pub rdi: u64,
    pub rsi: u64,
    pub rbp: u64,
    pub rbx: u64,
    pub rdx: u64,
    pub rax: u64,
    pub rcx: u64,
    pub rsp: u64,
    pub rip: u64,
    pub rflags: u64,
}

/// What the kernel writes into the unused part of an XSAVE image to say that it is one (`struct _fpx_sw_bytes`).
#[repr(C)]
pub(crate) struct XsaveMark {
    magic: u32,
    extended_size: u32,
    /// The components it holds.
    pub(crate) features: u64,
}

impl XsaveMark {
    /// Where it lies in the image.
    pub(crate) const OFFSET: usize = 464;
    /// FP_XSTATE_MAGIC1
    const MAGIC: u32 = 0x4650_5853;
}

/// Linux's `struct ucontext` on x86-64. This is also the one form of a trapped thread ("frame") that every way into the
/// stub produces.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct UContext {
    /// `UC_*` bits.
    pub flags: u64,
    /// Unused by the kernel.
    pub link: u64,
    /// The alternate stack `rt_sigreturn` will set: ours.
    pub stack: AltStack,
    /// The interrupted registers.
    pub regs: Regs,
    /// Code segment selector.
    pub cs: u16,
    /// Not used on x86-64.
    pub gs: u16,
    /// Not used on x86-64.
    pub fs: u16,
    /// Stack segment selector.
    pub ss: u16,
    /// Page-fault error code.
    pub err: u64,
    /// Hardware trap number.
    pub trapno: u64,
    /// Unused.
    pub oldmask: u64,
    /// Faulting address.
    pub cr2: u64,
    /// Address of the XSAVE image, or 0 for "initial state" on the way back.
    pub fpstate: u64,
    /// Reserved by the kernel.
    pub reserved: [u64; 8],
    /// The host mask that `rt_sigreturn` installs.
    pub sigmask: u64,
}

impl UContext {
    /// Whether there is an XSAVE image, with a word that says what it holds.
    pub(crate) fn has_vector_state(&self) -> bool {
        // SAFETY: the kernel's own frame, whose image is at least so long.
        self.fpstate != 0
            && unsafe { (*((self.fpstate as usize + XsaveMark::OFFSET) as *const XsaveMark)).magic }
                == XsaveMark::MAGIC
    }
}

/// The host's `stack_t`.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct AltStack {
    /// Lowest address.
    pub base: u64,
    /// `SS_*`.
    pub flags: i32,
    /// Padding.
    pub pad: i32,
    /// Bytes.
    pub size: u64,
}

/// The host's `siginfo_t`, 128 bytes, with accessors for the parts that matter.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug, Default)]
pub struct SigInfo {
    /// Host signal number.
    pub signo: i32,
    /// Error number, nearly always 0.
    pub errno: i32,
    /// `SI_*`, `SEGV_*`, ...
    pub code: i32,
    /// Padding.
    pub pad: i32,
    /// The union, as words.
    pub fields: [u64; 14],
}

impl SigInfo {
    /// Sender's pid (kill, queue, child) or the timer id.
    pub fn pid(&self) -> i32 {
        self.fields[0] as i32
    }
    /// Sender's uid, or the timer's overrun count.
    pub fn uid(&self) -> u32 {
        (self.fields[0] >> 32) as u32
    }
    /// `si_value` of a queued signal or timer.
    pub fn value(&self) -> u64 {
        self.fields[1]
    }
    /// `si_status` of a child.
    pub fn status(&self) -> i32 {
        self.fields[1] as i32
    }
    /// Fault address.
    pub fn address(&self) -> u64 {
        self.fields[0]
    }
}

/// The host's `struct kernel_sigaction`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct KernelAction {
    pub(crate) handler: u64,
    pub(crate) flags: u64,
    pub(crate) restorer: u64,
    pub(crate) mask: u64,
}

impl KernelAction {
    const SIG_IGN: u64 = 1;

    /// `SIG_IGN`.
    pub(super) fn ignore() -> Self {
        Self {
            handler: Self::SIG_IGN,
            ..Self::default()
        }
    }

    /// Whether it is [`KernelAction::ignore`], whatever the flags.
    pub(super) fn ignores(&self) -> bool {
        self.handler == Self::SIG_IGN
    }
}

const _: () = {
    assert!(size_of::<UContext>() == 304);
    assert!(offset_of!(UContext, regs) == 40);
    assert!(offset_of!(UContext, cs) == 184);
    assert!(offset_of!(UContext, fpstate) == 224);
    assert!(offset_of!(UContext, sigmask) == 296);
    assert!(size_of::<SigInfo>() == 128);
};
