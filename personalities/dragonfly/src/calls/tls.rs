//! The segment bases (tls.c).

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{In, Out};
use compat_translate::task;

use crate::abi::unistd::TlsInfo;
use crate::error::{Error, Return};

const FS: i32 = 0;
const GS: i32 = 1;

fn check(cx: &mut Cx, which: i32, size: u64) -> Return<()> {
    match which {
        _ if size != size_of::<TlsInfo>() as u64 => Err(Errno::EINVAL.into()),
        FS => Ok(()),
        // `gs` is the stub's.
        GS => Err(cx.gap("the base of %gs", Error(Errno::EINVAL))),
        _ => Err(Errno::EINVAL.into()),
    }
}

pub(crate) fn set_tls_area(cx: &mut Cx, which: i32, info: In<TlsInfo>, size: u64) -> Return<()> {
    check(cx, which, size)?;
    let base = info.read()?.base;
    // User addresses only.
    if base >= 0x8000_0000_0000 {
        return Err(Errno::EINVAL.into());
    }
    task::set_fs_base(base);
    Ok(())
}

pub(crate) fn get_tls_area(cx: &mut Cx, which: i32, info: Out<TlsInfo>, size: u64) -> Return<()> {
    check(cx, which, size)?;
    let found = TlsInfo {
        base: task::fs_base(),
        size: -1,
        pad: 0,
    };
    Ok(info.write(&found)?)
}
