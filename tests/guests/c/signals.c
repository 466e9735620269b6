/* Signals: every flag of sigaction, what siginfo says, queues, masks, waiting, children. */
#include <sys/types.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>
#include <ucontext.h>

#include "show.h"

static volatile sig_atomic_t hits, depth, deepest, last, code, status_seen;
static volatile pid_t sender;
static volatile uid_t sender_uid;
static volatile intptr_t sent;
static volatile int order[8], ordered, altered;

static void count(int signal)
{
	hits++;
	last = signal;
}

static void look(int signal, siginfo_t *info, void *context)
{
	hits++;
	last = signal;
	code = info->si_code;
	sender = info->si_pid;
	sender_uid = info->si_uid;
	sent = (intptr_t)info->si_value.sival_ptr;
	status_seen = info->si_status;
	must(info->si_signo == signal && context != NULL);
	must(((ucontext_t *)context)->uc_mcontext.mc_len == sizeof(mcontext_t));
}

static void again(int signal)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (hits++ == 0)
		raise(signal);
	depth--;
}

static void in_order(int signal)
{
	order[ordered++] = signal;
}

static void masked(int signal)
{
	sigset_t now;
	sigprocmask(SIG_BLOCK, NULL, &now);
	altered = sigismember(&now, signal) * 100 + sigismember(&now, SIGUSR2) * 10 + sigismember(&now, SIGHUP);
}

static void set(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	must(sigaction(signal, &action, NULL) == 0);
	hits = 0;
}

static void set_info(int signal, int flags)
{
	struct sigaction action = { .sa_sigaction = look, .sa_flags = SA_SIGINFO | flags };
	must(sigaction(signal, &action, NULL) == 0);
	hits = 0;
}

static void flags(void)
{
	struct sigaction found;
	sigset_t set_two;

	set(SIGUSR1, count, SA_RESETHAND);
	calls(raise(SIGUSR1));
	show(hits);
	calls(sigaction(SIGUSR1, NULL, &found));
	show(found.sa_handler == SIG_DFL);

	set(SIGUSR1, again, 0);
	depth = deepest = 0;
	raise(SIGUSR1);
	show(hits);
	show(deepest);
	set(SIGUSR1, again, SA_NODEFER);
	depth = deepest = 0;
	raise(SIGUSR1);
	show(hits);
	show(deepest);

	struct sigaction action = { .sa_handler = masked, .sa_flags = 0 };
	sigaddset(&action.sa_mask, SIGUSR2);
	must(sigaction(SIGUSR1, &action, NULL) == 0);
	raise(SIGUSR1);
	show(altered);
	sigprocmask(SIG_BLOCK, NULL, &set_two);
	show(sigismember(&set_two, SIGUSR1) + sigismember(&set_two, SIGUSR2));
	calls(sigaction(SIGKILL, &action, NULL));
	calls(sigaction(SIGSTOP, &action, NULL));
	calls(sigaction(0, &action, NULL));
	calls(sigaction(129, &action, NULL));
	action.sa_flags = 0x4000;
	calls(sigaction(SIGUSR1, &action, NULL));
	calls(sigaction(SIGUSR1, NULL, &found));
	show(found.sa_flags);
	show(signal(SIGUSR1, SIG_IGN) == masked);
	calls(raise(SIGUSR1));
	show(signal(SIGUSR1, SIG_DFL) == SIG_IGN);
	show(siginterrupt(SIGUSR1, 1));
}

static void restart(void)
{
	int ends[2];
	char byte = 0;
	pid_t child;
	struct timespec time = { 0, 200000000 }, left = { 0, 0 };

	must(pipe(ends) == 0);
	for (int kind = 0; kind < 2; kind++) {
		set(SIGUSR1, count, kind == 0 ? 0 : SA_RESTART);
		must((child = fork()) >= 0);
		if (child == 0) {
			usleep(30000);
			kill(getppid(), SIGUSR1);
			usleep(30000);
			(void)!write(ends[1], "x", 1);
			_exit(0);
		}
		calls(read(ends[0], &byte, 1));
		if (kind == 0)
			must(read(ends[0], &byte, 1) == 1);
		show(hits);
		while (waitpid(child, NULL, 0) != child)
			;
	}
	/* Sleeping is never restarted. */
	ualarm(20000, 0);
	set(SIGALRM, count, SA_RESTART);
	calls(nanosleep(&time, &left));
	show(left.tv_nsec > 0);
	ualarm(20000, 0);
	calls(pause());
	close(ends[0]);
	close(ends[1]);
}

