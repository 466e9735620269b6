/* What loading.c loads. */
#include <stdio.h>

int loading_gives(int);

int added_number = 11;
static __thread int own;

__attribute__((constructor)) static void begins(void) { printf("constructor\n"); }
__attribute__((destructor)) static void ends(void) { printf("destructor, %d\n", added_number); }

int added_next(void) { return ++own; }
int added_back(int value) { return loading_gives(value) + 1; }
