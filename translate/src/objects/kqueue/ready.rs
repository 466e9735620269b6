//! Whether a descriptor is ready, how much there is, and whether the other side is gone.
//!
//! epoll says that something happened; these questions find out what a kqueue would have said (filt_soread,
//! filt_sowrite, filt_piperead, filt_pipewrite, filt_vfsread).

use super::event::News;
use super::note::Found;
use crate::host::{self, HostErrno, HostResult, linux, nr};

pub(super) const IN: u32 = 0x1;
pub(super) const OUT: u32 = 0x4;
pub(super) const ERR: u32 = 0x8;
pub(super) const HUP: u32 = 0x10;
pub(super) const RDHUP: u32 = 0x2000;

/// What kind of file a descriptor is, found out when it first matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum File {
    Unknown,
    /// A socket whose data are one stream.
    StreamSocket,
    /// A socket of messages.
    MessageSocket,
    Pipe,
    /// A file or directory, which the host's poll calls always ready.
    Regular,
    Other,
}

/// The file behind `fd`.
pub(super) fn identify(fd: i32) -> File {
    const S_IFMT: u32 = 0o170_000;
    let Ok(stat) = stat(fd) else {
        return File::Other;
    };
    match stat.st_mode & S_IFMT {
        0o140_000 => match socket_option(fd, linux_socket::SO_TYPE) {
            Ok(linux_socket::SOCK_STREAM) => File::StreamSocket,
            _ => File::MessageSocket,
        },
        0o010_000 => File::Pipe,
        0o100_000 | 0o040_000 => File::Regular,
        _ => File::Other,
    }
}

pub(super) fn stat(fd: i32) -> HostResult<linux::stat> {
    // SAFETY: plain integers, for which all zeros is a value.
    let mut stat: linux::stat = unsafe { core::mem::zeroed() };
    // SAFETY: `stat` is valid for writing.
    unsafe { host::call_n(nr::fstat, [fd as u64, (&raw mut stat) as u64]) }?;
    Ok(stat)
}

mod linux_socket {
    pub(super) const SOL_SOCKET: u64 = 1;
    pub(super) const SO_TYPE: u64 = 3;
    pub(super) const SO_PROTOCOL: u64 = 38;
    pub(super) const SO_MEMINFO: u64 = 55;
    pub(super) const SOCK_STREAM: i32 = 1;
    pub(super) const IPPROTO_TCP: u64 = 6;
    pub(super) const TCP_INFO: u64 = 11;
}

fn socket_option(fd: i32, option: u64) -> HostResult<i32> {
    let mut value = 0i32;
    get_option(fd, linux_socket::SOL_SOCKET, option, &mut value)?;
    Ok(value)
}

/// Reads a socket option of plain integers; returns how many bytes came.
fn get_option<T: zerocopy::FromBytes>(
    fd: i32,
    level: u64,
    option: u64,
    value: &mut T,
) -> HostResult<u32> {
    let mut size = size_of::<T>() as u32;
    let args = [
        fd as u64,
        level,
        option,
        core::ptr::from_mut(value) as u64,
        (&raw mut size) as u64,
    ];
    // SAFETY: `value` is valid for `size` bytes, and any bytes make one.
    unsafe { host::call_n(nr::getsockopt, args) }?;
    Ok(size)
}

/// What poll(2) says of one descriptor now.
pub(super) fn poll(fd: i32, wanted: u32) -> u32 {
    let mut entry = [fd as u32, wanted & 0xffff];
    let args = [entry.as_mut_ptr() as u64, 1, 0];
    // SAFETY: one pollfd, and no waiting.
    let _ = unsafe { host::call_n(nr::poll, args) };
    entry[1] >> 16
}

/// Whether the host's "hang-up" of a stream socket only means that it was never connected: a kqueue stays silent.
fn unconnected(fd: i32, file: File, mask: u32) -> bool {
    file == File::StreamSocket
        && mask & (HUP | ERR | RDHUP) == HUP
        // A knote that waits for room alone has not asked for RDHUP.
        && poll(fd, RDHUP) & RDHUP == 0
}

