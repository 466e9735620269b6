/* What waitid tells of a child, and waiting for one that goes on. */
#include "say.h"

static pid_t started(int status)
{
	pid_t child = fork();
	must(child >= 0);
	if (child == 0) {
		while (status < 0)
			pause();
		_exit(status);
	}
	return child;
}

static void told(const char *what, pid_t child, int options)
{
	siginfo_t info;
	memset(&info, 0, sizeof(info));
	errno = 0;
	int result = waitid(P_PID, child, &info, options);
	printf("%s: %d %s", what, result, error_text(errno));
	if (result == 0)
		printf(", %s it, %s, code %s, status %s", info.si_pid == child ? "of" : "not of",
		    info.si_signo == SIGCHLD ? "SIGCHLD" : "no signal",
		    info.si_code == CLD_EXITED ? "exited" : info.si_code == CLD_KILLED ? "killed" :
		    info.si_code == CLD_STOPPED ? "stopped" : info.si_code == CLD_CONTINUED ? "continued" : "other",
		    info.si_code == CLD_EXITED ? (info.si_status == 7 ? "7" : "other") : signal_name(info.si_status));
	printf("\n");
}

int main(void)
{
	int status;
	siginfo_t info;

	say_at_once();
	pid_t child = started(7);
	told("looked at", child, WEXITED | WNOWAIT);
	told("taken", child, WEXITED);
	told("gone", child, WEXITED);
	child = started(-1);
	must(kill(child, SIGSTOP) == 0);
	told("stopped", child, WSTOPPED);
	must(kill(child, SIGCONT) == 0);
	told("continued", child, WCONTINUED);
	must(kill(child, SIGSTOP) == 0);
	must(waitpid(child, &status, WUNTRACED) == child);
	say_status("child", status);
	must(kill(child, SIGCONT) == 0);
	must(waitpid(child, &status, WCONTINUED) == child);
	show(WIFCONTINUED(status) != 0);
	must(kill(child, SIGTERM) == 0);
	told("killed", child, WEXITED);
	calls(waitid(P_ALL, 0, &info, WEXITED));
	calls(waitid(P_ALL, 0, &info, 0));
	return 0;
}
