//! What a socket and its peer are called (kern_getsockname, kern_getpeername).

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::InOut;
use compat_translate::host::{self, HostResult, nr};

use crate::error::Return;
use crate::lower::Fd;
use crate::sockets::address;

/// What the caller wants to know about the other side.
#[derive(Clone, Copy)]
pub struct WantedName {
    pub at: u64,
    pub len: InOut<u32>,
    /// As `struct osockaddr` of 4.3BSD.
    pub old: bool,
}

impl WantedName {
    /// Room for the address, or `None` when it is not wanted.
    pub fn room(self) -> Return<Option<u32>> {
        if self.at == 0 {
            return Ok(None);
        }
        let room = self.len.read()?;
        // socklen_t is unsigned, and FreeBSD compares it as an int.
        if (room as i32) < 0 {
            return Err(Errno::EINVAL.into());
        }
        Ok(Some(room))
    }

    pub fn write(self, host: &[u8], room: u32) -> Return<()> {
        let len = match address::to_guest(host) {
            Some(address) if self.old => address.old().write(self.at, room)?,
            Some(address) => address.write(self.at, room)?,
            None => 0,
        };
        self.len.write(&len)?;
        Ok(())
    }
}

/// `getsockname` or `getpeername` of the host: how many bytes the name has.
pub fn host_name(number: u64, fd: u64, room: &mut [u8; 128]) -> HostResult<usize> {
    let mut len = room.len() as u32;
    // SAFETY: valid room for an address and its length.
    unsafe {
        host::call_n(
            number,
            [fd, room.as_mut_ptr() as u64, (&raw mut len) as u64],
        )
    }?;
    Ok((len as usize).min(room.len()))
}

fn name_of(cx: &Cx, number: u64, s: Fd, name: WantedName) -> Return<()> {
    let fd = s.checked(cx)?;
    let room = name.len.read()?;
    if (room as i32) < 0 {
        return Err(Errno::EINVAL.into());
    }
    let mut host = [0u8; 128];
    let len = host_name(number, fd, &mut host)?;
    name.write(host.get(..len).unwrap_or_default(), room)
}

pub fn getsockname(cx: &mut Cx, s: Fd, at: u64, len: InOut<u32>) -> Return<()> {
    name_of(
        cx,
        nr::getsockname,
        s,
        WantedName {
            at,
            len,
            old: false,
        },
    )
}

pub fn getpeername(cx: &mut Cx, s: Fd, at: u64, len: InOut<u32>) -> Return<()> {
    name_of(
        cx,
        nr::getpeername,
        s,
        WantedName {
            at,
            len,
            old: false,
        },
    )
}

pub fn ogetsockname(cx: &mut Cx, s: Fd, at: u64, len: InOut<u32>) -> Return<()> {
    name_of(cx, nr::getsockname, s, WantedName { at, len, old: true })
}

pub fn ogetpeername(cx: &mut Cx, s: Fd, at: u64, len: InOut<u32>) -> Return<()> {
    name_of(cx, nr::getpeername, s, WantedName { at, len, old: true })
}
