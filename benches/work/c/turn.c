/* PROGRAM NAME [ARGUMENT] [armed]
 *
 * Each line of standard input is a number: how often to do the work now. Each is answered by a line with the
 * nanoseconds that it took, and what came out. */
#include "turn.h"

char *own_path;
static int armed;

static size_t length(const char *text) {
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

static int same(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static size_t put(char *to, unsigned long number) {
    char digits[20];
    size_t n = 0;
    do
        digits[n++] = '0' + number % 10;
    while (number /= 10);
    for (size_t i = 0; i < n; i++)
        to[i] = digits[n - 1 - i];
    return n;
}

void failed(const char *what, long result) {
    char number[24] = " failed: -";
    size_t n = 9;
    if (result < 0)
        number[n++] = '-';
    n += put(number + n, result < 0 ? -result : result);
    number[n++] = '\n';
    k_write(2, what, length(what));
    k_write(2, number, n);
    k_exit(1);
}

long good(const char *what, long result) {
    if (result < 0 && result > -4096)
        failed(what, result);
    return result;
}

void arm(void) {
#ifndef BSD
    enum { SET_SYSCALL_USER_DISPATCH = 59, ON = 1 };
    /* Every address of a program may call, so that no call ends as a signal. */
    if (armed)
        good("prctl", k_prctl(SET_SYSCALL_USER_DISPATCH, ON, 0, (1L << 47) - 4096, 0));
#endif
}

int read_all(int fd, void *to, size_t size) {
    char *place = to;
    while (size) {
        long n = good("read", k_read(fd, place, size));
        if (n == 0)
            return 0;
        place += n;
        size -= n;
    }
    return 1;
}

void write_all(int fd, const void *from, size_t size) {
    const char *place = from;
    while (size) {
        long n = good("write", k_write(fd, place, size));
        place += n;
        size -= n;
    }
}

uint64_t shuffled(uint64_t *state) {
    *state = *state * 6364136223846793005 + 1442695040888963407;
    return *state >> 33;
}

static uint64_t now(void) {
    uint64_t time[2];
    good("clock_gettime", k_clock_gettime(MONOTONIC, time));
    return time[0] * 1000000000 + time[1];
}

/* False when there is no further line. */
static int hear(unsigned long *number) {
    char digit;
    *number = 0;
    while (read_all(0, &digit, 1)) {
        if (digit == '\n')
            return 1;
        *number = *number * 10 + (digit - '0');
    }
    return 0;
}

static unsigned long number(const char *text) {
    unsigned long value = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (*text - '0');
    return value;
}

int main(int argc, char **argv) {
    const struct work *work = works;
    unsigned long argument = 0, count;
    /* What a program started by a workload does. */
    if (argc < 2)
        return 0;
    own_path = argv[0];
    while (work->name && !same(work->name, argv[1]))
        work++;
    if (!work->name)
        failed(argv[1], 0);
    for (int i = 2; i < argc; i++) {
        if (same(argv[i], "armed"))
            armed = 1;
        else
            argument = number(argv[i]);
    }
    arm();
    if (work->prepare)
        work->prepare(argument);
    while (hear(&count)) {
        char line[48];
        uint64_t before = now();
        unsigned long answer = work->run(count);
        size_t n = put(line, now() - before);
        line[n++] = ' ';
        n += put(line + n, answer);
        line[n++] = '\n';
        write_all(1, line, n);
    }
    return 0;
}
