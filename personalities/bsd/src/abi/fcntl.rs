//! `<sys/fcntl.h>`: record locks.

use core::mem::offset_of;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::LOCK_TYPE;
use compat_translate::host::linux;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::error::Return;

/// `struct flock`.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable, PartialEq, Eq, Debug)]
pub struct Flock {
    pub start: i64,
    pub len: i64,
    pub pid: i32,
    pub kind: i16,
    pub whence: i16,
    pub sysid: i32,
    pub pad: u32,
}

/// `struct __oflock`: before remote locks had a system's number.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Oflock {
    pub start: i64,
    pub len: i64,
    pub pid: i32,
    pub kind: i16,
    pub whence: i16,
}

const _: () = {
    assert!(size_of::<Flock>() == 32 && offset_of!(Flock, pid) == 16);
    assert!(offset_of!(Flock, kind) == 20 && offset_of!(Flock, sysid) == 24);
    assert!(size_of::<Oflock>() == 24);
};

impl From<Oflock> for Flock {
    fn from(old: Oflock) -> Self {
        Self {
            start: old.start,
            len: old.len,
            pid: old.pid,
            kind: old.kind,
            whence: old.whence,
            sysid: 0,
            pad: 0,
        }
    }
}

impl From<Flock> for Oflock {
    fn from(lock: Flock) -> Self {
        Self {
            start: lock.start,
            len: lock.len,
            pid: lock.pid,
            kind: lock.kind,
            whence: lock.whence,
        }
    }
}

impl Flock {
    /// The host's request.
    ///
    /// # Errors
    /// `EINVAL` for a lock type the host has not: the lock daemon's own.
    pub fn to_host(self) -> Return<linux::flock> {
        let kind = LOCK_TYPE
            .to_host(i64::from(self.kind))
            .ok_or(Errno::EINVAL)?;
        Ok(linux::flock {
            l_type: kind as i16,
            l_whence: self.whence,
            l_start: self.start,
            l_len: self.len,
            l_pid: self.pid,
        })
    }

    /// What `F_GETLK` tells: the lock in the way, or this request with its type changed.
    pub fn answered(self, found: &linux::flock) -> Self {
        let kind = LOCK_TYPE.to_guest(i64::from(found.l_type)).unwrap_or(0) as i16;
        if u32::from(found.l_type as u16) == linux::F_UNLCK {
            return Self { kind, ..self };
        }
        Self {
            start: found.l_start,
            len: found.l_len,
            pid: found.l_pid,
            kind,
            whence: found.l_whence,
            sysid: 0,
            pad: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use compat_tables::bsd::flags::lock_type::{F_RDLCK, F_UNLCK, F_UNLCKSYS, F_WRLCK};

    fn request(kind: i32) -> Flock {
        Flock {
            start: 5,
            len: -3,
            pid: 7,
            kind: kind as i16,
            whence: 1,
            ..Flock::default()
        }
    }

    #[test]
    fn lock_types_are_renumbered() {
        for (guest, host) in [
            (F_RDLCK, linux::F_RDLCK),
            (F_WRLCK, linux::F_WRLCK),
            (F_UNLCK, linux::F_UNLCK),
        ] {
            let lock = request(guest).to_host().unwrap();
            assert_eq!(lock.l_type as u32, host);
            assert_eq!((lock.l_start, lock.l_len, lock.l_whence), (5, -3, 1));
        }
        assert!(request(F_UNLCKSYS).to_host().is_err());
    }

    #[test]
    fn no_conflict_changes_the_type_alone() {
        let free = linux::flock {
            l_type: linux::F_UNLCK as i16,
            l_whence: 0,
            l_start: 100,
            l_len: 200,
            l_pid: 9,
        };
        let answer = request(F_WRLCK).answered(&free);
        assert_eq!(answer, request(F_UNLCK));
        let taken = linux::flock {
            l_type: linux::F_WRLCK as i16,
            ..free
        };
        let answer = request(F_RDLCK).answered(&taken);
        assert_eq!(
            (answer.kind, answer.start, answer.pid),
            (F_WRLCK as i16, 100, 9)
        );
    }
}
