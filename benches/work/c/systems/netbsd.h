/* NetBSD 10: numbers, values and layouts. */
#pragma once

#define BSD 1
/* A pad stands before an argument of 64 bits that would be at an odd place. */
#define PADS 1
/* Handlers return to what sigaction is given, with the context's address in r15. */
#define GIVES_TRAMPOLINE 1
#define NOTE .long 7, 4, 1; .asciz "NetBSD"; .p2align 2; .long 1000000000

#define NR_accept 30
#define NR_bind 104
#define NR_clock_gettime 427
#define NR_close 6
#define NR_connect 98
#define NR_dup 41
#define NR_execve 59
#define NR_exit 1
#define NR_fcntl 92
#define NR_fork 2
#define NR_fstatat 466
#define NR_ftruncate 201
#define NR_getpid 20
#define NR_getppid 39
#define NR_getrlimit 194
#define NR_getsockname 32
#define NR_kevent 435
#define NR_kill 37
#define NR_kqueue 344
#define NR_listen 106
#define NR_mmap 197
#define NR_munmap 73
#define NR_openat 468
#define NR_pipe2 453
#define NR_pread 173
#define NR_pwrite 174
#define NR_read 3
#define NR_setcontext 308
#define NR_setrlimit 195
#define NR_setsockopt 105
#define NR_sigaction 340
#define NR_sigprocmask 293
#define NR_socket 394
#define NR_vfork 282
#define NR_wait4 449
#define NR_write 4

#ifndef __ASSEMBLER__
#include "bsd.h"

enum {
    AT_CWD = -100,
    MONOTONIC = 3,
    SET_LOCK = 8,
    SIZE_IN_STAT = 112, /* since NetBSD 6 */
};
struct lock {
    int64_t start, length;
    int32_t pid;
    int16_t type, whence;
};
struct action {
    void (*handler)(int);
    uint32_t mask[4];
    int flags;
};
struct event {
    uint64_t ident;
    uint32_t filter;
    uint32_t flags;
    uint32_t fflags;
    int64_t data;
    void *udata;
};
enum { FILTER_READ = 0 };
#endif
