/* Signals that the processor raises: which one, its code and address, and going on afterwards. */
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <sys/wait.h>
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <fcntl.h>
#include <limits.h>
#include <machine/trap.h>

#include "show.h"

static sigjmp_buf back;
static volatile int got, code, trap, mcontext_trap;
static void *volatile address;
static volatile long error;

static void handler(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	got = signal;
	code = info->si_code;
	address = info->si_addr;
	trap = info->si_trapno;
	mcontext_trap = (int)uc->uc_mcontext.mc_trapno;
	error = uc->uc_mcontext.mc_err;
	siglongjmp(back, 1);
}

#define during(what) \
	do { \
		got = code = 0; \
		if (sigsetjmp(back, 1) == 0) { \
			what; \
		} \
		printf("%s: signal %d, code %d, trap %d, %s\n", #what, got, code, trap, \
		    trap == mcontext_trap ? "same in the context" : "another in the context"); \
	} while (0)

static volatile char *page;
static volatile int zero, minimum = INT_MIN, minus = -1;
static volatile double dzero, one = 1.0, huge = 1e308;

static void use_undefined(void)
{
	__asm__ volatile("ud2");
}

static void use_breakpoint(void)
{
	__asm__ volatile("int3");
}

static void use_privileged(void)
{
	__asm__ volatile("hlt");
}

static void use_far(void)
{
	*(volatile char *)0x8000000000000000UL = 1;
}

static void repair(int signal, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	got = signal;
	mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
}

static void skip(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	(void)signal;
	(void)info;
	uc->uc_mcontext.mc_rip += 2;
	uc->uc_mcontext.mc_rax = 99;
}

static volatile int seen;
static void restore_default(int number)
{
	seen = number;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
	long result = 0;
	sigset_t set;

	say_at_once();
	for (int i = 0; i < 5; i++)
		must(sigaction(signals[i], &action, NULL) == 0);
	show(SIGSEGV);
	show(SIGBUS);
	page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0);
	must(page != MAP_FAILED);
	during(*(volatile int *)16 = 1);
	show((long)address);
	during(page[5] = 1);
	show((char *)address - (char *)page);
	show(error & 7);
	during(*(volatile char *)(page + 4096));
	munmap((void *)(page + 4096), 4096);
	during(page[4097]);
	show((char *)address - (char *)page);
	during(use_far());
	during(((void (*)(void))(void *)page)());
	show((char *)address - (char *)page);

	char name[] = "faults-XXXXXX";
	int file = mkstemp(name);
	must(file >= 0 && ftruncate(file, 100) == 0);
	volatile char *mapped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	must(mapped != MAP_FAILED);
	during(mapped[99] = 1);
	during(mapped[5000] = 1);
	show((char *)address - (char *)mapped);
	unlink(name);

	printf("-- arithmetic\n");
	during(zero = minimum / zero);
	during(zero = minimum / minus);
	zero = 0;
	feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
	during(dzero = one / dzero);
	feclearexcept(FE_ALL_EXCEPT);
	dzero = 0;
	feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
	during(dzero = dzero / dzero);
	dzero = 0;
	feclearexcept(FE_ALL_EXCEPT);
	feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
	during(dzero = huge * huge);
	feclearexcept(FE_ALL_EXCEPT);
	fedisableexcept(FE_ALL_EXCEPT);
	show(FPE_INTDIV);
	show(FPE_FLTDIV);

	printf("-- instructions\n");
	during(use_undefined());
	during(use_breakpoint());
	during(use_privileged());

	printf("-- going on\n");
	action.sa_sigaction = repair;
	sigaction(SIGSEGV, &action, NULL);
	page[7] = 42;
	show(page[7]);
	show(got);
	action.sa_sigaction = skip;
	sigaction(SIGILL, &action, NULL);
	__asm__ volatile("mov $1, %%eax; ud2; mov %%rax, %0" : "=r"(result) : : "rax");
	show(result);

	printf("-- blocked\n");
	pid_t child = fork();
	if (child == 0) {
		action.sa_handler = restore_default;
		action.sa_flags = 0;
		sigaction(SIGSEGV, &action, NULL);
		sigemptyset(&set);
		sigaddset(&set, SIGSEGV);
		sigprocmask(SIG_BLOCK, &set, NULL);
		*(volatile int *)16 = 1;
		_exit(1);
	}
	int status;
	must(waitpid(child, &status, 0) == child);
	show(WTERMSIG(status) == SIGSEGV);
	return 0;
}
