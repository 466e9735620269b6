//! What a call's registers are before it and should be behind it.

use crate::probe::{self, CARRY, R8, R9, R10, R11, RAX, RCX, RDI, RDX, RSI, State};

/// What a call is expected to return.
#[derive(Clone, Copy)]
pub enum Outcome {
    /// This value.
    Value(u64),
    /// Any one value.
    Any,
    /// Any two.
    Two,
    /// This error number.
    Error(u64),
}

/// Puts a call into the registers.
pub fn arrange(set: &mut State, number: u64, args: &[u64]) {
    set.general[RAX] = number;
    for (&register, &arg) in [RDI, RSI, RDX, R10, R8, R9].iter().zip(args) {
        set.general[register] = arg;
    }
}

/// The state that FreeBSD's kernel returns with, given the one before and the result in `get`.
///
/// rcx and r11 are what the `syscall` instruction makes them, r8 to r10 are wiped by the kernel on its way out.
pub fn returned(set: &State, get: &State, outcome: Outcome) -> State {
    let mut expected = *set;
    match outcome {
        Outcome::Value(value) => expected.general[RAX] = value,
        Outcome::Any => expected.general[RAX] = get.general[RAX],
        Outcome::Two => {
            expected.general[RAX] = get.general[RAX];
            expected.general[RDX] = get.general[RDX];
        }
        Outcome::Error(error) => {
            expected.general[RAX] = error;
            // FreeBSD leaves it open; nobody may rely on it.
            expected.general[RDX] = get.general[RDX];
        }
    }
    if matches!(outcome, Outcome::Error(_)) {
        expected.rflags |= CARRY;
    } else {
        expected.rflags &= !CARRY;
    }
    expected.general[RCX] = probe::after_syscall();
    expected.general[R11] = expected.rflags;
    for register in [R8, R9, R10] {
        expected.general[register] = 0;
    }
    expected
}
