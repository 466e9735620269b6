/* Starts itself as often as the first argument says, one after the other; without one it only ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int times = argc > 1 ? atoi(argv[1]) : 0;
    int only_fork = argc > 2 && strcmp(argv[2], "fork") == 0;
    for (int i = 0; i < times; i++) {
        int status;
        pid_t child = only_fork ? fork() : vfork();
        if (child == 0) {
            if (only_fork)
                _exit(0);
            execl(argv[0], argv[0], (char *)NULL);
            _exit(127);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
            fprintf(stderr, "child %d failed\n", i);
            return 1;
        }
    }
    return 0;
}
