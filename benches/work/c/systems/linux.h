/* Linux: numbers, values and layouts. */
#pragma once

#define NR_accept 43
#define NR_bind 49
#define NR_clock_gettime 228
#define NR_close 3
#define NR_connect 42
#define NR_dup 32
#define NR_epoll_create1 291
#define NR_epoll_ctl 233
#define NR_epoll_wait 232
#define NR_execve 59
#define NR_exit 231
#define NR_fcntl 72
#define NR_fork 57
#define NR_fstatat 262
#define NR_ftruncate 77
#define NR_getpid 39
#define NR_getppid 110
#define NR_getrlimit 97
#define NR_getsockname 51
#define NR_kill 62
#define NR_listen 50
#define NR_mmap 9
#define NR_munmap 11
#define NR_openat 257
#define NR_pipe2 293
#define NR_prctl 157
#define NR_pread 17
#define NR_pwrite 18
#define NR_read 0
#define NR_setrlimit 160
#define NR_setsockopt 54
#define NR_sigaction 13
#define NR_sigprocmask 14
#define NR_socket 41
#define NR_vfork 58
#define NR_wait4 61
#define NR_write 1

#ifndef __ASSEMBLER__
enum {
    AT_CWD = -100,
    CREATE = 0100,
    TRUNCATE = 01000,
    MAP_NO_FILE = 0x20,
    MONOTONIC = 1,
    USR1 = 10,
    SET_LOCK = 6,
    READ_LOCK = 0,
    NO_LOCK = 2,
    WRITE_LOCK = 1,
    LIMIT_OF_FILES = 7,
    SIZE_IN_STAT = 48,
};
struct address {
    uint16_t family;
    uint16_t port;
    uint32_t host;
    uint64_t zero;
};
struct lock {
    int16_t type, whence;
    int64_t start, length;
    int32_t pid;
};
struct action {
    void (*handler)(int);
    uint64_t flags;
    void (*restorer)(void);
    uint64_t mask;
};
struct event {
    uint32_t events;
    uint64_t data;
} __attribute__((packed));
long k_epoll_create1(int flags);
long k_epoll_ctl(int queue, int what, int fd, struct event *event);
long k_epoll_wait(int queue, struct event *found, int most, int timeout);
long k_prctl(int what, long a, long b, long c, long d);
/* What a signal handler returns to. */
void k_sigreturn(void);
#endif
