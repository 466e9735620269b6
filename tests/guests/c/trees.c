/* Directories and trees: fts, ftw, nftw, scandir, positions in a directory, temporary names, realpath. */
#include <sys/types.h>
#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <limits.h>

#include "show.h"

static void touch(const char *name, int size)
{
	int file = open(name, O_CREAT | O_WRONLY, 0644);
	must(file >= 0 && ftruncate(file, size) == 0);
	close(file);
}

static int by_name(const FTSENT *const *a, const FTSENT *const *b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void walk(int options)
{
	char *roots[] = { "tree", NULL };
	FTS *walk = fts_open(roots, options, by_name);
	FTSENT *entry;
	must(walk != NULL);
	while ((entry = fts_read(walk)) != NULL) {
		printf("%d %d %s", (int)entry->fts_level, entry->fts_info, entry->fts_path);
		if (entry->fts_info == FTS_F)
			printf(" %d bytes", (int)entry->fts_statp->st_size);
		printf("\n");
		if (strcmp(entry->fts_name, "skipped") == 0)
			fts_set(walk, entry, FTS_SKIP);
	}
	must(fts_close(walk) == 0);
}

static int files, folders, links, deepest, after;

static int visit(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)path;
	(void)st;
	files += flag == FTW_F;
	folders += flag == FTW_D;
	after += flag == FTW_DP;
	links += flag == FTW_SL;
	if (at->level > deepest)
		deepest = at->level;
	return 0;
}

static int visit_simply(const char *path, const struct stat *st, int flag)
{
	(void)st;
	files += flag == FTW_F;
	return strcmp(path, "tree/b") == 0 ? 7 : 0;
}

static int is_plain(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void positions(void)
{
	DIR *dir = opendir("many");
	struct dirent *entry;
	long places[300];
	char names[300][16];
	int count = 0;

	must(dir != NULL);
	for (;;) {
		places[count] = telldir(dir);
		if ((entry = readdir(dir)) == NULL)
			break;
		strcpy(names[count++], entry->d_name);
	}
	show(count);
	int wrong = 0;
	for (int i = count - 1; i >= 0; i -= 7) {
		seekdir(dir, places[i]);
		entry = readdir(dir);
		if (entry == NULL || strcmp(entry->d_name, names[i]) != 0)
			wrong++;
	}
	show(wrong);
	rewinddir(dir);
	int again = 0;
	while (readdir(dir) != NULL)
		again++;
	show(again);
	show(fcntl(dirfd(dir), F_GETFD) == FD_CLOEXEC);
	show(closedir(dir));
}

int main(void)
{
	struct dirent **list;
	char name[64], path[PATH_MAX], cwd[PATH_MAX];
	struct stat st;
	int count;

	say_at_once();
	umask(022);
	mkdir("tree", 0755);
	mkdir("tree/a", 0755);
	mkdir("tree/a/deep", 0755);
	mkdir("tree/skipped", 0755);
	touch("tree/a/deep/file", 10);
	touch("tree/b", 20);
	touch("tree/skipped/not seen", 5);
	calls(symlink("b", "tree/link"));
	calls(symlink("nowhere", "tree/broken"));
	printf("-- fts, physical\n");
	walk(FTS_PHYSICAL);
	printf("-- fts, logical\n");
	walk(FTS_LOGICAL | FTS_NOCHDIR);

	printf("-- ftw\n");
	show(nftw("tree", visit, 20, FTW_PHYS));
	printf("%d files, %d folders, %d links, %d deep\n", files, folders, links, deepest);
	show(nftw("tree", visit, 20, FTW_PHYS | FTW_DEPTH));
	show(after);
	files = 0;
	show(ftw("tree", visit_simply, 5));

	printf("-- scandir\n");
	count = scandir("tree", &list, is_plain, alphasort);
	for (int i = 0; i < count; i++)
		printf("%s type %d\n", list[i]->d_name, list[i]->d_type);
	show(scandir("missing", &list, NULL, NULL));

	printf("-- positions\n");
	mkdir("many", 0755);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "many/%03d", i);
		touch(name, 0);
	}
	positions();

	printf("-- names\n");
	strcpy(name, "temporaryXXXXXX");
	int file = mkstemp(name);
	show(file >= 0);
	show(strncmp(name, "temporary", 9) == 0 && strcmp(name + 9, "XXXXXX") != 0);
	must(fstat(file, &st) == 0);
	printf("%o\n", st.st_mode & 0777);
	unlink(name);
	strcpy(name, "folderXXXXXX");
	show(mkdtemp(name) == name);
	must(stat(name, &st) == 0);
	printf("%o\n", st.st_mode);
	rmdir(name);
	strcpy(name, "withXXXXXX.suffix");
	show(mkstemps(name, 7) >= 0);
	unlink(name);
	strcpy(name, "flagsXXXXXX");
	file = mkostemp(name, O_CLOEXEC);
	show(fcntl(file, F_GETFD));
	unlink(name);
	FILE *temporary = tmpfile();
	show(temporary != NULL && fputs("x", temporary) >= 0);

	printf("-- realpath\n");
	must(getcwd(cwd, sizeof(cwd)) != NULL);
	must(realpath("tree/a/../link", path) != NULL);
	show_text(path + strlen(cwd));
	must(realpath(".", path) != NULL);
	show(strcmp(path, cwd));
	show(realpath("tree/broken", path) == NULL);
	show_text(path + strlen(cwd));
	show_text(strerror(errno));
	show(realpath("tree/b/x", path) == NULL);
	show_text(strerror(errno));
	symlink("loop", "loop");
	show(realpath("loop", path) == NULL);
	show_text(strerror(errno));
	show(system("rm -r tree many loop"));
	return 0;
}
