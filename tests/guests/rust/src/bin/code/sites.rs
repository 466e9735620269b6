//! Hundreds of places that make a call each, in pages of their own: every form of code that the host may turn into a
//! jump, at every distance from an aligned word and from a cache line.

use core::arch::global_asm;

use compat_guests::sys;

/// How many of each form.
pub(crate) const EACH: u64 = 128;
/// Bytes of a place. Odd, so that the places lie at every distance from everything.
const STEP: u64 = 25;
/// Those of a library, which aligns its functions.
const ALIGNED: u64 = 32;
/// The byte that a near jump begins with.
const JUMP: u8 = 0xe9;

// `odd` counts the places: every other one asks for something else. `$behind` fills the place up.
macro_rules! place {
    ($name:literal, $align:literal, $behind:literal, $($code:literal),*) => {
        concat!(
            ".globl ", $name, "\n", $align, "\n", $name, ":\n.set odd, 0\n.rept 128\n",
            $align, "\n", $($code, "\n",)*
            ".fill ", $behind, ", 1, 0x90\n.set odd, 1 - odd\n.endr",
        )
    };
}

// Functions without arguments, result in rax. 20 is getpid, 39 getppid.
global_asm!(
    ".pushsection .text.sites, \"ax\", @progbits",
    ".p2align 12",
    ".globl sites_from, sites_to",
    "sites_from:",
    // A library: the number, the fourth argument, the branch to an error.
    place!(
        "sites_library",
        ".p2align 5",
        "0",
        ".byte 0xb8",
        ".long 20 + 19 * odd",
        "mov r10, rcx",
        "syscall",
        ".byte 0x72, 1",
        "ret",
        "ret"
    ),
    place!(
        "sites_library_far",
        ".p2align 5",
        "0",
        ".byte 0xb8",
        ".long 20 + 19 * odd",
        "mov r10, rcx",
        "syscall",
        ".byte 0x0f, 0x82",
        ".long 1",
        "ret",
        "ret"
    ),
    place!(
        "sites_library_long",
        ".p2align 5",
        "0",
        ".byte 0x48, 0xc7, 0xc0",
        ".long 20 + 19 * odd",
        "mov r10, rcx",
        "syscall",
        "ret"
    ),
    // Go: the number right before the call, anywhere.
    place!(
        "sites_number",
        "",
        "17",
        ".byte 0xb8",
        ".long 20 + 19 * odd",
        "syscall",
        "ret"
    ),
    place!(
        "sites_number_long",
        "",
        "15",
        ".byte 0x48, 0xc7, 0xc0",
        ".long 20 + 19 * odd",
        "syscall",
        "ret"
    ),
    // Go as well: something else before the call.
    place!(
        "sites_load",
        "",
        "12",
        ".byte 0xb8",
        ".long 20 + 19 * odd",
        "mov rdx, [rsp + 8]",
        "syscall",
        "ret"
    ),
    place!(
        "sites_address",
        "",
        "12",
        ".byte 0xb8",
        ".long 20 + 19 * odd",
        "lea rsi, [rsp + 8]",
        "syscall",
        "ret"
    ),
    place!(
        "sites_load_number",
        "",
        "6",
        "push 39",
        "push 20",
        "push 0",
        "mov rax, [rsp + 8]",
        "syscall",
        "lea rsp, [rsp + 24]",
        "ret"
    ),
    "sites_to:",
    ".p2align 12",
    ".popsection",
);

unsafe extern "C" {
    fn sites_from();
    fn sites_to();
    fn sites_library();
    fn sites_library_far();
    fn sites_library_long();
    fn sites_number();
    fn sites_number_long();
    fn sites_load();
    fn sites_address();
    fn sites_load_number();
}

/// A form of place: where the first one lies, the bytes of one, where in it the instruction lies that becomes a jump,
/// and whether every other one asks for something else.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    pub(crate) name: &'static str,
    first: unsafe extern "C" fn(),
    step: u64,
    /// Of the instruction that becomes a jump.
    pub(crate) before: u64,
    pub(crate) syscall: u64,
    alternates: bool,
}

const fn form(
    name: &'static str,
    first: unsafe extern "C" fn(),
    step: u64,
    before: u64,
    syscall: u64,
    alternates: bool,
) -> Form {
    Form {
        name,
        first,
        step,
        before,
        syscall,
        alternates,
    }
}

pub(crate) const FORMS: [Form; 8] = [
    form("library", sites_library, ALIGNED, 0, 8, true),
    form(
        "library, far branch",
        sites_library_far,
        ALIGNED,
        0,
        8,
        true,
    ),
    form("library, long", sites_library_long, ALIGNED, 0, 10, true),
    form("number", sites_number, STEP, 0, 5, true),
    form("number, long", sites_number_long, STEP, 0, 7, true),
    form("load", sites_load, STEP, 5, 10, true),
    form("address", sites_address, STEP, 5, 10, true),
    form("loaded number", sites_load_number, STEP, 6, 11, false),
];

/// One place of a form.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) form: Form,
    pub(crate) index: u64,
}

impl Place {
    /// Place `number` of all there are.
    pub(crate) fn numbered(number: u64) -> Self {
        Self {
            form: FORMS[(number % FORMS.len() as u64) as usize],
            index: number / FORMS.len() as u64,
        }
    }

    pub(crate) fn address(self) -> u64 {
        self.form.first as *const () as u64 + self.form.step * self.index
    }

    /// The address of its `syscall`.
    pub(crate) fn syscall(self) -> u64 {
        self.address() + self.form.syscall
    }

    /// Runs it.
    pub(crate) fn call(self) -> u64 {
        call(self.address())
    }

    /// What it is to return.
    pub(crate) fn expected(self, own: u64, parent: u64) -> u64 {
        if self.form.alternates && self.index % 2 == 1 {
            parent
        } else {
            own
        }
    }

    /// Whether the host has made a jump of it.
    pub(crate) fn is_jump(self) -> bool {
        let at = (self.address() + self.form.before) as *const u8;
        unsafe { at.read_volatile() == JUMP }
    }
}

/// How many places there are.
pub(crate) const ALL: u64 = EACH * FORMS.len() as u64;

/// Runs what lies at `address`.
pub(crate) fn call(address: u64) -> u64 {
    let function: extern "C" fn() -> u64 = unsafe { core::mem::transmute(address) };
    function()
}

/// This process and its parent.
pub(crate) fn identity() -> (u64, u64) {
    (sys::pid(), sys::call(sys::GETPPID, []).expect("getppid"))
}

/// All places: where they begin and end.
pub(crate) fn bounds() -> (u64, u64) {
    (sites_from as *const () as u64, sites_to as *const () as u64)
}
