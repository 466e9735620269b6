//! A dynamic linker, as small as can be: it finds the program in the auxiliary vector, maps the one shared object the
//! program needs, gives both their thread-local storage, relocates both and jumps to the program.
//!
//! It looks at what the kernel tells a dynamic linker on the way, and ends with 101 when something is not right. Started
//! by hand it only looks.
#![no_std]
#![no_main]

mod mapping;
mod object;
mod storage;
mod vector;

use core::arch::asm;

use compat_guests::start::{auxiliary, registers};
use compat_guests::{say, sys};

use object::Object;

compat_guests::entry!(main);

extern "C" fn main() {
    if vector::started_by_hand() {
        say!("ok by hand");
        sys::exit(0);
    }
    vector::look();
    let program = Object::new(vector::program_base(), vector::headers());
    let mut path = *b"/lib/\0........................................";
    let name = program.needed();
    path[5..5 + name.len()].copy_from_slice(name);
    path[5 + name.len()] = 0;
    let (base, headers) = mapping::map(&path);
    let library = Object::new(base, headers);

    let objects = [&program, &library];
    let offsets = storage::lay_out(objects);
    for (object, own) in objects.into_iter().zip(offsets) {
        object.relocate(objects, own, offsets);
        object.protect();
    }
    storage::install(objects, offsets);

    let entry = registers();
    let start = auxiliary(vector::AT_ENTRY).expect("AT_ENTRY");
    unsafe {
        asm!(
            "mov rsp, rax",
            "xor eax, eax",
            "xor ebp, ebp",
            "jmp rcx",
            in("rax") entry.rsp,
            in("rcx") start,
            in("rdi") entry.block(),
            in("rsi") at_exit as *const () as u64,
            options(noreturn),
        )
    }
}

/// What the program is to call when it ends.
extern "C" fn at_exit() -> u64 {
    4711
}
