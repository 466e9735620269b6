//! FreeBSD's netlink sockets (sys/netlink, since 13.2) on the host's: both speak RFC 3549, with other numbers in places. What
//! asks about interfaces, addresses, neighbours and routes goes to the host in its words ([`request`]), and its answers and
//! news come back in FreeBSD's ([`reply`]).
//!
//! Only the calls of sockets translate. What `read` brings is what the host said.

mod reply;
mod request;

use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};

use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::netlink::{HEADER, u32_at};
use compat_translate::host::nr;
use compat_translate::host::socket::{self as host_socket, raw};

use crate::error::Return;

/// The host's level of options, and FreeBSD's.
pub const SOL_NETLINK: i32 = 270;
/// `sizeof(struct sockaddr_nl)`.
pub const SOCKADDR_LEN: usize = 12;

/// What sockets there are.
const NETLINK_ROUTE: i32 = 0;
const NETLINK_GENERIC: i32 = 16;

/// Whether the program has had one.
static ANY: AtomicBool = AtomicBool::new(false);

/// Whether there is such a protocol; from here on, sockets are asked whether they are of it.
pub fn has_protocol(protocol: i32) -> bool {
    let known = matches!(protocol, NETLINK_ROUTE | NETLINK_GENERIC);
    if known {
        ANY.store(true, Ordering::Relaxed);
    }
    known
}

/// Whether the socket is one.
#[inline(always)]
pub fn is_one(fd: u64) -> bool {
    ANY.load(Ordering::Relaxed) && host_socket::domain(fd) == Ok(raw::AF_NETLINK)
}

/// Which protocol it has: the host's numbers are FreeBSD's.
fn protocol(fd: u64) -> Return<i32> {
    const SO_PROTOCOL: u32 = 38;
    Ok(host_socket::option(fd, raw::SOL_SOCKET, SO_PROTOCOL)?)
}

/// Memory of the guest's, in pieces.
#[derive(Clone, Copy)]
pub enum Pieces {
    /// An address and a length.
    One(u64, u64),
    /// The address of so many `struct iovec`.
    Many(u64, u64),
}

impl Pieces {
    fn each(self, mut visit: impl FnMut(u64, usize) -> Return<()>) -> Return<()> {
        match self {
            Self::One(at, len) => visit(at, len as usize),
            Self::Many(at, count) => (0..count).try_for_each(|index| {
                let [base, len] = guest::read::<[u64; 2]>(at.wrapping_add(16 * index))?;
                visit(base, len as usize)
            }),
        }
    }

    /// What is there.
    fn read(self) -> Return<Vec<u8>> {
        /// More than a socket takes (net.local.dgram.maxdgram is far less).
        const MOST: usize = 1 << 20;
        let mut bytes = Vec::new();
        self.each(|at, len| {
            let start = bytes.len();
            if len > MOST || start + len > MOST {
                return Err(compat_tables::bsd::Errno::EMSGSIZE.into());
            }
            bytes.resize(start + len, 0);
            Ok(guest::read_bytes(
                at,
                bytes.get_mut(start..).unwrap_or_default(),
            )?)
        })?;
        Ok(bytes)
    }

    /// Puts as much of `bytes` there as has room; returns how much that is.
    fn write(self, bytes: &[u8]) -> Return<usize> {
        let mut rest = bytes;
        self.each(|at, len| {
            let (now, later) = rest.split_at(len.min(rest.len()));
            rest = later;
            Ok(guest::write_bytes(at, now)?)
        })?;
        Ok(bytes.len() - rest.len())
    }
}

/// Sends what the guest has in `from`; `to` is the host's address, or empty.
///
/// # Errors
/// `EOPNOTSUPP` for what is more than a question; the host's.
pub fn send(cx: &mut Cx, fd: u64, from: Pieces, flags: u64, to: &[u8]) -> Return<u64> {
    let given = from.read()?;
    let request = request::to_host(cx, protocol(fd)?, &given)?;
    let at = if to.is_empty() { 0 } else { to.as_ptr() as u64 };
    let args = [
        fd,
        request.as_ptr() as u64,
        request.len() as u64,
        flags,
        at,
        to.len() as u64,
    ];
    // SAFETY: a message and an address, both valid for reading.
    unsafe { cx.host(nr::sendto, args) }?;
    Ok(given.len() as u64)
}

/// What came.
pub struct Came {
    /// Bytes stored, or with `MSG_TRUNC` asked for, all of the message's.
    pub size: u64,
    /// It had more than there was room for.
    pub truncated: bool,
    /// Length of the sender's address, the host's.
    pub name_len: u32,
}

/// Receives into `into`; the sender's address goes to `name`. `flags` are the host's.
///
/// # Errors
/// The host's.
pub fn receive(
    cx: &mut Cx,
    fd: u64,
    into: Pieces,
    flags: u64,
    name: &mut [u8; 128],
) -> Return<Came> {
    const ROOM: usize = 64 << 10;
    let peek = u64::from(raw::MSG_PEEK);
    let whole = flags & u64::from(raw::MSG_TRUNC) != 0;
    let protocol = protocol(fd)?;
    let mut room = alloc::vec![0u8; ROOM];
    loop {
        let mut name_len = name.len() as u32;
        let (at, names) = (room.as_mut_ptr() as u64, name.as_mut_ptr() as u64);
        let lengths = (&raw mut name_len) as u64;
        let take = |cx: &mut Cx, flags| {
            // SAFETY: room for a message and an address.
            unsafe { cx.host(nr::recvfrom, [fd, at, ROOM as u64, flags, names, lengths]) }
        };
        let got = take(cx, flags & !u64::from(raw::MSG_TRUNC))? as usize;
        let said = reply::to_guest(protocol, room.get(..got).unwrap_or_default());
        if said.is_empty() && got != 0 {
            // Nothing that FreeBSD would have said.
            if flags & peek != 0 {
                take(cx, flags & !peek)?;
            }
            continue;
        }
        let stored = into.write(&said)?;
        return Ok(Came {
            size: if whole { said.len() } else { stored } as u64,
            truncated: stored < said.len(),
            name_len,
        });
    }
}

/// The messages in a block: header and body each.
fn messages(mut block: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    core::iter::from_fn(move || {
        let length = u32_at(block, 0) as usize;
        let (header, body) = block.get(..length)?.split_at_checked(HEADER)?;
        block = block.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((header, body))
    })
}

/// A message in the making.
struct Writer {
    bytes: Vec<u8>,
    /// Where the message began.
    start: usize,
}

impl Writer {
    /// One with this header behind what is there already.
    fn begin(mut bytes: Vec<u8>, header: &[u8]) -> Self {
        let start = bytes.len();
        bytes.extend_from_slice(header);
        Self { bytes, start }
    }

    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    fn attribute(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        const OWN: usize = 4;
        self.raw(&((OWN + value.len()) as u16).to_le_bytes());
        self.raw(&kind.to_le_bytes()).raw(value).filled_up()
    }

    fn filled_up(&mut self) -> &mut Self {
        let filled = self.bytes.len().next_multiple_of(4);
        self.bytes.resize(filled, 0);
        self
    }

    /// The whole block, the message's length in its header.
    fn end(mut self) -> Vec<u8> {
        let length = (self.bytes.len() - self.start) as u32;
        if let Some(field) = self.bytes.get_mut(self.start..self.start + 4) {
            field.copy_from_slice(&length.to_le_bytes());
        }
        self.filled_up();
        self.bytes
    }
}

#[cfg(test)]
mod tests;
