/* Threads: joining, locks of each kind, conditions, keys, cancellation, signals to one of them, memory of their own. */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include "say.h"

enum { THREADS = 8, ROUNDS = 2000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t shared = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_spinlock_t spin;
static pthread_key_t key;
static sem_t semaphore;
static long total, turn, initialised, destroyed, serials;
static __thread long own = 5;

static struct timespec in_a_moment(clockid_t clock)
{
	struct timespec until;
	clock_gettime(clock, &until);
	until.tv_nsec += 5000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return until;
}

static void *returns(void *value)
{
	own++;
	return (void *)((long)value * 2 + own);
}

static void *posts(void *unused)
{
	sem_post(&semaphore);
	return unused;
}

static void *adds(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		total++;
		pthread_mutex_unlock(&lock);
		pthread_spin_lock(&spin);
		serials++;
		pthread_spin_unlock(&spin);
	}
	return unused;
}

static void all(void *(*work)(void *))
{
	pthread_t threads[THREADS];
	for (long i = 0; i < THREADS; i++)
		must(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
	for (int i = 0; i < THREADS; i++)
		must(pthread_join(threads[i], NULL) == 0);
}

static void *takes_turns(void *number)
{
	for (int i = 0; i < 20; i++) {
		pthread_mutex_lock(&lock);
		while (turn % THREADS != (long)number)
			pthread_cond_wait(&changed, &lock);
		turn++;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void *meets(void *unused)
{
	for (int i = 0; i < 50; i++)
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_add_fetch(&serials, 1, __ATOMIC_SEQ_CST);
	return unused;
}

static void first_one(void) { initialised++; }
static void destroys(void *value) { destroyed += (long)value; }

static void *keeps(void *number)
{
	pthread_once(&once, first_one);
	pthread_setspecific(key, (void *)((long)number + 1));
	sched_yield();
	return pthread_getspecific(key);
}

static void *reads(void *number)
{
	for (int i = 0; i < 200; i++) {
		if ((long)number == 0) {
			pthread_rwlock_wrlock(&shared);
			total++;
			total++;
		} else {
			pthread_rwlock_rdlock(&shared);
			if (total % 2 != 0)
				printf("torn\n");
		}
		pthread_rwlock_unlock(&shared);
	}
	return NULL;
}

static void basics(void)
{
	pthread_t thread;
	pthread_attr_t attr;
	void *result;
	size_t size;

	must(pthread_create(&thread, NULL, returns, (void *)20) == 0);
	gives(pthread_join(thread, &result));
	show((long)result);
	show(own);
	show(pthread_equal(pthread_self(), pthread_self()) != 0);
	must(pthread_attr_init(&attr) == 0);
	gives(pthread_attr_setstacksize(&attr, 1 << 20));
	gives(pthread_attr_getstacksize(&attr, &size));
	show(size);
	gives(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED));
	must(sem_init(&semaphore, 0, 0) == 0);
	must(pthread_create(&thread, &attr, posts, NULL) == 0);
	calls(sem_wait(&semaphore));
	pthread_attr_destroy(&attr);
	pthread_spin_init(&spin, 0);
	all(adds);
	show(total);
	show(serials);
	all(takes_turns);
	show(turn);
	serials = 0;
	must(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
	all(meets);
	show(serials);
	gives(pthread_barrier_destroy(&barrier));
	must(pthread_key_create(&key, destroys) == 0);
	all(keeps);
	show(initialised);
	show(destroyed);
	total = 0;
	all(reads);
	show(total);
}

static void kinds(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t mutex;
	struct timespec until;

	must(pthread_mutexattr_init(&attr) == 0);
	gives(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK));
	must(pthread_mutex_init(&mutex, &attr) == 0);
	gives(pthread_mutex_unlock(&mutex));
	gives(pthread_mutex_lock(&mutex));
	gives(pthread_mutex_lock(&mutex));
	gives(pthread_mutex_trylock(&mutex));
	gives(pthread_mutex_unlock(&mutex));
	gives(pthread_mutex_destroy(&mutex));
	gives(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE));
	must(pthread_mutex_init(&mutex, &attr) == 0);
	gives(pthread_mutex_lock(&mutex));
	gives(pthread_mutex_lock(&mutex));
	gives(pthread_mutex_unlock(&mutex));
	gives(pthread_mutex_unlock(&mutex));
	gives(pthread_mutex_unlock(&mutex));
	gives(pthread_mutex_lock(&lock));
	until = in_a_moment(CLOCK_REALTIME);
	gives(pthread_cond_timedwait(&changed, &lock, &until));
	gives(pthread_mutex_trylock(&lock));
	until = in_a_moment(CLOCK_REALTIME);
	gives(pthread_mutex_timedlock(&lock, &until));
	gives(pthread_mutex_unlock(&lock));
	gives(pthread_rwlock_wrlock(&shared));
	gives(pthread_rwlock_tryrdlock(&shared));
	gives(pthread_rwlock_unlock(&shared));
	until = in_a_moment(CLOCK_REALTIME);
	calls(sem_timedwait(&semaphore, &until));
	calls(sem_trywait(&semaphore));
	calls(sem_post(&semaphore));
	int value;
	calls(sem_getvalue(&semaphore, &value));
	show(value);
	calls(sem_trywait(&semaphore));
	calls(sem_destroy(&semaphore));
	pthread_condattr_t clocked;
	pthread_cond_t condition;
	must(pthread_condattr_init(&clocked) == 0);
	gives(pthread_condattr_setclock(&clocked, CLOCK_MONOTONIC));
	must(pthread_cond_init(&condition, &clocked) == 0);
	pthread_mutex_lock(&lock);
	until = in_a_moment(CLOCK_MONOTONIC);
	gives(pthread_cond_timedwait(&condition, &lock, &until));
	pthread_mutex_unlock(&lock);
}

static volatile int seen, was_own;
static const char *volatile cleaned;
static void cleans(void *what) { cleaned = what; }

static void *is_cancelled(void *unused)
{
	(void)unused;
	pthread_cleanup_push(cleans, "cleaned up");
	for (;;)
		sleep(100);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *computes(void *unused)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	seen = 1;
	for (;;)
		;
	return unused;
}

static pthread_t main_thread;

static void counts(int number)
{
	(void)number;
	was_own = !pthread_equal(pthread_self(), main_thread);
	seen++;
}

static void *is_signalled(void *unused)
{
	sigset_t set;
	sigemptyset(&set);
	__atomic_store_n(&turn, 1, __ATOMIC_SEQ_CST);
	while (seen == 0)
		usleep(1000);
	return unused;
}

static void *waits(void *result)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigwait(&set, result);
	return NULL;
}

