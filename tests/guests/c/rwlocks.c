/* Read-write locks: many readers, one writer, timeouts, preferences, processes. */
#include <sys/mman.h>
#include <sys/wait.h>
#include <pthread.h>
#include <time.h>

#include "show.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static long first, second, torn;

static void *try_read(void *unused)
{
	(void)unused;
	int result = pthread_rwlock_tryrdlock(&lock);
	if (result == 0)
		pthread_rwlock_unlock(&lock);
	return (void *)(long)result;
}

static void *try_write(void *unused)
{
	(void)unused;
	int result = pthread_rwlock_trywrlock(&lock);
	if (result == 0)
		pthread_rwlock_unlock(&lock);
	return (void *)(long)result;
}

static struct timespec soon(void)
{
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += 20000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

static void *read_soon(void *unused)
{
	struct timespec at = soon();
	(void)unused;
	return (void *)(long)pthread_rwlock_timedrdlock(&lock, &at);
}

static void *write_soon(void *unused)
{
	struct timespec at = soon();
	(void)unused;
	return (void *)(long)pthread_rwlock_timedwrlock(&lock, &at);
}

static int elsewhere(void *(*what)(void *))
{
	pthread_t thread;
	void *result;
	must(pthread_create(&thread, NULL, what, NULL) == 0);
	must(pthread_join(thread, &result) == 0);
	return (int)(long)result;
}

static void *reader(void *unused)
{
	(void)unused;
	for (int i = 0; i < 3000; i++) {
		must(pthread_rwlock_rdlock(&lock) == 0);
		if (first != second)
			torn++;
		must(pthread_rwlock_unlock(&lock) == 0);
	}
	return NULL;
}

static void *writer(void *unused)
{
	(void)unused;
	for (int i = 0; i < 1000; i++) {
		must(pthread_rwlock_wrlock(&lock) == 0);
		first++;
		second++;
		must(pthread_rwlock_unlock(&lock) == 0);
	}
	return NULL;
}

static void crowd(void)
{
	pthread_t threads[8];
	for (int i = 0; i < 8; i++)
		must(pthread_create(&threads[i], NULL, i < 5 ? reader : writer, NULL) == 0);
	for (int i = 0; i < 8; i++)
		must(pthread_join(threads[i], NULL) == 0);
	show(first);
	show(second);
	show(torn);
}

static void processes(void)
{
	struct { pthread_rwlock_t lock; long value; } *shared;
	pthread_rwlockattr_t attr;
	int kind;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
	must(shared != MAP_FAILED);
	must(pthread_rwlockattr_init(&attr) == 0);
	gives(pthread_rwlockattr_getpshared(&attr, &kind));
	show(kind == PTHREAD_PROCESS_PRIVATE);
	gives(pthread_rwlockattr_setpshared(&attr, PTHREAD_PROCESS_SHARED));
	gives(pthread_rwlock_init(&shared->lock, &attr));
	for (int i = 0; i < 3; i++) {
		pid_t child = fork();
		must(child >= 0);
		if (child == 0) {
			for (int n = 0; n < 400; n++) {
				must(pthread_rwlock_wrlock(&shared->lock) == 0);
				shared->value++;
				must(pthread_rwlock_unlock(&shared->lock) == 0);
				must(pthread_rwlock_rdlock(&shared->lock) == 0);
				must(pthread_rwlock_unlock(&shared->lock) == 0);
			}
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	show(shared->value);
	gives(pthread_rwlock_destroy(&shared->lock));
}

int main(void)
{
	say_at_once();
	printf("-- read\n");
	gives(pthread_rwlock_rdlock(&lock));
	gives(pthread_rwlock_rdlock(&lock));
	gives(elsewhere(try_read));
	gives(elsewhere(try_write));
	gives(elsewhere(write_soon));
	gives(elsewhere(try_read));
	gives(pthread_rwlock_unlock(&lock));
	gives(pthread_rwlock_unlock(&lock));
	printf("-- written\n");
	gives(pthread_rwlock_wrlock(&lock));
	gives(pthread_rwlock_trywrlock(&lock));
	gives(pthread_rwlock_tryrdlock(&lock));
	gives(elsewhere(try_read));
	gives(elsewhere(try_write));
	gives(elsewhere(read_soon));
	gives(elsewhere(write_soon));
	gives(pthread_rwlock_unlock(&lock));
	gives(elsewhere(try_write));
	printf("-- a crowd\n");
	crowd();
	printf("-- processes\n");
	processes();
	gives(pthread_rwlock_destroy(&lock));
	return 0;
}
