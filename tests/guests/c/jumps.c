/* setjmp and its kin, and contexts: getcontext, makecontext, swapcontext, setcontext. */
#include <fenv.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

#include "show.h"

static jmp_buf plain;
static sigjmp_buf with_mask;
static ucontext_t main_context, one, two, resumed;
static char stack_one[65536], stack_two[65536];
static volatile int steps;

static int blocked(int signal)
{
	sigset_t set;
	sigprocmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, signal);
}

static void block(int how, int signal)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(how, &set, NULL);
}

static void down(int level, jmp_buf where)
{
	if (level == 0)
		longjmp(where, 7);
	down(level - 1, where);
	steps++;
}

static void jump_out(int signal)
{
	siglongjmp(with_mask, signal);
}

static void jumps(void)
{
	volatile int kept = 1;
	int value;

	value = setjmp(plain);
	if (value == 0) {
		kept = 2;
		block(SIG_BLOCK, SIGUSR1);
		down(10, plain);
	}
	show(value);
	show(kept);
	show(steps);
	show(blocked(SIGUSR1));
	value = setjmp(plain);
	if (value == 0)
		longjmp(plain, 0);
	show(value);
	value = _setjmp(plain);
	if (value == 0) {
		block(SIG_BLOCK, SIGUSR1);
		_longjmp(plain, 3);
	}
	show(value);
	show(blocked(SIGUSR1));
	block(SIG_UNBLOCK, SIGUSR1);
	value = sigsetjmp(with_mask, 0);
	if (value == 0) {
		block(SIG_BLOCK, SIGUSR1);
		siglongjmp(with_mask, 4);
	}
	show(blocked(SIGUSR1));
	block(SIG_UNBLOCK, SIGUSR1);

	struct sigaction action = { .sa_handler = jump_out };
	sigaction(SIGUSR1, &action, NULL);
	for (volatile int i = 0; i < 3; i++) {
		value = sigsetjmp(with_mask, 1);
		if (value == 0)
			raise(SIGUSR1);
		show(value == SIGUSR1);
		show(blocked(SIGUSR1));
	}
}

static void first(int a, int b, int c, int d, int e, int f)
{
	printf("first: %d %d %d %d %d %d\n", a, b, c, d, e, f);
	must((char *)&a > stack_one && (char *)&a < stack_one + sizeof(stack_one));
	for (int i = 0; i < 3; i++) {
		printf("first %d\n", i);
		must(swapcontext(&one, &two) == 0);
	}
	printf("first ends\n");
}

static void second(void)
{
	double value = 1.5;
	for (int i = 0; i < 3; i++) {
		value *= 2;
		printf("second %d %.1f\n", i, value);
		must(swapcontext(&two, &one) == 0);
	}
	printf("not reached\n");
}

static void no_arguments(void)
{
	printf("rounding in there: %d\n", fegetround() == FE_TONEAREST);
	must(blocked(SIGUSR2) == 1);
}

static void contexts(void)
{
	volatile int passes = 0;

	must(getcontext(&one) == 0);
	one.uc_stack.ss_sp = stack_one;
	one.uc_stack.ss_size = sizeof(stack_one);
	one.uc_link = &main_context;
	makecontext(&one, (void (*)(void))first, 6, 1, 2, 3, 4, 5, 6);
	must(getcontext(&two) == 0);
	two.uc_stack.ss_sp = stack_two;
	two.uc_stack.ss_size = sizeof(stack_two);
	two.uc_link = &main_context;
	makecontext(&two, second, 0);
	calls(swapcontext(&main_context, &one));

	must(getcontext(&one) == 0);
	one.uc_stack.ss_sp = stack_one;
	one.uc_stack.ss_size = sizeof(stack_one);
	one.uc_link = &main_context;
	sigaddset(&one.uc_sigmask, SIGUSR2);
	makecontext(&one, no_arguments, 0);
	calls(swapcontext(&main_context, &one));
	show(blocked(SIGUSR2));

	must(getcontext(&main_context) == 0);
	passes++;
	if (passes < 4)
		setcontext(&main_context);
	show(passes);
	main_context.uc_mcontext.mc_len = 5;
	calls(setcontext(&main_context));
	calls(setcontext(NULL));
}

static __thread int mine;
static ucontext_t crossing;
static volatile int stage;

/* Finds the thread's own anew each time. */
__attribute__((noinline)) static void bump(void)
{
	mine++;
	__asm__ volatile("" ::: "memory");
}

static void roam(void)
{
	bump();
	stage = 1;
	must(swapcontext(&crossing, &resumed) == 0);
	/* Another thread now, with its own variables. */
	bump();
	stage = 2;
	must(swapcontext(&crossing, &resumed) == 0);
}

static void *go_on(void *unused)
{
	(void)unused;
	must(swapcontext(&resumed, &crossing) == 0);
	return (void *)(long)mine;
}

static void across_threads(void)
{
	pthread_t thread;
	void *result;
	must(getcontext(&crossing) == 0);
	crossing.uc_stack.ss_sp = stack_one;
	crossing.uc_stack.ss_size = sizeof(stack_one);
	crossing.uc_link = NULL;
	makecontext(&crossing, roam, 0);
	must(swapcontext(&resumed, &crossing) == 0);
	show(stage);
	must(pthread_create(&thread, NULL, go_on, NULL) == 0);
	must(pthread_join(thread, &result) == 0);
	show(stage);
	show(mine);
	show((long)result);
}

static ucontext_t interrupted;
static volatile int switched;

static void take_over(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	interrupted = *(ucontext_t *)context;
	if (switched++ < 3)
		setcontext(&interrupted);
}

int main(void)
{
	say_at_once();
	printf("-- jumps\n");
	jumps();
	printf("-- contexts\n");
	contexts();
	printf("-- a context that another thread goes on with\n");
	across_threads();
	printf("-- a context that a signal brought\n");
	struct sigaction action = { .sa_sigaction = take_over, .sa_flags = SA_SIGINFO };
	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < 4; i++)
		raise(SIGUSR1);
	show(switched);
	show(blocked(SIGUSR1));
	return 0;
}
