//! Go's own standard-library tests: built for FreeBSD and for Linux, run, and compared.

pub mod binary;
pub mod compare;
pub mod guests;
pub mod packages;
pub mod results;
pub mod run;
pub mod tools;
