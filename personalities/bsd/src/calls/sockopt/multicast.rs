//! Multicast groups: the requests that differ in the order of their fields or hold addresses (in_mcast.c).

use compat_tables::bsd::Errno;
use compat_translate::host::socket as host_socket;

use super::{Given, no_interface};
use crate::error::Return;
use crate::sockets::address;

/// `struct ip_mreqn`, the same on both sides.
pub(super) const SIZEOF_IP_MREQN: usize = 12;

/// `struct sockaddr_storage`.
const STORAGE: usize = 128;
/// Where the first address is in `struct group_req` and `struct group_source_req`.
const GROUP_AT: usize = 8;
/// `struct group_source_req`: interface, group, source.
const GROUP_SOURCE_REQ: usize = GROUP_AT + 2 * STORAGE;
const GROUP_REQ: usize = GROUP_AT + STORAGE;

/// `struct ip_mreq_source`: group, source and interface on FreeBSD; group, interface and source on Linux.
pub(super) fn set_source(fd: u64, level: u32, name: u32, given: Given) -> Return<()> {
    let [group, source, interface]: [u32; 3] = given.read()?;
    let host = [group, interface, source];
    let bytes = zerocopy::IntoBytes::as_bytes(&host);
    host_socket::set_option_bytes(fd, level, name, bytes)
        .map_err(|error| no_interface(error.into()))
}

/// `struct group_req` or, for sources, `struct group_source_req`: addresses at the same places.
pub(super) fn set_group(fd: u64, level: u32, name: u32, given: Given) -> Return<()> {
    let mut request = [0u8; GROUP_SOURCE_REQ];
    let size = if given.size >= GROUP_SOURCE_REQ {
        GROUP_SOURCE_REQ
    } else {
        GROUP_REQ
    };
    if given.size < size {
        return Err(Errno::EINVAL.into());
    }
    let request = request.get_mut(..size).unwrap_or_default();
    compat_translate::guest::read_bytes(given.at, request)?;
    for storage in request
        .get_mut(GROUP_AT..)
        .unwrap_or_default()
        .chunks_exact_mut(STORAGE)
    {
        let len = storage.first().map_or(0, |len| usize::from(*len));
        let guest = storage.get(..len).ok_or(Errno::EINVAL)?;
        let host = address::to_host(guest)?;
        storage.fill(0);
        for (slot, byte) in storage.iter_mut().zip(host.bytes()) {
            *slot = *byte;
        }
    }
    host_socket::set_option_bytes(fd, level, name, request)
        .map_err(|error| no_interface(error.into()))
}
