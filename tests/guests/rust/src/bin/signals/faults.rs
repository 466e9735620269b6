//! Faults of the program's own instructions, as FreeBSD reports them (trap in amd64/trap.c).

use core::arch::asm;

use compat_guests::signal::{self, Context, Info, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, Set};
use compat_guests::start::Shared;
use compat_guests::sys;

/// Where to go on after the fault, and where it is expected.
static PLACES: Shared<[u64; 2]> = Shared::new([0; 2]);
static FOUND: Shared<Option<Found>> = Shared::new(None);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    signal: u32,
    code: i32,
    addr: u64,
    trap: u32,
    err: u64,
    rip: u64,
}

const TRACE: u64 = 0x100;

extern "C" fn notes_and_goes_on(signal: u32, info: &mut Info, context: &mut Context) {
    let machine = &mut context.machine;
    assert_eq!(info.signo, signal as i32);
    assert_eq!(
        info.reason[0], machine.trapno as i32,
        "si_trapno and mc_trapno"
    );
    FOUND.store(Some(Found {
        signal,
        code: info.code,
        addr: info.addr,
        trap: machine.trapno,
        err: machine.err,
        rip: machine.rip,
    }));
    machine.rip = PLACES.load()[0];
    machine.rflags &= !TRACE;
    // No exception may be left waiting for the next floating-point instruction.
    machine.fpstate[0..2].copy_from_slice(&0x37fu16.to_ne_bytes());
    machine.fpstate[2..4].fill(0);
    machine.fpstate[24..28].copy_from_slice(&0x1f80u32.to_ne_bytes());
}

fn prepare() {
    for signal in [SIGILL, SIGTRAP, SIGFPE, SIGBUS, SIGSEGV] {
        signal::handle(signal, notes_and_goes_on, 0, Set::EMPTY);
    }
}

fn found() -> Found {
    let found = FOUND.load().expect("a fault");
    FOUND.store(None);
    found
}

/// Runs instructions that fault at the first, and goes on behind the last.
macro_rules! provoke {
    ($($line:literal),+; $($operand:tt)*) => {
        unsafe {
            asm!(
                "lea {scratch}, [rip + 22f]",
                "mov [{places}], {scratch}",
                "lea {scratch}, [rip + 21f]",
                "mov [{places} + 8], {scratch}",
                "21:",
                $($line,)+
                "22:",
                scratch = out(reg) _,
                places = in(reg) PLACES.get(),
                $($operand)*
            )
        }
    };
}

fn here() -> u64 {
    PLACES.load()[1]
}

fn expect(signal: u32, code: i32, addr: u64, trap: u32) -> Found {
    let found = found();
    assert_eq!(
        (found.signal, found.code, found.addr, found.trap),
        (signal, code, addr, trap),
        "signal, code, address and trap number"
    );
    found
}

const T_PAGEFLT: u32 = 12;

pub(crate) fn unmapped() {
    prepare();
    for address in [0u64, 0x10, 0x1000_0000_0000] {
        provoke!("mov al, [{a}]"; a = in(reg) address, out("al") _);
        let found = expect(SIGSEGV, 1, address, T_PAGEFLT);
        assert_eq!((found.err, found.rip), (4, here()), "a user's read");
        provoke!("mov [{a}], al"; a = in(reg) address);
        let found = expect(SIGSEGV, 1, address, T_PAGEFLT);
        assert_eq!(found.err, 6, "a user's write");
    }
}

pub(crate) fn protected() {
    prepare();
    let page = sys::map(4096, 1);
    provoke!("mov al, [{a}]"; a = in(reg) page, out("al") _);
    assert!(FOUND.load().is_none(), "reading is allowed");
    provoke!("mov [{a}], al"; a = in(reg) page + 5);
    let found = expect(SIGSEGV, 2, page + 5, T_PAGEFLT);
    assert_eq!(found.err, 7, "a user's write to a present page");
    let nothing = sys::map(4096, 0);
    provoke!("mov al, [{a}]"; a = in(reg) nothing + 7, out("al") _);
    expect(SIGSEGV, 2, nothing + 7, T_PAGEFLT);
}

