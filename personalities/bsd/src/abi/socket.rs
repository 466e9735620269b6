//! `<sys/socket.h>`, `<sys/un.h>`, `<netinet/in.h>`.

/// `struct sockaddr`.
pub const SIZEOF_SOCKADDR: usize = 16;
/// `struct sockaddr_in`.
pub const SIZEOF_SOCKADDR_IN: usize = 16;
/// `struct sockaddr_in6`.
pub const SIZEOF_SOCKADDR_IN6: usize = 28;
/// `struct sockaddr_un`.
pub const SIZEOF_SOCKADDR_UN: usize = 106;
/// Longest address that the kernel copies in.
pub const SOCK_MAXADDRLEN: usize = 255;
/// Where `sa_family` is in a `struct sockaddr`; `struct osockaddr` begins with two bytes of it.
pub const OSOCKADDR_FAMILY: usize = 1;

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// `struct msghdr`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Msghdr {
    pub name: u64,
    pub namelen: u32,
    pub pad0: u32,
    pub iov: u64,
    pub iovlen: i32,
    pub pad1: u32,
    pub control: u64,
    pub controllen: u32,
    pub flags: i32,
}

/// `struct omsghdr` of 4.3BSD: descriptors instead of control messages.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Omsghdr {
    pub name: u64,
    pub namelen: u32,
    pub pad0: u32,
    pub iov: u64,
    pub iovlen: i32,
    pub pad1: u32,
    pub accrights: u64,
    pub accrightslen: u32,
    pub pad2: u32,
}

/// `struct cmsghdr`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Cmsghdr {
    pub len: u32,
    pub level: i32,
    pub kind: i32,
}

/// Alignment of control messages and of their data (`_ALIGN`).
pub const CMSG_ALIGN: usize = 8;
/// Where a control message's data starts.
pub const CMSG_DATA: usize = size_of::<Cmsghdr>().next_multiple_of(CMSG_ALIGN);
/// Most bytes of control messages a sender may pass: one cluster (sockargs).
pub const MCLBYTES: usize = 2048;

/// `struct cmsgcred`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Cmsgcred {
    pub pid: i32,
    pub uid: u32,
    pub euid: u32,
    pub gid: u32,
    pub ngroups: i16,
    pub pad: u16,
    pub groups: [u32; 16],
}

/// `struct sockcred` with one group.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Sockcred {
    pub uid: u32,
    pub euid: u32,
    pub gid: u32,
    pub egid: u32,
    pub ngroups: i32,
    pub groups: [u32; 1],
}

/// `struct sockcred2` with one group.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Sockcred2 {
    pub version: i32,
    pub pid: i32,
    pub uid: u32,
    pub euid: u32,
    pub gid: u32,
    pub egid: u32,
    pub ngroups: i32,
    pub groups: [u32; 1],
}

/// `struct xucred`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct Xucred {
    pub version: u32,
    pub uid: u32,
    pub ngroups: i16,
    pub pad0: u16,
    pub groups: [u32; 16],
    pub pad1: u32,
    pub pid: i32,
    pub pad2: u32,
}

/// `struct tcp_info` of `<netinet/tcp.h>`: Linux's up to `rcv_space`, in other units here and there.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct TcpInfo {
    pub state: u8,
    pub unused0: [u8; 4],
    pub options: u8,
    /// Low half: what the other side's windows are scaled by; high half: our own.
    pub wscale: u8,
    pub pad: u8,
    pub rto: u32,
    pub unused1: u32,
    pub snd_mss: u32,
    pub rcv_mss: u32,
    pub unused2: [u32; 5],
    pub last_data_sent: u32,
    pub last_ack_sent: u32,
    pub last_data_recv: u32,
    pub last_ack_recv: u32,
    pub unused3: [u32; 2],
    pub rtt: u32,
    pub rttvar: u32,
    pub snd_ssthresh: u32,
    pub snd_cwnd: u32,
    pub unused4: [u32; 3],
    pub rcv_space: u32,
    pub snd_wnd: u32,
    pub snd_bwnd: u32,
    pub snd_nxt: u32,
    pub rcv_nxt: u32,
    pub toe_tid: u32,
    pub snd_rexmitpack: u32,
    pub rcv_ooopack: u32,
    pub snd_zerowin: u32,
    pub room: [u32; 26],
}

/// `struct sf_hdtr`: what `sendfile` puts around the file.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub struct SfHdtr {
    pub headers: u64,
    pub hdr_cnt: i32,
    pub pad0: u32,
    pub trailers: u64,
    pub trl_cnt: i32,
    pub pad1: u32,
}

/// `struct sockaddr_dl` without a name: what `IP_RECVIF` delivers.
pub const SIZEOF_SOCKADDR_DL_HEAD: usize = 8;

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
