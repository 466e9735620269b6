/* How the programs here say what they found. They run on several systems and must print the same on all: errors and
 * signals go by their names, whose numbers differ. */
#ifndef SAY_H
#define SAY_H

#include <signal.h>
#include <sys/wait.h>

#include "lines.h"

#define NAMED(name) { name, #name }

static inline const char *error_text(int error)
{
	static const struct { int number; const char *name; } errors[] = {
		NAMED(EPERM), NAMED(ENOENT), NAMED(ESRCH), NAMED(EINTR), NAMED(EIO), NAMED(ENXIO), NAMED(E2BIG),
		NAMED(ENOEXEC), NAMED(EBADF), NAMED(ECHILD), NAMED(EAGAIN), NAMED(ENOMEM), NAMED(EACCES), NAMED(EFAULT),
		NAMED(EBUSY), NAMED(EEXIST), NAMED(EXDEV), NAMED(ENODEV), NAMED(ENOTDIR), NAMED(EISDIR), NAMED(EINVAL),
		NAMED(ENFILE), NAMED(EMFILE), NAMED(ENOTTY), NAMED(EFBIG), NAMED(ENOSPC), NAMED(ESPIPE), NAMED(EROFS),
		NAMED(EMLINK), NAMED(EPIPE), NAMED(EDOM), NAMED(ERANGE), NAMED(EDEADLK), NAMED(ENAMETOOLONG),
		NAMED(ENOLCK), NAMED(ENOSYS), NAMED(ENOTEMPTY), NAMED(ELOOP), NAMED(EIDRM), NAMED(ENOMSG),
		NAMED(EOVERFLOW), NAMED(EILSEQ), NAMED(ENOTSOCK), NAMED(EDESTADDRREQ), NAMED(EMSGSIZE), NAMED(EPROTOTYPE),
		NAMED(ENOPROTOOPT), NAMED(EPROTONOSUPPORT), NAMED(EOPNOTSUPP), NAMED(EAFNOSUPPORT), NAMED(EADDRINUSE),
		NAMED(EADDRNOTAVAIL), NAMED(ECONNABORTED), NAMED(ECONNRESET), NAMED(ENOBUFS), NAMED(EISCONN),
		NAMED(ENOTCONN), NAMED(ETIMEDOUT), NAMED(ECONNREFUSED), NAMED(EALREADY), NAMED(EINPROGRESS),
		NAMED(ECANCELED),
	};
	if (error == 0)
		return "0";
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].number == error)
			return errors[i].name;
	return "another error";
}

static inline const char *signal_name(int number)
{
	static const struct { int number; const char *name; } signals[] = {
		NAMED(SIGHUP), NAMED(SIGINT), NAMED(SIGQUIT), NAMED(SIGILL), NAMED(SIGTRAP), NAMED(SIGABRT), NAMED(SIGFPE),
		NAMED(SIGKILL), NAMED(SIGBUS), NAMED(SIGSEGV), NAMED(SIGSYS), NAMED(SIGPIPE), NAMED(SIGALRM),
		NAMED(SIGTERM), NAMED(SIGURG), NAMED(SIGSTOP), NAMED(SIGTSTP), NAMED(SIGCONT), NAMED(SIGCHLD),
		NAMED(SIGTTIN), NAMED(SIGTTOU), NAMED(SIGIO), NAMED(SIGXCPU), NAMED(SIGXFSZ), NAMED(SIGVTALRM),
		NAMED(SIGPROF), NAMED(SIGWINCH), NAMED(SIGUSR1), NAMED(SIGUSR2),
	};
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signals[i].number == number)
			return signals[i].name;
	return "another signal";
}

static inline void say_status(const char *what, int status)
{
	if (WIFEXITED(status))
		printf("%s: exit %d\n", what, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		printf("%s: %s\n", what, signal_name(WTERMSIG(status)));
	else if (WIFSTOPPED(status))
		printf("%s: stopped by %s\n", what, signal_name(WSTOPSIG(status)));
	else
		printf("%s: goes on\n", what);
}

#endif
