//! How the end of a request is made known.

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::sigev_notify::{
    SIGEV_KEVENT, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD_ID,
};
use compat_translate::Cx;
use compat_translate::host::{self, nr};
use compat_translate::signal::SigInfo;

use crate::abi::time::Sigevent;
use crate::error::Return;
use crate::signals;

/// What to do when a request is finished.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// Nothing.
    None,
    /// A host signal to the process, or to one thread of it, with a value.
    Signal {
        signal: u8,
        thread: Option<i32>,
        value: u64,
    },
}

impl Notice {
    /// The checks of aio_aqueue.
    pub(super) fn of(cx: &mut Cx, event: &Sigevent) -> Return<Self> {
        let thread = match event.notify {
            SIGEV_NONE => return Ok(Self::None),
            SIGEV_SIGNAL => None,
            SIGEV_THREAD_ID => Some(event.thread_id),
            SIGEV_KEVENT => return Err(cx.gap("aio: SIGEV_KEVENT", Errno::EINVAL.into())),
            _ => return Err(Errno::EINVAL.into()),
        };
        let signal = u8::try_from(event.signo)
            .ok()
            .and_then(signals::to_host)
            .ok_or(Errno::EINVAL)?;
        Ok(Self::Signal {
            signal,
            thread,
            value: event.value,
        })
    }

    /// aio_sendsig.
    pub(super) fn give(self) {
        const SI_ASYNCIO: i32 = -4;
        let Self::Signal {
            signal,
            thread,
            value,
        } = self
        else {
            return;
        };
        // SAFETY: no arguments.
        let (pid, uid) = unsafe {
            (
                host::call_n(nr::getpid, []).unwrap_or_default(),
                host::call_n(nr::getuid, []).unwrap_or_default(),
            )
        };
        let info = SigInfo {
            signo: i32::from(signal),
            code: SI_ASYNCIO,
            fields: core::array::from_fn(|index| match index {
                0 => pid | (uid << 32),
                1 => value,
                _ => 0,
            }),
            ..SigInfo::default()
        };
        let (signal, info) = (u64::from(signal), (&raw const info) as u64);
        // SAFETY: a valid siginfo_t. A thread that is gone gets nothing.
        let _ = unsafe {
            match thread {
                Some(thread) => {
                    host::call_n(nr::rt_tgsigqueueinfo, [pid, thread as u64, signal, info])
                }
                None => host::call_n(nr::rt_sigqueueinfo, [pid, signal, info]),
            }
        };
    }
}
