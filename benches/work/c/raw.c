/* The program without a library: the same instructions on every system, but for the calls themselves. */
#include "works.h"

static unsigned long idle_run(unsigned long count) { return count; }

const struct work works[] = {
    {"idle", NULL, idle_run},
    {"getpid", NULL, getpid_run},
    {"getppid", NULL, getppid_run},
    {"copied", copied_prepare, copied_run},
    {"read", NULL, read_run},
    {"pread", files_prepare, pread_run},
    {"write", files_prepare, write_run},
    {"stat", files_prepare, stat_run},
    {"open", files_prepare, open_run},
    {"absolute-stat", NULL, absolute_stat_run},
    {"absolute-open", NULL, absolute_open_run},
    {"pipe", pipe_prepare, pipe_run},
    {"clock", NULL, clock_run},
    {"mask", NULL, mask_run},
    {"signal", signal_prepare, signal_run},
    {"map", NULL, map_run},
    {"fault", NULL, fault_run},
    {"pipes", pipes_prepare, ask_run},
    {"tcp", tcp_prepare, ask_run},
    {"stream", stream_prepare, stream_run},
    {"events", events_prepare, events_run},
    {"watch", NULL, watch_run},
    {"fork", NULL, fork_run},
    {"exec", NULL, exec_run},
    {"database", database_prepare, database_run},
    {NULL, NULL, NULL},
};
