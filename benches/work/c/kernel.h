/* The calls the workloads make, by name and without a C library. calls.S has the calls; systems/ what differs between
 * the systems. Each answers what the kernel answers, or the negative error number. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "systems/this.h"

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

enum { RDONLY = 0, WRONLY = 1, RDWR = 2, MAP_OWN = 2, PROT_READ_WRITE = 3, PROT_ALL = 7 };
