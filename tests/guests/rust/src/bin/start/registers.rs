//! Registers at the first instruction.

use core::arch::asm;

use compat_guests::start::registers;
use compat_guests::sys;

const RDI: usize = 5;

pub(crate) fn general() {
    for (index, &value) in registers().general.iter().enumerate() {
        if index != RDI {
            assert_eq!(
                value, 0,
                "register {index} of rax rbx rcx rdx rsi rdi rbp r8..."
            );
        }
    }
}

pub(crate) fn flags() {
    assert_eq!(registers().rflags, 0x202);
}

pub(crate) fn stack() {
    let entry = registers();
    assert_eq!(entry.rsp, ((entry.general[RDI] - 8) & !15) + 8);
    assert_eq!(entry.rsp % 16, 8);
    assert_eq!(entry.general[RDI] % 8, 0);
}

pub(crate) fn floating_point() {
    let image = &registers().fxsave;
    assert_eq!(image[0..2], 0x37fu16.to_ne_bytes(), "x87 control word");
    assert_eq!(image[2..5], [0; 3], "x87 status and tags");
    assert_eq!(image[24..28], 0x1f80u32.to_ne_bytes(), "MXCSR");
    assert!(
        image[32..416].iter().all(|&byte| byte == 0),
        "x87 and SSE registers"
    );
}

pub(crate) fn segment_bases() {
    const GET_FSBASE: u64 = 128;
    const GET_GSBASE: u64 = 130;
    for operation in [GET_FSBASE, GET_GSBASE] {
        let mut base = 1u64;
        sys::call(sys::SYSARCH, [operation, (&raw mut base) as u64]).expect("sysarch");
        assert_eq!(unsafe { (&raw const base).read_volatile() }, 0);
    }
    let base: u64;
    unsafe { asm!("rdfsbase {}", out(reg) base) };
    assert_eq!(base, 0);
}
