//! `struct xsocket`, in either layout: what all lists say of a socket whatever its family.

use compat_bsd::sockets::listed::{address, pcb_address};
use compat_translate::host::sockets::{InetSocket, UnixSocket};
use zerocopy::FromZeros;

use super::sockets::IPPROTO_TCP;
use crate::abi::pcb::{SO_ACCEPTCONN, SS_ISCONNECTED, Xsockbuf, Xsocket};
use crate::abi::pcb10;

/// The host's states of a connection that matter here.
const LISTENING: u8 = 10;
const CLOSED: u8 = 7;

/// What `struct xsocket` says in either layout.
pub(super) struct About {
    inode: u32,
    protocol: u8,
    family: i32,
    kind: u8,
    listening: bool,
    connected: bool,
    receive: u32,
    send: u32,
    uid: u32,
}

impl About {
    pub(super) fn internet(socket: &InetSocket, protocol: u8, kind: u8) -> Self {
        const AF_INET: i32 = 2;
        const AF_INET6: i32 = 28;
        let has_state = protocol == IPPROTO_TCP;
        Self {
            inode: socket.inode,
            protocol,
            family: if socket.v6 { AF_INET6 } else { AF_INET },
            kind,
            listening: has_state && socket.state == LISTENING,
            connected: !matches!(socket.state, LISTENING | CLOSED),
            receive: socket.receive,
            send: socket.send,
            uid: socket.uid,
        }
    }

    pub(super) fn local(socket: &UnixSocket) -> Self {
        const AF_LOCAL: i32 = 1;
        Self {
            inode: socket.inode,
            protocol: 0,
            family: AF_LOCAL,
            kind: socket.kind,
            listening: socket.listening,
            connected: socket.peer != 0,
            receive: socket.receive,
            send: socket.send,
            uid: socket.uid,
        }
    }

    fn options(&self) -> i16 {
        if self.listening { SO_ACCEPTCONN } else { 0 }
    }

    fn state(&self) -> i16 {
        if self.connected { SS_ISCONNECTED } else { 0 }
    }

    /// Connections that wait to be accepted, and how many may.
    fn queue(&self) -> [u32; 2] {
        match self.listening {
            true => [self.receive, self.send],
            false => [0, 0],
        }
    }

    /// What is to be read, and what is to be sent.
    fn buffers(&self) -> [Xsockbuf; 2] {
        /// SO_RCVBUF and SO_SNDBUF that the host starts with.
        const HIWAT: u32 = 212_992;
        [self.receive, self.send].map(|cc| Xsockbuf {
            cc: if self.listening { 0 } else { cc },
            hiwat: HIWAT,
            lowat: 1,
            ..Xsockbuf::new_zeroed()
        })
    }

    pub(super) fn shown(&self) -> Xsocket {
        let [qlen, qlimit] = self.queue();
        let [rcv, snd] = self.buffers();
        Xsocket {
            len: size_of::<Xsocket>() as u64,
            so: address(self.inode),
            pcb: pcb_address(self.inode),
            protocol: i32::from(self.protocol),
            family: self.family,
            qlen,
            qlimit,
            uid: self.uid,
            kind: i16::from(self.kind),
            options: self.options(),
            state: self.state(),
            rcv,
            snd,
            ..Xsocket::new_zeroed()
        }
    }

    pub(super) fn shown_10(&self) -> pcb10::Xsocket {
        let [qlen, qlimit] = self
            .queue()
            .map(|length| u16::try_from(length).unwrap_or(u16::MAX));
        let [rcv, snd] = self.buffers();
        pcb10::Xsocket {
            len: size_of::<pcb10::Xsocket>() as u64,
            so: address(self.inode),
            kind: i16::from(self.kind),
            options: self.options(),
            state: self.state(),
            pcb: pcb_address(self.inode),
            protocol: i32::from(self.protocol),
            family: self.family,
            qlen,
            qlimit,
            rcv,
            snd,
            uid: self.uid,
            ..pcb10::Xsocket::new_zeroed()
        }
    }
}
