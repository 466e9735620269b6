/* The calls the workloads make, by name and without a C library, and what differs between the two systems.
 * calls.S has the calls. Each answers what the kernel answers, or the negative error number. */
#pragma once

#include <stddef.h>
#include <stdint.h>

long k_accept(int fd, void *address, void *length);
long k_bind(int fd, const void *address, unsigned length);
long k_clock_gettime(int clock, void *time);
long k_close(int fd);
long k_connect(int fd, const void *address, unsigned length);
long k_dup(int fd);
long k_execve(const char *path, char *const argv[], char *const envp[]);
_Noreturn void k_exit(int code);
long k_fcntl(int fd, int command, void *argument);
long k_fork(void);
long k_fstatat(int at, const char *path, void *found, int flags);
long k_ftruncate(int fd, long size);
long k_getpid(void);
long k_getppid(void);
long k_getrlimit(int which, uint64_t limits[2]);
long k_getsockname(int fd, void *address, void *length);
long k_kill(long pid, int signal);
long k_listen(int fd, int waiting);
void *k_mmap(void *at, size_t size, int protection, int flags, int fd, long offset);
long k_munmap(void *at, size_t size);
long k_openat(int at, const char *path, int flags, int mode);
long k_pipe2(int ends[2], int flags);
long k_pread(int fd, void *to, size_t size, long offset);
long k_pwrite(int fd, const void *from, size_t size, long offset);
long k_read(int fd, void *to, size_t size);
long k_setrlimit(int which, const uint64_t limits[2]);
long k_setsockopt(int fd, int level, int option, const void *value, unsigned length);
long k_sigaction(int signal, const void *new, void *old, size_t size_of_mask);
long k_sigprocmask(int how, const void *new, void *old, size_t size_of_mask);
long k_socket(int family, int type, int protocol);
/* Shares the caller's memory until it ends or becomes another program, as vfork does. */
long k_vfork(void);
long k_wait4(long pid, int *status, int options, void *usage);
long k_write(int fd, const void *from, size_t size);

enum { AT_CWD = -100, RDONLY = 0, WRONLY = 1, RDWR = 2, MAP_OWN = 2, PROT_READ_WRITE = 3, PROT_ALL = 7 };

#ifdef FREEBSD
enum {
    CREATE = 0x200,
    TRUNCATE = 0x400,
    MAP_NO_FILE = 0x1000,
    MONOTONIC = 4,
    USR1 = 30,
    SET_LOCK = 12,
    READ_LOCK = 1,
    NO_LOCK = 2,
    WRITE_LOCK = 3,
    LIMIT_OF_FILES = 8,
    SIZE_IN_STAT = 112, /* struct stat's st_size, since FreeBSD 12 */
};
struct address {
    uint8_t length, family;
    uint16_t port;
    uint32_t host;
    uint64_t zero;
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
long k_kqueue(void);
long k_kevent(int queue, const struct event *changes, int changed, struct event *found, int most, const void *timeout);
#else
enum {
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
