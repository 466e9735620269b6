//! Own programs of the BSDs without any library (`tests/guests/rust`), each a list of checks of what the kernel promises.
//!
//! Every check runs in a process of its own. As root, each also runs as an ordinary user.

mod attach;
mod binfmt;
mod checks;
mod deep;
mod dynamic;
mod ends;
mod hello;
mod kernel;
mod mistakes;
mod program;
mod refuse;
mod releases;
mod surroundings;
