//! What DragonFly's programs in C do and Go's never do: its own layouts and pads, `umtx`, `lwp_*`, segment bases, its way to
//! number kqueue's filters, variables in links.
#![no_std]
#![no_main]

mod events;
mod files;
mod ipc;
mod lwp;
mod memory;
mod odds;
mod processes;
mod signals;
mod system;

use compat_guests::bsd::{self, System};
use compat_guests::check;
use compat_guests::sys;

compat_guests::entry!(main, DRAGONFLY);

/// What the checks that several systems share need to know.
pub(crate) struct DragonFly;

impl System for DragonFly {
    const NANOSLEEP: u64 = sys::NANOSLEEP;
    const WAIT4: u64 = sys::WAIT4;
}

extern "C" fn main() {
    check::run(&[
        ("files/stat", files::status),
        ("files/at", files::at),
        ("files/padded-offsets", bsd::files::positions),
        ("files/places-and-flags", files::places),
        ("files/mapping", files::mapping),
        ("files/entries", bsd::files::entries::<DragonFly>),
        ("files/entries-and-a-base", files::base),
        ("files/open-flags", bsd::files::open_flags::<DragonFly>),
        ("files/locks", bsd::files::locks),
        ("files/descriptors", files::descriptors),
        ("files/pipes", files::pipes),
        ("files/times", files::times),
        ("files/mounts", files::mounts),
        ("files/names", files::names),
        ("lwp/made-and-ended", lwp::made),
        ("lwp/numbers", lwp::numbers),
        ("lwp/last-one", lwp::last),
        ("lwp/ended-ones-take-no-signals", lwp::retired),
        ("lwp/exit-with-a-word", lwp::word),
        ("lwp/kill", lwp::kill),
        ("lwp/segments", lwp::segments),
        ("umtx/another-value", lwp::another_value),
        ("umtx/timeout", lwp::timeout),
        ("umtx/wakeup", lwp::wakeup),
        ("umtx/between-processes", lwp::between_processes),
        ("umtx/interrupted", lwp::interrupted),
        ("memory/there-or-nowhere", memory::there_or_nowhere),
        ("memory/aligned-to-its-size", memory::aligned_to_its_size),
        ("memory/other-flags", memory::other_flags),
        ("signals/siginfo", bsd::signals::siginfo::<DragonFly>),
        ("signals/plain-handler", signals::plain),
        ("signals/faults", signals::faults),
        (
            "signals/changed-registers",
            bsd::signals::changed::<DragonFly>,
        ),
        (
            "signals/alternate-stack",
            bsd::signals::alternate::<DragonFly>,
        ),
        ("signals/masks", signals::masks),
        ("signals/suspending", bsd::signals::suspending::<DragonFly>),
        ("signals/awaited", bsd::signals::awaited::<DragonFly>),
        ("signals/restart", bsd::signals::restart::<DragonFly>),
        ("signals/vectors", bsd::signals::vectors::<DragonFly>),
        ("events/pipes", bsd::events::pipes::<DragonFly>),
        ("events/user", bsd::events::user::<DragonFly>),
        ("events/timers", bsd::events::timers::<DragonFly>),
        ("events/signals", bsd::events::signals::<DragonFly>),
        ("events/processes", bsd::events::processes::<DragonFly>),
        ("events/files", bsd::events::files::<DragonFly>),
        ("events/errors", bsd::events::errors::<DragonFly>),
        (
            "events/closing-nothing",
            bsd::events::closing_nothing::<DragonFly>,
        ),
        ("ipc/segments", ipc::segments),
        ("ipc/semaphores", ipc::semaphores),
        ("ipc/messages", ipc::messages),
        ("ipc/queues", bsd::queues::order::<DragonFly>),
        ("ipc/queue-notices", bsd::queues::notify::<DragonFly>),
        ("odds/places", odds::places),
        ("odds/priorities", odds::priorities),
        ("odds/clocks", odds::clocks),
        ("odds/reapers", odds::reapers),
        ("odds/names", odds::names),
        ("odds/waiting", odds::waiting),
        ("odds/stubs", odds::stubs),
        ("processes/told", processes::told),
        ("processes/arguments", processes::arguments),
        ("system/start", system::start),
        ("system/tree", system::tree),
        ("system/interfaces", system::interfaces),
        ("system/variables", system::variables),
        ("system/clocks", system::clocks),
        ("system/children", bsd::system::children::<DragonFly>),
        ("system/waiting", bsd::system::waiting::<DragonFly>),
        ("system/limits", system::limits),
        ("system/messages", system::messages),
        ("system/options", system::options),
        ("system/refusals", system::refusals),
        ("system/indirect", system::indirect),
    ]);
}
