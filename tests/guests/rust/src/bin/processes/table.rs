//! What `ps` asks: kern.proc.

use compat_guests::start::Shared;
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn, wait, wake};

use crate::image::become_role;

const SYSCTL: u64 = 202;
const ALL: u32 = 0;
const PID: u32 = 1;
const PGRP: u32 = 2;
const ARGS: u32 = 7;
const PROC: u32 = 8;
const PATHNAME: u32 = 12;
const WITH_THREADS: u32 = 16;
const RLIMIT: u32 = 37;

/// `struct kinfo_proc` as bytes: only what is looked at.
#[derive(Clone, Copy)]
struct Entry(&'static [u8]);

const SIZE: usize = 1088;

impl Entry {
    fn word(self, at: usize) -> u32 {
        u32::from_le_bytes(self.0[at..at + 4].try_into().expect("four bytes"))
    }

    fn long(self, at: usize) -> u64 {
        u64::from_le_bytes(self.0[at..at + 8].try_into().expect("eight bytes"))
    }

    fn pid(self) -> u64 {
        u64::from(self.word(72))
    }

    fn tid(self) -> u64 {
        u64::from(self.word(600))
    }
}

fn ask(name: &[u32]) -> core::result::Result<&'static [u8], u64> {
    const ROOM: u64 = 4 << 20;
    let room = sys::map(ROOM, 3);
    let mut length = ROOM;
    let args = [
        name.as_ptr() as u64,
        name.len() as u64,
        room,
        (&raw mut length) as u64,
        0,
        0,
    ];
    sys::call(SYSCTL, args)?;
    let length = unsafe { (&raw const length).read_volatile() };
    Ok(unsafe { core::slice::from_raw_parts(room as *const u8, length as usize) })
}

fn entries(more: &[u32]) -> impl Iterator<Item = Entry> + use<> {
    let mut name = [1, 14, 0, 0];
    name[2..2 + more.len()].copy_from_slice(more);
    let found = ask(&name[..2 + more.len()]).expect("kern.proc");
    assert!(found.len().is_multiple_of(SIZE));
    found.chunks_exact(SIZE).map(Entry)
}

fn one(pid: u64) -> Entry {
    let mut found = entries(&[PID, pid as u32]);
    let only = found.next().expect("the process");
    assert_eq!((only.pid(), found.count()), (pid, 0));
    only
}

pub(crate) fn itself() {
    const FLAG: usize = 368;
    const STAT: usize = 388;
    const FD: usize = 8 + 5 * 8;
    const P_INMEM: u64 = 0x1000_0000;
    const SRUN: u8 = 2;
    let own = one(sys::pid());
    assert_eq!(own.word(0) as usize, SIZE);
    assert_eq!(
        own.long(FLAG) & P_INMEM,
        P_INMEM,
        "or nobody asks for arguments"
    );
    assert_ne!(own.long(FD), 0, "or nobody asks for files");
    assert_eq!(own.0[STAT], SRUN);
    assert_eq!(
        u64::from(own.word(76)),
        sys::call(sys::GETPPID, []).expect("getppid")
    );
    for more in [&[ALL][..], &[PROC], &[PROC, 0], &[PGRP, own.word(80)]] {
        assert!(
            entries(more).any(|entry| entry.pid() == own.pid()),
            "{more:?}"
        );
    }
    const ENOTDIR: u64 = 20;
    assert_eq!(
        ask(&[1, 14, ALL, 0]).err(),
        Some(ENOTDIR),
        "nothing lies below it"
    );
}

static STOP: Shared<u64> = Shared::new(0);

extern "C" fn waits(_: &Thread, _: u64) {
    while STOP.load() == 0 {
        let _ = wait(STOP.get() as u64, 0, None);
    }
}

pub(crate) fn threads() {
    let others = [spawn(waits, 0), spawn(waits, 0)];
    let pid = sys::pid();
    let own = |entry: &Entry| entry.pid() == pid;
    assert_eq!(entries(&[PROC]).filter(own).count(), 1);
    for more in [
        &[ALL][..],
        &[PROC | WITH_THREADS],
        &[PID | WITH_THREADS, pid as u32],
    ] {
        let found = || entries(more).filter(own);
        assert_eq!(found().count(), 3, "{more:?}");
        for other in others {
            assert!(found().any(|entry| entry.tid() == other.id()), "{more:?}");
        }
    }
    STOP.store(1);
    wake(STOP.get() as u64, 2);
    others.iter().for_each(|thread| thread.join());
}

/// Of a child: stopped, gone on to another image, ended.
pub(crate) fn another() {
    const STAT: usize = 388;
    const SSTOP: u8 = 4;
    const SZOMB: u8 = 5;
    const SIGSTOP: u64 = 17;
    const SIGKILL: u64 = 9;
    let (read, write) = sys::pipe();
    let sys::Fork::Parent(child) = sys::fork() else {
        sys::call(sys::DUP2, [write, 60]).expect("dup2");
        sys::exit(become_role(c"as-sleeper"));
    };
    let byte = [0u8];
    assert_eq!(sys::call(sys::READ, [read, byte.as_ptr() as u64, 1]), Ok(1));
    let name = |what| [1, 14, what, child as u32];
    assert_eq!(ask(&name(ARGS)), Ok(&b"guest\0as-sleeper\0"[..]));
    assert_eq!(
        ask(&name(PATHNAME)),
        ask(&[1, 14, PATHNAME, u32::MAX]),
        "it runs the same program"
    );
    assert_eq!(
        ask(&[1, 14, RLIMIT, child as u32, 8]),
        ask(&[1, 14, RLIMIT, u32::MAX, 8])
    );
    assert_eq!(u64::from(one(child).word(76)), sys::pid());

    const WUNTRACED: u64 = 2;
    sys::call(sys::KILL, [child, SIGSTOP]).expect("kill");
    let mut status = 0u32;
    let found = sys::call(sys::WAIT4, [child, (&raw mut status) as u64, WUNTRACED, 0]);
    assert_eq!(found, Ok(child));
    assert_eq!(one(child).0[STAT], SSTOP);
    sys::call(sys::KILL, [child, SIGKILL]).expect("kill");
    while one(child).0[STAT] != SZOMB {
        sys::sleep_microseconds(1000);
    }
    assert_eq!(sys::wait(child), 9);
    assert_eq!(ask(&name(PID)).err(), Some(sys::ESRCH));
}
