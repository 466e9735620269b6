/* Memory: mappings of every kind, protection, sharing, advice, growth, shared memory objects. */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <malloc_np.h>
#include <sys/stat.h>

#include "show.h"

#define PAGE 4096

static void *map(size_t size, int protection, int flags, int file)
{
	return mmap(NULL, size, protection, flags, file, 0);
}

static int in_child(void (*what)(char *), char *at)
{
	int status;
	pid_t pid = fork();
	must(pid >= 0);
	if (pid == 0) {
		what(at);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void set_first(char *at)
{
	at[0] = 'c';
}

static void read_first(char *at)
{
	_exit(at[0]);
}

static void mappings(void)
{
	char *at, *other, resident[4];

	at = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1);
	must(at != MAP_FAILED);
	at[0] = 'p';
	show(in_child(set_first, at));
	show(at[0]);
	calls(minherit(at, PAGE, INHERIT_NONE));
	show(in_child(read_first, at));
	calls(minherit(at, PAGE, INHERIT_ZERO));
	show(in_child(read_first, at));
	calls(mprotect(at, PAGE, PROT_NONE));
	show(in_child(set_first, at));
	calls(mprotect(at, PAGE, PROT_READ | PROT_WRITE));
	calls(mprotect(at + 1, 0, PROT_READ));
	calls(madvise(at, 4 * PAGE, MADV_WILLNEED));
	calls(madvise(at, 4 * PAGE, MADV_FREE));
	calls(madvise(at, 4 * PAGE, 999));
	calls(posix_madvise(at, PAGE, POSIX_MADV_RANDOM));
	at[PAGE] = 1;
	calls(mincore(at, 4 * PAGE, resident));
	show(resident[1] & MINCORE_INCORE);
	calls(mlock(at, PAGE));
	calls(munlock(at, PAGE));
	calls(msync(at, PAGE, MS_SYNC));
	calls(msync(at, PAGE, MS_SYNC | MS_ASYNC | MS_INVALIDATE | 64));
	calls(munmap(at + PAGE, PAGE));
	show(in_child(read_first, at + PAGE));
	other = mmap(at + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
	show(other == at + PAGE);
	other = mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANON | MAP_FIXED | MAP_EXCL, -1, 0);
	show(other == MAP_FAILED);
	show_text(strerror(errno));
	other = map(PAGE, PROT_READ, MAP_PRIVATE | MAP_ANON | MAP_ALIGNED(20), -1);
	show((unsigned long)other & 0xfffff);
	other = map(PAGE, PROT_READ, MAP_PRIVATE | MAP_ANON | MAP_32BIT, -1);
	show((unsigned long)other < 0x80000000UL);
	other = map(16 * PAGE, PROT_NONE, MAP_GUARD, -1);
	show(other != MAP_FAILED);
	show(in_child(read_first, other));
	other = map(64 * PAGE, PROT_READ | PROT_WRITE, MAP_STACK, -1);
	show(other != MAP_FAILED);
	other[64 * PAGE - 1] = 1;
	other[40 * PAGE] = 2;
	show(map(0, PROT_READ, MAP_PRIVATE | MAP_ANON, -1) == MAP_FAILED);
	show_text(strerror(errno));
	show(map(PAGE, PROT_READ, MAP_PRIVATE, 77) == MAP_FAILED);
	show_text(strerror(errno));
	show(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANON, 5, 0) == MAP_FAILED);
	show_text(strerror(errno));
	calls(munmap(at + 1, PAGE));
	calls(munmap(at, 0));
}

