//! Every kind of source gives the same root.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use compat_tests::stage::on_every_stage;

use crate::sample::{expected, members};
use crate::scene::{add, answer, assert_same, done, look, plain, store, tree};
use crate::tarball::{Member, gzip, tar, xz, zstd};

#[test]
fn archives_packed_or_not() {
    let members = members(60);
    let plain = tar(&members);
    let archives = [
        ("base.tar", plain.clone()),
        ("base.tar.gz", gzip(&plain)),
        ("base.txz", xz(&plain)),
        ("base.tar.zst", zstd(&plain)),
    ];
    let expected = expected(&members);
    on_every_stage(|stage| {
        for (name, archive) in &archives {
            let answer = add(stage, name, archive);
            assert_eq!(answer.code, Some(0), "{name}: {answer:?}");
            assert!(answer.out.starts_with("r: 14.1-RELEASE-p3, "), "{answer:?}");
            let context = format!("{name} as {}", stage.user());
            assert_same(&look(&tree(stage, "r")), &expected, &context);
            let verified = done(stage, &["verify", "r"]);
            assert!(
                verified.out.contains("all as they were added"),
                "{verified:?}"
            );
            done(stage, &["remove", "r"]);
        }
    });
}

/// What the machine's own programs pack, in as many blocks and frames as they like.
#[test]
fn archives_of_the_hosts_programs() {
    let members = members(60);
    let expected = expected(&members);
    on_every_stage(|stage| {
        let archive = stage.write("base.tar", tar(&members));
        for (program, options) in [
            ("gzip", &["-9"][..]),
            ("xz", &["-T2", "--block-size=65536"]),
            ("zstd", &["-q", "-19"]),
        ] {
            let packed = stage
                .host(program)
                .args(options)
                .arg("-c")
                .arg(&archive)
                .output();
            let Ok(packed) = packed else {
                println!("skipped: there is no {program}");
                continue;
            };
            let answer = add(stage, program, &packed.stdout);
            assert_eq!(answer.code, Some(0), "{program}: {answer:?}");
            assert_same(&look(&tree(stage, "r")), &expected, program);
            done(stage, &["remove", "r"]);
        }
    });
}

#[test]
fn directories() {
    let members = members(60);
    on_every_stage(|stage| {
        let archive = stage.write("base.tar", tar(&members));
        let source = stage.work().join("source");
        for mut command in [
            with(stage.host("mkdir"), &[plain(&source)]),
            with(
                stage.host("tar"),
                &["-xpf", plain(&archive), "-C", plain(&source)],
            ),
        ] {
            assert!(command.status().is_ok_and(|status| status.success()));
        }
        done(stage, &["add", "r", "--from", plain(&source)]);
        // Directories got their times from tar, by its own lights.
        assert_same(&look(&tree(stage, "r")), &look(&source), stage.user());
        let (one, other) = (
            tree(stage, "r").join("bin/["),
            tree(stage, "r").join("bin/test"),
        );
        let inode = |path: &std::path::Path| fs::metadata(path).expect("there").ino();
        assert_eq!(inode(&one), inode(&other));
        done(stage, &["verify"]);
    });
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}

/// A store inside its own source is left out of it.
#[test]
fn a_directory_that_holds_the_store() {
    on_every_stage(|stage| {
        stage.write("one", "1");
        let work = stage.work();
        let answer = done(stage, &["add", "r", "--from", plain(&work)]);
        assert!(answer.err.contains("not copied into itself"), "{answer:?}");
        let copy = tree(stage, "r");
        assert_eq!(fs::read(copy.join("one")).expect("copied"), b"1");
        assert!(!copy.join("data/compat/roots").exists());
    });
}

/// What a root cannot have is told, and everything else is there.
#[test]
fn what_is_not_kept_is_said() {
    let archive = tar(&[
        Member::special("dev/null", b'3'),
        Member::special("dev/disk", b'4'),
        Member::special("run/pipe", b'6'),
        Member::file("bin/su", "su").mode(0o4555),
        Member::file("bin/wall", "wall").mode(0o2555),
    ]);
    on_every_stage(|stage| {
        let answer = add(stage, "a.tar", &archive);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        for part in [
            "devices, FIFOs and sockets are not made (3: dev/null, dev/disk, run/pipe)",
            "bits are not kept (2: bin/su, bin/wall)",
            "no run-time linker in libexec",
        ] {
            assert!(answer.err.contains(part), "{part}: {answer:?}");
        }
        let found = look(&tree(stage, "r"));
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(found[&b"bin/su"[..]].mode, 0o555);
        assert_eq!(found[&b"bin/wall"[..]].mode, 0o555);
        let about = fs::read_to_string(store(stage).join("r/about")).expect("written");
        assert!(about.contains("note set-user-ID"), "{about}");
    });
}

