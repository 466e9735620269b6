//! The brief way out of a trap: a call that changed nothing but registers needs no `rt_sigreturn`.
//!
//! The kernel holds nothing for a handler on an alternate stack but the mask, which is the guest's all along, and the vector
//! state in the frame, which a program can put back by itself. So the way out ends in a jump, as that of a patched site, and
//! a site that is never patched costs one entry into the kernel less.

use core::arch::global_asm;
use core::mem::offset_of;

use super::fast::{LASTING_FLAGS, Leaving};
use crate::signal::{Regs, UContext, XsaveMark};

const REGS: usize = offset_of!(UContext, regs);

global_asm!(
    // rbx = the frame's ucontext.
    ".globl compat_brief_entry", ".hidden compat_brief_entry",
    "compat_brief_entry:",
    "mov rsp, rbx",
    // A flag that the return below cannot put back.
    "test dword ptr [rsp + {regs} + {rflags}], {lasting}",
    "jnz compat_exit_start",
    // The last look at gs:[8] and the return are one step: a signal in between starts this over at compat_brief_restart.
    ".globl compat_brief_exit", ".hidden compat_brief_exit",
    "compat_brief_exit:",
    "cmp dword ptr gs:[8], 0",
    "jne compat_brief_restart",
    "mov rcx, [rsp + {fpstate}]",
    "mov eax, [rcx + {features}]",
    "mov edx, [rcx + {features} + 4]",
    "xrstor64 [rcx]",
    "mov r8, [rsp + {regs} + {r8}]",
    "mov r9, [rsp + {regs} + {r9}]",
    "mov r10, [rsp + {regs} + {r10}]",
    "mov r12, [rsp + {regs} + {r12}]",
    "mov r13, [rsp + {regs} + {r13}]",
    "mov r14, [rsp + {regs} + {r14}]",
    "mov r15, [rsp + {regs} + {r15}]",
    "mov rdi, [rsp + {regs} + {rdi}]",
    "mov rsi, [rsp + {regs} + {rsi}]",
    "mov rbp, [rsp + {regs} + {rbp}]",
    "mov rbx, [rsp + {regs} + {rbx}]",
    "mov rdx, [rsp + {regs} + {rdx}]",
    "mov rcx, [rsp + {regs} + {rip}]",
    // The flags that our code has changed: overflow by an addition, the others from ah.
    "mov eax, [rsp + {regs} + {rflags}]",
    "and ah, 8",
    "add ah, 0x78",
    "mov ah, al",
    "sahf",
    "mov rax, [rsp + {regs} + {rax}]",
    "mov r11, [rsp + {regs} + {r11}]",
    "mov rsp, [rsp + {regs} + {rsp}]",
    // Everything is the guest's but the program counter: a signal here finds guest code at rcx.
    ".globl compat_brief_leave", ".hidden compat_brief_leave",
    "compat_brief_leave:",
    "jmp rcx",
    ".globl compat_brief_restart", ".hidden compat_brief_restart",
    "compat_brief_restart:",
    "mov rbx, rsp",
    "jmp compat_exit_waiting",
    regs = const REGS,
    lasting = const LASTING_FLAGS,
    fpstate = const offset_of!(UContext, fpstate),
    features = const XsaveMark::OFFSET + offset_of!(XsaveMark, features),
    r8 = const offset_of!(Regs, r8),
    r9 = const offset_of!(Regs, r9),
    r10 = const offset_of!(Regs, r10),
    r11 = const offset_of!(Regs, r11),
    r12 = const offset_of!(Regs, r12),
    r13 = const offset_of!(Regs, r13),
    r14 = const offset_of!(Regs, r14),
    r15 = const offset_of!(Regs, r15),
    rdi = const offset_of!(Regs, rdi),
    rsi = const offset_of!(Regs, rsi),
    rbp = const offset_of!(Regs, rbp),
    rbx = const offset_of!(Regs, rbx),
    rdx = const offset_of!(Regs, rdx),
    rax = const offset_of!(Regs, rax),
    rsp = const offset_of!(Regs, rsp),
    rip = const offset_of!(Regs, rip),
    rflags = const offset_of!(Regs, rflags),
);

unsafe extern "C" {
    fn compat_brief_exit();
    fn compat_brief_leave();
    fn compat_brief_restart();
}

/// See [`super::fast::leaving`].
pub(super) fn leaving(rip: u64) -> Option<Leaving> {
    let leave = compat_brief_leave as *const () as u64;
    if rip == leave {
        Some(Leaving::Left)
    } else if (compat_brief_exit as *const () as u64..leave).contains(&rip) {
        Some(Leaving::Restart(compat_brief_restart as *const () as u64))
    } else {
        None
    }
}
