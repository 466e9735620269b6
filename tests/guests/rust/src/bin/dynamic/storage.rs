//! Thread-local words of the program and of the shared object.

use core::arch::{asm, global_asm};
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::signal::{self, Context, Info, SIGUSR1, Set};
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn_with_base};

global_asm!(
    ".section .tdata,\"awT\",@progbits",
    ".type program_word,@object",
    "program_word:",
    ".quad 0x1122334455667788",
    ".size program_word, 8",
    ".text",
);

#[repr(C)]
struct Words {
    word: *mut u64,
    zero: *mut u64,
}

unsafe extern "C" {
    fn guest_thread_words() -> Words;
}

fn program_word() -> u64 {
    let word: u64;
    unsafe { asm!("mov {}, fs:program_word@tpoff", out(reg) word) };
    word
}

/// The shared object's words and the program's own.
fn all() -> [u64; 3] {
    unsafe {
        let Words { word, zero } = guest_thread_words();
        [word.read_volatile(), zero.read_volatile(), program_word()]
    }
}

const FRESH: [u64; 3] = [0x0123_4567_89ab_cdef, 0, 0x1122_3344_5566_7788];

pub(crate) fn of_both() {
    assert_eq!(all(), FRESH);
    unsafe { guest_thread_words().zero.write(7) };
    let _ = sys::pid();
    assert_eq!(all(), [FRESH[0], 7, FRESH[2]]);
}

static SEEN: AtomicU64 = AtomicU64::new(0);

extern "C" fn looks(_: u32, _: &mut Info, _: &mut Context) {
    if all() == FRESH {
        SEEN.fetch_add(1, SeqCst);
    }
}

pub(crate) fn in_handlers() {
    signal::handle(SIGUSR1, looks, 0, Set::EMPTY);
    for round in 1..=10 {
        signal::raise(SIGUSR1);
        assert_eq!(SEEN.load(SeqCst), round);
        assert_eq!(all(), FRESH);
    }
}

/// A copy of this thread's storage, with a thread pointer of its own.
fn another() -> u64 {
    let pointer: u64;
    unsafe { asm!("mov {}, fs:[0]", out(reg) pointer) };
    let page = sys::map(8192, 3) + 4096;
    unsafe {
        ((page - 1024) as *mut u8).copy_from_nonoverlapping((pointer - 1024) as *const u8, 1024);
        (page as *mut u64).write(page);
    }
    page
}

extern "C" fn changes_its_own(_: &Thread, _: u64) {
    SEEN.store(u64::from(all() == FRESH), SeqCst);
    unsafe { guest_thread_words().word.write(99) };
}

pub(crate) fn in_threads() {
    let thread = spawn_with_base(changes_its_own, 0, another());
    thread.join();
    assert_eq!(SEEN.load(SeqCst), 1);
    assert_eq!(all(), FRESH, "the thread changed its own");
}

/// As libthr and rtld do since FreeBSD 12, where the processor has the instruction.
pub(crate) fn moved_by_the_program_itself() {
    const AMD64_GET_FSBASE: u64 = 128;
    let other = another();
    unsafe { asm!("wrfsbase {}", in(reg) other) };
    unsafe { guest_thread_words().zero.write(5) };
    for _ in 0..10 {
        let _ = sys::pid();
    }
    let mut told = 0u64;
    sys::call(sys::SYSARCH, [AMD64_GET_FSBASE, (&raw mut told) as u64]).expect("sysarch");
    assert_eq!(unsafe { (&raw const told).read_volatile() }, other);
    assert_eq!(
        sys::in_child(|| assert_eq!(all(), [FRESH[0], 5, FRESH[2]])),
        0
    );
    signal::handle(SIGUSR1, sees_five, 0, Set::EMPTY);
    signal::raise(SIGUSR1);
    assert_eq!(SEEN.load(SeqCst), 1);
    assert_eq!(all(), [FRESH[0], 5, FRESH[2]]);
}

extern "C" fn sees_five(_: u32, _: &mut Info, _: &mut Context) {
    SEEN.store(u64::from(all()[1] == 5), SeqCst);
}
