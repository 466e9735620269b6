//! `<aio.h>`: control blocks, as today and as before FreeBSD 7.

use core::mem::offset_of;

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::sigev_notify::{SIGEV_KEVENT, SIGEV_NONE, SIGEV_SIGNAL};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

use super::time::Sigevent;
use crate::error::Return;

/// `struct aiocb`. `buf` and `nbytes` are a vector and its length in the vectored calls.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Aiocb {
    pub fildes: i32,
    pub pad: u32,
    pub offset: i64,
    pub buf: u64,
    pub nbytes: u64,
    pub spare: [u64; 2],
    pub opcode: i32,
    pub reqprio: i32,
    /// The kernel's: status, error, number of the request.
    pub private: [i64; 3],
    pub sigevent: Sigevent,
}

/// `struct oaiocb`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct AiocbOld {
    pub fildes: i32,
    pub pad: u32,
    pub offset: i64,
    pub buf: u64,
    pub nbytes: u64,
    pub sigevent: SigeventOld,
    pub opcode: i32,
    pub reqprio: i32,
    pub private: [i64; 3],
}

/// `struct osigevent`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct SigeventOld {
    pub notify: i32,
    /// A signal, or a kqueue.
    pub number: i32,
    pub value: u64,
}

/// Where [`Aiocb::private`] begins, in either.
pub const PRIVATE: u64 = 56;

const _: () = {
    assert!(size_of::<Aiocb>() == 160 && offset_of!(Aiocb, sigevent) == 80);
    assert!(offset_of!(Aiocb, private) == 56 && offset_of!(AiocbOld, private) == 56);
    assert!(size_of::<AiocbOld>() == 80 && size_of::<SigeventOld>() == 16);
};

impl SigeventOld {
    /// convert_old_sigevent.
    ///
    /// # Errors
    /// `EINVAL` for what did not exist then.
    pub fn modern(self) -> Return<Sigevent> {
        let mut event = Sigevent::new_zeroed();
        event.notify = self.notify;
        match self.notify {
            SIGEV_NONE => {}
            SIGEV_SIGNAL => event.signo = self.number,
            SIGEV_KEVENT => {
                event.signo = self.number;
                event.value = self.value;
            }
            _ => return Err(Errno::EINVAL.into()),
        }
        Ok(event)
    }
}

impl AiocbOld {
    /// The same request as today's structure.
    ///
    /// # Errors
    /// `EINVAL`.
    pub fn modern(self) -> Return<Aiocb> {
        Ok(Aiocb {
            fildes: self.fildes,
            pad: 0,
            offset: self.offset,
            buf: self.buf,
            nbytes: self.nbytes,
            spare: [0; 2],
            opcode: self.opcode,
            reqprio: self.reqprio,
            private: self.private,
            sigevent: self.sigevent.modern()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_request_keeps_its_notice() {
        let old = |notify| SigeventOld {
            notify,
            number: 30,
            value: 7,
        };
        let signal = old(SIGEV_SIGNAL).modern().expect("a signal");
        assert_eq!((signal.signo, signal.value), (30, 0));
        let kqueue = old(SIGEV_KEVENT).modern().expect("a kqueue");
        assert_eq!((kqueue.signo, kqueue.value), (30, 7));
        assert!(old(4).modern().is_err());
    }
}
