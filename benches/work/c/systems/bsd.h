/* What FreeBSD, NetBSD and DragonFly have in common. */
#pragma once

enum {
    CREATE = 0x200,
    TRUNCATE = 0x400,
    MAP_NO_FILE = 0x1000,
    USR1 = 30,
    READ_LOCK = 1,
    NO_LOCK = 2,
    WRITE_LOCK = 3,
    LIMIT_OF_FILES = 8,
    EVENT_ADD = 1,
};
struct address {
    uint8_t length, family;
    uint16_t port;
    uint32_t host;
    uint64_t zero;
};
struct event;
long k_kqueue(void);
long k_kevent(int queue, const struct event *changes, int changed, struct event *found, int most, const void *timeout);
