/* Time zones: by rule, by a file of their own, and what strftime and strptime make of them. */
#include <sys/stat.h>
#include <fcntl.h>
#include <time.h>

#include "show.h"

static const time_t moments[] = { 0, 1000000000, 1711846799, 1711846800, 1729990799, 1729990800, 4102444800 };

static void in_zone(const char *zone)
{
	char text[100];
	setenv("TZ", zone, 1);
	tzset();
	printf("%s: %s %s\n", zone, tzname[0], tzname[1]);
	for (unsigned i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		struct tm local;
		must(localtime_r(&moments[i], &local) != NULL);
		must(strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z %z", &local) > 0);
		/* What there is no zone for is UTC, by another name since FreeBSD 15. */
		if (strstr(text, " -00 "))
			memcpy(strstr(text, " -00 "), " UTC ", 5);
		printf("  %s %d %ld %d\n", text, local.tm_isdst, local.tm_gmtoff, mktime(&local) == moments[i]);
	}
}

static unsigned char *put(unsigned char *at, unsigned value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*at++ = (unsigned char)(value >> shift);
	return at;
}

/* A zone with one change: half past three before the 10^9th second, a quarter to six after it. */
static void write_zone(const char *path)
{
	unsigned char file[200] = "TZif", *at = file + 20;
	unsigned counts[] = { 0, 0, 0, 1, 2, 8 };
	int fd;

	for (int i = 0; i < 6; i++)
		at = put(at, counts[i]);
	at = put(at, 1000000000);
	*at++ = 1;
	at = put(at, 12600);
	*at++ = 0;
	*at++ = 0;
	at = put(at, 20700);
	*at++ = 1;
	*at++ = 4;
	memcpy(at, "OLD\0NEW", 8);
	at += 8;
	must((fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644)) >= 0);
	must(write(fd, file, (size_t)(at - file)) == at - file);
	close(fd);
}

int main(void)
{
	char here[1024], zone[1100], text[100];
	struct tm parts = { 0 };

	say_at_once();
	in_zone("UTC0");
	in_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	in_zone("<+0530>-5:30");
	in_zone("AAA12BBB,J60/0,300/25");
	must(getcwd(here, sizeof(here)) != NULL);
	write_zone("own-zone");
	snprintf(zone, sizeof(zone), ":%s/own-zone", here);
	setenv("TZ", zone, 1);
	tzset();
	for (int i = -1; i <= 0; i++) {
		time_t moment = 1000000000 + i;
		strftime(text, sizeof(text), "%c %Z %z", localtime(&moment));
		show_text(text);
	}
	in_zone("/no/such/zone");

	printf("-- texts\n");
	setenv("TZ", "UTC0", 1);
	tzset();
	must(strptime("2024-02-29 13:14:15", "%Y-%m-%d %H:%M:%S", &parts) != NULL);
	show(timegm(&parts));
	must(strftime(text, sizeof(text), "%A %d %B %Y, %I:%M %p, day %j, week %U %V %G", &parts) > 0);
	show_text(text);
	show_text(asctime(&parts));
	must(strptime("Thu Sep  9 01:46:40 +0200 1999", "%a %b %e %H:%M:%S %z %Y", &parts) != NULL);
	show(timegm(&parts));
	show(strptime("25:00", "%H:%M", &parts) == NULL);
	parts = (struct tm){ .tm_year = 124, .tm_mon = 13, .tm_mday = 35, .tm_hour = -1, .tm_isdst = -1 };
	show(mktime(&parts));
	printf("%d %d %d %d %d\n", parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_hour, parts.tm_wday);
	show(difftime(86400, 1));
	unlink("own-zone");
	return 0;
}
