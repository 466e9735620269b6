//! The start of a program, the tree of names, clocks, children and limits.

use compat_guests::bsd::system::{self, GETRLIMIT, Messages, SYSCTL, Waits, value};
use compat_guests::start::{self, auxiliary};
use compat_guests::sys::{self, call};

use crate::NetBsd;

impl Waits for NetBsd {
    const WAIT6: u64 = 481;
    const P_PID: u64 = 1;
    const WCONTINUED: u64 = 0x10;
    const WEXITED: u64 = 0x20;
    const WNOWAIT: u64 = 0x1_0000;
    const CONTINUED: u32 = 0xffff;
}

pub(crate) fn start() {
    let entry = start::registers();
    assert_eq!((entry.general[5], entry.rsp % 16), (0, 0), "rdi, rsp");
    // rbx is the address of ps_strings: argv, their number, envp, theirs.
    let strings = entry.general[1] as *const [u64; 4];
    let [argv, argc, environment, _] = unsafe { strings.read() };
    assert_eq!(argv, entry.rsp + 8);
    assert_eq!(argc as u32 as u64, unsafe {
        (entry.rsp as *const u64).read()
    });
    assert_eq!(environment, argv + 8 * (argc as u32 as u64 + 1));
    assert_eq!(auxiliary(6), Some(4096), "AT_PAGESZ");
    assert!(
        auxiliary(13).is_some_and(|base| base > entry.rsp),
        "AT_STACKBASE"
    );
    assert_eq!(auxiliary(2000), call(25, []).ok(), "AT_EUID");
    assert!(auxiliary(2014).is_some(), "AT_SUN_EXECNAME");
}

/// `struct sysctlnode`, as far as it is looked at.
#[repr(C)]
#[derive(Clone, Copy)]
struct Node {
    flags: u32,
    number: i32,
    name: [u8; 32],
    rest: [u64; 7],
}

const EMPTY: Node = Node {
    flags: 0,
    number: 0,
    name: [0; 32],
    rest: [0; 7],
};

fn nodes_below(above: &[i32]) -> ([Node; 96], usize) {
    let mut name = [0i32; 8];
    name[..above.len()].copy_from_slice(above);
    name[above.len()] = -2;
    let mut nodes = [EMPTY; 96];
    let mut size = size_of_val(&nodes) as u64;
    let mut query = EMPTY;
    query.flags = 0x0100_0000;
    let args = [
        name.as_ptr() as u64,
        above.len() as u64 + 1,
        nodes.as_mut_ptr() as u64,
        (&raw mut size) as u64,
        (&raw const query) as u64,
        size_of::<Node>() as u64,
    ];
    assert_eq!(call(SYSCTL, args), Ok(0), "CTL_QUERY below {above:?}");
    let size = unsafe { (&raw const size).read_volatile() } as usize;
    (
        unsafe { (&raw const nodes).read_volatile() },
        size / size_of::<Node>(),
    )
}

fn child(above: &[i32], wanted: &[u8]) -> Node {
    let (nodes, count) = nodes_below(above);
    let named = |node: &&Node| node.name.starts_with(wanted) && node.name[wanted.len()] == 0;
    *nodes[..count]
        .iter()
        .find(named)
        .expect("the name is there")
}

pub(crate) fn tree() {
    // As libc turns kern.hostname into numbers, level by level.
    let kern = child(&[], b"kern");
    assert_eq!((kern.number, kern.flags & 0xf), (1, 1), "a node");
    let hostname = child(&[1], b"hostname");
    assert_eq!((hostname.number, hostname.flags & 0xf), (10, 3), "a string");
    let page = child(&[6], b"pagesize");
    assert_eq!((page.number, page.flags & 0xf), (7, 2), "an integer");
    assert!(child(&[4], b"inet").flags & 0xf == 1);
    let (mut name, mut size) = ([1i32, 1, -2], 0u64);
    let args = [name.as_mut_ptr() as u64, 3, 0, (&raw mut size) as u64, 0, 0];
    assert_eq!(call(SYSCTL, args), Err(20), "ENOTDIR");
}

