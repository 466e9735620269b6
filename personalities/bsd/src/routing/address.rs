//! Addresses in routing messages (`<net/if_dl.h>`, `<netinet/in.h>`).

use alloc::vec::Vec;
use core::net::IpAddr;

use crate::abi::socket::{SIZEOF_SOCKADDR_IN, SIZEOF_SOCKADDR_IN6};

/// A `struct sockaddr_dl`: interface number, `IFT_*`, name, hardware address.
pub fn link_sockaddr(index: u32, kind: u8, name: &[u8], address: &[u8]) -> Vec<u8> {
    const AF_LINK: u8 = 18;
    const HEAD: usize = 8;
    const DATA: usize = 46;
    let name = name.get(..name.len().min(24)).unwrap_or_default();
    let address = address
        .get(..address.len().min(DATA - name.len()))
        .unwrap_or_default();
    // One with a long name and address is longer than the structure (sockaddr_dl_alloc).
    let size = (HEAD + name.len() + address.len()).max(crate::system().sockaddr_dl);
    let mut made = alloc::vec![size as u8, AF_LINK];
    made.extend((index as u16).to_le_bytes());
    made.extend([kind, name.len() as u8, address.len() as u8, 0]);
    made.extend_from_slice(name);
    made.extend_from_slice(address);
    made.resize(size, 0);
    made
}

/// A `struct sockaddr_in` or `sockaddr_in6` without a port; a link-local address names its interface.
pub fn inet_sockaddr(address: IpAddr, index: u32) -> Vec<u8> {
    const AF_INET: u8 = 2;
    match address {
        IpAddr::V4(address) => {
            let mut made = alloc::vec![SIZEOF_SOCKADDR_IN as u8, AF_INET, 0, 0];
            made.extend(address.octets());
            made.resize(SIZEOF_SOCKADDR_IN, 0);
            made
        }
        IpAddr::V6(address) => {
            let [first, ..] = address.segments();
            let local = first & 0xffc0 == 0xfe80 || matches!(first & 0xff0f, 0xff01 | 0xff02);
            let inet6 = crate::system().inet6;
            let mut made = alloc::vec![SIZEOF_SOCKADDR_IN6 as u8, inet6, 0, 0, 0, 0, 0, 0];
            made.extend(address.octets());
            made.extend(if local { index } else { 0 }.to_le_bytes());
            made
        }
    }
}

/// The netmask of `prefix` bits for an address of the same family as `like`.
pub fn netmask(like: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match like {
        IpAddr::V4(_) => IpAddr::V4(
            u32::MAX
                .checked_shl(32 - prefix.min(32))
                .unwrap_or(0)
                .into(),
        ),
        IpAddr::V6(_) => IpAddr::V6(
            u128::MAX
                .checked_shl(128 - prefix.min(128))
                .unwrap_or(0)
                .into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::netmask;

    #[test]
    fn netmasks_of_all_lengths() {
        let v4 = [0, 0, 0, 0].into();
        assert_eq!(netmask(v4, 0), core::net::IpAddr::from([0, 0, 0, 0]));
        assert_eq!(netmask(v4, 20), core::net::IpAddr::from([255, 255, 240, 0]));
        assert_eq!(netmask(v4, 32), core::net::IpAddr::from([255; 4]));
        let v6 = core::net::Ipv6Addr::LOCALHOST.into();
        assert_eq!(netmask(v6, 128), core::net::IpAddr::from([255; 16]));
    }
}
