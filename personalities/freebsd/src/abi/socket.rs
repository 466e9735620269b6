//! `<sys/socket.h>`, `<sys/un.h>`, `<netinet/in.h>`.

/// `struct sockaddr`.
pub(crate) const SIZEOF_SOCKADDR: usize = 16;
/// `struct sockaddr_in`.
pub(crate) const SIZEOF_SOCKADDR_IN: usize = 16;
/// `struct sockaddr_in6`.
pub(crate) const SIZEOF_SOCKADDR_IN6: usize = 28;
/// `struct sockaddr_un`.
pub(crate) const SIZEOF_SOCKADDR_UN: usize = 106;
/// Longest address that the kernel copies in.
pub(crate) const SOCK_MAXADDRLEN: usize = 255;
/// Where `sa_family` is in a `struct sockaddr`; `struct osockaddr` begins with two bytes of it.
pub(crate) const OSOCKADDR_FAMILY: usize = 1;

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// `struct msghdr`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Msghdr {
    pub(crate) name: u64,
    pub(crate) namelen: u32,
    pub(crate) pad0: u32,
    pub(crate) iov: u64,
    pub(crate) iovlen: i32,
    pub(crate) pad1: u32,
    pub(crate) control: u64,
    pub(crate) controllen: u32,
    pub(crate) flags: i32,
}

/// `struct omsghdr` of 4.3BSD: descriptors instead of control messages.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Omsghdr {
    pub(crate) name: u64,
    pub(crate) namelen: u32,
    pub(crate) pad0: u32,
    pub(crate) iov: u64,
    pub(crate) iovlen: i32,
    pub(crate) pad1: u32,
    pub(crate) accrights: u64,
    pub(crate) accrightslen: u32,
    pub(crate) pad2: u32,
}

/// `struct cmsghdr`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub(crate) struct Cmsghdr {
    pub(crate) len: u32,
    pub(crate) level: i32,
    pub(crate) kind: i32,
}

/// Alignment of control messages and of their data (`_ALIGN`).
pub(crate) const CMSG_ALIGN: usize = 8;
/// Where a control message's data starts.
pub(crate) const CMSG_DATA: usize = size_of::<Cmsghdr>().next_multiple_of(CMSG_ALIGN);
/// Most bytes of control messages a sender may pass: one cluster (sockargs).
pub(crate) const MCLBYTES: usize = 2048;

/// `struct cmsgcred`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Cmsgcred {
    pub(crate) pid: i32,
    pub(crate) uid: u32,
    pub(crate) euid: u32,
    pub(crate) gid: u32,
    pub(crate) ngroups: i16,
    pub(crate) pad: u16,
    pub(crate) groups: [u32; 16],
}

/// `struct sockcred` with one group.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Sockcred {
    pub(crate) uid: u32,
    pub(crate) euid: u32,
    pub(crate) gid: u32,
    pub(crate) egid: u32,
    pub(crate) ngroups: i32,
    pub(crate) groups: [u32; 1],
}

/// `struct sockcred2` with one group.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Sockcred2 {
    pub(crate) version: i32,
    pub(crate) pid: i32,
    pub(crate) uid: u32,
    pub(crate) euid: u32,
    pub(crate) gid: u32,
    pub(crate) egid: u32,
    pub(crate) ngroups: i32,
    pub(crate) groups: [u32; 1],
}

/// `struct xucred`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Xucred {
    pub(crate) version: u32,
    pub(crate) uid: u32,
    pub(crate) ngroups: i16,
    pub(crate) pad0: u16,
    pub(crate) groups: [u32; 16],
    pub(crate) pad1: u32,
    pub(crate) pid: i32,
    pub(crate) pad2: u32,
}

/// `struct tcp_info` of `<netinet/tcp.h>`: Linux's up to `rcv_space`, in other units here and there.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct TcpInfo {
    pub(crate) state: u8,
    pub(crate) unused0: [u8; 4],
    pub(crate) options: u8,
    /// Low half: what the other side's windows are scaled by; high half: our own.
    pub(crate) wscale: u8,
    pub(crate) pad: u8,
    pub(crate) rto: u32,
    pub(crate) unused1: u32,
    pub(crate) snd_mss: u32,
    pub(crate) rcv_mss: u32,
    pub(crate) unused2: [u32; 5],
    pub(crate) last_data_sent: u32,
    pub(crate) last_ack_sent: u32,
    pub(crate) last_data_recv: u32,
    pub(crate) last_ack_recv: u32,
    pub(crate) unused3: [u32; 2],
    pub(crate) rtt: u32,
    pub(crate) rttvar: u32,
    pub(crate) snd_ssthresh: u32,
    pub(crate) snd_cwnd: u32,
    pub(crate) unused4: [u32; 3],
    pub(crate) rcv_space: u32,
    pub(crate) snd_wnd: u32,
    pub(crate) snd_bwnd: u32,
    pub(crate) snd_nxt: u32,
    pub(crate) rcv_nxt: u32,
    pub(crate) toe_tid: u32,
    pub(crate) snd_rexmitpack: u32,
    pub(crate) rcv_ooopack: u32,
    pub(crate) snd_zerowin: u32,
    pub(crate) room: [u32; 26],
}

/// `struct sf_hdtr`: what `sendfile` puts around the file.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct SfHdtr {
    pub(crate) headers: u64,
    pub(crate) hdr_cnt: i32,
    pub(crate) pad0: u32,
    pub(crate) trailers: u64,
    pub(crate) trl_cnt: i32,
    pub(crate) pad1: u32,
}

/// `struct sockaddr_dl` without a name: what `IP_RECVIF` delivers.
pub(crate) const SIZEOF_SOCKADDR_DL_HEAD: usize = 8;

const _: () = {
    assert!(size_of::<Msghdr>() == 48 && offset_of!(Msghdr, iov) == 16);
    assert!(offset_of!(Msghdr, control) == 32 && offset_of!(Msghdr, flags) == 44);
    assert!(size_of::<Omsghdr>() == 48 && offset_of!(Omsghdr, accrights) == 32);
    assert!(size_of::<Cmsghdr>() == 12 && CMSG_DATA == 16);
    assert!(size_of::<Cmsgcred>() == 84 && offset_of!(Cmsgcred, groups) == 20);
    assert!(size_of::<Sockcred>() == 24);
    assert!(size_of::<Sockcred2>() == 32 && offset_of!(Sockcred2, groups) == 28);
    assert!(size_of::<Xucred>() == 88 && offset_of!(Xucred, pid) == 80);
    assert!(size_of::<SfHdtr>() == 32);
    assert!(size_of::<TcpInfo>() == 236 && offset_of!(TcpInfo, rtt) == 68);
    assert!(offset_of!(TcpInfo, rcv_space) == 96 && offset_of!(TcpInfo, snd_rexmitpack) == 120);
};
