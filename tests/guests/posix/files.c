/* Files by their names and descriptors: making, reading, renaming, linking, what is told about them, and errors. */
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <dirent.h>
#include <fcntl.h>

#include "say.h"

static void told(const char *name)
{
	struct stat found;
	if (lstat(name, &found) != 0) {
		printf("%s: %s\n", name, error_text(errno));
		return;
	}
	const char *kind = S_ISREG(found.st_mode) ? "file" : S_ISDIR(found.st_mode) ? "directory" :
		S_ISLNK(found.st_mode) ? "link" : S_ISFIFO(found.st_mode) ? "fifo" : "other";
	printf("%s: %s %o", name, kind, S_ISLNK(found.st_mode) ? 0 : found.st_mode & 07777);
	if (!S_ISDIR(found.st_mode))
		printf(" %lld bytes %d names", (long long)found.st_size, (int)found.st_nlink);
	printf("%s\n", found.st_uid == geteuid() ? "" : " of somebody else");
}

static int by_name(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static void entries(const char *path)
{
	char *names[64];
	int count = 0;
	struct dirent *entry;
	DIR *directory = opendir(path);
	must(directory != NULL);
	while ((entry = readdir(directory)) != NULL && count < 64)
		names[count++] = strdup(entry->d_name);
	rewinddir(directory);
	must(readdir(directory) != NULL);
	closedir(directory);
	qsort(names, count, sizeof(names[0]), by_name);
	printf("%s:", path);
	for (int i = 0; i < count; i++) {
		printf(" %s", names[i]);
		free(names[i]);
	}
	printf("\n");
}

static void making(void)
{
	int fd;
	char byte[8] = "";

	umask(022);
	calls(open("nothing", O_RDONLY));
	must((fd = open("one", O_CREAT | O_EXCL | O_RDWR, 0666)) >= 0);
	calls(open("one", O_CREAT | O_EXCL | O_RDWR, 0666));
	calls(write(fd, "abcdef", 6));
	calls(lseek(fd, -2, SEEK_END));
	calls(read(fd, byte, 8));
	show_text(byte);
	calls(read(fd, byte, 8));
	calls(lseek(fd, -7, SEEK_END));
	calls(lseek(fd, 0, 99));
	calls(pwrite(fd, "XY", 2, 1));
	calls(pread(fd, byte, 4, 0));
	show_text(byte);
	calls(lseek(fd, 0, SEEK_CUR));
	struct iovec parts[] = { { "12", 2 }, { "", 0 }, { "345", 3 } };
	calls(writev(fd, parts, 3));
	calls(ftruncate(fd, 9));
	told("one");
	calls(ftruncate(fd, -1));
	calls(truncate("nothing", 3));
	calls(close(fd));
	calls(close(fd));
	must((fd = open("one", O_WRONLY | O_APPEND)) >= 0);
	calls(read(fd, byte, 1));
	calls(write(fd, "+", 1));
	calls(lseek(fd, 0, SEEK_CUR));
	close(fd);
	must((fd = open("one", O_RDONLY | O_TRUNC)) >= 0);
	told("one");
	close(fd);
	calls(open("one", O_RDONLY | O_DIRECTORY));
	calls(open(".", O_WRONLY));
	calls(open("one/below", O_RDONLY));
	umask(077);
	must((fd = open("private", O_CREAT | O_WRONLY, 0666)) >= 0);
	close(fd);
	told("private");
	umask(022);
}

static void naming(void)
{
	char text[16] = "";

	calls(link("one", "two"));
	told("two");
	calls(link("one", "two"));
	calls(symlink("two", "soft"));
	calls(symlink("two", "soft"));
	told("soft");
	calls(readlink("soft", text, sizeof(text)));
	show_text(text);
	calls(readlink("one", text, sizeof(text)));
	calls(open("soft", O_RDONLY | O_NOFOLLOW) == -1);
	calls(rename("two", "three"));
	calls(access("soft", F_OK));
	calls(symlink("circle", "circle"));
	calls(open("circle", O_RDONLY));
	calls(mkdir("folder", 0755));
	calls(mkdir("folder", 0755));
	calls(rename("three", "folder"));
	calls(rename("folder", "three"));
	calls(rename("folder", "folder/in itself"));
	calls(rename("three", "folder/three"));
	calls(rmdir("folder"));
	calls(rmdir("one"));
	calls(chdir("folder"));
	entries(".");
	calls(chdir(".."));
	calls(unlink("folder/three"));
	calls(unlink("folder/three"));
	calls(rmdir("folder"));
	calls(mkfifo("fifo", 0600));
	told("fifo");
	calls(open("fifo", O_WRONLY | O_NONBLOCK));
	entries(".");
}

static void telling(void)
{
	struct stat found;
	struct timespec times[2] = { { 1000000000, 250000000 }, { 1234567890, 0 } };

	calls(chmod("one", 04755));
	told("one");
	calls(chmod("one", 0444));
	calls(access("one", R_OK));
	calls(access("one", X_OK));
	calls(access("nothing", R_OK));
	if (geteuid() != 0)
		calls(access("one", W_OK));
	calls(utimensat(AT_FDCWD, "one", times, 0));
	must(stat("one", &found) == 0);
	show(found.st_atime);
	show(found.st_mtime);
	show(found.st_atim.tv_nsec);
	times[0].tv_nsec = UTIME_OMIT;
	times[1].tv_sec = 1;
	calls(utimensat(AT_FDCWD, "one", times, 0));
	must(stat("one", &found) == 0);
	show(found.st_atime);
	show(found.st_mtime);
	times[1].tv_nsec = 1000000000;
	calls(utimensat(AT_FDCWD, "one", times, 0));
	struct timeval both[2] = { { 5, 0 }, { 6, 0 } };
	calls(utimes("one", both));
	must(stat("one", &found) == 0);
	show(found.st_mtime);
	calls(chown("one", -1, -1));
	calls(lchown("soft", -1, getegid()));
	calls(chmod("nothing", 0644));
}

static void from_a_directory(void)
{
	int at, fd;
	char text[16] = "";
	struct stat found;

	calls(mkdir("base", 0755));
	must((at = open("base", O_RDONLY | O_DIRECTORY)) >= 0);
	must((fd = openat(at, "inner", O_CREAT | O_RDWR, 0644)) >= 0);
	close(fd);
	told("base/inner");
	calls(mkdirat(at, "sub", 0700));
	calls(symlinkat("inner", at, "soft"));
	calls(readlinkat(at, "soft", text, sizeof(text)));
	show_text(text);
	calls(linkat(at, "inner", at, "hard", 0));
	calls(fstatat(at, "soft", &found, AT_SYMLINK_NOFOLLOW));
	show(S_ISLNK(found.st_mode));
	calls(fstatat(at, "soft", &found, 0));
	show(S_ISREG(found.st_mode));
	calls(renameat(at, "hard", AT_FDCWD, "outside"));
	told("outside");
	calls(faccessat(at, "inner", R_OK, 0));
	calls(fchmodat(at, "inner", 0600, 0));
	told("base/inner");
	calls(unlinkat(at, "sub", 0) == -1);
	calls(unlinkat(at, "sub", AT_REMOVEDIR));
	calls(unlinkat(at, "inner", AT_REMOVEDIR));
	calls(openat(at, "nothing", O_RDONLY));
	calls(openat(99, "inner", O_RDONLY));
	calls(openat(99, "/", O_RDONLY) >= 0);
	must((fd = open("one", O_RDONLY)) >= 0);
	calls(openat(fd, "inner", O_RDONLY));
	calls(fchdir(fd));
	calls(fchdir(at));
	entries(".");
	calls(chdir(".."));
	close(fd);
	close(at);
}

static void descriptors(void)
{
	int fd, other, low;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 4 };

	must((fd = open("locked", O_CREAT | O_RDWR, 0644)) >= 0);
	must((other = dup(fd)) > fd);
	must(write(fd, "0123456789", 10) == 10);
	calls(lseek(other, 0, SEEK_CUR));
	show(fcntl(fd, F_GETFD));
	calls(fcntl(fd, F_SETFD, FD_CLOEXEC));
	show(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	show(fcntl(other, F_GETFD));
	show((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
	calls(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
	show((fcntl(other, F_GETFL) & O_APPEND) != 0);
	calls(fcntl(fd, F_DUPFD, 40));
	calls(fcntl(fd, F_DUPFD_CLOEXEC, 41));
	calls(dup2(fd, 50));
	calls(dup2(99, 51));
	calls(dup2(50, 50));
	must((low = dup(50)) >= 0);
	show(low < 40);
	calls(fcntl(fd, F_SETLK, &lock));
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		struct flock asked = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
		calls(fcntl(fd, F_GETLK, &asked));
		show(asked.l_type == F_WRLCK);
		show(asked.l_start);
		show(asked.l_len);
		show(asked.l_pid == getppid());
		asked = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
		show(fcntl(fd, F_SETLK, &asked) == -1 && (errno == EAGAIN || errno == EACCES));
		asked.l_start = 6;
		calls(fcntl(fd, F_SETLK, &asked));
		fflush(stdout);
		_exit(0);
	}
	int status;
	must(waitpid(child, &status, 0) == child);
	say_status("child", status);
}

int main(void)
{
	making();
	naming();
	telling();
	from_a_directory();
	descriptors();
	return 0;
}
