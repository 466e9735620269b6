/* A workload is run in turns, each as often as the benchmark asks. */
#pragma once

#include "kernel.h"

struct work {
    const char *name;
    /* Before the first turn. The argument is the number behind the name on the command line, or 0. */
    void (*prepare)(unsigned long argument);
    /* Does the work so many times. What it returns is a function of that number alone, the same on every system: a
     * benchmark that does other work says nothing. */
    unsigned long (*run)(unsigned long count);
};

/* Ends with no name. Each program has its own. */
extern const struct work works[];

/* Tells what went wrong and ends the program. */
_Noreturn void failed(const char *what, long result);

/* The result, which is no error number. */
long good(const char *what, long result);

/* Makes the kernel take its slow way into system calls, if this program runs to measure that: it is what any
 * translation by Syscall User Dispatch pays at least. For the calling thread; every new thread and process must. */
void arm(void);

/* Reads or writes all of it. False at the end of the file. */
int read_all(int fd, void *to, size_t size);
void write_all(int fd, const void *from, size_t size);

/* The next of a fixed sequence. */
uint64_t shuffled(uint64_t *state);

/* The path of this program. */
extern char *own_path;