static void files(void)
{
	char name[] = "mappedXXXXXX", buffer[16], *shared, *own;
	int file = mkstemp(name);
	must(file >= 0);
	must(write(file, "0123456789", 10) == 10);
	shared = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file);
	own = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file);
	must(shared != MAP_FAILED && own != MAP_FAILED);
	shared[0] = 'S';
	own[1] = 'P';
	calls(msync(shared, PAGE, MS_SYNC));
	must(pread(file, buffer, 10, 0) == 10);
	printf("%.10s %.10s %.10s\n", buffer, shared, own);
	show(shared[20]);
	must(pwrite(file, "X", 1, 5) == 1);
	show(shared[5]);
	show(own[5]);
	calls(ftruncate(file, 3 * PAGE));
	own = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, PAGE);
	show(own != MAP_FAILED && own[0] == 0);
	show(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 100) == MAP_FAILED);
	int only_read = open(name, O_RDONLY);
	show(map(PAGE, PROT_WRITE, MAP_SHARED, only_read) == MAP_FAILED);
	show_text(strerror(errno));
	show(map(PAGE, PROT_WRITE, MAP_PRIVATE, only_read) != MAP_FAILED);
	int ends[2];
	must(pipe(ends) == 0);
	show(map(PAGE, PROT_READ, MAP_SHARED, ends[0]) == MAP_FAILED);
	show_text(strerror(errno));
	unlink(name);
}

static void objects(void)
{
	char name[64], *at, *same;
	struct stat st;
	int object = shm_open(SHM_ANON, O_RDWR, 0600);
	show(object >= 0);
	must(fstat(object, &st) == 0);
	show(st.st_size);
	show(fcntl(object, F_GETFD));
	calls(ftruncate(object, 2 * PAGE));
	at = map(2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, object);
	must(at != MAP_FAILED);
	show(in_child(set_first, at));
	show(at[0]);
	must(pread(object, name, 1, 0) == 1);
	show(name[0]);

	snprintf(name, sizeof(name), "/compat-memory-%d", (int)getpid());
	calls(shm_open(name, O_RDWR, 0600));
	object = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0640);
	show(object >= 0);
	calls(ftruncate(object, PAGE));
	calls(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
	at = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, object);
	int second = shm_open(name, O_RDONLY, 0);
	show(second >= 0);
	same = map(PAGE, PROT_READ, MAP_SHARED, second);
	strcpy(at, "seen by both");
	show_text(same);
	must(fstat(second, &st) == 0);
	printf("%o %d\n", st.st_mode & 0777, (int)st.st_size);
	calls(shm_unlink(name));
	calls(shm_unlink(name));
	show_text(same);
	object = memfd_create("label", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	show(object >= 0);
	must(ftruncate(object, PAGE) == 0);
	calls(fcntl(object, F_ADD_SEALS, F_SEAL_SHRINK));
	calls(ftruncate(object, 10));
	calls(fcntl(object, F_GET_SEALS));
}

static void heap(void)
{
	void *blocks[200];
	size_t wrong = 0;
	for (int i = 0; i < 200; i++) {
		blocks[i] = malloc((size_t)i * 1000 + 1);
		must(blocks[i] != NULL);
		memset(blocks[i], i, (size_t)i * 1000 + 1);
	}
	for (int i = 0; i < 200; i++) {
		wrong += ((unsigned char *)blocks[i])[i * 1000] != (unsigned char)i;
		wrong += malloc_usable_size(blocks[i]) < (size_t)i * 1000 + 1;
		free(blocks[i]);
	}
	show(wrong);
	void *much = malloc(512UL << 20);
	show(much != NULL);
	free(much);
	void *(*volatile allocate)(size_t) = malloc;
	show(allocate((size_t)1 << 60) == NULL);
	show_text(strerror(errno));
	void *aligned;
	gives(posix_memalign(&aligned, 8192, 100));
	show((unsigned long)aligned & 8191);
	gives(posix_memalign(&aligned, 3, 100));
	struct rlimit limit = { 200 << 20, 200 << 20 };
	pid_t pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_AS, &limit);
		_exit(allocate(400 << 20) == NULL ? errno : 0);
	}
	int status;
	waitpid(pid, &status, 0);
	show(WEXITSTATUS(status) == ENOMEM);
}

int main(void)
{
	say_at_once();
	printf("-- mappings\n");
	mappings();
	printf("-- files\n");
	files();
	printf("-- shared memory objects\n");
	objects();
	printf("-- the heap\n");
	heap();
	return 0;
}
