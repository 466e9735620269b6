/* Mutexes of every type: who may lock and unlock, timeouts, contention. */
#include <pthread.h>
#include <pthread_np.h>
#include <time.h>

#include "show.h"

static pthread_mutex_t mutex;
static long counter;

static pthread_mutex_t make(int type)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t made;
	must(pthread_mutexattr_init(&attr) == 0);
	must(pthread_mutexattr_settype(&attr, type) == 0);
	must(pthread_mutex_init(&made, &attr) == 0);
	must(pthread_mutexattr_destroy(&attr) == 0);
	return made;
}

static void *try_it(void *unused)
{
	(void)unused;
	return (void *)(long)pthread_mutex_trylock(&mutex);
}

static void *unlock_it(void *unused)
{
	(void)unused;
	return (void *)(long)pthread_mutex_unlock(&mutex);
}

static int elsewhere(void *(*what)(void *))
{
	pthread_t thread;
	void *result;
	must(pthread_create(&thread, NULL, what, NULL) == 0);
	must(pthread_join(thread, &result) == 0);
	return (int)(long)result;
}

static struct timespec soon(clockid_t clock, long milliseconds)
{
	struct timespec at;
	clock_gettime(clock, &at);
	at.tv_nsec += milliseconds * 1000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

static void *count(void *unused)
{
	(void)unused;
	for (int i = 0; i < 20000; i++) {
		must(pthread_mutex_lock(&mutex) == 0);
		counter++;
		must(pthread_mutex_unlock(&mutex) == 0);
	}
	return NULL;
}

static void crowd(const char *name)
{
	pthread_t threads[8];
	counter = 0;
	for (int i = 0; i < 8; i++)
		must(pthread_create(&threads[i], NULL, count, NULL) == 0);
	for (int i = 0; i < 8; i++)
		must(pthread_join(threads[i], NULL) == 0);
	printf("eight threads, %s: %ld\n", name, counter);
}

static void of_type(const char *name, int type)
{
	struct timespec at = soon(CLOCK_REALTIME, 20);
	printf("-- %s\n", name);
	mutex = make(type);
	gives(pthread_mutex_lock(&mutex));
	gives(elsewhere(try_it));
	gives(elsewhere(unlock_it));
	gives(pthread_mutex_trylock(&mutex));
	if (type != PTHREAD_MUTEX_NORMAL && type != PTHREAD_MUTEX_ADAPTIVE_NP)
		gives(pthread_mutex_lock(&mutex));
	gives(pthread_mutex_timedlock(&mutex, &at));
	show(pthread_mutex_isowned_np(&mutex));
	gives(pthread_mutex_destroy(&mutex));
	while (pthread_mutex_isowned_np(&mutex))
		gives(pthread_mutex_unlock(&mutex));
	gives(pthread_mutex_unlock(&mutex));
	gives(elsewhere(try_it) == 0 ? 0 : EBUSY);
	/* A mutex whose owner has ended is nobody's to unlock. */
	gives(pthread_mutex_trylock(&mutex));
	mutex = make(type);
	crowd(name);
	gives(pthread_mutex_destroy(&mutex));
	gives(pthread_mutex_lock(&mutex));
}

static void *lock_late(void *unused)
{
	struct timespec at = soon(CLOCK_REALTIME, 30);
	(void)unused;
	return (void *)(long)pthread_mutex_timedlock(&mutex, &at);
}

int main(void)
{
	struct timespec bad = { 0, 1000000000 };
	pthread_mutexattr_t attr;
	int type;

	of_type("normal", PTHREAD_MUTEX_NORMAL);
	of_type("errorcheck", PTHREAD_MUTEX_ERRORCHECK);
	of_type("recursive", PTHREAD_MUTEX_RECURSIVE);
	of_type("adaptive", PTHREAD_MUTEX_ADAPTIVE_NP);

	printf("-- timeouts\n");
	mutex = make(PTHREAD_MUTEX_ERRORCHECK);
	gives(pthread_mutex_lock(&mutex));
	gives(elsewhere(lock_late));
	gives(pthread_mutex_unlock(&mutex));
	gives(pthread_mutex_timedlock(&mutex, &bad));
	gives(pthread_mutex_timedlock(&mutex, &bad));
	gives(pthread_mutex_unlock(&mutex));

	printf("-- attributes\n");
	gives(pthread_mutexattr_init(&attr));
	gives(pthread_mutexattr_gettype(&attr, &type));
	show(type == PTHREAD_MUTEX_DEFAULT);
	show(type == PTHREAD_MUTEX_ERRORCHECK);
	gives(pthread_mutexattr_settype(&attr, 99));
	gives(pthread_mutexattr_getpshared(&attr, &type));
	show(type == PTHREAD_PROCESS_PRIVATE);
	gives(pthread_mutexattr_getprotocol(&attr, &type));
	show(type == PTHREAD_PRIO_NONE);
	gives(pthread_mutexattr_getrobust(&attr, &type));
	show(type == PTHREAD_MUTEX_STALLED);
	gives(pthread_mutexattr_setrobust(&attr, 7));
	gives(pthread_mutexattr_destroy(&attr));

	printf("-- spinning\n");
	mutex = make(PTHREAD_MUTEX_ADAPTIVE_NP);
	gives(pthread_mutex_setspinloops_np(&mutex, 100));
	gives(pthread_mutex_setyieldloops_np(&mutex, 10));
	gives(pthread_mutex_getspinloops_np(&mutex, &type));
	show(type);
	crowd("spinning first");
	return 0;
}
