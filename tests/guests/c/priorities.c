/* Mutexes that inherit a priority or have a ceiling. */
#include <pthread.h>
#include <time.h>

#include "show.h"

static pthread_mutex_t mutex;
static long counter;

static void make(int protocol, int type, int ceiling)
{
	pthread_mutexattr_t attr;
	must(pthread_mutexattr_init(&attr) == 0);
	must(pthread_mutexattr_setprotocol(&attr, protocol) == 0);
	must(pthread_mutexattr_settype(&attr, type) == 0);
	if (ceiling >= 0)
		must(pthread_mutexattr_setprioceiling(&attr, ceiling) == 0);
	must(pthread_mutex_init(&mutex, &attr) == 0);
	must(pthread_mutexattr_destroy(&attr) == 0);
}

static void *count(void *unused)
{
	(void)unused;
	for (int i = 0; i < 2000; i++) {
		must(pthread_mutex_lock(&mutex) == 0);
		counter++;
		must(pthread_mutex_unlock(&mutex) == 0);
	}
	return NULL;
}

static void crowd(void)
{
	pthread_t threads[4];
	counter = 0;
	for (int i = 0; i < 4; i++)
		must(pthread_create(&threads[i], NULL, count, NULL) == 0);
	for (int i = 0; i < 4; i++)
		must(pthread_join(threads[i], NULL) == 0);
	show(counter);
}

static void *try_it(void *unused)
{
	(void)unused;
	return (void *)(long)pthread_mutex_trylock(&mutex);
}

static void *wait_shortly(void *unused)
{
	struct timespec at;
	(void)unused;
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += 20000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return (void *)(long)pthread_mutex_timedlock(&mutex, &at);
}

static int elsewhere(void *(*what)(void *))
{
	pthread_t thread;
	void *result;
	must(pthread_create(&thread, NULL, what, NULL) == 0);
	must(pthread_join(thread, &result) == 0);
	return (int)(long)result;
}

static void tour(void)
{
	gives(pthread_mutex_lock(&mutex));
	gives(elsewhere(try_it));
	gives(elsewhere(wait_shortly));
	int again = pthread_mutex_trylock(&mutex);
	gives(again);
	if (again == 0)
		gives(pthread_mutex_unlock(&mutex));
	gives(pthread_mutex_unlock(&mutex));
	crowd();
}

int main(void)
{
	pthread_mutexattr_t attr;
	int value, old;

	say_at_once();
	printf("-- inheriting\n");
	make(PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_ERRORCHECK, -1);
	tour();
	gives(pthread_mutex_lock(&mutex));
	gives(pthread_mutex_lock(&mutex));
	gives(pthread_mutex_unlock(&mutex));
	gives(pthread_mutex_unlock(&mutex));
	gives(pthread_mutex_getprioceiling(&mutex, &value));
	gives(pthread_mutex_destroy(&mutex));
	make(PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_RECURSIVE, -1);
	tour();
	gives(pthread_mutex_unlock(&mutex));
	gives(pthread_mutex_destroy(&mutex));

	printf("-- with a ceiling\n");
	make(PTHREAD_PRIO_PROTECT, PTHREAD_MUTEX_ERRORCHECK, 15);
	gives(pthread_mutex_getprioceiling(&mutex, &value));
	show(value);
	tour();
	gives(pthread_mutex_setprioceiling(&mutex, 20, &old));
	show(old);
	gives(pthread_mutex_getprioceiling(&mutex, &value));
	show(value);
	gives(pthread_mutex_lock(&mutex));
	gives(pthread_mutex_setprioceiling(&mutex, 10, &old));
	show(old);
	gives(pthread_mutex_unlock(&mutex));
	gives(pthread_mutex_setprioceiling(&mutex, 99, &old));
	gives(pthread_mutex_destroy(&mutex));

	printf("-- attributes\n");
	gives(pthread_mutexattr_init(&attr));
	gives(pthread_mutexattr_setprotocol(&attr, 77));
	gives(pthread_mutexattr_setprioceiling(&attr, 5));
	gives(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_PROTECT));
	gives(pthread_mutexattr_setprioceiling(&attr, 5));
	gives(pthread_mutexattr_getprioceiling(&attr, &value));
	show(value);
	return 0;
}
