//! FreeBSD/amd64.
//!
//! [`freebsd_dispatch!`](crate::freebsd_dispatch) expands inside a function that returns `Result<Outcome, Errno>`:
//!
//! ```ignore
//! freebsd_dispatch!(number, cx, args, calls = crate::calls, lower = crate::lower, host = host::nr)
//! ```
//!
//! `number: u32`, `cx: &mut Cx` (a name, it is borrowed anew for each use) and `args: [u64; 8]` (indexed by constants).
//! `calls` holds a handler for every `own` row, named by [`Call::symbol`]: `fn(&mut Cx, A, B, ..) -> R`.
//! `host` holds a constant for every host call a `same` row names. `lower` supplies:
//!
//! - `arg(u64) -> A` for a handler's parameters, `outcome(R) -> Result<Outcome, Errno>` for its result;
//! - `fd at_fd int uint long ulong size off mode dev pid uid gid sig id ptr path(&mut Cx, u64) -> Result<L, Errno>` for
//!   the arguments of `same` rows, with `flags(&mut Cx, &'static FlagSet, u64)` and `value(&mut Cx, &'static ValueMap, u64)`;
//! - `same(&mut Cx, host_number, [L; N]) -> Result<Outcome, Errno>`;
//! - `refuse(&mut Cx, Errno) -> Result<Outcome, Errno>`;
//! - `todo`, `serve`, `gone(&mut Cx, &'static Call)` and `unknown(&mut Cx, u32)`, all `-> Result<Outcome, Errno>`.

crate::system::system!("freebsd");
