//! The `fs` base: set by instruction or by sysarch(2), kept over calls, signals and everything else.

use core::arch::asm;

use compat_guests::signal::{self, Context, Info, SA_RESTART, SIGALRM, SIGUSR1, Set};
use compat_guests::start::Shared;
use compat_guests::sys;
use compat_guests::threads::{Thread, spawn, spawn_with_flags};

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

const GET_TLSBASE: u64 = 135;
const SET_TLSBASE: u64 = 136;
const DISABLE_TLSBASE: u64 = 137;
const THR_C_RUNTIME: i32 = 4;

fn named() -> sys::Result {
    let base = 0u64;
    sys::call(sys::SYSARCH, [GET_TLSBASE, (&raw const base) as u64])?;
    Ok(unsafe { (&raw const base).read_volatile() })
}

extern "C" fn is_named(thread: &Thread, _: u64) {
    assert_eq!(named(), Ok(thread.tls));
    write(0x3000);
    sys::call(sys::THR_KILL, [thread.id(), u64::from(SIGUSR1)]).expect("thr_kill");
    assert_eq!(SEEN.load(), [thread.tls, 0x3000], "in a handler");
    assert_eq!(read(), 0x3000);
}

extern "C" fn is_not(thread: &Thread, _: u64) {
    assert_eq!((named(), read()), (Err(sys::ESRCH), thread.tls));
}

/// Since FreeBSD 15: handlers get the base that the C run-time has named, whatever the code that they interrupt has made of it.
pub(crate) fn named_by_the_run_time() {
    signal::handle(SIGUSR1, notes, 0, Set::EMPTY);
    assert_eq!(named(), Err(sys::ESRCH));
    let base = AREA.get() as u64 + 128;
    for bad in [1u64 << 47, 1 << 63, u64::MAX] {
        let at = (&raw const bad) as u64;
        assert_eq!(sys::call(sys::SYSARCH, [SET_TLSBASE, at]), Err(sys::EINVAL));
    }
    assert_eq!(sys::call(sys::SYSARCH, [SET_TLSBASE, 8]), Err(sys::EFAULT));
    sys::call(sys::SYSARCH, [SET_TLSBASE, (&raw const base) as u64]).expect("sysarch");
    assert_eq!((named(), asked(), read()), (Ok(base), base, base));
    assert_eq!(sys::call(sys::SYSARCH, [GET_TLSBASE, 8]), Err(sys::EFAULT));
    write(0x4000);
    assert_eq!((named(), asked()), (Ok(base), 0x4000));
    signal::raise(SIGUSR1);
    assert_eq!((SEEN.load(), read()), ([base, 0x4000], 0x4000));
    let thread = spawn_with_flags(is_named, THR_C_RUNTIME).expect("thr_new");
    thread.join();
    spawn(is_not, 0).join();
    assert_eq!(spawn_with_flags(is_not, 8).err(), Some(sys::EINVAL));
    let status = sys::in_child(|| assert_eq!(named(), Err(sys::ESRCH)));
    assert_eq!(status, 0, "a child's is to be named again");
    sys::call(sys::SYSARCH, [DISABLE_TLSBASE, 0]).expect("sysarch");
    signal::raise(SIGUSR1);
    assert_eq!((SEEN.load(), named()), ([0x4000; 2], Err(sys::ESRCH)));
    write(0);
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
