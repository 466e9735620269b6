//! The express way: calls from patched sites that are one host call, or no call at all, need no frame and no handler.
//!
//! The trampoline arrives at `compat_fast_entry` with everything as at the `syscall` instruction, except `rcx`, which
//! holds the return address as `syscall` would leave it. What the call's number may do is looked up in [`WAYS`]: pass
//! the registers on to the host under another number or with other arguments, or answer with a word of the thread's block.
//! Nothing but `rax`, `rcx`, `r11`, the flags and what the guest's kernel clears is touched, and the guest's stack is not
//! written.
//!
//! One error is told here: that a descriptor has nothing now, which those who wait for it hear with every other call.
//! Whatever else is not plain success goes on to `compat_full_entry` (`fast.rs`), where the personality's handler serves the
//! call as any other. When the host call has been made already, the handler's [`crate::Cx::host`] finds its result there
//! instead of making it again: errors, restarts and signals have one treatment for all ways.
//!
//! Below the top of the thread's stub stack lie, from here on: the guest's flags, the return address, the number, and the
//! host's result. `gs:[16]` holds the guest's stack pointer.

use core::arch::global_asm;
use core::mem::{MaybeUninit, offset_of};
use core::sync::atomic::{AtomicPtr, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use super::fast::{LASTING_FLAGS, Leaving, compat_full_entry};
use crate::host::{self, HostErrno, HostResult};
use crate::task::{Answer, Presence, Process, Thread};

/// What a call may do on the express way.
#[derive(Clone, Copy, Debug)]
pub enum Express {
    /// The host call of this number with the same arguments; success is told by the same value. The handler's first
    /// [`crate::Cx::host`] must be this very call.
    Host(u16),
    /// The same for a call whose first argument is a descriptor.
    HostWithDescriptor(u16),
    /// The same for a call that closes that descriptor: only while closing concerns none of our objects.
    HostClosing(u16),
    /// What the thread knows about itself.
    Answer(Answer),
    /// A function of the first three arguments that makes no host call.
    Quick(Quick),
    /// One host call with other arguments. When it fails, the handler's first look at [`crate::Cx::host`] or
    /// [`crate::Cx::failed_already`] must be for this very call.
    Prepared(Prepare),
}

/// Registers without a result that a call leaves zero if it succeeds. All others stay as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// None.
    Nothing,
    /// Those of the last three arguments, `r8` to `r10`.
    LastArguments,
    /// That of a second result, `rdx`.
    SecondResult,
}

/// See [`Express::Quick`]. It returns the value, or [`UNSERVED`] when the handler has to see to the call; it must not matter
/// that the handler is called after it has done its work.
pub type Quick = extern "C" fn(u64, u64, u64) -> u64;

/// See [`Express::Prepared`]: makes the host's arguments of the guest's and returns the host's number, or [`UNSERVED`] when
/// the handler has to see to the call.
pub type Prepare = extern "C" fn(&mut Prepared) -> u64;

/// What a call on the express way becomes.
#[repr(C, align(16))]
pub struct Prepared {
    /// At first the guest's six arguments, then the host's.
    pub args: [u64; 6],
    /// What the host call's success is followed by: its value is the call's, or [`UNSERVED`] to have the handler do
    /// everything once more.
    pub after: Option<extern "C" fn(&Prepared) -> u64>,
    /// What `after` has to know of the guest's arguments.
    pub kept: u64,
    /// Room for what the host call writes.
    pub room: MaybeUninit<[u64; 32]>,
}

/// No value that a quick function returns.
pub const UNSERVED: u64 = u64::MAX;

/// Guest numbers that can be looked up.
const NUMBERS: usize = 1024;
/// By guest number: 0 for no express way; [`HOST`] and perhaps [`DESCRIPTOR`] with the host's number; [`IS_QUICK`] or
/// [`IS_PREPARED`] with a function's index; or the offset of the answer in the thread's block.
///
/// A mapping of its own, made before the first site is patched: most programs that live short have none.
static WAYS: AtomicPtr<[AtomicU16; NUMBERS]> = AtomicPtr::new(core::ptr::null_mut());

