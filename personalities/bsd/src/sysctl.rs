//! `sysctl`: a tree of names and numbers (kern_sysctl.c). The tree is a system's `sysctl.tbl`, which it brings as a
//! [`Tree`]; what is no constant there it computes.

use alloc::vec::Vec;

use compat_tables::bsd::Errno;
use compat_tables::{Sysctl, SysctlValue};
use compat_translate::Cx;
use compat_translate::guest::{self, In};

use crate::calls::ids;
use crate::error::Return;

mod meta;

const CTL_MAXNAME: usize = 24;
const MAXPATHLEN: u64 = 1024;

/// A system's tree.
pub trait Tree {
    /// The names of its computed values.
    type Source: Copy + 'static;

    /// The row with this number, and the numbers that follow it where it takes more.
    fn row(oid: &[i32]) -> Option<(&'static Sysctl<Self::Source>, &[i32])>;
    /// The row with this name.
    fn named(name: &str) -> Option<&'static Sysctl<Self::Source>>;
    /// The leaf that follows this number, which need not exist.
    fn after(oid: &[i32]) -> Option<&'static Sysctl<Self::Source>>;

    /// The bytes of a computed value.
    ///
    /// # Errors
    /// What the name's own handler says.
    fn compute(
        cx: &mut Cx,
        source: Self::Source,
        row: &Sysctl<Self::Source>,
        more: &[i32],
        request: Request,
    ) -> Return<Vec<u8>>;

    /// Shortens a value for programs that know it in another size.
    ///
    /// # Errors
    /// `EFAULT`.
    fn fit(_row: &Sysctl<Self::Source>, _request: Request, _value: &mut Vec<u8>) -> Return<()> {
        Ok(())
    }

    /// Changes a computed value; `None` where only root could, and compat cannot.
    fn change(
        cx: &mut Cx,
        source: Self::Source,
        more: &[i32],
        request: Request,
    ) -> Option<Return<()>>;
}

/// The buffers of one question.
#[derive(Clone, Copy, Default)]
pub struct Request {
    /// Where the value goes; 0 to ask only for its size.
    pub old: u64,
    /// Address of the room there, which receives the size.
    pub old_len: u64,
    /// The new value.
    pub new: u64,
    /// Its size.
    pub new_len: u64,
}

/// `__sysctl`: the value of the `parts` numbers at `name`, or a question about the tree.
///
/// # Errors
/// `EINVAL`, `EFAULT`, `ENOENT`, `ENOTDIR`, `EISDIR`, `EPERM`, `ENOMEM`; those of the value.
pub fn sysctl<T: Tree>(cx: &mut Cx, name: In<i32>, parts: u32, request: Request) -> Return<()> {
    let parts = parts as usize;
    if !(2..=CTL_MAXNAME).contains(&parts) {
        return Err(Errno::EINVAL.into());
    }
    let oid = name.read_array(parts, CTL_MAXNAME)?;
    if let [0, question, about @ ..] = oid.as_slice() {
        let answer = meta::answer::<T>(cx, *question, about, request)?;
        return give(request, &answer);
    }
    read_or_write::<T>(cx, &oid, request)
}

/// `__sysctlbyname`.
///
/// # Errors
/// As [`sysctl`].
pub fn by_name<T: Tree>(cx: &mut Cx, name: u64, name_len: u64, request: Request) -> Return<()> {
    let oid = meta::number_of::<T>(name, name_len)?;
    read_or_write::<T>(cx, &oid, request)
}

/// The whole value of `oid`, for calls that are questions to this tree in another dress.
///
/// # Errors
/// As [`sysctl`].
pub fn ask<T: Tree>(cx: &mut Cx, oid: &[i32]) -> Return<Vec<u8>> {
    let (row, more) = T::row(oid).ok_or_else(|| missing::<T>(oid))?;
    value::<T>(cx, row, more, Request::default())
}

/// sysctl_root.
///
/// # Errors
/// As [`sysctl`].
pub fn read_or_write<T: Tree>(cx: &mut Cx, oid: &[i32], request: Request) -> Return<()> {
    let Some((row, more)) = T::row(oid) else {
        return Err(missing::<T>(oid).into());
    };
    if matches!(row.value, SysctlValue::Node) {
        return Err(Errno::EISDIR.into());
    }
    if request.new != 0 {
        return write::<T>(cx, row, more, request);
    }
    let mut value = value::<T>(cx, row, more, request)?;
    T::fit(row, request, &mut value)?;
    give(request, &value)
}

/// sysctl_find_oid: numbers that go on behind a leaf are another error than numbers nobody has.
fn missing<T: Tree>(oid: &[i32]) -> Errno {
    let shorter = (1..oid.len())
        .rev()
        .find_map(|depth| T::row(oid.get(..depth)?));
    match shorter {
        Some((above, _)) if !matches!(above.value, SysctlValue::Node) => Errno::ENOTDIR,
        _ => Errno::ENOENT,
    }
}

fn value<T: Tree>(
    cx: &mut Cx,
    row: &Sysctl<T::Source>,
    more: &[i32],
    request: Request,
) -> Return<Vec<u8>> {
    match row.value {
        SysctlValue::Number(number) => Ok(sized(row.kind, number)),
        SysctlValue::Text(text) => Ok(terminated(text.as_bytes())),
        SysctlValue::Computed(source) => T::compute(cx, source, row, more, request),
        SysctlValue::Todo => Err(cx.gap(row.name.as_str(), Errno::ENOENT.into())),
        SysctlValue::Node => Err(Errno::EISDIR.into()),
    }
}

fn write<T: Tree>(
    cx: &mut Cx,
    row: &Sysctl<T::Source>,
    more: &[i32],
    request: Request,
) -> Return<()> {
    if !row.writable {
        return Err(Errno::EPERM.into());
    }
    if let SysctlValue::Computed(source) = row.value
        && let Some(done) = T::change(cx, source, more, request)
    {
        return done;
    }
    ids::require_root()?;
    Err(cx.gap(row.name.as_str(), Errno::EPERM.into()))
}

/// An integer in the width of the row's kind.
pub fn sized(kind: u32, number: i64) -> Vec<u8> {
    const INT: u32 = 2;
    const UINT: u32 = 6;
    const U32: u32 = 15;
    match kind {
        INT | UINT | U32 => (number as i32).to_le_bytes().to_vec(),
        _ => number.to_le_bytes().to_vec(),
    }
}

/// A string as sysctl_handle_string gives it out.
pub fn terminated(text: &[u8]) -> Vec<u8> {
    text.iter().copied().chain([0]).collect()
}

/// Copies `value` out: as much as there is room for, with ENOMEM when that is not all of it (sysctl_old_user).
///
/// # Errors
/// `ENOMEM`, `EFAULT`.
pub fn give(request: Request, value: &[u8]) -> Return<()> {
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
