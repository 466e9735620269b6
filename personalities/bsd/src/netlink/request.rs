//! Questions, in the host's words.

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::host::netlink::Message;
use compat_translate::host::socket::raw;

use super::{NETLINK_GENERIC, Writer, messages};
use crate::error::Return;
use crate::system;

const RTM_GETLINK: u16 = 18;
const RTM_GETADDR: u16 = 22;
const RTM_GETROUTE: u16 = 26;
const RTM_GETNEIGH: u16 = 30;

/// The families of generic netlink are asked for by name: message type, and command.
const GENL_ID_CTRL: u16 = 16;
const CTRL_CMD_GETFAMILY: u8 = 3;

/// Below, messages are about messages.
const NLMSG_MIN_TYPE: u16 = 16;

/// Both flags of it.
const NLM_F_DUMP: u16 = 0x300;
const RTA_DST: u16 = 1;
const RTM_F_FIB_MATCH: u32 = 0x2000;

/// Attributes of a route by numbers that mean something else to the host, or a table that it has not: NL_RTA_KNH_ID,
/// NL_RTA_WEIGHT, NL_RTA_RTFLAGS, NL_RTA_TABLE.
const NOT_FOR_THE_HOST: [u16; 4] = [10, 13, 14, 15];

/// The host's messages for the guest's.
///
/// # Errors
/// `EOPNOTSUPP` for a message that changes something, and others that are not known.
pub(super) fn to_host(cx: &mut Cx, protocol: i32, given: &[u8]) -> Return<Vec<u8>> {
    let mut block = Vec::new();
    for (header, body) in messages(given) {
        let start = Message {
            kind: 0,
            body: header,
        };
        let (kind, flags) = (start.u16(4), start.u16(6));
        let message = Message { kind, body };
        let fixed = match kind {
            ..NLMSG_MIN_TYPE => None,
            GENL_ID_CTRL if protocol == NETLINK_GENERIC && message.u8(0) == CTRL_CMD_GETFAMILY => {
                None
            }
            _ if protocol == NETLINK_GENERIC => return Err(unknown(cx)),
            RTM_GETLINK => Some(16),
            RTM_GETADDR => Some(8),
            RTM_GETROUTE | RTM_GETNEIGH => Some(12),
            _ => return Err(unknown(cx)),
        };
        let mut header = header.to_vec();
        if fixed.is_some_and(|fixed| means_all(&message, fixed))
            && let Some(field) = header.get_mut(6..8)
        {
            // There, a question about nothing in particular is one about everything.
            field.copy_from_slice(&(flags | NLM_F_DUMP).to_le_bytes());
        }
        let mut writer = Writer::begin(block, &header);
        block = match fixed {
            None => {
                writer.raw(body);
                writer.end()
            }
            Some(fixed) => {
                let mut start = body.get(..fixed).unwrap_or(body).to_vec();
                if let Some(family) = start.first_mut()
                    && *family == system().inet6
                {
                    *family = raw::AF_INET6 as u8;
                }
                // One route is asked for by an address, and FreeBSD answers with the entry of its table.
                let one = kind == RTM_GETROUTE && flags & NLM_F_DUMP != NLM_F_DUMP;
                if let Some(flags) = start.get_mut(9).filter(|_| one) {
                    *flags |= (RTM_F_FIB_MATCH >> 8) as u8;
                }
                writer.raw(&start);
                for (attribute, value) in message.attributes(fixed) {
                    match attribute {
                        RTA_DST if one => writer.attribute(attribute, &asked_for(value)),
                        _ if kind == RTM_GETROUTE && NOT_FOR_THE_HOST.contains(&attribute) => {
                            continue;
                        }
                        _ => writer.attribute(attribute, value),
                    };
                }
                writer.end()
            }
        };
    }
    Ok(block)
}

/// Whether a question names nothing (rtnl_handle_getlink, rtnl_handle_getaddr, rtnl_handle_getneigh).
fn means_all(message: &Message, fixed: usize) -> bool {
    const IFLA_IFNAME: u16 = 3;
    const NDA_DST: u16 = 1;
    let has = |wanted| message.attributes(fixed).any(|(kind, _)| kind == wanted);
    match message.kind {
        RTM_GETLINK => message.u32(4) == 0 && !has(IFLA_IFNAME),
        RTM_GETADDR => true,
        RTM_GETNEIGH => !has(NDA_DST),
        _ => false,
    }
}

/// The address whose route is wanted. To the host the unspecified one is the host itself; to FreeBSD nothing but the default
/// route matches it, as it does the next address.
fn asked_for(address: &[u8]) -> Vec<u8> {
    let mut address = address.to_vec();
    let next = if address.len() == 4 { 1 } else { 2 };
    if address.iter().all(|&byte| byte == 0)
        && let Some(last) = address.last_mut()
    {
        *last = next;
    }
    address
}

fn unknown(cx: &mut Cx) -> crate::error::Error {
    cx.gap(
        "netlink: messages that are no questions",
        Errno::EOPNOTSUPP.into(),
    )
}
