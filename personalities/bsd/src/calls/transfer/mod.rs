//! What the calls of `message` have in common: flags, host messages, control messages, and what the two systems say
//! differently about the same failure. A file for each direction.

mod receive;
mod send;

use compat_tables::bsd::flags::msg_flags;
use compat_translate::host::socket::raw;

use crate::sockets::address::HostAddress;

pub use receive::{Received, Wanted, is_unix_stream, receive, receive_flags, unreceived};
pub use send::{
    Control, copy_control, never_connected, send, send_flags, with_sigpipe_held, wrap_rights,
};

/// `SO_NOSIGPIPE` has no counterpart. This option of the host, which does nothing without the error queues that FreeBSD
/// has not, keeps it with the socket: over `dup`, `fork`, `execve` and descriptor passing.
pub const NOSIGPIPE_MARK: u32 = raw::SO_SELECT_ERR_QUEUE;

/// On a Unix socket with `SO_PASSCRED`: `LOCAL_CREDS_PERSISTENT` asked for it, not `LOCAL_CREDS`. The option itself
/// concerns wireless hardware.
pub const PERSISTENT_MARK: u32 = raw::SO_WIFI_STATUS;

/// The host's `struct msghdr`.
#[repr(C)]
pub struct HostMessage {
    name: u64,
    name_len: u32,
    pad0: u32,
    iov: u64,
    iovlen: u64,
    control: u64,
    control_len: u64,
    flags: u32,
    pad1: u32,
}

const _: () = assert!(size_of::<HostMessage>() == 56);

impl HostMessage {
    /// A message to send. The guest's `iovec`s are the host's.
    pub fn sending(to: Option<&HostAddress>, iov: u64, iovlen: u64, control: &[u8]) -> Self {
        let to = to.map(HostAddress::bytes).unwrap_or_default();
        Self {
            name: if to.is_empty() { 0 } else { to.as_ptr() as u64 },
            name_len: to.len() as u32,
            pad0: 0,
            iov,
            iovlen,
            control: if control.is_empty() {
                0
            } else {
                control.as_ptr() as u64
            },
            control_len: control.len() as u64,
            flags: 0,
            pad1: 0,
        }
    }

    /// Where it is, for the host.
    pub fn address(&self) -> u64 {
        core::ptr::from_ref(self) as u64
    }
}

fn dont_wait(asked: u32) -> u64 {
    if asked & msg_flags::MSG_NBIO != 0 {
        u64::from(raw::MSG_DONTWAIT)
    } else {
        0
    }
}
