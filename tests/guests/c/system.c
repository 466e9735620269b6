/* The machine and the process: sysctl, limits, usage, identity, dates, random numbers, environment. */
#include <sys/types.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <sys/random.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <err.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <time.h>

#include "show.h"

static void machine(void)
{
	char text[256];
	size_t size = sizeof(text);
	int number, mib[2] = { CTL_KERN, KERN_OSTYPE };
	struct utsname name;

	calls(sysctl(mib, 2, text, &size, NULL, 0));
	show_text(text);
	size = sizeof(number);
	calls(sysctlbyname("hw.ncpu", &number, &size, NULL, 0));
	show(number > 0 && size == sizeof(int));
	show(sysconf(_SC_NPROCESSORS_ONLN) == number);
	size = sizeof(number);
	calls(sysctlbyname("kern.osreldate", &number, &size, NULL, 0));
	show(number == getosreldate());
	calls(sysctlbyname("no.such.name", &number, &size, NULL, 0));
	size = 2;
	calls(sysctlbyname("hw.pagesize", &number, &size, NULL, 0));
	size = 0;
	calls(sysctlbyname("kern.ostype", NULL, &size, NULL, 0));
	show(size);
	number = 5;
	calls(sysctlbyname("hw.ncpu", NULL, NULL, &number, sizeof(number)));
	calls(uname(&name));
	show_text(name.sysname);
	show_text(name.machine);
	show(sysconf(_SC_PAGESIZE));
	show(sysconf(_SC_OPEN_MAX) > 10);
	show(sysconf(_SC_CLK_TCK));
	show(getpagesize());
	size = sizeof(text);
	calls(sysctlnametomib("kern.hostname", (int *)text, &(size_t){ 4 }));
	calls(gethostname(text, sizeof(text)));
	double load[3];
	show(getloadavg(load, 3));
}

