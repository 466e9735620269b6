//! Calls that patched sites make without a handler (see [`compat_translate::trap::Express`]).

use compat_tables::bsd::Errno;
use compat_tables::{Call, Returns};
use compat_translate::host::nr;
use compat_translate::task::{Answer, current};
use compat_translate::trap::{Express, set_express, set_express_again};

use crate::calls::write::keep_nosigpipe;
use crate::system::errno_number;

/// Calls whose handler makes one host call with the same arguments, before it nothing but a look at the descriptor, and
/// behind it nothing when that fails with `EAGAIN`.
const SAME: [(&str, Express); 20] = [
    ("getppid", Express::Host(nr::getppid as u16)),
    ("getpgrp", Express::Host(nr::getpgrp as u16)),
    ("sched_yield", Express::Host(nr::sched_yield as u16)),
    ("read", Express::HostWithDescriptor(nr::read as u16)),
    ("readv", Express::HostWithDescriptor(nr::readv as u16)),
    ("write", Express::HostWithDescriptor(nr::write as u16)),
    ("writev", Express::HostWithDescriptor(nr::writev as u16)),
    ("pread", Express::HostWithDescriptor(nr::pread64 as u16)),
    ("pwrite", Express::HostWithDescriptor(nr::pwrite64 as u16)),
    ("lseek", Express::HostWithDescriptor(nr::lseek as u16)),
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
    ("issetugid", Express::Answer(Answer::Zero)),
];

/// Whether the arguments and the result are the host's. With one argument more it is the form that has a pad before the
/// offset, and some systems return a second value.
fn is_plain(call: &Call) -> bool {
    let most = match call.name.as_str() {
        "pread" | "pwrite" => 4,
        _ => 3,
    };
    call.arg_count() <= most && call.result != Returns::Two
}

/// Lets them take the express way, and the calls that the system itself has functions for. `named` is the table's
/// look-up by symbol. A program whose calls are printed has no express way.
pub fn prepare(named: fn(&str) -> Option<&'static Call>, own: &[(&str, Express)]) {
    if current().process().settings.trace {
        return;
    }
    set_express_again(errno_number(Errno::EAGAIN));
    for &(name, way) in own {
        if let Some(call) = named(name) {
            set_express(call.number, way);
        }
    }
    for (name, way) in SAME {
        if let Some(call) = named(name).filter(|call| is_plain(call)) {
            set_express(call.number, way);
        }
    }
    keep_nosigpipe();
}
