//! Nothing yet.
#![no_std]
#![no_main]

compat_guests::entry!(main);

extern "C" fn main() {}