/// Owners are kept when root adds; flags always, in an attribute.
#[test]
fn owners_and_flags() {
    let mut file = Member::file("bin/sh", "sh")
        .mode(0o555)
        .record("SCHILY.fflags", "schg,uarch");
    file.owner = 1234;
    let archive = tar(&[
        file,
        Member::directory("var/").record("SCHILY.fflags", "nodump"),
    ]);
    on_every_stage(|stage| {
        let answer = add(stage, "a.tar", &archive);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        let tree = tree(stage, "r");
        let work = fs::metadata(stage.work()).expect("there");
        let owner = if work.uid() == 0 { 1234 } else { work.uid() };
        assert_eq!(
            fs::metadata(tree.join("bin/sh")).expect("there").uid(),
            owner
        );
        if answer.err.contains("file flags are not kept") {
            println!("no user attributes here");
            return;
        }
        for (name, flags) in [("bin/sh", 0x20800u32), ("var", 1)] {
            assert_eq!(attribute(&tree.join(name)), flags.to_le_bytes(), "{name}");
        }
        // A copy has them, too.
        done(stage, &["add", "copy", "--from", plain(&tree)]);
        let copy = store(stage).join("copy/root/bin/sh");
        assert_eq!(attribute(&copy), 0x20800u32.to_le_bytes());
    });
}

fn attribute(path: &std::path::Path) -> [u8; 4] {
    let path = std::ffi::CString::new(plain(path)).expect("no NUL");
    let mut value = [0; 4];
    // SAFETY: NUL-terminated names, and a buffer of the length given.
    let length = unsafe {
        libc::getxattr(
            path.as_ptr(),
            c"user.freebsd.flags".as_ptr(),
            value.as_mut_ptr().cast(),
            value.len(),
        )
    };
    assert_eq!(length, 4);
    value
}

/// Sparse files as bsdtar writes them: the map stands before the content.
#[test]
fn sparse_files() {
    let mut stored = b"2\n10\n5\n1000\n3\n".to_vec();
    stored.resize(512, 0);
    stored.extend_from_slice(b"helloend");
    let member = Member::file("GNUSparseFile.0/s", &stored)
        .record("GNU.sparse.major", "1")
        .record("GNU.sparse.minor", "0")
        .record("GNU.sparse.name", "s")
        .record("GNU.sparse.realsize", "2000");
    on_every_stage(|stage| {
        let answer = add(
            stage,
            "s.tar",
            &tar(&[member.clone(), Member::file("next", "n")]),
        );
        assert_eq!(answer.code, Some(0), "{answer:?}");
        let content = fs::read(tree(stage, "r").join("s")).expect("unpacked");
        let mut expected = vec![0; 2000];
        expected[10..15].copy_from_slice(b"hello");
        expected[1000..1003].copy_from_slice(b"end");
        assert_eq!(content, expected);
        assert_eq!(
            fs::read(tree(stage, "r").join("next")).expect("unpacked"),
            b"n"
        );
    });
}

/// What is no source at all is told in one line, and leaves nothing.
#[test]
fn what_is_no_source() {
    let whole = gzip(&tar(&members(20)));
    let mut bad_sum = tar(&[Member::file("a", "b")]);
    bad_sum[0] = b'x';
    let cases: &[(&str, &[u8], &str)] = &[
        ("empty", b"", "tar, plain or packed"),
        ("text", b"just some text\n", "tar, plain or packed"),
        ("page", &[b'<'; 4096], "tar, plain or packed"),
        ("bzip2", b"BZh91AY&SY", "bunzip2"),
        ("half", &whole[..whole.len() / 2], "cannot"),
        ("sum", &bad_sum, "sum is wrong"),
        (
            "no-end",
            &tar(&[Member::file("a", "b")])[..1024],
            "ends in the middle",
        ),
    ];
    on_every_stage(|stage| {
        for (name, bytes, part) in cases {
            let answer = add(stage, name, bytes);
            assert_eq!(answer.code, Some(125), "{name}: {answer:?}");
            assert!(answer.err.contains(part), "{name}: {answer:?}");
            assert_eq!(answer.err.lines().count(), 1, "{name}: {answer:?}");
            assert_eq!(crate::scene::stored(stage), [""; 0], "{name}");
        }
        for from in ["missing", "/dev/null"] {
            let answer = answer(stage, &["add", "r", "--from", from]);
            assert_eq!(answer.code, Some(125), "{answer:?}");
            assert!(answer.err.contains(from), "{answer:?}");
        }
    });
}
