//! The start of a program, the tree of names, variables in links, clocks, children, limits, sockets.

use compat_guests::bsd::files::path;
use compat_guests::bsd::system::{self, Messages, SYSCTL, Waits, value};
use compat_guests::start::{self, auxiliary};
use compat_guests::sys::{self, call};

use crate::DragonFly;

impl Waits for DragonFly {
    const WAIT6: u64 = 548;
    const P_PID: u64 = 0;
    const WCONTINUED: u64 = 4;
    const WEXITED: u64 = 0x10;
    const WNOWAIT: u64 = 8;
    const CONTINUED: u32 = 19;
}

pub(crate) fn start() {
    let entry = start::registers();
    assert_eq!(entry.rsp % 16, 8);
    let block = entry.block();
    assert_eq!(entry.general[5], block as u64, "rdi");
    let [argv, argc, environment, _] = unsafe { (entry.general[1] as *const [u64; 4]).read() };
    assert_eq!(argv, block as u64 + 8, "ps_strings in rbx");
    assert_eq!(u64::from(argc as u32), unsafe { block.read() });
    assert_eq!(environment, argv + 8 * (u64::from(argc as u32) + 1));
    assert_eq!(auxiliary(6), Some(4096), "AT_PAGESZ");
    assert!(
        auxiliary(18).is_some_and(|release| release >= 500_000),
        "AT_OSRELDATE"
    );
    assert!(auxiliary(15).is_some(), "AT_EXECPATH");
}

