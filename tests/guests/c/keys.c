/* Data of each thread: keys with destructors, pthread_once, thread-local variables in C. */
#include <pthread.h>
#include <stdatomic.h>
#include <limits.h>

#include "show.h"

static pthread_key_t first, second, stubborn;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int onces, destroyed, rounds;
static _Thread_local int own = 5;
static _Thread_local char area[10000];
static __thread long aligned __attribute__((aligned(64))) = 77;

static void init_once(void)
{
	usleep(10000);
	onces++;
}

static void destroy(void *value)
{
	destroyed += (int)(long)value;
	/* Gone already for the one whose value it is. */
	if (pthread_getspecific(first) != NULL && (long)value == 10)
		printf("the value is still there\n");
}

static void insist(void *value)
{
	if (++rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
		pthread_setspecific(stubborn, value);
}

static void *thread(void *number)
{
	must(pthread_once(&once, init_once) == 0);
	must(onces == 1);
	must(own == 5 && aligned == 77 && area[9999] == 0);
	must(((unsigned long)&aligned & 63) == 0);
	own += (int)(long)number;
	memset(area, (int)(long)number, sizeof(area));
	must(pthread_getspecific(first) == NULL);
	must(pthread_setspecific(first, (void *)10L) == 0);
	must(pthread_setspecific(second, (void *)1L) == 0);
	usleep(5000);
	must(own == 5 + (int)(long)number);
	must(area[9999] == (char)(long)number);
	return NULL;
}

static void *stubborn_thread(void *unused)
{
	(void)unused;
	pthread_setspecific(stubborn, &rounds);
	return NULL;
}

int main(void)
{
	pthread_t threads[10];
	pthread_key_t keys[PTHREAD_KEYS_MAX + 1];
	int count, error;

	say_at_once();
	gives(pthread_key_create(&first, destroy));
	gives(pthread_key_create(&second, destroy));
	for (long i = 0; i < 10; i++)
		must(pthread_create(&threads[i], NULL, thread, (void *)i) == 0);
	for (int i = 0; i < 10; i++)
		must(pthread_join(threads[i], NULL) == 0);
	show(onces);
	show(destroyed);
	show(own);
	show(aligned);

	printf("-- destructors that put the value back\n");
	gives(pthread_key_create(&stubborn, insist));
	must(pthread_create(&threads[0], NULL, stubborn_thread, NULL) == 0);
	must(pthread_join(threads[0], NULL) == 0);
	show(rounds == PTHREAD_DESTRUCTOR_ITERATIONS);
	gives(pthread_key_delete(stubborn));
	gives(pthread_setspecific(stubborn, &once));
	show(pthread_getspecific(stubborn) == NULL);
	gives(pthread_key_delete(stubborn));

	printf("-- all keys\n");
	for (count = 0; (error = pthread_key_create(&keys[count], NULL)) == 0; count++)
		;
	gives(error);
	show(count > 200 && count < PTHREAD_KEYS_MAX);
	while (count-- > 0)
		must(pthread_key_delete(keys[count]) == 0);
	gives(pthread_key_create(&keys[0], NULL));
	return 0;
}
