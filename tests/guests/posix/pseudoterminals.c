/* Pseudo-terminals: pairs, modes, sizes, sessions, control characters. */
#include "say.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#if __has_include(<pty.h>)
#include <pty.h>
#elif __has_include(<libutil.h>)
#include <libutil.h>
#else
#include <util.h>
#endif

static volatile sig_atomic_t heard;

static void hears(int signal)
{
	heard = signal;
}

/* What comes out of the master until `end` has. */
static void reads(int master, const char *end)
{
	char text[2000] = "";
	size_t length = 0;
	while (strstr(text, end) == NULL) {
		ssize_t got = read(master, text + length, sizeof(text) - 1 - length);
		if (got <= 0)
			break;
		length += (size_t)got;
		text[length] = 0;
	}
	for (char *at = text; *at != 0; at++)
		if (*at == '\r')
			*at = '~';
	printf("[%s]\n", text);
}

static void pairs(void)
{
	struct winsize size = { .ws_row = 30, .ws_col = 100 }, found;
	struct termios modes;
	int master, slave;
	char name[200], text[100];

	must(openpty(&master, &slave, name, NULL, &size) == 0);
	show(isatty(master) && isatty(slave));
	show(strncmp(name, "/dev/", 5) == 0 && strcmp(ttyname(slave), name) == 0);
	must(ioctl(slave, TIOCGWINSZ, &found) == 0);
	show(found.ws_row * 1000 + found.ws_col);
	must(tcgetattr(slave, &modes) == 0);
	show((modes.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG));
	/* A line at a time, with its erase character, echoed. */
	modes.c_cc[VERASE] = '#';
	modes.c_lflag |= ECHOE;
	must(tcsetattr(slave, TCSANOW, &modes) == 0);
	must(write(master, "helpo##lo\n", 10) == 10);
	ssize_t got = read(slave, text, sizeof(text));
	printf("%.*s", (int)got, text);
	reads(master, "lo\r\n");
	modes.c_lflag &= ~(tcflag_t)ECHO;
	must(tcsetattr(slave, TCSAFLUSH, &modes) == 0);
	tcflush(slave, TCIOFLUSH);
	must(write(master, "\004", 1) == 1);
	show(read(slave, text, sizeof(text)));
	cfmakeraw(&modes);
	must(tcsetattr(slave, TCSANOW, &modes) == 0);
	must(write(slave, "a\nb", 3) == 3);
	reads(master, "b");
	must(write(master, "\003\004", 2) == 2);
	got = read(slave, text, sizeof(text));
	show(got == 2 && text[0] == 3 && text[1] == 4);
	show(tcgetattr(slave, &modes) == 0 && (modes.c_lflag & ICANON) == 0);
	close(slave);
	close(master);
	works(tcgetattr(0, &modes) == 0 ? 0 : tcgetattr(master, &modes));
}

static void asked(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	must(master >= 0);
	works(grantpt(master));
	works(unlockpt(master));
	const char *name = ptsname(master);
	must(name != NULL);
	int slave = open(name, O_RDWR | O_NOCTTY);
	show(slave >= 0 && isatty(slave));
	must(write(slave, "line\n", 5) == 5);
	reads(master, "\n");
	close(slave);
	close(master);
}

static void sessions(void)
{
	int master, status;
	char line[100];
	pid_t child = forkpty(&master, NULL, NULL, NULL);
	must(child >= 0);
	if (child == 0) {
		struct sigaction action = { .sa_handler = hears };
		sigset_t mask, none;
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGWINCH, &action, NULL);
		/* None is lost between the look and the sleep. */
		sigemptyset(&none);
		sigemptyset(&mask);
		sigaddset(&mask, SIGINT);
		sigaddset(&mask, SIGWINCH);
		sigprocmask(SIG_BLOCK, &mask, NULL);
		say_at_once();
		printf("leads %d, foreground %d\n", getsid(0) == getpid(), tcgetpgrp(0) == getpgrp());
		printf("controls %d\n", open("/dev/tty", O_RDWR) >= 0);
		while (heard != SIGINT)
			sigsuspend(&none);
		printf("interrupted\n");
		while (heard != SIGWINCH)
			sigsuspend(&none);
		printf("resized\n");
		if (fgets(line, sizeof(line), stdin) != NULL)
			printf("line: %s", line);
		if (fgets(line, sizeof(line), stdin) == NULL)
			printf("the end\n");
		_exit(3);
	}
	struct winsize size = { .ws_row = 10, .ws_col = 20 };
	reads(master, "controls 1\r\n");
	must(write(master, "\003", 1) == 1);
	reads(master, "interrupted\r\n");
	must(ioctl(master, TIOCSWINSZ, &size) == 0);
	reads(master, "resized\r\n");
	must(write(master, "typed\n\004", 7) == 7);
	reads(master, "the end\r\n");
	must(waitpid(child, &status, 0) == child);
	show(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	close(master);
}

int main(void)
{
	say_at_once();
	pairs();
	asked();
	sessions();
	return 0;
}
