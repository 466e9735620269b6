/* Files: opening, names, places, times, locks, directories, memory, streams. */
#include "say.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lists(const char *place)
{
	char *names[20];
	int count = 0;
	struct dirent *entry;
	DIR *folder = opendir(place);
	must(folder != NULL);
	while ((entry = readdir(folder)) != NULL)
		names[count++] = strdup(entry->d_name);
	closedir(folder);
	qsort(names, (size_t)count, sizeof(*names), by_name);
	for (int i = 0; i < count; i++)
		printf("%s ", names[i]);
	printf("\n");
}

static void names(void)
{
	struct stat found, other;
	char text[PATH_MAX], whole[PATH_MAX];

	works(mkdir("d", 0755));
	works(mkdir("d", 0755));
	int folder = open("d", O_RDONLY | O_DIRECTORY);
	int file = openat(folder, "f", O_RDWR | O_CREAT | O_EXCL, 0640);
	must(folder >= 0 && file >= 0);
	works(openat(folder, "f", O_RDWR | O_CREAT | O_EXCL, 0640));
	works(open("d/f/x", O_RDONLY));
	works(open("d", O_RDWR));
	works(symlink("f", "d/l"));
	show(open("d/l", O_RDONLY | O_NOFOLLOW));
	show(readlink("d/l", text, sizeof(text)));
	works(link("d/f", "d/g"));
	must(fstat(file, &found) == 0 && fstatat(folder, "g", &other, 0) == 0);
	show(found.st_ino == other.st_ino && found.st_dev == other.st_dev && found.st_nlink == 2);
	show(found.st_mode & 07777);
	must(lstat("d/l", &found) == 0);
	show(S_ISLNK(found.st_mode) && found.st_size == 1);
	works(symlink("loop", "d/loop"));
	works(stat("d/loop", &found));
	works(rename("d/g", "d/h"));
	works(rename("d/none", "d/h"));
	works(rmdir("d"));
	lists("d");
	must(realpath("d/../d/./l", text) != NULL && getcwd(whole, sizeof(whole)) != NULL);
	show(strncmp(text, whole, strlen(whole)) == 0 && strcmp(text + strlen(whole), "/d/f") == 0);
	must(fchdir(folder) == 0);
	must(getcwd(text, sizeof(text)) != NULL);
	show(strcmp(text + strlen(text) - 2, "/d") == 0);
	must(chdir("..") == 0);
	works(mkfifo("d/p", 0600));
	must(stat("d/p", &found) == 0);
	show(S_ISFIFO(found.st_mode) != 0);
	works(access("d/f", R_OK | W_OK));
	works(access("d/none", F_OK));
	works(chmod("d/f", 0444));
	must(stat("d/f", &found) == 0);
	show(found.st_mode & 0777);
	umask(027);
	show(umask(022));
	works(pathconf("d", _PC_NAME_MAX) == 255 ? 0 : -1);
	memset(text, 'n', 300);
	text[300] = 0;
	works(open(text, O_RDONLY));
	close(file);
	close(folder);
}

