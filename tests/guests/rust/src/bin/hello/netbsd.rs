//! Says hello from NetBSD, and which release its kernel is said to be.
#![no_std]
#![no_main]

use compat_guests::bsd::system::value;
use compat_guests::say;

compat_guests::entry!(main, NETBSD);

extern "C" fn main() {
    let mut room = [0u8; 64];
    // kern.osrelease
    let length = value(&[1, 2], &mut room).unwrap_or(0) as usize;
    let text = room.get(..length.saturating_sub(1)).unwrap_or_default();
    say!(
        "Hello world from NetBSD {}!",
        core::str::from_utf8(text).unwrap_or("?")
    );
}
