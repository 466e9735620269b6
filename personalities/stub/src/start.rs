//! The very first instructions: the kernel's block, a stack of our own.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::arch::global_asm;

use compat_translate::host::{HostErrno, vdso};
use compat_translate::signal;
use compat_translate::task::{self, Process, Thread};
use compat_translate::trap::{self, Way};

use crate::{EXIT_OWN_FAILURE, command, fail, launch};

global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {begin}",
    "ud2",
    // Moves to another stack for good: rdi = its top, rsi = the only argument of what runs there.
    ".globl compat_move_to",
    "compat_move_to:",
    "mov rsp, rdi",
    "mov rdi, rsi",
    "call {on_own_stack}",
    "ud2",
    begin = sym begin,
    on_own_stack = sym on_own_stack,
);

// `.data` begins a page, and what is constant comes before it: all that a start writes to of the image then lies in one
// page, `.bss` included.
global_asm!(
    ".section .data.rel.ro.first, \"awR\"",
    ".quad 0",
    ".section .data.first, \"awR\"",
    ".balign 4096",
    ".quad 0",
    ".text",
);

unsafe extern "C" {
    fn compat_move_to(top: usize, argument: usize) -> !;
    fn _start();
    static __ehdr_start: u8;
    static _end: u8;
}

/// What the host kernel hands a new process.
pub(crate) struct Block {
    /// Addresses of the argument strings; once the command line is read, the guest's own.
    pub(crate) arguments: Vec<*const u8>,
    /// Addresses of the environment strings.
    pub(crate) environment: Vec<*const u8>,
    /// Lowest address in use on the process's stack; the guest's block goes below.
    pub(crate) stack: u64,
}

const AT_HWCAP2: u64 = 26;
const AT_EXECFN: u64 = 31;
const AT_SYSINFO_EHDR: u64 = 33;

unsafe extern "C" fn begin(block: *const u64) -> ! {
    // First of all: it also says where our own memory comes from.
    let (start, end) = (&raw const __ehdr_start as u64, &raw const _end as u64);
    signal::set_stub_range(start, end.next_multiple_of(4096));
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
        let environment = (0..count)
            .map(|index| at.add(index).read() as *const u8)
            .collect();
        at = at.add(count);
        at = at.add(1);
        while at.read() != 0 {
            match at.read() {
                AT_SYSINFO_EHDR => vdso::attach(at.add(1).read() as usize),
                AT_EXECFN => {
                    let name = core::ffi::CStr::from_ptr(at.add(1).read() as *const _);
                    task::exec::started_as(name.to_bytes());
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
    order.settings.attach = Some(find_a_way_in(order.settings.attach));
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
            format_args!("no memory for a thread: host errno {}", error.0),
        ),
    };
    let hand_over = Box::leak(Box::new((thread, kernel, order.program)));
    // SAFETY: a fresh stack; the argument is what `on_own_stack` expects.
    unsafe { compat_move_to(thread.stack_top(), core::ptr::from_ref(hand_over) as usize) }
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

unsafe extern "C" fn on_own_stack(hand_over: *const (&'static Thread, Block, Vec<u8>)) -> ! {
    // SAFETY: passed by `begin`, leaked.
    let (thread, block, program) = unsafe { &*hand_over };
    let unready = |error: HostErrno| -> ! {
        fail(
            EXIT_OWN_FAILURE,
            format_args!(
                "signal handling could not be set up: host errno {}",
                error.0
            ),
        )
    };
    let ready = thread.attach_gs().and_then(|()| {
        thread.adopt();
        signal::attach_stack(thread)
    });
    ready.unwrap_or_else(|error| unready(error));
    // What was blocked and ignored is noted by the numbers of the program's system.
    let opened = launch::open(thread, block, program);
    signal::inherit(thread);
    signal::install().unwrap_or_else(|error| unready(error));
    let context = launch::launch(thread, block, program, opened);
    if let Err(error) = trap::arm() {
        fail(
            EXIT_OWN_FAILURE,
            format_args!("system calls cannot be caught: host errno {}", error.0),
        );
    }
    // SAFETY: the launcher made a complete context for the guest's first instruction.
    unsafe { signal::resume(&context, thread) }
}
