/* Signals: what handlers are told, stacks of their own, jumps, contexts, timers, waiting for them, restarts. */
#include "say.h"

#include <setjmp.h>
#include <time.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile sig_atomic_t hits, last, code;
static void *volatile address;
static sigjmp_buf back;
static ucontext_t here, there;

static void notes(int signal, siginfo_t *info, void *context)
{
	(void)context;
	hits++;
	last = signal;
	code = info->si_code;
	address = info->si_addr;
}

static void jumps(int signal, siginfo_t *info, void *context)
{
	notes(signal, info, context);
	siglongjmp(back, signal);
}

static void on(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | flags };
	action.sa_sigaction = handler;
	must(sigaction(signal, &action, NULL) == 0);
}

static void faults(void)
{
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0);
	must(page != MAP_FAILED);
	on(SIGSEGV, jumps, 0);
	if (sigsetjmp(back, 1) == 0)
		*(volatile char *)page = 1;
	show(last == SIGSEGV && code == SEGV_ACCERR && address == page);
	must(munmap(page, 4096) == 0);
	if (sigsetjmp(back, 1) == 0)
		*(volatile char *)(page + 5) = 1;
	show(last == SIGSEGV && code == SEGV_MAPERR && address == page + 5);
	on(SIGFPE, jumps, 0);
	volatile int zero = 0, seven = 7;
	if (sigsetjmp(back, 1) == 0)
		show(seven / zero);
	show(last == SIGFPE && code == FPE_INTDIV);
	on(SIGILL, jumps, 0);
	if (sigsetjmp(back, 1) == 0)
		__asm__ volatile("ud2");
	show(last == SIGILL);
	on(SIGTRAP, notes, 0);
	__asm__ volatile("int3");
	show(last == SIGTRAP);
	on(SIGABRT, jumps, 0);
	if (sigsetjmp(back, 1) == 0)
		abort();
	show(last == SIGABRT);
}

static char *own_stack;
static volatile int on_own;

static void looks(int signal, siginfo_t *info, void *context)
{
	char local;
	stack_t now;
	(void)info;
	(void)context;
	(void)signal;
	must(sigaltstack(NULL, &now) == 0);
	on_own = &local > own_stack && &local < own_stack + 65536 && (now.ss_flags & SS_ONSTACK) != 0;
}

static void stacks(void)
{
	stack_t stack = { .ss_size = 65536 };
	own_stack = malloc(65536);
	stack.ss_sp = own_stack;
	must(sigaltstack(&stack, NULL) == 0);
	on(SIGUSR1, looks, SA_ONSTACK);
	raise(SIGUSR1);
	show(on_own);
	stack.ss_flags = SS_DISABLE;
	must(sigaltstack(&stack, NULL) == 0);
	raise(SIGUSR1);
	show(on_own);
	free(own_stack);
}

static int steps;

static void other(int first, int second)
{
	steps += first * second;
	must(swapcontext(&there, &here) == 0);
	steps *= 2;
}

static void contexts(void)
{
	sigset_t set, now;
	char *stack = malloc(65536);
	must(getcontext(&there) == 0);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = 65536;
	there.uc_link = &here;
	makecontext(&there, (void (*)(void))other, 2, 6, 7);
	must(swapcontext(&here, &there) == 0);
	show(steps);
	must(swapcontext(&here, &there) == 0);
	show(steps);
	free(stack);
	volatile int times = 0;
	sigemptyset(&set);
	must(sigprocmask(SIG_SETMASK, &set, NULL) == 0);
	must(getcontext(&here) == 0);
	times++;
	sigprocmask(SIG_BLOCK, NULL, &now);
	printf("time %d, blocked %d\n", times, sigismember(&now, SIGUSR1));
	sigaddset(&set, SIGUSR1);
	must(sigprocmask(SIG_SETMASK, &set, NULL) == 0);
	if (times < 3)
		setcontext(&here);
	sigemptyset(&set);
	must(sigprocmask(SIG_SETMASK, &set, NULL) == 0);
}

static void waits(void)
{
	struct itimerval soon = { { 0, 0 }, { 0, 20000 } };
	struct timespec short_time = { 0, 10000000 }, long_time = { 100, 0 };
	siginfo_t info;
	sigset_t set, none;
	char byte = 0;
	int ends[2];

	on(SIGALRM, notes, 0);
	hits = 0;
	must(setitimer(ITIMER_REAL, &soon, NULL) == 0);
	works(nanosleep(&long_time, NULL));
	show(hits);
	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	must(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	must(setitimer(ITIMER_REAL, &soon, NULL) == 0);
	works(sigsuspend(&none));
	show(hits);
	raise(SIGALRM);
	must(sigpending(&none) == 0);
	show(sigismember(&none, SIGALRM));
	show(sigtimedwait(&set, &info, &long_time) == SIGALRM && info.si_signo == SIGALRM);
	works(sigtimedwait(&set, &info, &short_time));
	must(kill(getpid(), SIGALRM) == 0);
	show(sigwaitinfo(&set, &info) == SIGALRM && info.si_pid == getpid() && info.si_uid == getuid());
	show(hits);
	must(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);

	must(pipe(ends) == 0);
	must(setitimer(ITIMER_REAL, &soon, NULL) == 0);
	works(read(ends[0], &byte, 1));
	/* Restarted: the child writes while the handler has run. */
	on(SIGALRM, notes, SA_RESTART);
	pid_t child = fork();
	must(child >= 0);
	if (child == 0) {
		usleep(200000);
		_exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
	}
	must(setitimer(ITIMER_REAL, &soon, NULL) == 0);
	show(read(ends[0], &byte, 1) == 1 && byte == 'x');
	show(hits);
	int status;
	must(waitpid(child, &status, 0) == child);
	show(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void children(void)
{
	int status;
	siginfo_t info;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	must(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	on(SIGCHLD, notes, 0);
	pid_t child = fork();
	if (child == 0)
		_exit(9);
	show(sigwaitinfo(&set, &info) == SIGCHLD && info.si_pid == child && info.si_code == CLD_EXITED);
	show(info.si_status == 9 || WEXITSTATUS(info.si_status) == 9);
	must(waitpid(child, &status, 0) == child);
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	must(kill(child, SIGSTOP) == 0);
	must(waitpid(child, &status, WUNTRACED) == child);
	show(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	must(kill(child, SIGCONT) == 0);
	must(kill(child, SIGTERM) == 0);
	must(waitpid(child, &status, 0) == child);
	show(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	works(waitpid(-1, &status, 0));
	works(kill(child, 0));
}

int main(void)
{
	say_at_once();
	faults();
	stacks();
	contexts();
	waits();
	children();
	return 0;
}
