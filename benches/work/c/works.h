/* The workloads of the program without a library, as raw.c lists them. */
#pragma once

#include "turn.h"

unsigned long getpid_run(unsigned long), getppid_run(unsigned long), copied_run(unsigned long), read_run(unsigned long),
    pread_run(unsigned long), write_run(unsigned long), stat_run(unsigned long), open_run(unsigned long),
    absolute_stat_run(unsigned long), absolute_open_run(unsigned long), pipe_run(unsigned long),
    clock_run(unsigned long), mask_run(unsigned long), signal_run(unsigned long), map_run(unsigned long),
    fault_run(unsigned long), ask_run(unsigned long), stream_run(unsigned long), events_run(unsigned long),
    watch_run(unsigned long), fork_run(unsigned long), exec_run(unsigned long), database_run(unsigned long);
void copied_prepare(unsigned long), files_prepare(unsigned long), pipe_prepare(unsigned long),
    signal_prepare(unsigned long), pipes_prepare(unsigned long), tcp_prepare(unsigned long),
    stream_prepare(unsigned long), events_prepare(unsigned long), database_prepare(unsigned long);
