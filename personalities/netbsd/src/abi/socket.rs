//! `<sys/socket.h>`: an element of the lists of sockets.

use core::mem::offset_of;

use zerocopy::{FromZeros, Immutable, IntoBytes};

/// Bytes for an address of any family.
pub(crate) const ADDRESS: usize = 256 + 8;

/// `struct kinfo_pcb`.
#[repr(C)]
#[derive(Clone, Copy, FromZeros, IntoBytes, Immutable)]
pub(crate) struct KinfoPcb {
    pub(crate) pcbaddr: u64,
    pub(crate) ppcbaddr: u64,
    pub(crate) sockaddr: u64,
    pub(crate) family: u32,
    pub(crate) kind: u32,
    pub(crate) protocol: u32,
    pub(crate) pflags: u32,
    pub(crate) sostate: u32,
    pub(crate) prstate: u32,
    pub(crate) tstate: i32,
    pub(crate) tflags: u32,
    pub(crate) rcvq: u64,
    pub(crate) sndq: u64,
    pub(crate) src: [u8; ADDRESS],
    pub(crate) dst: [u8; ADDRESS],
    pub(crate) inode: u64,
    pub(crate) vnode: u64,
    pub(crate) conn: u64,
    pub(crate) refs: u64,
    pub(crate) nextref: u64,
}

const _: () = assert!(
    size_of::<KinfoPcb>() == 640
        && offset_of!(KinfoPcb, src) == 72
        && offset_of!(KinfoPcb, inode) == 600
);

/// `<sys/socketvar.h>`, `so_state`.
pub(crate) const SS_ISCONNECTED: u32 = 0x2;

/// `<netinet/in_pcb.h>`, `inp_state`; IPv6 has the same.
pub(crate) const INP_ATTACHED: u32 = 0;
pub(crate) const INP_BOUND: u32 = 1;
pub(crate) const INP_CONNECTED: u32 = 2;
