/* Other programs, in the ways that only FreeBSD has; what all systems have is in ../posix/spawns.c. */
#include <sys/wait.h>
#include <fcntl.h>
#include <paths.h>

#include "show.h"

static const char *self;

static int ended(pid_t pid)
{
	int status;
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	pid_t pid;
	char *arguments[] = { "name", "21", NULL };
	char *env[] = { "A=b", NULL };

	if (argc > 1)
		return atoi(argv[1]);
	self = argv[0];
	say_at_once();
	show(popen("true", "x") == NULL);
	for (int kind = 0; kind < 4; kind++) {
		must((pid = fork()) >= 0);
		if (pid == 0) {
			switch (kind) {
			case 0: execle(self, "name", "20", NULL, env); break;
			case 1: fexecve(open(self, O_RDONLY | O_EXEC), arguments, env); break;
			case 2: execvP("true", _PATH_DEFPATH, arguments); break;
			case 3:
				execl("./missing", "missing", NULL);
				_exit(errno);
			}
			_exit(99);
		}
		printf("exec %d: %d\n", kind, ended(pid));
	}
	return 0;
}
