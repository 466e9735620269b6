//! One call, all registers.

pub(crate) use compat_guests::call::{Outcome, arrange, returned};
use compat_guests::probe::{self, Body, RAX, RDX, RSI, Random, State};
use compat_guests::sys;

use crate::states;

/// One of the places from which the arranged call can be made.
pub(crate) fn site(set: &State, seed: u64) -> Body {
    let number = set.general[RAX];
    probe::sites(number)
        .nth(seed as usize % 2)
        .unwrap_or(Body::Syscall)
}

pub(crate) fn makes(what: &str, number: u64, args: &[u64], outcome: Outcome) {
    for (site, seed) in probe::sites(number).flat_map(|site| (1..=20).map(move |seed| (site, seed)))
    {
        let (set, get) = states();
        set.fill(seed);
        arrange(set, number, args);
        probe::run(site, set, get);
        get.must_be(&returned(set, get, outcome), &[], what);
        assert!(
            probe::stack_is_intact(),
            "{what}: the guest's stack was written to"
        );
    }
    not_all_were_trapped(number);
}

/// All of this proves something for calls that are not trapped only if some are not.
pub(crate) fn not_all_were_trapped(number: u64) {
    let mut hot = probe::sites(number).filter(|&site| site == Body::Hot(number));
    assert!(hot.all(probe::is_jump), "call {number} is always trapped");
}

pub(crate) fn succeeding() {
    let pid = sys::call(sys::GETPID, []).expect("getpid");
    makes("getpid", sys::GETPID, &[], Outcome::Value(pid));
    makes("getuid", sys::GETUID, &[], Outcome::Any);
    let time = [0u64; 2];
    makes(
        "gettimeofday",
        sys::GETTIMEOFDAY,
        &[time.as_ptr() as u64, 0],
        Outcome::Value(0),
    );
    let set = [0u32; 4];
    let old = [0u32; 4];
    makes(
        "sigprocmask",
        sys::SIGPROCMASK,
        &[1, set.as_ptr() as u64, old.as_ptr() as u64],
        Outcome::Value(0),
    );
    const ANON_PRIVATE: u64 = 0x1002;
    makes(
        "mmap",
        sys::MMAP,
        &[0, 4096, 3, ANON_PRIVATE, u64::MAX, 0],
        Outcome::Any,
    );
    makes(
        "write",
        sys::WRITE,
        &[1, time.as_ptr() as u64, 0],
        Outcome::Value(0),
    );
    // Through the number 0: the call's number is the first argument.
    makes("syscall(getpid)", 0, &[sys::GETPID], Outcome::Value(pid));
    makes(
        "__syscall(getpid)",
        198,
        &[sys::GETPID],
        Outcome::Value(pid),
    );
    // Only the low half of rax counts.
    makes(
        "getpid with dirt above",
        0xdead_beef_0000_0000 | sys::GETPID,
        &[],
        Outcome::Value(pid),
    );
}

/// The other instructions that may come before a call.
pub(crate) fn other_sites() {
    let pid = sys::call(sys::GETPID, []).expect("getpid");
    for site in [Body::Long, Body::Load, Body::Address, Body::Divided] {
        for seed in 1..=20 {
            let (set, get) = states();
            set.fill(seed);
            arrange(set, sys::GETPID, &[]);
            probe::run(site, set, get);
            match site {
                Body::Load | Body::Divided => set.general[RDX] = probe::ON_STACK,
                Body::Address => set.general[RSI] = probe::stack_pointer() + 8,
                _ => {}
            }
            get.must_be(&returned(set, get, Outcome::Value(pid)), &[], "getpid");
            assert!(probe::stack_is_intact(), "the guest's stack was written to");
        }
        assert!(probe::is_jump(site), "one form is always trapped");
    }
}

