/* Other programs: posix_spawn with all it can arrange, popen, system, exec. */
#include "say.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>

extern char **environ;
static char *self;

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
		return 7;
	} else if (strcmp(argv[1], "cat") == 0) {
		char line[100];
		while (fgets(line, sizeof(line), stdin) != NULL)
			printf("read %s", line);
	} else if (strcmp(argv[1], "state") == 0) {
		sigprocmask(SIG_BLOCK, NULL, &mask);
		show(sigismember(&mask, SIGUSR1));
		show(sigismember(&mask, SIGTERM));
		show(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
		show(signal(SIGHUP, SIG_DFL) == SIG_IGN);
		show(getpgrp() == getpid());
		show(fcntl(7, F_GETFD) == -1);
		show(fcntl(8, F_GETFD));
		show_text(getenv("ONLY"));
		show(environ[1] == NULL);
	}
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

	must(posix_spawn(&pid, self, NULL, NULL, say, environ) == 0);
	show(ended(pid));
	gives(posix_spawn(&pid, "./no such program", NULL, NULL, say, environ));
	gives(posix_spawnp(&pid, "no-such-program-anywhere", NULL, NULL, say, environ));
	gives(posix_spawn(&pid, "/", NULL, NULL, say, environ));
	must(posix_spawnp(&pid, "true", NULL, NULL, say, environ) == 0);
	show(ended(pid));

	must(pipe(ends) == 0);
	FILE *file = fopen("input.txt", "w");
	must(file != NULL);
	fputs("first line\nsecond line\n", file);
	fclose(file);
	must(posix_spawn_file_actions_init(&actions) == 0);
	must(posix_spawn_file_actions_addopen(&actions, 0, "input.txt", O_RDONLY, 0) == 0);
	must(posix_spawn_file_actions_adddup2(&actions, ends[1], 1) == 0);
	must(posix_spawn_file_actions_addclose(&actions, ends[0]) == 0);
	must(posix_spawn_file_actions_addclose(&actions, ends[1]) == 0);
	must(posix_spawn(&pid, self, &actions, NULL, cat, environ) == 0);
	close(ends[1]);
	FILE *from = fdopen(ends[0], "r");
	while (fgets(line, sizeof(line), from) != NULL)
		printf("heard %s", line);
	fclose(from);
	show(ended(pid));
	must(posix_spawn_file_actions_destroy(&actions) == 0);
	unlink("input.txt");

	must(posix_spawnattr_init(&attr) == 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	must(posix_spawnattr_setsigmask(&attr, &set) == 0);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	must(posix_spawnattr_setsigdefault(&attr, &set) == 0);
	must(posix_spawnattr_setpgroup(&attr, 0) == 0);
	must(posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP) == 0);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	must(dup2(1, 7) == 7 && fcntl(7, F_SETFD, FD_CLOEXEC) == 0);
	must(dup2(1, 8) == 8);
	must(posix_spawn(&pid, self, NULL, &attr, state, only) == 0);
	show(ended(pid));
	/* An action that cannot be done, where the caller is told or sees it by the status. */
	must(posix_spawn_file_actions_init(&actions) == 0);
	must(posix_spawn_file_actions_addopen(&actions, 0, "missing.txt", O_RDONLY, 0) == 0);
	gives(posix_spawn(&pid, self, &actions, &attr, cat, environ));
	must(posix_spawn_file_actions_destroy(&actions) == 0);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
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
	status = system("exit 5");
	show(WEXITSTATUS(status));
	show(system("echo from the shell; true"));
	status = system("kill -TERM $$");
	show(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	status = system("exec 2>/dev/null; no-such-command-at-all");
	show(WEXITSTATUS(status));
	pipe = popen("echo one; echo two", "r");
	must(pipe != NULL);
	while (fgets(line, sizeof(line), pipe) != NULL)
		printf("popen: %s", line);
	show(pclose(pipe));
	pipe = popen("read a; read b; echo $b $a; exit 3", "w");
	must(pipe != NULL);
	fputs("hello\nworld\n", pipe);
	status = pclose(pipe);
	show(WEXITSTATUS(status));
}

static void execs(void)
{
	pid_t pid;
	char *arguments[] = { "name", "say", "there", NULL };
	char *env[] = { "A=b", NULL };

	for (int kind = 0; kind < 4; kind++) {
		must((pid = kind == 1 ? vfork() : fork()) >= 0);
		if (pid == 0) {
			switch (kind) {
			case 0: execl(self, "name", "say", "here", (char *)NULL); break;
			case 1: execv(self, arguments); break;
			case 2: execve(self, arguments, env); break;
			case 3:
				execl("./missing", "missing", (char *)NULL);
				_exit(errno == ENOENT ? 20 : 21);
			}
			_exit(99);
		}
		printf("exec %d: %d\n", kind, ended(pid));
	}
	FILE *script = fopen("script", "w");
	fputs("exit 33\n", script);
	fclose(script);
	must(chmod("script", 0755) == 0);
	must((pid = fork()) >= 0);
	if (pid == 0) {
		execlp("./script", "script", (char *)NULL);
		_exit(98);
	}
	show(ended(pid));
	script = fopen("script", "w");
	fprintf(script, "#!%s say\n", self);
	fclose(script);
	must((pid = fork()) >= 0);
	if (pid == 0) {
		execl("./script", "ignored", "extra", (char *)NULL);
		_exit(98);
	}
	show(ended(pid));
	unlink("script");
}

int main(int argc, char **argv)
{
	say_at_once();
	if (argc > 1)
		return as_child(argc, argv);
	self = argv[0];
	/* Without places that only some may look into. */
	setenv("PATH", "/bin:/usr/bin", 1);
	printf("-- posix_spawn\n");
	spawn();
	printf("-- the shell\n");
	shell();
	printf("-- exec\n");
	execs();
	return 0;
}
