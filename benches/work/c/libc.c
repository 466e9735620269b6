/* The program with the system's own C library and its threads. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "works.h"

enum { MOST = 64 };

/* What each thread does in a turn, and how often. */
static void (*duty)(unsigned long count, int number);
static unsigned long each, threads;
static pthread_barrier_t begins, ends;

static void *worker(void *number) {
    arm();
    for (;;) {
        pthread_barrier_wait(&begins);
        duty(each, (long)number);
        pthread_barrier_wait(&ends);
    }
    return NULL;
}

static void start(void (*what)(unsigned long, int), unsigned long how_many) {
    duty = what;
    threads = how_many ? how_many : 2;
    pthread_barrier_init(&begins, NULL, threads + 1);
    pthread_barrier_init(&ends, NULL, threads + 1);
    for (long i = 0; i < (long)threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker, (void *)i))
            failed("pthread_create", i);
    }
}

/* The count is that of each thread. */
static void together(unsigned long count) {
    each = count;
    pthread_barrier_wait(&begins);
    pthread_barrier_wait(&ends);
}

static unsigned long sums[MOST][16];

static unsigned long sum_of(unsigned long count) {
    unsigned long sum = 0;
    together(count);
    for (unsigned long i = 0; i < threads; i++)
        sum += sums[i][0];
    return sum;
}

static void getppid_duty(unsigned long count, int number) { sums[number][0] = getppid_run(count); }
static void read_duty(unsigned long count, int number) {
    unsigned long sum = 0;
    char byte = 0;
    int zero = good("open", k_openat(AT_CWD, "/dev/zero", RDONLY, 0));
    for (unsigned long i = 0; i < count; i++)
        sum += k_read(zero, &byte, 1);
    k_close(zero);
    sums[number][0] = sum + byte;
}
static void pipe_duty(unsigned long count, int number) {
    unsigned long sum = 0;
    int ends[2];
    good("pipe2", k_pipe2(ends, 0));
    for (unsigned long i = 0; i < count; i++) {
        char byte = i % 100;
        good("write", k_write(ends[1], &byte, 1));
        good("read", k_read(ends[0], &byte, 1));
        sum += byte;
    }
    k_close(ends[0]);
    k_close(ends[1]);
    sums[number][0] = sum;
}
static void getppid_start(unsigned long threads) { start(getppid_duty, threads); }
static void read_start(unsigned long threads) { start(read_duty, threads); }
static void pipe_start(unsigned long threads) { start(pipe_duty, threads); }

/* Two threads and one lock. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned long counter, random_state;

static void mutex_duty(unsigned long count, int number) {
    (void)number;
    for (unsigned long i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        for (int work = 0; work < 20; work++)
            random_state = random_state * 31 + 1;
        pthread_mutex_unlock(&mutex);
    }
}
static void mutex_start(unsigned long threads) { start(mutex_duty, threads); }
static unsigned long mutex_turn(unsigned long count) {
    counter = 0;
    together(count / threads + 1);
    return counter;
}

/* The threads take turns: each makes the number odd, or even again. */
static void condition_duty(unsigned long count, int number) {
    pthread_mutex_lock(&mutex);
    for (unsigned long i = 0; i < count; i++) {
        while (counter % 2 != (unsigned long)number)
            pthread_cond_wait(&changed, &mutex);
        counter++;
        pthread_cond_signal(&changed);
    }
    pthread_mutex_unlock(&mutex);
}
static void condition_start(unsigned long threads) { start(condition_duty, threads); }
static unsigned long condition_turn(unsigned long count) {
    counter = 0;
    together(count);
    return counter;
}

static void *short_life(void *given) {
    arm();
    return given;
}
static unsigned long create_turn(unsigned long count) {
    unsigned long right = 0;
    for (unsigned long i = 0; i < count; i++) {
        pthread_t thread;
        void *answer = NULL;
        if (pthread_create(&thread, NULL, short_life, &right) || pthread_join(thread, &answer))
            failed("pthread_create", i);
        right += answer == &right;
    }
    return right;
}

/* Threads that wait, so that somebody can look at them. */
static void idle_duty(unsigned long count, int number) { sums[number][0] = count; }
static void idle_start(unsigned long argument) {
    if (argument)
        start(idle_duty, argument);
}
static unsigned long idle_turn(unsigned long count) { return threads ? sum_of(count) : count; }

static unsigned long getppid_turn(unsigned long count) {
    unsigned long right = 0;
    pid_t parent = getppid();
    for (unsigned long i = 0; i < count; i++)
        right += getppid() == parent;
    return right;
}
static unsigned long clock_turn(unsigned long count) {
    unsigned long forward = 0;
    struct timespec last = {0, 0}, time;
    for (unsigned long i = 0; i < count; i++) {
        clock_gettime(CLOCK_MONOTONIC, &time);
        forward += time.tv_sec > last.tv_sec || (time.tv_sec == last.tv_sec && time.tv_nsec >= last.tv_nsec);
        last = time;
    }
    return forward;
}

/* Buffered output, memory from the heap: what most of a C program's time goes to. */
static unsigned long lines_turn(unsigned long count) {
    unsigned long sum = 0;
    char line[64];
    FILE *file = fopen("lines", "w+");
    if (!file)
        failed("fopen", 0);
    for (unsigned long i = 0; i < count; i++)
        fprintf(file, "%lu\n", i * 7);
    rewind(file);
    while (fgets(line, sizeof line, file)) {
        char *copy = malloc(32 + sum % 500);
        copy[0] = line[0];
        sum += strtoul(line, NULL, 10) + copy[0];
        free(copy);
    }
    fclose(file);
    return sum;
}

static unsigned long ended(pid_t child) {
    int status = -1;
    return waitpid(child, &status, 0) == child && status == 0;
}
static unsigned long fork_turn(unsigned long count) {
    unsigned long right = 0;
    for (unsigned long i = 0; i < count; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        right += ended(child);
    }
    return right;
}
static unsigned long exec_turn(unsigned long count) {
    unsigned long right = 0;
    for (unsigned long i = 0; i < count; i++) {
        pid_t child = vfork();
        if (child == 0) {
            execl(own_path, own_path, (char *)NULL);
            _exit(127);
        }
        right += ended(child);
    }
    return right;
}

const struct work works[] = {
    {"idle", idle_start, idle_turn},
    {"getppid", NULL, getppid_turn},
    {"clock", NULL, clock_turn},
    {"lines", NULL, lines_turn},
    {"create", NULL, create_turn},
    {"mutex", mutex_start, mutex_turn},
    {"condition", condition_start, condition_turn},
    {"fork", NULL, fork_turn},
    {"exec", NULL, exec_turn},
    {"threads-getppid", getppid_start, sum_of},
    {"threads-read", read_start, sum_of},
    {"threads-pipe", pipe_start, sum_of},
    {NULL, NULL, NULL},
};
