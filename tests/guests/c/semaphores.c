/* Semaphores: unnamed, shared by processes, named; timeouts and interruption. */
#include <sys/mman.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include "show.h"

static sem_t sem;
static int passed;

static void *post_later(void *unused)
{
	(void)unused;
	usleep(20000);
	return (void *)(long)sem_post(&sem);
}

static void *pass(void *unused)
{
	(void)unused;
	for (int i = 0; i < 500; i++)
		must(sem_wait(&sem) == 0);
	__sync_fetch_and_add(&passed, 500);
	return NULL;
}

static struct timespec from_now(clockid_t clock, long milliseconds)
{
	struct timespec at;
	clock_gettime(clock, &at);
	at.tv_nsec += milliseconds * 1000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

static void nothing(int signal)
{
	(void)signal;
}

static int value_of(sem_t *which)
{
	int value;
	must(sem_getvalue(which, &value) == 0);
	return value;
}

static void unnamed(void)
{
	pthread_t thread, threads[4];
	struct timespec at, rest, bad = { 0, 2000000000 };
	struct sigaction action = { .sa_handler = nothing };

	calls(sem_init(&sem, 0, (unsigned)SEM_VALUE_MAX + 1));
	calls(sem_init(&sem, 0, 2));
	calls(sem_wait(&sem));
	calls(sem_trywait(&sem));
	calls(sem_trywait(&sem));
	show(value_of(&sem));
	must(pthread_create(&thread, NULL, post_later, NULL) == 0);
	calls(sem_wait(&sem));
	must(pthread_join(thread, NULL) == 0);
	at = from_now(CLOCK_REALTIME, 20);
	calls(sem_timedwait(&sem, &at));
	at.tv_sec -= 5;
	calls(sem_timedwait(&sem, &at));
	calls(sem_timedwait(&sem, &bad));
	at = from_now(CLOCK_MONOTONIC, 20);
	calls(sem_clockwait_np(&sem, CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL));
	at = (struct timespec){ 0, 20000000 };
	calls(sem_clockwait_np(&sem, CLOCK_REALTIME, 0, &at, &rest));

	sigaction(SIGALRM, &action, NULL);
	ualarm(20000, 0);
	calls(sem_wait(&sem));
	ualarm(20000, 0);
	at = (struct timespec){ 10, 0 };
	rest = (struct timespec){ 0, 0 };
	calls(sem_clockwait_np(&sem, CLOCK_MONOTONIC, 0, &at, &rest));
	show(rest.tv_sec == 9);

	for (int i = 0; i < 4; i++)
		must(pthread_create(&threads[i], NULL, pass, NULL) == 0);
	for (int i = 0; i < 2000; i++)
		must(sem_post(&sem) == 0);
	for (int i = 0; i < 4; i++)
		must(pthread_join(threads[i], NULL) == 0);
	show(passed);
	show(value_of(&sem));
	calls(sem_destroy(&sem));
}

static void shared(void)
{
	struct { sem_t ping, pong; int count; } *both;
	int status;
	both = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
	must(both != MAP_FAILED);
	calls(sem_init(&both->ping, 1, 0));
	calls(sem_init(&both->pong, 1, 0));
	pid_t child = fork();
	must(child >= 0);
	if (child == 0) {
		for (int i = 0; i < 500; i++) {
			must(sem_wait(&both->ping) == 0);
			both->count++;
			must(sem_post(&both->pong) == 0);
		}
		_exit(7);
	}
	for (int i = 0; i < 500; i++) {
		must(sem_post(&both->ping) == 0);
		must(sem_wait(&both->pong) == 0);
	}
	must(waitpid(child, &status, 0) == child);
	show(WEXITSTATUS(status));
	show(both->count);
}

static void named(void)
{
	char name[64];
	sem_t *one, *two;
	int status;

	snprintf(name, sizeof(name), "/compat-c-%d", (int)getpid());
	sem_unlink(name);
	show(sem_open(name, 0) == SEM_FAILED);
	show_text(strerror(errno));
	one = sem_open(name, O_CREAT | O_EXCL, 0600, 3);
	must(one != SEM_FAILED);
	show(sem_open(name, O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED);
	show_text(strerror(errno));
	two = sem_open(name, O_CREAT, 0600, 9);
	show(one == two);
	show(value_of(two));
	pid_t child = fork();
	must(child >= 0);
	if (child == 0) {
		sem_t *three = sem_open(name, 0);
		must(three != SEM_FAILED);
		for (int i = 0; i < 3; i++)
			must(sem_wait(three) == 0);
		must(sem_wait(three) == 0);
		_exit(5);
	}
	usleep(20000);
	calls(sem_post(two));
	must(waitpid(child, &status, 0) == child);
	show(WEXITSTATUS(status));
	show(value_of(one));
	calls(sem_close(two));
	calls(sem_post(one));
	show(value_of(one));
	calls(sem_close(one));
	calls(sem_unlink(name));
	calls(sem_unlink(name) == -1 && errno == ENOENT);
	show(sem_open("no slash", O_CREAT, 0600, 1) == SEM_FAILED);
	show_text(strerror(errno));
}

int main(void)
{
	say_at_once();
	unnamed();
	printf("-- processes\n");
	shared();
	printf("-- named\n");
	named();
	return 0;
}
