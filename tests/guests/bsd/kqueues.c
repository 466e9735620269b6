/* Events by kqueue, as all BSDs have them. */
#include <sys/types.h>
#include <sys/event.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <fcntl.h>
#include <stdint.h>
#include <time.h>

#include "../posix/say.h"

static int queue;

/* What the last field is differs from system to system. */
static void set(uintptr_t ident, int filter, unsigned flags, unsigned fflags, intptr_t data, const char *what)
{
	struct kevent change;
	EV_SET(&change, ident, filter, flags, fflags, data, (void *)(uintptr_t)what);
	errno = 0;
	if (kevent(queue, &change, 1, NULL, 0, NULL) != 0)
		printf("%s: %s\n", what, error_text(errno));
}

/* The next events, within a moment. */
static void next(const char *when)
{
	struct kevent events[8];
	struct timespec moment = { 0, 50000000 };
	int count = kevent(queue, NULL, 0, events, 8, &moment);
	printf("%s:", when);
	if (count < 0)
		printf(" %s", error_text(errno));
	for (int i = 0; i < count; i++)
		printf(" [%s %lld%s%s%s]", (const char *)(uintptr_t)events[i].udata, (long long)events[i].data,
		    events[i].flags & EV_EOF ? " end" : "", events[i].flags & EV_ERROR ? " error" : "",
		    events[i].fflags != 0 ? " flags" : "");
	printf("\n");
}

static void descriptors(void)
{
	int ends[2], pair[2];
	char text[16];

	must(pipe(ends) == 0);
	set(ends[0], EVFILT_READ, EV_ADD, 0, 0, "pipe");
	next("empty");
	must(write(ends[1], "abc", 3) == 3);
	next("written");
	next("still");
	must(read(ends[0], text, 2) == 2);
	next("read");
	set(ends[0], EVFILT_READ, EV_DISABLE, 0, 0, "pipe");
	next("disabled");
	set(ends[0], EVFILT_READ, EV_ENABLE, 0, 0, "pipe");
	next("enabled");
	set(ends[0], EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0, "cleared");
	next("once");
	next("not again");
	must(write(ends[1], "d", 1) == 1);
	next("more");
	set(ends[0], EVFILT_READ, EV_DELETE, 0, 0, "deleted");
	set(ends[0], EVFILT_READ, EV_DELETE, 0, 0, "deleted again");
	next("deleted");
	set(ends[0], EVFILT_READ, EV_ADD | EV_ONESHOT, 0, 0, "one shot");
	next("shot");
	next("gone");
	must(read(ends[0], text, sizeof(text)) == 2);
	set(ends[0], EVFILT_READ, EV_ADD, 0, 0, "pipe");
	close(ends[1]);
	next("closed");
	close(ends[0]);
	next("nobody");
	set(ends[0], EVFILT_READ, EV_ADD, 0, 0, "not open");
	set(0, 99, EV_ADD, 0, 0, "no filter");
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	set(pair[0], EVFILT_READ, EV_ADD, 0, 0, "socket");
	must(write(pair[1], "12345", 5) == 5);
	next("socket");
	must(read(pair[0], text, 5) == 5);
	close(pair[1]);
	next("other end closed");
	close(pair[0]);
}

static void processes(void)
{
	int ends[2];
	char byte;

	must(pipe(ends) == 0);
	pid_t child = fork();
	if (child == 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 0 ? 3 : 4);
	}
	set(child, EVFILT_PROC, EV_ADD | EV_ONESHOT, NOTE_EXIT, 0, "child");
	struct kevent event;
	struct timespec moment = { 0, 20000000 }, long_time = { 10, 0 };
	show(kevent(queue, NULL, 0, &event, 1, &moment));
	close(ends[0]);
	close(ends[1]);
	show(kevent(queue, NULL, 0, &event, 1, &long_time));
	show(event.ident == (uintptr_t)child);
	show((event.fflags & NOTE_EXIT) != 0);
	int status;
	must(waitpid(child, &status, 0) == child);
	say_status("child", status);
	set(child, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, "no process");
}

static void signals(void)
{
	signal(SIGUSR1, SIG_IGN);
	set(SIGUSR1, EVFILT_SIGNAL, EV_ADD, 0, 0, "signal");
	next("none yet");
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	next("twice");
	next("taken");
	set(SIGUSR1, EVFILT_SIGNAL, EV_DELETE, 0, 0, "signal");
}

static void timers(void)
{
	struct kevent event;
	struct timespec long_time = { 10, 0 }, none = { 0, 0 };

	set(1, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, 5, "timer");
	show(kevent(queue, NULL, 0, &event, 1, &none));
	show(kevent(queue, NULL, 0, &event, 1, &long_time));
	show(event.ident);
	show(event.filter == EVFILT_TIMER);
	show(event.data);
	next("over");
	set(2, EVFILT_TIMER, EV_ADD, 0, 5, "timer");
	for (int i = 0; i < 3; i++)
		show(kevent(queue, NULL, 0, &event, 1, &long_time));
	set(2, EVFILT_TIMER, EV_DELETE, 0, 0, "timer");
	next("deleted");
}

static void files(void)
{
	struct kevent event;
	struct timespec long_time = { 10, 0 };
	int fd = open("watched", O_CREAT | O_RDWR, 0644);
	must(fd >= 0);
	set(fd, EVFILT_VNODE, EV_ADD | EV_CLEAR, NOTE_WRITE | NOTE_DELETE | NOTE_RENAME, 0, "file");
	next("untouched");
	must(write(fd, "x", 1) == 1);
	show(kevent(queue, NULL, 0, &event, 1, &long_time));
	show((event.fflags & NOTE_WRITE) != 0);
	must(rename("watched", "renamed") == 0);
	show(kevent(queue, NULL, 0, &event, 1, &long_time));
	show((event.fflags & NOTE_RENAME) != 0);
	must(unlink("renamed") == 0);
	show(kevent(queue, NULL, 0, &event, 1, &long_time));
	show((event.fflags & NOTE_DELETE) != 0);
	close(fd);
}

int main(void)
{
	say_at_once();
	must((queue = kqueue()) >= 0);
	descriptors();
	processes();
	signals();
	timers();
	files();
	/* A child does not inherit it. */
	pid_t child = fork();
	if (child == 0) {
		struct timespec none = { 0, 0 };
		struct kevent event;
		calls(kevent(queue, NULL, 0, &event, 1, &none));
		_exit(0);
	}
	must(waitpid(child, NULL, 0) == child);
	return 0;
}
