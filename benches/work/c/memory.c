/* Mapping memory, and touching it for the first time. */
#include "works.h"

enum { PAGE = 4096, MAPPED = 64 * 1024, TOUCHED = 1024 };

unsigned long map_run(unsigned long count) {
    unsigned long done = 0;
    for (unsigned long i = 0; i < count; i++) {
        char *memory = k_mmap(NULL, MAPPED, PROT_READ_WRITE, MAP_OWN | MAP_NO_FILE, -1, 0);
        good("mmap", (long)memory);
        done += k_munmap(memory, MAPPED) == 0;
    }
    return done;
}

/* Each time so many pages. */
unsigned long fault_run(unsigned long count) {
    unsigned long touched = 0;
    for (unsigned long i = 0; i < count; i++) {
        char *memory = k_mmap(NULL, PAGE * TOUCHED, PROT_READ_WRITE, MAP_OWN | MAP_NO_FILE, -1, 0);
        good("mmap", (long)memory);
        for (int page = 0; page < TOUCHED; page++) {
            ((volatile char *)memory)[page * PAGE] = 1;
            touched += memory[page * PAGE];
        }
        k_munmap(memory, PAGE * TOUCHED);
    }
    return touched;
}
