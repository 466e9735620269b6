//! The process a NetBSD program starts in: argument block, auxiliary vector, registers (kern_exec.c, exec_elf.c, setregs).

use alloc::borrow::Cow;
use alloc::format;

use compat_bsd::image::{self, Loaded, Stack, Strings};
use compat_translate::host::{HostResult, call_n, nr};
use compat_translate::settings::Settings;
use compat_translate::signal::UContext;

/// The release that programs see unless the user or their root says otherwise.
pub const RELEASE: &str = "10.1";
/// `__NetBSD_Version__` of [`RELEASE`].
pub const OSREVISION: u32 = 1_001_000_000;

/// The release that programs see.
pub fn release(settings: &Settings) -> Cow<'_, str> {
    match (image::release(settings), osrevision(settings)) {
        (Some(release), _) => Cow::Borrowed(release),
        (None, OSREVISION) => Cow::Borrowed(RELEASE),
        (None, revision) => release_of(revision),
    }
}

/// The kernel version that programs see: what the user says, or else what the programs of their root were made for.
pub fn osrevision(settings: &Settings) -> u32 {
    image::version(settings).unwrap_or(OSREVISION)
}

/// The release of a version number (`MMmmrrpp00` in sys/param.h).
fn release_of(revision: u32) -> Cow<'static, str> {
    let (major, minor) = (revision / 100_000_000, revision / 1_000_000 % 100);
    Cow::Owned(match revision / 100 % 100 {
        0 => format!("{major}.{minor}"),
        patch => format!("{major}.{minor}.{patch}"),
    })
}

/// How many resource limits there are (RLIM_NLIMITS).
pub(crate) fn limits(_settings: &Settings) -> i32 {
    12
}

mod aux {
    pub(super) use compat_bsd::image::aux::*;

    pub(super) const STACKBASE: u64 = 13;
    pub(super) const EUID: u64 = 2000;
    pub(super) const RUID: u64 = 2001;
    pub(super) const EGID: u64 = 2002;
    pub(super) const RGID: u64 = 2003;
    pub(super) const SUN_EXECNAME: u64 = 2014;
}

/// Builds the argument block below `top` on the guest's stack and returns the registers to start with.
///
/// # Errors
/// `EFAULT` when the stack is too small.
pub fn start(
    loaded: &Loaded,
    strings: &Strings,
    top: u64,
    _settings: &Settings,
) -> HostResult<UContext> {
    let mut stack = Stack::below(top)?;
    let path = stack.push_string(&strings.path)?;
    let id = |number: u64| {
        // SAFETY: no arguments.
        unsafe { call_n(number, []) }.unwrap_or_default()
    };
    let block = stack.finish(strings, |_| {
        [
            (aux::PHDR, loaded.phdr),
            (aux::PHENT, loaded.phent),
            (aux::PHNUM, loaded.phnum),
            (aux::PAGESZ, 4096),
            (aux::BASE, loaded.base),
            (aux::FLAGS, 0),
            (aux::ENTRY, loaded.entry),
            (aux::EUID, id(nr::geteuid)),
            (aux::RUID, id(nr::getuid)),
            (aux::EGID, id(nr::getegid)),
            (aux::RGID, id(nr::getgid)),
            (aux::STACKBASE, top.next_multiple_of(4096)),
            (aux::SUN_EXECNAME, path),
            (aux::NULL, 0),
        ]
    })?;

    let mut context = UContext::default();
    context.regs.rip = loaded.start;
    context.regs.rsp = block.start;
    context.regs.rbx = block.ps_strings;
    context.regs.rflags = 0x202;
    Ok(context)
}
