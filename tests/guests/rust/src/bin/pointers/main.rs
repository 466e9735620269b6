//! Pointers that lead nowhere: every call answers EFAULT, whatever kind of nowhere it is, and the program lives on.
#![no_std]
#![no_main]

mod calls;
mod places;
mod prepared;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[
        ("files", || calls::all_fail(calls::files)),
        ("names", || calls::all_fail(calls::names)),
        ("descriptors", || calls::all_fail(calls::descriptors)),
        ("sockets", || calls::all_fail(calls::sockets)),
        ("waiting", || calls::all_fail(calls::waiting)),
        ("time", || calls::all_fail(calls::time)),
        ("signals", || calls::all_fail(calls::signals)),
        ("threads", || calls::all_fail(calls::threads)),
        ("system", || calls::all_fail(calls::system)),
        ("vectors", calls::vectors),
        ("arguments-on-the-stack", calls::on_the_stack),
        ("null-is-allowed", calls::null),
    ]);
}