fn ways() -> &'static [AtomicU16] {
    // SAFETY: null, or a whole array that stays: see `prepare`.
    match unsafe { WAYS.load(Ordering::Acquire).as_ref() } {
        Some(ways) => ways,
        None => &[],
    }
}

/// Makes room for what [`set_express`] is told. Nobody comes here by the express way before.
///
/// # Errors
/// `ENOMEM`.
pub(super) fn prepare() -> HostResult<()> {
    if WAYS.load(Ordering::Acquire).is_null() {
        // Zeroes mean that no call has one.
        let fresh = host::map_anonymous(size_of::<[AtomicU16; NUMBERS]>())?;
        WAYS.store(fresh.cast(), Ordering::Release);
    }
    Ok(())
}

const EAGAIN: u16 = HostErrno::EAGAIN.0;

const HOST: u16 = 0x4000;
const DESCRIPTOR: u16 = 0x8000;
/// The host's numbers.
const NUMBER_BITS: u16 = 0xfff;
/// Besides [`DESCRIPTOR`]: which is closed.
const CLOSING: u16 = 0x1000;
/// With the index of the function in [`FUNCTIONS`].
const IS_QUICK: u16 = 0x2000;
/// Without [`HOST`]: with the index of the function in [`FUNCTIONS`].
const IS_PREPARED: u16 = 0x1000;
const INDEX_BITS: u16 = 0xff;
const _: () = assert!(offset_of!(Thread, answers) < IS_PREPARED as usize - 256);
static FUNCTIONS: [AtomicUsize; 16] = [const { AtomicUsize::new(0) }; 16];

/// Room for a function on the stub stack: xmm0-15 and a [`Prepared`], then r10, r9, r8, rdx, rsi, rdi and the result, up to
/// 24 below the top.
const PREPARED: usize = 256;
const SAVED: usize = PREPARED + size_of::<Prepared>();
const ROOM: usize = SAVED + 7 * 8;
const _: () = assert!((ROOM + 24).is_multiple_of(16) && PREPARED.is_multiple_of(16));

/// Lets calls of guest number `number` take the express way from now on.
///
/// On success the guest sees the value in `rax`, the carry flag clear, its flags in `r11`, and zero where [`set_cleared`]
/// says so.
pub fn set_express(number: u16, way: Express) {
    let word = match way {
        Express::Host(number) => HOST | number,
        Express::HostWithDescriptor(number) => HOST | DESCRIPTOR | number,
        Express::HostClosing(number) => HOST | DESCRIPTOR | CLOSING | number,
        Express::Answer(answer) => (offset_of!(Thread, answers) + 8 * answer as usize) as u16,
        Express::Quick(function) => with_function(IS_QUICK, function as usize),
        Express::Prepared(function) => with_function(IS_PREPARED, function as usize),
    };
    if let Some(place) = ways().get(usize::from(number)) {
        place.store(word, Ordering::Relaxed);
    }
}

/// The word for a call that `function` serves, as others may; 0 when there is no more room.
fn with_function(kind: u16, function: usize) -> u16 {
    let takes = |slot: &AtomicUsize| {
        let taken = slot.compare_exchange(0, function, Ordering::Relaxed, Ordering::Relaxed);
        taken.is_ok() || taken == Err(function)
    };
    match FUNCTIONS.iter().position(takes) {
        Some(index) => kind | index as u16,
        None => 0,
    }
}

/// What remains after a call of `r8` to `r10`, and of `rdx`.
static REMAINS: [AtomicU64; 2] = [const { AtomicU64::new(u64::MAX) }; 2];

/// Has the express way clear these registers.
pub fn set_cleared(cleared: Cleared) {
    let [last_arguments, second_result] = &REMAINS;
    match cleared {
        Cleared::Nothing => {}
        Cleared::LastArguments => last_arguments.store(0, Ordering::Relaxed),
        Cleared::SecondResult => second_result.store(0, Ordering::Relaxed),
    }
}

