/* DragonFly 6.4: numbers, values and layouts. */
#pragma once

#define BSD 1
#define PADS 1
#define STARTS_WITH_RDI 1
/* Both ends of a pipe come in registers. */
#define PIPE_IN_REGISTERS 1
#define NOTE .long 10, 4, 1; .asciz "DragonFly"; .p2align 2; .long 600400

#define NR_accept 30
#define NR_bind 104
#define NR_clock_gettime 232
#define NR_close 6
#define NR_connect 98
#define NR_dup 41
#define NR_execve 59
#define NR_exit 1
#define NR_fcntl 92
#define NR_fork 2
#define NR_fstatat 505
#define NR_ftruncate 201
#define NR_getpid 20
#define NR_getppid 39
#define NR_getrlimit 194
#define NR_getsockname 32
#define NR_kevent 363
#define NR_kill 37
#define NR_kqueue 362
#define NR_listen 106
#define NR_mmap 197
#define NR_munmap 73
#define NR_openat 504
#define NR_pipe2 538
#define NR_pread 173
#define NR_pwrite 174
#define NR_read 3
#define NR_setrlimit 195
#define NR_setsockopt 105
#define NR_sigaction 342
#define NR_sigprocmask 340
#define NR_socket 97
#define NR_vfork 66
#define NR_wait4 7
#define NR_write 4

#ifndef __ASSEMBLER__
#include "bsd.h"

enum {
    AT_CWD = (int)0xfffafdcd,
    MONOTONIC = 4,
    SET_LOCK = 8,
    SIZE_IN_STAT = 80,
};
struct lock {
    int64_t start, length;
    int32_t pid;
    int16_t type, whence;
};
struct action {
    void (*handler)(int);
    int flags;
    uint32_t mask[4];
};
struct event {
    uint64_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    int64_t data;
    void *udata;
};
enum { FILTER_READ = -1 };
#endif
