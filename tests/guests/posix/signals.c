/* Handlers, masks, waiting for signals, timers, stacks of their own. */
#include <sys/time.h>
#include <setjmp.h>
#include <time.h>

#include "say.h"

static volatile sig_atomic_t count, last, nested, code_was, from;
static sigjmp_buf back;

static void counted(int number)
{
	count++;
	last = number;
}

static void described(int number, siginfo_t *info, void *context)
{
	(void)context;
	last = number;
	code_was = info->si_code;
	from = info->si_pid == getpid();
	count++;
}

static void again(int number)
{
	sigset_t now;
	sigprocmask(SIG_BLOCK, NULL, &now);
	printf("in the handler: %s %d, SIGUSR2 %d\n", signal_name(number), sigismember(&now, number),
	    sigismember(&now, SIGUSR2));
	if (nested++ == 0)
		raise(number);
}

static void jumps(int number)
{
	siglongjmp(back, number);
}

static void handle(int number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGUSR2);
	must(sigaction(number, &action, NULL) == 0);
}

static void actions(void)
{
	struct sigaction old, info = { .sa_sigaction = described, .sa_flags = SA_SIGINFO };

	handle(SIGUSR1, counted, 0);
	calls(raise(SIGUSR1));
	show(count);
	must(sigaction(SIGUSR1, NULL, &old) == 0);
	show(old.sa_handler == counted);
	show(sigismember(&old.sa_mask, SIGUSR2));
	sigemptyset(&info.sa_mask);
	must(sigaction(SIGUSR1, &info, NULL) == 0);
	calls(kill(getpid(), SIGUSR1));
	show(count);
	show(from);
	handle(SIGUSR1, counted, SA_RESETHAND);
	raise(SIGUSR1);
	must(sigaction(SIGUSR1, NULL, &old) == 0);
	show(old.sa_handler == SIG_DFL);
	calls(sigaction(SIGKILL, &info, NULL));
	calls(sigaction(SIGSTOP, &info, NULL));
	calls(sigaction(0, &info, NULL));
	calls(kill(getpid(), 1000));
	handle(SIGUSR1, again, 0);
	raise(SIGUSR1);
	show(nested);
	nested = 0;
	handle(SIGUSR1, again, SA_NODEFER);
	raise(SIGUSR1);
	show(nested);
	must(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
	raise(SIGUSR1);
	show(signal(SIGUSR1, SIG_DFL) == SIG_IGN);
}

static void masks(void)
{
	sigset_t set, old, waits;

	handle(SIGUSR1, counted, 0);
	handle(SIGUSR2, counted, 0);
	count = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	calls(sigprocmask(SIG_BLOCK, &set, &old));
	raise(SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR2);
	show(count);
	calls(sigpending(&waits));
	show(sigismember(&waits, SIGUSR1));
	show(sigismember(&waits, SIGHUP));
	sigdelset(&set, SIGUSR1);
	calls(sigsuspend(&set));
	show(count);
	show_text(signal_name(last));
	calls(sigprocmask(SIG_SETMASK, &old, NULL));
	show(count);
	calls(sigprocmask(99, &set, NULL));
	/* Taken without a handler. */
	int number = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGHUP);
	gives(sigwait(&set, &number));
	show_text(signal_name(number));
	struct timespec soon = { 0, 1000000 };
	siginfo_t info;
	calls(sigtimedwait(&set, &info, &soon));
	raise(SIGHUP);
	show(sigwaitinfo(&set, &info) == SIGHUP);
	show(info.si_signo == SIGHUP);
}

static void timers(void)
{
	struct itimerval every = { { 0, 2000 }, { 0, 2000 } }, none = { { 0, 0 }, { 0, 0 } }, left;
	sigset_t no;

	handle(SIGALRM, counted, SA_RESTART);
	sigemptyset(&no);
	count = 0;
	calls(setitimer(ITIMER_REAL, &every, NULL));
	while (count < 3)
		sigsuspend(&no);
	calls(setitimer(ITIMER_REAL, &none, &left));
	show(left.it_interval.tv_usec);
	show(alarm(100));
	show(alarm(0) >= 99);
	struct timespec long_time = { 100, 0 }, rest = { 0, 0 };
	every.it_interval.tv_usec = 0;
	setitimer(ITIMER_REAL, &every, NULL);
	calls(nanosleep(&long_time, &rest));
	show(rest.tv_sec >= 90);
}

static void interrupted(void)
{
	int ends[2];
	char byte = 0;
	struct itimerval once = { { 0, 0 }, { 0, 2000 } };

	must(pipe(ends) == 0);
	handle(SIGALRM, counted, 0);
	setitimer(ITIMER_REAL, &once, NULL);
	calls(read(ends[0], &byte, 1));
	handle(SIGALRM, counted, SA_RESTART);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		usleep(20000);
		write(ends[1], "x", 1);
		_exit(0);
	}
	count = 0;
	setitimer(ITIMER_REAL, &once, NULL);
	calls(read(ends[0], &byte, 1));
	show(count);
	waitpid(child, NULL, 0);
}

static char room[65536];
static volatile int on_it;

static void stacked(int number)
{
	char here;
	(void)number;
	on_it = &here >= room && &here < room + sizeof(room);
	stack_t now;
	sigaltstack(NULL, &now);
	printf("in the handler: %s\n", now.ss_flags & SS_ONSTACK ? "on it" : "not on it");
}

static void stacks(void)
{
	stack_t mine = { .ss_sp = room, .ss_size = sizeof(room) }, old;

	calls(sigaltstack(&mine, &old));
	show(old.ss_flags == SS_DISABLE);
	handle(SIGUSR1, stacked, SA_ONSTACK);
	raise(SIGUSR1);
	show(on_it);
	mine.ss_size = 100;
	calls(sigaltstack(&mine, NULL));
	mine.ss_flags = SS_DISABLE;
	calls(sigaltstack(&mine, NULL));
}

static void jumping(void)
{
	sigset_t now;
	volatile int round = 0;

	handle(SIGSEGV, jumps, 0);
	handle(SIGFPE, jumps, 0);
	while (round < 3) {
		int number = sigsetjmp(back, 1);
		if (number != 0)
			printf("back by %s\n", signal_name(number));
		if (round++ < 2)
			*(volatile int *)16 = 1;
	}
	if (sigsetjmp(back, 1) == 0) {
		volatile int nothing = 0;
		show(1 / nothing);
	}
	sigprocmask(SIG_BLOCK, NULL, &now);
	show(sigismember(&now, SIGSEGV));
	show(sigismember(&now, SIGFPE));
}

static void children(void)
{
	struct sigaction info = { .sa_sigaction = described, .sa_flags = SA_SIGINFO | SA_NOCLDSTOP };
	sigset_t set, none;
	int status;

	sigemptyset(&info.sa_mask);
	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	must(sigaction(SIGCHLD, &info, NULL) == 0);
	count = 0;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		_exit(3);
	while (count == 0)
		sigsuspend(&none);
	show(code_was == CLD_EXITED);
	show(waitpid(child, &status, 0) == child);
	say_status("child", status);
	/* Nobody waits: they are gone at once. */
	must(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	fflush(stdout);
	if (fork() == 0)
		_exit(0);
	calls(waitpid(-1, &status, 0));
}

int main(void)
{
	actions();
	masks();
	timers();
	interrupted();
	stacks();
	jumping();
	children();
	return 0;
}
