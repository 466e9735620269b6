//! What the machine and its network are called (kern_xxx.c). Each is a question to the sysctl tree.

use alloc::vec::Vec;

use compat_tables::freebsd::Errno;
use compat_translate::Cx;
use compat_translate::guest;

use crate::calls::sysctl;
use crate::error::Return;

const KERN_OSTYPE: [i32; 2] = [1, 1];
const KERN_OSRELEASE: [i32; 2] = [1, 2];
const KERN_VERSION: [i32; 2] = [1, 4];
const KERN_HOSTNAME: [i32; 2] = [1, 10];
const KERN_HOSTID: [i32; 2] = [1, 11];
const KERN_CLOCKRATE: [i32; 2] = [1, 12];
const KERN_VNODE: [i32; 2] = [1, 13];
const KERN_FILE: [i32; 2] = [1, 15];
const KERN_NISDOMAINNAME: [i32; 2] = [1, 22];
const HW_MACHINE: [i32; 2] = [6, 1];
const VM_TOTAL: [i32; 2] = [2, 1];
const VM_LOADAVG: [i32; 2] = [2, 2];

/// Copies out as much as there is room for, with `ENOMEM` when that is not all.
fn give(value: &[u8], to: u64, room: usize) -> Return<()> {
    guest::write_bytes(to, value.get(..room).unwrap_or(value))?;
    if room < value.len() {
        return Err(Errno::ENOMEM.into());
    }
    Ok(())
}

pub(crate) fn ogethostname(cx: &mut Cx, name: u64, room: u32) -> Return<()> {
    let value = sysctl::ask(cx, &KERN_HOSTNAME)?;
    give(&value, name, room as usize)
}

pub(crate) fn osethostname(cx: &mut Cx, name: u64, length: u32) -> Return<()> {
    sysctl::change(cx, &KERN_HOSTNAME, name, u64::from(length))
}

pub(crate) fn freebsd4_getdomainname(cx: &mut Cx, name: u64, room: i32) -> Return<()> {
    let value = sysctl::ask(cx, &KERN_NISDOMAINNAME)?;
    // A negative length becomes a huge size_t.
    give(&value, name, usize::try_from(room).unwrap_or(usize::MAX))
}

pub(crate) fn freebsd4_setdomainname(cx: &mut Cx, name: u64, length: i32) -> Return<()> {
    sysctl::change(cx, &KERN_NISDOMAINNAME, name, i64::from(length) as u64)
}

pub(crate) fn ogethostid(cx: &mut Cx) -> Return<i64> {
    let value = sysctl::ask(cx, &KERN_HOSTID)?;
    Ok(value.try_into().map_or(0, i64::from_le_bytes))
}

pub(crate) fn osethostid(cx: &mut Cx, id: i64) -> Return<()> {
    let value = id.to_le_bytes();
    sysctl::change(cx, &KERN_HOSTID, value.as_ptr() as u64, 8)
}

/// Five fields of 32 bytes. The version is what stands between `#` and `:` in `kern.version`, as FreeBSD 1.1 had it.
pub(crate) fn freebsd4_uname(cx: &mut Cx, name: u64) -> Return<()> {
    const FIELD: usize = 32;
    let version = sysctl::ask(cx, &KERN_VERSION)?;
    let build: Vec<u8> = version
        .into_iter()
        .skip_while(|&byte| !matches!(byte, b'#' | 0))
        .take_while(|&byte| !matches!(byte, b':' | 0))
        .take(FIELD - 1)
        .chain([0])
        .collect();
    let fields = [
        sysctl::ask(cx, &KERN_OSTYPE)?,
        sysctl::ask(cx, &KERN_HOSTNAME)?,
        sysctl::ask(cx, &KERN_OSRELEASE)?,
        build,
        sysctl::ask(cx, &HW_MACHINE)?,
    ];
    for (index, value) in fields.iter().enumerate() {
        give(value, name.wrapping_add((index * FIELD) as u64), FIELD)?;
    }
    Ok(())
}

/// What became of this call is sysctl; each of its questions has a name there.
pub(crate) fn ogetkerninfo(
    cx: &mut Cx,
    question: i32,
    to: u64,
    size: u64,
    about: i32,
) -> Return<i64> {
    let low = question & 0xff;
    let name: &[i32] = match (question & 0xff00) >> 8 {
        0 => &[1, 14, low, about],
        1 => &[4, 17, 0, (question & 0xff_0000) >> 16, low, about],
        2 => &KERN_VNODE,
        3 => &KERN_FILE,
        4 => &VM_TOTAL,
        5 => &VM_LOADAVG,
        6 => &KERN_CLOCKRATE,
        // KINFO_BSDI_SYSINFO among others: for programs of another system.
        _ => return Err(Errno::EOPNOTSUPP.into()),
    };
    sysctl::ask_into(cx, name, to, size)?;
    // sysctl has stored how much it wrote.
    if size == 0 {
        return Ok(0);
    }
    Ok(guest::load_u64(size)? as i64)
}