/// Takes the express way from the calls that are this host call: from now on each is looked at by its handler.
pub fn forbid_express(host: u16) {
    for place in ways() {
        let word = place.load(Ordering::Relaxed);
        if word & HOST != 0 && word & NUMBER_BITS == host {
            place.store(0, Ordering::Relaxed);
        }
    }
}

/// The guest's number for the host's `EAGAIN`.
static AGAIN: AtomicU32 = AtomicU32::new(0);

/// Says how the guest is told the host's `EAGAIN`; before any call of [`set_express`].
pub fn set_express_again(number: u16) {
    AGAIN.store(number.into(), Ordering::Relaxed);
}

global_asm!(
    // What the guest's kernel clears; a signal that comes late needs them as they were.
    ".macro compat_keep_cleared",
    "mov [rsp - 16], rdx",
    "mov [rsp - 24], r8",
    "mov [rsp - 32], r9",
    "mov [rsp - 40], r10",
    "mov rcx, [rip + {remains}]",
    "and r8, rcx",
    "and r9, rcx",
    "and r10, rcx",
    ".endm",
    ".globl compat_fast_entry", ".hidden compat_fast_entry",
    "compat_fast_entry:",
    "mov gs:[16], rsp",
    "mov rsp, gs:[24]",
    "pushfq",
    "push rcx",
    "push rax",
    "mov ecx, eax",
    "cmp ecx, {numbers}",
    "jae {full}",
    "mov r11, [rip + {ways}]",
    "movzx ecx, word ptr [r11 + rcx * 2]",
    "test ecx, ecx",
    "jz {full}",
    "test dword ptr [rsp + 16], {lasting}",
    "jnz {full}",
    "test ecx, {host}",
    "jz 4f",
    "test ecx, {descriptor}",
    "jz 2f",
    "mov r11, gs:[{process}]",
    "cmp edi, [r11 + {lowest_hidden}]",
    "jge {full}",
    "test ecx, {closing}",
    "jz 2f",
    "cmp qword ptr [r11 + {kqueues}], 0",
    "jne {full}",
    "cmp qword ptr [r11 + {held}], 0",
    "jne {full}",
    "2:",
    "mov byte ptr gs:[{disturbed}], 0",
    "mov dword ptr gs:[{presence}], {asleep}",
    "mov eax, ecx",
    "and eax, {number_bits}",
    // As in host/mod.rs: a signal in here goes on at compat_full_entry, which finds it waiting. The word behind
    // gs:[8] says that the thread is not to fall asleep.
    ".globl compat_express_window", ".hidden compat_express_window",
    "compat_express_window:",
    "cmp qword ptr gs:[8], 0",
    "jne {full}",
    ".globl compat_express_syscall", ".hidden compat_express_syscall",
    "compat_express_syscall:",
    "syscall",
    "mov r11d, gs:[{runs_on}]",
    "mov gs:[{presence}], r11d",
    "mov [rsp - 8], rax",
    "cmp rax, -4095",
    "jae 6f",
    "5:",
    "inc qword ptr gs:[{count}]",
    "compat_keep_cleared",
    "and rdx, [rip + {remains} + 8]",
    // The last look at gs:[8] and the return are one step: a signal in between goes on at compat_express_late.
    ".globl compat_express_exit", ".hidden compat_express_exit",
    "compat_express_exit:",
    "cmp dword ptr gs:[8], 0",
    "jne compat_express_late",
    "mov rcx, [rsp + 8]",
    "mov r11, [rsp + 16]",
    // Without the carry, and back into place: overflow by an addition, the others from ah.
    "and r11, -2",
    "mov eax, r11d",
    "and ah, 8",
    "add ah, 0x78",
    "mov ah, al",
    "sahf",
    "mov rax, [rsp - 8]",
    "mov rsp, gs:[16]",
    // Everything is the guest's but the program counter: a signal here finds guest code at rcx.
    ".globl compat_express_leave", ".hidden compat_express_leave",
    "compat_express_leave:",
    "jmp rcx",
    // A function of ours may use what C functions may: six of the guest's registers, and xmm0-15.
    ".macro compat_keep",
    "mov [rsp - 16], rdi",
    "mov [rsp - 24], rsi",
    "mov [rsp - 32], rdx",
    "mov [rsp - 40], r8",
    "mov [rsp - 48], r9",
    "mov [rsp - 56], r10",
    "lea rsp, [rsp - {room}]",
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "movaps [rsp + 16 * \\n], xmm\\n",
    ".endr",
    "and ecx, {index_bits}",
    "lea r11, [rip + {functions}]",
    ".endm",
    ".macro compat_put_back",
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "movaps xmm\\n, [rsp + 16 * \\n]",
    ".endr",
    "lea rsp, [rsp + {room}]",
    "mov rdi, [rsp - 16]",
    "mov rsi, [rsp - 24]",
    "mov rdx, [rsp - 32]",
    "mov r8, [rsp - 40]",
    "mov r9, [rsp - 48]",
    "mov r10, [rsp - 56]",
    ".endm",
    "7:",
    "compat_keep",
    "call [r11 + rcx * 8]",
    "compat_put_back",
    "cmp rax, {unserved}",
    "je {full}",
    "mov [rsp - 8], rax",
    "jmp 5b",
    "8:",
    "compat_keep",
    "mov [rsp + {prepared}], rdi",
    "mov [rsp + {prepared} + 8], rsi",
    "mov [rsp + {prepared} + 16], rdx",
    "mov [rsp + {prepared} + 24], r10",
    "mov [rsp + {prepared} + 32], r8",
    "mov [rsp + {prepared} + 40], r9",
    "mov qword ptr [rsp + {prepared} + {after}], 0",
    "lea rdi, [rsp + {prepared}]",
    "call [r11 + rcx * 8]",
    "cmp rax, {unserved}",
    "je compat_prepared_restart",
    "mov rdi, [rsp + {prepared}]",
    "mov rsi, [rsp + {prepared} + 8]",
    "mov rdx, [rsp + {prepared} + 16]",
    "mov r10, [rsp + {prepared} + 24]",
    "mov r8, [rsp + {prepared} + 32]",
    "mov r9, [rsp + {prepared} + 40]",
    "mov byte ptr gs:[{disturbed}], 0",
    "mov dword ptr gs:[{presence}], {asleep}",
    // As above, but for where a signal goes on.
    ".globl compat_prepared_window", ".hidden compat_prepared_window",
    "compat_prepared_window:",
    "cmp qword ptr gs:[8], 0",
    "jne compat_prepared_restart",
    ".globl compat_prepared_syscall", ".hidden compat_prepared_syscall",
    "compat_prepared_syscall:",
    "syscall",
    "mov r11d, gs:[{runs_on}]",
    "mov gs:[{presence}], r11d",
    "mov [rsp + {room} - 8], rax",
    "cmp rax, -4095",
    "jae 3f",
    "cmp qword ptr [rsp + {prepared} + {after}], 0",
    "je 2f",
    "lea rdi, [rsp + {prepared}]",
    "call [rsp + {prepared} + {after}]",
    "cmp rax, {unserved}",
    "je compat_prepared_restart",
    "mov [rsp + {room} - 8], rax",
    "2:",
    "compat_put_back",
    "jmp 5b",
    "3:",
    "compat_put_back",
    "jmp 9f",
    ".globl compat_prepared_restart", ".hidden compat_prepared_restart",
    "compat_prepared_restart:",
    "compat_put_back",
    "jmp {full}",
    ".purgem compat_keep",
    ".purgem compat_put_back",
    "4:",
    "test ecx, {is_quick}",
    "jnz 7b",
    "test ecx, {is_prepared}",
    "jnz 8b",
    "mov rax, gs:[rcx]",
    "cmp rax, -1",
    "je {full}",
    "mov [rsp - 8], rax",
    "jmp 5b",
    "6:",
    "cmp rax, -{eagain}",
    "jne 9f",
    "inc qword ptr gs:[{count}]",
    "compat_keep_cleared",
    // As compat_express_exit, with the carry.
    ".globl compat_express_again", ".hidden compat_express_again",
    "compat_express_again:",
    "cmp dword ptr gs:[8], 0",
    "jne compat_express_late",
    "mov rcx, [rsp + 8]",
    "mov r11, [rsp + 16]",
    "or r11, 1",
    "mov eax, r11d",
    "and ah, 8",
    "add ah, 0x78",
    "mov ah, al",
    "sahf",
    "mov eax, [rip + {again}]",
    "mov rsp, gs:[16]",
    ".globl compat_express_again_leave", ".hidden compat_express_again_leave",
    "compat_express_again_leave:",
    "jmp rcx",
    ".globl compat_express_late", ".hidden compat_express_late",
    "compat_express_late:",
    // Counted as served here, and counted again by what follows.
    "dec qword ptr gs:[{count}]",
    "mov rsp, gs:[24]",
    "lea rsp, [rsp - 24]",
    "mov rdx, [rsp - 16]",
    "mov r8, [rsp - 24]",
    "mov r9, [rsp - 32]",
    "mov r10, [rsp - 40]",
    "9:",
    "mov rax, [rsp - 8]",
    "mov gs:[{result}], rax",
    "mov byte ptr gs:[{made}], 1",
    "jmp {full}",
    ".purgem compat_keep_cleared",
    numbers = const NUMBERS,
    ways = sym WAYS,
    full = sym compat_full_entry,
    lasting = const LASTING_FLAGS,
    is_quick = const IS_QUICK,
    is_prepared = const IS_PREPARED,
    index_bits = const INDEX_BITS,
    functions = sym FUNCTIONS,
    room = const ROOM,
    prepared = const PREPARED,
    after = const offset_of!(Prepared, after),
    unserved = const UNSERVED as i64,
    eagain = const EAGAIN,
    again = sym AGAIN,
    host = const HOST,
    descriptor = const DESCRIPTOR,
    closing = const CLOSING,
    remains = sym REMAINS,
    kqueues = const Process::KQUEUE_COUNT,
    held = const Process::HELD_COUNT,
    number_bits = const NUMBER_BITS,
    process = const offset_of!(Thread, process),
    lowest_hidden = const Process::LOWEST_HIDDEN,
    disturbed = const offset_of!(Thread, disturbed),
    presence = const offset_of!(Thread, presence.cpu),
    asleep = const Presence::ASLEEP,
    runs_on = const offset_of!(Thread, presence.runs_on),
    count = const offset_of!(Thread, counts.express),
    result = const offset_of!(Thread, express_result),
    made = const offset_of!(Thread, express_made),
);

