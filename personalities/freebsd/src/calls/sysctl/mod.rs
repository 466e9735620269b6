//! `sysctl`: a tree of names and numbers (kern_sysctl.c). The tree is `tables/freebsd/sysctl.tbl`.
//!
//! [`meta`] answers questions about the tree itself, [`values`] computes what is not a constant there; [`process`] does
//! so for `kern.proc`.

mod devices;
mod files;
mod kinfo;
mod mappings;
mod meta;
pub(super) mod neighbours;
mod open_files;
mod process;
mod protocols;
mod release;
pub(super) mod routes;
mod sockets;
mod storage;
mod sysv;
mod values;

use alloc::vec::Vec;

use compat_tables::freebsd::{self as tables, Errno, SysctlSource};
use compat_tables::{Sysctl, SysctlValue};
use compat_translate::Cx;
use compat_translate::guest::{self, In};

use super::ids;
use crate::error::Return;

const CTL_MAXNAME: usize = 24;
const MAXPATHLEN: u64 = 1024;

/// The buffers of one question.
#[derive(Clone, Copy)]
struct Request {
    /// Where the value goes; 0 to ask only for its size.
    old: u64,
    /// Address of the room there, which receives the size.
    old_len: u64,
    /// The new value.
    new: u64,
    new_len: u64,
}

pub(crate) fn __sysctl(
    cx: &mut Cx,
    name: In<i32>,
    parts: u32,
    old: u64,
    old_len: u64,
    new: u64,
    new_len: u64,
) -> Return<()> {
    let parts = parts as usize;
    if !(2..=CTL_MAXNAME).contains(&parts) {
        return Err(Errno::EINVAL.into());
    }
    let oid = name.read_array(parts, CTL_MAXNAME)?;
    let request = Request {
        old,
        old_len,
        new,
        new_len,
    };
    if let [0, question, about @ ..] = oid.as_slice() {
        let answer = meta::answer(cx, *question, about, request)?;
        return give(request, &answer);
    }
    read_or_write(cx, &oid, request)
}

pub(crate) fn __sysctlbyname(
    cx: &mut Cx,
    name: u64,
    name_len: u64,
    old: u64,
    old_len: u64,
    new: u64,
    new_len: u64,
) -> Return<()> {
    let oid = meta::number_of(name, name_len)?;
    let request = Request {
        old,
        old_len,
        new,
        new_len,
    };
    read_or_write(cx, &oid, request)
}

/// The whole value of `oid`, for calls that are questions to this tree in another dress.
pub(super) fn ask(cx: &mut Cx, oid: &[i32]) -> Return<Vec<u8>> {
    const NOWHERE: Request = Request {
        old: 0,
        old_len: 0,
        new: 0,
        new_len: 0,
    };
    let (sysctl, more) = tables::sysctl(oid).ok_or_else(|| missing(oid))?;
    value(cx, sysctl, more, NOWHERE)
}

/// The same into a buffer of the guest, whose size is stored at `old_len`.
pub(super) fn ask_into(cx: &mut Cx, oid: &[i32], old: u64, old_len: u64) -> Return<()> {
    let request = Request {
        old,
        old_len,
        new: 0,
        new_len: 0,
    };
    read_or_write(cx, oid, request)
}

/// Sets `oid` to the `new_len` bytes at `new`.
pub(super) fn change(cx: &mut Cx, oid: &[i32], new: u64, new_len: u64) -> Return<()> {
    let request = Request {
        old: 0,
        old_len: 0,
        new,
        new_len,
    };
    read_or_write(cx, oid, request)
}

/// sysctl_root.
fn read_or_write(cx: &mut Cx, oid: &[i32], request: Request) -> Return<()> {
    let Some((sysctl, more)) = tables::sysctl(oid) else {
        return Err(missing(oid).into());
    };
    if matches!(sysctl.value, SysctlValue::Node) {
        return Err(Errno::EISDIR.into());
    }
    if request.new != 0 {
        return write(cx, sysctl, more, request);
    }
    let mut value = value(cx, sysctl, more, request)?;
    // Programs from when these counters were `u_int` get that (sysctl_handle_vmstat).
    if sysctl.name.as_str().starts_with("vm.stats.")
        && request.old != 0
        && request.old_len != 0
        && guest::load_u64(request.old_len)? == 4
    {
        value.truncate(4);
    }
    give(request, &value)
}

/// sysctl_find_oid: numbers that go on behind a leaf are another error than numbers nobody has.
fn missing(oid: &[i32]) -> Errno {
    let shorter = (1..oid.len())
        .rev()
        .find_map(|depth| tables::sysctl(oid.get(..depth)?));
    match shorter {
        Some((above, _)) if !matches!(above.value, SysctlValue::Node) => Errno::ENOTDIR,
        _ => Errno::ENOENT,
    }
}

fn value(
    cx: &mut Cx,
    sysctl: &Sysctl<SysctlSource>,
    more: &[i32],
    request: Request,
) -> Return<Vec<u8>> {
    match sysctl.value {
        SysctlValue::Number(number) => Ok(sized(sysctl.kind, number)),
        SysctlValue::Text(text) => Ok(terminated(text.as_bytes())),
        SysctlValue::Computed(source) => values::compute(cx, source, sysctl, more, request),
        SysctlValue::Todo => Err(cx.gap(sysctl.name.as_str(), Errno::ENOENT.into())),
        SysctlValue::Node => Err(Errno::EISDIR.into()),
    }
}

/// An integer in the width of the row's kind.
fn sized(kind: u32, number: i64) -> Vec<u8> {
    const INT: u32 = 2;
    const UINT: u32 = 6;
    const U32: u32 = 15;
    match kind {
        INT | UINT | U32 => (number as i32).to_le_bytes().to_vec(),
        _ => number.to_le_bytes().to_vec(),
    }
}

/// A string as sysctl_handle_string gives it out.
fn terminated(text: &[u8]) -> Vec<u8> {
    text.iter().copied().chain([0]).collect()
}

/// Copies `value` out: as much as there is room for, with ENOMEM when that is not all of it (sysctl_old_user).
fn give(request: Request, value: &[u8]) -> Return<()> {
    let size = value.len() as u64;
    if request.old == 0 {
        if request.old_len != 0 {
            guest::store_u64(request.old_len, size)?;
        }
        return Ok(());
    }
    let room = match request.old_len {
        0 => 0,
        at => guest::load_u64(at)?,
    };
    let fits = value.get(..room.min(size) as usize).unwrap_or_default();
    guest::write_bytes(request.old, fits)?;
    if request.old_len != 0 {
        guest::store_u64(request.old_len, fits.len() as u64)?;
    }
    if room < size {
        return Err(Errno::ENOMEM.into());
    }
    Ok(())
}

fn write(cx: &mut Cx, sysctl: &Sysctl<SysctlSource>, more: &[i32], request: Request) -> Return<()> {
    if !sysctl.writable {
        return Err(Errno::EPERM.into());
    }
    if let SysctlValue::Computed(source) = sysctl.value
        && let Some(done) = values::change(cx, source, more, request)
    {
        return done;
    }
    ids::require_root()?;
    Err(cx.gap(sysctl.name.as_str(), Errno::EPERM.into()))
}
