//! `sysctl` (kern_sysctl.c). The tree is `tables/netbsd/sysctl.tbl`; values that are no constants are computed in
//! [`values`], and [`query`] tells programs the names and numbers below a node.

mod array;
mod disks;
mod files;
mod mappings;
mod processes;
mod protocols;
mod query;
mod routes;
mod sockets;
mod sysv;
mod values;

use alloc::vec::Vec;

use compat_bsd::calls::ids::is_root;
use compat_tables::netbsd::{self as tables, Errno, SysctlSource};
use compat_tables::{Sysctl, SysctlValue};
use compat_translate::Cx;
use compat_translate::guest::{self, In};

use crate::abi::sysctl::{CTL_DESCRIBE, CTL_QUERY};
use crate::error::Return;

const CTL_MAXNAME: usize = 12;

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
    if !(1..=CTL_MAXNAME).contains(&parts) {
        return Err(Errno::EINVAL.into());
    }
    let oid = name.read_array(parts, CTL_MAXNAME)?;
    match oid.split_last() {
        Some((&CTL_QUERY, above)) => {
            let answer = query::children(cx, above, new, new_len)?;
            return give(old, old_len, &answer);
        }
        Some((&CTL_DESCRIBE, _)) => {
            return Err(cx.gap("sysctl: CTL_DESCRIBE", Errno::EOPNOTSUPP.into()));
        }
        Some((&last, _)) if last < 0 => return Err(Errno::EOPNOTSUPP.into()),
        _ => {}
    }
    let Some((sysctl, more)) = tables::sysctl(&oid) else {
        return Err(Errno::ENOENT.into());
    };
    let value = value(cx, sysctl, more, (old, old_len))?;
    if new != 0 {
        change(cx, sysctl, new, new_len)?;
    }
    give(old, old_len, &value)
}

fn value(
    cx: &mut Cx,
    sysctl: &Sysctl<SysctlSource>,
    more: &[i32],
    old: (u64, u64),
) -> Return<Vec<u8>> {
    match sysctl.value {
        SysctlValue::Number(number) => Ok(sized(sysctl.kind, number)),
        SysctlValue::Text(text) => Ok(terminated(text.as_bytes())),
        SysctlValue::Computed(source) => values::compute(cx, source, sysctl.kind, more, old),
        SysctlValue::Todo => Err(cx.gap(sysctl.name.as_str(), Errno::ENOENT.into())),
        SysctlValue::Node => Err(Errno::EISDIR.into()),
    }
}

/// An integer in the width of the row's kind.
fn sized(kind: u32, number: i64) -> Vec<u8> {
    const INT: u32 = 2;
    if kind == INT {
        let number = number.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
        (number as i32).to_le_bytes().to_vec()
    } else {
        number.to_le_bytes().to_vec()
    }
}

fn terminated(text: &[u8]) -> Vec<u8> {
    text.iter().copied().chain([0]).collect()
}

/// Copies `value` out: as much as there is room for, with ENOMEM when that is not all of it (sys___sysctl). The size told
/// is the whole one.
fn give(old: u64, old_len: u64, value: &[u8]) -> Return<()> {
    let size = value.len() as u64;
    let room = match old_len {
        0 => 0,
        at => guest::load_u64(at)?,
    };
    if old != 0 {
        let fits = value.get(..room.min(size) as usize).unwrap_or_default();
        guest::write_bytes(old, fits)?;
    }
    if old_len != 0 {
        guest::store_u64(old_len, size)?;
    }
    if old != 0 && room < size {
        return Err(Errno::ENOMEM.into());
    }
    Ok(())
}

fn change(cx: &mut Cx, sysctl: &Sysctl<SysctlSource>, new: u64, new_len: u64) -> Return<()> {
    if !sysctl.writable || !is_root() {
        return Err(Errno::EPERM.into());
    }
    if let SysctlValue::Computed(SysctlSource::Hostname) = sysctl.value {
        return Ok(compat_bsd::machine::set_hostname(new, new_len)?);
    }
    Err(cx.gap(sysctl.name.as_str(), Errno::EPERM.into()))
}
