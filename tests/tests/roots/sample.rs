//! A small system of some hundred files, with everything a root may hold.

use std::collections::BTreeMap;

use crate::scene::{Found, Seen};
use crate::tarball::Member;

const SCRIPT: &str = "#!/bin/sh\nUSERLAND_VERSION=\"14.1-RELEASE-p3\"\n";
const HEADER: &str = "#undef __FreeBSD_version\n#define __FreeBSD_version 1401000\n";

/// The sample's entries, `files` of them ordinary files.
pub(crate) fn members(files: usize) -> Vec<Member> {
    let mut members = vec![
        Member::directory("./"),
        Member::directory("./bin/"),
        Member::file("./bin/freebsd-version", SCRIPT).mode(0o555),
        Member::file("./bin/[", content(70_000, 3)).mode(0o555),
        Member::hard_link("./bin/test", "./bin/["),
        Member::directory("./usr/"),
        Member::directory("./usr/include/"),
        Member::file("./usr/include/osreldate.h", HEADER).mode(0o444),
        Member::directory("./libexec/"),
        Member::file("./libexec/ld-elf.so.1", "not really").mode(0o555),
        Member::symlink("./sys", "usr/src/sys"),
        Member::symlink("./home", "/usr/home"),
        Member::hard_link("./home2", "./home"),
        Member::directory("./tmp/").mode(0o1777),
        Member::directory("./var/"),
        Member::directory("./var/empty/").mode(0o555),
        Member::file("./var/empty/kept", "in a directory that is not writable"),
        Member::file("./etc-less/implied", "its directory has no entry"),
        Member::file(b"./usr/\xe9\xff \n#name=", "any bytes").mode(0o600),
        Member::file("./empty", ""),
    ];
    for number in 0..files {
        if number % 40 == 0 {
            members.push(Member::directory(format!("./usr/d{}/", number / 40)));
        }
        let name = format!("./usr/d{}/file{number}", number / 40);
        let size = if number % 97 == 0 {
            200_000
        } else {
            number * 37 % 5000
        };
        members.push(Member {
            mtime: 1_100_000_000 + number as u64,
            ..Member::file(name, content(size, number)).mode(0o644 - (number as u32 % 2) * 0o200)
        });
    }
    members
}

fn content(size: usize, seed: usize) -> Vec<u8> {
    let mut state = seed as u64 ^ 0x9e37_79b9_7f4a_7c15;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    (0..size).map(|_| next()).collect()
}

/// What must lie in a root made of these entries.
pub(crate) fn expected(members: &[Member]) -> BTreeMap<Vec<u8>, Found> {
    let mut expected: BTreeMap<Vec<u8>, Found> = BTreeMap::new();
    for member in members {
        let name = cleaned(&member.name);
        let mtime = member.mtime as i64;
        let found = match member.kind {
            b'1' => expected[&cleaned(&member.target)].clone(),
            b'2' => Found {
                kind: Seen::Symlink(member.target.clone()),
                mode: 0,
                mtime,
            },
            b'5' => Found {
                kind: Seen::Directory,
                mode: member.mode,
                mtime,
            },
            _ => Found {
                kind: Seen::File(member.content.clone()),
                mode: member.mode,
                mtime,
            },
        };
        let slash = name.iter().position(|&byte| byte == b'/');
        if let Some(implied) = slash.map(|slash| name[..slash].to_vec()) {
            let directory = Found {
                kind: Seen::Directory,
                mode: 0o755,
                mtime: 0,
            };
            expected.entry(implied).or_insert(directory);
        }
        expected.insert(name, found);
    }
    expected
}

fn cleaned(name: &[u8]) -> Vec<u8> {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    name.strip_suffix(b"/").unwrap_or(name).to_vec()
}
