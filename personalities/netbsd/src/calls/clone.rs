//! Linux's way of making processes (kern_fork.c, sys___clone).

use compat_bsd::calls::process::child_start;
use compat_bsd::signals;
use compat_tables::netbsd::Errno;
use compat_tables::netbsd::flags::clone_flags::{
    CLONE_CSIGNAL, CLONE_FILES, CLONE_FS, CLONE_PID, CLONE_PTRACE, CLONE_SIGHAND, CLONE_VFORK,
    CLONE_VM,
};
use compat_translate::task::clone::{self, Birth};
use compat_translate::{Cx, Outcome};

use crate::error::Return;

/// The child goes on behind the call as well, on a stack of its own if it is given one.
pub(crate) fn __clone(cx: &mut Cx, flags: u32, stack: u64) -> Return<Outcome> {
    let has = |flag: u32| flags & flag != 0;
    let signal = flags & CLONE_CSIGNAL;
    if has(CLONE_PID | CLONE_PTRACE) || has(CLONE_SIGHAND) && !has(CLONE_VM) || signal > 63 {
        return Err(Errno::EINVAL.into());
    }
    if has(CLONE_SIGHAND) {
        // Actions are the host's as well: processes have their own.
        cx.gap::<()>("__clone: CLONE_SIGHAND: actions are copied", ());
    }
    let birth = Birth {
        share_files: has(CLONE_FILES),
        share_directory: has(CLONE_FS),
        exit_signal: match signal {
            0 => 0,
            signal => signals::to_host(signal as u8).ok_or(Errno::EINVAL)?,
        },
        creator_waits: has(CLONE_VFORK),
        drop_handlers: false,
    };
    if has(CLONE_VM) {
        let mut start = child_start(cx);
        if stack != 0 {
            start.context.regs.rsp = stack;
        }
        let pid = clone::share_memory(cx, birth, start)?;
        return Ok(Outcome::Two(pid as u32, 0));
    }
    match clone::fork(cx, birth, None)? {
        0 => {
            if stack != 0 {
                cx.frame.regs.rsp = stack;
            }
            Ok(Outcome::Two(0, 1))
        }
        pid => Ok(Outcome::Two(pid as u32, 0)),
    }
}