/// Looks at `fd` for reading. `mask` is what epoll or poll said.
pub(super) fn to_read(fd: i32, file: &mut File, mask: u32) -> Option<Found> {
    if *file == File::Regular {
        return Some(Found::plain(rest_of_file(fd)?));
    }
    if mask & (IN | RDHUP | HUP | ERR) == 0 {
        return None;
    }
    let mut eof = false;
    if mask & (RDHUP | HUP | ERR) != 0 {
        know(fd, file);
        if unconnected(fd, *file, mask) {
            return None;
        }
        eof = match file {
            File::StreamSocket | File::MessageSocket => mask & (RDHUP | HUP) != 0,
            // The writing end reports the loss of its reader as an error.
            File::Pipe => true,
            _ => mask & HUP != 0,
        };
    }
    let data = match bytes_to_read(fd) {
        Ok(0) if !eof && mask & ERR == 0 => {
            know(fd, file);
            match file {
                // Someone else was quicker. A message may be empty, a stream may not.
                File::StreamSocket => bytes_behind_mark(fd)?,
                File::Pipe => return None,
                _ => 0,
            }
        }
        Ok(bytes) => bytes,
        Err(HostErrno::EINVAL) => waiting_connections(fd),
        // Readable, but nothing that has a length: a kqueue, a counter.
        Err(_) => i64::from(mask & IN != 0),
    };
    Some(Found {
        data,
        eof,
        news: end_error(fd, *file, eof, mask),
    })
}

/// Looks at `fd` for writing.
pub(super) fn to_write(fd: i32, file: &mut File, mask: u32) -> Option<Found> {
    if *file == File::Regular {
        return Some(Found::plain(0));
    }
    if mask & (OUT | HUP | ERR) == 0 {
        return None;
    }
    let mut memory = [0u32; 9];
    let socket = match file {
        File::Pipe | File::Other => false,
        _ => get_option(
            fd,
            linux_socket::SOL_SOCKET,
            linux_socket::SO_MEMINFO,
            &mut memory,
        )
        .is_ok(),
    };
    if !socket || mask & (HUP | ERR) != 0 {
        know(fd, file);
    }
    if mask & HUP != 0 && unconnected(fd, *file, mask) {
        return None;
    }
    if socket {
        let eof = mask & HUP != 0;
        // wmem_alloc, sndbuf, wmem_queued: TCP counts in the last, others in the first.
        let [_, _, allocated, limit, _, queued, ..] = memory;
        return Some(Found {
            data: i64::from(limit) - i64::from(allocated.max(queued)).min(i64::from(limit)),
            eof,
            news: end_error(fd, *file, eof, mask),
        });
    }
    if *file == File::Pipe {
        let eof = mask & (HUP | ERR) != 0;
        return Some(Found {
            data: if eof { 0 } else { room_in_pipe(fd) },
            eof,
            news: News::Plain,
        });
    }
    Some(Found {
        data: 0,
        eof: mask & HUP != 0,
        news: News::Plain,
    })
}

fn know(fd: i32, file: &mut File) {
    if *file == File::Unknown {
        *file = identify(fd);
    }
}

fn bytes_to_read(fd: i32) -> HostResult<i64> {
    const FIONREAD: u64 = 0x541b;
    let mut bytes = 0i32;
    // SAFETY: `bytes` is valid for writing.
    unsafe { host::call_n(nr::ioctl, [fd as u64, FIONREAD, (&raw mut bytes) as u64]) }?;
    Ok(i64::from(bytes))
}

