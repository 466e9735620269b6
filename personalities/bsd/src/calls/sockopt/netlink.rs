//! The level of netlink sockets (nl_ctloutput), whose options have the host's numbers.

use compat_tables::bsd::Errno;
use compat_translate::Cx;

use super::{Answer, Given, pass_int};
use crate::error::Return;
use crate::netlink::SOL_NETLINK;

const NETLINK_ADD_MEMBERSHIP: i32 = 1;
const NETLINK_DROP_MEMBERSHIP: i32 = 2;
const NETLINK_LIST_MEMBERSHIPS: i32 = 9;
const NETLINK_CAP_ACK: i32 = 10;
const NETLINK_EXT_ACK: i32 = 11;
const NETLINK_GET_STRICT_CHK: i32 = 12;
/// Who sent a message, in a control message. The host does not know.
const NETLINK_MSG_INFO: i32 = 257;

pub(super) fn set(cx: &mut Cx, fd: u64, name: i32, given: Given) -> Return<()> {
    match name {
        NETLINK_ADD_MEMBERSHIP | NETLINK_DROP_MEMBERSHIP | NETLINK_CAP_ACK | NETLINK_EXT_ACK => {
            pass_int(fd, SOL_NETLINK as u32, name as u32, given)
        }
        // The host's strictness would be about the host's words.
        NETLINK_GET_STRICT_CHK => given.int().map(drop),
        NETLINK_MSG_INFO => Err(cx.gap("setsockopt: NETLINK_MSG_INFO", Errno::ENOPROTOOPT.into())),
        _ => Err(Errno::ENOPROTOOPT.into()),
    }
}

pub(super) fn get(fd: u64, name: i32, room: usize) -> Return<Answer> {
    match name {
        NETLINK_LIST_MEMBERSHIPS => Answer::of_host(fd, SOL_NETLINK as u32, name as u32, room),
        NETLINK_CAP_ACK | NETLINK_EXT_ACK => {
            Answer::of_host_int(fd, SOL_NETLINK as u32, name as u32)
        }
        _ => Err(Errno::ENOPROTOOPT.into()),
    }
}
