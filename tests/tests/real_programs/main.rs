//! Programs that other people built for FreeBSD and NetBSD and shipped, and Go's own tools, compared with their Linux builds.
//!
//! `COMPAT_REPEAT=50` runs each of them so many times. As root, each also runs as an ordinary user.

mod dynamic;
mod esbuild;
mod exit_codes;
mod go_tools;
mod lefthook;
mod others;
mod refused;
mod twins;
