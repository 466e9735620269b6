/* Timers: alarm, setitimer, timer_create with every kind of notice, overruns, CPU time. */
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>
#include <pthread.h>
#include <pthread_np.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include "show.h"

static volatile sig_atomic_t alarms, code, value, by_main;
static sem_t noticed;
static volatile int thread_value, other_thread;
static pthread_t main_thread;
static int target;

static void ring(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	alarms++;
	code = info->si_code;
	value = info->si_value.sival_int;
	by_main = pthread_equal(pthread_self(), main_thread);
}

static void in_thread(union sigval what)
{
	thread_value = what.sival_int;
	other_thread = !pthread_equal(pthread_self(), main_thread);
	sem_post(&noticed);
}

static void wait_for(int count)
{
	for (int i = 0; i < 10000 && alarms < count; i++)
		usleep(1000);
}

static void handle(int signal)
{
	struct sigaction action = { .sa_sigaction = ring, .sa_flags = SA_SIGINFO | SA_RESTART };
	must(sigaction(signal, &action, NULL) == 0);
	alarms = 0;
}

static void burn(int count)
{
	volatile long x = 0;
	while (alarms < count)
		x++;
}

static void intervals(void)
{
	struct itimerval set = { { 0, 10000 }, { 0, 20000 } }, found, none = { 0 };
	handle(SIGALRM);
	show(alarm(100));
	show(alarm(1) > 98);
	show(alarm(0) <= 1);
	calls(ualarm(10000, 0));
	wait_for(1);
	show(alarms);
	handle(SIGALRM);
	calls(setitimer(ITIMER_REAL, &set, NULL));
	wait_for(3);
	show(alarms >= 3);
	calls(getitimer(ITIMER_REAL, &found));
	show(found.it_interval.tv_usec);
	calls(setitimer(ITIMER_REAL, &none, &found));
	show(found.it_interval.tv_usec);
	handle(SIGVTALRM);
	calls(setitimer(ITIMER_VIRTUAL, &set, NULL));
	burn(2);
	calls(setitimer(ITIMER_VIRTUAL, &none, NULL));
	handle(SIGPROF);
	calls(setitimer(ITIMER_PROF, &set, NULL));
	burn(2);
	calls(setitimer(ITIMER_PROF, &none, NULL));
	set.it_value.tv_usec = 1000000;
	calls(setitimer(ITIMER_REAL, &set, NULL));
	calls(setitimer(9, &none, NULL));
}

static void by_signal(void)
{
	timer_t timer;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 55 };
	struct itimerspec set = { { 0, 5000000 }, { 0, 10000000 } }, found, none = { { 0, 0 }, { 0, 0 } };
	sigset_t block;

	handle(SIGUSR1);
	calls(timer_create(CLOCK_REALTIME, &event, &timer));
	calls(timer_gettime(timer, &found));
	show(found.it_value.tv_sec + found.it_value.tv_nsec);
	calls(timer_settime(timer, 0, &set, NULL));
	wait_for(3);
	show(alarms >= 3);
	show(code == SI_TIMER);
	show(value);
	calls(timer_gettime(timer, &found));
	show(found.it_interval.tv_nsec);
	calls(timer_settime(timer, 0, &none, &found));
	show(found.it_interval.tv_nsec);

	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, NULL);
	set.it_interval.tv_nsec = 1000000;
	calls(timer_settime(timer, 0, &set, NULL));
	usleep(60000);
	sigprocmask(SIG_UNBLOCK, &block, NULL);
	show(timer_getoverrun(timer) > 5);
	calls(timer_delete(timer));
	calls(timer_delete(timer));

	calls(timer_create(CLOCK_MONOTONIC, NULL, &timer));
	handle(SIGALRM);
	clock_gettime(CLOCK_MONOTONIC, &set.it_value);
	set.it_interval = (struct timespec){ 0, 0 };
	calls(timer_settime(timer, TIMER_ABSTIME, &set, NULL));
	wait_for(1);
	show(alarms);
	calls(timer_delete(timer));
	calls(timer_create(77, NULL, &timer));
	event.sigev_signo = 1000;
	calls(timer_create(CLOCK_REALTIME, &event, &timer));
}

static void by_thread(void)
{
	timer_t timer;
	pthread_attr_t attr;
	struct itimerspec set = { { 0, 0 }, { 0, 10000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_value.sival_int = 66 };

	must(sem_init(&noticed, 0, 0) == 0);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	event.sigev_notify_function = in_thread;
	event.sigev_notify_attributes = &attr;
	calls(timer_create(CLOCK_MONOTONIC, &event, &timer));
	for (int i = 0; i < 3; i++) {
		calls(timer_settime(timer, 0, &set, NULL));
		while (sem_wait(&noticed) != 0)
			;
	}
	show(thread_value);
	show(other_thread);
	calls(timer_delete(timer));
}

static void by_thread_id(void)
{
	timer_t timer;
	struct itimerspec set = { { 0, 0 }, { 0, 10000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2, .sigev_value.sival_int = 88 };
	event.sigev_notify_thread_id = pthread_getthreadid_np();
	handle(SIGUSR2);
	calls(timer_create(CLOCK_REALTIME, &event, &timer));
	calls(timer_settime(timer, 0, &set, NULL));
	wait_for(1);
	show(value);
	show(by_main);
	calls(timer_delete(timer));
	event.sigev_notify = SIGEV_NONE;
	calls(timer_create(CLOCK_REALTIME, &event, &timer));
	set.it_value.tv_sec = 50;
	calls(timer_settime(timer, 0, &set, NULL));
	calls(timer_gettime(timer, &set));
	show(set.it_value.tv_sec);
	calls(timer_delete(timer));
	(void)target;
}

static void clocks(void)
{
	struct timespec a, b;
	clockid_t which;
	clockid_t known[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_UPTIME, CLOCK_VIRTUAL, CLOCK_PROF,
		CLOCK_REALTIME_FAST, CLOCK_MONOTONIC_PRECISE, CLOCK_SECOND, CLOCK_THREAD_CPUTIME_ID,
		CLOCK_PROCESS_CPUTIME_ID, 12345 };
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		int got = clock_gettime(known[i], &a), res = clock_getres(known[i], &b);
		printf("clock %d: %d %d %d\n", (int)known[i], got, res, got == 0 && a.tv_nsec >= 0 && a.tv_nsec < 1000000000);
	}
	gives(clock_getcpuclockid(0, &which));
	calls(clock_gettime(which, &a));
	show(a.tv_sec < 100);
	clock_gettime(CLOCK_MONOTONIC, &a);
	struct timespec until = a;
	until.tv_nsec += 10000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	gives(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
	clock_gettime(CLOCK_MONOTONIC, &b);
	show(b.tv_sec > until.tv_sec || (b.tv_sec == until.tv_sec && b.tv_nsec >= until.tv_nsec));
	until.tv_nsec = -5;
	gives(clock_nanosleep(CLOCK_MONOTONIC, 0, &until, NULL));
	calls(nanosleep(&until, NULL));
	show(clock() >= 0);
	show(time(NULL) > 1600000000);
}

int main(void)
{
	say_at_once();
	main_thread = pthread_self();
	printf("-- intervals\n");
	intervals();
	printf("-- a signal\n");
	by_signal();
	printf("-- a thread\n");
	by_thread();
	printf("-- a signal to a thread\n");
	by_thread_id();
	printf("-- clocks\n");
	clocks();
	return 0;
}
