//! The first program to run, position-independent.
#![no_std]
#![no_main]

mod greet;

compat_guests::entry!(greet::main);
