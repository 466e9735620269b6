/* Cancellation: deferred and at once, clean-up handlers, points that sleep, calls that must not be cancelled. */
#include <sys/socket.h>
#include <sys/wait.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include "show.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t started, gate, empty;
static int ends[2], pair[2], listener;
static const char *volatile cleaned;

static void clean(void *what)
{
	cleaned = what;
}

static void unlock(void *mutex)
{
	cleaned = pthread_mutex_unlock(mutex) == 0 ? "unlocked" : "not the owner";
}

enum point { READ, POLL, NANOSLEEP, SELECT, SEM, COND, SUSPEND, ACCEPT, PAUSE, SIGWAIT, WAITPID, JOIN, RECV, LAST };
static const char *names[] = { "read", "poll", "nanosleep", "select", "sem_wait", "pthread_cond_wait", "sigsuspend",
	"accept", "pause", "sigwaitinfo", "waitpid", "pthread_join", "recv" };
static pthread_t main_thread;
static volatile int wait_first;

static void sleep_in(enum point point)
{
	char byte;
	sigset_t set;
	struct timespec long_time = { 100, 0 };
	struct pollfd poll_end = { .fd = ends[0], .events = POLLIN };
	fd_set fds;

	sigemptyset(&set);
	switch (point) {
	case READ: read(ends[0], &byte, 1); break;
	case POLL: poll(&poll_end, 1, -1); break;
	case NANOSLEEP: nanosleep(&long_time, NULL); break;
	case SELECT:
		FD_ZERO(&fds);
		FD_SET(ends[0], &fds);
		select(ends[0] + 1, &fds, NULL, NULL, NULL);
		break;
	case SEM: sem_wait(&empty); break;
	case COND:
		pthread_mutex_lock(&lock);
		pthread_cleanup_push(unlock, &lock);
		pthread_cond_wait(&never, &lock);
		pthread_cleanup_pop(1);
		break;
	case SUSPEND: sigsuspend(&set); break;
	case ACCEPT: accept(listener, NULL, NULL); break;
	case PAUSE: pause(); break;
	case SIGWAIT:
		sigaddset(&set, SIGUSR2);
		sigwaitinfo(&set, NULL);
		break;
	case WAITPID: waitpid(-1, NULL, 0); break;
	case JOIN: pthread_join(main_thread, NULL); break;
	case RECV: recv(pair[1], &byte, 1, 0); break;
	case LAST: break;
	}
}

static void *victim(void *point)
{
	pthread_cleanup_push(clean, "cleaned");
	sem_post(&started);
	if (wait_first) {
		/* The request is there before the point is reached. */
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
		while (sem_wait(&gate) != 0)
			;
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	}
	for (;;)
		sleep_in((enum point)(long)point);
	pthread_cleanup_pop(0);
	return NULL;
}

static void points(int first)
{
	wait_first = first;
	for (long point = 0; point < LAST; point++) {
		pthread_t thread;
		void *result;
		cleaned = "nothing";
		must(pthread_create(&thread, NULL, victim, (void *)point) == 0);
		while (sem_wait(&started) != 0)
			;
		if (!first)
			usleep(10000);
		must(pthread_cancel(thread) == 0);
		if (first)
			sem_post(&gate);
		must(pthread_join(thread, &result) == 0);
		printf("%s: %s, %s\n", names[point], result == PTHREAD_CANCELED ? "cancelled" : "ended", cleaned);
	}
	gives(pthread_mutex_trylock(&lock));
	gives(pthread_mutex_unlock(&lock));
}

static void *spin(void *unused)
{
	int old;
	(void)unused;
	gives(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old));
	show(old == PTHREAD_CANCEL_DEFERRED);
	pthread_cleanup_push(clean, "cleaned at once");
	sem_post(&started);
	for (;;)
		;
	pthread_cleanup_pop(0);
	return NULL;
}

static void *refuse(void *unused)
{
	int old;
	(void)unused;
	gives(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old));
	show(old == PTHREAD_CANCEL_ENABLE);
	sem_post(&started);
	while (sem_wait(&gate) != 0)
		;
	pthread_testcancel();
	printf("still there\n");
	gives(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old));
	pthread_testcancel();
	printf("not reached\n");
	return NULL;
}

static void order(void *what)
{
	printf("%s\n", (char *)what);
}

static void *nest(void *unused)
{
	(void)unused;
	pthread_cleanup_push(order, "first pushed");
	pthread_cleanup_push(order, "second pushed");
	pthread_cleanup_push(order, "popped and run");
	pthread_cleanup_pop(1);
	pthread_cleanup_push(order, "popped and not run");
	pthread_cleanup_pop(0);
	pthread_exit("value");
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *race(void *unused)
{
	char byte;
	(void)unused;
	for (;;)
		if (read(ends[0], &byte, 1) != 1)
			printf("an error came through\n");
	return NULL;
}

int main(void)
{
	pthread_t thread;
	void *result;

	say_at_once();
	main_thread = pthread_self();
	must(sem_init(&started, 0, 0) == 0);
	must(sem_init(&gate, 0, 0) == 0);
	must(sem_init(&empty, 0, 0) == 0);
	must(pipe(ends) == 0);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	must((listener = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	must(listen(listener, 1) == 0);
	/* So that waitpid and pthread_join have something to wait for. */
	pid_t child = fork();
	if (child == 0) {
		sleep(60);
		_exit(0);
	}

	printf("-- asleep\n");
	points(0);
	printf("-- before\n");
	points(1);

	printf("-- at once\n");
	must(pthread_create(&thread, NULL, spin, NULL) == 0);
	while (sem_wait(&started) != 0)
		;
	must(pthread_cancel(thread) == 0);
	must(pthread_join(thread, &result) == 0);
	show(result == PTHREAD_CANCELED);
	show_text(cleaned);

	printf("-- not now\n");
	must(pthread_create(&thread, NULL, refuse, NULL) == 0);
	while (sem_wait(&started) != 0)
		;
	must(pthread_cancel(thread) == 0);
	sem_post(&gate);
	must(pthread_join(thread, &result) == 0);
	show(result == PTHREAD_CANCELED);

	printf("-- order\n");
	must(pthread_create(&thread, NULL, nest, NULL) == 0);
	must(pthread_join(thread, &result) == 0);
	show_text((char *)result);

	printf("-- many\n");
	int cancelled = 0;
	for (int i = 0; i < 300; i++) {
		must(pthread_create(&thread, NULL, race, NULL) == 0);
		must(pthread_cancel(thread) == 0);
		must(pthread_join(thread, &result) == 0);
		cancelled += result == PTHREAD_CANCELED;
	}
	show(cancelled);
	must(pthread_create(&thread, NULL, nest, NULL) == 0);
	must(pthread_join(thread, &result) == 0);
	kill(child, SIGKILL);
	must(waitpid(child, NULL, 0) == child);
	return 0;
}