static void reached(void)
{
	pthread_t thread;
	void *result;
	sigset_t set;
	int number = 0;

	/* In all of them: one that has been joined may not be quite gone. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	gives(pthread_sigmask(SIG_BLOCK, &set, NULL));
	must(pthread_create(&thread, NULL, is_cancelled, NULL) == 0);
	usleep(5000);
	gives(pthread_cancel(thread));
	gives(pthread_join(thread, &result));
	show(result == PTHREAD_CANCELED);
	show_text(cleaned);
	seen = 0;
	must(pthread_create(&thread, NULL, computes, NULL) == 0);
	while (!seen)
		usleep(1000);
	gives(pthread_cancel(thread));
	gives(pthread_join(thread, &result));
	show(result == PTHREAD_CANCELED);
	main_thread = pthread_self();
	seen = 0;
	turn = 0;
	signal(SIGUSR1, counts);
	must(pthread_create(&thread, NULL, is_signalled, NULL) == 0);
	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) == 0)
		sched_yield();
	gives(pthread_kill(thread, SIGUSR1));
	must(pthread_join(thread, NULL) == 0);
	show(was_own);
	must(pthread_create(&thread, NULL, waits, &number) == 0);
	kill(getpid(), SIGUSR2);
	must(pthread_join(thread, NULL) == 0);
	show_text(signal_name(number));
	gives(pthread_kill(pthread_self(), 1000));
}

static void before(void) { printf("before\n"); }
/* Says nothing yet: the child speaks at the same time. */
static int in_parent;
static void parent(void) { in_parent++; }
static void child(void) { printf("in the child\n"); }

static void *forks(void *unused)
{
	int status;
	fflush(stdout);
	pid_t born = fork();
	if (born == 0) {
		own = 77;
		all(adds);
		show(own);
		fflush(stdout);
		_exit(9);
	}
	must(waitpid(born, &status, 0) == born);
	show(in_parent);
	say_status("child", status);
	return unused;
}

static void *ends_last(void *unused)
{
	usleep(20000);
	printf("the last thread\n");
	return unused;
}

int main(void)
{
	pthread_t thread;

	say_at_once();
	basics();
	kinds();
	reached();
	gives(pthread_atfork(before, parent, child));
	must(pthread_create(&thread, NULL, forks, NULL) == 0);
	must(pthread_join(thread, NULL) == 0);
	for (int i = 0; i < 300; i++) {
		must(pthread_create(&thread, NULL, returns, NULL) == 0);
		must(pthread_join(thread, NULL) == 0);
	}
	must(pthread_create(&thread, NULL, ends_last, NULL) == 0);
	pthread_exit(NULL);
}
