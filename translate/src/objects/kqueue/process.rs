//! Processes: a pidfd tells of the end of each that is waited for by number, the process itself of the rest (see `lives`).

use super::event::{Ended, Life, News};
use super::note::Found;
use super::token::{Token, control};
use crate::host::{self, HostErrno, HostResult, linux, nr};
use crate::objects::Objects;
use crate::signal::SigInfo;

const IN: u32 = 1;

/// What a process that is waited for has beside its knote.
#[derive(Debug)]
pub(super) struct Process {
    /// Until it has ended.
    fd: Option<i32>,
    ended: Option<Ended>,
    /// How it was about to end.
    told: Option<Ended>,
    asked: Life,
    /// Since the last report.
    did: Life,
}

impl Process {
    /// # Errors
    /// `ESRCH` when there is no such process.
    pub(super) fn new(objects: &Objects, epoll: i32, ident: u64, asked: Life) -> HostResult<Self> {
        let pid = i32::try_from(ident).map_err(|_| HostErrno::ESRCH)?;
        // SAFETY: no memory is involved.
        let fd = unsafe { host::call_n(nr::pidfd_open, [pid as u64, 0]) }.map_err(|error| {
            if error == HostErrno::EINVAL {
                HostErrno::ESRCH
            } else {
                error
            }
        })?;
        let fd = objects.hidden.hide(fd as i32);
        let added = control(epoll, linux::EPOLL_CTL_ADD, fd, IN, Token::Process(pid));
        if let Err(error) = added {
            objects.hidden.close(fd);
            return Err(error);
        }
        Ok(Self {
            fd: Some(fd),
            ended: None,
            told: None,
            asked,
            did: Life::NONE,
        })
    }

    /// The child of one that is waited for, which may be gone.
    ///
    /// # Errors
    /// `EMFILE` and the like.
    pub(super) fn of_child(
        objects: &Objects,
        epoll: i32,
        pid: i32,
        asked: Life,
    ) -> HostResult<Self> {
        match Self::new(objects, epoll, pid as u64, asked) {
            Err(HostErrno::ESRCH) => Ok(Self {
                fd: None,
                ended: None,
                told: None,
                asked,
                did: Life::NONE,
            }),
            made => made,
        }
    }

    pub(super) fn asked(&self) -> Life {
        self.asked
    }

    /// Whether the process has to be asked to tell what it does.
    pub(super) fn is_to_be_followed(&self) -> bool {
        let readable = self
            .fd
            .is_some_and(|fd| how_it_ended(fd).is_ok_and(|how| how != Ended::Unknown));
        needs_following(self.asked) && !readable
    }

    /// Changes what is asked for; whether the process has to be told.
    pub(super) fn ask(&mut self, asked: Life) -> bool {
        let before = core::mem::replace(&mut self.asked, asked);
        needs_following(asked) && asked != before && self.fd.is_some()
    }

    pub(super) fn did(&mut self, what: Life) {
        self.did = self.did.with(what.and(self.asked));
    }

    /// A child of it is not waited for, although it should be.
    pub(super) fn lost_a_child(&mut self) {
        self.did = self.did.with(Life::TRACK_FAILED);
    }

    /// It is about to end.
    pub(super) fn told(&mut self, how: Ended) {
        self.told = Some(how);
    }

    pub(super) fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    pub(super) fn clear(&mut self) {
        self.did = Life::NONE;
    }

    pub(super) fn look(&self) -> Option<Found> {
        let ended = self.ended.filter(|_| self.asked.any(Life::EXIT));
        let did = self.did.with(if ended.is_some() {
            Life::EXIT
        } else {
            Life::NONE
        });
        (did != Life::NONE).then(|| Found {
            eof: self.is_over(),
            news: News::Life(did, ended),
            ..Found::plain(0)
        })
    }

    /// epoll reported the pidfd.
    pub(super) fn ended(&mut self, objects: &Objects, epoll: i32, pid: i32) {
        if let Some(fd) = self.fd {
            self.ended = Some(match how_it_ended(fd) {
                Ok(Ended::Unknown) | Err(_) => status_of_zombie(pid).unwrap_or(Ended::Unknown),
                Ok(ended) => ended,
            });
            self.release(objects, epoll);
        }
    }

    /// Whether it has ended, nobody has said how, and somebody may be about to.
    pub(super) fn ended_silently(&self) -> bool {
        let unknown = match self.ended {
            None => self.fd.is_none(),
            Some(ended) => ended == Ended::Unknown && needs_following(self.asked),
        };
        unknown && self.told.is_none()
    }

    /// What was told is all there is to know. Whether it has ended, which only this tells.
    pub(super) fn conclude(&mut self) -> bool {
        let unseen = self.fd.is_none() && self.ended.is_none();
        if unseen || self.ended == Some(Ended::Unknown) {
            self.ended = Some(self.told.unwrap_or(Ended::Unknown));
        }
        unseen
    }

