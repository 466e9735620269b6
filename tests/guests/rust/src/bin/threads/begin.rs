//! thr_new(2) (cpu_set_upcall, cpu_set_user_tls).

use core::arch::asm;

use compat_guests::signal::{self, SIGUSR1, Set, Stack};
use compat_guests::start::Shared;
use compat_guests::sys;
use compat_guests::threads::{Parameters, Thread, spawn};

static SEEN: Shared<[u64; 4]> = Shared::new([0; 4]);

extern "C" fn notes_segment(_: &Thread, argument: u64) {
    let base: u64;
    unsafe { asm!("rdfsbase {}", out(reg) base) };
    SEEN.store([argument, base, 0, 0]);
}

pub(crate) fn registers() {
    // The maker's modes are its own.
    let (mxcsr, control) = (0x5f80u32, 0x0f7fu16);
    unsafe { asm!("ldmxcsr [{}]", "fldcw [{}]", in(reg) &mxcsr, in(reg) &control) };
    let thread = spawn(notes_segment, 0x1234_5678_9abc);
    thread.join();
    let (mxcsr, control) = (0x1f80u32, 0x037fu16);
    unsafe { asm!("ldmxcsr [{}]", "fldcw [{}]", in(reg) &mxcsr, in(reg) &control) };
    let [rsp, word, rbp, flags, mxcsr, control] = thread.first;
    assert_eq!(rsp, (thread.stack_end() & !15) - 8);
    assert_eq!((word, rbp), (0, 0), "return address and frame pointer");
    assert_eq!(flags & 0xd01, 0, "carry, trap, direction and overflow flag");
    assert_eq!((mxcsr & 0xffff, control & 0xffff), (0x1f80, 0x37f));
    assert_eq!(SEEN.load()[..2], [0x1234_5678_9abc, thread.tls]);
}

extern "C" fn notes_numbers(thread: &Thread, _: u64) {
    let told = unsafe {
        [
            (&raw const thread.tid).read_volatile(),
            (&raw const thread.own_tid).read_volatile(),
        ]
    };
    SEEN.store([told[0], told[1], sys::tid(), sys::pid()]);
}

pub(crate) fn numbers() {
    let mut known = [0u64; 20];
    for slot in &mut known {
        let thread = spawn(notes_numbers, 0);
        thread.join();
        let id = thread.id();
        assert_eq!(
            SEEN.load(),
            [id, id, id, sys::pid()],
            "both words are filled in before it runs"
        );
        assert!(id != 0 && id < 0x8000_0000 && id != sys::tid());
        *slot = id;
    }
}

extern "C" fn notes_mask(_: &Thread, _: u64) {
    let mask = signal::mask(signal::BLOCK, Set::EMPTY);
    let mut stack = Stack::default();
    sys::call(sys::SIGALTSTACK, [0, (&raw mut stack) as u64]).expect("sigaltstack");
    let stack = unsafe { (&raw const stack).read_volatile() };
    SEEN.store([
        u64::from(mask == Set::of(&[SIGUSR1, 11, 65, 100])),
        stack.flags as u64,
        stack.sp,
        stack.size,
    ]);
}

/// The mask is the maker's, the alternate stack is not.
pub(crate) fn mask_and_stack() {
    let stack = Stack {
        sp: sys::map(65536, 3),
        size: 65536,
        flags: 0,
        pad: 0,
    };
    sys::call(sys::SIGALTSTACK, [(&raw const stack) as u64, 0]).expect("sigaltstack");
    signal::mask(signal::SETMASK, Set::of(&[SIGUSR1, 11, 65, 100]));
    spawn(notes_mask, 0).join();
    let [mask, flags, ..] = SEEN.load();
    assert_eq!((mask, flags), (1, 4));
}

pub(crate) fn refused() {
    let parameters = Parameters::default();
    let at = (&raw const parameters) as u64;
    assert_eq!(sys::call(sys::THR_NEW, [at, 105]), Err(sys::EINVAL));
    assert_eq!(sys::call(sys::THR_NEW, [at, u64::MAX]), Err(sys::EINVAL));
    assert_eq!(sys::call(sys::THR_NEW, [8, 104]), Err(sys::EFAULT));
    let stack = sys::map(65536, 3);
    let good = Parameters {
        start: 0x1000,
        stack_base: stack,
        stack_size: 65536,
        ..Parameters::default()
    };
    for bad in [
        Parameters {
            child_tid: 8,
            ..good
        },
        Parameters {
            parent_tid: 8,
            ..good
        },
    ] {
        assert_eq!(
            sys::call(sys::THR_NEW, [(&raw const bad) as u64, 104]),
            Err(sys::EFAULT)
        );
    }
    assert_eq!(sys::call(sys::THR_SELF, [8]), Err(sys::EFAULT));
}

static RAN: Shared<u64> = Shared::new(0);

extern "C" fn ends_at_once(_: u64) -> ! {
    RAN.store(1);
    loop {
        let _ = sys::call(sys::THR_EXIT, [0]);
    }
}

/// Programs built long ago pass less of it.
pub(crate) fn shorter_structure() {
    let stack = sys::map(65536, 3);
    let parameters = Parameters {
        start: ends_at_once as *const () as u64,
        stack_base: stack,
        stack_size: 65536,
        tls_base: stack,
        ..Parameters::default()
    };
    // Up to and with tls_size.
    sys::call(sys::THR_NEW, [(&raw const parameters) as u64, 48]).expect("thr_new");
    while RAN.load() == 0 {
        let _ = sys::call(sys::SCHED_YIELD, []);
    }
}

static COUNT: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);

extern "C" fn counts(_: &Thread, _: u64) {
    COUNT.fetch_add(1, core::sync::atomic::Ordering::SeqCst);
}

/// One after the other and twenty at a time: what a thread leaves behind is used again.
pub(crate) fn a_thousand() {
    for _ in 0..50 {
        let threads: [&Thread; 20] = core::array::from_fn(|_| spawn(counts, 0));
        for thread in threads {
            thread.join();
            sys::call(sys::MUNMAP, [core::ptr::from_ref(thread) as u64, 64 * 1024])
                .expect("munmap");
        }
    }
    assert_eq!(COUNT.load(core::sync::atomic::Ordering::SeqCst), 1000);
}
