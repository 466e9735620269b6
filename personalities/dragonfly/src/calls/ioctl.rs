//! `ioctl`: the commands that only DragonFly has (ttycom.h, filio.h), and its names for others.

use compat_bsd::calls::interface::{self, Widths};
use compat_bsd::calls::{device, ioctl as family, terminal};
use compat_tables::bsd::flags::ioctl_cmd::TIOCPTMASTER;
use compat_tables::dragonfly::flags::device_ioctl::{FIODNAME, TIOCISPTMASTER};
use compat_translate::Cx;
use compat_translate::guest;

use crate::error::Return;
use crate::lower::Fd;

pub(crate) fn ioctl(cx: &mut Cx, fd: Fd, com: u32, data: u64) -> Return<i32> {
    let com = match com {
        // The family's command of this number has its buffer elsewhere.
        FIODNAME => return give_name(fd.checked(cx)?, data).map(|()| 0),
        TIOCISPTMASTER => TIOCPTMASTER,
        other => other,
    };
    family::ioctl(cx, fd, com, data, own_command)
}

/// What all BSDs tell of interfaces (ifioctl).
fn own_command(_cx: &mut Cx, fd: u64, com: u32, data: u64) -> Option<Return<()>> {
    const WIDTHS: Widths = Widths { flags: 4, index: 2 };
    interface::command(fd, com, data, WIDTHS)
}

/// FIODNAME: what the device is called, into a buffer that the guest describes (`struct fiodname_args`). A
/// pseudo-terminal's master has a name of its own, from which `ptsname` makes the other end's.
fn give_name(fd: u64, data: u64) -> Return<()> {
    let mut name = device::name_by_descriptor(fd)?;
    if terminal::is_master(fd)
        && let Some(number) = name.strip_prefix(b"pts/")
    {
        name = [b"ptm/", number].concat();
    }
    let buffer = guest::load_u64(data)?;
    let size: u32 = guest::read(data.wrapping_add(8))?;
    device::write_name(name, buffer, size as usize)
}
