//! What DragonFly's programs in C do and Go's never do: its own layouts and pads, `umtx`, `lwp_*`, segment bases, its way to
//! number kqueue's filters, variables in links.
#![no_std]
#![no_main]

mod events;
mod files;
mod lwp;
mod signals;
mod system;

use compat_guests::check;

compat_guests::entry!(main, DRAGONFLY);

extern "C" fn main() {
    check::run(&[
        ("files/stat", files::status),
        ("files/at", files::at),
        ("files/padded-offsets", files::padded),
        ("files/places-and-flags", files::places),
        ("files/mapping", files::mapping),
        ("files/entries", files::entries),
        ("files/entries-and-a-base", files::base),
        ("files/open-flags", files::open_flags),
        ("files/locks", files::locks),
        ("files/descriptors", files::descriptors),
        ("files/pipes", files::pipes),
        ("files/times", files::times),
        ("files/mounts", files::mounts),
        ("files/names", files::names),
        ("lwp/made-and-ended", lwp::made),
        ("lwp/numbers", lwp::numbers),
        ("lwp/last-one", lwp::last),
        ("lwp/exit-with-a-word", lwp::word),
        ("lwp/kill", lwp::kill),
        ("lwp/segments", lwp::segments),
        ("umtx/another-value", lwp::another_value),
        ("umtx/timeout", lwp::timeout),
        ("umtx/wakeup", lwp::wakeup),
        ("umtx/between-processes", lwp::between_processes),
        ("umtx/interrupted", lwp::interrupted),
        ("signals/siginfo", signals::siginfo),
        ("signals/plain-handler", signals::plain),
        ("signals/faults", signals::faults),
        ("signals/changed-registers", signals::changed),
        ("signals/alternate-stack", signals::alternate),
        ("signals/masks", signals::masks),
        ("signals/suspending", signals::suspending),
        ("signals/restart", signals::restart),
        ("signals/vectors", signals::vectors),
        ("events/pipes", events::pipes),
        ("events/user", events::user),
        ("events/timers", events::timers),
        ("events/signals", events::signals),
        ("events/processes", events::processes),
        ("events/files", events::files),
        ("events/errors", events::errors),
        ("events/closing-nothing", events::closing_nothing),
        ("system/start", system::start),
        ("system/tree", system::tree),
        ("system/interfaces", system::interfaces),
        ("system/variables", system::variables),
        ("system/clocks", system::clocks),
        ("system/children", system::children),
        ("system/waiting", system::waiting),
        ("system/limits", system::limits),
        ("system/messages", system::messages),
        ("system/options", system::options),
        ("system/refusals", system::refusals),
        ("system/indirect", system::indirect),
    ]);
}
