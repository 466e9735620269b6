//! Names, lists, defaults, changes found, and removal.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use compat_tests::stage::on_every_stage;

use crate::sample::members;
use crate::scene::{add, answer, done, plain, store, stored, tree};
use crate::tarball::{Member, tar};

#[test]
fn the_first_root_is_the_default_until_another_is() {
    let archive = tar(&members(0));
    on_every_stage(|stage| {
        let before = answer(stage, &["path"]);
        assert_eq!(before.code, Some(125));
        assert!(before.err.contains("compat root add"), "{before:?}");
        assert_eq!(done(stage, &["list"]).out, "");
        let path = stage.write("a.tar", &archive);
        for name in ["one", "two"] {
            done(stage, &["add", name, "--from", plain(&path)]);
        }
        assert_eq!(done(stage, &["default"]).out, "one\n");
        assert_eq!(
            done(stage, &["path"]).out,
            format!("{}\n", tree(stage, "one").display())
        );
        done(stage, &["default", "two"]);
        // What the stub reads.
        assert_eq!(
            fs::read_link(store(stage).join("default")).expect("a symlink"),
            std::path::Path::new("two")
        );
        let list = done(stage, &["list"]).out;
        assert!(list.starts_with("  one  "), "{list}");
        assert!(
            list.contains("\n* two  ") && list.contains("14.1-RELEASE-p3"),
            "{list}"
        );
        let json = done(stage, &["list", "--json"]).out;
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json[1]["name"], "two");
        assert_eq!(json[1]["default"], true);
        assert_eq!(json[1]["osreldate"], 1_401_000);
        assert_eq!(json[1]["path"], plain(&tree(stage, "two")));
        done(stage, &["remove", "two"]);
        assert_eq!(stored(stage), ["one"]);
        assert_eq!(answer(stage, &["default"]).code, Some(125));
        done(stage, &["remove", "one"]);
        assert_eq!(stored(stage), [""; 0]);
    });
}

#[test]
fn a_root_is_not_replaced_and_must_exist() {
    let archive = tar(&members(0));
    on_every_stage(|stage| {
        assert_eq!(add(stage, "a.tar", &archive).code, Some(0));
        let again = add(stage, "a.tar", &archive);
        assert_eq!(again.code, Some(125));
        assert!(again.err.contains("compat root remove r"), "{again:?}");
        for arguments in [
            ["path", "q"],
            ["default", "q"],
            ["verify", "q"],
            ["remove", "q"],
        ] {
            let answer = answer(stage, &arguments);
            assert_eq!(answer.code, Some(125), "{arguments:?}");
            assert!(answer.err.contains("no root 'q', only: r"), "{answer:?}");
        }
    });
}

#[test]
fn verify_tells_what_has_changed() {
    let archive = tar(&members(10));
    on_every_stage(|stage| {
        assert_eq!(add(stage, "a.tar", &archive).code, Some(0));
        let tree = tree(stage, "r");
        let at = |name: &str| tree.join(name);
        done(stage, &["verify"]);
        fs::write(at("usr/d0/file2"), vec![7; 74]).expect("writable");
        fs::write(at("usr/d0/file4"), "longer or shorter").expect("writable");
        fs::remove_file(at("usr/d0/file6")).expect("removable");
        fs::write(at("usr/new"), "new").expect("writable");
        fs::set_permissions(at("bin"), fs::Permissions::from_mode(0o700)).expect("ours");
        fs::remove_file(at("sys")).expect("removable");
        symlink("/elsewhere", at("sys")).expect("made");
        fs::remove_file(at("empty")).expect("removable");
        fs::create_dir(at("empty")).expect("made");
        let answer = answer(stage, &["verify"]);
        assert_eq!(answer.code, Some(1));
        let lines: Vec<&str> = answer.out.lines().collect();
        assert_eq!(
            lines,
            [
                "changed: bin: mode 0700 instead of 0755",
                "changed: empty: it is something else now",
                "changed: sys: the target",
                "changed: usr/d0/file2: content",
                "changed: usr/d0/file4: 17 bytes instead of 148",
                "missing: usr/d0/file6",
                "extra: usr/new",
            ]
        );
    });
}

