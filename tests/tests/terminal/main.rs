//! Programs at a terminal, as a person sees them: an own one, and with `$COMPAT_TEST_ROOTS` those of a FreeBSD 10.1.
//!
//! Every program gets a pseudo-terminal and a session of its own: the suite needs no terminal itself.

#[path = "../guests/program.rs"]
#[expect(dead_code, reason = "the own program is not run check by check here")]
mod program;

mod editors;
mod own;
mod pagers;
mod prompts;
mod shells;
mod system;
