//! Waiting for children of a session, user or group, which the host's `waitid` cannot pick (proc_to_reap).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::{idtype, wait_options};
use compat_translate::Cx;
use compat_translate::host::{HostErrno, Timespec, children, effective_ids, nr, process_stat};

use super::wait::{Change, HOST_P_PID, known, wait_for, wait_for_news};
use crate::error::Return;

/// Which children are meant.
#[derive(Clone, Copy)]
pub(super) struct By {
    kind: i32,
    id: i64,
}

impl By {
    /// `None` for the kinds that the host knows.
    pub(super) fn of(kind: i32, id: i64) -> Option<Self> {
        let of_host = matches!(kind, idtype::P_PID | idtype::P_PGID | idtype::P_ALL);
        (!of_host).then_some(Self { kind, id })
    }

    /// Whether child `pid`, which may have ended, is one of them. What is known of it stays until it is waited for.
    fn means(self, pid: i32) -> bool {
        let id = self.id as u32;
        match self.kind {
            idtype::P_SID => process_stat(pid).is_some_and(|stat| stat.session as u32 == id),
            idtype::P_UID => effective_ids(pid).is_some_and(|(user, _)| user == id),
            idtype::P_GID => effective_ids(pid).is_some_and(|(_, group)| group == id),
            idtype::P_JAILID => id == 0,
            // There is nobody of any other kind.
            _ => false,
        }
    }
}

/// kern_wait6, one child after the other. `None` when WNOHANG found nothing.
pub(super) fn wait_by(cx: &mut Cx, by: By, options: u32) -> Return<Option<Change>> {
    known(options)?;
    loop {
        let mut found = false;
        for pid in children().into_iter().filter(|&pid| by.means(pid)) {
            let now = options | wait_options::WNOHANG;
            match wait_for(cx, HOST_P_PID, pid as u64, now) {
                Ok(None) => found = true,
                // Another thread took it.
                Err(error) if error == Errno::ECHILD.into() => {}
                other => return other,
            }
        }
        if !found {
            return Err(Errno::ECHILD.into());
        }
        if options & wait_options::WNOHANG != 0 {
            return Ok(None);
        }
        // Until something happens to any child; nothing is taken from it.
        let next = wait_for_news(cx, options)?;
        if next.is_none_or(|change| !by.means(change.pid)) {
            rest(cx)?;
        }
    }
}

/// A child that is not meant and that nobody waits for keeps every other wait from sleeping: look again soon.
fn rest(cx: &mut Cx) -> Result<(), HostErrno> {
    let time = Timespec {
        sec: 0,
        nsec: 10_000_000,
    };
    // SAFETY: a valid timespec; what is left of it is not asked for.
    unsafe { cx.host(nr::nanosleep, [(&raw const time) as u64, 0, 0, 0, 0, 0]) }.map(drop)
}
