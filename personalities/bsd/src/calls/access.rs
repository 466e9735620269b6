//! What the caller may do with a file (kern_accessat).

use compat_tables::bsd::Errno;
use compat_tables::bsd::flags::ACCESS_MODE;
use compat_translate::Cx;
use compat_translate::guest::Path;
use compat_translate::host::{self, nr};

use super::at::{AT_EACCESS, AT_EMPTY_PATH, AT_RESOLVE_BENEATH, AT_SYMLINK_NOFOLLOW, AtFlags, CWD};
use super::place::Place;
use crate::error::{Error, Return};
use crate::lower::AtFd;

pub fn access(cx: &mut Cx, path: Path, amode: u32) -> Return<()> {
    faccessat(cx, CWD, path, amode, AtFlags::NONE)
}

pub fn eaccess(cx: &mut Cx, path: Path, amode: u32) -> Return<()> {
    faccessat(cx, CWD, path, amode, AtFlags(AT_EACCESS))
}

pub fn faccessat(cx: &mut Cx, at: AtFd, path: Path, amode: u32, flag: AtFlags) -> Return<()> {
    let allowed = AT_EACCESS | AT_RESOLVE_BENEATH | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
    let flag = flag.only(allowed)?;
    let amode = ACCESS_MODE
        .to_host(u64::from(amode))
        .map_err(|_| Error(Errno::EINVAL))?;
    let place = Place::find(cx, at, path, flag)?;
    // SAFETY: the kernel checks the guest's path.
    unsafe {
        if place.flags == 0 {
            host::call_n(nr::faccessat, [place.at, place.path, amode])
        } else {
            host::call_n(nr::faccessat2, [place.at, place.path, amode, place.flags])
        }
    }?;
    Ok(())
}
