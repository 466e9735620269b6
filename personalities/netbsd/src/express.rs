//! Calls that mostly need no handler, besides those of the whole family ([`compat_bsd::express`]).

use compat_bsd::calls::at::AT_SYMLINK_NOFOLLOW;
use compat_bsd::calls::{clock, signal};
use compat_bsd::{lower, prepared};
use compat_tables::netbsd as tables;
use compat_tables::netbsd::flags::CLOCK_ID;
use compat_tables::netbsd::flags::open_flags::O_CLOEXEC;
use compat_translate::trap::{Cleared, Express, UNSERVED};

use crate::abi::stat::Stat;

/// Calls and their ways.
const WAYS: [(&str, Express); 9] = [
    ("__clock_gettime50", Express::Quick(quick_clock_gettime)),
    (
        "__gettimeofday50",
        Express::Quick(clock::quick_gettimeofday),
    ),
    ("__sigprocmask14", Express::Quick(signal::quick_sigprocmask)),
    ("open", Express::Prepared(prepared::open::<O_CLOEXEC>)),
    ("openat", Express::Prepared(prepared::openat::<O_CLOEXEC>)),
    ("__stat50", Express::Prepared(prepared::stat::<Stat>)),
    ("__lstat50", Express::Prepared(prepared::lstat::<Stat>)),
    ("__fstat50", Express::Prepared(prepared::fstat::<Stat>)),
    (
        "fstatat",
        Express::Prepared(prepared::fstatat::<Stat, AT_SYMLINK_NOFOLLOW>),
    ),
];

/// See [`compat_translate::Personality::express`]. The second result is 0 where there is none (sy_invoke).
pub(crate) fn prepare() {
    compat_bsd::express::prepare(tables::call_named, &WAYS, Cleared::SecondResult);
}

/// As the family's, for clocks by NetBSD's numbers.
extern "C" fn quick_clock_gettime(id: u64, time: u64, third: u64) -> u64 {
    match lower::family_value(&CLOCK_ID, id) {
        Ok(id) => clock::quick_clock_gettime(id, time, third),
        Err(_) => UNSERVED,
    }
}
