//! The name of a session's user (sys___getlogin).

use compat_bsd::calls::login;
use compat_translate::Cx;
use compat_translate::guest::{self, Out};

use crate::error::Return;

/// MAXLOGNAME, with the NUL.
const MAXLOGNAME: usize = 17;

/// A name that does not fit is cut, and what it leaves of the room is zero.
pub(crate) fn __getlogin(_cx: &mut Cx, buffer: Out<u8>, room: usize) -> Return<()> {
    let mut name = login::name();
    name.truncate(MAXLOGNAME - 1);
    name.resize(room.min(MAXLOGNAME), 0);
    guest::write_bytes(buffer.address(), &name)?;
    Ok(())
}
