//! The process a DragonFly program starts in: argument block, auxiliary vector, registers (kern_exec.c, imgact_elf.c,
//! exec_setregs).

use alloc::borrow::Cow;
use core::sync::atomic::{AtomicU64, Ordering};

use compat_bsd::image::{self, Loaded, Stack, Strings};
use compat_translate::host::HostResult;
use compat_translate::settings::Settings;
use compat_translate::signal::UContext;

/// The release that programs see unless the user or their root says otherwise.
pub const RELEASE: &str = "6.4-RELEASE";
/// `__DragonFly_version` of [`RELEASE`].
pub const OSRELDATE: u32 = 600_400;

/// The release that programs see.
pub fn release(settings: &Settings) -> Cow<'_, str> {
    match image::release(settings) {
        Some(release) => Cow::Borrowed(release),
        None => release_of(osreldate(settings)),
    }
}

/// The version number that programs see: what the user says, or else what the programs of their root were made for.
pub fn osreldate(settings: &Settings) -> u32 {
    image::version(settings).unwrap_or(OSRELDATE)
}

/// The release of a version number (sys/param.h): those between two releases, odd ones, are in development.
fn release_of(osreldate: u32) -> Cow<'static, str> {
    let (major, minor) = (osreldate / 100_000, osreldate / 100 % 1000);
    let branch = if minor % 2 == 0 {
        "RELEASE"
    } else {
        "DEVELOPMENT"
    };
    Cow::Owned(alloc::format!("{major}.{minor}-{branch}"))
}

mod aux {
    pub(super) use compat_bsd::image::aux::*;

    pub(super) const EXECPATH: u64 = 15;
    pub(super) const OSRELDATE: u64 = 18;
}

static STACK_TOP: AtomicU64 = AtomicU64::new(0);
static PS_STRINGS: AtomicU64 = AtomicU64::new(0);

/// Where `struct ps_strings` is.
pub(crate) fn ps_strings() -> u64 {
    PS_STRINGS.load(Ordering::Relaxed)
}

/// The end of the initial stack.
pub(crate) fn stack_top() -> u64 {
    STACK_TOP.load(Ordering::Relaxed)
}

/// Builds the argument block below `top` on the guest's stack and returns the registers to start with.
///
/// # Errors
/// `EFAULT` when the stack is too small.
pub fn start(
    loaded: &Loaded,
    strings: &Strings,
    top: u64,
    settings: &Settings,
) -> HostResult<UContext> {
    STACK_TOP.store(top.next_multiple_of(4096), Ordering::Relaxed);
    let mut stack = Stack::below(top)?;
    let path = stack.push_string(&strings.path)?;
    let block = stack.finish(strings, |_| {
        [
            (aux::PHDR, loaded.phdr),
            (aux::PHENT, loaded.phent),
            (aux::PHNUM, loaded.phnum),
            (aux::PAGESZ, 4096),
            (aux::FLAGS, 0),
            (aux::ENTRY, loaded.entry),
            (aux::BASE, loaded.base),
            (aux::EXECPATH, path),
            (aux::OSRELDATE, u64::from(osreldate(settings))),
            (aux::NULL, 0),
        ]
    })?;

    let mut context = UContext::default();
    context.regs.rip = loaded.start;
    context.regs.rdi = block.start;
    context.regs.rbx = block.ps_strings;
    PS_STRINGS.store(block.ps_strings, Ordering::Relaxed);
    context.regs.rsp = (block.start.wrapping_sub(8) & !15) + 8;
    context.regs.rflags = 0x202;
    Ok(context)
}
