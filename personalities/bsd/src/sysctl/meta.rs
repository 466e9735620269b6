//! Questions about the tree: `{0, n, ...}`.

use alloc::vec::Vec;

use compat_tables::SysctlValue;
use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest;

use super::{MAXPATHLEN, Request, Tree, terminated};
use crate::error::Return;

const SYSCTL_NAME: i32 = 1;
const SYSCTL_NEXT: i32 = 2;
const SYSCTL_NAME2OID: i32 = 3;
const SYSCTL_OIDFMT: i32 = 4;
const SYSCTL_OIDDESCR: i32 = 5;
const SYSCTL_OIDLABEL: i32 = 6;
const SYSCTL_NEXTNOSKIP: i32 = 7;

const CTLFLAG_RD: u32 = 0x8000_0000;
const CTLFLAG_WR: u32 = 0x4000_0000;

pub(super) fn answer<T: Tree>(
    cx: &mut Cx,
    question: i32,
    about: &[i32],
    request: Request,
) -> Return<Vec<u8>> {
    match question {
        SYSCTL_NAME => Ok(name::<T>(about)),
        SYSCTL_NEXT | SYSCTL_NEXTNOSKIP => T::after(about)
            .map(|next| words(next.oid()))
            .ok_or(Errno::ENOENT.into()),
        SYSCTL_NAME2OID => number_of::<T>(request.new, request.new_len).map(|oid| words(&oid)),
        SYSCTL_OIDFMT => format::<T>(about),
        // Descriptions are for people who have the kernel's sources; nobody's program reads them.
        SYSCTL_OIDDESCR | SYSCTL_OIDLABEL => Err(Errno::ENOENT.into()),
        _ => Err(cx.gap("sysctl: a question about the tree", Errno::ENOENT.into())),
    }
}

fn words(oid: &[i32]) -> Vec<u8> {
    oid.iter().flat_map(|part| part.to_le_bytes()).collect()
}

/// The name, as far as the numbers are known; the rest in digits (sysctl_sysctl_name).
fn name<T: Tree>(oid: &[i32]) -> Vec<u8> {
    let known = (1..=oid.len())
        .rev()
        .find_map(|depth| Some((depth, T::row(oid.get(..depth)?)?.0)));
    let mut text = alloc::string::String::new();
    let mut rest = oid;
    if let Some((_, sysctl)) = known {
        text.push_str(sysctl.name.as_str());
        rest = oid.get(sysctl.oid().len()..).unwrap_or_default();
    }
    for part in rest {
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(&alloc::format!("{part}"));
    }
    terminated(text.as_bytes())
}

/// The number of the name at `address` (sysctl_sysctl_name2oid).
///
/// # Errors
/// `ENOENT`, also for the empty name; `ENAMETOOLONG`; `EFAULT`.
pub(super) fn number_of<T: Tree>(address: u64, length: u64) -> Return<Vec<i32>> {
    if length == 0 {
        return Err(Errno::ENOENT.into());
    }
    if length >= MAXPATHLEN {
        return Err(Errno::ENAMETOOLONG.into());
    }
    let mut text = alloc::vec![0; length as usize];
    guest::read_bytes(address, &mut text)?;
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let text = text.strip_suffix(b".").unwrap_or(text);
    core::str::from_utf8(text)
        .ok()
        .and_then(T::named)
        .map(|sysctl| sysctl.oid().to_vec())
        .ok_or(Errno::ENOENT.into())
}

/// Kind and flags, then the format string.
fn format<T: Tree>(oid: &[i32]) -> Return<Vec<u8>> {
    let (sysctl, _) = T::row(oid).ok_or(Errno::ENOENT)?;
    let mut kind = sysctl.kind | CTLFLAG_RD;
    if sysctl.writable && !matches!(sysctl.value, SysctlValue::Node) {
        kind |= CTLFLAG_WR;
    }
    let mut answer = kind.to_le_bytes().to_vec();
    answer.extend(terminated(sysctl.format.as_bytes()));
    Ok(answer)
}
