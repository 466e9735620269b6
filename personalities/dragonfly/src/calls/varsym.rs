//! Variables in symbolic links (kern_varsym.c). None is set, as in a system whose administrator set none.

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{InOut, Out, Path};

use crate::error::Return;

pub(crate) fn varsym_get(
    _cx: &mut Cx,
    _mask: i32,
    name: Path,
    _buf: u64,
    _size: i32,
) -> Return<i32> {
    name.copy()?;
    Err(Errno::ENOENT.into())
}

/// The marker of the end, and nothing before it.
pub(crate) fn varsym_list(
    _cx: &mut Cx,
    _level: i32,
    _buf: Out<u8>,
    _size: i32,
    marker: InOut<i32>,
) -> Return<i32> {
    marker.read()?;
    marker.write(&-1)?;
    Ok(0)
}
