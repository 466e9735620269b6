//! What a parent on the host learns of a guest's end.

use std::os::unix::process::ExitStatusExt;

use compat_tests::stage::on_every_stage;

use crate::program::program;

#[test]
fn the_exit_code_is_the_guests() {
    let guest = program("guest-processes");
    on_every_stage(|stage| {
        let status = stage
            .guest(&guest)
            .arg("as-exit-42")
            .status()
            .expect("compat starts");
        assert_eq!(status.code(), Some(42));
    });
}

/// FreeBSD's number, Linux's number.
const DEADLY: [(u8, i32); 13] = [
    (1, 1),
    (2, 2),
    (3, 3),
    (6, 6),
    (8, 8),
    (9, 9),
    (10, 7),
    (11, 11),
    (12, 31),
    (13, 13),
    (15, 15),
    (30, 10),
    (31, 12),
];

#[test]
fn the_signal_a_guest_dies_by_is_the_hosts_name_for_it() {
    let guest = program("guest-processes");
    on_every_stage(|stage| {
        for (guests, hosts) in DEADLY {
            let status = stage
                .guest(&guest)
                .args(["as-die", &guests.to_string()])
                .status()
                .expect("compat starts");
            assert_eq!(status.signal(), Some(hosts), "signal {guests}: {status}");
        }
    });
}