static void info(void)
{
	union sigval value = { .sival_ptr = (void *)0x123456789abcL };
	sigset_t blocked, old;
	siginfo_t taken;
	struct timespec none = { 0, 0 };
	int status;

	set_info(SIGUSR1, 0);
	kill(getpid(), SIGUSR1);
	show(code == SI_USER);
	show(sender == getpid());
	show(sender_uid == getuid());
	raise(SIGUSR1);
	show(code == SI_LWP);
	calls(sigqueue(getpid(), SIGUSR1, value));
	show(code == SI_QUEUE);
	printf("%#lx\n", (long)sent);

	/* Real-time signals queue up, in order of their numbers. */
	for (int i = 0; i < 3; i++)
		set(SIGRTMIN + i, in_order, 0);
	sigemptyset(&blocked);
	for (int i = 0; i < 3; i++)
		sigaddset(&blocked, SIGRTMIN + i);
	calls(sigprocmask(SIG_BLOCK, &blocked, &old));
	for (int i = 0; i < 2; i++)
		for (int n = 2; n >= 0; n--) {
			value.sival_int = 10 * n + i;
			must(sigqueue(getpid(), SIGRTMIN + n, value) == 0);
		}
	calls(sigwaitinfo(&blocked, &taken) - SIGRTMIN);
	show(taken.si_value.sival_int);
	show(taken.si_code == SI_QUEUE);
	calls(sigprocmask(SIG_SETMASK, &old, NULL));
	for (int i = 0; i < ordered; i++)
		printf("order: SIGRTMIN+%d\n", order[i] - SIGRTMIN);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	calls(sigtimedwait(&blocked, &taken, &none));
	none.tv_nsec = -1;
	calls(sigtimedwait(&blocked, &taken, &none));
	show(SIGRTMAX - SIGRTMIN);
	calls(sigqueue(getpid(), 0, value));
	calls(sigqueue(99999, SIGUSR1, value));

	set_info(SIGCHLD, 0);
	for (int i = 0; i < 2; i++) {
		pid_t child = fork();
		if (child == 0) {
			if (i == 0)
				_exit(77);
			kill(getpid(), SIGKILL);
		}
		while (waitpid(child, &status, 0) != child)
			;
		show(last == SIGCHLD);
		show(code == (i == 0 ? CLD_EXITED : CLD_KILLED));
		show(sender == child);
		show(status_seen);
	}
	printf("-- children that nobody waits for\n");
	set(SIGCHLD, count, SA_NOCLDWAIT);
	pid_t child = fork();
	if (child == 0)
		_exit(1);
	calls(waitpid(child, &status, 0));
	set(SIGCHLD, SIG_IGN, 0);
	child = fork();
	if (child == 0)
		_exit(1);
	calls(waitpid(child, &status, 0));
	printf("-- children that stop\n");
	set_info(SIGCHLD, 0);
	int ends[2];
	must(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		raise(SIGSTOP);
		/* Once it has ended, nobody is told any more that it went on. */
		char told;
		_exit(read(ends[0], &told, 1) == 1 ? 5 : 6);
	}
	while (waitpid(child, &status, WUNTRACED) != child)
		;
	show(WIFSTOPPED(status));
	show(WSTOPSIG(status) == SIGSTOP);
	show(code == CLD_STOPPED);
	kill(child, SIGCONT);
	while (waitpid(child, &status, WCONTINUED) != child)
		;
	show(WIFCONTINUED(status));
	show(write(ends[1], "x", 1) == 1);
	while (waitpid(child, &status, 0) != child)
		;
	show(WEXITSTATUS(status));
}

static void masks(void)
{
	sigset_t set_one, old, pending;

	set(SIGUSR2, count, 0);
	sigemptyset(&set_one);
	sigaddset(&set_one, SIGUSR2);
	calls(sigprocmask(SIG_BLOCK, &set_one, &old));
	raise(SIGUSR2);
	raise(SIGUSR2);
	show(hits);
	calls(sigpending(&pending));
	show(sigismember(&pending, SIGUSR2));
	sigemptyset(&pending);
	calls(sigsuspend(&pending));
	show(hits);
	calls(sigprocmask(SIG_UNBLOCK, &set_one, NULL));
	show(hits);
	calls(sigprocmask(77, &set_one, NULL));
	sigfillset(&set_one);
	sigprocmask(SIG_SETMASK, &set_one, NULL);
	sigprocmask(SIG_BLOCK, NULL, &set_one);
	show(sigismember(&set_one, SIGKILL));
	show(sigismember(&set_one, SIGSTOP));
	show(sigismember(&set_one, SIGTERM));
	sigprocmask(SIG_SETMASK, &old, NULL);
	calls(sigaddset(&set_one, 0));
	calls(sighold(SIGUSR2));
	raise(SIGUSR2);
	calls(sigrelse(SIGUSR2));
	show(hits);
	show(sigset(SIGUSR2, SIG_HOLD) == count);
	calls(sigignore(SIGUSR2));
	show_text(strsignal(SIGINFO));
	show_text(sys_signame[SIGINFO]);
	psignal(SIGWINCH, "psignal");
}

static void ends(void)
{
	int signals[] = { SIGTERM, SIGABRT, SIGEMT, SIGXCPU, SIGPROF, SIGTHR, SIGLIBRT, SIGUSR1, SIGRTMIN };
	int quiet[] = { SIGURG, SIGIO, SIGWINCH, SIGINFO, SIGCHLD, SIGCONT };
	int status;

	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid_t child = fork();
		if (child == 0) {
			sigset_t none;
			sigemptyset(&none);
			signal(signals[i], SIG_DFL);
			sigprocmask(SIG_SETMASK, &none, NULL);
			kill(getpid(), signals[i]);
			_exit(1);
		}
		waitpid(child, &status, 0);
		printf("%d: %d\n", signals[i], WIFSIGNALED(status) ? WTERMSIG(status) : -1);
	}
	for (unsigned i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++) {
		pid_t child = fork();
		if (child == 0) {
			signal(quiet[i], SIG_DFL);
			kill(getpid(), quiet[i]);
			_exit(1);
		}
		waitpid(child, &status, 0);
		printf("%d: %d\n", quiet[i], WIFSIGNALED(status) ? WTERMSIG(status) : -1);
	}
}

int main(void)
{
	say_at_once();
	printf("-- flags\n");
	flags();
	printf("-- restart\n");
	restart();
	printf("-- information\n");
	info();
	printf("-- masks\n");
	masks();
	printf("-- ends\n");
	ends();
	return 0;
}