/// Calls of before FreeBSD 7, with a pad in front of the offset.
pub(crate) fn padded() {
    const PREAD: u64 = 173;
    const LSEEK: u64 = 199;
    let file = sys::call(sys::SHM_OPEN2, [1, 2, 0, 0, 0]).expect("shm_open2");
    sys::call(sys::WRITE, [file, c"abc".as_ptr() as u64, 3]).expect("write");
    let room = [0u8; 8];
    for pad in [0, 77] {
        let at = |offset| [file, room.as_ptr() as u64, 8, pad, offset];
        makes("pread", PREAD, &at(1), Outcome::Value(2));
        makes(
            "pread at -1",
            PREAD,
            &at(u64::MAX),
            Outcome::Error(sys::EINVAL),
        );
        makes("lseek", LSEEK, &[file, pad, 2, 0], Outcome::Value(2));
        makes("lseek by 0", LSEEK, &[file, pad, 0, 1], Outcome::Value(2));
        let before = u64::MAX - 2;
        makes(
            "lseek by -3",
            LSEEK,
            &[file, pad, before, 1],
            Outcome::Error(sys::EINVAL),
        );
    }
    let none = u64::MAX;
    makes(
        "pread of none",
        PREAD,
        &[none, 0, 8, 0, 0],
        Outcome::Error(sys::EBADF),
    );
    makes(
        "lseek of none",
        LSEEK,
        &[none, 0, 0, 1],
        Outcome::Error(sys::EBADF),
    );
    assert_eq!(sys::call(sys::CLOSE, [file]), Ok(0));
}

pub(crate) fn failing() {
    makes(
        "close(-1)",
        sys::CLOSE,
        &[u64::MAX],
        Outcome::Error(sys::EBADF),
    );
    makes(
        "read(-1)",
        sys::READ,
        &[u64::MAX, 0, 0],
        Outcome::Error(sys::EBADF),
    );
    makes(
        "gettimeofday(1)",
        sys::GETTIMEOFDAY,
        &[1, 0],
        Outcome::Error(sys::EFAULT),
    );
    let set = [0u32; 4];
    makes(
        "sigprocmask(9)",
        sys::SIGPROCMASK,
        &[9, set.as_ptr() as u64, 0],
        Outcome::Error(sys::EINVAL),
    );
    makes(
        "mmap of nothing",
        sys::MMAP,
        &[0, 0, 3, 0x1002, u64::MAX, 0],
        Outcome::Error(sys::EINVAL),
    );
}

/// pipe(2) of before FreeBSD 10 returns both descriptors in registers.
pub(crate) fn two_values() {
    const OLD_PIPE: u64 = 42;
    for seed in 1..=3 {
        let (set, get) = states();
        set.fill(seed);
        arrange(set, OLD_PIPE, &[]);
        probe::run(Body::Syscall, set, get);
        get.must_be(&returned(set, get, Outcome::Two), &[], "pipe");
        let (read, write) = (get.general[RAX], get.general[RDX]);
        assert!(read != write && write < 100, "pipe: {read} and {write}");
        assert_eq!(
            sys::call(sys::WRITE, [write, "x".as_ptr() as u64, 1]),
            Ok(1)
        );
        let byte = [0u8];
        assert_eq!(sys::call(sys::READ, [read, byte.as_ptr() as u64, 1]), Ok(1));
        assert_eq!(sys::call(sys::CLOSE, [read]), Ok(0));
        assert_eq!(sys::call(sys::CLOSE, [write]), Ok(0));
    }
}

pub(crate) fn random() {
    let pid = sys::call(sys::GETPID, []).expect("getpid");
    let mut random = Random(77);
    for _ in 0..300 {
        let (set, get) = states();
        set.fill(random.number());
        let site = random.below(2);
        let outcome = if random.below(2) == 0 {
            arrange(set, sys::GETPID, &[]);
            Outcome::Value(pid)
        } else {
            arrange(set, sys::CLOSE, &[u64::MAX]);
            Outcome::Error(sys::EBADF)
        };
        let number = set.general[RAX];
        probe::run(probe::sites(number).nth(site).expect("two sites"), set, get);
        get.must_be(&returned(set, get, outcome), &[], "a call");
    }
    not_all_were_trapped(sys::GETPID);
    not_all_were_trapped(sys::CLOSE);
}
