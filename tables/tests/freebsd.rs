//! The FreeBSD tables hold what FreeBSD's headers hold.

use compat_tables::freebsd::{self, Errno, Signal, flags, signal};
use compat_tables::{Call, DefaultAction, Kind, Verdict};
use std::str::FromStr;
use strum::IntoEnumIterator;

/// The numbers that syscalls.master only reserves; it names every other one up to 602.
const RESERVED: &[std::ops::RangeInclusive<u32>] = &[
    91..=91,
    94..=94,
    119..=119,
    151..=153,
    159..=159,
    167..=168,
    172..=172,
    177..=180,
    193..=193,
    208..=208,
    245..=246,
    249..=249,
    258..=271,
    273..=273,
    281..=288,
    291..=296,
    370..=370,
    399..=399,
    418..=420,
    467..=470,
    521..=521,
];

#[test]
fn every_number_has_a_row() {
    for number in 0..=602 {
        let reserved = RESERVED.iter().any(|range| range.contains(&number));
        let found = freebsd::call(number).map(|call| u32::from(call.number));
        assert_eq!(found, (!reserved).then_some(number));
    }
    assert!(freebsd::call(603).is_none() && freebsd::call(u32::MAX).is_none());
}

#[test]
fn calls_are_found_by_symbol() {
    let number = |symbol| freebsd::call_named(symbol).map(|call| call.number);
    assert_eq!(number("fstatat"), Some(552));
    assert_eq!(number("freebsd11_fstatat"), Some(493));
    assert_eq!(number("ostat"), Some(38));
    assert_eq!(number("stat"), None);
    assert_eq!(number("lkmnosys"), None);
    for call in freebsd::CALLS
        .iter()
        .filter(|call| call.verdict != Verdict::Gone)
    {
        assert_eq!(number(&call.symbol), Some(call.number));
    }
}

#[test]
fn the_calls_that_return_their_error_are_marked() {
    let errno = |call: &&Call| call.result == compat_tables::Returns::Errno;
    let numbers: Vec<u16> = freebsd::CALLS
        .iter()
        .filter(errno)
        .map(|call| call.number)
        .collect();
    assert_eq!(numbers, [244, 429, 530, 531]);
}

/// Every argument register is FreeBSD's: pads of the old calls and the extra word of sendfile count.
#[test]
fn argument_counts() {
    let count = |symbol| freebsd::call_named(symbol).map(Call::arg_count);
    assert_eq!(count("freebsd6_mmap"), Some(7));
    assert_eq!(count("sendfile"), Some(7));
    assert_eq!(count("freebsd6_lseek"), Some(4));
    assert_eq!(count("getpid"), Some(0));
}

#[test]
fn errors_round_trip() {
    assert_eq!(
        Errno::iter().filter(|errno| errno.number() <= 97).count(),
        97
    );
    for errno in Errno::iter() {
        let number = freebsd::errno_number(errno);
        assert!((1..=97).contains(&number), "{errno:?}");
        if errno.number() <= 97 {
            assert_eq!(number, errno.number());
            assert_eq!(freebsd::errno_named(number), Some(errno));
        }
        assert_eq!(Errno::from_repr(errno.number()), Some(errno));
        assert_eq!(Errno::from_str(errno.name()), Ok(errno));
        assert!(!errno.message().is_empty());
        if let Some(host) = errno.to_host() {
            assert_eq!(Errno::from_host(host), errno, "host {host}");
        }
    }
    assert_eq!(
        (Errno::EAGAIN.number(), Errno::EAGAIN.to_host()),
        (35, Some(11))
    );
    assert_eq!(Errno::EWOULDBLOCK, Errno::EAGAIN);
    assert_eq!(
        freebsd::errno_number(Errno::ENOTSUP),
        Errno::EOPNOTSUPP.number()
    );
    assert_eq!(freebsd::errno_named(0), None);
    assert_eq!(freebsd::errno_named(98), None);
    assert_eq!(Errno::from_host(62), Errno::ETIMEDOUT);
    assert_eq!(Errno::from_host(0), Errno::EIO);
    assert_eq!(Errno::from_host(4095), Errno::EIO);
}