static void limits(void)
{
	struct rlimit limit;
	struct rusage usage;
	int kinds[] = { RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_NOFILE, RLIMIT_AS };
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		calls(getrlimit(kinds[i], &limit));
	calls(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 40;
	calls(setrlimit(RLIMIT_NOFILE, &limit));
	show(getdtablesize());
	int count = 0;
	while (dup(0) >= 0)
		count++;
	show_text(strerror(errno));
	show(count > 20 && count < 40);
	closefrom(3);
	calls(getrlimit(99, &limit));
	volatile double x = 1;
	for (int i = 0; i < 2000000; i++)
		x = x * 1.0000001;
	calls(getrusage(RUSAGE_SELF, &usage));
	show(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec > 0);
	show(usage.ru_maxrss > 100);
	calls(getrusage(RUSAGE_CHILDREN, &usage));
	calls(getrusage(RUSAGE_THREAD, &usage));
	calls(getrusage(5, &usage));
	errno = 0;
	int before = getpriority(PRIO_PROCESS, 0);
	calls(setpriority(PRIO_PROCESS, 0, before + 5));
	show(getpriority(PRIO_PROCESS, 0) - before);
	pid_t pid = fork();
	if (pid == 0) {
		limit.rlim_cur = limit.rlim_max = 100;
		setrlimit(RLIMIT_FSIZE, &limit);
		FILE *file = fopen("limited", "w");
		signal(SIGXFSZ, SIG_IGN);
		for (int i = 0; i < 1000; i++)
			putc('x', file);
		errno = 0;
		_exit(fclose(file) != 0 && errno == EFBIG ? 6 : 7);
	}
	int status;
	waitpid(pid, &status, 0);
	show(WEXITSTATUS(status));
	unlink("limited");
}

static void identity(void)
{
	gid_t groups[NGROUPS_MAX + 1];
	uid_t r, e, s;
	int count;
	show(getuid() == geteuid());
	calls(getresuid(&r, &e, &s));
	show(r == e && e == s);
	count = getgroups(NGROUPS_MAX + 1, groups);
	/* Up to FreeBSD 14 the effective group is the first of them, then it is none of them by itself. */
	show(count >= (__FreeBSD_version < 1500000));
	show(__FreeBSD_version >= 1500000 || groups[0] == getegid());
	show(getpgrp() == getpgid(0));
	show(getsid(0) > 0);
	show(issetugid());
	show(getppid() > 0);
	calls(setuid(getuid()));
	calls(getlogin_r((char[64]){ 0 }, 64) == 0 || 1);
	pid_t pid = fork();
	if (pid == 0) {
		must(setsid() == getpid());
		must(getpgrp() == getpid() && getsid(0) == getpid());
		must(setsid() == -1 && errno == EPERM);
		_exit(11);
	}
	int status;
	waitpid(pid, &status, 0);
	show(WEXITSTATUS(status));
}

static void dates(void)
{
	struct tm tm = { 0 };
	char text[100];
	time_t when;

	show(strptime("2024-02-29 12:34:56", "%Y-%m-%d %H:%M:%S", &tm) != NULL);
	setenv("TZ", "UTC0", 1);
	tzset();
	when = mktime(&tm);
	show(when);
	show(tm.tm_wday);
	show(tm.tm_yday);
	strftime(text, sizeof(text), "%a %d %b %Y %T %j %U %Z", &tm);
	show_text(text);
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	when = 1719835200;
	localtime_r(&when, &tm);
	strftime(text, sizeof(text), "%F %T %Z %z", &tm);
	show_text(text);
	show(tm.tm_isdst);
	when = 1704110400;
	show_text(asctime(localtime(&when)));
	show_text(tzname[1]);
	tm = (struct tm){ .tm_year = 124, .tm_mon = 12, .tm_mday = 35, .tm_isdst = -1 };
	show(mktime(&tm));
	strftime(text, sizeof(text), "%F", &tm);
	show_text(text);
	gmtime_r(&when, &tm);
	show(timegm(&tm) == when);
	show(strptime("not a date", "%Y", &tm) == NULL);
	show((long)difftime(10, 4));
}

static void randomness(void)
{
	unsigned char one[64], two[64];
	calls(getentropy(one, sizeof(one)));
	calls(getentropy(two, sizeof(two)));
	show(memcmp(one, two, sizeof(one)) != 0);
	show(getentropy(one, 257)); /* Another error since FreeBSD 15. */
	calls(getrandom(one, sizeof(one), GRND_NONBLOCK));
	arc4random_buf(two, sizeof(two));
	show(memcmp(one, two, sizeof(one)) != 0);
	show(arc4random_uniform(10) < 10);
	pid_t pid = fork();
	unsigned before = arc4random();
	if (pid == 0)
		_exit((int)(before & 127));
	(void)before;
	waitpid(pid, NULL, 0);
	srandom(5);
	long first = random();
	srandom(5);
	show(random() == first);
}

static void accounts(void)
{
	struct passwd *user = getpwnam("root"), entry, *found;
	struct group *group;
	char buffer[1000];
	must(user != NULL);
	show(user->pw_uid);
	show_text(user->pw_dir);
	user = getpwuid(0);
	show_text(user->pw_name);
	show(getpwnam("no-such-user") == NULL);
	gives(getpwnam_r("daemon", &entry, buffer, sizeof(buffer), &found));
	show(found == &entry);
	show(entry.pw_uid);
	show_text(entry.pw_shell);
	gives(getpwnam_r("root", &entry, buffer, 4, &found));
	group = getgrnam("wheel");
	must(group != NULL);
	show(group->gr_gid);
	show_text(getgrgid(2)->gr_name);
	int count = 0;
	setpwent();
	while (getpwent() != NULL)
		count++;
	endpwent();
	show(count > 10);
	gid_t groups[20];
	int room = 20;
	calls(getgrouplist("root", 0, groups, &room));
	show(groups[0]);
}

int main(void)
{
	say_at_once();
	printf("-- the machine\n");
	machine();
	printf("-- limits\n");
	limits();
	printf("-- identity\n");
	identity();
	printf("-- dates\n");
	dates();
	printf("-- random numbers\n");
	randomness();
	printf("-- accounts\n");
	accounts();
	return 0;
}