/// What a TCP connection has behind the place where urgent data was, if that is what comes next: the host counts only up to
/// there, a kqueue all there is (sbavail).
fn bytes_behind_mark(fd: i32) -> Option<i64> {
    const SIOCATMARK: u64 = 0x8905;
    /// MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT: TCP counts without copying.
    const COUNT: u64 = 0x2 | 0x20 | 0x40;
    const MOST: u64 = 1 << 30;
    let mut marked = 0i32;
    // SAFETY: `marked` is valid for writing.
    unsafe { host::call_n(nr::ioctl, [fd as u64, SIOCATMARK, (&raw mut marked) as u64]) }.ok()?;
    // Other protocols would copy.
    if marked == 0
        || socket_option(fd, linux_socket::SO_PROTOCOL) != Ok(linux_socket::IPPROTO_TCP as i32)
    {
        return None;
    }
    let nowhere = (&raw mut marked) as u64;
    // SAFETY: nothing is written.
    let found = unsafe { host::call_n(nr::recvfrom, [fd as u64, nowhere, MOST, COUNT, 0, 0]) };
    found
        .ok()
        .filter(|&bytes| bytes != 0)
        .map(|bytes| bytes as i64)
}

/// How many bytes a TCP connection has been given to send, or nearly so; `None` of anything else.
pub(super) fn sent(fd: i32) -> Option<u64> {
    /// Of `struct tcp_info`, in words: `tcpi_notsent_bytes`, and the 64 bits of `tcpi_bytes_sent`, since Linux 4.19.
    const NOT_SENT: usize = 36;
    const SENT: usize = 50;
    let mut info = [0u32; SENT + 2];
    let level = linux_socket::IPPROTO_TCP;
    get_option(fd, level, linux_socket::TCP_INFO, &mut info).ok()?;
    let [low, high] = [info.get(SENT)?, info.get(SENT + 1)?].map(|&word| u64::from(word));
    Some((high << 32 | low) + u64::from(*info.get(NOT_SENT)?))
}

/// Connections ready to be accepted. The host tells for TCP only; elsewhere it is known that there is one.
fn waiting_connections(fd: i32) -> i64 {
    /// Of `struct tcp_info`: eight bytes, then `rto ato snd_mss rcv_mss unacked`; a listener's backlog is in the last.
    const UNACKED: usize = 6;
    let mut info = [0u32; 8];
    let asked = get_option(
        fd,
        linux_socket::IPPROTO_TCP,
        linux_socket::TCP_INFO,
        &mut info,
    );
    match asked {
        Ok(_) => info
            .get(UNACKED)
            .map_or(1, |&backlog| i64::from(backlog).max(1)),
        Err(_) => 1,
    }
}

/// The error a stream ended with. Asking the host for it (SO_ERROR) would take it away from the program's own next call,
/// so it is inferred: an error on what was never connected is a refusal.
fn end_error(fd: i32, file: File, eof: bool, mask: u32) -> News {
    if !eof || mask & ERR == 0 || file != File::StreamSocket {
        return News::Plain;
    }
    /// `tcpi_rtt` of `struct tcp_info`: not measured before the handshake is complete.
    const RTT: usize = 17;
    let mut info = [0u32; 18];
    let asked = get_option(
        fd,
        linux_socket::IPPROTO_TCP,
        linux_socket::TCP_INFO,
        &mut info,
    );
    let connected = info.get(RTT).is_some_and(|&rtt| rtt != 0);
    News::Error(if asked.is_ok() && !connected {
        HostErrno::ECONNREFUSED
    } else {
        HostErrno::ECONNRESET
    })
}

fn room_in_pipe(fd: i32) -> i64 {
    const F_GETPIPE_SZ: u64 = 1032;
    // SAFETY: no memory is involved.
    let size = unsafe { host::call_n(nr::fcntl, [fd as u64, F_GETPIPE_SZ]) }.unwrap_or(0);
    (size as i64 - bytes_to_read(fd).unwrap_or(0)).max(0)
}

/// Bytes between the offset of a file and its end; negative beyond it.
fn rest_of_file(fd: i32) -> Option<i64> {
    const SEEK_CUR: u64 = 1;
    let size = stat(fd).ok()?.st_size;
    // SAFETY: no memory is involved.
    let offset = unsafe { host::call_n(nr::lseek, [fd as u64, 0, SEEK_CUR]) }.ok()?;
    Some(size - offset as i64)
}
