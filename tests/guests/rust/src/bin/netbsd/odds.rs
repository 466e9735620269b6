//! What belongs nowhere else: names, clocks of threads, bases, marks that nobody reads, and what came with 11.

use core::sync::atomic::{AtomicU64, Ordering};

use compat_guests::bsd::system::Waits;
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
