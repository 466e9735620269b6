//! The suite's own Pascal programs: Free Pascal's library calls FreeBSD's kernel itself, by the
//! numbers from before FreeBSD 12. Each must print what `tests/guests/pascal/<name>.out` holds.
//!
//! `COMPAT_REPEAT=50` runs each of them so many times. As root, each also runs as an ordinary user.

use std::fs;

use compat_tests::background::died_of;
use compat_tests::pascal::{guest, sources};
use compat_tests::stage::on_every_stage;
use compat_tests::words::{first_difference, said};
use nix::sys::signal::Signal;

fn prints_what_it_should(name: &str) {
    let Some(program) = guest(name) else { return };
    let expected =
        fs::read_to_string(sources().join(name).with_extension("out")).expect("an expectation");
    on_every_stage(|stage| {
        let told = said(&mut stage.guest(&program));
        if let Some(difference) = first_difference(&told, &expected) {
            panic!("{name} as {}: {difference}", stage.user());
        }
    });
}

macro_rules! programs {
    ($($name:ident)*) => {
        $(#[test] fn $name() { prints_what_it_should(stringify!($name)); })*
    };
}

programs! {
    hello textfiles directories status descriptors processes signals connections memory clocks numbers threads
}

#[test]
fn failures_end_as_the_library_and_the_kernel_say() {
    let Some(program) = guest("failures") else {
        return;
    };
    let ways: [(&[&str], i32); 8] = [
        (&[], 0),
        (&["halt", "42"], 42),
        (&["error", "77"], 77),
        (&["divide"], 217),
        (&["range"], 217),
        (&["open"], 217),
        (&["raise"], 217),
        (&["nowhere"], 217),
    ];
    on_every_stage(|stage| {
        for (arguments, code) in ways {
            let output = stage
                .guest(&program)
                .args(arguments)
                .output()
                .expect("the program starts");
            let words = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {words}");
        }
        for signal in [Signal::SIGTERM, Signal::SIGKILL, Signal::SIGHUP] {
            let number = (signal as i32).to_string();
            let status = stage.guest(&program).args(["kill", &number]).status();
            assert_eq!(died_of(status.expect("the program starts")), Some(signal));
        }
    });
}
