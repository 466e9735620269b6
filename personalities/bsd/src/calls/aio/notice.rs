//! How the end of a request is made known.

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::ev_flags::{EV_CLEAR, EV_DISPATCH, EV_ONESHOT};
use compat_tables::bsd::flags::sigev_notify::{
    SIGEV_KEVENT, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD_ID,
};
use compat_translate::Cx;
use compat_translate::host::{self, nr};
use compat_translate::objects::kqueue::{Change, Flags, Wanted};
use compat_translate::signal::SigInfo;

use crate::abi::time::Sigevent;
use crate::error::Return;
use crate::signals;

/// What to do when a request is finished.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Nothing.
    None,
    /// A host signal to the process, or to one thread of it, with a value.
    Signal {
        signal: u8,
        thread: Option<i32>,
        value: u64,
    },
    /// An event of a kqueue.
    Event {
        knote: Knote,
        flags: Flags,
        user_data: u64,
    },
}

/// The end of a request, or of a list of them, as kqueues know it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Knote {
    kqueue: i32,
    list: bool,
    ident: u64,
}

impl Knote {
    fn change(self, cx: &Cx, flags: Flags, user_data: u64, error: i64) -> Return<()> {
        let objects = &cx.process().objects;
        let kqueue = objects.kqueue(self.kqueue).ok_or(Errno::EBADF)?;
        let change = Change {
            ident: self.ident,
            wanted: Wanted::Finished {
                list: self.list,
                value: error,
                eof: !self.list,
            },
            flags,
            user_data,
            extensions: [0; 4],
        };
        Ok(kqueue.apply(cx.process(), &[change])?)
    }

    /// Nobody shall hear of it any more (aio_free_entry).
    pub fn withdraw(self, cx: &Cx) {
        // The kqueue may be closed, and the knote gone.
        let _ = self.change(cx, Flags::DELETE, 0, 0);
    }
}

impl Notice {
    /// The checks of aio_aqueue and kern_lio_listio; `ident` is the control block's address, or a list's.
    pub fn of(cx: &Cx, event: &Sigevent, list: bool, ident: u64) -> Return<Self> {
        let thread = match event.notify {
            SIGEV_NONE => return Ok(Self::None),
            SIGEV_SIGNAL => None,
            SIGEV_THREAD_ID => Some(event.thread_id),
            SIGEV_KEVENT => {
                let kqueue = event.signo;
                let knote = Knote {
                    kqueue,
                    list,
                    ident,
                };
                return Self::event(cx, knote, event);
            }
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

    fn event(cx: &Cx, knote: Knote, event: &Sigevent) -> Return<Self> {
        // sigev_notify_kevent_flags: half a word where a thread's number would stand. Lists have none.
        let bits = if knote.list {
            0
        } else {
            event.thread_id as u32 & 0xffff
        };
        let known = [
            (EV_CLEAR, Flags::CLEAR),
            (EV_DISPATCH, Flags::DISPATCH),
            (EV_ONESHOT, Flags::ONCE),
        ];
        if bits & !(EV_CLEAR | EV_DISPATCH | EV_ONESHOT) != 0 {
            return Err(Errno::EINVAL.into());
        }
        if cx.process().objects.kqueue(knote.kqueue).is_none() {
            return Err(Errno::EBADF.into());
        }
        let flags = known
            .iter()
            .filter(|(bit, _)| bits & bit != 0)
            .fold(Flags::ADD.with(Flags::ENABLE), |all, (_, flag)| {
                all.with(*flag)
            });
        Ok(Self::Event {
            knote,
            flags,
            user_data: event.value,
        })
    }

    /// The knote that it makes.
    pub fn knote(self) -> Option<Knote> {
        match self {
            Self::Event { knote, .. } => Some(knote),
            _ => None,
        }
    }

    /// Tells of an end with this error number, or 0.
    pub fn give(self, cx: &Cx, error: i64) {
        match self {
            Self::None => {}
            Self::Signal {
                signal,
                thread,
                value,
            } => send(signal, thread, value),
            Self::Event {
                knote,
                flags,
                user_data,
            } => {
                let _ = knote.change(cx, flags, user_data, error);
            }
        }
    }
}

/// aio_sendsig.
fn send(signal: u8, thread: Option<i32>, value: u64) {
    const SI_ASYNCIO: i32 = -4;
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
            Some(thread) => host::call_n(nr::rt_tgsigqueueinfo, [pid, thread as u64, signal, info]),
            None => host::call_n(nr::rt_sigqueueinfo, [pid, signal, info]),
        }
    };
}
