/* Alternate signal stacks: of the main thread and others, nested, left by a jump, grown over. */
#include <sys/resource.h>
#include <sys/wait.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

#include "show.h"

static char area[65536] __attribute__((aligned(64)));
static volatile int inside, flags_inside, nested, aligned;
static sigjmp_buf back;

static int is_inside(const void *place)
{
	return (const char *)place >= area && (const char *)place < area + sizeof(area);
}

static void handler(int signal)
{
	char here;
	stack_t stack;
	double vector[4] __attribute__((aligned(32)));

	vector[0] = signal;
	aligned = ((unsigned long)vector & 31) == 0;
	inside = is_inside(&here);
	sigaltstack(NULL, &stack);
	flags_inside = stack.ss_flags;
	if (signal == SIGUSR1)
		raise(SIGUSR2);
	else
		nested = inside;
}

static void change(int signal)
{
	stack_t other = { .ss_sp = area, .ss_size = sizeof(area), .ss_flags = 0 };
	(void)signal;
	calls(sigaltstack(&other, NULL));
}

static void leap(int signal)
{
	siglongjmp(back, signal);
}

static int recurse(int depth)
{
	volatile char room[4096];
	room[0] = (char)depth;
	return depth == 0 ? 0 : recurse(depth + 1) + room[0];
}

static void *in_thread(void *unused)
{
	stack_t stack;
	(void)unused;
	must(sigaltstack(NULL, &stack) == 0);
	/* Not inherited. */
	show(stack.ss_flags == SS_DISABLE);
	inside = 0;
	raise(SIGUSR2);
	show(inside);
	return NULL;
}

int main(void)
{
	stack_t stack = { .ss_sp = area, .ss_size = sizeof(area), .ss_flags = 0 }, found;
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
	pthread_t thread;
	int status;

	say_at_once();
	calls(sigaltstack(NULL, &found));
	show(found.ss_flags == SS_DISABLE);
	show(MINSIGSTKSZ);
	show(SIGSTKSZ);
	stack.ss_size = 100;
	calls(sigaltstack(&stack, NULL));
	stack.ss_size = sizeof(area);
	stack.ss_flags = 64;
	calls(sigaltstack(&stack, NULL));
	stack.ss_flags = 0;
	calls(sigaltstack(&stack, NULL));
	calls(sigaltstack(NULL, &found));
	show(found.ss_sp == area && found.ss_size == sizeof(area) && found.ss_flags == 0);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR1);
	show(inside);
	show(nested);
	show(aligned);
	show(flags_inside == SS_ONSTACK);
	action.sa_flags = 0;
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR2);
	show(inside);
	show(flags_inside);

	printf("-- changed while in use\n");
	action.sa_handler = change;
	action.sa_flags = SA_ONSTACK;
	sigaction(SIGHUP, &action, NULL);
	raise(SIGHUP);
	printf("-- left by a jump\n");
	action.sa_handler = leap;
	sigaction(SIGHUP, &action, NULL);
	for (int i = 0; i < 3; i++)
		if (sigsetjmp(back, 1) == 0)
			raise(SIGHUP);
	calls(sigaltstack(NULL, &found));
	show(found.ss_flags);
	printf("-- a stack that overflows\n");
	pid_t child = fork();
	if (child == 0) {
		struct rlimit limit = { 1 << 20, 1 << 20 };
		setrlimit(RLIMIT_STACK, &limit);
		sigaction(SIGSEGV, &action, NULL);
		sigaction(SIGBUS, &action, NULL);
		int signal = sigsetjmp(back, 1);
		if (signal != 0)
			_exit(signal == SIGSEGV ? 10 : 20);
		_exit(recurse(1));
	}
	must(waitpid(child, &status, 0) == child);
	show(WEXITSTATUS(status));
	printf("-- another thread\n");
	action.sa_handler = handler;
	sigaction(SIGUSR2, &action, NULL);
	must(pthread_create(&thread, NULL, in_thread, NULL) == 0);
	must(pthread_join(thread, NULL) == 0);
	printf("-- none again\n");
	stack.ss_flags = SS_DISABLE;
	calls(sigaltstack(&stack, NULL));
	raise(SIGUSR2);
	show(inside);
	return 0;
}
