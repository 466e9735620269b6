//! Which `syscall` instructions can be entered by a jump, and what to put in front of them.
//!
//! The two bytes of `syscall` stay as they are. The instruction before them becomes a five-byte jump to a trampoline,
//! which runs the displaced instruction first. Whoever lands on the `syscall` itself still traps: correct, only slower.
//!
//! Bytes before an address do not say where an instruction begins. A site is taken only when the bytes are one of the
//! few forms below *and* the trapped registers are what that instruction leaves behind: `mov eax, 454` right before a
//! call that arrives with 454 in `rax`. A longer instruction that ends in the same bytes does not do that.
//!
//! C libraries put `mov r10, rcx` between the number and the call, which leaves no mark of its own: theirs are taken by
//! all of what their one template consists of, the branch to the error behind the call included.

use super::refusal::Refusal;
use super::rewrite::JUMP;
use crate::guest;
use crate::signal::Regs;

/// The instructions to displace: one, or that and `mov r10, rcx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Displaced {
    /// Their bytes; the first `len` count. None of the forms depends on where it stands. The first instruction is at
    /// least as long as a jump, which replaces so much of it; what is left over of it stays and is never executed.
    pub(super) bytes: [u8; 12],
    pub(super) len: usize,
}

impl Displaced {
    fn of(bytes: &[u8]) -> Self {
        let mut all = [0; 12];
        for (place, byte) in all.iter_mut().zip(bytes) {
            *place = *byte;
        }
        Self {
            bytes: all,
            len: bytes.len(),
        }
    }

    /// What the jump replaces.
    pub(super) fn head(&self) -> [u8; JUMP] {
        let [a, b, c, d, e, ..] = self.bytes;
        [a, b, c, d, e]
    }
}

/// What stands before the `syscall` at `at`, when it may be displaced.
pub(super) fn recognise(at: u64, regs: &Regs) -> Result<Displaced, Refusal> {
    let before_site = |length: u64| at.checked_sub(length).ok_or(Refusal::Form);
    // Seven bytes and one before them, for a prefix.
    let mut before = [0u8; 8];
    guest::read_bytes(before_site(8)?, &mut before).map_err(|_| Refusal::Form)?;
    if before.ends_with(&MOV_R10_RCX) {
        let mut around = [0u8; 15];
        guest::read_bytes(before_site(11)?, &mut around).map_err(|_| Refusal::Form)?;
        return recognise_stub(around, at, regs).ok_or(Refusal::Form);
    }
    let load = |address| guest::load_u64(address).ok();
    recognise_bytes(before, regs, &load).ok_or(Refusal::Form)
}

const MOV_R10_RCX: [u8; 3] = [0x49, 0x89, 0xca];

/// The system call stub of a C library at `at`: `around` begins eleven bytes before it and ends four behind.
fn recognise_stub(around: [u8; 15], at: u64, regs: &Regs) -> Option<Displaced> {
    let [
        _,
        before @ ..,
        0x49,
        0x89,
        0xca,
        0x0f,
        0x05,
        branch,
        distance,
    ] = around
    else {
        return None;
    };
    // jb, near or far, or the ret of a stub that leaves errors to its caller (libthr's _umtx_op_err).
    if !(matches!(branch, 0x72 | 0xc3) || (branch, distance) == (0x0f, 0x82)) {
        return None;
    }
    let taken = |number: &[u8]| Displaced::of(&[number, &MOV_R10_RCX].concat());
    match before {
        // mov rax, imm32
        [0x48, 0xc7, 0xc0, immediate @ ..] => {
            let number = i64::from(i32::from_le_bytes(immediate)) as u64;
            (regs.rax == number).then(|| taken(&before))
        }
        // mov eax, imm32. Stubs begin at such an address, and then the byte before is none of theirs.
        [_, prefix, 0xb8, a, b, c, d] => {
            let number = u64::from(u32::from_le_bytes([a, b, c, d]));
            let begins = at.wrapping_sub(8).is_multiple_of(16);
            (regs.rax == number && (begins || prefix & 0xf0 != 0x40))
                .then(|| taken(&[0xb8, a, b, c, d]))
        }
        _ => None,
    }
}

