//! What belongs nowhere else: names, clocks of threads, bases, marks that nobody reads, and what came with 11.

use core::sync::atomic::{AtomicU64, Ordering};

use compat_guests::bsd::system::Waits;
use compat_guests::bsd::{map, pipe};
use compat_guests::sys::{self, call};

use crate::NetBsd;

pub(crate) fn login() {
    let mut name = [0xa5u8; 40];
    let at = name.as_mut_ptr() as u64;
    assert_eq!(call(49, [at, 17]), Ok(0), "getlogin");
    let name = unsafe { (&raw const name).read_volatile() };
    assert!(name[..16].contains(&0) || name[15].is_ascii_graphic());
    assert_eq!(name[16..], [0xa5; 24]);
    if call(sys::GETUID, []) != Ok(0) {
        assert_eq!(call(50, [c"somebody".as_ptr() as u64]), Err(sys::EPERM));
        return;
    }
    assert_eq!(call(50, [c"somebody".as_ptr() as u64]), Ok(0));
    assert_eq!(call(49, [at, 5]), Ok(0));
    let name = unsafe { (at as *const [u8; 5]).read_volatile() };
    assert_eq!(&name, b"someb");
}

pub(crate) fn clocks() {
    let (mut id, mut time) = (0u32, [0u64; 2]);
    let (id_at, time_at) = ((&raw mut id) as u64, time.as_mut_ptr() as u64);
    let id = || u64::from(unsafe { (&raw const id).read_volatile() });
    // P_PID and P_LWPID.
    assert_eq!(call(482, [1, 0, id_at]), Ok(0));
    assert_eq!(id(), 0x4000_0000 | sys::pid());
    assert_eq!(call(427, [id(), time_at]), Ok(0), "of the process");
    assert!(time[0] < 1000);
    assert_eq!(call(482, [2, 0, id_at]), Ok(0));
    assert_eq!(id(), 0x2000_0000 | call(311, []).unwrap_or(0));
    assert_eq!(call(427, [id(), time_at]), Ok(0), "of the thread");
    assert_eq!(call(429, [id(), time_at]), Ok(0));
    assert_eq!(call(482, [1, 0x3f_ffff, id_at]), Ok(0), "nobody looks");
    assert_eq!(call(427, [id(), time_at]), Err(sys::ESRCH));
    assert_eq!(call(482, [4, 0, id_at]), Err(sys::EINVAL), "P_PGID");
}

pub(crate) fn marks() {
    let base = AtomicU64::new(0);
    let at = base.as_ptr() as u64;
    assert_eq!(call(165, [15, at]), Ok(0), "X86_GET_FSBASE");
    let before = base.load(Ordering::SeqCst);
    base.store(at, Ordering::SeqCst);
    assert_eq!(call(165, [17, at]), Ok(0), "X86_SET_FSBASE");
    let found: u64;
    unsafe { core::arch::asm!("mov {}, fs:[0]", out(reg) found) };
    assert_eq!(found, at);
    base.store(before, Ordering::SeqCst);
    assert_eq!(call(165, [17, at]), Ok(0));
    base.store(1 << 47, Ordering::SeqCst);
    assert_eq!(call(165, [17, at]), Err(sys::EINVAL));
    assert_eq!(
        call(306, [c"label".as_ptr() as u64, at, 8]),
        Ok(0),
        "utrace"
    );
    assert_eq!(call(343, [at, 8, 0]), Err(45), "RAS_INSTALL");
    assert_eq!(call(343, [0, 0, 2]), Ok(0), "RAS_PURGE_ALL");
    assert_eq!(call(351, [63]), Ok(0), "_sched_protect");
    assert_eq!(call(351, [64]), Err(sys::EINVAL));
    assert_eq!(call(44, [0, 0, 0, 0]), Ok(0), "profil");
    let mut identifiers = [[0u8; 16]; 2];
    assert_eq!(
        call(355, [identifiers.as_mut_ptr() as u64, 2]),
        Ok(0),
        "uuidgen"
    );
    let [first, second] = unsafe { (&raw const identifiers).read_volatile() };
    assert!(first != second && first[7] >> 4 == 1 && first[8] >> 6 == 2);
    assert_eq!(call(355, [at, 0]), Err(sys::EINVAL));
}

