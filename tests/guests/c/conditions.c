/* Condition variables: signals and broadcasts, both clocks, timeouts, processes that share one. */
#include <sys/mman.h>
#include <sys/wait.h>
#include <pthread.h>
#include <time.h>

#include "show.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t some = PTHREAD_COND_INITIALIZER;
static int items, done, waiting;

static void *consume(void *total)
{
	pthread_mutex_lock(&lock);
	for (;;) {
		while (items == 0 && !done) {
			waiting++;
			must(pthread_cond_wait(&some, &lock) == 0);
			waiting--;
		}
		if (items == 0)
			break;
		items--;
		++*(long *)total;
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void producers(void)
{
	pthread_t threads[6];
	long totals[6] = { 0 }, sum = 0;

	for (int i = 0; i < 6; i++)
		must(pthread_create(&threads[i], NULL, consume, &totals[i]) == 0);
	for (int i = 0; i < 5000; i++) {
		pthread_mutex_lock(&lock);
		items++;
		pthread_cond_signal(&some);
		pthread_mutex_unlock(&lock);
	}
	pthread_mutex_lock(&lock);
	done = 1;
	pthread_cond_broadcast(&some);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < 6; i++) {
		must(pthread_join(threads[i], NULL) == 0);
		sum += totals[i];
	}
	show(sum);
	show(items);
	show(waiting);
}

static struct timespec from_now(clockid_t clock, long milliseconds)
{
	struct timespec at;
	clock_gettime(clock, &at);
	at.tv_nsec += milliseconds * 1000000;
	while (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	while (at.tv_nsec < 0) {
		at.tv_nsec += 1000000000;
		at.tv_sec--;
	}
	return at;
}

static int reached(clockid_t clock, struct timespec at)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec > at.tv_sec || (now.tv_sec == at.tv_sec && now.tv_nsec >= at.tv_nsec);
}

static void timeouts(clockid_t clock)
{
	pthread_condattr_t attr;
	pthread_cond_t condition;
	clockid_t found;
	struct timespec at, bad = { 1, -1 };

	must(pthread_condattr_init(&attr) == 0);
	gives(pthread_condattr_setclock(&attr, clock));
	gives(pthread_condattr_getclock(&attr, &found));
	show(found == clock);
	must(pthread_cond_init(&condition, &attr) == 0);
	pthread_mutex_lock(&lock);
	at = from_now(clock, 30);
	gives(pthread_cond_timedwait(&condition, &lock, &at));
	show(reached(clock, at));
	at = from_now(clock, -30);
	gives(pthread_cond_timedwait(&condition, &lock, &at));
	gives(pthread_cond_timedwait(&condition, &lock, &bad));
	gives(pthread_mutex_unlock(&lock));
	gives(pthread_cond_destroy(&condition));
	gives(pthread_condattr_destroy(&attr));
}

struct shared {
	pthread_mutex_t lock;
	pthread_cond_t condition;
	int turn;
	int total;
};

static void take_turns(struct shared *shared, int me, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		must(pthread_mutex_lock(&shared->lock) == 0);
		while (shared->turn != me)
			must(pthread_cond_wait(&shared->condition, &shared->lock) == 0);
		shared->turn = (me + 1) % 3;
		shared->total += me;
		must(pthread_cond_broadcast(&shared->condition) == 0);
		must(pthread_mutex_unlock(&shared->lock) == 0);
	}
}

static void processes(void)
{
	pthread_mutexattr_t mattr;
	pthread_condattr_t cattr;
	int status;
	struct shared *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
	must(shared != MAP_FAILED);
	pthread_mutexattr_init(&mattr);
	gives(pthread_mutexattr_setpshared(&mattr, PTHREAD_PROCESS_SHARED));
	gives(pthread_mutex_init(&shared->lock, &mattr));
	pthread_condattr_init(&cattr);
	gives(pthread_condattr_setpshared(&cattr, PTHREAD_PROCESS_SHARED));
	gives(pthread_cond_init(&shared->condition, &cattr));
	for (int me = 1; me < 3; me++) {
		pid_t child = fork();
		must(child >= 0);
		if (child == 0) {
			take_turns(shared, me, 300);
			_exit(me);
		}
	}
	take_turns(shared, 0, 300);
	for (int i = 0; i < 2; i++)
		must(wait(&status) > 0);
	show(shared->total);
	show(shared->turn);
	gives(pthread_cond_destroy(&shared->condition));
	gives(pthread_mutex_destroy(&shared->lock));
}

static pthread_mutex_t recursive;
static void *relock(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&recursive);
	pthread_cond_signal(&some);
	pthread_mutex_unlock(&recursive);
	return NULL;
}

static void with_recursion(void)
{
	pthread_mutexattr_t attr;
	pthread_t thread;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&recursive, &attr);
	pthread_mutex_lock(&recursive);
	pthread_mutex_lock(&recursive);
	must(pthread_create(&thread, NULL, relock, NULL) == 0);
	/* All of the locks are given up for the time of the wait, and taken again. */
	gives(pthread_cond_wait(&some, &recursive));
	gives(pthread_mutex_unlock(&recursive));
	gives(pthread_mutex_unlock(&recursive));
	gives(pthread_mutex_unlock(&recursive));
	pthread_join(thread, NULL);
}

int main(void)
{
	say_at_once();
	producers();
	printf("-- CLOCK_REALTIME\n");
	timeouts(CLOCK_REALTIME);
	printf("-- CLOCK_MONOTONIC\n");
	timeouts(CLOCK_MONOTONIC);
	printf("-- a recursive mutex\n");
	with_recursion();
	printf("-- processes\n");
	processes();
	gives(pthread_cond_signal(&some));
	gives(pthread_cond_broadcast(&some));
	gives(pthread_cond_destroy(&some));
	return 0;
}
