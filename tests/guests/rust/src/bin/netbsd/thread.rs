//! Threads as `_lwp_create` makes them, and the context they begin with.

use core::arch::naked_asm;

use compat_guests::bsd::map;
use compat_guests::sys::{self, call};

pub(crate) const GETCONTEXT: u64 = 307;
pub(crate) const SETCONTEXT: u64 = 308;
pub(crate) const UC_SIGMASK: u32 = 1;
pub(crate) const UC_CPU: u32 = 4;
pub(crate) const UC_TLSBASE: u32 = 0x80000;

/// Indices of `__gregset_t`.
pub(crate) const RDI: usize = 0;
pub(crate) const RBX: usize = 13;
pub(crate) const RAX: usize = 14;
pub(crate) const RIP: usize = 21;
pub(crate) const RFLAGS: usize = 23;
pub(crate) const RSP: usize = 24;

/// `ucontext_t`.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub(crate) struct Ucontext {
    pub(crate) flags: u32,
    pub(crate) link: u64,
    pub(crate) mask: [u32; 4],
    pub(crate) stack: [u64; 3],
    pub(crate) gregs: [u64; 26],
    pub(crate) tlsbase: u64,
    /// As FXSAVE has them.
    pub(crate) fpregs: [u64; 64],
}

const _: () = {
    assert!(size_of::<Ucontext>() == 784);
    assert!(core::mem::offset_of!(Ucontext, gregs) == 56);
    assert!(core::mem::offset_of!(Ucontext, fpregs) == 272);
};

impl Ucontext {
    pub(crate) const fn new() -> Self {
        Self {
            flags: 0,
            link: 0,
            mask: [0; 4],
            stack: [0; 3],
            gregs: [0; 26],
            tlsbase: 0,
            fpregs: [0; 64],
        }
    }

    pub(crate) fn current() -> Self {
        let mut context = Self::new();
        assert_eq!(call(GETCONTEXT, [(&raw mut context) as u64]), Ok(0));
        context
    }
}

const STACK: u64 = 256 * 1024;

pub(crate) const DETACHED: u64 = 0x40;

#[unsafe(naked)]
unsafe extern "C" fn begin() {
    naked_asm!("call {run}", "ud2", run = sym run)
}

extern "C" fn run(body: extern "C" fn(u64), argument: u64) -> ! {
    body(argument);
    let _ = call(310, []);
    sys::exit(99)
}

/// Starts a thread that runs `body(argument)`; its id.
pub(crate) fn start(body: extern "C" fn(u64), argument: u64, flags: u64) -> sys::Result {
    let mut context = Ucontext::current();
    let stack = map(STACK);
    context.gregs[RDI] = body as usize as u64;
    context.gregs[RDI + 1] = argument;
    context.gregs[RIP] = begin as *const () as u64;
    context.gregs[RSP] = stack + STACK;
    context.tlsbase = argument;
    context.flags = UC_CPU | UC_SIGMASK | UC_TLSBASE;
    let mut id = 0u32;
    let args = [(&raw const context) as u64, flags, (&raw mut id) as u64];
    call(309, args)?;
    Ok(u64::from(unsafe { (&raw const id).read_volatile() }))
}

/// Waits for it; the id that is told.
pub(crate) fn join(id: u64) -> sys::Result {
    let mut departed = 0u32;
    loop {
        match call(312, [id, (&raw mut departed) as u64]) {
            Ok(_) => return Ok(u64::from(unsafe { (&raw const departed).read_volatile() })),
            Err(sys::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}