static void contents(void)
{
	struct timespec times[2] = { { 1000000000, 5000 }, { 1234567890, 7000 } };
	struct stat found;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 3 };
	char text[100] = "";
	int status;

	int file = open("data", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	must(file >= 0);
	show(write(file, "0123456789", 10));
	show(lseek(file, 2, SEEK_SET));
	show(write(file, "ab", 2));
	show(pread(file, text, 5, 8));
	show_text(text);
	struct iovec parts[2] = { { text, 3 }, { text + 50, 4 } };
	show(lseek(file, 0, SEEK_SET));
	show(readv(file, parts, 2));
	printf("%.3s %.4s\n", text, text + 50);
	works(lseek(file, -1, SEEK_SET));
	works(ftruncate(file, 5000));
	must(fstat(file, &found) == 0);
	show(found.st_size);
	works(futimens(file, times));
	must(fstat(file, &found) == 0);
	show(found.st_atim.tv_sec);
	show(found.st_mtim.tv_sec);
	show(found.st_mtim.tv_nsec);
	works(fcntl(file, F_SETLK, &lock));
	works(flock(file, LOCK_EX | LOCK_NB));
	pid_t child = fork();
	if (child == 0) {
		lock.l_start = 0;
		lock.l_len = 0;
		must(fcntl(file, F_GETLK, &lock) == 0);
		show(lock.l_type == F_WRLCK && lock.l_pid == getppid() && lock.l_start == 2 && lock.l_len == 3);
		lock.l_type = F_WRLCK;
		errno = 0;
		show(fcntl(file, F_SETLK, &lock) == -1 && (errno == EAGAIN || errno == EACCES));
		int again = open("data", O_RDONLY);
		errno = 0;
		show(flock(again, LOCK_EX | LOCK_NB) == -1 && errno == EAGAIN);
		_exit(0);
	}
	must(waitpid(child, &status, 0) == child);
	char *both = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	must(both != MAP_FAILED);
	both[4] = 'X';
	works(msync(both, 4096, MS_SYNC));
	show(pread(file, text, 1, 4) == 1 && text[0] == 'X');
	char *own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 4096);
	must(own != MAP_FAILED);
	own[0] = 'Y';
	show(pread(file, text, 1, 4096) == 1 && text[0] == 0);
	works(munmap(both, 8192));
	works(munmap(own, 4096));
	works(dup2(file, 50));
	works(fcntl(50, F_SETFD, FD_CLOEXEC));
	show(fcntl(50, F_GETFD));
	show((fcntl(file, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_RDWR | O_APPEND));
	int copy = fcntl(file, F_DUPFD, 60);
	show(copy >= 60);
	works(close(copy));
	works(close(copy));
	close(50);
	close(file);
}

static int visits, deepest;

static int visit(const char *path, const struct stat *found, int kind, struct FTW *where)
{
	(void)path;
	(void)found;
	(void)kind;
	visits++;
	if (where->level > deepest)
		deepest = where->level;
	return 0;
}

static void streams(void)
{
	char line[100], *whole = NULL;
	size_t length = 0;
	int number = 0;
	double real = 0;
	glob_t matches;

	FILE *file = fopen("text", "w+");
	must(file != NULL);
	fprintf(file, "%d %5.2f %s\nsecond\nthird without end", 42, 3.14159, "word");
	rewind(file);
	show(fscanf(file, "%d %lf %99s", &number, &real, line));
	printf("%d %.2f %s\n", number, real, line);
	show(fgetc(file) == '\n' && ungetc('S', file) == 'S');
	while (fgets(line, sizeof(line), file) != NULL)
		printf("%s|", line);
	printf("\n");
	show(feof(file) != 0 && ferror(file) == 0);
	show(fseek(file, -3, SEEK_END) == 0 && fgetc(file) == 'e' && ftell(file) > 20);
	fclose(file);
	file = tmpfile();
	show(file != NULL && fputs("gone", file) >= 0 && fclose(file) == 0);
	file = open_memstream(&whole, &length);
	must(file != NULL);
	fprintf(file, "%s %c %#x %08.3f", "grown", 'c', 255, 2.5);
	fclose(file);
	show_text(whole);
	free(whole);
	show(glob("d/*", 0, NULL, &matches) == 0 && matches.gl_pathc >= 4);
	globfree(&matches);
	show(nftw(".", visit, 10, FTW_PHYS));
	show(visits >= 8 && deepest == 2);
	char name[] = "temporary.XXXXXX";
	int fd = mkstemp(name);
	show(fd >= 0 && strstr(name, "XXXXXX") == NULL && unlink(name) == 0);
}

int main(void)
{
	say_at_once();
	names();
	contents();
	streams();
	return 0;
}