pub(crate) fn values() {
    system::values(b"NetBSD\0");
    let mut room = [0u8; 256];
    assert_eq!(value(&[], &mut room), Err(sys::EINVAL));
    assert_eq!(value(&[6, 13], &mut room[..8]), Ok(8), "hw.physmem64");
    assert_eq!(value(&[1, 81], &mut room[..16]), Ok(16), "kern.arandom");
    let nobody = 1i32;
    let name = [1i32, 1];
    let args = [name.as_ptr() as u64, 2, 0, 0, (&raw const nobody) as u64, 4];
    assert_eq!(call(SYSCTL, args), Err(sys::EPERM));
}

pub(crate) fn interfaces() {
    for (query, address) in [(6, 0x16), (5, 0xc)] {
        let messages = Messages {
            version: 4,
            link: 0x14,
            address,
            fields: [12, 4],
        };
        system::interfaces(34, query, &messages);
    }
    system::routes(34);
    system::asked(144, 126, 140);
}

pub(crate) fn clocks() {
    let mut time = [0u64; 2];
    let at = time.as_mut_ptr() as u64;
    for clock in [0, 3] {
        assert_eq!(call(427, [clock, at]), Ok(0), "clock_gettime");
        assert!(unsafe { time.as_ptr().read_volatile() } > 0 && time[1] < 1_000_000_000);
        assert_eq!(call(429, [clock, at]), Ok(0), "clock_getres");
    }
    assert_eq!(call(427, [55, at]), Err(sys::EINVAL));
    assert_eq!(call(418, [at, 0]), Ok(0), "gettimeofday");
    assert!(time[0] > 1_500_000_000 && time[1] as u32 as u64 == time[1] && time[1] < 1_000_000);
    // Of before 5.0: seconds of 32 bits.
    let mut old = [0u32; 4];
    assert_eq!(call(116, [old.as_mut_ptr() as u64, 0]), Ok(0));
    assert!(u64::from(old[0]) - time[0] < 100 && old[1] < 1_000_000);
    assert_eq!(call(232, [0, old.as_mut_ptr() as u64]), Ok(0));
    assert!(u64::from(old[0]) - time[0] < 100);
    // The error is the value.
    let short = [0u64, 1_000_000];
    assert_eq!(
        call(477, [3, 0, short.as_ptr() as u64, 0]),
        Ok(0),
        "clock_nanosleep"
    );
    assert_eq!(
        call(477, [3, 0, [0u64, u64::MAX].as_ptr() as u64, 0]),
        Ok(sys::EINVAL)
    );
}

pub(crate) fn children() {
    system::children::<NetBsd>();
    assert_eq!(call(26, [0, 0, 0, 0]), Err(sys::EPERM), "ptrace");
}

pub(crate) fn limits() {
    system::limits();
    system::identity::<NetBsd>(305);
    let mut limit = [0u64; 2];
    let at = limit.as_mut_ptr() as u64;
    assert_eq!(call(GETRLIMIT, [8, at]), Ok(0));
    let lower = [limit[0] - 1, limit[1]];
    assert_eq!(call(195, [8, lower.as_ptr() as u64]), Ok(0), "setrlimit");
    assert_eq!(call(GETRLIMIT, [8, at]), Ok(0));
    assert_eq!(unsafe { limit.as_ptr().read_volatile() }, lower[0]);
    let mut usage = [0xaaaa_aaaa_aaaa_aaaau64; 19];
    assert_eq!(
        call(445, [0, usage.as_mut_ptr() as u64]),
        Ok(0),
        "getrusage"
    );
    assert!(usage[0] < 1000 && usage[1] < 1_000_000 && usage[18] == 0xaaaa_aaaa_aaaa_aaaa);
    assert_eq!(call(305, []), Ok(0), "issetugid");
}

pub(crate) fn indirect() {
    system::indirect::<NetBsd>(sys::ENOSYS);
}
