//! Registers, vector registers and the red zone, across calls and whatever comes in between.

use core::arch::global_asm;

use compat_guests::sys;

// rdi = a seed. Returns how often something was not as it was left. Each turn fills xmm0-15, the registers that calls keep
// and the red zone from the seed, makes a call, lingers, and compares.
global_asm!(
    "registers_kept:",
    "push rbx",
    "push rbp",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "mov rbx, rdi",
    "xor ebp, ebp",
    "mov r12d, 20",
    "2:",
    "movq xmm0, rbx",
    "punpcklqdq xmm0, xmm0",
    ".irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "movdqa xmm\\n, xmm0",
    ".endr",
    "mov r13, rbx",
    "not r13",
    "mov r14, rbx",
    "bswap r14",
    "lea r15, [rbx + r12]",
    ".irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16",
    "mov [rsp - 8 * \\n], r15",
    ".endr",
    "mov eax, 20",
    "syscall",
    "mov ecx, 100",
    "3:",
    "dec ecx",
    "jnz 3b",
    "mov rax, rbx",
    "not rax",
    "cmp rax, r13",
    "jne 4f",
    "mov rax, rbx",
    "bswap rax",
    "cmp rax, r14",
    "jne 4f",
    "lea rax, [rbx + r12]",
    "cmp rax, r15",
    "jne 4f",
    ".irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16",
    "cmp [rsp - 8 * \\n], r15",
    "jne 4f",
    ".endr",
    ".irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "pcmpeqb xmm\\n, xmm0",
    "pand xmm1, xmm\\n",
    ".endr",
    "pmovmskb eax, xmm1",
    "cmp eax, 0xffff",
    "jne 4f",
    "movq rax, xmm0",
    "cmp rax, rbx",
    "je 5f",
    "4:",
    "inc ebp",
    "5:",
    "dec r12",
    "jnz 2b",
    "mov eax, ebp",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbp",
    "pop rbx",
    "ret",
);

unsafe extern "C" {
    fn registers_kept(seed: u64) -> u64;
}

pub(crate) fn are_kept(seed: u64) {
    let lost = unsafe { registers_kept(seed) };
    if lost != 0 {
        sys::call(sys::WRITE, [2, b"registers\n".as_ptr() as u64, 10]).expect("write");
    }
    assert_eq!(
        lost, 0,
        "registers, vector registers or the red zone changed"
    );
}
