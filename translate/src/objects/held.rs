//! Processes that a descriptor stands for, and that end when the last one of them is closed.
//!
//! The host's process descriptors leave the process alone. Whether another process has one too, `/proc` tells; one that
//! is on its way through a socket at that moment it does not.

use alloc::string::String;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::host::{self, nr, numbers_in, process_file, processes};
use crate::sync::Mutex;

const P_PIDFD: u64 = 3;
const WEXITED: u64 = 4;
const WNOHANG: u64 = 1;
const WALL: u64 = 0x4000_0000;
const SIGKILL: u64 = 9;

#[derive(Clone, Copy)]
struct Entry {
    fd: i32,
    pid: i32,
    /// Goes on without any descriptor.
    stays: bool,
}

/// The descriptors of one process that stand for others.
#[derive(Default)]
pub(super) struct HeldProcesses {
    entries: Mutex<Vec<Entry>>,
    /// How many there are: closing a file must not cost a lock when there are none.
    count: AtomicUsize,
}

impl HeldProcesses {
    /// Where their number stands.
    pub(super) const COUNT: usize = core::mem::offset_of!(Self, count);

    #[inline]
    pub(super) fn any(&self) -> bool {
        self.count.load(Ordering::Acquire) != 0
    }

    pub(super) fn add(&self, fd: i32, pid: i32, stays: bool) {
        let mut entries = self.entries.lock();
        // A number that was closed behind our back.
        entries.retain(|entry| entry.fd != fd);
        entries.push(Entry { fd, pid, stays });
        self.count.store(entries.len(), Ordering::Release);
    }

    pub(super) fn duplicated(&self, fd: i32, copy: i32) {
        let known = self
            .entries
            .lock()
            .iter()
            .find(|entry| entry.fd == fd)
            .copied();
        if let Some(Entry { pid, stays, .. }) = known {
            self.add(copy, pid, stays);
        }
    }

    /// Before the descriptors `low..=high` are closed.
    pub(super) fn closing(&self, low: i32, high: i32) {
        let gone: Vec<Entry> = {
            let mut entries = self.entries.lock();
            let closing = |entry: &mut Entry| (low..=high).contains(&entry.fd);
            let mut gone: Vec<Entry> = entries.extract_if(.., closing).collect();
            self.count.store(entries.len(), Ordering::Release);
            // One of several numbers for the same process is not the last.
            gone.retain(|one| entries.iter().all(|entry| entry.pid != one.pid));
            gone
        };
        for entry in gone {
            entry.last_closes();
        }
    }

    pub(super) fn lock(&self) -> impl Sized + '_ {
        self.entries.lock()
    }
}

impl Entry {
    fn last_closes(self) {
        // A number may have been closed and used again behind our back.
        if process_behind(0, self.fd) != Some(self.pid) || held_elsewhere(self.pid) {
            return;
        }
        let fd = self.fd as u64;
        let end = if self.stays {
            // What has ended already is not kept for a wait that nobody can ask for.
            WNOHANG
        } else {
            // SAFETY: no pointers.
            let _ = unsafe { host::call_n(nr::pidfd_send_signal, [fd, SIGKILL, 0, 0]) };
            0
        };
        // Not anybody's zombie from now on; the error for somebody else's child does not matter.
        // SAFETY: no pointers.
        let _ = unsafe { host::call_n(nr::waitid, [P_PIDFD, fd, 0, WEXITED | WALL | end, 0]) };
    }
}

/// The process that descriptor `fd` of process `holder`, 0 for this one, stands for.
fn process_behind(holder: i32, fd: i32) -> Option<i32> {
    let text = process_file(holder, &alloc::format!("fdinfo/{fd}"), 1024).ok()?;
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().find_map(|line| line.strip_prefix("Pid:"))?;
    line.trim().parse().ok()
}

fn held_elsewhere(pid: i32) -> bool {
    // SAFETY: no arguments.
    let own = unsafe { host::call_n(nr::getpid, []) }.unwrap_or_default() as i32;
    let others = processes().into_iter().filter(|&other| other != own);
    others.into_iter().any(|other| {
        let folder = alloc::format!("/proc/{other}/fd\0");
        let folder = core::ffi::CStr::from_bytes_with_nul(folder.as_bytes());
        let descriptors = folder.ok().and_then(|folder| numbers_in(folder).ok());
        descriptors
            .unwrap_or_default()
            .into_iter()
            .any(|fd| is_process(other, fd) && process_behind(other, fd) == Some(pid))
    })
}

fn is_process(holder: i32, fd: i32) -> bool {
    host::read_link(&alloc::format!("/proc/{holder}/fd/{fd}")).is_ok_and(|target| {
        target.starts_with(b"anon_inode:[pidfd]") || target.starts_with(b"pidfd:")
    })
}
