//! Messages from one thread of ours to another.
//!
//! They may not travel as SIGSYS. The host keeps one of a number for a thread: a call that traps while a SIGSYS waits for its
//! thread raises none of its own (`__send_signal_locked`, `legacy_queue`), and the thread goes on behind a call that nobody
//! made. What is sent to a process waits elsewhere and does no harm. SIGSTKFLT raises no such question, because no
//! instruction raises it; the guest's signal that rides on it (SIGEMT) hardly ever travels.

use super::SigInfo;
use super::host_signal::{SIGSTKFLT, SIGSYS};
use crate::host::{self, HostResult, nr};

/// `si_code` of the message that stands for a SIGSYS.
const IS_SIGSYS: i32 = -0x63_6d71;
/// Sent to one thread.
const SI_TKILL: i32 = -6;

/// Sends `message`, by its code, to thread `tid` of process `pid`, our own.
///
/// # Errors
/// As `rt_tgsigqueueinfo`.
pub(crate) fn message(pid: u64, tid: u64, message: i32) -> HostResult<()> {
    // SAFETY: no arguments.
    let uid = unsafe { host::call_n(nr::getuid, []) }.unwrap_or_default();
    let mut info = SigInfo {
        signo: i32::from(SIGSTKFLT),
        code: message,
        ..SigInfo::default()
    };
    let [sender, ..] = &mut info.fields;
    *sender = pid | uid << 32;
    // SAFETY: a valid siginfo_t.
    unsafe {
        host::call_n(
            nr::rt_tgsigqueueinfo,
            [pid, tid, u64::from(SIGSTKFLT), (&raw const info) as u64],
        )
    }
    .map(drop)
}

/// Sends host signal `signal` to one thread of a process, or probes for it with 0.
///
/// # Errors
/// As `tgkill`.
pub fn send_to_thread(pid: i32, tid: i32, signal: u64) -> HostResult<()> {
    // SAFETY: no arguments.
    let own = unsafe { host::call_n(nr::getpid, []) }?;
    if signal == u64::from(SIGSYS) && own == pid as u64 {
        return message(own, tid as u64, IS_SIGSYS);
    }
    // SAFETY: no pointers.
    unsafe { host::call_n(nr::tgkill, [pid as u64, tid as u64, signal]) }.map(drop)
}

/// The signal that a message stands for, if it does.
pub(super) fn unpacked(info: &SigInfo) -> Option<(u8, SigInfo)> {
    (info.signo == i32::from(SIGSTKFLT) && info.code == IS_SIGSYS).then(|| {
        let unpacked = SigInfo {
            signo: i32::from(SIGSYS),
            code: SI_TKILL,
            ..*info
        };
        (SIGSYS, unpacked)
    })
}
