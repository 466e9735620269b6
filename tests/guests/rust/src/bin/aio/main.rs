//! Asynchronous input and output.
#![no_std]
#![no_main]

mod control;
mod files;
mod notices;
mod sockets;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[
        ("files/read-and-write", files::read_and_write),
        ("files/vectors", files::vectors),
        ("files/old-blocks", files::old_blocks),
        ("files/refused", files::refused),
        ("files/list", files::list),
        ("sockets/wait", sockets::wait),
        ("sockets/long-write", sockets::long_write),
        ("sockets/broken", sockets::broken),
        ("sockets/cancel", sockets::cancel),
        ("sockets/timeouts", sockets::timeouts),
        ("notices/signals", notices::signals),
        ("notices/list", notices::list),
        ("notices/kqueues", notices::kqueues),
    ]);
}
