//! The host's kernel hands foreign programs to compat (binfmt_misc), in a user namespace of the test's own.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use compat_tests::stage::{Stage, on_every_stage};

use crate::program::program;
use crate::surroundings::only_standard_streams;

/// Registers `compat-stub` in the working directory for programs that are marked as FreeBSD's, with the flags of `$FLAGS`.
const REGISTER: &str = r"mount -t binfmt_misc none /proc/sys/fs/binfmt_misc &&
    printf ':freebsd:M::\\x7fELF\\x02\\x01\\x01\\x09::%s:%s' $PWD/compat-stub $FLAGS >/proc/sys/fs/binfmt_misc/register";

/// The guest, marked by the byte that `base` and the ports have there: a note alone is nothing that the host looks at.
fn marked(stage: &Stage, name: &str, guest: &str) {
    const EI_OSABI: usize = 7;
    const ELFOSABI_FREEBSD: u8 = 9;
    let mut bytes = fs::read(program(guest)).expect("built");
    bytes[EI_OSABI] = ELFOSABI_FREEBSD;
    let file = stage.write(name, bytes);
    fs::set_permissions(file, Permissions::from_mode(0o755)).expect("ours");
}

/// What a shell script says when it runs where compat is registered; `None` where nobody may register anything.
fn registered(stage: &Stage, flags: &str, script: &str) -> Option<String> {
    let run = |script: &str| {
        let mut command = stage.host("unshare");
        command
            .args(["-Urm", "bash", "-c", script])
            .env("FLAGS", flags);
        only_standard_streams(&mut command);
        command.output().expect("unshare is there")
    };
    let allowed = run(REGISTER);
    if !allowed.status.success() {
        let why = String::from_utf8_lossy(&allowed.stderr).into_owned();
        println!("skipped as {}: {why}", stage.user());
        return None;
    }
    let output = run(&format!("{REGISTER} && {{ {script}\n}}"));
    let said = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_program_is_started_by_its_name() {
    on_every_stage(|stage| {
        let compat = stage.compat().get_program().to_owned();
        symlink(compat, stage.work().join("compat-stub")).expect("the stage is ours");
        marked(stage, "hello", "guest-hello");
        marked(stage, "around", "guest-surroundings");
        for flags in ["P", "PF", "PO"] {
            let script = "./hello you; PATH=$PWD:$PATH; hello; (exec -a other hello); ./around exec; doctor() {
                \"$(readlink compat-stub)\" doctor; }; doctor | grep -o 'registered as freebsd'; ./around bad; echo $?";
            let Some(said) = registered(stage, flags, script) else {
                return;
            };
            assert_eq!(
                said,
                "Hello you from FreeBSD 14.2!\nHello world from FreeBSD 14.2!\nHello world from FreeBSD 14.2!\n\
                 0\n1\n2\nregistered as freebsd\n99\n",
                "flags {flags}"
            );
        }
    });
}

#[test]
fn what_a_host_program_starts_for_a_guest_has_the_guests_root() {
    on_every_stage(|stage| {
        let compat = stage.compat().get_program().to_owned();
        symlink(compat, stage.work().join("compat-stub")).expect("the stage is ours");
        marked(stage, "hello", "guest-hello");
        marked(stage, "around", "guest-surroundings");
        fs::create_dir_all(stage.work().join("root/bin")).expect("the stage is ours");
        // What makes it a root of 13.2.
        marked(stage, "root/bin/sh", "guest-hello");
        let script = stage.write("script", "#!/bin/bash\n./hello you; ./around lengths\n");
        fs::set_permissions(script, Permissions::from_mode(0o755)).expect("ours");
        let script = "compat() { \"$(readlink compat-stub)\" run -q \"$@\"; }
            ./around lengths; compat --root $PWD/root ./script
            env -i \"$(readlink compat-stub)\" run -q --root $PWD/root ./around become $PWD/script
            compat ./script; COMPAT_SETTINGS=x ./hello; echo $?; COMPAT_SETTINGS=x compat ./hello";
        let Some(said) = registered(stage, "P", script) else {
            return;
        };
        let lines: Vec<&str> = said.lines().collect();
        let [whole, rooted, seen, again, _, plain, seen_again, rest @ ..] = &lines[..] else {
            panic!("{lines:?}");
        };
        assert_eq!(
            [*rooted, *again, *plain],
            [
                "Hello you from FreeBSD 13.2!",
                "Hello you from FreeBSD 13.2!",
                "Hello you from FreeBSD 14.2!"
            ]
        );
        // No program of a guest's sees how.
        assert_eq!([*seen, *seen_again], [*whole, *whole]);
        assert_eq!(
            rest,
            [
                "125",
                "Hello world from FreeBSD 14.2!",
                "compat: COMPAT_SETTINGS=x: not what compat puts there; unset it"
            ]
        );
    });
}
