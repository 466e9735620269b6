/* Mappings of files and of nothing, what faults say, memory that processes share, the allocator at work. */
#include <sys/mman.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>

#include "say.h"

enum { PAGE = 4096 };

static sigjmp_buf back;
static volatile int number_was;
static void *volatile at;

static void faulted(int number, siginfo_t *info, void *context)
{
	(void)context;
	number_was = number;
	at = info->si_addr;
	siglongjmp(back, 1);
}

/* Whether a byte can be written, and with which signal it cannot. */
static const char *written(volatile char *where)
{
	if (sigsetjmp(back, 1) == 0) {
		*where = 1;
		return "written";
	}
	return at == (void *)where ? signal_name(number_was) : "elsewhere";
}

static const char *fetched(volatile char *where)
{
	if (sigsetjmp(back, 1) == 0) {
		(void)*where;
		return "read";
	}
	return at == (void *)where ? signal_name(number_was) : "elsewhere";
}

static void of_files(void)
{
	int fd;
	char *first, *second, text[8] = "";

	must((fd = open("mapped", O_CREAT | O_RDWR, 0644)) >= 0);
	must(ftruncate(fd, 3 * PAGE) == 0);
	must((first = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) != MAP_FAILED);
	must((second = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE)) != MAP_FAILED);
	strcpy(first + PAGE, "seen");
	show_text(second);
	strcpy(second, "mine");
	show_text(first + PAGE);
	calls(msync(first, 3 * PAGE, MS_SYNC));
	calls(pread(fd, text, 5, PAGE));
	show_text(text);
	calls(pwrite(fd, "file", 5, 2 * PAGE));
	show_text(first + 2 * PAGE);
	must(ftruncate(fd, PAGE) == 0);
	show_text(fetched(first));
	show_text(fetched(first + 2 * PAGE));
	calls(munmap(first, 3 * PAGE));
	show_text(fetched(first));
	show(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 99, 0) == MAP_FAILED);
	show_text(error_text(errno));
	close(fd);
	must((fd = open("mapped", O_RDONLY)) >= 0);
	show(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	show_text(error_text(errno));
	must((first = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0)) != MAP_FAILED);
	close(fd);
	show_text(written(first));
}

/* Whether a mapping of no bytes can be made; NetBSD makes one. */
#ifdef __NetBSD__
#define MAPS_NOTHING 1
#else
#define MAPS_NOTHING 0
#endif

static int maps_nothing(void)
{
	int made = mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0) != MAP_FAILED;
	int error = errno;
	must(made || error == EINVAL);
	return made;
}

static void of_nothing(void)
{
	char *pages, *there;
	int status;

	must((pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)) != MAP_FAILED);
	show(pages[PAGE]);
	calls(mprotect(pages + PAGE, PAGE, PROT_READ));
	show_text(written(pages));
	show_text(written(pages + PAGE));
	show_text(fetched(pages + PAGE));
	calls(mprotect(pages + PAGE, PAGE, PROT_NONE));
	show_text(fetched(pages + PAGE));
	calls(munmap(pages + 2 * PAGE, PAGE));
	show_text(fetched(pages + 2 * PAGE));
	show_text(fetched(pages + 3 * PAGE));
	there = mmap(pages + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
	show(there == pages + 2 * PAGE);
	show_text(written(there));
	int as_it_should = maps_nothing() == MAPS_NOTHING;
	show(as_it_should);
	calls(madvise(pages, PAGE, MADV_WILLNEED));
	calls(mlock(pages, PAGE));
	calls(munlock(pages, PAGE));
	must((pages = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0)) != MAP_FAILED);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		strcpy(pages, "from the child");
		_exit(0);
	}
	must(waitpid(child, &status, 0) == child);
	show_text(pages);
	/* Code that is made. */
	unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	must((pages = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)) != MAP_FAILED);
	memcpy(pages, code, sizeof(code));
	calls(mprotect(pages, PAGE, PROT_READ | PROT_EXEC));
	show(((int (*)(void))(uintptr_t)pages)());
}

static void of_a_name(void)
{
	char name[64];
	int fd, status;
	char *page;

	snprintf(name, sizeof(name), "/shared-%ld", (long)getpid());
	shm_unlink(name);
	works(fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
	calls(ftruncate(fd, PAGE));
	must((page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) != MAP_FAILED);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		int again = shm_open(name, O_RDWR, 0);
		char *other = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0);
		strcpy(other, "by its name");
		_exit(other == MAP_FAILED);
	}
	must(waitpid(child, &status, 0) == child);
	say_status("child", status);
	show_text(page);
	calls(shm_unlink(name));
	calls(shm_open(name, O_RDWR, 0));
}

static void allocated(void)
{
	enum { BLOCKS = 4000 };
	static unsigned char *blocks[BLOCKS];
	unsigned seed = 1;
	size_t sizes[BLOCKS], wrong = 0;

	for (int round = 0; round < 40000; round++) {
		seed = seed * 1103515245 + 12345;
		int one = seed / 65536 % BLOCKS;
		if (blocks[one] != NULL)
			for (size_t i = 0; i < sizes[one]; i += 97)
				wrong += blocks[one][i] != (unsigned char)one;
		seed = seed * 1103515245 + 12345;
		sizes[one] = seed / 65536 % (one % 50 == 0 ? 300000 : 2000);
		blocks[one] = realloc(blocks[one], sizes[one] + 1);
		must(blocks[one] != NULL);
		memset(blocks[one], one, sizes[one]);
	}
	for (int one = 0; one < BLOCKS; one++)
		free(blocks[one]);
	show(wrong);
	void *aligned = NULL, *volatile refused;
	gives(posix_memalign(&aligned, 65536, 100));
	show((uintptr_t)aligned % 65536);
	free(aligned);
	char *zeroed = calloc(1000, 1000);
	show(zeroed[999999]);
	free(zeroed);
	/* The compiler would not let anybody ask for that much. */
	volatile size_t too_much = SIZE_MAX / 2;
	errno = 0;
	refused = malloc(too_much);
	show(refused == NULL);
	show_text(error_text(errno));
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = faulted, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	of_files();
	of_nothing();
	of_a_name();
	allocated();
	return 0;
}