pub(crate) fn not_executable() {
    prepare();
    let page = sys::map(4096, 3);
    provoke!("mov byte ptr [{a}], 0x90", "jmp {a}"; a = in(reg) page);
    let found = expect(SIGSEGV, 2, page, T_PAGEFLT);
    assert_eq!(found.rip, page);
    assert_eq!(found.err & 0x10, 0x10, "an instruction fetch");
}

/// Linux says SIGSEGV.
pub(crate) fn non_canonical() {
    prepare();
    for address in [1u64 << 47, 1 << 63, 0xfff0_0000_0000_0000] {
        provoke!("mov al, [{a}]"; a = in(reg) address, out("al") _);
        let found = expect(SIGBUS, 3, here(), 9);
        assert_eq!((found.rip, found.err), (here(), 0));
    }
    // An address on the stack is a stack fault.
    unsafe {
        asm!(
            "lea {t}, [rip + 22f]",
            "mov [{p}], {t}",
            "push rbp",
            "mov rbp, {a}",
            "mov al, [rbp]",
            "22:",
            "pop rbp",
            t = out(reg) _, p = in(reg) PLACES.get(), a = in(reg) 1u64 << 62, out("al") _,
        );
    }
    let found = found();
    assert_eq!(
        (found.signal, found.code, found.trap, found.addr),
        (SIGBUS, 2, 27, found.rip)
    );
}

pub(crate) fn privileged() {
    prepare();
    provoke!("hlt";);
    expect(SIGBUS, 3, here(), 9);
    provoke!("cli";);
    expect(SIGBUS, 3, here(), 9);
    provoke!("mov {a}, cr0"; a = out(reg) _);
    expect(SIGBUS, 3, here(), 9);
}

pub(crate) fn undefined() {
    prepare();
    provoke!("ud2";);
    let found = expect(SIGILL, 5, here(), 1);
    assert_eq!(found.rip, here());
}

pub(crate) fn breakpoint() {
    prepare();
    provoke!("int3";);
    let found = expect(SIGTRAP, 1, here() + 1, 3);
    assert_eq!(found.rip, here() + 1, "behind the instruction");
}

pub(crate) fn single_step() {
    prepare();
    provoke!("pushfq", "or qword ptr [rsp], 0x100", "popfq", "nop", "nop";);
    let found = found();
    assert_eq!((found.signal, found.code, found.trap), (SIGTRAP, 2, 10));
    assert_eq!(found.addr, found.rip);
    // pushfq is 1 byte, the `or` 8, popfq 1; the trap comes after the nop behind it.
    assert!(
        (here() + 10..=here() + 11).contains(&found.rip),
        "one instruction later"
    );
}

pub(crate) fn divide() {
    prepare();
    provoke!("div {zero}"; zero = in(reg) 0u64, inout("rax") 1u64 => _, inout("rdx") 0u64 => _);
    expect(SIGFPE, 2, here(), 18);
    // The quotient that does not fit is the same trap.
    provoke!("idiv {minus}"; minus = in(reg) -1i64, inout("rax") i64::MIN => _, inout("rdx") -1i64 => _);
    expect(SIGFPE, 2, here(), 18);
}

fn with_mxcsr(value: u32) {
    unsafe { asm!("ldmxcsr [{}]", in(reg) &value) };
}

pub(crate) fn sse() {
    prepare();
    let (one, zero, huge) = (1.0f32, 0.0f32, f32::MAX);
    // Unmasked: division by zero, invalid, overflow.
    with_mxcsr(0x1f80 & !0x200);
    provoke!("divss xmm0, xmm1"; inout("xmm0") one => _, in("xmm1") zero);
    expect(SIGFPE, 3, here(), 29);
    with_mxcsr(0x1f80 & !0x80);
    provoke!("divss xmm0, xmm1"; inout("xmm0") zero => _, in("xmm1") zero);
    expect(SIGFPE, 7, here(), 29);
    with_mxcsr(0x1f80 & !0x400);
    provoke!("mulss xmm0, xmm1"; inout("xmm0") huge => _, in("xmm1") huge);
    expect(SIGFPE, 4, here(), 29);
    with_mxcsr(0x1f80);
}

