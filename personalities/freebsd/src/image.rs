//! The process a FreeBSD program starts in: argument block, auxiliary vector, registers (kern_exec.c, imgact_elf.c,
//! exec_setregs).

use alloc::borrow::Cow;

use compat_bsd::machine::cpus;
use compat_tables::bsd::flags::rlimit;
use compat_translate::host::{self, HostResult, nr};
use compat_translate::settings::Settings;
use compat_translate::signal::UContext;
use compat_translate::sync::Mutex;
use zerocopy::{FromBytes, IntoBytes};

/// The release that programs see unless the user or their root says otherwise.
pub const RELEASE: &str = "14.2-RELEASE";
/// `__FreeBSD_version` of [`RELEASE`].
pub const OSRELDATE: u32 = 1_402_000;

/// The kernel version that programs see: what the user says, or else what the programs of their root were made for. Ports,
/// packages and `configure` take it for the version of the whole system.
pub fn osreldate(settings: &Settings) -> u32 {
    image::version(settings).unwrap_or(OSRELDATE)
}

/// How many resource limits the release that the program sees knows.
pub(crate) fn limits(settings: &Settings) -> i32 {
    /// The release that has RLIMIT_PIPEBUF and RLIMIT_VMM.
    const WITH_PIPEBUF: u32 = 1_500_000;
    if osreldate(settings) < WITH_PIPEBUF {
        rlimit::RLIMIT_PIPEBUF
    } else {
        rlimit::RLIMIT_VMM + 1
    }
}

/// The release that programs see.
pub fn release(settings: &Settings) -> Cow<'_, str> {
    match image::release(settings) {
        Some(release) => Cow::Borrowed(release),
        None => release_of(osreldate(settings)),
    }
}

/// The release of a kernel version, which says nothing of patches (the Porter's Handbook has the list).
fn release_of(osreldate: u32) -> Cow<'static, str> {
    const FIRST_AFTER_RELEASE: u32 = 500;
    if osreldate == OSRELDATE {
        return Cow::Borrowed(RELEASE);
    }
    let (major, minor) = (osreldate / 100_000, osreldate / 1000 % 100);
    let branch = if osreldate % 1000 < FIRST_AFTER_RELEASE {
        "RELEASE"
    } else {
        "STABLE"
    };
    Cow::Owned(alloc::format!("{major}.{minor}-{branch}"))
}

use compat_bsd::image::{self, Stack};
pub use compat_bsd::image::{Loaded, Strings};

/// Where parts of the argument block lie, for those who ask later.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes)]
pub(crate) struct Places {
    /// The end of the initial stack.
    pub(crate) stack_top: u64,
    /// `struct ps_strings`.
    pub(crate) ps_strings: u64,
    /// The auxiliary vector and its size in bytes.
    pub(crate) auxv: u64,
    pub(crate) auxv_len: u64,
}

static PLACES: Mutex<Places> = Mutex::new(Places {
    stack_top: 0,
    ps_strings: 0,
    auxv: 0,
    auxv_len: 0,
});

/// See [`Places`].
pub(crate) fn places() -> Places {
    *PLACES.lock()
}

/// The same of another process that runs this very image, which lies at the same addresses everywhere.
///
/// # Errors
/// As [`host::read_process`].
pub(crate) fn places_of(pid: i32) -> HostResult<Places> {
    let mut places = Places::default();
    host::read_process(pid, PLACES.data_ptr() as u64, places.as_mut_bytes())?;
    Ok(places)
}

mod aux {
    pub(super) use compat_bsd::image::aux::*;

