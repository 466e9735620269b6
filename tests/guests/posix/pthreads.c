/* Threads: ends, locks, waiting with a time, once, keys, cancellation, signals and their masks. */
#include "say.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t both = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static atomic_int ready, count, cleaned;
static long total;

static void *adds(void *times)
{
	for (long i = 0; i < (long)times; i++) {
		pthread_mutex_lock(&lock);
		total++;
		pthread_mutex_unlock(&lock);
	}
	return times;
}

static void initialise(void)
{
	count++;
}

static void destroy(void *value)
{
	count += (int)(long)value;
}

static void *uses_key(void *value)
{
	pthread_once(&once, initialise);
	must(pthread_getspecific(key) == NULL);
	must(pthread_setspecific(key, value) == 0);
	if ((long)value == 3)
		pthread_exit((void *)33);
	return (void *)((long)value * 10);
}

static void *player(void *side)
{
	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&lock);
		while (total % 2 != (long)side)
			pthread_cond_wait(&turn, &lock);
		total++;
		pthread_cond_broadcast(&turn);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void *reader(void *unused)
{
	(void)unused;
	for (int i = 0; i < 1000; i++) {
		pthread_rwlock_rdlock(&both);
		must(total % 2 == 0);
		pthread_rwlock_unlock(&both);
	}
	return NULL;
}

static void *writer(void *unused)
{
	(void)unused;
	for (int i = 0; i < 1000; i++) {
		pthread_rwlock_wrlock(&both);
		total++;
		sched_yield();
		total++;
		pthread_rwlock_unlock(&both);
	}
	return NULL;
}

static void cleanup(void *what)
{
	cleaned += (int)(long)what;
}

static void *sleeps(void *how)
{
	int ends[2];
	char byte;
	struct timespec long_time = { 1000, 0 };
	pthread_cleanup_push(cleanup, (void *)1);
	switch ((long)how) {
	case 0:
		ready = 1;
		nanosleep(&long_time, NULL);
		break;
	case 1:
		must(pipe(ends) == 0);
		ready = 1;
		(void)!read(ends[0], &byte, 1);
		break;
	case 2:
		pthread_mutex_lock(&lock);
		pthread_cleanup_push((void (*)(void *))pthread_mutex_unlock, &lock);
		ready = 1;
		for (;;)
			pthread_cond_wait(&turn, &lock);
		pthread_cleanup_pop(1);
		break;
	case 3:
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
		ready = 1;
		while (ready != 2)
			sched_yield();
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
		pthread_testcancel();
		break;
	}
	pthread_cleanup_pop(0);
	return NULL;
}

static void cancels(void)
{
	pthread_t thread;
	void *result;
	for (long how = 0; how < 4; how++) {
		ready = cleaned = 0;
		must(pthread_create(&thread, NULL, sleeps, (void *)how) == 0);
		while (ready == 0)
			sched_yield();
		if (how != 3)
			usleep(20000);
		gives(pthread_cancel(thread));
		ready = 2;
		must(pthread_join(thread, &result) == 0);
		printf("%ld: cancelled %d, cleaned %d\n", how, result == PTHREAD_CANCELED, (int)cleaned);
	}
	must(pthread_mutex_trylock(&lock) == 0);
	pthread_mutex_unlock(&lock);
}

static pthread_t hit;

static void notes(int signal)
{
	(void)signal;
	hit = pthread_self();
	ready = 3;
}

static void *hears(void *blocked)
{
	sigset_t mask;
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	*(int *)blocked = sigismember(&mask, SIGUSR2);
	ready = 1;
	while (ready != 3)
		sched_yield();
	return (void *)(long)pthread_equal(hit, pthread_self());
}

static void *awaits(void *set)
{
	int signal = 0;
	ready = 1;
	must(sigwait(set, &signal) == 0);
	return (void *)(long)(signal == SIGUSR2);
}

static void signals(void)
{
	struct sigaction action = { .sa_handler = notes };
	pthread_t thread;
	sigset_t set;
	void *result;
	int blocked = 0;

	must(sigaction(SIGUSR1, &action, NULL) == 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	must(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	ready = 0;
	must(pthread_create(&thread, NULL, hears, &blocked) == 0);
	while (ready == 0)
		sched_yield();
	gives(pthread_kill(thread, SIGUSR1));
	must(pthread_join(thread, &result) == 0);
	show((long)result != 0);
	show(blocked);
	ready = 0;
	must(pthread_create(&thread, NULL, awaits, &set) == 0);
	while (ready == 0)
		sched_yield();
	must(kill(getpid(), SIGUSR2) == 0);
	must(pthread_join(thread, &result) == 0);
	show((long)result);
}

static void times(void)
{
	struct timespec at, now;
	pthread_mutex_t checked;
	pthread_mutexattr_t kind;

	must(clock_gettime(CLOCK_REALTIME, &at) == 0);
	at.tv_nsec += 50000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&lock);
	gives(pthread_cond_timedwait(&turn, &lock, &at));
	pthread_mutex_unlock(&lock);
	must(clock_gettime(CLOCK_REALTIME, &now) == 0);
	show(now.tv_sec > at.tv_sec || (now.tv_sec == at.tv_sec && now.tv_nsec >= at.tv_nsec));
	must(pthread_mutexattr_init(&kind) == 0);
	must(pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK) == 0);
	must(pthread_mutex_init(&checked, &kind) == 0);
	gives(pthread_mutex_unlock(&checked));
	gives(pthread_mutex_lock(&checked));
	gives(pthread_mutex_lock(&checked));
	gives(pthread_mutex_trylock(&checked));
	gives(pthread_mutex_unlock(&checked));
	must(pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE) == 0);
	must(pthread_mutex_destroy(&checked) == 0 && pthread_mutex_init(&checked, &kind) == 0);
	gives(pthread_mutex_lock(&checked));
	gives(pthread_mutex_lock(&checked));
	gives(pthread_mutex_unlock(&checked));
	gives(pthread_mutex_unlock(&checked));
}

int main(void)
{
	pthread_t threads[16];
	void *result;
	long sum = 0;

	for (long i = 0; i < 16; i++)
		must(pthread_create(&threads[i], NULL, adds, (void *)(i * 500)) == 0);
	for (int i = 0; i < 16; i++) {
		must(pthread_join(threads[i], &result) == 0);
		sum += (long)result;
	}
	show(sum == total);
	must(pthread_key_create(&key, destroy) == 0);
	for (long i = 0; i < 5; i++)
		must(pthread_create(&threads[i], NULL, uses_key, (void *)(i + 1)) == 0);
	for (int i = 0; i < 5; i++) {
		must(pthread_join(threads[i], &result) == 0);
		show((long)result);
	}
	show(count);
	total = 0;
	for (long i = 0; i < 2; i++)
		must(pthread_create(&threads[i], NULL, player, (void *)i) == 0);
	for (int i = 0; i < 2; i++)
		must(pthread_join(threads[i], NULL) == 0);
	show(total);
	for (int i = 0; i < 6; i++)
		must(pthread_create(&threads[i], NULL, i < 2 ? writer : reader, NULL) == 0);
	for (int i = 0; i < 6; i++)
		must(pthread_join(threads[i], NULL) == 0);
	show(total);
	cancels();
	signals();
	times();
	/* The main thread ends first; the process when the last one has. */
	total = 0;
	must(pthread_create(&threads[0], NULL, adds, (void *)100000) == 0);
	pthread_detach(threads[0]);
	printf("so far\n");
	fflush(stdout);
	pthread_exit(NULL);
}
