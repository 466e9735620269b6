//! The names of a session's user and its login class (kern_prot.c, kern_loginclass.c).

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{process_file, read_file};
use compat_translate::sync::Mutex;

use super::ids;
use crate::error::Return;

/// MAXLOGNAME and MAXLOGINCLASS: with the NUL.
const MAXLOGNAME: usize = 33;

/// What setlogin and setloginclass left; inherited by children.
static NAME: Mutex<Option<Vec<u8>>> = Mutex::new(None);
static CLASS: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// The session's user by the host's audit trail, or else the real one, as the host's password file names it.
pub fn name() -> Vec<u8> {
    if let Some(name) = NAME.lock().as_ref() {
        return name.clone();
    }
    let audit = process_file(0, "loginuid", 16).unwrap_or_default();
    let uid = core::str::from_utf8(&audit)
        .ok()
        .and_then(|text| text.trim().parse::<u32>().ok())
        .filter(|&uid| uid != u32::MAX)
        .unwrap_or_else(ids::real_user);
    user_name(uid).unwrap_or_default()
}

fn user_name(uid: u32) -> Option<Vec<u8>> {
    let text = read_file(c"/etc/passwd", 1 << 20).ok()?;
    text.split(|&byte| byte == b'\n').find_map(|line| {
        let mut fields = line.split(|&byte| byte == b':');
        let name = fields.next()?;
        let number = core::str::from_utf8(fields.nth(1)?).ok()?;
        (number.parse() == Ok(uid)).then(|| name.to_vec())
    })
}

fn give(name: &[u8], buffer: u64, room: usize) -> Return<()> {
    let text: Vec<u8> = name
        .iter()
        .copied()
        .take(MAXLOGNAME - 1)
        .chain([0])
        .collect();
    if text.len() > room {
        return Err(Errno::ERANGE.into());
    }
    guest::write_bytes(buffer, &text)?;
    Ok(())
}

pub fn getlogin(_cx: &mut Cx, buffer: u64, room: u32) -> Return<()> {
    give(&name(), buffer, room as usize)
}

fn read_name(address: u64) -> Return<Vec<u8>> {
    // A name that is too long is another error here than for paths.
    guest::read_string(address, MAXLOGNAME).map_err(|error| match error {
        compat_translate::host::HostErrno::ENAMETOOLONG => Errno::EINVAL.into(),
        other => other.into(),
    })
}

pub fn setlogin(_cx: &mut Cx, name: u64) -> Return<()> {
    ids::require_root()?;
    *NAME.lock() = Some(read_name(name)?);
    Ok(())
}

pub fn getloginclass(_cx: &mut Cx, buffer: u64, room: usize) -> Return<()> {
    let class = CLASS.lock().clone();
    give(class.as_deref().unwrap_or(b"default"), buffer, room)
}

pub fn setloginclass(_cx: &mut Cx, name: u64) -> Return<()> {
    ids::require_root()?;
    *CLASS.lock() = Some(read_name(name)?);
    Ok(())
}
