/* What a single call costs. */
#include "works.h"

static int file, null, own_pipe[2];
static char page[4096];

unsigned long getpid_run(unsigned long count) {
    unsigned long right = 0;
    long own = k_getpid();
    for (unsigned long i = 0; i < count; i++)
        right += k_getpid() == own;
    return right;
}

unsigned long getppid_run(unsigned long count) {
    unsigned long right = 0;
    long parent = k_getppid();
    for (unsigned long i = 0; i < count; i++)
        right += k_getppid() == parent;
    return right;
}

static long (*copied)(void);
extern const char copied_getppid[], end_of_copied_getppid[];

void copied_prepare(unsigned long argument) {
    (void)argument;
    char *memory = k_mmap(NULL, sizeof page, PROT_ALL, MAP_OWN | MAP_NO_FILE, -1, 0);
    good("mmap", (long)memory);
    for (long i = 0; i < end_of_copied_getppid - copied_getppid; i++)
        ((volatile char *)memory)[i] = copied_getppid[i];
    copied = (long (*)(void))memory;
}

unsigned long copied_run(unsigned long count) {
    unsigned long right = 0;
    long parent = copied();
    for (unsigned long i = 0; i < count; i++)
        right += copied() == parent;
    return right;
}

void files_prepare(unsigned long argument) {
    (void)argument;
    file = good("open", k_openat(AT_CWD, "file", RDWR | CREATE | TRUNCATE, 0600));
    for (size_t i = 0; i < sizeof page; i++)
        page[i] = 'a' + i % 26;
    for (int i = 0; i < 16; i++)
        write_all(file, page, sizeof page);
    null = good("open", k_openat(AT_CWD, "/dev/null", WRONLY, 0));
}

unsigned long read_run(unsigned long count) {
    unsigned long sum = 0;
    int zero = good("open", k_openat(AT_CWD, "/dev/zero", RDONLY, 0));
    for (unsigned long i = 0; i < count; i++)
        sum += k_read(zero, page, 1) + page[0];
    k_close(zero);
    return sum;
}

unsigned long pread_run(unsigned long count) {
    unsigned long sum = 0;
    for (unsigned long i = 0; i < count; i++)
        sum += k_pread(file, page, sizeof page, i % 15 * 4096 + 1) + page[0];
    return sum;
}

unsigned long write_run(unsigned long count) {
    unsigned long sum = 0;
    for (unsigned long i = 0; i < count; i++)
        sum += k_write(null, page, 64);
    return sum;
}

static unsigned long stat_of(const char *path, unsigned long count) {
    unsigned long sum = 0;
    static char found[256] __attribute__((aligned(8)));
    for (unsigned long i = 0; i < count; i++) {
        good("stat", k_fstatat(AT_CWD, path, found, 0));
        sum += *(long *)(found + SIZE_IN_STAT);
    }
    return sum;
}

unsigned long stat_run(unsigned long count) { return stat_of("file", count); }

unsigned long open_run(unsigned long count) {
    unsigned long opened = 0;
    for (unsigned long i = 0; i < count; i++) {
        int fd = good("open", k_openat(AT_CWD, "file", RDONLY, 0));
        opened += k_close(fd) == 0;
    }
    return opened;
}

/* The same by an absolute path, which is looked up where the guest has a root. */
unsigned long absolute_stat_run(unsigned long count) { return stat_of("/etc/passwd", count) ? count : 0; }

unsigned long absolute_open_run(unsigned long count) {
    unsigned long opened = 0;
    for (unsigned long i = 0; i < count; i++) {
        int fd = good("open", k_openat(AT_CWD, "/etc/passwd", RDONLY, 0));
        opened += k_close(fd) == 0;
    }
    return opened;
}

void pipe_prepare(unsigned long argument) {
    (void)argument;
    good("pipe2", k_pipe2(own_pipe, 0));
}

unsigned long pipe_run(unsigned long count) {
    unsigned long sum = 0;
    for (unsigned long i = 0; i < count; i++) {
        page[0] = i % 100;
        good("write", k_write(own_pipe[1], page, 1));
        good("read", k_read(own_pipe[0], page + 1, 1));
        sum += page[1];
    }
    return sum;
}

unsigned long mask_run(unsigned long count) {
    unsigned long empty = 0;
    for (unsigned long i = 0; i < count; i++) {
        uint64_t mask[2] = {1, 0};
        good("sigprocmask", k_sigprocmask(1, NULL, mask, 8));
        empty += mask[0] == 0;
    }
    return empty;
}

static volatile unsigned long handled;

static void handle(int signal) { handled += signal == USR1; }

void signal_prepare(unsigned long argument) {
    (void)argument;
    struct action action = {.handler = handle};
#ifndef BSD
    enum { HAS_RESTORER = 0x04000000 };
    action.flags = HAS_RESTORER;
    action.restorer = k_sigreturn;
#endif
    good("sigaction", k_sigaction(USR1, &action, NULL, 8));
}

unsigned long signal_run(unsigned long count) {
    long own = k_getpid();
    handled = 0;
    for (unsigned long i = 0; i < count; i++)
        k_kill(own, USR1);
    return handled;
}
