//! Calls that mostly need no handler, besides those of the whole family ([`compat_bsd::express`]).

use compat_bsd::calls::at::AT_SYMLINK_NOFOLLOW;
use compat_bsd::prepared;
use compat_tables::bsd::flags::open_flags::O_CLOEXEC;
use compat_tables::freebsd as tables;
use compat_translate::trap::{Cleared, Express};

use crate::abi::stat::{Freebsd11Stat, Stat};

/// Calls and their ways.
const WAYS: [(&str, Express); 8] = [
    ("open", Express::Prepared(prepared::open::<O_CLOEXEC>)),
    ("openat", Express::Prepared(prepared::openat::<O_CLOEXEC>)),
    ("fstat", Express::Prepared(prepared::fstat::<Stat>)),
    (
        "fstatat",
        Express::Prepared(prepared::fstatat::<Stat, AT_SYMLINK_NOFOLLOW>),
    ),
    (
        "freebsd11_stat",
        Express::Prepared(prepared::stat::<Freebsd11Stat>),
    ),
    (
        "freebsd11_lstat",
        Express::Prepared(prepared::lstat::<Freebsd11Stat>),
    ),
    (
        "freebsd11_fstat",
        Express::Prepared(prepared::fstat::<Freebsd11Stat>),
    ),
    (
        "freebsd11_fstatat",
        Express::Prepared(prepared::fstatat::<Freebsd11Stat, AT_SYMLINK_NOFOLLOW>),
    ),
];

/// See [`compat_translate::Personality::express`].
pub(crate) fn prepare() {
    compat_bsd::express::prepare(tables::call_named, &WAYS, Cleared::LastArguments);
}
