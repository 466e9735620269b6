/* Threads and fork: handlers around it, a child of a thread, locks in the child. */
#include <sys/wait.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "show.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int stop;

/* What the handlers did, in each process for itself. */
static char story[4096];

static void prepare(void)
{
	pthread_mutex_lock(&lock);
	strcat(story, " prepare");
}

static void parent(void)
{
	strcat(story, " parent");
	pthread_mutex_unlock(&lock);
}

static void child(void)
{
	strcat(story, " child");
	pthread_mutex_unlock(&lock);
}

static void prepare_two(void)
{
	story[0] = 0;
	strcat(story, "registered last,");
}

static void *work(void *unused)
{
	(void)unused;
	while (!stop) {
		pthread_mutex_lock(&lock);
		free(malloc(100));
		pthread_mutex_unlock(&lock);
		free(malloc(5000));
		usleep(10);
	}
	return NULL;
}

static void *answer(void *number)
{
	return (void *)((long)number + 1);
}

static int wait_for(pid_t pid)
{
	int status;
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void *fork_here(void *unused)
{
	(void)unused;
	pthread_t thread;
	void *result;
	pid_t pid = fork();
	must(pid >= 0);
	if (pid == 0) {
		/* The only thread of a new process, which can have threads again. */
		must(pthread_create(&thread, NULL, answer, (void *)41) == 0);
		must(pthread_join(thread, &result) == 0);
		_exit((int)(long)result);
	}
	return (void *)(long)wait_for(pid);
}

int main(void)
{
	pthread_t threads[4];
	void *result;
	int sum = 0;

	say_at_once();
	gives(pthread_atfork(prepare, parent, child));
	gives(pthread_atfork(prepare_two, NULL, NULL));
	pid_t pid = fork();
	if (pid == 0) {
		show_text(story);
		_exit(3);
	}
	show(wait_for(pid));
	show_text(story);

	must(pthread_create(&threads[0], NULL, fork_here, NULL) == 0);
	must(pthread_join(threads[0], &result) == 0);
	show((long)result);

	printf("-- under load\n");
	for (int i = 0; i < 4; i++)
		must(pthread_create(&threads[i], NULL, work, NULL) == 0);
	for (int i = 0; i < 50; i++) {
		pid = fork();
		must(pid >= 0);
		if (pid == 0) {
			void *memory = malloc(100000);
			must(memory != NULL);
			pthread_mutex_lock(&lock);
			pthread_mutex_unlock(&lock);
			free(memory);
			_exit(2);
		}
		sum += wait_for(pid);
	}
	stop = 1;
	for (int i = 0; i < 4; i++)
		must(pthread_join(threads[i], NULL) == 0);
	show(sum);
	pid = vfork();
	if (pid == 0)
		_exit(4);
	show(wait_for(pid));
	return 0;
}
