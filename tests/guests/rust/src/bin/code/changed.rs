//! Places that the host has made jumps of, and which the program then changes, takes away, or enters in the middle.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use compat_guests::sys::{self, OFTEN};
use compat_guests::threads::spawn;

use crate::mapped::{
    ALL_RIGHTS, FIRST, FIXED, PAGE, PRIVATE, READ_EXECUTE, code_file, map, protect, unmap,
};
use crate::sites::{ALL, FORMS, Form, Place, call, identity};

/// Runs `place` until the host has had every reason to change it.
fn heat(place: Place, own: u64, parent: u64) {
    for _ in 0..OFTEN {
        assert_eq!(
            place.call(),
            place.expected(own, parent),
            "{}",
            place.form.name
        );
    }
}

/// Whoever jumps to the `syscall` itself, or between the instructions before it, finds what was always there.
pub(crate) fn entered_in_the_middle() {
    let (own, parent) = identity();
    // The last one finds its number on the stack.
    for form in &FORMS[..FORMS.len() - 1] {
        let place = Place {
            form: *form,
            index: 5,
        };
        heat(place, own, parent);
        assert!(place.is_jump(), "{}", form.name);
        for number in [20, 39u64].repeated(10) {
            let expected = if number == 20 { own } else { parent };
            assert_eq!(enter(place.syscall(), number), expected, "{}", form.name);
            if form.before == 0 && form.syscall >= 8 && form.name.starts_with("library") {
                // mov r10, rcx
                assert_eq!(enter(place.syscall() - 3, number), expected);
            }
        }
        heat(place, own, parent);
    }
}

trait Repeated: Sized {
    fn repeated(self, times: usize) -> impl Iterator<Item = u64>;
}

impl<const N: usize> Repeated for [u64; N] {
    fn repeated(self, times: usize) -> impl Iterator<Item = u64> {
        self.into_iter().cycle().take(N * times)
    }
}

