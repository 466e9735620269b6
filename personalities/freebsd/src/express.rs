//! Calls that mostly need no handler, besides those of the whole family ([`compat_bsd::express`]).

use compat_bsd::calls::at::AT_SYMLINK_NOFOLLOW;
use compat_bsd::prepared;
use compat_tables::bsd::flags::open_flags::O_CLOEXEC;
use compat_translate::trap::Express;

use crate::abi::stat::{Freebsd11Stat, Stat};
use crate::calls;

/// Calls and their ways.
pub(crate) const WAYS: [(&str, Express); 11] = [
    ("clock_gettime", Express::Quick(calls::quick_clock_gettime)),
    ("gettimeofday", Express::Quick(calls::quick_gettimeofday)),
    ("sigprocmask", Express::Quick(calls::quick_sigprocmask)),
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
