//! The first program to run.
#![no_std]
#![no_main]

mod greet;

compat_guests::entry!(greet::main);