/// No host error is forgotten: 41 and 58 are the only numbers Linux leaves out below its last, 133.
#[test]
fn every_host_error_is_known() {
    let table = std::fs::read_to_string("bsd/errno.tbl").expect("the table is beside the crate");
    for host in (1..=133).filter(|host| ![41, 58].contains(host)) {
        let same = format!(" = {host} ");
        let only = format!("host {host} ");
        assert!(
            table.contains(&same) || table.contains(&only),
            "host error {host} has no row"
        );
    }
}

#[test]
fn signals_round_trip() {
    assert_eq!(Signal::iter().count(), 33);
    assert_eq!(
        (Signal::SIGBUS.number(), signal::to_host(10)),
        (10, Some(7))
    );
    assert_eq!(
        (signal::to_host(7), signal::to_host(29)),
        (Some(16), Some(30))
    );
    assert_eq!(
        (signal::to_host(32), signal::to_host(33)),
        (Some(32), Some(33))
    );
    assert_eq!(
        (
            signal::to_host(65),
            signal::to_host(95),
            signal::to_host(96)
        ),
        (Some(34), Some(64), None)
    );
    assert_eq!(
        (
            signal::to_host(0),
            signal::to_host(64),
            signal::to_host(255)
        ),
        (None, None, None)
    );
    for host in 1..=64 {
        let guest =
            signal::from_host(host).expect("every host signal stands for one of the guest's");
        assert_eq!(signal::to_host(guest), Some(host));
    }
    assert_eq!((signal::from_host(0), signal::from_host(65)), (None, None));
    assert_eq!(
        signal::default_action(Signal::SIGIO.number()),
        DefaultAction::Ignore
    );
    assert_eq!(
        signal::default_action(Signal::SIGTTIN.number()),
        DefaultAction::Stop
    );
    assert_eq!(signal::default_action(100), DefaultAction::Terminate);
    assert!(signal::is_valid(128) && !signal::is_valid(0) && !signal::is_valid(129));
}

#[test]
fn open_flags_convert() {
    use flags::open_flags::{O_APPEND, O_CREAT, O_DSYNC, O_EXLOCK, O_NONBLOCK, O_SYNC, O_WRONLY};
    let set = &flags::OPEN_FLAGS;
    assert_eq!(
        set.to_host(u64::from(O_WRONLY | O_CREAT | O_APPEND)),
        Ok(0x1 | 0x40 | 0x400)
    );
    assert_eq!(
        set.to_host(u64::from(O_EXLOCK)),
        Ok(0),
        "the handler takes the lock"
    );
    assert_eq!(set.to_host(3), Err(3), "there is no fourth access mode");
    assert_eq!(
        set.to_guest(0x101000),
        u64::from(O_SYNC),
        "O_SYNC holds the bit of O_DSYNC"
    );
    assert_eq!(set.to_guest(0x1000), u64::from(O_DSYNC));
    assert_eq!(
        set.to_guest(0x8000 | 0x800 | 1),
        u64::from(O_NONBLOCK | O_WRONLY)
    );
}

#[test]
fn unknown_flags_are_refused_unless_dropped() {
    assert_eq!(flags::AT_FLAGS.to_host(0x200 | 0x10_0000), Err(0x10_0000));
    assert_eq!(
        Errno::from_repr(flags::AT_FLAGS.refusal),
        Some(Errno::EINVAL)
    );
    assert_eq!(flags::MSG_FLAGS.to_host(0x80 | 0x0200_0000), Ok(0x40));
    assert_eq!(flags::SOCK_TYPE.to_host(0x3000_0001), Ok(0x8_0801));
    assert_eq!(flags::SOCK_TYPE.to_host(9), Err(9));
}

