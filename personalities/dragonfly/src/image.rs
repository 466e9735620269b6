//! The process a DragonFly program starts in: argument block, auxiliary vector, registers (kern_exec.c, imgact_elf.c,
//! exec_setregs).

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use compat_bsd::image::{Loaded, Strings};
use compat_translate::guest;
use compat_translate::host::HostResult;
use compat_translate::settings::Settings;
use compat_translate::signal::UContext;
use zerocopy::IntoBytes;

/// The release that programs see unless the user says otherwise.
pub const RELEASE: &str = "6.4-RELEASE";
/// `__DragonFly_version` of [`RELEASE`].
pub const OSRELDATE: u32 = 600_400;

/// The release that programs see.
pub fn release(settings: &Settings) -> &str {
    settings.release.as_deref().unwrap_or(RELEASE)
}

/// The version number that programs see.
pub fn osreldate(settings: &Settings) -> u32 {
    settings.osreldate.unwrap_or(OSRELDATE)
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
    pub(super) const EXECPATH: u64 = 15;
    pub(super) const OSRELDATE: u64 = 18;
}

static STACK_TOP: AtomicU64 = AtomicU64::new(0);

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
    let mut at = top & !15;
    let mut push = |bytes: &[u8]| -> HostResult<u64> {
        at = at.wrapping_sub(bytes.len() as u64) & !15;
        guest::write_bytes(at, bytes)?;
        Ok(at)
    };
    // argv, their number as an int, envp, their number: `struct ps_strings`.
    let ps_strings = push(&[0; 32])?;
    let mut path = strings.path.clone();
    path.push(0);
    let path = push(&path)?;
    let vector = [
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
    ];
    let (argc, envc) = (
        strings.arguments.len() as u64,
        strings.environment.len() as u64,
    );
    let size = 8 * (1 + argc + 1 + envc + 1) + 16 * vector.len() as u64;
    let block = at.wrapping_sub(size) & !15;
    let argv = block + 8;
    let envv = argv + 8 * (argc + 1);
    let mut all = Vec::with_capacity(size as usize / 8);
    all.push(argc);
    all.extend_from_slice(&strings.arguments);
    all.push(0);
    all.extend_from_slice(&strings.environment);
    all.push(0);
    all.extend(vector.into_iter().flat_map(|(kind, value)| [kind, value]));
    guest::write_bytes(block, all.as_bytes())?;
    guest::write_bytes(ps_strings, [argv, argc, envv, envc].as_bytes())?;

    let mut context = UContext::default();
    context.regs.rip = loaded.start;
    context.regs.rdi = block;
    context.regs.rbx = ps_strings;
    context.regs.rsp = (block.wrapping_sub(8) & !15) + 8;
    context.regs.rflags = 0x202;
    Ok(context)
}
