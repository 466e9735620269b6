/* syslog(3): what arrives at the socket that the system's logger listens on. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <poll.h>
#include <syslog.h>

#include "show.h"

static int listener;

static void heard(void)
{
	char text[500], *rest;
	struct pollfd one = { listener, POLLIN, 0 };
	if (poll(&one, 1, 2000) != 1) {
		printf("nothing\n");
		return;
	}
	long count = recv(listener, text, sizeof(text) - 1, 0);
	must(count > 0);
	text[count] = 0;
	/* The priority, then the time, the machine, the program and its number, which are not of interest. */
	must(strstr(text, "compat-log") != NULL);
	rest = strstr(text, " - - ");
	printf("%.*s ... %s\n", (int)(strchr(text, '>') - text + 1), text, rest == NULL ? text : rest);
}

int main(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	say_at_once();
	/* The socket is made in the system's own place, which is the test's. */
	strcpy(address.sun_path, "/var/run/log");
	must((listener = socket(AF_UNIX, SOCK_DGRAM, 0)) >= 0);
	calls(bind(listener, (struct sockaddr *)&address, (socklen_t)SUN_LEN(&address)));
	openlog("compat-log", LOG_NDELAY, LOG_USER);
	syslog(LOG_INFO, "a message with %d and %s", 42, "text");
	heard();
	errno = ENOENT;
	syslog(LOG_LOCAL3 | LOG_ERR, "an error: %m");
	heard();
	show(setlogmask(LOG_UPTO(LOG_WARNING)) == 0xff);
	syslog(LOG_INFO, "not sent");
	syslog(LOG_WARNING, "sent");
	heard();
	closelog();
	unlink("/var/run/log");
	return 0;
}
