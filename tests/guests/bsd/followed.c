/* What kqueue tells of other processes besides their end: forks, other programs, children and theirs. */
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>
#include <spawn.h>
#include <stdint.h>
#include <time.h>

#include "../posix/say.h"

#define ALL (NOTE_EXIT | NOTE_FORK | NOTE_EXEC | NOTE_TRACK)

extern char **environ;
static const char *program;
static int queue;
static char mark;

/* What was heard of a process. */
static struct life {
	pid_t pid, parent;
	unsigned notes;
	int status;
} lives[16];
static int known;

static struct life *life_of(pid_t pid)
{
	for (int i = 0; i < known; i++)
		if (lives[i].pid == pid)
			return &lives[i];
	must(known < 16);
	lives[known].pid = pid;
	return &lives[known++];
}

static void watch(pid_t pid, unsigned notes)
{
	struct kevent change;
	EV_SET(&change, pid, EVFILT_PROC, EV_ADD | EV_ENABLE, notes, 0, (void *)&mark);
	show(kevent(queue, &change, 1, NULL, 0, NULL));
}

/* Takes one event; 0 when none comes. */
static int take(int seconds)
{
	struct kevent event;
	struct timespec time = { seconds, seconds == 0 ? 50000000 : 0 };
	if (kevent(queue, NULL, 0, &event, 1, &time) != 1)
		return 0;
	must(event.filter == EVFILT_PROC && (char *)(uintptr_t)event.udata == &mark);
	struct life *life = life_of((pid_t)event.ident);
	life->notes |= event.fflags;
	if (event.fflags & NOTE_EXIT) {
		must(event.flags & EV_EOF);
		life->status = (int)event.data;
	} else if (event.fflags & NOTE_CHILD) {
		life->parent = (pid_t)event.data;
	}
	return 1;
}

/* Until so many processes have ended. */
static void take_all(int ends)
{
	for (;;) {
		int ended = 0;
		for (int i = 0; i < known; i++)
			ended += (lives[i].notes & NOTE_EXIT) != 0;
		if (ended >= ends || !take(20))
			return;
	}
}

static void say_life(const struct life *life, const char *name, pid_t parent)
{
	printf("%s:%s%s%s%s", name, life->notes & NOTE_FORK ? " forks" : "", life->notes & NOTE_EXEC ? " runs" : "",
	    life->notes & NOTE_CHILD ? life->parent == parent ? " is a child" : " is another's child" : "",
	    life->notes & NOTE_TRACKERR ? " loses one" : "");
	if (life->notes & NOTE_EXIT)
		say_status("", life->status);
	else
		printf("\n");
}

/* By the codes they end with: events of several processes come in any order. */
static void say_all(pid_t first)
{
	for (int status = 0; status < 256 * 32; status += status < 256 ? 1 : 256)
		for (int i = 0; i < known; i++)
			if ((lives[i].notes & NOTE_EXIT) && lives[i].status == status)
				say_life(&lives[i], lives[i].pid == first ? "first" : "other", first);
	known = 0;
	memset(lives, 0, sizeof(lives));
}

static void run(const char *how)
{
	execl(program, program, how, NULL);
	_exit(99);
}

/* What the watched process does. */
static void live(void)
{
	pid_t child = fork();
	if (child == 0) {
		/* A grandchild. */
		if ((child = fork()) == 0)
			_exit(11);
		waitpid(child, NULL, 0);
		_exit(12);
	}
	waitpid(child, NULL, 0);
	if ((child = vfork()) == 0)
		run("thirteen");
	waitpid(child, NULL, 0);
	char *arguments[] = { (char *)(uintptr_t)program, "fourteen", NULL };
	must(posix_spawn(&child, program, NULL, NULL, arguments, environ) == 0);
	waitpid(child, NULL, 0);
	if ((child = vfork()) == 0)
		_exit(15);
	waitpid(child, NULL, 0);
	run("killed");
}

static pid_t first_child(int *go)
{
	int ends[2];
	char byte;
	must(pipe(ends) == 0);
	pid_t child = fork();
	if (child == 0) {
		close(ends[1]);
		must(read(ends[0], &byte, 1) == 1);
		live();
	}
	close(ends[0]);
	*go = ends[1];
	return child;
}

static void generations(void)
{
	int go;
	pid_t child = first_child(&go);
	watch(child, ALL);
	must(write(go, "", 1) == 1);
	take_all(7);
	say_all(child);
	int status;
	must(waitpid(child, &status, 0) == child);
	say_status("waited", status);
	show(take(0));

	child = first_child(&go);
	watch(child, NOTE_EXIT);
	watch(child, NOTE_EXIT | NOTE_FORK);
	must(write(go, "", 1) == 1);
	take_all(1);
	must(waitpid(child, &status, 0) == child);
	say_all(child);

	child = first_child(&go);
	watch(child, NOTE_EXEC);
	must(write(go, "", 1) == 1);
	while (take(20) && !(life_of(child)->notes & NOTE_EXEC))
		;
	must(waitpid(child, &status, 0) == child);
	say_life(life_of(child), "only that", 0);
	show(take(0));
	known = 0;
	memset(lives, 0, sizeof(lives));
	close(go);
}

static void own(void)
{
	watch(getpid(), NOTE_FORK | NOTE_TRACK | NOTE_EXIT);
	pid_t child = fork();
	if (child == 0)
		_exit(6);
	show(take(1));
	show(take(1));
	say_life(life_of(getpid()), "self", 0);
	take_all(1);
	say_life(life_of(child), "child", getpid());
	must(waitpid(child, NULL, 0) == child);
	show(take(0));
}

int main(int argc, char **argv)
{
	program = argv[0];
	if (argc > 1 && strcmp(argv[1], "thirteen") == 0)
		_exit(13);
	if (argc > 1 && strcmp(argv[1], "fourteen") == 0)
		_exit(14);
	if (argc > 1) {
		pid_t child = fork();
		if (child == 0) {
			raise(SIGKILL);
			_exit(0);
		}
		waitpid(child, NULL, 0);
		_exit(16);
	}
	queue = kqueue();
	must(queue >= 0);
	generations();
	own();
	return 0;
}