unsafe extern "C" {
    pub(super) fn compat_fast_entry();
    fn compat_express_window();
    fn compat_express_syscall();
    fn compat_express_exit();
    fn compat_express_leave();
    fn compat_express_again();
    fn compat_express_again_leave();
    fn compat_express_late();
    fn compat_prepared_window();
    fn compat_prepared_syscall();
    fn compat_prepared_restart();
}

/// See [`super::fast::leaving`]; the window before the host call counts as well.
pub(super) fn leaving(rip: u64) -> Option<Leaving> {
    let at = |label: unsafe extern "C" fn()| label as *const () as u64;
    let leave = at(compat_express_leave);
    let again_leave = at(compat_express_again_leave);
    if rip == leave || rip == again_leave {
        Some(Leaving::Left)
    } else if (at(compat_express_exit)..leave).contains(&rip)
        || (at(compat_express_again)..again_leave).contains(&rip)
    {
        Some(Leaving::Restart(at(compat_express_late)))
    } else if (at(compat_express_window)..=at(compat_express_syscall)).contains(&rip) {
        Some(Leaving::Restart(at(compat_full_entry)))
    } else if (at(compat_prepared_window)..=at(compat_prepared_syscall)).contains(&rip) {
        Some(Leaving::Restart(at(compat_prepared_restart)))
    } else {
        None
    }
}
