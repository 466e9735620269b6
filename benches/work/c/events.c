/* Waiting for one of many descriptors: a kqueue on the BSDs, epoll on Linux. */
#include "works.h"

static int queue, busy[2];

static void watch(int fd) {
#ifdef BSD
    struct event event = {.ident = fd, .filter = FILTER_READ, .flags = EVENT_ADD};
    good("kevent", k_kevent(queue, &event, 1, NULL, 0, NULL));
#else
    struct event event = {.events = 1 /* EPOLLIN */, .data = fd};
    good("epoll_ctl", k_epoll_ctl(queue, 1 /* EPOLL_CTL_ADD */, fd, &event));
#endif
}

static int next_ready(void) {
    struct event event;
#ifdef BSD
    long found = good("kevent", k_kevent(queue, NULL, 0, &event, 1, NULL));
    return found == 1 ? (int)event.ident : -1;
#else
    long found = good("epoll_wait", k_epoll_wait(queue, &event, 1, -1));
    return found == 1 ? (int)event.data : -1;
#endif
}

static int make_queue(void) {
#ifdef BSD
    return good("kqueue", k_kqueue());
#else
    return good("epoll_create1", k_epoll_create1(0));
#endif
}

static void allow(unsigned long descriptors) {
    uint64_t limits[2];
    good("getrlimit", k_getrlimit(LIMIT_OF_FILES, limits));
    if (limits[0] >= descriptors)
        return;
    limits[0] = descriptors;
    good("setrlimit", k_setrlimit(LIMIT_OF_FILES, limits));
}

void events_prepare(unsigned long argument) {
    int silent[2];
    allow(argument + 16);
    queue = make_queue();
    good("pipe2", k_pipe2(busy, 0));
    watch(busy[0]);
    good("pipe2", k_pipe2(silent, 0));
    for (unsigned long i = 1; i < argument; i++)
        watch(good("dup", k_dup(silent[0])));
}

unsigned long events_run(unsigned long count) {
    unsigned long right = 0;
    char byte = 1;
    for (unsigned long i = 0; i < count; i++) {
        good("write", k_write(busy[1], &byte, 1));
        right += next_ready() == busy[0];
        good("read", k_read(busy[0], &byte, 1));
    }
    return right;
}

/* Watches a hundred, and closes the queue. */
unsigned long watch_run(unsigned long count) {
    static int many[100];
    int ends[2];
    unsigned long done = 0;
    good("pipe2", k_pipe2(ends, 0));
    for (int i = 0; i < 100; i++)
        many[i] = good("dup", k_dup(ends[0]));
    for (unsigned long turn = 0; turn < count; turn++) {
        queue = make_queue();
        for (int i = 0; i < 100; i++, done++)
            watch(many[i]);
        k_close(queue);
    }
    for (int i = 0; i < 100; i++)
        k_close(many[i]);
    k_close(ends[0]);
    k_close(ends[1]);
    return done;
}