/// Whether `bytes` are a lea, load or store of a 64-bit register, or a load of 32 bits, at disp8(%rsp) and the registers are
/// as it leaves them.
fn leaves_its_mark(bytes: [u8; 5], regs: &Regs, load: &dyn Fn(u64) -> Option<u64>) -> bool {
    let [
        rex @ (0x44 | 0x48 | 0x4c),
        opcode @ (0x8d | 0x8b | 0x89),
        modrm,
        0x24,
        offset,
    ] = bytes
    else {
        return false;
    };
    let narrow = rex == 0x44;
    if modrm & 0xc7 != 0x44 || narrow && opcode != 0x8b {
        return false;
    }
    let address = regs.rsp.wrapping_add(i64::from(offset as i8) as u64);
    let expected = if opcode == 0x8d {
        Some(address)
    } else {
        load(address).map(|word| if narrow { word & 0xffff_ffff } else { word })
    };
    expected.is_some() && register(regs, (modrm >> 3 & 7) | (rex & 4) << 1) == expected
}

fn recognise_bytes(
    before: [u8; 8],
    regs: &Regs,
    load: &dyn Fn(u64) -> Option<u64>,
) -> Option<Displaced> {
    let [_, long @ ..] = before;
    let [_, _, _, short @ ..] = before;
    let [.., prefix, _, _, _, _, _] = before;
    // mov rax, imm32
    if let [0x48, 0xc7, 0xc0, immediate @ ..] = long
        && regs.rax == i64::from(i32::from_le_bytes(immediate)) as u64
    {
        return Some(Displaced::of(&long));
    }
    let [first, immediate @ ..] = short;
    // mov eax, imm32; with a REX prefix it would be another register.
    let number = first == 0xb8
        && prefix & 0xf0 != 0x40
        && regs.rax == u64::from(u32::from_le_bytes(immediate));
    (number || leaves_its_mark(short, regs, load)).then(|| Displaced::of(&short))
}

