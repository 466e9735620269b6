/* kqueue from C: every filter, flags, timeouts, many at once. */
#include <sys/types.h>
#include <sys/event.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <sys/stat.h>

#include "show.h"

static int queue;

static void add(unsigned long ident, short filter, unsigned short flags, unsigned fflags, long data)
{
	struct kevent change;
	EV_SET(&change, ident, filter, flags, fflags, data, (void *)0x55);
	int result = kevent(queue, &change, 1, NULL, 0, NULL);
	if (result != 0)
		printf("change refused: %s\n", strerror(errno));
}

static int poll_with(struct kevent *events, int room, int milliseconds)
{
	struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
	return kevent(queue, NULL, 0, events, room, &time);
}

static void next(const char *what)
{
	struct kevent event;
	int count = poll_with(&event, 1, 2000);
	printf("%s: ", what);
	if (count == 1)
		printf("filter %d flags %#x fflags %#x data %ld udata %#lx\n", event.filter, event.flags,
		    event.fflags, (long)event.data, (long)event.udata);
	else
		printf("%d\n", count);
}

static void none(const char *what)
{
	struct kevent event;
	printf("%s: %d\n", what, poll_with(&event, 1, 10));
}

int main(void)
{
	struct kevent events[4], change;
	struct timespec zero = { 0, 0 };
	int ends[2], pair[2];
	char buffer[16];

	say_at_once();
	queue = kqueue();
	show(queue >= 0);
	must(pipe(ends) == 0);
	printf("-- reading and writing\n");
	add(ends[0], EVFILT_READ, EV_ADD, 0, 0);
	none("empty");
	must(write(ends[1], "12345", 5) == 5);
	next("five bytes");
	next("still");
	must(read(ends[0], buffer, 2) == 2);
	next("three bytes");
	add(ends[0], EVFILT_READ, EV_DELETE, 0, 0);
	add(ends[0], EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0);
	next("clear");
	none("again");
	must(write(ends[1], "6", 1) == 1);
	next("one more");
	add(ends[0], EVFILT_READ, EV_DISABLE, 0, 0);
	must(write(ends[1], "7", 1) == 1);
	none("disabled");
	add(ends[0], EVFILT_READ, EV_ENABLE, 0, 0);
	next("enabled");
	add(ends[0], EVFILT_READ, EV_DELETE, 0, 0);
	add(ends[0], EVFILT_READ, EV_DELETE, 0, 0);
	add(ends[0], EVFILT_READ, EV_ADD | EV_ONESHOT, 0, 0);
	next("one shot");
	none("gone");
	add(ends[0], EVFILT_READ, EV_ADD | EV_DISPATCH, 0, 0);
	next("dispatch");
	none("off");
	close(ends[1]);
	add(ends[0], EVFILT_READ, EV_ENABLE, 0, 0);
	next("end of file");
	close(ends[0]);
	none("closed");
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	add(pair[0], EVFILT_WRITE, EV_ADD | EV_ONESHOT, 0, 0);
	show(poll_with(events, 1, 100));
	show(events[0].data > 1000);
	add(pair[0], EVFILT_READ, EV_ADD, NOTE_LOWAT, 4);
	must(write(pair[1], "abc", 3) == 3);
	none("below the mark");
	must(write(pair[1], "d", 1) == 1);
	next("at the mark");
	add(99, EVFILT_READ, EV_ADD, 0, 0);

	printf("-- users\n");
	add(1, EVFILT_USER, EV_ADD | EV_CLEAR, NOTE_FFNOP, 0);
	add(1, EVFILT_USER, 0, NOTE_TRIGGER | NOTE_FFOR | 0x5, 0);
	close(pair[0]);
	next("triggered");
	none("cleared");
	printf("-- timers\n");
	add(7, EVFILT_TIMER, EV_ADD | EV_ONESHOT, NOTE_MSECONDS, 10);
	next("after ten milliseconds");
	add(7, EVFILT_TIMER, EV_ADD, NOTE_USECONDS, 2000);
	usleep(30000);
	show(poll_with(events, 1, 1000) == 1 && events[0].data > 3);
	add(7, EVFILT_TIMER, EV_DELETE, 0, 0);
	add(8, EVFILT_TIMER, EV_ADD, NOTE_ABSTIME | NOTE_SECONDS, time(NULL) - 5);
	next("a time that has passed");
	add(8, EVFILT_TIMER, EV_DELETE, 0, 0);
	printf("-- signals\n");
	signal(SIGUSR1, SIG_IGN);
	add(SIGUSR1, EVFILT_SIGNAL, EV_ADD, 0, 0);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	show(poll_with(events, 1, 1000));
	show(events[0].ident == SIGUSR1 && events[0].data >= 1);
	add(SIGUSR1, EVFILT_SIGNAL, EV_DELETE, 0, 0);
	printf("-- processes\n");
	must(pipe(ends) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		(void)!read(ends[0], buffer, 1);
		_exit(9);
	}
	add(pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0);
	none("runs");
	must(write(ends[1], "x", 1) == 1);
	next("ended");
	must(waitpid(pid, NULL, 0) == pid);
	add(99999, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0);
	printf("-- files\n");
	int file = open("watched", O_CREAT | O_RDWR, 0600);
	add(file, EVFILT_VNODE, EV_ADD | EV_CLEAR, NOTE_WRITE | NOTE_EXTEND | NOTE_ATTRIB | NOTE_DELETE | NOTE_RENAME, 0);
	none("untouched");
	must(write(file, "text", 4) == 4);
	next("written");
	must(fchmod(file, 0644) == 0);
	next("changed");
	must(rename("watched", "renamed") == 0);
	next("renamed");
	unlink("renamed");
	next("deleted");
	close(file);
	printf("-- changes and events in one\n");
	EV_SET(&change, 2, EVFILT_USER, EV_ADD | EV_RECEIPT, 0, 0, NULL);
	show(kevent(queue, &change, 1, events, 4, &zero));
	show(events[0].flags & EV_ERROR);
	show(events[0].data);
	EV_SET(&change, 77, EVFILT_READ, EV_ADD, 0, 0, NULL);
	show(kevent(queue, &change, 1, events, 4, &zero));
	show(events[0].data == EBADF);
	show(kevent(queue, &change, 1, NULL, 0, &zero));
	show_text(strerror(errno));
	EV_SET(&change, 1, 55, EV_ADD, 0, 0, NULL);
	show(kevent(queue, &change, 1, NULL, 0, NULL));
	show_text(strerror(errno));
	show(close(queue));
	show(kevent(queue, NULL, 0, events, 1, &zero));
	return 0;
}
