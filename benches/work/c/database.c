/* What an embedded database does to its files: small transactions with locks, a journal, and pages all over the place. */
#include "works.h"

enum { PAGE = 4096, PAGES = 1024 };

static int data, journal;
static uint64_t page[PAGE / 8];

void database_prepare(unsigned long argument) {
    (void)argument;
    data = good("open", k_openat(AT_CWD, "data", RDWR | CREATE | TRUNCATE, 0600));
    journal = good("open", k_openat(AT_CWD, "data-journal", RDWR | CREATE | TRUNCATE, 0600));
    good("ftruncate", k_ftruncate(data, PAGES * PAGE));
}

static void lock(int type, long start, long length) {
    struct lock lock = {.type = type, .start = start, .length = length};
    good("fcntl", k_fcntl(data, SET_LOCK, &lock));
}

/* Every turn begins with the same file. */
unsigned long database_run(unsigned long count) {
    uint64_t random = 1, sum = 0;
    good("ftruncate", k_ftruncate(data, 0));
    good("ftruncate", k_ftruncate(data, PAGES * PAGE));
    for (unsigned long i = 0; i < count; i++) {
        lock(READ_LOCK, 1 << 30, 1);
        /* A look at some pages, as a search through a tree takes. */
        for (int depth = 0; depth < 3; depth++) {
            good("pread", k_pread(data, page, PAGE, shuffled(&random) % PAGES * PAGE));
            sum = sum * 31 + page[depth];
        }
        long place = shuffled(&random) % PAGES * PAGE;
        lock(WRITE_LOCK, 1 << 30, 512);
        good("pread", k_pread(data, page, PAGE, place));
        good("pwrite", k_pwrite(journal, page, PAGE, 0));
        page[shuffled(&random) % 512] += i;
        page[0]++;
        good("pwrite", k_pwrite(data, page, PAGE, place));
        good("ftruncate", k_ftruncate(journal, 0));
        lock(NO_LOCK, 1 << 30, 512);
    }
    return sum;
}
