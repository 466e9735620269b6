/* Threads: attributes, ends, names, signals sent to one, CPUs, the main thread that ends first. */
#include <sys/types.h>
#include <sys/cpuset.h>
#include <sys/param.h>
#include <sys/wait.h>
#include <limits.h>
#include <pthread.h>
#include <pthread_np.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "show.h"

static sem_t ready, go, gone;
static atomic_int hits;
static pthread_t hit;

static void *value(void *number)
{
	return (void *)((long)number * 2);
}

static void *leave(void *number)
{
	pthread_exit((void *)((long)number * 3));
}

static void *wait_there(void *unused)
{
	(void)unused;
	sem_post(&ready);
	while (sem_wait(&go) != 0)
		;
	return NULL;
}

/* For a thread that nobody joins: what it waits for must not be taken by the next one. */
static void *wait_detached(void *unused)
{
	wait_there(unused);
	sem_post(&gone);
	return NULL;
}

static void *use_stack(void *size)
{
	size_t bytes = (size_t)size - 64 * 1024;
	volatile char *room = __builtin_alloca(bytes);
	for (size_t i = 0; i < bytes; i += 4096)
		room[i] = 1;
	pthread_attr_t attr;
	size_t told;
	void *address;
	must(pthread_attr_init(&attr) == 0);
	must(pthread_attr_get_np(pthread_self(), &attr) == 0);
	must(pthread_attr_getstack(&attr, &address, &told) == 0);
	must((char *)room >= (char *)address && (char *)room < (char *)address + told);
	must(pthread_attr_destroy(&attr) == 0);
	return (void *)told;
}

static void attributes(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	void *result, *stack;
	size_t size;
	int state;
	struct sched_param param;

	gives(pthread_attr_init(&attr));
	gives(pthread_attr_getdetachstate(&attr, &state));
	show(state == PTHREAD_CREATE_JOINABLE);
	gives(pthread_attr_getguardsize(&attr, &size));
	show(size);
	gives(pthread_attr_setstacksize(&attr, 1000));
	gives(pthread_attr_setstacksize(&attr, 8 << 20));
	gives(pthread_attr_getstacksize(&attr, &size));
	show(size);
	must(pthread_create(&thread, &attr, use_stack, (void *)size) == 0);
	must(pthread_join(thread, &result) == 0);
	show((long)result);
	gives(pthread_attr_getscope(&attr, &state));
	show(state == PTHREAD_SCOPE_SYSTEM);
	gives(pthread_attr_getschedpolicy(&attr, &state));
	show(state == SCHED_OTHER);
	gives(pthread_attr_getinheritsched(&attr, &state));
	show(state == PTHREAD_INHERIT_SCHED);
	gives(pthread_getschedparam(pthread_self(), &state, &param));
	show(state == SCHED_OTHER);
	gives(pthread_attr_destroy(&attr));

	stack = aligned_alloc(4096, 1 << 20);
	gives(pthread_attr_init(&attr));
	gives(pthread_attr_setstack(&attr, stack, 1 << 20));
	must(pthread_create(&thread, &attr, use_stack, (void *)(1L << 20)) == 0);
	must(pthread_join(thread, &result) == 0);
	show((long)result);
	gives(pthread_attr_destroy(&attr));
	free(stack);

	gives(pthread_attr_init(&attr));
	gives(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED));
	must(pthread_create(&thread, &attr, wait_detached, NULL) == 0);
	must(sem_wait(&ready) == 0);
	gives(pthread_join(thread, NULL));
	sem_post(&go);
	must(sem_wait(&gone) == 0);
	gives(pthread_attr_destroy(&attr));
}

static void ends(void)
{
	pthread_t thread;
	void *result;
	struct timespec at;

	must(pthread_create(&thread, NULL, value, (void *)21) == 0);
	gives(pthread_join(thread, &result));
	show((long)result);
	must(pthread_create(&thread, NULL, leave, (void *)21) == 0);
	gives(pthread_join(thread, &result));
	show((long)result);
	gives(pthread_join(pthread_self(), NULL));
	must(pthread_create(&thread, NULL, wait_there, NULL) == 0);
	must(sem_wait(&ready) == 0);
	gives(pthread_peekjoin_np(thread, &result));
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += 10000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	gives(pthread_timedjoin_np(thread, &result, &at));
	sem_post(&go);
	at.tv_sec += 20;
	gives(pthread_timedjoin_np(thread, &result, &at));
	must(pthread_create(&thread, NULL, wait_detached, NULL) == 0);
	must(sem_wait(&ready) == 0);
	gives(pthread_detach(thread));
	gives(pthread_detach(thread));
	sem_post(&go);
	must(sem_wait(&gone) == 0);
	show(pthread_equal(pthread_self(), pthread_self()) != 0);
	show(pthread_main_np());
	show(pthread_getthreadid_np() > 0);
	show(pthread_getconcurrency());
	gives(pthread_setconcurrency(4));
	show(pthread_getconcurrency());
}

