/* Two processes that answer each other, through pipes and through TCP on the loopback interface. */
#include "works.h"

enum { INET = 2, STREAM = 1, TCP = 6, NO_DELAY = 1, CHUNK = 64 * 1024 };

static int from, to;
static char chunk[CHUNK];

/* Answers each byte with the next greater one, until nobody asks. */
static void echo(int in, int out) {
    unsigned char byte;
    arm();
    while (read_all(in, &byte, 1)) {
        byte++;
        write_all(out, &byte, 1);
    }
    k_exit(0);
}

unsigned long ask_run(unsigned long count) {
    unsigned long sum = 0;
    for (unsigned long i = 0; i < count; i++) {
        unsigned char byte = i % 200;
        write_all(to, &byte, 1);
        read_all(from, &byte, 1);
        sum += byte;
    }
    return sum;
}

void pipes_prepare(unsigned long argument) {
    (void)argument;
    int there[2], back[2];
    good("pipe2", k_pipe2(there, 0));
    good("pipe2", k_pipe2(back, 0));
    if (good("fork", k_fork()) == 0) {
        k_close(there[1]);
        k_close(back[0]);
        echo(there[0], back[1]);
    }
    k_close(there[0]);
    k_close(back[1]);
    from = back[0];
    to = there[1];
}

/* Both ends of a connection, one of them in a new process: there the result is 0. */
static int connected(int *fd) {
    struct address address = {.family = INET, .host = 0x0100007f};
    unsigned length = sizeof address;
    int one = 1;
#ifdef BSD
    address.length = sizeof address;
#endif
    int listener = good("socket", k_socket(INET, STREAM, 0));
    good("bind", k_bind(listener, &address, length));
    good("listen", k_listen(listener, 1));
    good("getsockname", k_getsockname(listener, &address, &length));
    int child = good("fork", k_fork());
    if (child == 0) {
        k_close(listener);
        *fd = good("socket", k_socket(INET, STREAM, 0));
        good("connect", k_connect(*fd, &address, sizeof address));
    } else {
        *fd = good("accept", k_accept(listener, NULL, NULL));
        k_close(listener);
    }
    good("setsockopt", k_setsockopt(*fd, TCP, NO_DELAY, &one, sizeof one));
    return child;
}

void tcp_prepare(unsigned long argument) {
    (void)argument;
    int fd;
    if (connected(&fd) == 0)
        echo(fd, fd);
    from = to = fd;
}

void stream_prepare(unsigned long argument) {
    (void)argument;
    uint64_t wanted;
    if (connected(&from) != 0)
        return;
    arm();
    for (int i = 0; i < CHUNK; i++)
        chunk[i] = i % 251;
    while (read_all(from, &wanted, sizeof wanted))
        for (; wanted; wanted--)
            write_all(from, chunk, CHUNK);
    k_exit(0);
}

unsigned long stream_run(unsigned long count) {
    unsigned long sum = 0;
    write_all(from, &count, sizeof count);
    for (unsigned long left = count; left; left--) {
        read_all(from, chunk, CHUNK);
        sum += (unsigned char)chunk[left % CHUNK];
    }
    return sum;
}
