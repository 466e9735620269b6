//! What NetBSD's programs in C do and Go's never do: older layouts, padded arguments, contexts, `_lwp_*`, its filters and its
//! tree of names.
#![no_std]
#![no_main]

mod aio;
mod attributes;
mod context;
mod events;
mod files;
mod ipc;
mod lwp;
mod odds;
mod older;
mod processes;
mod signals;
mod sockets;
mod suspended;
mod system;
mod thread;

use compat_guests::bsd::{self, System};
use compat_guests::check;

compat_guests::entry!(main, NETBSD);

/// What the checks that several systems share need to know.
pub(crate) struct NetBsd;

impl System for NetBsd {
    const NANOSLEEP: u64 = 430;
    const WAIT4: u64 = 449;
}

extern "C" fn main() {
    check::run(&[
        ("files/stat", files::status),
        ("files/stat-of-3.0", files::status_of_3),
        ("files/padded-offsets", files::padded),
        ("files/mapping", files::mapping),
        ("files/vectors", files::vectors),
        ("files/allocating", files::allocating),
        ("files/entries", bsd::files::entries::<NetBsd>),
        ("files/where", files::whereabouts),
        ("files/open-flags", bsd::files::open_flags::<NetBsd>),
        ("files/locks", bsd::files::locks),
        ("files/descriptors", files::descriptors),
        ("files/pipes", files::pipes),
        ("files/times", files::times),
        ("files/times-by-the-name", files::older_times),
        ("files/mounts", files::mounts),
        ("files/attributes", attributes::both),
        ("files/access-lists", attributes::lists),
        ("files/room", attributes::room),
        ("older/status", older::status),
        ("older/mounts", older::mounts),
        ("older/entries", older::entries),
        ("older/timers", older::timers),
        ("older/discipline", older::discipline),
        ("older/names", older::names),
        ("older/calls-of-4.3", older::oldest),
        ("odds/login", odds::login),
        ("odds/clocks", odds::clocks),
        ("odds/marks", odds::marks),
        ("odds/newer", odds::newer),
        ("odds/refusals", odds::refusals),
        ("odds/inheritance", odds::inheritance),
        ("odds/filters", odds::filters),
        ("odds/quiet", odds::quiet),
        ("context/returns-twice", context::twice),
        ("context/restores-the-mask", context::mask),
        ("context/refuses", context::refuses),
        ("lwp/made-and-joined", lwp::joined),
        ("lwp/detached", lwp::detached),
        ("lwp/any", lwp::any),
        ("lwp/unpark-before-park", lwp::token),
        ("lwp/park-and-unpark", lwp::park),
        ("lwp/park-until", lwp::park_until),
        ("lwp/park-of-6.0", lwp::older_park),
        ("lwp/unpark-all", lwp::unpark_all),
        ("lwp/unpark-while-parking", lwp::hand_over),
        ("lwp/private", lwp::private),
        ("lwp/names", lwp::names),
        ("lwp/kill", lwp::kill),
        ("lwp/roused-and-masked", lwp::roused),
        ("lwp/control", lwp::control),
        ("lwp/wakeup", lwp::wakeup),
        ("lwp/futex", lwp::futex),
        ("suspended/created", suspended::created),
        ("suspended/running", suspended::running),
        ("suspended/calling", suspended::calling),
        ("suspended/forking", suspended::forking),
        ("suspended/sleeping", suspended::sleeping),
        ("suspended/signalled", suspended::signalled),
        ("suspended/itself", suspended::itself),
        ("signals/siginfo", signals::siginfo),
        ("signals/faults", signals::faults),
        ("signals/changed-registers", bsd::signals::changed::<NetBsd>),
        ("signals/alternate-stack", bsd::signals::alternate::<NetBsd>),
        ("signals/masks", signals::masks),
        ("signals/suspending", signals::suspending),
        ("signals/awaited", bsd::signals::awaited::<NetBsd>),
        ("signals/timers", signals::timers),
        ("signals/restart", bsd::signals::restart::<NetBsd>),
        ("signals/queued", signals::queued),
        ("signals/once", signals::once),
        ("signals/vectors", bsd::signals::vectors::<NetBsd>),
        ("events/pipes", bsd::events::pipes::<NetBsd>),
        ("events/user", bsd::events::user::<NetBsd>),
        ("events/timers", events::timers),
        ("events/signals", bsd::events::signals::<NetBsd>),
        ("events/processes", bsd::events::processes::<NetBsd>),
        ("events/files", bsd::events::files::<NetBsd>),
        ("events/errors", events::errors),
        (
            "events/closing-nothing",
            bsd::events::closing_nothing::<NetBsd>,
        ),
        ("sockets/messages", sockets::messages),
        ("sockets/several-messages", sockets::several),
        ("sockets/descriptors", sockets::descriptors),
        ("sockets/options", sockets::options),
        ("ipc/segments", ipc::segments),
        ("ipc/semaphores", ipc::semaphores),
        ("ipc/messages", ipc::messages),
        ("ipc/lists", ipc::lists),
        ("ipc/queues", bsd::queues::order::<NetBsd>),
        ("ipc/queue-notices", bsd::queues::notify::<NetBsd>),
        ("ipc/own-semaphores", ipc::own_semaphores),
        ("ipc/shared-semaphores", ipc::shared_semaphores),
        ("ipc/named-semaphores", ipc::named_semaphores),
        ("aio/files", aio::files),
        ("aio/pipes", aio::pipes),
        ("aio/lists", aio::lists),
        ("system/start", system::start),
        ("system/tree", system::tree),
        ("system/values", system::values),
        ("processes/one", processes::one),
        ("processes/chosen", processes::chosen),
        ("processes/threads", processes::threads),
        ("processes/machine", processes::machine),
        ("system/interfaces", system::interfaces),
        ("system/clocks", system::clocks),
        ("system/children", system::children),
        ("system/waiting", bsd::system::waiting::<NetBsd>),
        ("system/limits", system::limits),
        ("system/indirect", system::indirect),
    ]);
}
