//! NetBSD's tables, looked up as handlers and traces do.

use compat_tables::netbsd::{self, Errno, call, call_named, flags, signal};
use compat_tables::{Verdict, bsd};

#[test]
fn calls_carry_the_names_of_libc() {
    assert_eq!(call(439).map(|call| call.symbol.as_str()), Some("__stat50"));
    assert_eq!(
        call_named("___lwp_park60").map(|call| call.number),
        Some(478)
    );
    // The older ABIs of one call are told apart by the release that ended them.
    for (number, symbol) in [
        (38, "compat_43_stat43"),
        (188, "compat_12_stat12"),
        (278, "compat_30___stat13"),
        (387, "compat_50___stat30"),
        (434, "compat_60__lwp_park"),
        (162, "compat_09_getdomainname"),
    ] {
        assert_eq!(call(number).map(|call| call.symbol.as_str()), Some(symbol));
    }
    assert_eq!(call(69).map(|call| call.verdict), Some(Verdict::Refuse));
    assert!(call(507).is_none());
}

#[test]
fn arguments_behind_the_registers_are_counted() {
    // mmap's offset and the last of futex's words are the seventh, which lies on the stack.
    for name in ["mmap", "__futex"] {
        assert_eq!(call_named(name).map(|call| call.arg_count()), Some(7));
    }
}

#[test]
fn errors_have_their_own_numbers() {
    for (errno, number) in [
        (Errno::EAGAIN, 35),
        (Errno::ECANCELED, 87),
        (Errno::EILSEQ, 85),
        (Errno::ENOTSUP, 86),
        (Errno::EPROTO, 96),
        (Errno::ENOTRECOVERABLE, 98),
        // What NetBSD has no word for.
        (Errno::EINTEGRITY, 5),
    ] {
        assert_eq!(netbsd::errno_number(errno), number, "{errno}");
        if errno != Errno::EINTEGRITY {
            assert_eq!(netbsd::errno_named(number), Some(errno));
        }
    }
}

#[test]
fn signals_reach_63() {
    assert_eq!(
        (signal::to_host(33), signal::from_host(34)),
        (Some(34), Some(33))
    );
    assert_eq!(
        (signal::to_host(63), signal::from_host(64)),
        (Some(64), Some(63))
    );
    assert!(signal::is_valid(63) && !signal::is_valid(64));
}

#[test]
fn flags_become_the_family_s() {
    let set = &flags::OPEN_FLAGS;
    // O_CREAT, O_CLOEXEC, O_DIRECTORY; O_NOSIGPIPE is dropped.
    let family = set.to_host(0x200 | 0x0040_0000 | 0x0020_0000 | 0x0100_0000);
    assert_eq!(family, Ok(0x200 | 0x0010_0000 | 0x0002_0000));
    assert_eq!(bsd::flags::OPEN_FLAGS.to_host(0x0010_0200), Ok(0x8_0040));
    assert_eq!(flags::CLOCK_ID.to_host(3), Some(4));
    assert_eq!(flags::DOMAIN.to_host(24), Some(28));
    assert_eq!(flags::FCNTL_CMD.to_host(12), Some(17));
    assert_eq!(
        flags::WAIT_OPTIONS.to_host(0x1 | 0x10 | 0x1_0000),
        Ok(0x1 | 0x4 | 0x8)
    );
    assert_eq!(flags::MSYNC_FLAGS.to_host(0x4), Ok(0));
    // A field that holds a number is the same in both.
    assert_eq!(
        flags::MMAP_FLAGS.to_host(0x1002 | 16 << 24),
        Ok(0x1002 | 16 << 24)
    );
}