pub(crate) fn tree() {
    system::values(b"DragonFly\0");
    let mut room = [0u8; 256];
    assert!(
        value(&[1, 14, 9, -1], &mut room).is_ok_and(|size| size > 1),
        "the program"
    );
    // From a name to its numbers, and walking from one to the next.
    let (name, mut numbers, mut size) = (b"kern.ostype", [0i32; 12], 48u64);
    let args = [
        [0i32, 3].as_ptr() as u64,
        2,
        numbers.as_mut_ptr() as u64,
        (&raw mut size) as u64,
        name.as_ptr() as u64,
        name.len() as u64,
    ];
    assert_eq!(call(SYSCTL, args), Ok(0));
    let numbers = unsafe { (&raw const numbers).read_volatile() };
    assert_eq!(
        (&numbers[..2], unsafe { (&raw const size).read_volatile() }),
        (&[1, 1][..], 8)
    );
    let mut leaves = 0;
    let mut at = [0i32, 2, 1, 0, 0, 0, 0, 0];
    let mut length = 3;
    loop {
        let mut next = [0u8; 48];
        let Ok(size) = value(&at[..length], &mut next) else {
            break;
        };
        leaves += 1;
        length = 2 + size as usize / 4;
        for (slot, bytes) in at[2..].iter_mut().zip(next.chunks_exact(4)) {
            *slot = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
    }
    assert!(leaves > 15, "{leaves} leaves");
}

pub(crate) fn interfaces() {
    let messages = Messages {
        version: 7,
        link: 0xe,
        address: 0xc,
        fields: [4, 12],
    };
    system::interfaces(17, 3, &messages);
    system::routes(17);
    system::asked(32, 51, 32);
}

pub(crate) fn variables() {
    let mut buffer = [0u8; 64];
    let at = buffer.as_mut_ptr() as u64;
    assert_eq!(
        call(451, [0xf, path(c"NOBODY_SET_IT"), at, 64]),
        Err(sys::ENOENT),
        "varsym_get"
    );
    let mut marker = [0i32; 1];
    assert_eq!(
        call(452, [1, at, 64, marker.as_mut_ptr() as u64]),
        Ok(0),
        "varsym_list"
    );
    assert_eq!(unsafe { marker.as_ptr().read_volatile() }, -1, "the end");
    assert_eq!(call(451, [0xf, 8, at, 64]), Err(sys::EFAULT));
}

pub(crate) fn clocks() {
    let mut time = [0u64; 2];
    let at = time.as_mut_ptr() as u64;
    for clock in [0, 4, 15] {
        assert_eq!(call(232, [clock, at]), Ok(0), "clock_gettime");
        assert!(unsafe { time.as_ptr().add(1).read_volatile() } < 1_000_000_000);
        assert_eq!(call(234, [clock, at]), Ok(0), "clock_getres");
    }
    assert_eq!(call(232, [77, at]), Err(sys::EINVAL));
    assert_eq!(call(116, [at, 0]), Ok(0), "gettimeofday");
    assert!(time[0] > 1_500_000_000 && time[1] < 1_000_000);
    assert_eq!(
        call(240, [[0u64, u64::MAX].as_ptr() as u64, 0]),
        Err(sys::EINVAL),
        "nanosleep"
    );
    assert_eq!(call(321, []), Ok(0), "yield");
    assert_eq!(call(331, []), Ok(0), "sched_yield");
}

pub(crate) fn limits() {
    system::limits();
    system::identity::<DragonFly>(253);
    let mut usage = [0u64; 18];
    assert_eq!(
        call(117, [0, usage.as_mut_ptr() as u64]),
        Ok(0),
        "getrusage"
    );
    assert!(usage[0] < 1000 && usage[1] < 1_000_000);
    assert_eq!(call(253, []), Ok(0), "issetugid");
    let mut ids = [9u32; 3];
    let at = |index: usize| (&raw const ids) as u64 + 4 * index as u64;
    let places = [at(0), at(1), at(2)];
    assert_eq!(call(360, places), Ok(0), "getresuid");
    let ids = unsafe { (&raw mut ids).read_volatile() };
    assert_eq!(u64::from(ids[1]), call(25, []).unwrap_or(9));
}

pub(crate) fn messages() {
    const NOSIGNAL: u64 = 0x400;
    const CMSG_CLOEXEC: u64 = 0x1000;
    let mut ends = [0u32; 2];
    assert_eq!(
        call(135, [1, 1, 0, ends.as_mut_ptr() as u64]),
        Ok(0),
        "socketpair"
    );
    let [a, b] = unsafe { (&raw const ends).read_volatile() }.map(u64::from);
    let mut byte = 0u8;
    let at = (&raw mut byte) as u64;
    assert_eq!(
        call(29, [b, at, 1, 0x80, 0, 0]),
        Err(sys::EAGAIN),
        "MSG_DONTWAIT"
    );
    // struct cmsghdr: length, level, type; then the descriptor, filled up to 8 bytes.
    let mut control = [0u8; 24];
    for (at, word) in [(0, 20u32), (4, 0xffff), (8, 1), (16, a as u32)] {
        control[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    let iov = [at, 1];
    // struct msghdr: name, its length, vector, its length, control, its length, flags.
    let message = |control: u64, length: u64| [0, 0, iov.as_ptr() as u64, 1, control, length];
    let sent = message(control.as_ptr() as u64, 24);
    assert_eq!(
        call(28, [a, sent.as_ptr() as u64, NOSIGNAL]),
        Ok(1),
        "sendmsg"
    );
    let mut room = [0u8; 64];
    let mut got = message(room.as_mut_ptr() as u64, 64);
    assert_eq!(
        call(27, [b, got.as_mut_ptr() as u64, CMSG_CLOEXEC]),
        Ok(1),
        "recvmsg"
    );
    let word = |at: usize| u32::from_le_bytes([room[at], room[at + 1], room[at + 2], room[at + 3]]);
    assert_eq!((word(0), word(4), word(8)), (20, 0xffff, 1));
    assert_eq!(call(92, [u64::from(word(16)), 1, 0]), Ok(1), "FD_CLOEXEC");
    assert_eq!(call(sys::CLOSE, [b]), Ok(0));
    assert_eq!(
        call(133, [a, at, 1, NOSIGNAL, 0, 0]),
        Err(32),
        "EPIPE, and no signal"
    );
}

pub(crate) fn options() {
    const SOCKET: u64 = 0xffff;
    let fd = call(97, [28, 2 | 0x1000_0000, 0]).or_else(|_| call(97, [2, 2 | 0x1000_0000, 0]));
    let fd = fd.expect("socket");
    assert_eq!(call(92, [fd, 1, 0]), Ok(1), "SOCK_CLOEXEC");
    let (mut value, mut length) = ([0u32; 4], 4u32);
    let args = [
        fd,
        SOCKET,
        0x1008,
        value.as_mut_ptr() as u64,
        (&raw mut length) as u64,
    ];
    assert_eq!(call(118, args), Ok(0), "SO_TYPE");
    assert_eq!(unsafe { value.as_ptr().read_volatile() }, 2);
    let time = [3u64, 250_000];
    assert_eq!(
        call(105, [fd, SOCKET, 0x1006, time.as_ptr() as u64, 16]),
        Ok(0),
        "SO_RCVTIMEO"
    );
    let on = 1u32;
    assert_eq!(
        call(105, [fd, SOCKET, 4, (&raw const on) as u64, 4]),
        Ok(0),
        "SO_REUSEADDR"
    );
    assert_eq!(
        call(118, [fd, SOCKET, 0x7777, args[3], args[4]]),
        Err(42),
        "ENOPROTOOPT"
    );
}

pub(crate) fn refusals() {
    assert_eq!(call(26, [0, 0, 0, 0]), Err(sys::EPERM), "ptrace");
    assert_eq!(call(69, [0]), Err(sys::ENOTSUP), "sbrk");
    assert_eq!(call(338, [0]), Err(sys::EPERM), "jail");
    assert_eq!(call(303, [path(c"no_module")]), Err(sys::ENOENT), "modfind");
    assert_eq!(call(165, [0, 0]), Err(sys::EINVAL), "sysarch");
    assert_eq!(
        call(467, [0, 0, 0, 0]),
        Err(sys::ENOSYS),
        "a checkpoint, which is not built"
    );
}

pub(crate) fn indirect() {
    system::indirect::<DragonFly>(sys::EINVAL);
}
