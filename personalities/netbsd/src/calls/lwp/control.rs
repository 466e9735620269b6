//! What threads are called, and the block in which the kernel tells them about themselves.

use compat_bsd::threads::own_id;

use compat_tables::bsd::Errno;
use compat_translate::Cx;
use compat_translate::guest::{self, Out, Path};
use compat_translate::host;
use compat_translate::task::Presence;

use super::with_lwp;
use crate::abi::lwp::{
    LWPCTL_CPU_EXITED, LWPCTL_CPU_NONE, LWPCTL_FEATURE_CURCPU, LWPCTL_FEATURE_PCTR,
};
use crate::error::Return;

/// MAXCOMLEN; what is longer is cut.
const LONGEST_NAME: usize = 32;

pub(crate) fn _lwp_setname(cx: &mut Cx, target: i32, name: Path) -> Return<()> {
    let mut text = guest::read_string(name.0, LONGEST_NAME).map_err(|error| {
        if error == host::HostErrno::ENAMETOOLONG {
            Errno::ENAMETOOLONG.into()
        } else {
            crate::error::Error::from(error)
        }
    })?;
    let target = if target == 0 { own_id(cx) } else { target };
    with_lwp(cx, target, |_| ())?;
    // The host keeps 15 characters of it.
    text.truncate(15);
    host::name_thread(target, &text)?;
    Ok(())
}

pub(crate) fn _lwp_getname(cx: &mut Cx, target: i32, name: Out<u8>, len: usize) -> Return<()> {
    let target = if target == 0 { own_id(cx) } else { target };
    with_lwp(cx, target, |_| ())?;
    let mut text = host::thread_name(target)?;
    text.truncate(len.saturating_sub(1));
    text.push(0);
    if len > 0 {
        guest::write_bytes(name.address(), &text)?;
    }
    Ok(())
}

const _: () = {
    assert!(Presence::ASLEEP == LWPCTL_CPU_NONE && Presence::GONE == LWPCTL_CPU_EXITED);
};

/// The kernel keeps a thread's block up to date: libpthread's locks are waited for actively while their holder runs.
pub(crate) fn _lwp_ctl(cx: &mut Cx, features: i32, address: Out<u64>) -> Return<()> {
    if features & !(LWPCTL_FEATURE_CURCPU | LWPCTL_FEATURE_PCTR) != 0 {
        return Err(Errno::ENODEV.into());
    }
    Ok(address.write(&cx.thread.presence.place())?)
}
