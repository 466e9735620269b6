/* System calls as C libraries make them: the number, then the fourth argument where the kernel looks for it. */

#ifdef FREEBSD
#define CALL(name, freebsd, linux) \
    .p2align 4; .globl k_##name; .type k_##name, @function; \
    k_##name: mov $freebsd, %eax; mov %rcx, %r10; syscall; jb failed; ret
#else
#define CALL(name, freebsd, linux) \
    .p2align 4; .globl k_##name; .type k_##name, @function; \
    k_##name: mov $linux, %eax; mov %rcx, %r10; syscall; ret
#endif

    .text
CALL(accept, 30, 43)
CALL(bind, 104, 49)
CALL(clock_gettime, 232, 228)
CALL(close, 6, 3)
CALL(connect, 98, 42)
CALL(dup, 41, 32)
CALL(execve, 59, 59)
CALL(exit, 1, 231)
CALL(fcntl, 92, 72)
CALL(fork, 2, 57)
CALL(fstatat, 552, 262)
CALL(ftruncate, 480, 77)
CALL(getpid, 20, 39)
CALL(getppid, 39, 110)
CALL(getrlimit, 194, 97)
CALL(getsockname, 32, 51)
CALL(kill, 37, 62)
CALL(listen, 106, 50)
CALL(mmap, 477, 9)
CALL(munmap, 73, 11)
CALL(openat, 499, 257)
CALL(pipe2, 542, 293)
CALL(pread, 475, 17)
CALL(pwrite, 476, 18)
CALL(read, 3, 0)
CALL(setrlimit, 195, 160)
CALL(setsockopt, 105, 54)
CALL(sigaction, 416, 13)
CALL(sigprocmask, 340, 14)
CALL(socket, 97, 41)
CALL(wait4, 7, 61)
CALL(write, 4, 1)
#ifdef FREEBSD
CALL(kevent, 560, -)
CALL(kqueue, 362, -)
failed:
    neg %rax
    ret
#else
CALL(epoll_create1, -, 291)
CALL(epoll_ctl, -, 233)
CALL(epoll_wait, -, 232)
CALL(prctl, -, 157)
    .globl k_sigreturn
k_sigreturn:
    mov $15, %eax
    syscall
#endif

/* The child uses the stack of the parent, who comes back later: the return address must not lie there. */
    .globl k_vfork
k_vfork:
    pop %rsi
#ifdef FREEBSD
    mov $66, %eax
#else
    mov $58, %eax
#endif
    syscall
    push %rsi
    ret

/* A getppid that no one can expect to be rewritten, because it is copied to memory that stays writable. */
    .globl copied_getppid, end_of_copied_getppid
copied_getppid:
#ifdef FREEBSD
    mov $39, %eax
#else
    mov $110, %eax
#endif
    syscall
    ret
end_of_copied_getppid:

#ifndef WITH_LIBC
/* The initial stack: argc, arguments, environment, auxiliary vector. */
    .globl _start
_start:
    xor %ebp, %ebp
#ifndef FREEBSD
    mov %rsp, %rdi
#endif
    /* FreeBSD passes its address in rdi. */
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

#ifdef FREEBSD
    /* What FreeBSD knows its programs by: the version they were built for. */
    .section .note.tag, "a", @note
    .p2align 2
    .long 8, 4, 1
    .asciz "FreeBSD"
    .long 1302001
#endif
#endif

    .section .note.GNU-stack, "", @progbits
