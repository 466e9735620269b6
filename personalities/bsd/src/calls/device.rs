//! What devices are called (devfs): FIODGNAME and `kern.devname`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_translate::guest;
use compat_translate::host::{linux, name_of, read_file};

use super::stat::statx_fd;
use super::terminal;
use crate::error::Return;

/// The host's major number of pseudo-terminals.
const PSEUDO_TERMINALS: u32 = 136;

/// The name below `/dev` of the device with the host's numbers `major` and `minor`.
pub fn name_by_number(major: u32, minor: u32) -> Option<String> {
    if major == PSEUDO_TERMINALS {
        return Some(format!("pts/{minor}"));
    }
    // FreeBSD has one kind of device: the host's two are looked up one after the other.
    ["char", "block"].into_iter().find_map(|kind| {
        let path = format!("/sys/dev/{kind}/{major}:{minor}/uevent\0");
        let path = core::ffi::CStr::from_bytes_with_nul(path.as_bytes()).ok()?;
        let text = String::from_utf8(read_file(path, 4096).ok()?).ok()?;
        let name = text
            .lines()
            .find_map(|line| line.strip_prefix("DEVNAME="))?;
        Some(String::from(name))
    })
}

/// The name below `/dev` of the device that `fd` is; a pseudo-terminal's two ends go by the same.
pub fn name_by_descriptor(fd: u64) -> Return<Vec<u8>> {
    let found = statx_fd(fd)?;
    if !matches!(
        u32::from(found.stx_mode) & linux::S_IFMT,
        linux::S_IFCHR | linux::S_IFBLK
    ) {
        return Err(Errno::ENOTTY.into());
    }
    let (major, minor) =
        terminal::device(fd).unwrap_or((found.stx_rdev_major, found.stx_rdev_minor));
    if let Some(name) = name_by_number(major, minor) {
        return Ok(name.into_bytes());
    }
    let path = name_of(fd)?;
    Ok(path.strip_prefix(b"/dev/").ok_or(Errno::ENOTTY)?.to_vec())
}

/// FIODGNAME: the name of the device that `fd` is, into a buffer that the guest describes (`struct fiodgname_arg`).
pub fn give_name(fd: u64, data: u64) -> Return<()> {
    let name = name_by_descriptor(fd)?;
    let size: i32 = guest::read(data)?;
    let buffer = guest::load_u64(data.wrapping_add(8))?;
    write_name(name, buffer, usize::try_from(size).unwrap_or(0))
}

/// Writes `name` and a NUL where there is room for `size` bytes; EINVAL when that is too little.
pub fn write_name(mut name: Vec<u8>, buffer: u64, size: usize) -> Return<()> {
    name.push(0);
    if name.len() > size {
        return Err(Errno::EINVAL.into());
    }
    Ok(guest::write_bytes(buffer, &name)?)
}
