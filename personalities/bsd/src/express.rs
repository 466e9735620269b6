//! Calls that patched sites make without a handler (see [`compat_translate::trap::Express`]).

use compat_tables::bsd::Errno;
use compat_tables::{Call, Returns};
use compat_translate::host::nr;
use compat_translate::task::{Answer, current};
use compat_translate::trap::{Cleared, Express, set_cleared, set_express, set_express_again};

use crate::calls::clock::{quick_clock_gettime, quick_gettimeofday};
use crate::calls::signal::quick_sigprocmask;
use crate::calls::write::keep_nosigpipe;
use crate::prepared;
use crate::system::errno_number;

/// Calls whose handler makes one host call with the same arguments, before it nothing but a look at the descriptor, and
/// behind it nothing when that fails with `EAGAIN`.
const SAME: [(&str, Express); 22] = [
    ("getppid", Express::Host(nr::getppid as u16)),
    ("getpgrp", Express::Host(nr::getpgrp as u16)),
    ("sched_yield", Express::Host(nr::sched_yield as u16)),
    ("yield", Express::Host(nr::sched_yield as u16)),
    ("read", Express::HostWithDescriptor(nr::read as u16)),
    ("readv", Express::HostWithDescriptor(nr::readv as u16)),
    ("write", Express::HostWithDescriptor(nr::write as u16)),
    ("writev", Express::HostWithDescriptor(nr::writev as u16)),
    ("pread", Express::HostWithDescriptor(nr::pread64 as u16)),
    ("pwrite", Express::HostWithDescriptor(nr::pwrite64 as u16)),
    ("lseek", Express::HostWithDescriptor(nr::lseek as u16)),
    (
        "ftruncate",
        Express::HostWithDescriptor(nr::ftruncate as u16),
    ),
    ("close", Express::HostClosing(nr::close as u16)),
    ("fsync", Express::HostWithDescriptor(nr::fsync as u16)),
    (
        "fdatasync",
        Express::HostWithDescriptor(nr::fdatasync as u16),
    ),
    ("fchdir", Express::HostWithDescriptor(nr::fchdir as u16)),
    ("getpid", Express::Answer(Answer::Process)),
    ("getuid", Express::Answer(Answer::User)),
    ("geteuid", Express::Answer(Answer::EffectiveUser)),
    ("getgid", Express::Answer(Answer::Group)),
    ("getegid", Express::Answer(Answer::EffectiveGroup)),
    ("issetugid", Express::Answer(Answer::Tainted)),
];

/// Calls that make no host call when they change nothing, by the names that most systems have for them.
const QUICK: [(&str, Express); 3] = [
    ("clock_gettime", Express::Quick(quick_clock_gettime)),
    ("gettimeofday", Express::Quick(quick_gettimeofday)),
    ("sigprocmask", Express::Quick(quick_sigprocmask)),
];

/// Calls of [`SAME`] in the form that has a pad before an offset, or flags that mostly are none.
const PADDED: [(&str, Express); 10] = [
    ("pread", Express::Prepared(prepared::padded_pread)),
    ("pwrite", Express::Prepared(prepared::padded_pwrite)),
    ("lseek", Express::Prepared(prepared::padded_lseek)),
    ("ftruncate", Express::Prepared(prepared::padded_ftruncate)),
    ("extpread", Express::Prepared(prepared::padded_pread)),
    ("extpwrite", Express::Prepared(prepared::padded_pwrite)),
    ("freebsd6_pread", Express::Prepared(prepared::padded_pread)),
    (
        "freebsd6_pwrite",
        Express::Prepared(prepared::padded_pwrite),
    ),
    ("freebsd6_lseek", Express::Prepared(prepared::padded_lseek)),
    (
        "freebsd6_ftruncate",
        Express::Prepared(prepared::padded_ftruncate),
    ),
];

fn is_padded(call: &Call) -> bool {
    call.params
        .iter()
        .any(|param| matches!(param.name.as_str(), "pad" | "flags"))
}

/// Whether the arguments and the result are the host's. Some systems return a second value.
fn is_plain(call: &Call) -> bool {
    let most = match call.name.as_str() {
        "pread" | "pwrite" => 4,
        _ => 3,
    };
    call.arg_count() <= most && call.result != Returns::Two && !is_padded(call)
}

/// Lets them take the express way, and the calls that the system itself has functions for. `named` is the table's
/// look-up by symbol; `cleared` is what a call that succeeds does to registers besides. A program whose calls are printed
/// has no express way.
pub fn prepare(
    named: fn(&str) -> Option<&'static Call>,
    own: &[(&str, Express)],
    cleared: Cleared,
) {
    if current().process().settings.trace {
        return;
    }
    set_cleared(cleared);
    set_express_again(errno_number(Errno::EAGAIN));
    let set = |list: &[(&str, Express)], fits: fn(&Call) -> bool| {
        for &(name, way) in list {
            if let Some(call) = named(name).filter(|call| fits(call)) {
                set_express(call.number, way);
            }
        }
    };
    set(&QUICK, |_| true);
    set(own, |_| true);
    set(&SAME, is_plain);
    set(&PADDED, is_padded);
    keep_nosigpipe();
}