    pub(super) fn release(&mut self, objects: &Objects, epoll: i32) {
        if let Some(fd) = self.fd.take() {
            let _ = control(epoll, linux::EPOLL_CTL_DEL, fd, 0, Token::Process(0));
            objects.hidden.close(fd);
        }
    }

    pub(super) fn moved(&mut self, epoll: i32, pid: i32, old: i32, new: i32) {
        if self.fd == Some(old) {
            let _ = control(epoll, linux::EPOLL_CTL_DEL, old, 0, Token::Process(pid));
            let _ = control(epoll, linux::EPOLL_CTL_ADD, new, IN, Token::Process(pid));
            self.fd = Some(new);
        }
    }
}

fn needs_following(asked: Life) -> bool {
    asked.any(Life::FORK.with(Life::EXEC).with(Life::TRACK))
}

/// How the process behind a pidfd ended, without reaping it.
///
/// # Errors
/// `EAGAIN` when it has not ended; `EINVAL` or `EBADF` for a descriptor that is no pidfd.
pub(super) fn how_it_ended(fd: i32) -> HostResult<Ended> {
    const P_PIDFD: u64 = 3;
    const CLD_EXITED: i32 = 1;
    const CLD_DUMPED: i32 = 3;
    const WEXITED_WNOHANG_WNOWAIT_WALL: u64 = 4 | 1 | 0x0100_0000 | 0x4000_0000;
    let mut info = SigInfo::default();
    let args = [
        P_PIDFD,
        fd as u64,
        (&raw mut info) as u64,
        WEXITED_WNOHANG_WNOWAIT_WALL,
    ];
    // SAFETY: a valid siginfo_t.
    match unsafe { host::call_n(nr::waitid, args) } {
        Ok(_) if info.pid() == 0 => Err(HostErrno::EAGAIN),
        Ok(_) if info.code == CLD_EXITED => Ok(Ended::Exit(info.status())),
        Ok(_) => Ok(Ended::Signal {
            signal: info.status() as u8,
            core: info.code == CLD_DUMPED,
        }),
        // Not our child, or reaped already.
        Err(HostErrno::ECHILD) => what_the_host_remembers(fd),
        Err(error) => Err(error),
    }
}

/// The status of a process that its own parent has not waited for yet: the last field of its line in `/proc`.
fn status_of_zombie(pid: i32) -> Option<Ended> {
    let path = alloc::format!("/proc/{pid}/stat\0");
    let path = core::ffi::CStr::from_bytes_with_nul(path.as_bytes()).ok()?;
    let line = host::read_file(path, 4096).ok()?;
    let line = core::str::from_utf8(line.trim_ascii_end()).ok()?;
    Some(status(line.rsplit(' ').next()?.parse().ok()?))
}

/// A wait status of the host.
pub(super) fn status(status: u32) -> Ended {
    match status & 0x7f {
        0 => Ended::Exit((status >> 8 & 0xff) as i32),
        signal => Ended::Signal {
            signal: signal as u8,
            core: status & 0x80 != 0,
        },
    }
}

/// Newer hosts tell how any process ended that has been waited for (PIDFD_GET_INFO, Linux 6.15).
fn what_the_host_remembers(fd: i32) -> HostResult<Ended> {
    /// `_IOWR(0xff, 11, struct pidfd_info)` with the 64 bytes of its first version.
    const PIDFD_GET_INFO: u64 = 0xc040_ff0b;
    const PIDFD_INFO_EXIT: u64 = 1 << 3;
    /// Of `struct pidfd_info`, in 32-bit words: the mask is the first two, the exit code the last.
    const EXIT_CODE: usize = 15;
    let mut info = [0u32; 16];
    if let Some(mask) = info.first_mut() {
        *mask = PIDFD_INFO_EXIT as u32;
    }
    // SAFETY: `info` is valid for the 64 bytes that the request names.
    let asked = unsafe {
        host::call_n(
            nr::ioctl,
            [fd as u64, PIDFD_GET_INFO, info.as_mut_ptr() as u64],
        )
    };
    let told = asked.is_ok()
        && info
            .first()
            .is_some_and(|&mask| u64::from(mask) & PIDFD_INFO_EXIT != 0);
    let ended = info.get(EXIT_CODE).map(|&code| status(code));
    Ok(ended.filter(|_| told).unwrap_or(Ended::Unknown))
}

#[cfg(test)]
mod tests {
    use super::{Ended, status};

    #[test]
    fn statuses_are_read_as_wait_reads_them() {
        assert_eq!(status(5 << 8), Ended::Exit(5));
        let killed = |core| Ended::Signal { signal: 6, core };
        assert_eq!(status(6), killed(false));
        assert_eq!(status(6 | 0x80), killed(true));
    }
}
