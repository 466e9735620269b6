//! Tables of the host's network, asked for by netlink, and the messages they come in.

use alloc::vec::Vec;

use super::{HostErrno, HostResult, call_n, nr};

/// One message of an answer: its type and what follows the header.
pub struct Message<'a> {
    /// Its type.
    pub kind: u16,
    /// What follows the header.
    pub body: &'a [u8],
}

impl Message<'_> {
    /// The number at `offset` of the body; 0 when it is too short.
    pub fn u32(&self, offset: usize) -> u32 {
        u32_at(self.body, offset)
    }

    /// The same of two bytes.
    pub fn u16(&self, offset: usize) -> u16 {
        match self.body.get(offset..offset + 2) {
            Some(&[low, high]) => u16::from_le_bytes([low, high]),
            _ => 0,
        }
    }

    /// The same of one.
    pub fn u8(&self, offset: usize) -> u8 {
        self.body.get(offset).copied().unwrap_or(0)
    }

    /// The attributes behind the first `fixed` bytes: type and value.
    pub fn attributes(&self, fixed: usize) -> impl Iterator<Item = (u16, &[u8])> {
        const NLA_TYPE_MASK: u16 = 0x3fff;
        let mut rest = self.body.get(fixed..).unwrap_or_default();
        core::iter::from_fn(move || {
            let &[a, b, c, d] = rest.get(..4)? else {
                return None;
            };
            let length = usize::from(u16::from_le_bytes([a, b]));
            let value = rest.get(4..length)?;
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
            Some((u16::from_le_bytes([c, d]) & NLA_TYPE_MASK, value))
        })
    }
}

/// The 32-bit number at `offset`; 0 when the bytes end before.
pub fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    match bytes.get(offset..offset + 4) {
        Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
        _ => 0,
    }
}

/// Bytes of a message's header.
pub const HEADER: usize = 16;
/// An error, or that there is none.
pub const NLMSG_ERROR: u16 = 2;
/// The end of a table.
pub const NLMSG_DONE: u16 = 3;

/// Dumps a table of the network: `request` is the RTM_GET* message, `family` narrows it. Calls `visit` for every message.
///
/// # Errors
/// As `socket`, `sendto` and `recvfrom`, or what the kernel answers.
pub(super) fn dump(request: u16, family: u8, visit: impl FnMut(&Message)) -> HostResult<()> {
    const NETLINK_ROUTE: u64 = 0;
    // The longest of the structures that a question may begin with: `struct ifinfomsg`.
    let mut body = [0; 16];
    body[0] = family;
    dump_of(NETLINK_ROUTE, request, &body, visit)
}

/// The same for any netlink protocol, with the question's whole body.
///
/// # Errors
/// As [`dump`].
pub(super) fn dump_of(
    protocol: u64,
    request: u16,
    body: &[u8],
    mut visit: impl FnMut(&Message),
) -> HostResult<()> {
    const AF_NETLINK: u64 = 16;
    const SOCK_RAW_CLOEXEC: u64 = 3 | 0x80000;
    // SAFETY: no pointers.
    let socket = unsafe { call_n(nr::socket, [AF_NETLINK, SOCK_RAW_CLOEXEC, protocol]) }?;
    let result = ask(socket, request, body, &mut visit);
    // SAFETY: our own descriptor.
    let _ = unsafe { call_n(nr::close, [socket]) };
    result
}

fn ask(socket: u64, request: u16, body: &[u8], visit: &mut impl FnMut(&Message)) -> HostResult<()> {
    const NLM_F_REQUEST_DUMP: u16 = 0x301;
    let length = (HEADER + body.len()) as u32;
    let mut question = length.to_le_bytes().to_vec();
    question.extend(request.to_le_bytes());
    question.extend(NLM_F_REQUEST_DUMP.to_le_bytes());
    question.resize(HEADER, 0);
    question.extend_from_slice(body);
    let args = [socket, question.as_ptr() as u64, u64::from(length), 0, 0, 0];
    // SAFETY: `question` is valid for reading.
    unsafe { call_n(nr::sendto, args) }?;
    let mut block: Vec<u8> = alloc::vec![0; 64 * 1024];
    loop {
        let args = [
            socket,
            block.as_mut_ptr() as u64,
            block.len() as u64,
            0,
            0,
            0,
        ];
        // SAFETY: `block` is valid for writing.
        let got = match unsafe { call_n(nr::recvfrom, args) } {
            Err(HostErrno::EINTR) => continue,
            got => got?,
        };
        if messages(block.get(..got as usize).unwrap_or_default(), visit)? {
            return Ok(());
        }
    }
}

/// Visits the messages of one datagram; `true` when the answer ends there.
fn messages(mut block: &[u8], visit: &mut impl FnMut(&Message)) -> HostResult<bool> {
    while block.len() >= HEADER {
        let length = u32_at(block, 0) as usize;
        let kind = u32_at(block, 4) as u16;
        let Some(body) = block.get(HEADER..length) else {
            return Ok(true);
        };
        match kind {
            NLMSG_DONE => return Ok(true),
            NLMSG_ERROR => {
                let error = (u32_at(body, 0) as i32).unsigned_abs() as u16;
                return if error == 0 {
                    Ok(true)
                } else {
                    Err(HostErrno(error))
                };
            }
            _ => visit(&Message { kind, body }),
        }
        block = block.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}
