//! The handler, which judges the context it interrupts.

use core::arch::asm;
use core::ops::RangeInclusive;

use compat_guests::probe::{
    self, FLAGS, R8, R9, R10, RAX, RDI, RDX, RSI, RSP, STACK, State, stack_pointer,
};
use compat_guests::signal::{Context, Info, SIGBUS, SIGSEGV, SIGUSR1, SIGUSR2};

use crate::{ALIGNMENT, SET, call, record};

/// The signals that the tracer sends: two ordinary ones, and two that the host never blocks.
pub(crate) const SIGNALS: [u32; 4] = [SIGUSR1, SIGUSR2, SIGSEGV, SIGBUS];

unsafe extern "C" {
    static __executable_start: u8;
    static etext: u8;
}

/// Where the program's code lies.
pub(crate) fn own_text() -> RangeInclusive<u64> {
    (&raw const __executable_start) as u64..=(&raw const etext) as u64
}

/// Room for the code that calls handlers and returns from them, behind what a handler's frame names as its caller.
const SIGCODE: u64 = 32;

pub(crate) extern "C" fn handler(signal: u32, info: &mut Info, context: &mut Context) {
    // It runs with the check on that it interrupts, and is not made for that.
    unsafe {
        asm!("pushfq", "and qword ptr [rsp], {}", "popfq", const !(ALIGNMENT as i64));
    }
    let record = record();
    let Some(index) = SIGNALS.iter().position(|&known| known == signal) else {
        panic!("signal {signal}");
    };
    record.handled[index] += 1;
    if record.seen_in == 9 {
        record.seen_in = record.phase;
    }
    assert_eq!(info.signo, signal as i32, "si_signo");
    assert!(
        info.code > 0x1_0000,
        "si_code {:#x} is a fault's",
        info.code
    );
    // The frame lies right above: its first word is the handler, and below it is the way back.
    let frame = core::ptr::from_ref(context) as u64 - 16;
    let back = unsafe { ((frame - 8) as *const u64).read_volatile() };
    let rip = context.machine.rip;
    let sigcode = back - 3..back + SIGCODE;
    assert!(
        own_text().contains(&rip) || sigcode.contains(&rip),
        "a program counter that is not the program's: {rip:#x}"
    );
    let (first, after) = (probe::first_instruction(), probe::after_syscall());
    if record.phase == 1 && (first..=after).contains(&rip) {
        judge(context, rip, first, after);
    }
    call::rouse();
}

/// Compares the context of the call with what its registers were set to.
fn judge(context: &Context, rip: u64, first: u64, after: u64) {
    let set = unsafe { &*SET.get() };
    let machine = &context.machine;
    assert!(
        rip == first || rip == after || rip == after - 2,
        "{rip:#x} lies inside an instruction"
    );
    let kept = [
        (machine.rbx, 1),
        (machine.rsi, RSI),
        (machine.rdi, RDI),
        (machine.rbp, 6),
        (machine.rsp, RSP),
        (machine.r12, 12),
        (machine.r13, 13),
        (machine.r14, 14),
        (machine.r15, 15),
    ];
    let arguments = [
        (machine.rdx, RDX),
        (machine.r8, R8),
        (machine.r9, R9),
        (machine.r10, R10),
        (machine.rax, RAX),
    ];
    let more: &[(u64, usize)] = if rip == after { &[] } else { &arguments };
    for &(is, register) in kept.iter().chain(more) {
        assert_eq!(
            is,
            set.general[register],
            "{} in the context at {rip:#x}",
            probe::NAMES[register]
        );
    }
    let free = if rip == after { probe::CARRY } else { 0 };
    let compared = (FLAGS | ALIGNMENT | 0x200) & !free;
    assert_eq!(
        machine.rflags & compared,
        set.rflags & compared,
        "flags in the context at {rip:#x}"
    );
    let mask = call::current().mask_in_context(rip == after);
    assert_eq!(context.mask, mask, "the mask at {rip:#x}");
    vectors(context, set);
    let on_probe_stack = (stack_pointer() - STACK as u64..stack_pointer())
        .contains(&(core::ptr::from_ref(context) as u64));
    let frame_end = context as *const Context as u64 + 896;
    assert!(
        !on_probe_stack || frame_end <= stack_pointer() - probe::RED_ZONE as u64,
        "the frame lies in the red zone"
    );
}

fn vectors(context: &Context, set: &State) {
    let machine = &context.machine;
    let extended = unsafe {
        core::slice::from_raw_parts(
            machine.xfpustate as *const u8,
            machine.xfpustate_len as usize,
        )
    };
    for (from, length) in probe::ranges() {
        for at in from..from + length {
            let is = if at < 512 {
                machine.fpstate[at]
            } else {
                extended[at - 512]
            };
            assert_eq!(
                is, set.vector[at],
                "byte {at} of the vector state (part {from}) in the context"
            );
        }
    }
}
