//! Programs that other people built for FreeBSD and shipped, compared with their Linux builds.
//!
//! `COMPAT_REPEAT=50` runs each of them so many times. As root, each also runs as an ordinary user.

mod dynamic;
mod esbuild;
mod exit_codes;
mod lefthook;
mod others;
mod refused;
mod twins;
