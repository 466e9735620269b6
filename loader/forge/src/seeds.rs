//! One image of every kind the loader tells apart.

use crate::{Go, Note, Program};

/// A named image.
pub struct Seed {
    /// Unique, fit for a file name.
    pub name: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// All of them, in a fixed order.
pub fn seeds() -> Vec<Seed> {
    programs()
        .into_iter()
        .map(|(name, program)| Seed {
            name,
            bytes: program.bytes(),
        })
        .chain(others())
        .collect()
}

fn note(name: &'static [u8], kind: u32, words: &[u32]) -> Note {
    Note {
        name,
        kind,
        words: words.to_vec(),
    }
}

fn marked(notes: &[Note]) -> Program {
    Program {
        notes: notes.to_vec(),
        ..Program::amd64()
    }
}

fn go(version: &'static str, goos: Option<&'static str>) -> Option<Go> {
    Some(Go {
        version,
        goos,
        inline: goos.is_some(),
    })
}

fn programs() -> Vec<(&'static str, Program)> {
    let plain = Program::amd64;
    let freebsd = Program::freebsd;
    let tag = || note(b"FreeBSD\0", 1, &[1_302_001]);
    vec![
        ("freebsd-osabi", freebsd()),
        ("freebsd-note", marked(&[tag()])),
        (
            "freebsd-features",
            marked(&[tag(), note(b"FreeBSD\0", 4, &[5])]),
        ),
        (
            "freebsd-brand",
            Program {
                brand: "FreeBSD",
                ..plain()
            },
        ),
        (
            "freebsd-go",
            Program {
                go: go("go1.23.4", Some("freebsd")),
                ..freebsd()
            },
        ),
        (
            "freebsd-go-old",
            Program {
                go: go("go1.16.2", None),
                ..freebsd()
            },
        ),
        (
            "freebsd-pie",
            Program {
                pie: true,
                ..freebsd()
            },
        ),
        (
            "freebsd-dynamic",
            Program {
                interpreter: Some("/libexec/ld-elf.so.1"),
                libraries: vec!["libc.so.7", "libm.so.5"],
                pie: true,
                ..marked(&[tag()])
            },
        ),
        (
            "freebsd-interpreter",
            Program {
                interpreter: Some("/libexec/ld-elf.so.1"),
                ..plain()
            },
        ),
        (
            "freebsd-i386",
            Program {
                wide: false,
                machine: 3,
                ..freebsd()
            },
        ),
        (
            "freebsd-arm64",
            Program {
                machine: 183,
                ..freebsd()
            },
        ),
        (
            "freebsd-powerpc64",
            Program {
                machine: 21,
                big: true,
                ..freebsd()
            },
        ),
        (
            "netbsd-note",
            marked(&[
                note(b"NetBSD\0", 1, &[700_000_000]),
                note(b"PaX\0", 3, &[0]),
            ]),
        ),
        (
            "netbsd-osabi",
            Program {
                osabi: 2,
                ..plain()
            },
        ),
        (
            "netbsd-section-note",
            Program {
                section_notes: vec![note(b"NetBSD\0", 1, &[900_000_000])],
                ..plain()
            },
        ),
        (
            "netbsd-dynamic",
            Program {
                interpreter: Some("/libexec/ld.elf_so"),
                libraries: vec!["libc.so.12"],
                ..plain()
            },
        ),
        (
            "openbsd-dynamic",
            Program {
                interpreter: Some("/usr/libexec/ld.so"),
                libraries: vec!["libc.so", "libpthread.so"],
                ..marked(&[note(b"OpenBSD\0", 1, &[0])])
            },
        ),
        (
            "openbsd-osabi",
            Program {
                osabi: 12,
                ..plain()
            },
        ),
        (
            "dragonfly-note",
            marked(&[note(b"DragonFly\0", 1, &[600_400])]),
        ),
        (
            "dragonfly-go",
            Program {
                go: go("go1.22.0", Some("dragonfly")),
                ..plain()
            },
        ),
        (
            "dragonfly-symbols",
            Program {
                go: go("go1.16.2", None),
                symbols: vec!["main.main", "runtime.sys_umtx_sleep"],
                ..plain()
            },
        ),
        (
            "illumos-interpreter",
            Program {
                interpreter: Some("/lib/amd64/ld.so.1"),
                libraries: vec!["libsocket.so", "libc.so"],
                ..plain()
            },
        ),
        (
            "illumos-osabi",
            Program {
                osabi: 6,
                ..plain()
            },
        ),
        ("linux-note", marked(&[note(b"GNU\0", 1, &[0, 3, 2, 0])])),
        (
            "linux-osabi",
            Program {
                osabi: 3,
                ..plain()
            },
        ),
        (
            "linux-dynamic",
            Program {
                interpreter: Some("/lib64/ld-linux-x86-64.so.2"),
                libraries: vec!["libc.so.6"],
                pie: true,
                ..plain()
            },
        ),
        (
            "linux-go-unlisted",
            Program {
                go: go("go1.23.4", Some("linux")),
                go_section: false,
                ..plain()
            },
        ),
        ("linux-unmarked", plain()),
        ("hurd-note", marked(&[note(b"GNU\0", 1, &[1, 0, 0, 0])])),
        ("kfreebsd-note", marked(&[note(b"GNU\0", 1, &[3, 8, 1, 0])])),
        (
            "comment-only",
            Program {
                comment: Some("FreeBSD clang version 18.1.6"),
                ..plain()
            },
        ),
        (
            "unknown-osabi",
            Program {
                osabi: 97,
                ..plain()
            },
        ),
    ]
}

fn others() -> Vec<Seed> {
    [
        ("script", b"#!/bin/sh -e -u \necho hello\n".as_slice()),
        ("script-env", b"#! /usr/bin/env node\n"),
        ("script-empty", b"#!\n"),
        ("ape", b"MZqFpD='\n\0\0\0\0"),
        ("pe", b"MZ\x90\0\x03\0\0\0"),
        ("macho", b"\xcf\xfa\xed\xfe\x07\0\0\x01"),
        ("text", b"hello\n"),
        ("empty", b""),
    ]
    .into_iter()
    .map(|(name, bytes)| Seed {
        name,
        bytes: bytes.to_vec(),
    })
    .collect()
}
