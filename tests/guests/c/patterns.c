/* Patterns: regular expressions, glob, fnmatch. */
#include <sys/stat.h>
#include <fnmatch.h>
#include <glob.h>
#include <regex.h>
#include <fcntl.h>

#include "show.h"

static void match(const char *pattern, int flags, const char *text)
{
	regex_t regex;
	regmatch_t found[10];
	char why[100];
	int error = regcomp(&regex, pattern, flags);
	if (error != 0) {
		regerror(error, &regex, why, sizeof(why));
		printf("%s: %s\n", pattern, why);
		return;
	}
	error = regexec(&regex, text, 10, found, 0);
	printf("%s in %s:", pattern, text);
	if (error != 0) {
		regerror(error, &regex, why, sizeof(why));
		printf(" %s", why);
	} else
		for (size_t i = 0; i <= regex.re_nsub; i++)
			printf(" %d-%d", (int)found[i].rm_so, (int)found[i].rm_eo);
	printf("\n");
	regfree(&regex);
}

static void touch(const char *name)
{
	close(open(name, O_CREAT | O_WRONLY, 0644));
}

static void all(const char *pattern, int flags)
{
	glob_t found;
	int result = glob(pattern, flags, NULL, &found);
	printf("%s: %d", pattern, result);
	if (result == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			printf(" %s", found.gl_pathv[i]);
	printf("\n");
	globfree(&found);
}

int main(void)
{
	say_at_once();
	match("a(b*)c", REG_EXTENDED, "xxabbbcxx");
	match("^[[:alpha:]]+([0-9]{2,3})$", REG_EXTENDED, "item123");
	match("\\(a\\)\\1", 0, "baab");
	match("HELLO", REG_EXTENDED | REG_ICASE, "say hello");
	match("a|bc|d", REG_EXTENDED, "xbc");
	match("x", REG_EXTENDED, "abc");
	match("(", REG_EXTENDED, "");
	match("[a", REG_EXTENDED, "");
	match("a{2,1}", REG_EXTENDED, "");
	match("*", REG_EXTENDED, "");
	match("[[.hyphen.]]", REG_EXTENDED, "a-b");
	match("^b", REG_EXTENDED | REG_NEWLINE, "a\nb");
	match("[[:<:]]word[[:>:]]", REG_EXTENDED, "a word here");

	show(fnmatch("*.c", "main.c", 0));
	show(fnmatch("*.c", ".c", FNM_PERIOD));
	show(fnmatch("a/*", "a/b/c", FNM_PATHNAME));
	show(fnmatch("[!a-c]?", "dx", 0));
	show(fnmatch("*.C", "main.c", FNM_CASEFOLD));
	show(fnmatch("foo*", "foobar/baz", FNM_LEADING_DIR));

	mkdir("globbed", 0755);
	must(chdir("globbed") == 0);
	mkdir("sub", 0755);
	touch("one.c");
	touch("two.c");
	touch("three.h");
	touch(".hidden.c");
	touch("sub/four.c");
	all("*.c", 0);
	all("*.[ch]", 0);
	all("{one,three}.*", GLOB_BRACE);
	all("*/*.c", 0);
	all("nothing*", 0);
	all("nothing*", GLOB_NOCHECK);
	all("nothing", GLOB_NOMAGIC);
	all(".*.c", 0);
	all("*", GLOB_MARK);
	all("~root", GLOB_TILDE | GLOB_NOCHECK);
	must(chdir("..") == 0);
	(void)!system("rm -r globbed");
	return 0;
}
