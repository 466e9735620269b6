//! What the ways out share: the guest's general registers go back from a [`UContext`](crate::signal::UContext) at `rsp`, and
//! the last thing is a jump.

/// The processor's code for that, from the last look at what waits to the instruction behind which everything but the program
/// counter is the guest's, which then is in `rcx`. It destroys nothing that it reads until it is done, so that a signal in
/// between can start it over.
macro_rules! put_registers_back {
    () => {
        concat!(
            "mov r8, [rsp + {regs} + {r8}]\n",
            "mov r9, [rsp + {regs} + {r9}]\n",
            "mov r10, [rsp + {regs} + {r10}]\n",
            "mov r12, [rsp + {regs} + {r12}]\n",
            "mov r13, [rsp + {regs} + {r13}]\n",
            "mov r14, [rsp + {regs} + {r14}]\n",
            "mov r15, [rsp + {regs} + {r15}]\n",
            "mov rdi, [rsp + {regs} + {rdi}]\n",
            "mov rsi, [rsp + {regs} + {rsi}]\n",
            "mov rbp, [rsp + {regs} + {rbp}]\n",
            "mov rbx, [rsp + {regs} + {rbx}]\n",
            "mov rdx, [rsp + {regs} + {rdx}]\n",
            "mov rcx, [rsp + {regs} + {rip}]\n",
            // The flags that our code has changed: overflow by an addition, the others from ah.
            "mov eax, [rsp + {regs} + {rflags}]\n",
            "and ah, 8\n",
            "add ah, 0x78\n",
            "mov ah, al\n",
            "sahf\n",
            "mov rax, [rsp + {regs} + {rax}]\n",
            "mov r11, [rsp + {regs} + {r11}]\n",
            "mov rsp, [rsp + {regs} + {rsp}]\n",
        )
    };
}

/// `global_asm!` that may name what [`put_registers_back`] names: `{regs}` and the registers but `rcx`.
macro_rules! asm_with_registers {
    ([$($line:expr),+ $(,)?] $($operands:tt)*) => {
        core::arch::global_asm!(
            $($line,)+
            regs = const core::mem::offset_of!($crate::signal::UContext, regs),
            r8 = const core::mem::offset_of!($crate::signal::Regs, r8),
            r9 = const core::mem::offset_of!($crate::signal::Regs, r9),
            r10 = const core::mem::offset_of!($crate::signal::Regs, r10),
            r11 = const core::mem::offset_of!($crate::signal::Regs, r11),
            r12 = const core::mem::offset_of!($crate::signal::Regs, r12),
            r13 = const core::mem::offset_of!($crate::signal::Regs, r13),
            r14 = const core::mem::offset_of!($crate::signal::Regs, r14),
            r15 = const core::mem::offset_of!($crate::signal::Regs, r15),
            rdi = const core::mem::offset_of!($crate::signal::Regs, rdi),
            rsi = const core::mem::offset_of!($crate::signal::Regs, rsi),
            rbp = const core::mem::offset_of!($crate::signal::Regs, rbp),
            rbx = const core::mem::offset_of!($crate::signal::Regs, rbx),
            rdx = const core::mem::offset_of!($crate::signal::Regs, rdx),
            rax = const core::mem::offset_of!($crate::signal::Regs, rax),
            rsp = const core::mem::offset_of!($crate::signal::Regs, rsp),
            rip = const core::mem::offset_of!($crate::signal::Regs, rip),
            rflags = const core::mem::offset_of!($crate::signal::Regs, rflags),
            $($operands)*
        );
    };
}

pub(super) use {asm_with_registers, put_registers_back};
