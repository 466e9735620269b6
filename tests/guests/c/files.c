/* Files: streams beyond four gigabytes, holes, locks of three kinds, times, extended attributes, links, vectors. */
#include <sys/types.h>
#include <sys/extattr.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <time.h>

#include "show.h"

static int ended(pid_t pid)
{
	int status;
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void big(void)
{
	struct stat st;
	char text[32];
	FILE *file = fopen("big", "w+");
	must(file != NULL);
	calls(fseeko(file, 5LL << 30, SEEK_SET));
	fputs("far away", file);
	printf("%lld\n", (long long)ftello(file));
	fflush(file);
	must(fstat(fileno(file), &st) == 0);
	printf("%lld\n", (long long)st.st_size);
	show(st.st_blocks < 100);
	rewind(file);
	must(fseeko(file, -4, SEEK_END) == 0);
	must(fgets(text, sizeof(text), file) != NULL);
	show_text(text);
	calls(lseek(fileno(file), 0, SEEK_DATA) >= (4LL << 30));
	calls(lseek(fileno(file), 0, SEEK_HOLE));
	calls(lseek(fileno(file), 6LL << 30, SEEK_DATA));
	calls(ftruncate(fileno(file), 100));
	calls(fstat(fileno(file), &st));
	show(st.st_size);
	fclose(file);
	unlink("big");
}

static void streams(void)
{
	char text[64], word[16], *line = NULL;
	size_t room = 0;
	int number;
	FILE *file = fopen("stream", "w");
	setvbuf(file, NULL, _IOFBF, 64);
	for (int i = 0; i < 100; i++)
		fprintf(file, "line %d of %s\n", i, "many");
	fclose(file);
	file = fopen("stream", "r+e");
	show(fcntl(fileno(file), F_GETFD));
	for (int i = 0; i < 50; i++)
		must(getline(&line, &room, file) > 0);
	printf("%s", line);
	must(fscanf(file, "%15s %d", word, &number) == 2);
	printf("%s %d\n", word, number);
	show(ungetc('!', file));
	show(fgetc(file));
	fseek(file, 0, SEEK_SET);
	fwrite("LINE", 1, 4, file);
	fflush(file);
	fseek(file, 0, SEEK_SET);
	must(fgets(text, sizeof(text), file) != NULL);
	printf("%s", text);
	show(feof(file));
	file = freopen("stream", "a", file);
	fputs("appended\n", file);
	fclose(file);
	show(fopen("missing/stream", "r") == NULL);
	show(fopen("stream", "z") == NULL);
	show_text(strerror(errno));
	show(fopen("stream", "wx") == NULL);
	show_text(strerror(errno));
	char *memory = NULL;
	size_t size = 0;
	file = open_memstream(&memory, &size);
	fprintf(file, "%s-%05.1f-%x", "memory", 3.14159, 255);
	fclose(file);
	show_text(memory);
	show(size);
	file = fmemopen(memory, size, "r");
	must(fscanf(file, "%6s", word) == 1);
	show_text(word);
	fclose(file);
	free(memory);
	free(line);
	unlink("stream");
}

static void locks(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 10 };
	int file = open("locked", O_CREAT | O_RDWR, 0600), other;
	pid_t pid;

	must(ftruncate(file, 100) == 0);
	calls(fcntl(file, F_SETLK, &lock));
	pid = fork();
	if (pid == 0) {
		lock.l_start = 15;
		show(fcntl(file, F_SETLK, &lock) == -1 && errno == EAGAIN);
		must(fcntl(file, F_GETLK, &lock) == 0);
		show(lock.l_type == F_WRLCK);
		show(lock.l_start);
		show(lock.l_len);
		show(lock.l_pid == getppid());
		lock.l_start = 30;
		lock.l_type = F_RDLCK;
		show(fcntl(file, F_SETLK, &lock));
		lock.l_start = 10;
		lock.l_type = F_WRLCK;
		_exit(fcntl(file, F_SETLKW, &lock) == 0 ? 3 : 4);
	}
	usleep(50000);
	lock.l_start = 10;
	lock.l_type = F_UNLCK;
	calls(fcntl(file, F_SETLK, &lock));
	show(ended(pid));

	calls(flock(file, LOCK_EX));
	other = open("locked", O_RDWR);
	calls(flock(other, LOCK_EX | LOCK_NB));
	calls(flock(file, LOCK_SH));
	calls(flock(other, LOCK_SH | LOCK_NB));
	calls(flock(file, LOCK_UN));
	calls(flock(other, LOCK_UN));
	close(other);
	pid = fork();
	if (pid == 0) {
		must(lockf(file, F_LOCK, 50) == 0);
		usleep(50000);
		_exit(0);
	}
	while (lockf(file, F_TEST, 50) == 0)
		usleep(1000);
	show_text(strerror(errno));
	calls(lockf(file, F_TLOCK, 50));
	calls(lockf(file, F_LOCK, 50));
	calls(lockf(file, F_ULOCK, 50));
	show(ended(pid));
	int created = open("locked", O_RDWR | O_EXLOCK | O_NONBLOCK);
	show(created >= 0);
	calls(open("locked", O_RDWR | O_SHLOCK | O_NONBLOCK));
	close(created);
	close(file);
	unlink("locked");
}

