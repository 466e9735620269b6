//! The suite's own Go programs: what they print under compat is what their Linux builds print.
//!
//! `COMPAT_REPEAT=50` runs each of them so many times. As root, each also runs as an ordinary user.

use std::path::PathBuf;
use std::process::Command;

use compat_tests::attach;
use compat_tests::background::{Background, died_of};
use compat_tests::go::guests::guest;
use compat_tests::inputs::Target;
use compat_tests::stage::on_every_stage;
use compat_tests::words::{first_difference, said};
use nix::sys::signal::Signal;

/// The same program for both kernels.
fn twins_of(system: Target, name: &str) -> Option<(PathBuf, PathBuf)> {
    Some((guest(name, system)?, guest(name, Target::Linux)?))
}

/// The program prints the same under compat and natively, and ends well.
fn agree(name: &str) {
    agree_on(Target::FreeBsd, name);
}

/// As [`agree`], for a program of `system`.
fn agree_on(system: Target, name: &str) {
    let Some((guest, linux)) = twins_of(system, name) else {
        return;
    };
    on_every_stage(|stage| {
        let native = said(&mut stage.native(&linux, &guest));
        assert!(
            native.ends_with("exit status: 0"),
            "natively as {}: {native}",
            stage.user()
        );
        let guest = said(&mut stage.guest(&guest));
        if let Some(difference) = first_difference(&guest, &native) {
            panic!("{} {name} as {}: {difference}", system.goos(), stage.user());
        }
    });
}

/// What systems other than FreeBSD run of these programs.
const ELSEWHERE: [&str; 10] = [
    "hello",
    "tree",
    "files",
    "mapping",
    "timers",
    "signals",
    "goroutines",
    "pipelines",
    "unixfd",
    "dns",
];

#[test]
fn on_netbsd() {
    for name in ELSEWHERE {
        agree_on(Target::NetBsd, name);
    }
}

#[test]
fn on_dragonfly() {
    for name in ELSEWHERE {
        agree_on(Target::DragonFly, name);
    }
}

#[test]
fn pipelines_of_child_processes() {
    agree("pipelines");
}

#[test]
fn ten_thousand_goroutines_and_signals() {
    agree("goroutines");
}

#[test]
fn a_tree_of_files() {
    agree("tree");
}

#[test]
fn single_files_and_descriptors() {
    agree("files");
}

#[test]
fn unix_sockets_and_passed_descriptors() {
    agree("unixfd");
}

#[test]
fn a_name_server_and_a_resolver() {
    agree("dns");
}

#[test]
fn mapped_files_and_memory() {
    agree("mapping");
}

#[test]
fn timers_and_deadlines() {
    agree("timers");
}

#[test]
fn signals() {
    agree("signals");
}

/// A program of calls that Linux has not: the text says what FreeBSD's kernel tells.
fn tells(name: &str, expected: &str) {
    if attach::skips(&format!("own_go/{name}")) {
        return;
    }
    let Some(guest) = guest(name, Target::FreeBsd) else {
        return;
    };
    on_every_stage(|stage| {
        let told = said(&mut stage.guest(&guest));
        let expected = format!("{expected}exit status: 0");
        if let Some(difference) = first_difference(&told, &expected) {
            panic!("{name} as {}: {difference}", stage.user());
        }
    });
}

#[test]
fn every_kind_of_kernel_event() {
    tells("kqueue", include_str!("../guests/go/kqueue/expected.txt"));
}

#[test]
fn clocks_sysctl_processes_and_limits() {
    tells("system", include_str!("../guests/go/system/expected.txt"));
}

#[test]
fn http_between_a_guest_and_linux_both_ways() {
    http(Target::FreeBsd);
}

#[test]
fn http_between_other_systems_and_linux_both_ways() {
    http(Target::NetBsd);
    http(Target::DragonFly);
}

fn http(system: Target) {
    let Some((guest, linux)) = twins_of(system, "http") else {
        return;
    };
    on_every_stage(|stage| {
        let load = |serve: Command, mut load: Command| {
            let mut serve = serve;
            serve.arg("serve");
            let mut server = Background::start(serve);
            let line = server.hear("listening on ");
            let address = line.split(' ').next_back().unwrap_or_default();
            let output = said(load.args(["load", address, "2000", "20"]));
            assert_eq!(
                died_of(server.end_with(Signal::SIGTERM)),
                Some(Signal::SIGTERM)
            );
            output
        };
        let native = load(stage.native(&linux, &guest), stage.native(&linux, &guest));
        assert!(native.contains(" 0 wrong"), "{native}");
        let server = load(stage.guest(&guest), stage.native(&linux, &guest));
        assert_eq!(server, native, "the guest serves, as {}", stage.user());
        let client = load(stage.native(&linux, &guest), stage.guest(&guest));
        assert_eq!(client, native, "the guest asks, as {}", stage.user());
        let both = load(stage.guest(&guest), stage.guest(&guest));
        assert_eq!(both, native, "guests on both sides, as {}", stage.user());
    });
}

#[test]
fn the_exit_code_is_the_guests() {
    Target::GUESTS.into_iter().for_each(exits);
}

fn exits(system: Target) {
    let Some((guest, _)) = twins_of(system, "ending") else {
        return;
    };
    on_every_stage(|stage| {
        for code in [0, 1, 42, 125, 126, 127, 128, 255] {
            let ended = stage
                .guest(&guest)
                .args(["exit", &code.to_string()])
                .status();
            assert_eq!(ended.expect("the program starts").code(), Some(code));
        }
        for way in ["panic", "fault"] {
            let ended = stage
                .guest(&guest)
                .arg(way)
                .output()
                .expect("the program starts");
            assert_eq!(
                ended.status.code(),
                Some(2),
                "{way}: {}",
                String::from_utf8_lossy(&ended.stderr)
            );
        }
    });
}

#[test]
fn a_guest_that_dies_of_a_signal_dies_of_it() {
    Target::GUESTS.into_iter().for_each(dies);
}

fn dies(system: Target) {
    let Some((guest, _)) = twins_of(system, "ending") else {
        return;
    };
    let deadly = [
        Signal::SIGTERM,
        Signal::SIGKILL,
        Signal::SIGINT,
        Signal::SIGHUP,
    ];
    on_every_stage(|stage| {
        for signal in deadly {
            let name = signal.as_str().trim_start_matches("SIG");
            let ended = stage
                .guest(&guest)
                .args(["kill", name])
                .status()
                .expect("the program starts");
            assert_eq!(died_of(ended), Some(signal), "by its own hand");

            let mut waiting = stage.guest(&guest);
            waiting.arg("wait");
            let mut waiting = Background::start(waiting);
            waiting.hear("waiting");
            assert_eq!(
                died_of(waiting.end_with(signal)),
                Some(signal),
                "by another's"
            );
        }
    });
}
