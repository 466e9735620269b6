//! The structures of `pcb` as FreeBSD 10 showed them: the kernel's own, pointers included.

use core::mem::offset_of;

use zerocopy::{FromZeros, Immutable, IntoBytes};

use super::pcb::{InConninfo, Xsockbuf};

/// `struct xsocket`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xsocket {
    pub(crate) len: u64,
    pub(crate) so: u64,
    pub(crate) kind: i16,
    pub(crate) options: i16,
    pub(crate) linger: i16,
    pub(crate) state: i16,
    pub(crate) pcb: u64,
    pub(crate) protocol: i32,
    pub(crate) family: i32,
    pub(crate) qlen: u16,
    pub(crate) incqlen: u16,
    pub(crate) qlimit: u16,
    pub(crate) timeo: i16,
    pub(crate) error: u16,
    pub(crate) pad1: u16,
    pub(crate) pgid: i32,
    pub(crate) oobmark: u64,
    pub(crate) rcv: Xsockbuf,
    pub(crate) snd: Xsockbuf,
    pub(crate) uid: u32,
    pub(crate) pad2: u32,
}

/// `struct inpcb`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Inpcb {
    /// `inp_hash` to `inp_list`.
    pub(crate) lists: [u64; 6],
    pub(crate) ppcb: u64,
    /// `inp_pcbinfo` to `inp_pcbgroup_wild`.
    pub(crate) pointers: [u64; 4],
    pub(crate) socket: u64,
    pub(crate) cred: u64,
    pub(crate) flow: u32,
    pub(crate) flags: i32,
    pub(crate) flags2: i32,
    pub(crate) vflag: u8,
    pub(crate) ip_ttl: u8,
    pub(crate) ip_p: u8,
    pub(crate) ip_minttl: u8,
    pub(crate) flowid: u32,
    pub(crate) refcount: u32,
    pub(crate) spares: [u64; 8],
    pub(crate) inc: InConninfo,
    /// `inp_label` to `inp_phd`.
    pub(crate) pointers2: [u64; 13],
    pub(crate) gencnt: u64,
    /// `inp_lle`, `inp_rt`, `inp_lock`.
    pub(crate) pointers3: [u64; 6],
}

/// `struct xinpcb`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xinpcb {
    pub(crate) len: u64,
    pub(crate) inp: Inpcb,
    pub(crate) socket: Xsocket,
    pub(crate) alignment: u64,
}

/// `struct xtcpcb`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xtcpcb {
    pub(crate) len: u64,
    pub(crate) inp: Inpcb,
    /// `struct tcpcb`, up to the state and behind it.
    pub(crate) before: [u64; 6],
    pub(crate) state: i32,
    pub(crate) flags: u32,
    pub(crate) behind: [u64; 73],
    pub(crate) socket: Xsocket,
    /// `struct xtcp_timer`.
    pub(crate) timers: [i32; 6],
    pub(crate) alignment: u64,
}

/// `struct xunpcb`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xunpcb {
    pub(crate) len: u64,
    pub(crate) unpp: u64,
    /// `struct unpcb`: its place in lists, then what it belongs to.
    pub(crate) link: [u64; 2],
    pub(crate) unp_socket: u64,
    pub(crate) file: u64,
    pub(crate) vnode: u64,
    pub(crate) ino: u64,
    pub(crate) conn: u64,
    pub(crate) refs: u64,
    pub(crate) reflink: [u64; 2],
    pub(crate) unp_addr: u64,
    pub(crate) reserved: u64,
    pub(crate) gencnt: u64,
    /// Flags, the other side's credentials, the lock.
    pub(crate) rest: [u64; 17],
    pub(crate) addr: [u8; 256],
    pub(crate) caddr: [u8; 256],
    pub(crate) socket: Xsocket,
    pub(crate) alignment: u64,
}

const _: () = {
    assert!(size_of::<Xsocket>() == 144 && offset_of!(Xsocket, rcv) == 64);
    assert!(size_of::<Inpcb>() == 392 && offset_of!(Inpcb, vflag) == 116);
    assert!(offset_of!(Inpcb, inc) == 192 && offset_of!(Inpcb, gencnt) == 336);
    assert!(size_of::<Xinpcb>() == 552 && offset_of!(Xinpcb, socket) == 400);
    assert!(size_of::<Xtcpcb>() == 1216 && offset_of!(Xtcpcb, state) == 448);
    assert!(offset_of!(Xtcpcb, socket) == 1040 && offset_of!(Xtcpcb, timers) == 1184);
    assert!(size_of::<Xunpcb>() == 920 && offset_of!(Xunpcb, conn) == 64);
    assert!(offset_of!(Xunpcb, gencnt) == 112 && offset_of!(Xunpcb, addr) == 256);
    assert!(offset_of!(Xunpcb, socket) == 768);
};