static void times(void)
{
	struct stat st;
	struct timespec set[2] = { { 1000000000, 123456789 }, { 1100000000, 987654321 } };
	struct timeval old[2] = { { 1200000000, 5000 }, { 1300000000, 6000 } };
	int file = open("timed", O_CREAT | O_RDWR, 0640);
	must(file >= 0);
	calls(utimensat(AT_FDCWD, "timed", set, 0));
	must(stat("timed", &st) == 0);
	printf("%lld.%09ld %lld.%09ld\n", (long long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
	    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	set[0].tv_nsec = UTIME_OMIT;
	set[1].tv_nsec = UTIME_NOW;
	calls(futimens(file, set));
	must(fstat(file, &st) == 0);
	show(st.st_atim.tv_sec);
	show(st.st_mtim.tv_sec > 1600000000);
	calls(utimes("timed", old));
	must(stat("timed", &st) == 0);
	printf("%lld %ld\n", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	set[0].tv_nsec = 2000000000;
	calls(utimensat(AT_FDCWD, "timed", set, 0));
	show(st.st_birthtim.tv_sec > 0);
	printf("%o %d %d\n", st.st_mode, (int)st.st_nlink, st.st_uid == geteuid());
	calls(link("timed", "linked"));
	must(fstat(file, &st) == 0);
	show(st.st_nlink);
	calls(fchmod(file, 0400));
	calls(fchmodat(AT_FDCWD, "linked", 0600, 0));
	must(fstatat(AT_FDCWD, "linked", &st, AT_SYMLINK_NOFOLLOW) == 0);
	printf("%o\n", st.st_mode);
	calls(access("timed", R_OK | W_OK));
	calls(access("timed", X_OK));
	calls(eaccess("nothing", F_OK));
	unlink("linked");

	char value[32] = "";
	calls(extattr_set_fd(file, EXTATTR_NAMESPACE_USER, "color", "green", 5));
	calls(extattr_get_file("timed", EXTATTR_NAMESPACE_USER, "color", value, sizeof(value)));
	show_text(value);
	calls(extattr_list_fd(file, EXTATTR_NAMESPACE_USER, value, sizeof(value)));
	show(value[0]);
	printf("%.5s\n", value + 1);
	calls(extattr_delete_fd(file, EXTATTR_NAMESPACE_USER, "color"));
	calls(extattr_get_fd(file, EXTATTR_NAMESPACE_USER, "color", value, sizeof(value)));
	close(file);
	unlink("timed");
}

static void vectors(void)
{
	char one[4] = "", two[8] = "";
	struct iovec out[3] = { { "abc", 3 }, { "", 0 }, { "defgh", 5 } };
	struct iovec in[2] = { { one, 3 }, { two, 5 } };
	int file = open("vector", O_CREAT | O_RDWR | O_APPEND, 0600);
	calls(writev(file, out, 3));
	calls(preadv(file, in, 2, 0));
	printf("%s %s\n", one, two);
	calls(pwritev(file, out, 1, 100));
	calls(lseek(file, 0, SEEK_END));
	calls(readv(file, in, 2));
	calls(writev(file, out, -1));
	calls(posix_fallocate(file, 0, 5000));
	calls(lseek(file, 0, SEEK_END));
	calls(dup2(file, 50));
	calls(fcntl(file, F_DUP2FD_CLOEXEC, 51));
	show(fcntl(51, F_GETFD));
	calls(fcntl(file, F_GETFL) & (O_APPEND | O_ACCMODE));
	closefrom(50);
	calls(fcntl(50, F_GETFD));
	calls(fsync(file));
	calls(fdatasync(file));
	calls(rename("vector", "renamed"));
	calls(access("vector", F_OK));
	calls(remove("renamed"));
	calls(mkfifo("fifo", 0600));
	pid_t pid = fork();
	if (pid == 0) {
		int writer = open("fifo", O_WRONLY);
		must(write(writer, "through", 8) == 8);
		_exit(0);
	}
	int reader = open("fifo", O_RDONLY);
	calls(read(reader, two, 8));
	show_text(two);
	show(ended(pid));
	unlink("fifo");
	calls(pathconf("/", _PC_NAME_MAX));
	struct statfs fs;
	calls(statfs("/", &fs));
	show(fs.f_version == STATFS_VERSION);
	show(fs.f_blocks > 0);
}

int main(void)
{
	say_at_once();
	umask(022);
	printf("-- big\n");
	big();
	printf("-- streams\n");
	streams();
	printf("-- locks\n");
	locks();
	printf("-- times and names\n");
	times();
	printf("-- vectors\n");
	vectors();
	return 0;
}
