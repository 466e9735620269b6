//! `__specialfd`: descriptors that have no call of their own (sys___specialfd).

use compat_tables::freebsd::Errno;
use compat_tables::freebsd::flags::{EVENTFD_FLAGS, INOTIFY_FLAGS, specialfd_type};
use compat_translate::Cx;
use compat_translate::guest;
use compat_translate::host::{self, nr};

use crate::error::{Error, Return};
use crate::lower::Fd;

pub(crate) fn __specialfd(_cx: &mut Cx, kind: i32, request: u64, size: u64) -> Return<Fd> {
    let exactly = |wanted: u64| {
        if size == wanted {
            Ok(())
        } else {
            Err(Error(Errno::EINVAL))
        }
    };
    match kind {
        specialfd_type::SPECIALFD_EVENTFD => {
            exactly(8)?;
            // struct specialfd_eventfd.
            let [initial, flags] = guest::read::<[u32; 2]>(request)?;
            let flags = EVENTFD_FLAGS
                .to_host(u64::from(flags))
                .map_err(|_| Errno::EINVAL)?;
            made(nr::eventfd2, [u64::from(initial), flags])
        }
        specialfd_type::SPECIALFD_INOTIFY => {
            exactly(4)?;
            // struct specialfd_inotify.
            let flags = INOTIFY_FLAGS
                .to_host(u64::from(guest::read::<u32>(request)?))
                .map_err(|_| Errno::EINVAL)?;
            made(nr::inotify_init1, [flags, 0])
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

fn made(call: u64, args: [u64; 2]) -> Return<Fd> {
    // SAFETY: plain numbers.
    Ok(Fd(unsafe { host::call_n(call, args) }? as i32))
}
