//! The state a program begins in: registers, argument block, auxiliary vector (exec_setregs, freebsd_copyout_auxargs).
#![no_std]
#![no_main]

mod block;
mod registers;
mod vector;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[
        ("registers/general", registers::general),
        ("registers/flags", registers::flags),
        ("registers/stack", registers::stack),
        ("registers/floating-point", registers::floating_point),
        ("registers/segment-bases", registers::segment_bases),
        ("block/arguments", block::arguments),
        ("block/strings-in-order", block::strings_in_order),
        ("block/ps-strings", block::ps_strings),
        ("vector/program-headers", vector::program_headers),
        ("vector/values", vector::values),
        ("vector/path", vector::path),
        ("vector/canary", vector::canary),
        ("vector/copies-of-the-block", vector::copies),
        ("vector/nothing-of-the-host", vector::nothing_of_the_host),
    ]);
}
