//! One call over and over, for a tracer that makes a signal arrive at a chosen instruction of each.
//! Without a tracer it ends at a breakpoint of its own.
//!
//! `guest-stepping CALL hot|cold FLAGS`: from a site that becomes a jump, or from one that always traps; `r` among the
//! flags is SA_RESTART, `s` an alternate stack, `a` the alignment check,
//! `d` the direction flag. These flags change the way that the call takes, so they are the same in every turn. The first line of output says where things are.
#![no_std]
#![no_main]

mod call;
mod handler;

use core::arch::{asm, global_asm};

use compat_guests::call::{Outcome, arrange, returned};
use compat_guests::probe::{self, Body, CARRY, R8, R9, R10, R11, RAX, State};
use compat_guests::say;
use compat_guests::signal::{self, SA_ONSTACK, SA_RESTART, Set};
use compat_guests::start::{self, Shared};
use compat_guests::sys;

use handler::SIGNALS;

compat_guests::entry!(main);

/// What the tracer reads after each turn.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Record {
    /// Turns done.
    pub(crate) turns: u64,
    /// 1 while the call is made, 0 before it, 2 behind it.
    pub(crate) phase: u64,
    /// How often the handler of each of [`SIGNALS`] ran.
    pub(crate) handled: [u64; SIGNALS.len()],
    /// The same when the call had returned.
    pub(crate) at_return: [u64; SIGNALS.len()],
    /// Value or error number.
    pub(crate) result: u64,
    /// Whether it failed.
    pub(crate) failed: u64,
    /// The first phase in which a handler ran; 9 for none.
    pub(crate) seen_in: u64,
    /// Set by the tracer: nanoseconds that a sleep takes.
    pub(crate) nap: u64,
    /// Set by the tracer: this turn is made by single steps, which r11 may show.
    pub(crate) stepped: u64,
}

pub(crate) static RECORD: Shared<Record> = Shared::new(Record {
    turns: 0,
    phase: 0,
    handled: [0; SIGNALS.len()],
    at_return: [0; SIGNALS.len()],
    result: 0,
    failed: 0,
    seen_in: 9,
    nap: 1000,
    stepped: 0,
});

pub(crate) fn record() -> &'static mut Record {
    unsafe { &mut *RECORD.get() }
}

/// The flag of the alignment check.
pub(crate) const ALIGNMENT: u64 = 0x4_0000;
/// The flag of string instructions that count downwards.
const DIRECTION: u64 = 0x400;

pub(crate) static SET: Shared<State> = Shared::new(State::new());
static GET: Shared<State> = Shared::new(State::new());
static ALTERNATE: Shared<[u8; 32 * 1024]> = Shared::new([0; 32 * 1024]);

// Where the tracer looks at a turn's result and chooses the next instruction.
global_asm!(".globl stepping_turn", "stepping_turn:", "nop", "ret");

unsafe extern "C" {
    fn stepping_turn();
}

extern "C" fn main() {
    let name = start::argument(1).expect("a call");
    let hot = start::argument(2) == Some(b"hot");
    let has = |flag| start::argument(3).is_some_and(|flags| flags.contains(&flag));
    let mut flags = 0;
    if has(b'r') {
        flags |= SA_RESTART;
    }
    if has(b's') {
        flags |= SA_ONSTACK;
        let stack = signal::Stack {
            sp: ALTERNATE.get() as u64,
            size: size_of_val(&ALTERNATE) as u64,
            ..signal::Stack::default()
        };
        sys::call(sys::SIGALTSTACK, [(&raw const stack) as u64, 0]).expect("sigaltstack");
    }
    for signal in SIGNALS {
        signal::handle(signal, handler::handler, flags, Set::EMPTY);
    }
    let call = call::named(name);
    let site = probe::sites(call.number())
        .find(|site| (*site == Body::Syscall) != hot)
        .expect("a site for this call");
    let (first, after) = probe::place(site);
    say!(
        "{:x} {first:x} {after:x} {:x} {:x} {:x}",
        stepping_turn as *const () as u64,
        RECORD.get() as u64,
        handler::own_text().start(),
        handler::own_text().end()
    );
    unsafe { asm!("int3") };
    let flags_on = [(b'a', ALIGNMENT), (b'd', DIRECTION)]
        .into_iter()
        .filter(|&(letter, _)| has(letter))
        .fold(0, |all, (_, flag)| all | flag);
    for seed in 1.. {
        turn(call, site, seed, flags_on);
    }
}

fn turn(call: call::Call, site: Body, seed: u64, flags_on: u64) {
    let (set, get) = unsafe { (&mut *SET.get(), &mut *GET.get()) };
    set.fill(seed);
    set.rflags = set.rflags & !DIRECTION | flags_on;
    arrange(set, call.number(), &call.arrange());
    // From here to the call itself no other is made.
    unsafe { stepping_turn() };
    let record = record();
    (record.handled, record.seen_in) = ([0; SIGNALS.len()], 9);
    call::set_nap(record.nap);
    record.phase = 1;
    probe::run(site, set, get);
    record.phase = 2;
    record.at_return = record.handled;
    record.result = get.general[RAX];
    record.failed = get.rflags & CARRY;
    let outcome = match record.failed {
        0 => Outcome::Value(record.result),
        _ => Outcome::Error(record.result),
    };
    // What sigreturn restores is what the context held.
    let loose: &[usize] = match record.handled == [0; SIGNALS.len()] {
        _ if record.stepped != 0 => &[R8, R9, R10, R11],
        true => &[],
        false => &[R8, R9, R10],
    };
    get.must_be(&returned(set, get, outcome), loose, "the call");
    assert!(probe::red_zone_is_intact(), "the red zone was written to");
    call.clean(outcome);
    let record = self::record();
    record.phase = 0;
    record.turns += 1;
}