/// `eventfd`, `epoll`, `memfd_create`, `dup3`.
pub(crate) fn newer() {
    const CLOEXEC: u64 = 0x40_0000;
    let event = call(267, [3, 2 | 4 | CLOEXEC]).expect("eventfd");
    let mut count = 0u64;
    let at = (&raw mut count) as u64;
    assert_eq!(call(92, [event, 1, 0]), Ok(1), "close-on-exec");
    assert_eq!(call(sys::READ, [event, at, 8]), Ok(8));
    assert_eq!(
        unsafe { (&raw const count).read_volatile() },
        1,
        "a semaphore"
    );

    let epoll = call(502, [CLOEXEC]).expect("epoll_create1");
    assert_eq!(call(502, [4]), Err(sys::EINVAL));
    // What happens, a gap, what the program wrote.
    let wanted = [1u32, 0xdead, 0x1234, 0x5678];
    assert_eq!(
        call(503, [epoll, 1, event, wanted.as_ptr() as u64]),
        Ok(0),
        "EPOLL_CTL_ADD"
    );
    let mut found = [[9u32; 4]; 2];
    let none = [0u64, 0];
    let wait = |found: &mut [[u32; 4]; 2]| {
        call(
            504,
            [epoll, found.as_mut_ptr() as u64, 2, none.as_ptr() as u64, 0],
        )
    };
    assert_eq!(wait(&mut found), Ok(1));
    let told = unsafe { (&raw const found).read_volatile() };
    assert_eq!(told, [[1, 0, 0x1234, 0x5678], [9; 4]]);
    for _ in 0..2 {
        assert_eq!(call(sys::READ, [event, at, 8]), Ok(8));
    }
    assert_eq!(call(sys::READ, [event, at, 8]), Err(sys::EAGAIN));
    assert_eq!(wait(&mut found), Ok(0));
    assert_eq!(call(503, [epoll, 2, event, 0]), Ok(0), "EPOLL_CTL_DEL");
    assert_eq!(call(503, [epoll, 2, event, 0]), Err(sys::ENOENT));
    // A signal that the mask lets through, and only there.
    NetBsd::child(|| assert_eq!(call(504, [1000, at, 1, 0, 0]), Err(sys::EBADF)));

    let memory = call(500, [c"name".as_ptr() as u64, 1]).expect("memfd_create");
    assert_eq!(call(sys::WRITE, [memory, at, 8]), Ok(8));
    assert_eq!(call(505, [memory, memory, 0]), Err(sys::EINVAL), "dup3");
    assert_eq!(call(505, [memory, event, CLOEXEC]), Ok(event));
    assert_eq!(call(92, [event, 1, 0]), Ok(1));
}

/// What this kernel refuses otherwise than others do.
pub(crate) fn refusals() {
    let (to_read, to_write) = pipe();
    let gone = map(8192);
    assert_eq!(call(73, [gone, 8192]), Ok(0), "munmap");
    assert_eq!(call(277, [gone, 4096, 4]), Err(sys::EFAULT), "__msync13");
    let states = [0u8; 8];
    let at = states.as_ptr() as u64;
    assert_eq!(call(78, [map(4096), 0, at]), Err(sys::EINVAL), "mincore");
    for (number, fd) in [(sys::READ, to_read), (sys::WRITE, to_write)] {
        assert_eq!(call(number, [fd, at, u64::MAX]), Err(sys::EINVAL));
    }
    // Whoever may make devices may make a file of its own.
    let name = c"made".as_ptr() as u64;
    let made = call(450, [name, 0o100_600, 0]);
    if call(sys::GETUID, []) == Ok(0) {
        assert_eq!(made, Ok(0), "__mknod50");
        assert_eq!(call(450, [name, 0o100_600, 0]), Err(17));
        assert_eq!(call(10, [name]), Ok(0), "unlink");
        assert_eq!(call(450, [name, 0o020_600, u64::MAX]), Err(sys::EINVAL));
        let long = c"a-name-of-17-char".as_ptr() as u64;
        assert_eq!(call(50, [long]), Err(sys::EINVAL), "__setlogin");
    } else {
        assert_eq!(made, Err(sys::EPERM));
        assert_eq!(call(450, [name, 0o020_600, 0]), Err(sys::EPERM));
    }
    assert_eq!(call(92, [to_write, 13, 0]), Ok(0), "F_GETNOSIGPIPE");
    assert_eq!(call(92, [to_write, 14, 0]), Ok(0), "F_SETNOSIGPIPE");
    let made = sys::call(5, [c"/dev/null".as_ptr() as u64, 2, 0]).expect("open");
    assert_eq!(call(92, [made, 14, 1]), Err(sys::EINVAL), "not built");
    assert_eq!(call(92, [77, 13, 0]), Err(sys::EBADF));
    // Names of message queues are no paths.
    let queue = c"/a/queue in/parts".as_ptr() as u64;
    let _ = call(259, [queue]);
    assert!(call(257, [queue, 0x202, 0o600, 0]).is_ok(), "mq_open");
    assert_eq!(call(259, [queue]), Ok(0), "mq_unlink");
    assert_eq!(call(259, [queue]), Err(sys::ENOENT));
}

