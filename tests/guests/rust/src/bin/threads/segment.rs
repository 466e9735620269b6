//! The `fs` base: set by instruction or by sysarch(2), kept over calls, signals and everything else.

use core::arch::asm;

use compat_guests::signal::{self, Context, Info, SA_RESTART, SIGALRM, SIGUSR1, Set};
use compat_guests::start::Shared;
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn};

fn read() -> u64 {
    let base: u64;
    unsafe { asm!("rdfsbase {}", out(reg) base) };
    base
}

fn write(base: u64) {
    unsafe { asm!("wrfsbase {}", in(reg) base) };
}

const GET_FSBASE: u64 = 128;
const SET_FSBASE: u64 = 129;

fn asked() -> u64 {
    let base = 0u64;
    sys::call(sys::SYSARCH, [GET_FSBASE, (&raw const base) as u64]).expect("sysarch");
    unsafe { (&raw const base).read_volatile() }
}

static SEEN: Shared<[u64; 2]> = Shared::new([0; 2]);

extern "C" fn notes(_: u32, _: &mut Info, context: &mut Context) {
    SEEN.store([read(), context.machine.fsbase]);
}

extern "C" fn moves(_: u32, _: &mut Info, context: &mut Context) {
    context.machine.fsbase += 8;
    // What the handler does to its own is undone.
    write(0x2000);
}

static AREA: Shared<[u64; 512]> = Shared::new([0; 512]);

pub(crate) fn by_instruction() {
    signal::handle(SIGUSR1, notes, 0, Set::EMPTY);
    let area = AREA.get() as u64;
    for base in [area, area + 1024, 0, 0x7fff_ffff_0000] {
        write(base);
        let _ = sys::pid();
        let _ = sys::call(sys::CLOSE, [u64::MAX]);
        assert_eq!((read(), asked()), (base, base));
        signal::raise(SIGUSR1);
        assert_eq!(
            SEEN.load(),
            [base, base],
            "in a handler, and in its context"
        );
        assert_eq!(read(), base);
    }
    signal::handle(SIGUSR1, moves, 0, Set::EMPTY);
    write(area);
    signal::raise(SIGUSR1);
    assert_eq!(read(), area + 8, "sigreturn restores the context's");
}

pub(crate) fn by_call() {
    let base = AREA.get() as u64 + 64;
    sys::call(sys::SYSARCH, [SET_FSBASE, (&raw const base) as u64]).expect("sysarch");
    assert_eq!((read(), asked()), (base, base));
    for bad in [1u64 << 47, 1 << 63, u64::MAX] {
        assert_eq!(
            sys::call(sys::SYSARCH, [SET_FSBASE, (&raw const bad) as u64]),
            Err(sys::EINVAL)
        );
    }
    assert_eq!(sys::call(sys::SYSARCH, [SET_FSBASE, 8]), Err(sys::EFAULT));
    assert_eq!(sys::call(sys::SYSARCH, [GET_FSBASE, 8]), Err(sys::EFAULT));
    assert_eq!(sys::call(sys::SYSARCH, [12345, 0]), Err(sys::EINVAL));
    assert_eq!(read(), base);
}

extern "C" fn nothing(_: u32, _: &mut Info, _: &mut Context) {}

extern "C" fn keeps(thread: &Thread, argument: u64) {
    assert_eq!(read(), thread.tls);
    let mine = AREA.get() as u64 + 8 * argument;
    write(mine);
    for round in 0..2000 {
        let _ = sys::pid();
        if round % 100 == 0 {
            sys::sleep_microseconds(10);
        }
        assert_eq!(read(), mine);
    }
}

pub(crate) fn of_each_thread() {
    signal::handle(SIGALRM, nothing, SA_RESTART, Set::EMPTY);
    signal::alarm_every(200);
    let threads: [&Thread; 8] = core::array::from_fn(|index| spawn(keeps, index as u64));
    threads.iter().for_each(|thread| thread.join());
    signal::alarm_every(0);
    assert_eq!(read(), 0);
}
