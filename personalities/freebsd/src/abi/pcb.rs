//! `<sys/socketvar.h>`, `<netinet/in_pcb.h>`, `<netinet/tcp_var.h>`, `<sys/unpcb.h>`, `<sys/file.h>`: sockets and open
//! files as sysctl shows them since FreeBSD 12. How FreeBSD 10 did is in `pcb10`.

use core::mem::offset_of;

use zerocopy::{FromZeros, Immutable, IntoBytes};

/// `struct xinpgen` and `struct xunpgen`: what stands before and behind a list.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xgen {
    pub(crate) len: u64,
    pub(crate) count: u32,
    pub(crate) pad: u32,
    /// A socket made later than this says so with a higher number.
    pub(crate) generation: u64,
    pub(crate) socket_generation: u64,
}

/// The same since FreeBSD 12.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct XgenLong {
    pub(crate) start: Xgen,
    pub(crate) spare: [u64; 4],
}

/// `struct xsockbuf`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xsockbuf {
    pub(crate) cc: u32,
    pub(crate) hiwat: u32,
    pub(crate) counts: [u32; 4],
    pub(crate) lowat: i32,
    pub(crate) timeo: i32,
    pub(crate) flags: i16,
    pub(crate) pad: u16,
}

/// `struct xsocket`. Addresses are the kernel's own: programs only compare them.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xsocket {
    pub(crate) len: u64,
    pub(crate) so: u64,
    pub(crate) pcb: u64,
    pub(crate) oobmark: u64,
    pub(crate) spare64: [u64; 8],
    pub(crate) protocol: i32,
    pub(crate) family: i32,
    pub(crate) qlen: u32,
    pub(crate) incqlen: u32,
    pub(crate) qlimit: u32,
    pub(crate) pgid: i32,
    pub(crate) uid: u32,
    pub(crate) spare32: [u32; 8],
    pub(crate) kind: i16,
    pub(crate) options: i16,
    pub(crate) linger: i16,
    pub(crate) state: i16,
    pub(crate) timeo: i16,
    pub(crate) error: u16,
    pub(crate) rcv: Xsockbuf,
    pub(crate) snd: Xsockbuf,
}

/// `struct in_conninfo`; an IPv4 address is the last four bytes of its field.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct InConninfo {
    pub(crate) flags: u8,
    pub(crate) len: u8,
    pub(crate) fibnum: u16,
    /// Ports, the most significant byte first.
    pub(crate) fport: [u8; 2],
    pub(crate) lport: [u8; 2],
    pub(crate) faddr: [u8; 16],
    pub(crate) laddr: [u8; 16],
}

/// `struct xinpcb`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xinpcb {
    pub(crate) len: u64,
    pub(crate) socket: Xsocket,
    pub(crate) inc: InConninfo,
    pub(crate) zone: u32,
    pub(crate) pad: u32,
    pub(crate) gencnt: u64,
    pub(crate) ppcb: u64,
    pub(crate) spare64: [u64; 4],
    pub(crate) flow: u32,
    pub(crate) flowid: u32,
    pub(crate) flowtype: u32,
    pub(crate) flags: i32,
    pub(crate) flags2: i32,
    pub(crate) rss_listen_bucket: i32,
    pub(crate) cksum: i32,
    pub(crate) spare32: [u32; 4],
    pub(crate) hops: u16,
    pub(crate) ip_tos: u8,
    pub(crate) pad8: u8,
    pub(crate) vflag: u8,
    pub(crate) ip_ttl: u8,
    pub(crate) ip_p: u8,
    pub(crate) ip_minttl: u8,
    pub(crate) spare8: [u8; 4],
}

/// `struct xtcpcb`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xtcpcb {
    pub(crate) len: u64,
    pub(crate) inp: Xinpcb,
    pub(crate) stack: [u8; 32],
    pub(crate) logid: [u8; 64],
    pub(crate) cc: [u8; 16],
    pub(crate) spare64: [u64; 6],
    pub(crate) state: i32,
    /// Flags, counters, timers, windows: nothing of them is shown.
    pub(crate) rest: [u32; 43],
}

/// `struct xunpcb`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xunpcb {
    pub(crate) len: u64,
    pub(crate) unpp: u64,
    pub(crate) vnode: u64,
    pub(crate) conn: u64,
    pub(crate) firstref: u64,
    pub(crate) nextref: u64,
    pub(crate) gencnt: u64,
    pub(crate) spare64: [u64; 8],
    pub(crate) spare32: [u32; 8],
    /// `struct sockaddr_un`, of its own name and of the other end's.
    pub(crate) addr: [u8; 256],
    pub(crate) caddr: [u8; 256],
    pub(crate) socket: Xsocket,
}

/// `struct xfile`. Before FreeBSD 12 it ended behind `flag` and its padding.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct Xfile {
    pub(crate) size: u64,
    pub(crate) pid: i32,
    pub(crate) uid: u32,
    pub(crate) fd: i32,
    pub(crate) pad1: u32,
    pub(crate) file: u64,
    /// `DTYPE_`.
    pub(crate) kind: i16,
    pub(crate) pad2: u16,
    pub(crate) count: i32,
    pub(crate) msgcount: i32,
    pub(crate) pad3: u32,
    pub(crate) offset: i64,
    /// Of a socket, its address.
    pub(crate) data: u64,
    pub(crate) vnode: u64,
    pub(crate) flag: u32,
    pub(crate) pad4: u32,
    pub(crate) spare: [u64; 6],
}

/// How long `struct xfile` was in FreeBSD 10.
pub(crate) const SIZEOF_XFILE_10: usize = offset_of!(Xfile, spare);

/// `so_options`: it accepts connections.
pub(crate) const SO_ACCEPTCONN: i16 = 0x2;
/// `so_state`: it has another end.
pub(crate) const SS_ISCONNECTED: i16 = 0x2;
/// `inp_vflag`.
pub(crate) const INP_IPV4: u8 = 0x1;
pub(crate) const INP_IPV6: u8 = 0x2;

const _: () = {
    assert!(size_of::<Xgen>() == 32 && size_of::<XgenLong>() == 64);
    assert!(size_of::<Xsockbuf>() == 36 && size_of::<InConninfo>() == 40);
    assert!(size_of::<Xsocket>() == 240 && offset_of!(Xsocket, kind) == 156);
    assert!(size_of::<Xinpcb>() == 400 && offset_of!(Xinpcb, inc) == 248);
    assert!(offset_of!(Xinpcb, gencnt) == 296 && offset_of!(Xinpcb, vflag) == 392);
    assert!(size_of::<Xtcpcb>() == 744 && offset_of!(Xtcpcb, state) == 568);
    assert!(size_of::<Xunpcb>() == 904 && offset_of!(Xunpcb, socket) == 664);
    assert!(offset_of!(Xunpcb, addr) == 152);
    assert!(size_of::<Xfile>() == 128 && offset_of!(Xfile, data) == 56);
    assert!(SIZEOF_XFILE_10 == 80);
};