/// `minherit`: what is shared stays so, and what is not is not shared by asking.
pub(crate) fn inheritance() {
    const MINHERIT: u64 = 273;
    let [share, copy, none, donate, zero] = [0, 1, 2, 3, 4];
    let private = map(4096);
    let args = [0, 4096, 3, 0x1001, u64::MAX, 0];
    let shared = sys::call_of_seven(197, args, 0).expect("mmap");
    let change = |at: u64, how: u64| call(MINHERIT, [at, 4096, how]);
    assert_eq!(change(private, donate), Err(sys::EINVAL));
    assert_eq!(change(private, 5), Err(sys::EINVAL));
    let word = |at: u64| unsafe { &*(at as *const AtomicU64) };
    for (how, seen) in [(copy, 1), (zero, 0), (copy, 1)] {
        assert_eq!(change(private, how), Ok(0));
        word(private).store(1, Ordering::SeqCst);
        let status = NetBsd::status_of(|| {
            assert_eq!(word(private).load(Ordering::SeqCst), seen);
            word(private).store(2, Ordering::SeqCst);
        });
        assert_eq!(status, 0);
        assert_eq!(word(private).load(Ordering::SeqCst), 1);
    }
    assert_eq!(change(shared, none), Ok(0));
    let lost = NetBsd::status_of(|| word(shared).store(1, Ordering::SeqCst));
    assert_eq!(lost & 0x7f, 11, "SIGSEGV");
    assert_eq!(change(shared, share), Ok(0));
    assert_eq!(
        NetBsd::status_of(|| word(shared).store(3, Ordering::SeqCst)),
        0
    );
    assert_eq!(word(shared).load(Ordering::SeqCst), 3);
}

/// KFILTER_BYFILTER and KFILTER_BYNAME.
pub(crate) fn filters() {
    let queue = call(344, []).expect("kqueue");
    let mut name = [0u8; 16];
    let at = name.as_mut_ptr() as u64;
    let ask = |command: u64, mapping: &mut [u64; 3]| {
        call(54, [queue, command, mapping.as_mut_ptr() as u64])
    };
    let mut mapping = [at, 16, 5];
    assert_eq!(ask(0xc018_6b00, &mut mapping), Ok(0));
    let told = unsafe { (&raw const name).read_volatile() };
    assert!(told.starts_with(b"EVFILT_SIGNAL\0"));
    mapping = [at, 6, 5];
    assert_eq!(ask(0xc018_6b00, &mut mapping), Err(63), "ENAMETOOLONG");
    mapping = [at, 16, 99];
    assert_eq!(ask(0xc018_6b00, &mut mapping), Err(sys::ENOENT));
    for (name, filter) in [(c"EVFILT_VNODE", Ok(3)), (c"EVFILT", Err(sys::ENOENT))] {
        let mut mapping = [name.as_ptr() as u64, 0, 9];
        let result = ask(0xc018_6b01, &mut mapping);
        let found = unsafe { (&raw const mapping[2]).read_volatile() };
        assert_eq!(result.map(|_| found), filter);
    }
}

/// Pipes and sockets that raise no signal when nobody reads any more: made so, or told to.
pub(crate) fn quiet() {
    const EPIPE: u64 = 32;
    let byte = [1u8];
    let at = byte.as_ptr() as u64;
    let vector = [at, 1];
    let broken = |[to_read, to_write]: [u64; 2]| {
        assert_eq!(call(92, [to_write, 13, 0]), Ok(1), "F_GETNOSIGPIPE");
        // What is set of it otherwise leaves that alone.
        assert_eq!(call(92, [to_write, 4, 4]), Ok(0), "O_NONBLOCK");
        assert_eq!(call(92, [to_write, 3, 0]).map(|flags| flags & 4), Ok(4));
        assert_eq!(call(sys::WRITE, [to_write, at, 1]), Ok(1));
        assert_eq!(call(sys::CLOSE, [to_read]), Ok(0));
        // From sites that are patched soon as well.
        for _ in 0..20 {
            assert_eq!(call(sys::WRITE, [to_write, at, 1]), Err(EPIPE));
            let writev = [to_write, vector.as_ptr() as u64, 1];
            assert_eq!(call(121, writev), Err(EPIPE));
        }
    };
    let two = |made: &[u32; 2]| {
        let [a, b] = unsafe { (made as *const [u32; 2]).read_volatile() };
        [u64::from(a), u64::from(b)]
    };
    let mut made = [0u32; 2];
    let made_at = made.as_mut_ptr() as u64;
    assert_eq!(call(453, [made_at, 0x100_0000]), Ok(0), "pipe2");
    broken(two(&made));
    assert_eq!(call(135, [1, 0x4000_0001, 0, made_at]), Ok(0), "socketpair");
    broken(two(&made));
    assert_eq!(call(453, [made_at, 0]), Ok(0));
    let [_, to_write] = two(&made);
    assert_eq!(call(92, [to_write, 14, 1]), Ok(0), "F_SETNOSIGPIPE");
    broken(two(&made));
    assert_eq!(call(92, [to_write, 14, 0]), Ok(0));
    let status = NetBsd::status_of(|| {
        let _ = call(sys::WRITE, [to_write, at, 1]);
    });
    assert_eq!(status, 13, "SIGPIPE again");
}