/// Jumps to `address` with `number` in rax and a word of room on the stack.
fn enter(address: u64, number: u64) -> u64 {
    let result;
    unsafe {
        core::arch::asm!(
            // What the place removes from the stack, if it does.
            "mov r12, rsp",
            "call {address}",
            "mov rsp, r12",
            address = in(reg) address,
            inlateout("rax") number => result,
            out("r12") _, out("rcx") _, out("rdx") _, out("rsi") _, out("rdi") _,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    result
}

/// What the program sees once its code is writable is what it wrote there, so that it can change a part of it.
pub(crate) fn made_writable() {
    let (own, parent) = identity();
    let pages = crate::sites::bounds();
    let size = (pages.1 - pages.0).next_multiple_of(PAGE);
    // Those of one text may be changed together.
    let mut before = [0u8; 64];
    for (number, head) in (0..FORMS.len() as u64).zip(before.chunks_exact_mut(8)) {
        let at = Place::numbered(number).address() as *const [u8; 8];
        head.copy_from_slice(&unsafe { at.read_volatile() });
    }
    for number in 0..ALL {
        let place = Place::numbered(number);
        heat(place, own, parent);
        assert!(place.is_jump(), "{}", place.form.name);
    }
    protect(pages.0, size, ALL_RIGHTS);
    for number in 0..ALL {
        let place = Place::numbered(number);
        assert!(!place.is_jump(), "{}", place.form.name);
        if number < FORMS.len() as u64 {
            let head = unsafe { (place.address() as *const [u8; 8]).read_volatile() };
            assert_eq!(
                head,
                before[number as usize * 8..][..8],
                "{}",
                place.form.name
            );
        }
        change_number(place);
    }
    for turn in 0..2 {
        for number in 0..ALL {
            let place = Place::numbered(number);
            for _ in 0..OFTEN {
                let expected = if number_at(place).is_some() {
                    parent
                } else {
                    own
                };
                assert_eq!(place.call(), expected, "{}, turn {turn}", place.form.name);
            }
        }
        protect(pages.0, size, READ_EXECUTE);
    }
}

/// Where the number of a place's call stands, if it does in the code.
fn number_at(place: Place) -> Option<u64> {
    let form: Form = place.form;
    let first = unsafe { (place.address() as *const u8).read_volatile() };
    match first {
        0xb8 => Some(place.address() + 1),
        0x48 => Some(place.address() + 3),
        _ => {
            assert_eq!(form.name, "loaded number");
            None
        }
    }
}

fn change_number(place: Place) {
    if let Some(at) = number_at(place) {
        unsafe { (at as *mut u8).write_volatile(39) };
    }
}

static AT: AtomicU64 = AtomicU64::new(0);
static SEEN: AtomicU64 = AtomicU64::new(0);
static WRONG: AtomicU64 = AtomicU64::new(0);

extern "C" fn keeps_calling(_: &compat_guests::threads::Thread, own: u64) {
    loop {
        let at = AT.load(SeqCst);
        SEEN.store(at, SeqCst);
        if at == u64::MAX {
            return;
        }
        if at != 0 && call(at) != own {
            WRONG.fetch_add(1, SeqCst);
        }
    }
}

fn tell(at: u64) {
    AT.store(at, SeqCst);
    while SEEN.load(SeqCst) != at {
        let _ = sys::call(sys::SCHED_YIELD, []);
    }
}

/// The jump goes while another thread runs over it, wherever it lies.
pub(crate) fn made_writable_under_load() {
    let (own, _) = identity();
    let file = code_file();
    let thread = spawn(keeps_calling, own);
    for round in 0..300 {
        let at = map(0, PAGE, READ_EXECUTE, PRIVATE, file, 0);
        // mov eax, 20; syscall; ret, at every distance from an aligned word.
        let place = at + FIRST + (round % 64) * 9;
        tell(place);
        while unsafe { (place as *const u8).read_volatile() } == 0xb8 {
            let _ = sys::call(sys::SCHED_YIELD, []);
        }
        protect(at, PAGE, ALL_RIGHTS);
        assert_eq!(unsafe { (place as *const u8).read_volatile() }, 0xb8);
        protect(at, PAGE, READ_EXECUTE);
        tell(0);
        unmap(at, PAGE);
    }
    tell(u64::MAX);
    thread.join();
    assert_eq!(WRONG.load(SeqCst), 0);
}

/// Other code where hot code was: each page of the file has calls of another form and another number.
pub(crate) fn replaced() {
    let (own, parent) = identity();
    let file = code_file();
    let room = map(0, PAGE, 0, 0x1000 | PRIVATE, u64::MAX, 0);
    for round in 0..60u64 {
        let page = round * 7 % 4;
        let at = map(room, PAGE, READ_EXECUTE, PRIVATE | FIXED, file, page * PAGE);
        let expected = if page % 2 == 0 { own } else { parent };
        for place in 0..64 {
            for _ in 0..if round < 8 { OFTEN } else { 2 } {
                assert_eq!(
                    call(at + FIRST + place * 9),
                    expected,
                    "page {page}, place {place}"
                );
            }
        }
        match round % 3 {
            0 => unmap(at, PAGE),
            1 => {
                map(at, PAGE, 3, 0x1000 | PRIVATE | FIXED, u64::MAX, 0);
            }
            _ => {}
        }
    }
}

/// Rights that come and go.
pub(crate) fn protected() {
    const NONE: u64 = 0;
    const READ: u64 = 1;
    let (own, _) = identity();
    let file = code_file();
    let at = map(0, PAGE, READ_EXECUTE, PRIVATE, file, 0);
    for rights in [READ, NONE, READ_EXECUTE, ALL_RIGHTS, READ] {
        for place in 0..64 {
            for _ in 0..OFTEN {
                assert_eq!(call(at + FIRST + place * 9), own);
            }
        }
        protect(at, PAGE, rights);
        protect(at, PAGE, READ_EXECUTE);
    }
}
