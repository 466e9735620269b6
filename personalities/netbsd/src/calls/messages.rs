//! Several messages at once (sys_recvmmsg, sys_sendmmsg), one after the other as those kernels do.

use compat_bsd::abi::socket::Msghdr;
use compat_bsd::abi::time::{GuestTimespec, timespec};
use compat_bsd::calls::message::{recvmsg, sendmsg};
use compat_tables::bsd::flags::msg_flags::{MSG_DONTWAIT, MSG_WAITFORONE};
use compat_translate::Cx;
use compat_translate::guest::{self, In, InOut};
use compat_translate::host::{Timespec, vdso};

use crate::error::{Error, Return};
use crate::lower::Fd;

/// More are not looked at.
const MOST: u32 = 1024;

/// `struct mmsghdr`: a message, and how long it was.
const LENGTH: u64 = size_of::<Msghdr>() as u64;
const SIZE: u64 = LENGTH + 8;

/// Where message `index` lies, and where its length goes.
fn place(messages: u64, index: u32) -> (InOut<Msghdr>, u64) {
    let at = messages.wrapping_add(u64::from(index) * SIZE);
    (InOut::new(at), at.wrapping_add(LENGTH))
}

/// Some messages are a success, whatever befell the next.
fn outcome(count: u32, failed: Option<Error>) -> Return<u32> {
    match failed {
        Some(error) if count == 0 => Err(error),
        _ => Ok(count),
    }
}

/// The limit is looked at between messages only.
pub(crate) fn recvmmsg(
    cx: &mut Cx,
    s: Fd,
    messages: u64,
    count: u32,
    flags: i32,
    limit: In<GuestTimespec>,
) -> Return<u32> {
    const CLOCK_REALTIME: i32 = 0;
    let now = || vdso::clock_gettime(CLOCK_REALTIME).map_or(0, Timespec::as_nanos);
    let end = limit
        .read_optional()?
        .map(|limit| now().saturating_add(timespec(limit).as_nanos()));
    let mut wanted = flags & !(MSG_WAITFORONE as i32);
    let mut done = 0;
    let mut failed = None;
    while done < count.min(MOST) {
        let (message, length_at) = place(messages, done);
        let received = recvmsg(cx, s, message, wanted)
            .and_then(|length| Ok(guest::write(length_at, &(length as u32))?));
        if let Err(error) = received {
            failed = Some(error);
            break;
        }
        done += 1;
        if flags & MSG_WAITFORONE as i32 != 0 {
            wanted |= MSG_DONTWAIT as i32;
        }
        if end.is_some_and(|end| now() > end) {
            break;
        }
    }
    outcome(done, failed)
}

pub(crate) fn sendmmsg(cx: &mut Cx, s: Fd, messages: u64, count: u32, flags: i32) -> Return<u32> {
    let mut done = 0;
    let mut failed = None;
    while done < count.min(MOST) {
        let (message, length_at) = place(messages, done);
        let sent = sendmsg(cx, s, message, flags)
            .and_then(|length| Ok(guest::write(length_at, &(length as u32))?));
        if let Err(error) = sent {
            failed = Some(error);
            break;
        }
        done += 1;
    }
    outcome(done, failed)
}
