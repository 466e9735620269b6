/* Other programs: posix_spawn with all it can arrange, popen, system, exec of every kind. */
#include <sys/wait.h>
#include <fcntl.h>
#include <paths.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>

#include "show.h"

extern char **environ;
static const char *self;

static int ended(pid_t pid)
{
	int status;
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int as_child(int argc, char **argv)
{
	sigset_t mask;
	if (strcmp(argv[1], "say") == 0) {
		for (int i = 2; i < argc; i++)
			printf("<%s>", argv[i]);
		printf("\n");
	} else if (strcmp(argv[1], "cat") == 0) {
		char line[100];
		while (fgets(line, sizeof(line), stdin) != NULL)
			printf("read %s", line);
	} else if (strcmp(argv[1], "state") == 0) {
		sigprocmask(SIG_BLOCK, NULL, &mask);
		show(sigismember(&mask, SIGUSR1));
		show(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
		show(signal(SIGHUP, SIG_DFL) == SIG_IGN);
		show(getpgrp() == getpid());
		show(fcntl(7, F_GETFD));
		show(fcntl(8, F_GETFD) >= 0);
		show_text(getenv("ONLY"));
		show(environ[1] == NULL);
	} else if (strcmp(argv[1], "exit") == 0)
		return atoi(argv[2]);
	return 0;
}

static void spawn(void)
{
	pid_t pid;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t set;
	char *say[] = { "say", "say", "one", "two words", "", NULL };
	char *cat[] = { "cat", "cat", NULL };
	char *state[] = { "state", "state", NULL };
	char *only[] = { "ONLY=this", NULL };
	char line[100];
	int ends[2];

	int error = posix_spawn(&pid, self, NULL, NULL, say, environ);
	/* Before a word more: the child speaks meanwhile. */
	show(ended(pid));
	gives(error);
	gives(posix_spawn(&pid, "./no such program", NULL, NULL, say, environ));
	gives(posix_spawnp(&pid, "no-such-program-anywhere", NULL, NULL, say, environ));
	gives(posix_spawn(&pid, "/", NULL, NULL, say, environ));

	must(pipe(ends) == 0);
	must(posix_spawn_file_actions_init(&actions) == 0);
	gives(posix_spawn_file_actions_addopen(&actions, 0, "input.txt", O_RDONLY, 0));
	gives(posix_spawn_file_actions_adddup2(&actions, ends[1], 1));
	gives(posix_spawn_file_actions_addclose(&actions, ends[0]));
	FILE *file = fopen("input.txt", "w");
	fputs("first line\nsecond line\n", file);
	fclose(file);
	gives(posix_spawn(&pid, self, &actions, NULL, cat, environ));
	close(ends[1]);
	FILE *from = fdopen(ends[0], "r");
	while (fgets(line, sizeof(line), from) != NULL)
		printf("heard %s", line);
	fclose(from);
	show(ended(pid));
	must(posix_spawn_file_actions_destroy(&actions) == 0);
	unlink("input.txt");

	must(posix_spawn_file_actions_init(&actions) == 0);
	must(posix_spawn_file_actions_addopen(&actions, 0, "missing.txt", O_RDONLY, 0) == 0);
	gives(posix_spawn(&pid, self, &actions, NULL, cat, environ));
	must(posix_spawn_file_actions_destroy(&actions) == 0);

	must(posix_spawnattr_init(&attr) == 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	must(posix_spawnattr_setsigmask(&attr, &set) == 0);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	must(posix_spawnattr_setsigdefault(&attr, &set) == 0);
	must(posix_spawnattr_setpgroup(&attr, 0) == 0);
	gives(posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
	signal(SIGUSR2, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	must(dup2(1, 7) == 7 && fcntl(7, F_SETFD, FD_CLOEXEC) == 0);
	must(dup2(1, 8) == 8);
	error = posix_spawn(&pid, self, NULL, &attr, state, only);
	show(ended(pid));
	gives(error);
	signal(SIGUSR2, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	close(7);
	close(8);
	must(posix_spawnattr_destroy(&attr) == 0);
}

static void shell(void)
{
	char line[200];
	FILE *pipe;
	int status;

	show(system(NULL) != 0);
	show(WEXITSTATUS(system("exit 5")));
	show(system("echo from the shell; true"));
	status = system("kill -TERM $$");
	show(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	show(WEXITSTATUS(system("no-such-command-at-all 2>/dev/null")));
	pipe = popen("echo one; echo two", "r");
	must(pipe != NULL);
	while (fgets(line, sizeof(line), pipe) != NULL)
		printf("popen: %s", line);
	show(pclose(pipe));
	pipe = popen("read a; read b; echo $b $a; exit 3", "w");
	must(pipe != NULL);
	fputs("hello\nworld\n", pipe);
	show(WEXITSTATUS(pclose(pipe)));
	show(popen("true", "x") == NULL);
}

static void execs(void)
{
	pid_t pid;
	char *arguments[] = { "name", "exit", "21", NULL };
	char *env[] = { "A=b", NULL };

	for (int kind = 0; kind < 7; kind++) {
		must((pid = fork()) >= 0);
		if (pid == 0) {
			switch (kind) {
			case 0: execl(self, "name", "exit", "20", NULL); break;
			case 1: execv(self, arguments); break;
			case 2: execle(self, "name", "exit", "22", NULL, env); break;
			case 3: execve(self, arguments, env); break;
			case 4: fexecve(open(self, O_RDONLY | O_EXEC), arguments, env); break;
			case 5: execvP("true", _PATH_DEFPATH, arguments); break;
			case 6:
				execl("./missing", "missing", NULL);
				_exit(errno);
			}
			_exit(99);
		}
		printf("exec %d: %d\n", kind, ended(pid));
	}
	/* A script without a first line is for the shell. */
	FILE *script = fopen("script", "w");
	fputs("exit 33\n", script);
	fclose(script);
	calls(chmod("script", 0755));
	must((pid = fork()) >= 0);
	if (pid == 0) {
		execlp("./script", "script", NULL);
		_exit(98);
	}
	show(ended(pid));
	script = fopen("script", "w");
	fprintf(script, "#!%s say\n", self);
	fclose(script);
	must((pid = fork()) >= 0);
	if (pid == 0) {
		execl("./script", "ignored", "extra", NULL);
		_exit(98);
	}
	show(ended(pid));
	unlink("script");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return as_child(argc, argv);
	self = argv[0];
	say_at_once();
	printf("-- posix_spawn\n");
	spawn();
	printf("-- the shell\n");
	shell();
	printf("-- exec\n");
	execs();
	return 0;
}
