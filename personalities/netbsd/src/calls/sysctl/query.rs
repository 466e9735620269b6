//! The nodes below another (sysctl_query): how libc turns `kern.hostname` into numbers.

use alloc::vec::Vec;

use compat_tables::netbsd::{self as tables, Errno, SysctlSource};
use compat_tables::{Sysctl, SysctlValue};
use compat_translate::Cx;
use compat_translate::guest;
use zerocopy::IntoBytes;

use crate::abi::sysctl::{
    CTLFLAG_PERMANENT, CTLFLAG_READWRITE, CTLTYPE_INT, CTLTYPE_NODE, CTLTYPE_QUAD, CTLTYPE_STRING,
    CTLTYPE_STRUCT, SYSCTL_VERS_1, SYSCTL_VERS_MASK, Sysctlnode,
};
use crate::error::Return;

/// All children of `above`. The new value is a node that says which version of the structure the caller knows.
pub(super) fn children(_cx: &mut Cx, above: &[i32], new: u64, new_len: u64) -> Return<Vec<u8>> {
    if new != 0 {
        if new_len < 4 {
            return Err(Errno::EINVAL.into());
        }
        let asked: u32 = guest::read(new)?;
        if asked & SYSCTL_VERS_MASK != SYSCTL_VERS_1 {
            return Err(Errno::EINVAL.into());
        }
    }
    if !above.is_empty() {
        let (found, more) = tables::sysctl(above).ok_or(Errno::ENOENT)?;
        if !more.is_empty() {
            return Err(Errno::ENOENT.into());
        }
        if !is_node(found) {
            return Err(Errno::ENOTDIR.into());
        }
    }
    let mut answer = Vec::new();
    for found in below(above) {
        answer.extend_from_slice(node(found).as_bytes());
    }
    Ok(answer)
}

fn below(above: &[i32]) -> impl Iterator<Item = &'static Sysctl<SysctlSource>> {
    let depth = above.len() + 1;
    tables::SYSCTLS
        .iter()
        .filter(move |sysctl| sysctl.oid().len() == depth && sysctl.oid().starts_with(above))
}

/// Leaves that take further numbers are nodes to those who ask (`kern.proc_args`).
fn is_node(sysctl: &Sysctl<SysctlSource>) -> bool {
    matches!(sysctl.value, SysctlValue::Node) || sysctl.takes_more
}

fn node(sysctl: &Sysctl<SysctlSource>) -> Sysctlnode {
    let is_node = is_node(sysctl);
    let kind = match sysctl.kind {
        _ if is_node => CTLTYPE_NODE,
        2 | 6 | 15 => CTLTYPE_INT,
        3 => CTLTYPE_STRING,
        4 | 7 | 8 | 9 => CTLTYPE_QUAD,
        _ => CTLTYPE_STRUCT,
    };
    let mut un = [0; 4];
    if is_node {
        let count = below(sysctl.oid()).count() as u32;
        (un[0], un[1]) = (count, count);
    }
    let size = match sysctl.value {
        _ if is_node => size_of::<Sysctlnode>() as u64,
        SysctlValue::Text(text) => text.len() as u64 + 1,
        _ if kind == CTLTYPE_INT => 4,
        _ if kind == CTLTYPE_QUAD => 8,
        _ => 0,
    };
    let full = sysctl.name.as_str();
    let last = full.rsplit('.').next().unwrap_or(full);
    let mut name = [0; 32];
    for (slot, byte) in name.iter_mut().take(31).zip(last.bytes()) {
        *slot = byte;
    }
    Sysctlnode {
        flags: SYSCTL_VERS_1
            | CTLFLAG_PERMANENT
            | kind
            | if sysctl.writable {
                CTLFLAG_READWRITE
            } else {
                0
            },
        num: sysctl.oid().last().copied().unwrap_or(0),
        name,
        ver: 1,
        rsvd: 0,
        un,
        size,
        func: 0,
        parent: 0,
        desc: 0,
    }
}