    pub(super) const EXECPATH: u64 = 15;
    pub(super) const CANARY: u64 = 16;
    pub(super) const CANARYLEN: u64 = 17;
    pub(super) const OSRELDATE: u64 = 18;
    pub(super) const NCPUS: u64 = 19;
    pub(super) const PAGESIZES: u64 = 20;
    pub(super) const PAGESIZESLEN: u64 = 21;
    pub(super) const STACKPROT: u64 = 23;
    pub(super) const EHDRFLAGS: u64 = 24;
    pub(super) const BSDFLAGS: u64 = 27;
    pub(super) const ARGC: u64 = 28;
    pub(super) const ARGV: u64 = 29;
    pub(super) const ENVC: u64 = 30;
    pub(super) const ENVV: u64 = 31;
    pub(super) const PS_STRINGS: u64 = 32;
    pub(super) const USRSTACKBASE: u64 = 35;
    pub(super) const USRSTACKLIM: u64 = 36;
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
    let mut stack = Stack::below(top)?;
    let path = stack.push_string(&strings.path)?;
    let mut canary = [0u8; 64];
    // SAFETY: `canary` is valid for writing.
    unsafe { host::call_n(nr::getrandom, [canary.as_mut_ptr() as u64, 64, 0]) }?;
    let canary = stack.push(&canary)?;
    // Not a constant: that would be the only one from its page.
    let page_sizes: [u64; 3] = core::array::from_fn(|size| 4096 << (9 * size));
    let page_sizes = stack.push(page_sizes.as_bytes())?;

    let cpus = cpus();
    let stack_top = top.next_multiple_of(4096);
    let stack_limit = stack_limit();
    let block = stack.finish(strings, |vectors| {
        [
            (aux::PHDR, loaded.phdr),
            (aux::PHENT, loaded.phent),
            (aux::PHNUM, loaded.phnum),
            (aux::PAGESZ, 4096),
            (aux::FLAGS, 0),
            (aux::ENTRY, loaded.entry),
            (aux::BASE, loaded.base),
            (aux::EHDRFLAGS, loaded.flags),
            (aux::EXECPATH, path),
            (aux::OSRELDATE, u64::from(osreldate(settings))),
            (aux::CANARY, canary),
            (aux::CANARYLEN, 64),
            (aux::NCPUS, cpus),
            (aux::PAGESIZES, page_sizes),
            (aux::PAGESIZESLEN, 24),
            (aux::STACKPROT, 3),
            // No sigfastblock: rtld and libthr then use the calls.
            (aux::BSDFLAGS, 0),
            (aux::ARGC, vectors.argc),
            (aux::ARGV, vectors.argv),
            (aux::ENVC, vectors.envc),
            (aux::ENVV, vectors.envv),
            (aux::PS_STRINGS, vectors.ps_strings),
            (aux::USRSTACKBASE, stack_top),
            (aux::USRSTACKLIM, stack_limit),
            (aux::NULL, 0),
        ]
    })?;
    *PLACES.lock() = Places {
        stack_top,
        ps_strings: block.ps_strings,
        auxv: block.auxv,
        auxv_len: block.auxv_len,
    };

    let mut context = UContext::default();
    context.regs.rip = loaded.start;
    context.regs.rdi = block.start;
    context.regs.rsp = (block.start.wrapping_sub(8) & !15) + 8;
    context.regs.rflags = 0x202;
    Ok(context)
}

/// How far the stack may grow, in bytes. FreeBSD has a largest size (MAXSSIZ) where Linux says "unlimited".
fn stack_limit() -> u64 {
    const RLIMIT_STACK: u64 = 3;
    const MAXSSIZ: u64 = 512 << 20;
    let mut limit = [0u64; 2];
    let args = [0, RLIMIT_STACK, 0, limit.as_mut_ptr() as u64];
    // SAFETY: `limit` is a struct rlimit.
    let _ = unsafe { host::call_n(nr::prlimit64, args) };
    limit[0].clamp(4096, MAXSSIZ)
}

#[cfg(test)]
mod tests {
    use super::release_of;

    #[test]
    fn a_version_names_a_release() {
        for (version, name) in [
            (902_001, "9.2-RELEASE"),
            (1_001_000, "10.1-RELEASE"),
            (1_302_001, "13.2-RELEASE"),
            (1_302_507, "13.2-STABLE"),
            (super::OSRELDATE, super::RELEASE),
        ] {
            assert_eq!(release_of(version), name);
        }
    }
}