/// What guests leave behind may have any mode.
#[test]
fn removal_needs_no_permissions() {
    let archive = tar(&[
        Member::file("a/b/c", "x").mode(0),
        Member::directory("a/b").mode(0),
        Member::directory("a").mode(0o111),
    ]);
    on_every_stage(|stage| {
        assert_eq!(add(stage, "a.tar", &archive).code, Some(0));
        done(stage, &["remove", "r"]);
        assert_eq!(stored(stage), [""; 0]);
    });
}

#[test]
fn without_xdg_data_home_roots_lie_below_home() {
    on_every_stage(|stage| {
        let archive = stage.write("a.tar", tar(&members(0)));
        let mut command = stage.compat();
        command.args(["root", "add", "r", "--from", plain(&archive)]);
        // A relative one does not count.
        let output = command.env("XDG_DATA_HOME", "relative").output();
        assert!(output.expect("compat starts").status.success());
        let tree = stage.work().join(".local/share/compat/roots/r/root");
        assert!(tree.join("bin/freebsd-version").is_file());
        assert!(!stage.work().join("relative").exists());
        let mut command = stage.compat();
        command
            .args(["root", "list"])
            .env_remove("XDG_DATA_HOME")
            .env_remove("HOME");
        let output = command.output().expect("compat starts");
        assert_eq!(output.status.code(), Some(125));
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(words.contains("set HOME or XDG_DATA_HOME"), "{words}");
    });
}

/// Two at once would mix their files.
#[test]
fn one_add_of_a_name_at_a_time() {
    use std::os::fd::AsRawFd;
    let archive = tar(&members(0));
    on_every_stage(|stage| {
        let staging = store(stage).join(".adding-r");
        let mut command = stage.host("mkdir");
        assert!(
            command
                .arg("-p")
                .arg(&staging)
                .status()
                .is_ok_and(|status| status.success())
        );
        let held = fs::File::open(&staging).expect("readable");
        // SAFETY: no memory is involved.
        assert_eq!(unsafe { libc::flock(held.as_raw_fd(), libc::LOCK_EX) }, 0);
        for answer in [
            add(stage, "a.tar", &archive),
            answer(stage, &["remove", "r"]),
        ] {
            assert_eq!(answer.code, Some(125));
            assert!(answer.err.contains("by another process"), "{answer:?}");
        }
        // Closing would not do: a program that another test is starting may have inherited it for a moment.
        // SAFETY: no memory is involved.
        assert_eq!(unsafe { libc::flock(held.as_raw_fd(), libc::LOCK_UN) }, 0);
        assert_eq!(add(stage, "a.tar", &archive).code, Some(0));
        assert_eq!(stored(stage), ["default", "r"]);
    });
}

#[test]
fn the_other_systems_are_known_by_their_headers_and_programs() {
    let guest =
        fs::read(compat_tests::compat::own_guest("guest-dragonfly")).expect("the guests are built");
    let dragonfly = "#undef __DragonFly_version\n#define __DragonFly_version 600202\t/* x */\n";
    let netbsd = "#define\t__NetBSD_Version__\t1000000000\t/* NetBSD 10.0 */\n";
    let header = |text: &str| Member::file("./usr/include/sys/param.h", text);
    for (mark, linker, name) in [
        (header(dragonfly), "./libexec/ld-elf.so.2", "DragonFly 6.2"),
        (
            Member::file("./bin/sh", guest),
            "./libexec/ld-elf.so.2",
            "DragonFly 6.4",
        ),
        (header(netbsd), "./libexec/ld.elf_so", "NetBSD 10.0"),
        (
            header("nothing"),
            "./libexec/ld.so",
            "no release that is known",
        ),
    ] {
        let archive = tar(&[mark, Member::file(linker, "")]);
        on_every_stage(|stage| {
            let answer = add(stage, "a.tar", &archive);
            assert_eq!(answer.out.split(", ").next(), Some(&*format!("r: {name}")));
            let known = !answer.err.contains("no run-time linker");
            assert_eq!(
                known,
                name.contains("BSD") || name.contains("Fly"),
                "{answer:?}"
            );
        });
    }
}
