/* FreeBSD 13: numbers, values and layouts. */
#pragma once

#define BSD 1
/* The argument vector's address is in rdi when a program starts. */
#define STARTS_WITH_RDI 1
/* What its programs are known by: the version they were built for. */
#define NOTE .long 8, 4, 1; .asciz "FreeBSD"; .long 1302001

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
#define NR_fstatat 552
#define NR_ftruncate 480
#define NR_getpid 20
#define NR_getppid 39
#define NR_getrlimit 194
#define NR_getsockname 32
#define NR_kevent 560
#define NR_kill 37
#define NR_kqueue 362
#define NR_listen 106
#define NR_mmap 477
#define NR_munmap 73
#define NR_openat 499
#define NR_pipe2 542
#define NR_pread 475
#define NR_pwrite 476
#define NR_read 3
#define NR_setrlimit 195
#define NR_setsockopt 105
#define NR_sigaction 416
#define NR_sigprocmask 340
#define NR_socket 97
#define NR_vfork 66
#define NR_wait4 7
#define NR_write 4

#ifndef __ASSEMBLER__
#include "bsd.h"

enum {
    AT_CWD = -100,
    MONOTONIC = 4,
    SET_LOCK = 12,
    SIZE_IN_STAT = 112, /* struct stat's st_size, since FreeBSD 12 */
};
struct lock {
    int64_t start, length;
    int32_t pid;
    int16_t type, whence;
    int32_t system;
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
    uint64_t ext[4];
};
enum { FILTER_READ = -1 };
#endif
