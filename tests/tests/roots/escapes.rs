//! Archives that try to write elsewhere: each is refused or stays inside, and nothing outside changes.

use std::fs;
use std::path::Path;

use compat_tests::stage::{Stage, on_every_stage};

use crate::scene::{
    Answer, InMemory, add, answer, assert_same, done, look, plain, store, stored, tree,
};
use crate::tarball::{Member, gzip, tar};

/// What must come of an archive.
enum Outcome {
    /// One line that contains this, and no root.
    Refused(&'static str),
    /// A root in which these names hold these contents.
    Adds(&'static [(&'static [u8], &'static str)]),
}

use Outcome::{Adds, Refused};

/// Names of the cases are for messages; `out` is the absolute path of a directory that must not change.
fn corpus(out: &str) -> Vec<(&'static str, Vec<Member>, Outcome)> {
    let file = |name: &str| Member::file(name, "hostile");
    let victim = format!("{out}/victim");
    let long = "n".repeat(300);
    let far = vec!["directory"; 500].join("/");
    let deep = vec!["d"; 300].join("/");
    vec![
        ("dotdot", vec![file("../escaped")], Refused("'..'")),
        (
            "dotdot inside",
            vec![file("a/../../../escaped")],
            Refused("'..'"),
        ),
        (
            "dotdot by pax",
            vec![file("x").record("path", "../../escaped")],
            Refused("'..'"),
        ),
        (
            "only dotdot",
            vec![Member::directory("..")],
            Refused("'..'"),
        ),
        (
            "absolute",
            vec![file(&victim), file("ok")],
            Adds(&[(b"ok", "hostile")]),
        ),
        (
            "many slashes",
            vec![file("////etc//passwd")],
            Adds(&[(b"etc/passwd", "hostile")]),
        ),
        (
            "symlink swap",
            vec![Member::symlink("d", out), file("d/victim")],
            Refused("not a directory but a symlink"),
        ),
        (
            "relative symlink swap",
            vec![
                Member::symlink("a/d", "../../../../../outside"),
                file("a/d/victim"),
            ],
            Refused("not a directory but a symlink"),
        ),
        (
            "late symlink swap",
            vec![
                Member::directory("d"),
                file("d/x"),
                Member::symlink("d", out),
                file("d/victim"),
            ],
            Refused("not a directory but a symlink"),
        ),
        (
            "chain of symlinks",
            vec![
                Member::symlink("a", "."),
                Member::symlink("a/b", ".."),
                file("a/b/escaped"),
            ],
            Refused("not a directory but a symlink"),
        ),
        (
            "file over symlink",
            vec![Member::symlink("f", &victim), file("f")],
            Adds(&[(b"f", "hostile")]),
        ),
        (
            "directory over symlink",
            vec![
                Member::symlink("d", out),
                Member::directory("d").mode(0o777),
                file("d/victim"),
            ],
            Adds(&[(b"d/victim", "hostile")]),
        ),
        (
            "hard link out",
            vec![Member::hard_link("h", &victim)],
            Refused("no entry before it"),
        ),
        (
            "hard link out and write",
            vec![
                Member::hard_link("h", "../../../../outside/victim"),
                file("h"),
            ],
            Refused("'..'"),
        ),
        (
            "hard link through a symlink",
            vec![
                Member::symlink("d", out),
                Member::hard_link("h", "d/victim"),
            ],
            Refused("no entry before it"),
        ),
        (
            "hard link to a symlink, then a file",
            vec![
                Member::symlink("s", &victim),
                Member::hard_link("h", "s"),
                file("h"),
            ],
            Adds(&[(b"h", "hostile")]),
        ),
        (
            "hard link to a directory",
            vec![Member::directory("d"), Member::hard_link("h", "d")],
            Refused("no entry before it"),
        ),
        (
            "hard link to nothing",
            vec![Member::hard_link("h", "later"), file("later")],
            Refused("no entry before it"),
        ),
        (
            "hard link to itself",
            vec![file("f"), Member::hard_link("f", "f")],
            Adds(&[(b"f", "hostile")]),
        ),
        (
            "top is a symlink",
            vec![Member::symlink("/", out)],
            Refused("top"),
        ),
        ("top is a file", vec![file("./.")], Refused("top")),
        (
            "devices",
            vec![
                Member::special("null", b'3'),
                Member::special("sda", b'4'),
                Member::special("p", b'6'),
                file("ok"),
            ],
            Adds(&[(b"ok", "hostile")]),
        ),
        (
            "device as a directory",
            vec![Member::special("null", b'3'), file("null/x")],
            Adds(&[(b"null/x", "hostile")]),
        ),
        (
            "duplicates",
            vec![
                file("f"),
                Member::file("f", "first"),
                Member::symlink("f", &victim),
                Member::file("f", "last"),
            ],
            Adds(&[(b"f", "last")]),
        ),
        (
            "duplicates of linked files",
            vec![
                Member::file("a", "one"),
                Member::hard_link("b", "a"),
                Member::file("a", "two"),
            ],
            Adds(&[(b"a", "two"), (b"b", "one")]),
        ),
        (
            "file over a full directory and back",
            vec![
                file("d/x"),
                file("d"),
                file("d2/x"),
                Member::symlink("d2", out),
                Member::directory("d2"),
            ],
            Adds(&[(b"d", "hostile")]),
        ),
        (
            "a part too long",
            vec![file(&long)],
            Refused("longer than 255"),
        ),
        (
            "a path too long",
            vec![file(&far)],
            Refused("longer than 1023"),
        ),
        ("too deep", vec![file(&deep)], Refused("128 directories")),
        (
            "names in no encoding",
            vec![
                Member::file(b"\xff\xfe/\xc0\xaf", "bytes"),
                Member::file("x", "nl").record("path", "a\nb"),
            ],
            Adds(&[(b"\xff\xfe/\xc0\xaf", "bytes"), (b"a\nb", "nl")]),
        ),
        (
            "a NUL in a name",
            vec![file("x").record("path", "a\0b")],
            Refused("NUL"),
        ),
        ("no name", vec![file("")], Refused("without a name")),
        (
            "unknown type",
            vec![Member::special("x", b'Z')],
            Refused("unknown type"),
        ),
        (
            "size without content",
            vec![file("x").size(u64::MAX / 4)],
            Refused("ends in the middle"),
        ),
        (
            "size beyond numbers",
            vec![file("x").size(u64::MAX)],
            Refused("damaged"),
        ),
        (
            "endless header",
            vec![Member::special("pax", b'x').size(1 << 40), file("x")],
            Refused("more than a megabyte"),
        ),
        (
            "endless name",
            vec![Member::special("l", b'L').size(1 << 32), file("x")],
            Refused("more than a megabyte"),
        ),
        (
            "sparse bomb",
            vec![
                Member::file("s", [b"0\n".as_slice(), &[0; 510]].concat())
                    .record("GNU.sparse.major", "1")
                    .record("GNU.sparse.minor", "0")
                    .record("GNU.sparse.realsize", "1000000000000"),
            ],
            Refused("--no-limits"),
        ),
    ]
}

#[test]
fn nothing_leaves_the_root() {
    on_every_stage(|stage| {
        let _memory = InMemory::new(stage);
        let out = outside(stage);
        for (name, members, outcome) in corpus(plain(&out)) {
            let archive = tar(&members);
            for (packing, archive) in [("tar", archive.clone()), ("tar.gz", gzip(&archive))] {
                check(stage, &format!("{name} in {packing}"), &archive, &outcome);
            }
        }
    });
}

/// A directory with a file, beside the store.
fn outside(stage: &Stage) -> std::path::PathBuf {
    stage.write("outside/victim", "innocent");
    stage.work().join("outside")
}

fn check(stage: &Stage, name: &str, archive: &[u8], outcome: &Outcome) {
    let name = format!("{name} as {}", stage.user());
    stage.write("a.archive", archive);
    let before = look_around(stage);
    let answer = add(stage, "a.archive", archive);
    assert_same(&look_around(stage), &before, &name);
    match outcome {
        Refused(part) => assert_refused(stage, &answer, part, &name),
        Adds(contents) => {
            assert_eq!(answer.code, Some(0), "{name}: {answer:?}");
            let found = look(&tree(stage, "r"));
            for (path, content) in *contents {
                let file = found.get(*path).map(|found| format!("{:?}", found.kind));
                let size = format!("file of {} bytes", content.len());
                assert_eq!(file, Some(size), "{name}: {}", path.escape_ascii());
            }
            done(stage, &["verify", "r"]);
            done(stage, &["remove", "r"]);
            assert_eq!(stored(stage), [""; 0], "{name}");
        }
    }
}

#[track_caller]
fn assert_refused(stage: &Stage, answer: &Answer, part: &str, name: &str) {
    assert_eq!(answer.code, Some(125), "{name}: {answer:?}");
    assert!(answer.err.contains(part), "{name}: {answer:?}");
    assert_eq!(answer.err.lines().count(), 1, "{name}: {answer:?}");
    assert_eq!(stored(stage), [""; 0], "{name}");
}

/// Everything around the roots' directory.
fn look_around(stage: &Stage) -> std::collections::BTreeMap<Vec<u8>, crate::scene::Found> {
    let mut found = look(&stage.work());
    found.retain(|name, _| !name.starts_with(b"data") && name != b"a.archive" && !name.is_empty());
    let parent = stage.work().parent().map(Path::to_owned).expect("a parent");
    for entry in fs::read_dir(parent).expect("readable") {
        let entry = entry.expect("readable");
        let metadata = entry.metadata().expect("there");
        let kind = if metadata.is_dir() {
            crate::scene::Seen::Directory
        } else {
            crate::scene::Seen::Other
        };
        let found_there = crate::scene::Found {
            kind,
            mode: 0,
            mtime: metadata.len() as i64,
        };
        if !metadata.is_dir() {
            found.insert(
                format!("../{}", entry.file_name().display()).into_bytes(),
                found_there,
            );
        }
    }
    found
}

/// What an interrupted `add` has left cannot lead the next one out, whoever has put it there.
#[test]
fn left_over_symlinks_lead_nowhere() {
    let archive = tar(&[
        Member::file("d/victim", "hostile"),
        Member::file("f", "hostile"),
        Member::directory("e"),
    ]);
    on_every_stage(|stage| {
        let out = outside(stage);
        let left = store(stage).join(".adding-r/root");
        let make = format!(
            "mkdir -p '{left}' && ln -s '{out}' '{left}/d' && ln -s '{out}/victim' '{left}/f' && ln -s '{out}' '{left}/e'",
            left = left.display(),
            out = out.display()
        );
        let made = stage.host("sh").args(["-c", &make]).status();
        assert!(made.is_ok_and(|status| status.success()));
        stage.write("a.archive", &archive);
        let before = look_around(stage);
        assert_eq!(add(stage, "a.archive", &archive).code, Some(0));
        assert_same(&look_around(stage), &before, "left over");
        assert_eq!(
            fs::read(tree(stage, "r").join("d/victim")).expect("inside"),
            b"hostile"
        );
        done(stage, &["verify"]);
    });
}

/// A small archive that would fill the disk is refused, and taken when the user insists.
#[test]
fn a_bomb_needs_the_users_word() {
    let content = vec![0; 80 << 20];
    let archive = gzip(&tar(&[Member::file("zeros", &content)]));
    assert!(archive.len() < 1 << 20);
    on_every_stage(|stage| {
        let refused = add(stage, "bomb.tgz", &archive);
        assert_refused(stage, &refused, "--no-limits", "bomb");
        done(stage, &["add", "r", "--from", "bomb.tgz", "--no-limits"]);
        let size = fs::metadata(tree(stage, "r").join("zeros"))
            .expect("there")
            .len();
        assert_eq!(size, content.len() as u64);
        assert_eq!(answer(stage, &["remove", "r"]).code, Some(0));
    });
}
