//! The very first instructions: the kernel's block, a stack of our own.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::arch::global_asm;

use compat_translate::host::{self, HostErrno, nr, vdso};
use compat_translate::settings::Opened;
use compat_translate::signal;
use compat_translate::task::{self, Process, Thread};
use compat_translate::trap::{self, Way};

use crate::data::fill_in;
use crate::{EXIT_OWN_FAILURE, command, fail, launch, why};

global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rbx, rsp",
    "and rsp, -16",
    "call {fill_in}",
    // To the stack of our own, for good.
    "mov rsp, rax",
    "mov rdi, rbx",
    "call {begin}",
    "mov rdi, rax",
    "call {enter}",
    "ud2",
    fill_in = sym fill_in,
    begin = sym begin,
    enter = sym enter,
);

unsafe extern "C" {
    fn _start();
    static __ehdr_start: u8;
    static __code_end: u8;
    static __data_start: u8;
    static __first_stack: u8;
    static __ahead_start: u8;
    static __ahead_end: u8;
}

/// What the host kernel hands a new process.
pub(crate) struct Block {
    /// Addresses of the argument strings; once the command line is read, the guest's own.
    pub(crate) arguments: Vec<*const u8>,
    /// Addresses of the environment strings.
    pub(crate) environment: &'static mut [*const u8],
    /// Lowest address in use on the process's stack; the guest's block goes below.
    pub(crate) stack: u64,
}

const AT_EXECFD: u64 = 2;
const AT_HWCAP2: u64 = 26;
const AT_EXECFN: u64 = 31;
const AT_SYSINFO_EHDR: u64 = 33;

/// What one half of a start leaves to the other: the first one's part of the stack is free again then.
struct Begun {
    thread: &'static Thread,
    block: Block,
    program: Vec<u8>,
    handed_on: bool,
    opened: Option<Opened>,
}

unsafe extern "C" fn begin(block: *const u64) -> *const Begun {
    // First of all: it also says where our own memory comes from.
    signal::set_image(signal::ImageRange {
        code: (&raw const __ehdr_start).addr()..(&raw const __code_end).addr(),
        first_stack: (&raw const __first_stack).addr(),
        ahead: (&raw const __ahead_start).addr()..(&raw const __ahead_end).addr(),
    });
    trap::set_entry_point(_start as *const () as u64);
    // SAFETY: the kernel's block: argc, argv, NULL, envp, NULL, pairs ending with type 0.
    let mut kernel = unsafe {
        let argc = block.read() as usize;
        let mut at = block.add(1);
        let arguments = (0..argc)
            .map(|index| at.add(index).read() as *const u8)
            .collect();
        at = at.add(argc + 1);
        let mut count = 0;
        while at.add(count).read() != 0 {
            count += 1;
        }
        // Where they are: the guest's own block goes below.
        let environment = core::slice::from_raw_parts_mut(at.cast_mut().cast(), count);
        at = at.add(count);
        at = at.add(1);
        while at.read() != 0 {
            match at.read() {
                AT_SYSINFO_EHDR => vdso::attach(at.add(1).read() as usize),
                AT_EXECFN => {
                    let name = core::ffi::CStr::from_ptr(at.add(1).read() as *const _);
                    task::exec::started_as(name.to_bytes());
                }
                // From an entry of binfmt_misc with the flag `O`. The program is opened by its name.
                AT_EXECFD => {
                    let _ = host::call_n(nr::close, [at.add(1).read()]);
                }
                AT_HWCAP2 => task::use_fsgsbase(at.add(1).read() & 2 != 0),
                _ => {}
            }
            at = at.add(2);
        }
        Block {
            arguments,
            environment,
            stack: block as u64,
        }
    };
    let mut order = command::read(&mut kernel);
    // What this process execs later is attached the same way.
    order.settings.attach = Some(match order.settings.attach {
        Some(Way::Sud) if order.handed_on => trap::attach_again(),
        wish => find_a_way_in(wish),
    });
    if order.settings.own.is_none() {
        order.settings.own = task::exec::own_file();
    }
    if let Some(told) = order.settings.sites.take() {
        trap::expect_sites(told);
    }
    task::follow::begin(order.settings.followers.take().as_deref());
    let process = Box::leak(Box::new(Process {
        settings: order.settings,
        ..Process::default()
    }));
    if let Some(space) = order.space {
        process.space.set(space);
    }
    let thread = match task::new_thread(process) {
        Ok(thread) => thread,
        Err(error) => fail(
            EXIT_OWN_FAILURE,
            format_args!("no memory for a thread: {}", why(error)),
        ),
    };
    Box::leak(Box::new(Begun {
        thread,
        block: kernel,
        program: order.program,
        handed_on: order.handed_on,
        opened: order.opened,
    }))
}

fn find_a_way_in(wish: Option<Way>) -> Way {
    trap::attach(wish).unwrap_or_else(|refused| {
        fail(
            EXIT_OWN_FAILURE,
            format_args!(
                "the host kernel refuses to let system calls be caught: {refused}; `compat doctor` says more"
            ),
        )
    })
}

unsafe extern "C" fn enter(begun: *const Begun) -> ! {
    // SAFETY: what `begin` returned.
    let &Begun {
        thread,
        ref block,
        ref program,
        handed_on,
        opened,
    } = unsafe { &*begun };
    let unready = |error: HostErrno| -> ! {
        fail(
            EXIT_OWN_FAILURE,
            format_args!("signal handling could not be set up: {}", why(error)),
        )
    };
    let ready = thread.attach_gs().and_then(|()| {
        thread.adopt();
        signal::attach_stack(thread)
    });
    ready.unwrap_or_else(|error| unready(error));
    // What was blocked and ignored is noted by the numbers of the program's system.
    let opened = launch::open(thread, block, program, opened);
    signal::inherit(thread, handed_on).unwrap_or_else(|error| unready(error));
    run(thread, block, program, opened)
}

// Not inlined, for the sake of what `open` needs of the stack.
#[inline(never)]
fn run(thread: &'static Thread, block: &Block, path: &[u8], program: launch::Program) -> ! {
    let context = launch::launch(thread, block, path, program);
    if let Err(error) = trap::arm() {
        fail(
            EXIT_OWN_FAILURE,
            format_args!("system calls cannot be caught: {}", why(error)),
        );
    }
    // SAFETY: the launcher made a complete context for the guest's first instruction.
    unsafe { signal::resume(&context, thread) }
}