static void names(void)
{
	char name[64];
	pthread_t thread;
	must(pthread_create(&thread, NULL, wait_there, NULL) == 0);
	must(sem_wait(&ready) == 0);
	pthread_set_name_np(thread, "worker");
	pthread_get_name_np(thread, name, sizeof(name));
	show_text(name);
	gives(pthread_setname_np(thread, "a name of more than nineteen letters"));
	gives(pthread_getname_np(thread, name, sizeof(name)));
	show_text(name);
	sem_post(&go);
	must(pthread_join(thread, NULL) == 0);
}

static void count(int signal)
{
	(void)signal;
	hits++;
	hit = pthread_self();
}

static void *hear(void *unused)
{
	(void)unused;
	sem_post(&ready);
	while (hits == 0)
		usleep(1000);
	return NULL;
}

static void *await(void *unused)
{
	sigset_t set;
	int signal;
	(void)unused;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sem_post(&ready);
	must(sigwait(&set, &signal) == 0);
	return (void *)(long)signal;
}

static void signals(void)
{
	struct sigaction action = { .sa_handler = count };
	sigset_t set, old;
	pthread_t thread;
	void *result;

	sigaction(SIGUSR1, &action, NULL);
	must(pthread_create(&thread, NULL, hear, NULL) == 0);
	must(sem_wait(&ready) == 0);
	gives(pthread_kill(thread, SIGUSR1));
	must(pthread_join(thread, NULL) == 0);
	show(hits);
	show(pthread_equal(hit, thread) != 0);
	gives(pthread_kill(pthread_self(), 0));
	gives(pthread_kill(pthread_self(), 400));

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	gives(pthread_sigmask(SIG_BLOCK, &set, &old));
	must(pthread_create(&thread, NULL, await, NULL) == 0);
	must(sem_wait(&ready) == 0);
	/* Sent to the process: the thread that waits for it takes it. */
	kill(getpid(), SIGUSR2);
	must(pthread_join(thread, &result) == 0);
	show((long)result == SIGUSR2);
	/* Sent to this thread, where it is blocked. */
	gives(pthread_kill(pthread_self(), SIGUSR2));
	sigpending(&set);
	show(sigismember(&set, SIGUSR2));
	int signal;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	gives(sigwait(&set, &signal));
	show(signal == SIGUSR2);
	gives(pthread_sigmask(99, &set, NULL));
}

static void processors(void)
{
	cpuset_t all, one, found;
	CPU_ZERO(&all);
	gives(pthread_getaffinity_np(pthread_self(), sizeof(all), &all));
	show(CPU_COUNT(&all) > 0);
	CPU_ZERO(&one);
	CPU_SET(CPU_FFS(&all) - 1, &one);
	gives(pthread_setaffinity_np(pthread_self(), sizeof(one), &one));
	gives(pthread_getaffinity_np(pthread_self(), sizeof(found), &found));
	show(CPU_CMP(&one, &found));
	show(pthread_getcpuclockid(pthread_self(), &(clockid_t){ 0 }));
	gives(pthread_setaffinity_np(pthread_self(), sizeof(all), &all));
	gives(sched_yield());
	pthread_yield();
}

static void *outlive(void *unused)
{
	(void)unused;
	usleep(20000);
	printf("the last thread\n");
	return NULL;
}

static void *end_all(void *unused)
{
	(void)unused;
	exit(9);
}

int main(void)
{
	int status;
	pthread_t thread;

	sigset_t waited_for;

	say_at_once();
	/* In every thread: one that ends late would take what another waits for. */
	sigemptyset(&waited_for);
	sigaddset(&waited_for, SIGUSR2);
	must(pthread_sigmask(SIG_BLOCK, &waited_for, NULL) == 0);
	must(sem_init(&ready, 0, 0) == 0);
	must(sem_init(&go, 0, 0) == 0);
	must(sem_init(&gone, 0, 0) == 0);
	printf("-- attributes\n");
	attributes();
	printf("-- ends\n");
	ends();
	printf("-- names\n");
	names();
	printf("-- signals\n");
	signals();
	printf("-- processors\n");
	processors();

	printf("-- the main thread ends first\n");
	pid_t child = fork();
	if (child == 0) {
		must(pthread_create(&thread, NULL, outlive, NULL) == 0);
		pthread_exit(NULL);
	}
	must(waitpid(child, &status, 0) == child);
	show(status);
	printf("-- another thread ends the process\n");
	child = fork();
	if (child == 0) {
		must(pthread_create(&thread, NULL, end_all, NULL) == 0);
		pause();
	}
	must(waitpid(child, &status, 0) == child);
	show(WEXITSTATUS(status));
	printf("-- many\n");
	long sum = 0;
	for (long i = 0; i < 400; i++) {
		void *result;
		must(pthread_create(&thread, NULL, value, (void *)i) == 0);
		must(pthread_join(thread, &result) == 0);
		sum += (long)result;
	}
	show(sum);
	return 0;
}
