//! Calls that mostly need no handler, besides those of the whole family ([`compat_bsd::express`]).

use compat_bsd::prepared;
use compat_tables::dragonfly as tables;
use compat_tables::dragonfly::flags::at_flags::AT_SYMLINK_NOFOLLOW;
use compat_tables::dragonfly::flags::open_flags::O_CLOEXEC;
use compat_translate::trap::{Cleared, Express};

use crate::abi::stat::Stat;

/// Calls and their ways.
const WAYS: [(&str, Express); 6] = [
    ("open", Express::Prepared(prepared::open::<O_CLOEXEC>)),
    ("openat", Express::Prepared(prepared::openat::<O_CLOEXEC>)),
    ("stat", Express::Prepared(prepared::stat::<Stat>)),
    ("lstat", Express::Prepared(prepared::lstat::<Stat>)),
    ("fstat", Express::Prepared(prepared::fstat::<Stat>)),
    (
        "fstatat",
        Express::Prepared(prepared::fstatat::<Stat, AT_SYMLINK_NOFOLLOW>),
    ),
];

/// See [`compat_translate::Personality::express`].
pub(crate) fn prepare() {
    compat_bsd::express::prepare(tables::call_named, &WAYS, Cleared::Nothing);
}
