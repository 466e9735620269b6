//! The systems whose programs run.

use compat_bsd::System;
use compat_loader::Os;

/// The personality of a system; `None` for one whose programs are refused.
pub(crate) fn system_of(os: Os) -> Option<&'static System> {
    match os {
        Os::DragonFly => Some(&compat_dragonfly::DRAGONFLY_AMD64),
        Os::FreeBsd => Some(&compat_freebsd::FREEBSD_AMD64),
        Os::NetBsd => Some(&compat_netbsd::NETBSD_AMD64),
        _ => None,
    }
}
