//! The brief way out of a trap: a call that changed nothing but registers needs no `rt_sigreturn`.
//!
//! The kernel holds nothing for a handler on an alternate stack but the mask, which is the guest's all along, and the vector
//! state in the frame, which a program can put back by itself. So the way out ends in a jump, as that of a patched site, and
//! a site that is never patched costs one entry into the kernel less.

use core::mem::offset_of;

use super::fast::{LASTING_FLAGS, Leaving};
use super::registers::{asm_with_registers, put_registers_back};
use crate::signal::{UContext, XsaveMark};

asm_with_registers!(
    [
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
    put_registers_back!(),
    // Everything is the guest's but the program counter: a signal here finds guest code at rcx.
    ".globl compat_brief_leave", ".hidden compat_brief_leave",
    "compat_brief_leave:",
    "jmp rcx",
    ".globl compat_brief_restart", ".hidden compat_brief_restart",
    "compat_brief_restart:",
    "mov rbx, rsp",
    "jmp compat_exit_waiting",
    ]
    lasting = const LASTING_FLAGS,
    fpstate = const offset_of!(UContext, fpstate),
    features = const XsaveMark::OFFSET + offset_of!(XsaveMark, features),
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
