//! Terminals: modes, pseudo-terminals, sessions and the keys that send signals.
#![no_std]
#![no_main]

mod ends;
mod modes;
mod names;
mod pair;
mod session;

use compat_guests::{check, start};

compat_guests::entry!(main);

extern "C" fn main() {
    if start::argument(1) == Some(b"--as-shown") {
        session::show_own();
    }
    check::run(&[
        ("pair/both-ends", modes::pair),
        ("pair/ends", ends::of_a_pair),
        ("pair/packets", ends::packets),
        ("pair/outside-editing", ends::outside_editing),
        ("pipe/end", ends::of_a_pipe),
        ("modes/usual", modes::modes),
        ("modes/kept", modes::kept),
        ("modes/line-left-alone", modes::line_left_alone),
        ("controls/all", modes::controls),
        ("controls/modem", modes::modem),
        ("names/devices", names::devices),
        ("session/opening", session::opening),
        ("session/foreground", session::foreground),
        ("session/leaving", session::leaving),
        ("session/keys", session::keys),
        ("session/window", session::window),
        ("session/signals", session::signals),
        ("session/background", session::background),
    ]);
}
