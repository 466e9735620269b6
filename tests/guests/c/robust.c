/* Robust mutexes: what becomes of one whose owner ends, as a thread, as a process, by a signal or by an execve. */
#include <sys/mman.h>
#include <sys/wait.h>
#include <pthread.h>
#include <signal.h>

#include "show.h"

static pthread_mutex_t *mutex;

static void make(int shared, int protocol)
{
	pthread_mutexattr_t attr;
	must(pthread_mutexattr_init(&attr) == 0);
	must(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0);
	must(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK) == 0);
	must(pthread_mutexattr_setprotocol(&attr, protocol) == 0);
	must(pthread_mutexattr_setpshared(&attr,
	    shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE) == 0);
	must(pthread_mutex_init(mutex, &attr) == 0);
	must(pthread_mutexattr_destroy(&attr) == 0);
}

static void *lock_and_end(void *unused)
{
	(void)unused;
	must(pthread_mutex_lock(mutex) == 0);
	return NULL;
}

static void *lock_and_sleep(void *pipe)
{
	must(pthread_mutex_lock(mutex) == 0);
	must(write(((int *)pipe)[1], "x", 1) == 1);
	usleep(50000);
	pthread_exit(NULL);
}

static void ended_by(void *(*how)(void *))
{
	pthread_t thread;
	must(pthread_create(&thread, NULL, how, NULL) == 0);
	must(pthread_join(thread, NULL) == 0);
}

static void between_threads(int protocol)
{
	pthread_t thread;
	int ends[2];
	char byte;

	make(0, protocol);
	ended_by(lock_and_end);
	gives(pthread_mutex_lock(mutex));
	gives(pthread_mutex_consistent(mutex));
	gives(pthread_mutex_consistent(mutex));
	gives(pthread_mutex_unlock(mutex));
	gives(pthread_mutex_lock(mutex));
	gives(pthread_mutex_unlock(mutex));

	ended_by(lock_and_end);
	gives(pthread_mutex_trylock(mutex));
	gives(pthread_mutex_unlock(mutex));
	gives(pthread_mutex_lock(mutex));
	gives(pthread_mutex_trylock(mutex));
	gives(pthread_mutex_destroy(mutex));

	printf("the owner ends while another waits\n");
	make(0, protocol);
	must(pipe(ends) == 0);
	must(pthread_create(&thread, NULL, lock_and_sleep, ends) == 0);
	must(read(ends[0], &byte, 1) == 1);
	gives(pthread_mutex_lock(mutex));
	gives(pthread_mutex_consistent(mutex));
	gives(pthread_mutex_unlock(mutex));
	must(pthread_join(thread, NULL) == 0);
	gives(pthread_mutex_destroy(mutex));
	close(ends[0]);
	close(ends[1]);
}

enum end { BY_EXIT, BY_RETURN, BY_SIGNAL, BY_EXEC, BY_THREAD };

static void *lock_elsewhere(void *unused)
{
	(void)unused;
	must(pthread_mutex_lock(mutex) == 0);
	pause();
	return NULL;
}

static void child_ends(enum end how, const char *self)
{
	int ends[2], status;
	char byte;
	pid_t child;

	make(1, PTHREAD_PRIO_NONE);
	must(pipe(ends) == 0);
	must((child = fork()) >= 0);
	if (child == 0) {
		if (how == BY_THREAD) {
			pthread_t thread;
			must(pthread_create(&thread, NULL, lock_elsewhere, NULL) == 0);
			while (pthread_mutex_trylock(mutex) == 0)
				pthread_mutex_unlock(mutex);
		} else
			must(pthread_mutex_lock(mutex) == 0);
		must(write(ends[1], "x", 1) == 1);
		usleep(20000);
		switch (how) {
		case BY_EXIT:
		case BY_THREAD:
			_exit(0);
		case BY_RETURN:
			exit(0);
		case BY_SIGNAL:
			kill(getpid(), SIGKILL);
			break;
		case BY_EXEC:
			execl(self, self, "sleep", NULL);
		}
		_exit(98);
	}
	must(read(ends[0], &byte, 1) == 1);
	gives(pthread_mutex_lock(mutex));
	if (how == BY_EXEC)
		kill(child, SIGTERM);
	gives(pthread_mutex_consistent(mutex));
	gives(pthread_mutex_unlock(mutex));
	gives(pthread_mutex_lock(mutex));
	gives(pthread_mutex_unlock(mutex));
	must(waitpid(child, &status, 0) == child);
	if (WIFSIGNALED(status))
		show(WTERMSIG(status));
	else
		show(WEXITSTATUS(status));
	gives(pthread_mutex_destroy(mutex));
	close(ends[0]);
	close(ends[1]);
}

int main(int argc, char **argv)
{
	pthread_mutex_t own;
	if (argc > 1) {
		sleep(20);
		return 0;
	}
	say_at_once();
	mutex = &own;
	printf("-- threads\n");
	between_threads(PTHREAD_PRIO_NONE);
	printf("-- threads, inheriting\n");
	between_threads(PTHREAD_PRIO_INHERIT);

	mutex = mmap(NULL, sizeof(*mutex), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
	must(mutex != MAP_FAILED);
	printf("-- a process, _exit\n");
	child_ends(BY_EXIT, NULL);
	printf("-- a process, exit\n");
	child_ends(BY_RETURN, NULL);
	printf("-- a process, SIGKILL\n");
	child_ends(BY_SIGNAL, NULL);
	printf("-- a process, execve\n");
	child_ends(BY_EXEC, argv[0]);
	printf("-- a process, another of its threads\n");
	child_ends(BY_THREAD, NULL);
	return 0;
}
