/* POSIX message queues: priorities, waiting, notices, what a queue is like. */
#include <sys/types.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <pthread_np.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include "show.h"

static volatile sig_atomic_t hits, code, value, hit, queue_number;
static volatile int told, elsewhere, listener;
static sem_t noticed, listening;
static pthread_t main_thread;

static void ring(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	hits++;
	code = info->si_code;
	queue_number = info->si_mqd;
	value = info->si_value.sival_int;
	hit = pthread_getthreadid_np();
}

static void in_thread(union sigval what)
{
	told = what.sival_int;
	elsewhere = !pthread_equal(pthread_self(), main_thread);
	sem_post(&noticed);
}

static void *listen_for_signal(void *nothing)
{
	listener = pthread_getthreadid_np();
	sem_post(&listening);
	while (hits == 0)
		usleep(1000);
	return nothing;
}

/* What libc makes of SIGEV_THREAD, and the same by hand. */
static void notices_to_threads(mqd_t queue)
{
	char text[128];
	pthread_t thread;
	pthread_attr_t attr;
	struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_value.sival_int = 66 };

	main_thread = pthread_self();
	must(sem_init(&noticed, 0, 0) == 0 && sem_init(&listening, 0, 0) == 0);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	event.sigev_notify_function = in_thread;
	event.sigev_notify_attributes = &attr;
	for (int i = 0; i < 3; i++) {
		calls(mq_notify(queue, &event));
		must(mq_send(queue, "wake up", 8, 0) == 0);
		while (sem_wait(&noticed) != 0)
			;
		must(mq_receive(queue, text, sizeof(text), NULL) == 8);
	}
	show(told);
	show(elsewhere);

	hits = 0;
	must(pthread_create(&thread, NULL, listen_for_signal, NULL) == 0);
	while (sem_wait(&listening) != 0)
		;
	event = (struct sigevent){ .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77 };
	event.sigev_notify_thread_id = listener;
	calls(mq_notify(queue, &event));
	must(mq_send(queue, "wake up", 8, 0) == 0);
	must(pthread_join(thread, NULL) == 0);
	show(hits);
	show(hit == listener);
	show(value);
	show(code == SI_MESGQ);
	show(queue_number == mq_getfd_np(queue));
	must(mq_receive(queue, text, sizeof(text), NULL) == 8);

	/* The thread is gone: nobody hears of it. */
	hits = 0;
	calls(mq_notify(queue, &event));
	must(mq_send(queue, "nobody", 7, 0) == 0);
	must(mq_receive(queue, text, sizeof(text), NULL) == 7);
	calls(mq_notify(queue, &event));
	calls(mq_notify(queue, NULL));
	must(mq_send(queue, "nobody", 7, 0) == 0);
	must(mq_receive(queue, text, sizeof(text), NULL) == 7);
	show(hits);
}

int main(void)
{
	char name[64], text[128];
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 100 }, found, changed;
	unsigned priority;
	struct timespec soon;
	int status;
	mqd_t queue, other;

	say_at_once();
	snprintf(name, sizeof(name), "/compat-queue-%d", (int)getpid());
	mq_unlink(name);
	show(mq_open(name, O_RDWR) == (mqd_t)-1);
	show_text(strerror(errno));
	queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	must(queue != (mqd_t)-1);
	show(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr) == (mqd_t)-1);
	show_text(strerror(errno));
	calls(mq_getattr(queue, &found));
	printf("%ld %ld %ld %ld\n", found.mq_flags, found.mq_maxmsg, found.mq_msgsize, found.mq_curmsgs);
	calls(mq_send(queue, "low", 4, 1));
	calls(mq_send(queue, "high", 5, 9));
	calls(mq_send(queue, "low too", 8, 1));
	calls(mq_getattr(queue, &found));
	show(found.mq_curmsgs);
	for (int i = 0; i < 3; i++) {
		calls(mq_receive(queue, text, sizeof(text), &priority));
		printf("%s at %u\n", text, priority);
	}
	calls(mq_receive(queue, text, 10, NULL));
	calls(mq_send(queue, text, 101, 0));
	calls(mq_send(queue, text, 1, 100000));
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec += 20000000;
	soon.tv_sec += soon.tv_nsec / 1000000000;
	soon.tv_nsec %= 1000000000;
	calls(mq_timedreceive(queue, text, sizeof(text), NULL, &soon));
	for (int i = 0; i < 4; i++)
		must(mq_send(queue, "full", 5, 0) == 0);
	calls(mq_timedsend(queue, "full", 5, 0, &soon));
	changed.mq_flags = O_NONBLOCK;
	calls(mq_setattr(queue, &changed, &found));
	calls(mq_send(queue, "full", 5, 0));
	for (int i = 0; i < 4; i++)
		must(mq_receive(queue, text, sizeof(text), NULL) == 5);
	calls(mq_receive(queue, text, sizeof(text), NULL));
	changed.mq_flags = 0;
	calls(mq_setattr(queue, &changed, NULL));

	printf("-- processes\n");
	pid_t pid = fork();
	if (pid == 0) {
		other = mq_open(name, O_WRONLY);
		must(other != (mqd_t)-1);
		usleep(20000);
		_exit(mq_send(other, "from the child", 15, 3));
	}
	calls(mq_receive(queue, text, sizeof(text), NULL));
	show_text(text);
	must(waitpid(pid, &status, 0) == pid);
	show(status);

	printf("-- notices\n");
	struct sigaction action = { .sa_sigaction = ring, .sa_flags = SA_SIGINFO };
	sigaction(SIGUSR1, &action, NULL);
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 44 };
	calls(mq_notify(queue, &event));
	calls(mq_notify(queue, &event));
	calls(mq_send(queue, "wake up", 8, 0));
	for (int i = 0; i < 5000 && hits == 0; i++)
		usleep(1000);
	show(hits);
	show(value);
	show(code == SI_MESGQ);
	show(queue_number == mq_getfd_np(queue));
	must(mq_receive(queue, text, sizeof(text), NULL) == 8);
	calls(mq_notify(queue, &event));
	calls(mq_notify(queue, NULL));
	printf("-- notices to threads\n");
	notices_to_threads(queue);
	calls(mq_close(queue));
	calls(mq_unlink(name));
	calls(mq_unlink(name));
	return 0;
}
