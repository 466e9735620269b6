/* Starting processes and waiting for their end. */
#include "works.h"

static unsigned long wait_for(long child) {
    int status = -1;
    return good("wait4", k_wait4(child, &status, 0, NULL)) == child && status == 0;
}

unsigned long fork_run(unsigned long count) {
    unsigned long ended = 0;
    for (unsigned long i = 0; i < count; i++) {
        long child = good("fork", k_fork());
        if (child == 0)
            k_exit(0);
        ended += wait_for(child);
    }
    return ended;
}

/* The program is this one, which without arguments only ends. */
unsigned long exec_run(unsigned long count) {
    unsigned long ended = 0;
    char *const arguments[] = {own_path, NULL}, *const environment[] = {NULL};
    for (unsigned long i = 0; i < count; i++) {
        long child = good("vfork", k_vfork());
        if (child == 0) {
            k_execve(own_path, arguments, environment);
            k_exit(127);
        }
        ended += wait_for(child);
    }
    return ended;
}
