/* A terminal of one's own: its modes, its size, its sessions and what it does to lines and signals. */
#include <sys/ioctl.h>
#include <fcntl.h>
#include <termios.h>

#include "say.h"

static int master, slave;

/* What comes out of the other end, which may be in pieces. */
static void hear(const char *what, ssize_t expected)
{
	char text[200];
	ssize_t got = 0, more;
	while (got < expected && (more = read(master, text + got, sizeof(text) - got)) > 0)
		got += more;
	printf("%s:", what);
	for (ssize_t i = 0; i < got; i++)
		if (text[i] >= ' ' && text[i] < 127)
			printf("%c", text[i]);
		else
			printf("<%02x>", (unsigned char)text[i]);
	printf("\n");
}

static void tell(const char *text)
{
	must(write(master, text, strlen(text)) == (ssize_t)strlen(text));
}

static void opening(void)
{
	must((master = posix_openpt(O_RDWR | O_NOCTTY)) >= 0);
	calls(grantpt(master));
	calls(unlockpt(master));
	must((slave = open(ptsname(master), O_RDWR | O_NOCTTY)) >= 0);
	show(isatty(slave));
	show(isatty(0));
	show(ttyname(slave) != NULL && strcmp(ttyname(slave), ptsname(master)) == 0);
	calls(tcgetpgrp(slave));
}

static void modes(void)
{
	struct termios now;
	char text[64] = "";

	calls(tcgetattr(slave, &now));
	show((now.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG));
	show((now.c_oflag & OPOST) != 0);
	show((now.c_cflag & CSIZE) == CS8);
	show(now.c_cc[VINTR]);
	show(now.c_cc[VEOF]);
	calls(cfsetispeed(&now, B9600));
	calls(cfsetospeed(&now, B9600));
	now.c_cc[VERASE] = '#';
	now.c_oflag |= OPOST | ONLCR;
	now.c_iflag |= ICRNL;
	calls(tcsetattr(slave, TCSANOW, &now));
	must(tcgetattr(slave, &now) == 0);
	show(cfgetospeed(&now) == B9600);
	show(now.c_cc[VERASE]);
	tell("abx#c\r");
	memset(text, 0, sizeof(text));
	calls(read(slave, text, sizeof(text)));
	show_text(text);
	hear("echo", 9);
	tell("end\4");
	calls(read(slave, text, sizeof(text)));
	tell("\4");
	calls(read(slave, text, sizeof(text)));
	hear("echo", 3);
	must(write(slave, "out\n", 4) == 4);
	hear("output", 5);
	now.c_lflag &= ~(ICANON | ECHO);
	now.c_cc[VMIN] = 2;
	now.c_cc[VTIME] = 0;
	calls(tcsetattr(slave, TCSAFLUSH, &now));
	tell("xyz");
	calls(read(slave, text, 2));
	int waits = 0;
	calls(ioctl(slave, FIONREAD, &waits));
	show(waits);
	calls(tcflush(slave, TCIFLUSH));
	calls(ioctl(slave, FIONREAD, &waits));
	show(waits);
	now.c_cc[VMIN] = 0;
	now.c_cc[VTIME] = 1;
	calls(tcsetattr(slave, TCSADRAIN, &now));
	calls(read(slave, text, 2));
	calls(tcdrain(slave) == 0 ? 0 : 0);
	now.c_lflag |= ICANON | ECHO;
	calls(tcsetattr(slave, TCSANOW, &now));
	calls(tcgetattr(99, &now));
	int fd = open(".", O_RDONLY);
	calls(tcgetattr(fd, &now));
	close(fd);
}

static volatile int winches;
static void winched(int number) { (void)number; winches++; }

static void sizes(void)
{
	struct winsize size = { 30, 100, 0, 0 }, found = { 0, 0, 0, 0 };

	calls(ioctl(slave, TIOCSWINSZ, &size));
	calls(ioctl(master, TIOCGWINSZ, &found));
	show(found.ws_row);
	show(found.ws_col);
}

/* In a session whose terminal this is. */
static void session(void)
{
	struct winsize size = { 31, 101, 0, 0 };
	int status, fd;

	setsid();
	calls(ioctl(slave, TIOCSCTTY, 0));
	show(tcgetpgrp(slave) == getpgrp());
	show(tcgetsid(slave) == getsid(0));
	must((fd = open("/dev/tty", O_RDWR)) >= 0);
	show(isatty(fd));
	signal(SIGWINCH, winched);
	calls(ioctl(master, TIOCSWINSZ, &size));
	usleep(5000);
	show(winches);
	pid_t child = fork();
	if (child == 0) {
		setpgid(0, 0);
		signal(SIGTTOU, SIG_IGN);
		tcsetpgrp(fd, getpgrp());
		signal(SIGTTOU, SIG_DFL);
		write(fd, "ready", 5);
		for (;;)
			pause();
	}
	char text[16];
	must(read(master, text, 5) == 5);
	show(tcgetpgrp(fd) == child);
	tell("\3");
	must(waitpid(child, &status, 0) == child);
	say_status("interrupted", status);
	signal(SIGTTOU, SIG_IGN);
	calls(tcsetpgrp(fd, getpgrp()));
	/* Reading in the background. */
	child = fork();
	if (child == 0) {
		setpgid(0, 0);
		signal(SIGTTIN, SIG_DFL);
		read(fd, text, 1);
		_exit(1);
	}
	setpgid(child, child);
	must(waitpid(child, &status, WUNTRACED) == child);
	say_status("background", status);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	calls(ioctl(fd, TIOCNOTTY));
	fflush(stdout);
	_exit(0);
}

int main(void)
{
	int status;

	say_at_once();
	close(0);
	must(open("/dev/null", O_RDONLY) == 0);
	opening();
	modes();
	sizes();
	pid_t child = fork();
	if (child == 0)
		session();
	must(waitpid(child, &status, 0) == child);
	say_status("session", status);
	close(slave);
	return 0;
}
