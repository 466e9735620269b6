//! How compat ends when it has no guest to speak for.

use compat_tests::stage::on_every_stage;

use crate::twins::{finish, text};

#[test]
fn a_program_that_is_not_there_is_127() {
    on_every_stage(|stage| {
        let said = finish(stage.compat().args(["run", "./absent"]));
        assert_eq!(said.status.code(), Some(127), "{}", text(&said.stderr));
        assert_eq!(
            text(&said.stderr).lines().count(),
            1,
            "{}",
            text(&said.stderr)
        );
    });
}

#[test]
fn a_file_that_is_no_program_is_126() {
    on_every_stage(|stage| {
        for (name, content) in [
            ("empty", &b""[..]),
            ("text", b"hello\n"),
            ("elf", b"\x7fELF\x02\x01\x01\x09"),
        ] {
            let path = stage.write(name, content);
            let said = finish(stage.guest(&path).arg("x"));
            assert_eq!(
                said.status.code(),
                Some(126),
                "{name}: {}",
                text(&said.stderr)
            );
            assert_eq!(
                text(&said.stderr).lines().count(),
                1,
                "{name}: {}",
                text(&said.stderr)
            );
        }
    });
}

#[test]
fn a_command_line_that_makes_no_sense_is_125() {
    on_every_stage(|stage| {
        for arguments in [
            &["run"][..],
            &["run", "--no-such-option", "x"],
            &["no-such-command"],
        ] {
            let said = finish(stage.compat().args(arguments));
            assert_eq!(
                said.status.code(),
                Some(125),
                "{arguments:?}: {}",
                text(&said.stderr)
            );
        }
    });
}