/// A general register by its number in an instruction. `rsp` cannot be a site's, `rcx` and `r11` are the call's own.
fn register(regs: &Regs, number: u8) -> Option<u64> {
    Some(match number {
        0 => regs.rax,
        2 => regs.rdx,
        3 => regs.rbx,
        5 => regs.rbp,
        6 => regs.rsi,
        7 => regs.rdi,
        8 => regs.r8,
        9 => regs.r9,
        10 => regs.r10,
        12 => regs.r12,
        13 => regs.r13,
        14 => regs.r14,
        15 => regs.r15,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(before: [u8; 8], regs: &Regs) -> Option<usize> {
        recognise_bytes(before, regs, &|address| (address == 0x1008).then_some(77))
            .map(|found| found.len)
    }

    #[test]
    fn a_number_in_eax_must_be_the_one_that_arrived() {
        let before = [0x90, 0x90, 0x90, 0xb8, 0xc6, 0x01, 0, 0];
        assert_eq!(
            look(
                before,
                &Regs {
                    rax: 454,
                    ..Regs::default()
                }
            ),
            Some(5)
        );
        assert_eq!(
            look(
                before,
                &Regs {
                    rax: 455,
                    ..Regs::default()
                }
            ),
            None
        );
    }

    #[test]
    fn a_prefix_makes_it_another_register() {
        let before = [0x90, 0x90, 0x41, 0xb8, 0xc6, 0x01, 0, 0];
        assert_eq!(
            look(
                before,
                &Regs {
                    rax: 454,
                    ..Regs::default()
                }
            ),
            None
        );
    }

    #[test]
    fn a_load_from_the_stack_must_have_happened() {
        let before = [0x90, 0x90, 0x90, 0x48, 0x8b, 0x54, 0x24, 0x08];
        assert_eq!(
            look(
                before,
                &Regs {
                    rsp: 0x1000,
                    rdx: 77,
                    ..Regs::default()
                }
            ),
            Some(5)
        );
        assert_eq!(
            look(
                before,
                &Regs {
                    rsp: 0x1000,
                    rdx: 78,
                    ..Regs::default()
                }
            ),
            None
        );
        assert_eq!(
            look(
                before,
                &Regs {
                    rsp: 0x2000,
                    rdx: 77,
                    ..Regs::default()
                }
            ),
            None
        );
    }

    #[test]
    fn a_narrow_load_clears_the_upper_half() {
        let before = [0x90, 0x90, 0x90, 0x44, 0x8b, 0x4c, 0x24, 0x24];
        let load = |_| Some(0x1_0000_0004);
        for (r9, found) in [(4, true), (0x1_0000_0004, false)] {
            let regs = Regs {
                r9,
                ..Regs::default()
            };
            assert_eq!(recognise_bytes(before, &regs, &load).is_some(), found);
        }
    }

    #[test]
    fn the_long_form_counts_seven_bytes() {
        let before = [0x90, 0x48, 0xc7, 0xc0, 0x4b, 0, 0, 0];
        assert_eq!(
            look(
                before,
                &Regs {
                    rax: 0x4b,
                    ..Regs::default()
                }
            ),
            Some(7)
        );
    }

    #[test]
    fn a_stub_of_a_library_is_taken_whole_or_not_at_all() {
        let stub = [
            0x90, 0x90, 0x41, 0xb8, 0xa1, 0x01, 0, 0, 0x49, 0x89, 0xca, 0x0f, 0x05, 0x72, 0x10,
        ];
        let regs = Regs {
            rax: 0x1a1,
            ..Regs::default()
        };
        let look = |stub, at, regs| recognise_stub(stub, at, regs).map(|found| found.len);
        assert_eq!(look(stub, 0x1008, &regs), Some(8));
        // Elsewhere the byte before may be a prefix.
        assert_eq!(look(stub, 0x1009, &regs), None);
        let others = Regs::default();
        assert_eq!(look(stub, 0x1008, &others), None);
        let mut other = stub;
        other[13] = 0xc3;
        assert_eq!(look(other, 0x1008, &regs), Some(8));
        other[13] = 0x73;
        assert_eq!(look(other, 0x1008, &regs), None);
        let long = [
            0x90, 0x48, 0xc7, 0xc0, 0xa1, 0x01, 0, 0, 0x49, 0x89, 0xca, 0x0f, 0x05, 0x0f, 0x82,
        ];
        assert_eq!(look(long, 0x100a, &regs), Some(10));
    }

    /// What NetBSD's and DragonFly's headers for stubs make (lib/libc/arch/x86_64/SYS.h, lib/libc/x86_64/SYS.h): a number of
    /// 32 bits and a branch backwards or a plain return, and one of 64 bits.
    #[test]
    fn stubs_of_the_other_systems_have_the_same_template() {
        let mut netbsd = [
            0xcc, 0xcc, 0xcc, 0xb8, 0x14, 0, 0, 0, 0x49, 0x89, 0xca, 0x0f, 0x05, 0x72, 0xe9,
        ];
        let mut regs = Regs {
            rax: 20,
            ..Regs::default()
        };
        let look = |stub, at, regs: &Regs| recognise_stub(stub, at, regs).map(|found| found.len);
        assert_eq!(look(netbsd, 0x1008, &regs), Some(8));
        netbsd[13..].copy_from_slice(&[0xc3, 0xcc]);
        assert_eq!(look(netbsd, 0x1008, &regs), Some(8));
        let dragonfly = [
            0x90, 0x48, 0xc7, 0xc0, 0xd5, 0x01, 0, 0, 0x49, 0x89, 0xca, 0x0f, 0x05, 0x72, 0x01,
        ];
        regs.rax = 0x1d5;
        assert_eq!(look(dragonfly, 0x100a, &regs), Some(10));
        regs.rax = 0x1d4;
        assert_eq!(look(dragonfly, 0x100a, &regs), None);
    }
}
