/* System calls as C libraries make them: the number, then the fourth argument where the kernel looks for it. */

#include "systems/this.h"

#ifdef BSD
#define RETURN jb failed; ret
#else
#define RETURN ret
#endif

#define BEGIN(name) .p2align 4; .globl k_##name; .type k_##name, @function; k_##name:
#define MAKE(name) mov $NR_##name, %eax; mov %rcx, %r10; syscall
#define CALL(name) BEGIN(name) MAKE(name); RETURN

    .text
CALL(accept)
CALL(bind)
CALL(clock_gettime)
CALL(close)
CALL(connect)
CALL(dup)
CALL(execve)
CALL(exit)
CALL(fcntl)
CALL(fork)
CALL(fstatat)
CALL(getpid)
CALL(getppid)
CALL(getrlimit)
CALL(getsockname)
CALL(kill)
CALL(listen)
CALL(munmap)
CALL(openat)
CALL(read)
CALL(setrlimit)
CALL(setsockopt)
CALL(sigprocmask)
CALL(socket)
CALL(wait4)
CALL(write)

#ifdef PADS
BEGIN(ftruncate)
    mov %rsi, %rdx
    xor %esi, %esi
    MAKE(ftruncate)
    RETURN
/* The seventh argument lies above the return address. */
BEGIN(mmap)
    push %r9
    xor %r9d, %r9d
    call padded_mmap
    pop %r9
    ret
    .p2align 4
padded_mmap:
    MAKE(mmap)
    RETURN
BEGIN(pread)
    mov %rcx, %r8
    xor %ecx, %ecx
    MAKE(pread)
    RETURN
BEGIN(pwrite)
    mov %rcx, %r8
    xor %ecx, %ecx
    MAKE(pwrite)
    RETURN
#else
CALL(ftruncate)
CALL(mmap)
CALL(pread)
CALL(pwrite)
#endif

#ifdef PIPE_IN_REGISTERS
BEGIN(pipe2)
    push %rdi
    MAKE(pipe2)
    pop %rdi
    jb failed
    mov %eax, (%rdi)
    mov %edx, 4(%rdi)
    xor %eax, %eax
    ret
#else
CALL(pipe2)
#endif

#ifdef GIVES_TRAMPOLINE
BEGIN(sigaction)
    lea trampoline(%rip), %rcx
    mov $2, %r8d /* Its version. */
    MAKE(sigaction)
    RETURN
trampoline:
    mov %r15, %rdi
    mov $NR_setcontext, %eax
    syscall
#else
CALL(sigaction)
#endif

#ifdef BSD
CALL(kevent)
CALL(kqueue)
failed:
    neg %rax
    ret
#else
CALL(epoll_create1)
CALL(epoll_ctl)
CALL(epoll_wait)
CALL(prctl)
    .globl k_sigreturn
k_sigreturn:
    mov $15, %eax
    syscall
#endif

/* The child uses the stack of the parent, who comes back later: the return address must not lie there. */
    .globl k_vfork
k_vfork:
    pop %rsi
    mov $NR_vfork, %eax
    syscall
    push %rsi
    ret

/* A getppid that no one can expect to be rewritten, because it is copied to memory that stays writable. */
    .globl copied_getppid, end_of_copied_getppid
copied_getppid:
    mov $NR_getppid, %eax
    syscall
    ret
end_of_copied_getppid:

#ifndef WITH_LIBC
/* The initial stack: argc, arguments, environment, auxiliary vector. */
    .globl _start
_start:
    xor %ebp, %ebp
#ifndef STARTS_WITH_RDI
    mov %rsp, %rdi
#endif
    mov %rdi, initial_stack(%rip)
    mov (%rdi), %rax
    lea 8(%rdi), %rsi
    mov %eax, %edi
    and $-16, %rsp
    call main
    mov %eax, %edi
    call k_exit

    .bss
    .globl initial_stack
    .p2align 3
initial_stack:
    .skip 8

#ifdef NOTE
    .section .note.tag, "a", @note
    .p2align 2
    NOTE
#endif
#endif

    .section .note.GNU-stack, "", @progbits