/// What converts to the host and back stays what it was, for every single flag and value.
#[test]
fn sets_round_trip() {
    let mut seen = 0;
    for call in &freebsd::CALLS {
        for param in call.params.as_slice() {
            match param.kind {
                Kind::Flags(set) => {
                    for flag in set.flags.iter().filter(|flag| flag.host != 0) {
                        let first = set
                            .flags
                            .iter()
                            .find(|f| f.host == flag.host)
                            .map(|f| f.guest);
                        assert_eq!(
                            set.to_host(flag.guest).map(|host| Some(set.to_guest(host))),
                            Ok(first)
                        );
                        seen += 1;
                    }
                }
                Kind::Value(map) => {
                    for value in map.values.iter().filter(|value| value.host.is_some()) {
                        let back = map.to_host(value.guest).and_then(|host| map.to_guest(host));
                        assert_eq!(back.and_then(|guest| map.to_host(guest)), value.host);
                        seen += 1;
                    }
                }
                _ => {}
            }
        }
    }
    assert!(seen > 300);
}

#[test]
fn names_of_bits() {
    let names = |set: &compat_tables::FlagSet, bits| {
        let mut text = String::new();
        set.write_names(bits, &mut text)
            .expect("a string takes everything");
        text
    };
    assert_eq!(names(&flags::OPEN_FLAGS, 0), "O_RDONLY");
    assert_eq!(names(&flags::OPEN_FLAGS, 0x10_0002), "O_RDWR|O_CLOEXEC");
    assert_eq!(
        names(&flags::OPEN_FLAGS, 0x4000_0601),
        "O_WRONLY|O_CREAT|O_TRUNC|0x40000000"
    );
    assert_eq!(
        names(&flags::MMAP_FLAGS, 0x0c00_1002),
        "MAP_PRIVATE|MAP_ANON|MAP_ALIGNED(12)"
    );
    assert_eq!(names(&flags::PROT, 0), "0");
    assert_eq!(
        names(&flags::PROT, 0x7_0003),
        "PROT_READ|PROT_WRITE|PROT_MAX(7)"
    );
}

#[test]
fn values_convert() {
    assert_eq!(flags::CLOCK_ID.to_host(4), Some(1));
    assert_eq!(flags::CLOCK_ID.to_host(3), None);
    assert_eq!(flags::DOMAIN.to_host(28), Some(10));
    assert_eq!(flags::DOMAIN.to_guest(10), Some(28));
    assert_eq!(flags::FCNTL_CMD.name(11), Some("F_GETLK"));
    assert_eq!(flags::ioctl_cmd::TIOCSWINSZ, 0x8008_7467);
    assert_eq!(flags::RLIMIT.to_host(10), Some(9));
    assert_eq!(flags::evfilt::EVFILT_READ, -1);
}

#[test]
fn sysctl_names() {
    let (ncpu, more) = freebsd::sysctl(&[6, 3]).expect("hw.ncpu");
    assert_eq!(
        (ncpu.name.as_str(), more, ncpu.format.as_str()),
        ("hw.ncpu", &[][..], "I")
    );
    let (path, more) =
        freebsd::sysctl(&[1, 14, 12, -1]).expect("kern.proc.pathname of this process");
    assert_eq!(
        (path.name.as_str(), more),
        ("kern.proc.pathname", &[-1][..])
    );
    assert!(
        freebsd::sysctl(&[6, 3, 1]).is_none(),
        "hw.ncpu takes nothing more"
    );
    assert!(freebsd::sysctl(&[]).is_none());
    for sysctl in &freebsd::SYSCTLS {
        let found = freebsd::sysctl_named(&sysctl.name).expect("every row has its name");
        assert_eq!(found.oid(), sysctl.oid());
        assert_eq!(
            freebsd::sysctl(sysctl.oid()).map(|(s, _)| s.name.as_str()),
            Some(sysctl.name.as_str())
        );
    }
    let first = freebsd::sysctl_after(&[1]).expect("something is in kern");
    assert_eq!(first.name.as_str(), "kern.ostype");
    assert!(freebsd::sysctl_after(&[i32::MAX]).is_none());
}
