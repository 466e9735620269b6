/* Children: how they are made, how they end and what a parent hears of it. */
#include <sys/resource.h>
#include <fcntl.h>
#include <spawn.h>

#include "say.h"

extern char **environ;

static pid_t started(void (*work)(void))
{
	fflush(stdout);
	pid_t child = fork();
	must(child >= 0);
	if (child == 0) {
		work();
		fflush(stdout);
		_exit(0);
	}
	return child;
}

static void ended(const char *what, void (*work)(void))
{
	int status;
	pid_t child = started(work);
	must(waitpid(child, &status, 0) == child);
	say_status(what, status);
}

static void seven(void) { _exit(7); }
static void high(void) { _exit(0x1234); }
static void aborts(void) { abort(); }
static void killed(void) { kill(getpid(), SIGKILL); pause(); }
static void terminated(void) { raise(SIGTERM); }
static void reads_nothing(void) { *(volatile int *)8 = 1; }
static void broken_pipe(void)
{
	int ends[2];
	must(pipe(ends) == 0);
	close(ends[0]);
	write(ends[1], "x", 1);
}
static void at_exit(void) { printf("at exit\n"); }
static void exits(void) { atexit(at_exit); exit(5); }
static void sleeps(void) { for (;;) pause(); }

static void statuses(void)
{
	ended("seven", seven);
	ended("high", high);
	ended("aborts", aborts);
	ended("killed", killed);
	ended("terminated", terminated);
	ended("reads nothing", reads_nothing);
	ended("broken pipe", broken_pipe);
	ended("exits", exits);
}

static void waiting(void)
{
	int status;
	struct rusage usage;

	calls(waitpid(-1, &status, 0));
	pid_t child = started(sleeps);
	calls(waitpid(child, &status, WNOHANG));
	must(kill(child, SIGSTOP) == 0);
	must(waitpid(child, &status, WUNTRACED) == child);
	say_status("child", status);
	must(kill(child, SIGCONT) == 0);
	must(kill(child, SIGINT) == 0);
	must(wait4(child, &status, 0, &usage) == child);
	say_status("child", status);
	calls(waitpid(child, &status, 0));
	calls(kill(child, 0));
}

static void groups(void)
{
	int status;

	pid_t child = started(sleeps);
	calls(setpgid(child, child));
	show(getpgid(child) == child);
	calls(waitpid(0, &status, WNOHANG));
	calls(kill(-child, SIGTERM));
	must(waitpid(-child, &status, 0) == child);
	say_status("group", status);
	calls(setpgid(0, 1));
	calls(getpgid(0x7ffffff0));
}

static void in_a_session(void)
{
	show(setsid() == getpid());
	show(getsid(0) == getpid());
	show(getpgrp() == getpid());
	calls(setsid());
	calls(open("/dev/tty", O_RDWR));
}

static void executing(const char *self)
{
	char *const none[] = { "nothing", NULL };
	char *const words[] = { "name of its own", "second", "a b", NULL };
	char *const settings[] = { "ONE=1", "TWO=", NULL };
	int status, fd, kept;

	calls(execv("nothing", none));
	calls(execv(".", none));
	must((fd = open("no program", O_CREAT | O_WRONLY, 0755)) >= 0);
	close(fd);
	must((fd = open("not executable", O_CREAT | O_WRONLY, 0644)) >= 0);
	close(fd);
	calls(execv("not executable", none));
	must((fd = open("closed", O_CREAT | O_WRONLY | O_CLOEXEC, 0644)) == 3);
	must((kept = dup(fd)) == 4);
	fflush(stdout);
	pid_t child = vfork();
	if (child == 0) {
		execve(self, words, settings);
		_exit(99);
	}
	must(waitpid(child, &status, 0) == child);
	say_status("executed", status);
	close(fd);
	close(kept);
	must((fd = open("script", O_CREAT | O_WRONLY, 0755)) >= 0);
	must(dprintf(fd, "#!%s of the script\n", self) > 0);
	close(fd);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		execve("./script", words, settings);
		_exit(98);
	}
	must(waitpid(child, &status, 0) == child);
	say_status("script", status);
}

static void spawning(const char *self)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char *const words[] = { "spawned", NULL };
	char *const settings[] = { "ONE=spawn", NULL };
	char text[200] = "";
	sigset_t set;
	pid_t child;
	int status, fd;

	must(posix_spawn_file_actions_init(&actions) == 0);
	must(posix_spawnattr_init(&attributes) == 0);
	gives(posix_spawn_file_actions_addopen(&actions, 1, "output", O_CREAT | O_WRONLY | O_TRUNC, 0644));
	gives(posix_spawn_file_actions_adddup2(&actions, 1, 9));
	gives(posix_spawn_file_actions_addclose(&actions, 0));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	gives(posix_spawnattr_setsigmask(&attributes, &set));
	gives(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP));
	gives(posix_spawn(&child, self, &actions, &attributes, words, settings));
	must(waitpid(child, &status, 0) == child);
	say_status("spawned", status);
	must((fd = open("output", O_RDONLY)) >= 0);
	must(read(fd, text, sizeof(text) - 1) > 0);
	show_text(text);
	close(fd);
	show(posix_spawn(&child, "./nothing", NULL, NULL, words, settings) == ENOENT);
}

/* What an executed program finds. */
static int told(int count, char **words)
{
	sigset_t set;
	for (int i = 0; i < count; i++)
		printf("%d: %s\n", i, words[i]);
	for (char **one = environ; *one != NULL; one++)
		printf("%s\n", *one);
	for (int fd = 3; fd < 10; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			printf("%d is open\n", fd);
	sigprocmask(SIG_BLOCK, NULL, &set);
	show(sigismember(&set, SIGUSR1));
	return 21;
}

int main(int count, char **words)
{
	if (getenv("ONE") != NULL)
		return told(count, words);
	statuses();
	waiting();
	groups();
	ended("session", in_a_session);
	executing(words[0]);
	spawning(words[0]);
	show(system("exit 3") >> 8);
	FILE *said = popen("echo said by a shell; exit 4", "r");
	char line[100] = "";
	must(said != NULL && fgets(line, sizeof(line), said) != NULL);
	show_text(line);
	show(pclose(said) >> 8);
	return 0;
}
