//! Waiting for children (kern_exit.c): NetBSD's word for a child that goes on, and its siginfo_t.

use compat_bsd::abi::resource::{Rusage, Wrusage};
use compat_bsd::calls::wait as family;
use compat_tables::bsd::Signal;
use compat_translate::Cx;
use compat_translate::guest::Out;

use super::signal::{room, tell};
use crate::abi::signal::Siginfo;
use crate::error::Return;

/// The family's status word as this system has it.
fn status_of(status: i32) -> i32 {
    /// `_WCONTINUED`
    const CONTINUED: i32 = 0xffff;
    // No child ends by SIGCONT, whose bare number is what the family says.
    if status == i32::from(Signal::SIGCONT.number()) {
        CONTINUED
    } else {
        status
    }
}

pub(crate) fn __wait450(
    cx: &mut Cx,
    pid: i32,
    status: Out<i32>,
    options: u32,
    usage: Out<Rusage>,
) -> Return<i32> {
    let mut word = 0i32;
    let into = Out::new((&raw mut word) as u64);
    let pid = family::wait4(cx, pid, into, options, usage)?;
    if pid != 0 {
        status.write_optional(&status_of(word))?;
    }
    Ok(pid)
}

pub(crate) fn wait6(
    cx: &mut Cx,
    kind: i32,
    id: i64,
    status: Out<i32>,
    options: u32,
    usage: Out<Wrusage>,
    info: Out<Siginfo>,
) -> Return<i32> {
    let mut word = 0i32;
    let mut found = room();
    let pid = family::wait6(
        cx,
        kind,
        id,
        Out::new((&raw mut word) as u64),
        options,
        usage,
        Out::new((&raw mut found) as u64),
    )?;
    if pid != 0 {
        status.write_optional(&status_of(word))?;
    }
    tell(info, &found)?;
    Ok(pid)
}
