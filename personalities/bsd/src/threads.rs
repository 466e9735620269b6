//! Threads by their numbers, which are the host's.

use core::sync::atomic::Ordering;

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::task::{self, Process, Thread};

use crate::error::Return;

/// The number of the calling thread.
pub fn own_id(cx: &Cx) -> i32 {
    cx.thread.tid.load(Ordering::Relaxed)
}

/// Does something with the thread of this process whose number is `id`.
///
/// # Errors
/// `ESRCH`.
pub fn with_thread(cx: &Cx, id: i32, act: impl FnOnce(&Thread)) -> Return<()> {
    with_thread_of(cx.process(), id, act)
}

/// The same of any process in this memory.
///
/// # Errors
/// `ESRCH`.
pub fn with_thread_of(process: &Process, id: i32, act: impl FnOnce(&Thread)) -> Return<()> {
    let mut act = Some(act);
    task::with_all_threads(|thread| {
        let is_it =
            thread.tid.load(Ordering::Relaxed) == id && core::ptr::eq(thread.process(), process);
        if is_it && let Some(act) = act.take() {
            act(thread);
        }
        act.is_some()
    });
    if act.is_none() {
        Ok(())
    } else {
        Err(Errno::ESRCH.into())
    }
}