pub(crate) fn x87() {
    prepare();
    let control = 0x37bu16;
    provoke!("fninit", "fldcw [{c}]", "fld1", "fldz", "fdivp", "fwait"; c = in(reg) &control);
    let found = found();
    assert_eq!((found.signal, found.code, found.trap), (SIGFPE, 3, 6));
    assert_eq!(found.addr, found.rip);
}

pub(crate) fn beyond_end() {
    prepare();
    const O_RDWR: u64 = 2;
    const SHM_ANON: u64 = 1;
    let object = sys::call(sys::SHM_OPEN2, [SHM_ANON, O_RDWR, 0o600, 0, 0]).expect("shm_open2");
    sys::call(sys::FTRUNCATE, [object, 4096]).expect("ftruncate");
    let pages = sys::call(sys::MMAP, [0, 8192, 3, 1, object, 0]).expect("mmap");
    provoke!("mov [{a}], al"; a = in(reg) pages);
    assert!(FOUND.load().is_none(), "within the object");
    provoke!("mov [{a}], al"; a = in(reg) pages + 4096 + 9);
    expect(SIGBUS, 3, pages + 4096 + 9, T_PAGEFLT);
}

/// One instruction for each signal the CPU can raise.
fn raise_by_fault(signal: u32) {
    match signal {
        SIGILL => provoke!("ud2";),
        SIGTRAP => provoke!("int3";),
        SIGFPE => {
            provoke!("div {zero}"; zero = in(reg) 0u64, inout("rax") 1u64 => _, inout("rdx") 0u64 => _);
        }
        SIGBUS => provoke!("mov al, [{a}]"; a = in(reg) 1u64 << 63, out("al") _),
        _ => provoke!("mov al, [{a}]"; a = in(reg) 8u64, out("al") _),
    }
}

/// A fault whose signal cannot be delivered ends the process, whatever its action.
pub(crate) fn blocked_kills() {
    for signal in [SIGILL, SIGTRAP, SIGFPE, SIGBUS, SIGSEGV] {
        let status = sys::in_child(|| {
            prepare();
            signal::mask(signal::BLOCK, Set::of(&[signal]));
            raise_by_fault(signal);
        });
        assert_eq!(status & 0x7f, signal, "status {status:#x}");
    }
}

pub(crate) fn ignored_kills() {
    for (action, signal) in [SIGILL, SIGTRAP, SIGFPE, SIGBUS, SIGSEGV]
        .into_iter()
        .flat_map(|signal| [(0, signal), (1, signal)])
    {
        let status = sys::in_child(|| {
            signal::action(signal, action, 0, Set::EMPTY);
            raise_by_fault(signal);
        });
        assert_eq!(status & 0x7f, signal, "status {status:#x}");
    }
}

/// Sent by kill(2), the same numbers are signals like any other.
pub(crate) fn sent() {
    for signal in [SIGILL, SIGTRAP, SIGFPE, SIGBUS, SIGSEGV, signal::SIGSYS] {
        signal::action(signal, 1, 0, Set::EMPTY);
        signal::raise(signal);
        signal::handle(signal, sent_handler, 0, Set::EMPTY);
        signal::raise(signal);
        assert_eq!(
            FOUND.load().map(|found| (found.signal, found.code)),
            Some((signal, 0x10001))
        );
        let status = sys::in_child(|| {
            signal::action(signal, 0, 0, Set::EMPTY);
            signal::raise(signal);
        });
        assert_eq!(status & 0x7f, signal, "status {status:#x}");
    }
}

extern "C" fn sent_handler(signal: u32, info: &mut Info, _: &mut Context) {
    FOUND.store(Some(Found {
        signal,
        code: info.code,
        addr: 0,
        trap: 0,
        err: 0,
        rip: 0,
    }));
}
