//! Thread-local storage: the blocks lie below the thread pointer (variant II).

use core::arch::asm;

use compat_guests::sys;

use crate::object::Object;

const AMD64_GET_FSBASE: u64 = 128;
const AMD64_SET_FSBASE: u64 = 129;

/// How far below the thread pointer each one's block begins.
pub(crate) fn lay_out(objects: [&Object; 2]) -> [u64; 2] {
    let mut end = 0u64;
    objects.map(|object| {
        let [_, _, size, align] = object.storage();
        end = (end + size).next_multiple_of(align.max(1));
        end
    })
}

/// Makes the blocks of the first thread and points `fs` behind them.
pub(crate) fn install(objects: [&Object; 2], offsets: [u64; 2]) {
    let size = offsets[1].next_multiple_of(4096);
    let pointer = sys::map(size + 4096, 3) + size;
    for (object, offset) in objects.into_iter().zip(offsets) {
        let [image, in_file, _, _] = object.storage();
        unsafe {
            ((pointer - offset) as *mut u8)
                .copy_from_nonoverlapping(image as *const u8, in_file as usize);
        }
    }
    unsafe { (pointer as *mut u64).write(pointer) };
    sys::call(
        sys::SYSARCH,
        [AMD64_SET_FSBASE, (&raw const pointer) as u64],
    )
    .expect("sysarch");

    let (through, base): (u64, u64);
    unsafe {
        asm!("mov {}, fs:[0]", "rdfsbase {}", out(reg) through, out(reg) base);
    }
    assert_eq!((through, base), (pointer, pointer));
    let mut told = 0u64;
    sys::call(sys::SYSARCH, [AMD64_GET_FSBASE, (&raw mut told) as u64]).expect("sysarch");
    assert_eq!(unsafe { (&raw const told).read_volatile() }, pointer);
}
