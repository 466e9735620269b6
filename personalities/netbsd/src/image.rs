//! The process a NetBSD program starts in: argument block, auxiliary vector, registers (kern_exec.c, exec_elf.c, setregs).

use alloc::vec::Vec;

use compat_bsd::image::{Loaded, Strings};
use compat_translate::guest;
use compat_translate::host::{HostResult, call_n, nr};
use compat_translate::settings::Settings;
use compat_translate::signal::UContext;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// The release that programs see unless the user says otherwise.
pub const RELEASE: &str = "10.1";
/// `__NetBSD_Version__` of [`RELEASE`].
pub const OSREVISION: u32 = 1_001_000_000;

/// The release that programs see.
pub fn release(settings: &Settings) -> &str {
    settings.release.as_deref().unwrap_or(RELEASE)
}

/// The kernel version that programs see.
pub fn osrevision(settings: &Settings) -> u32 {
    settings.osreldate.unwrap_or(OSREVISION)
}

/// How many resource limits there are (RLIM_NLIMITS).
pub(crate) fn limits(_settings: &Settings) -> i32 {
    12
}

mod aux {
    pub(super) const NULL: u64 = 0;
    pub(super) const PHDR: u64 = 3;
    pub(super) const PHENT: u64 = 4;
    pub(super) const PHNUM: u64 = 5;
    pub(super) const PAGESZ: u64 = 6;
    pub(super) const BASE: u64 = 7;
    pub(super) const FLAGS: u64 = 8;
    pub(super) const ENTRY: u64 = 9;
    pub(super) const STACKBASE: u64 = 13;
    pub(super) const EUID: u64 = 2000;
    pub(super) const RUID: u64 = 2001;
    pub(super) const EGID: u64 = 2002;
    pub(super) const RGID: u64 = 2003;
    pub(super) const SUN_EXECNAME: u64 = 2014;
}

/// `struct ps_strings`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
struct PsStrings {
    argvstr: u64,
    nargvstr: i32,
    pad0: u32,
    envstr: u64,
    nenvstr: i32,
    pad1: u32,
}

const _: () = assert!(size_of::<PsStrings>() == 32);

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
    let mut at = top & !15;
    let mut push = |bytes: &[u8]| -> HostResult<u64> {
        at = at.wrapping_sub(bytes.len() as u64) & !15;
        guest::write_bytes(at, bytes)?;
        Ok(at)
    };
    let ps_strings = push(&[0; size_of::<PsStrings>()])?;
    let mut path = strings.path.clone();
    path.push(0);
    let path = push(&path)?;
    let id = |number: u64| {
        // SAFETY: no arguments.
        unsafe { call_n(number, []) }.unwrap_or_default()
    };
    let vector = [
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
    ];
    let (argc, envc) = (strings.arguments.len(), strings.environment.len());
    let words = 1 + argc + 1 + envc + 1 + 2 * vector.len();
    let block = at.wrapping_sub(8 * words as u64) & !15;
    let argv = block + 8;
    let envv = argv + 8 * (argc as u64 + 1);
    let mut all = Vec::with_capacity(words);
    all.push(argc as u64);
    all.extend_from_slice(&strings.arguments);
    all.push(0);
    all.extend_from_slice(&strings.environment);
    all.push(0);
    all.extend(vector.into_iter().flat_map(|(kind, value)| [kind, value]));
    guest::write_bytes(block, all.as_bytes())?;
    let strings = PsStrings {
        argvstr: argv,
        nargvstr: argc as i32,
        pad0: 0,
        envstr: envv,
        nenvstr: envc as i32,
        pad1: 0,
    };
    guest::write(ps_strings, &strings)?;

    let mut context = UContext::default();
    context.regs.rip = loaded.start;
    context.regs.rsp = block;
    context.regs.rbx = ps_strings;
    context.regs.rflags = 0x202;
    Ok(context)
}
