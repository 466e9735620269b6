/* Barriers and spin locks, of threads and of processes. */
#include <sys/mman.h>
#include <sys/wait.h>
#include <pthread.h>
#include <stdatomic.h>

#include "show.h"

static pthread_barrier_t barrier;
static pthread_spinlock_t spin;
static atomic_int phase[5], serial;
static atomic_int early;
static long counter;

static void *walk(void *unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		int step = i % 5;
		atomic_fetch_add(&phase[step], 1);
		int result = pthread_barrier_wait(&barrier);
		if (atomic_load(&phase[step]) % 4 != 0)
			atomic_fetch_add(&early, 1);
		if (result == PTHREAD_BARRIER_SERIAL_THREAD)
			atomic_fetch_add(&serial, 1);
		else
			must(result == 0);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void *spin_it(void *unused)
{
	(void)unused;
	for (int i = 0; i < 20000; i++) {
		must(pthread_spin_lock(&spin) == 0);
		counter++;
		must(pthread_spin_unlock(&spin) == 0);
	}
	return NULL;
}

static void *try_spin(void *unused)
{
	(void)unused;
	return (void *)(long)pthread_spin_trylock(&spin);
}

static void together(int count, void *(*what)(void *))
{
	pthread_t threads[8];
	for (int i = 0; i < count; i++)
		must(pthread_create(&threads[i], NULL, what, NULL) == 0);
	for (int i = 0; i < count; i++)
		must(pthread_join(threads[i], NULL) == 0);
}

int main(void)
{
	pthread_barrierattr_t attr;
	pthread_t thread;
	void *result;
	int status, serials = 0, kind;
	pthread_barrier_t *shared;

	say_at_once();
	gives(pthread_barrier_init(&barrier, NULL, 0));
	gives(pthread_barrier_init(&barrier, NULL, 4));
	together(4, walk);
	show(serial);
	show(early);
	gives(pthread_barrier_destroy(&barrier));

	printf("-- spin locks\n");
	gives(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE));
	together(3, spin_it);
	show(counter);
	gives(pthread_spin_lock(&spin));
	must(pthread_create(&thread, NULL, try_spin, NULL) == 0);
	pthread_join(thread, &result);
	gives((int)(long)result);
	gives(pthread_spin_unlock(&spin));
	gives(pthread_spin_destroy(&spin));

	printf("-- processes\n");
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
	must(shared != MAP_FAILED);
	must(pthread_barrierattr_init(&attr) == 0);
	gives(pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED));
	gives(pthread_barrierattr_getpshared(&attr, &kind));
	show(kind == PTHREAD_PROCESS_SHARED);
	gives(pthread_barrier_init(shared, &attr, 3));
	for (int i = 0; i < 3; i++) {
		pid_t child = fork();
		must(child >= 0);
		if (child == 0) {
			int mine = 0;
			for (int n = 0; n < 50; n++)
				mine += pthread_barrier_wait(shared) == PTHREAD_BARRIER_SERIAL_THREAD;
			_exit(mine);
		}
	}
	while (wait(&status) > 0)
		serials += WEXITSTATUS(status);
	show(serials);
	gives(pthread_barrier_destroy(shared));
	return 0;
}
