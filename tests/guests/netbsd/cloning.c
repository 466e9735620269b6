/* Linux's way of making processes, which NetBSD has as well. */
#include <sys/mman.h>
#include <fcntl.h>
#include <sched.h>

#include "../posix/say.h"

#ifndef __WCLONE
#define __WCLONE WALTSIG
#endif

#define STACK 65536

static int shared, opened = -1;

static int child(void *argument)
{
	shared = *(int *)argument + 1;
	opened = open("/dev/null", O_RDONLY);
	must(chdir("/dev") == 0);
	return 7;
}

static void make(const char *what, int flags)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
	char directory[1024];
	int argument = 41, status;
	must(stack != MAP_FAILED && chdir("/tmp") == 0);
	shared = 0;
	opened = -1;
	pid_t pid = __clone(child, stack + STACK, flags, &argument);
	if (pid < 0) {
		printf("%s: %s\n", what, error_text(errno));
		return;
	}
	must(waitpid(pid, &status, __WCLONE) == pid);
	say_status(what, status);
	printf("memory %d, directory %s, descriptor %s\n", shared, getcwd(directory, sizeof(directory)),
	    opened < 0 ? "unknown" : fcntl(opened, F_GETFD) < 0 ? "not open" : "open");
}

int main(void)
{
	sigset_t told;
	sigemptyset(&told);
	sigaddset(&told, SIGUSR1);
	must(sigprocmask(SIG_BLOCK, &told, NULL) == 0);
	make("everything", CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGUSR1);
	must(sigpending(&told) == 0);
	show(sigismember(&told, SIGUSR1));
	make("memory", CLONE_VM);
	make("a copy", SIGCHLD);
	make("directory", CLONE_FS | SIGCHLD);
	make("memory, waiting", CLONE_VM | CLONE_VFORK | SIGCHLD);
	make("actions without memory", CLONE_SIGHAND | SIGCHLD);
	make("no such signal", CLONE_VM | 99);
	return 0;
}
