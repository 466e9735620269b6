/* Sockets: streams, datagrams, passed descriptors and credentials, options, waiting by select, poll, ppoll, pselect. */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/select.h>
#include <sys/un.h>
#include <sys/ucred.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_dl.h>
#include <poll.h>
#include <signal.h>
#include <sys/uio.h>

#include "show.h"

static int local(const char *name, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, name);
	return (int)SUN_LEN(address);
}

static void streams(void)
{
	struct sockaddr_in address = { .sin_len = sizeof(address), .sin_family = AF_INET }, peer;
	socklen_t length = sizeof(address);
	char text[64] = "";
	int listener, client, server, value;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must((listener = socket(PF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0);
	show(fcntl(listener, F_GETFD));
	calls(bind(listener, (struct sockaddr *)&address, sizeof(address)));
	calls(listen(listener, 5));
	must(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
	show(length);
	show(address.sin_len);
	show(address.sin_family);
	must((client = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	calls(connect(client, (struct sockaddr *)&address, sizeof(address)));
	length = sizeof(peer);
	must((server = accept4(listener, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK)) >= 0);
	show_text(inet_ntoa(peer.sin_addr));
	show((fcntl(server, F_GETFL) & O_NONBLOCK) != 0);
	calls(read(server, text, sizeof(text)));
	calls(send(client, "hello", 5, 0));
	struct pollfd poll_one = { server, POLLIN | POLLOUT, 0 };
	calls(poll(&poll_one, 1, 1000));
	show(poll_one.revents);
	calls(recv(server, text, 2, MSG_PEEK));
	calls(recv(server, text, sizeof(text), MSG_DONTWAIT));
	show_text(text);
	value = 1;
	calls(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value)));
	length = sizeof(value);
	value = 0;
	calls(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, &length));
	show(value != 0);
	calls(getsockopt(client, SOL_SOCKET, SO_TYPE, &value, &length));
	show(value == SOCK_STREAM);
	calls(getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &value, &length));
	show(value != 0);
	calls(shutdown(client, SHUT_WR));
	poll_one.events = POLLIN;
	calls(poll(&poll_one, 1, 1000));
	calls(read(server, text, sizeof(text)));
	close(server);
	close(client);
	close(listener);
	must((client = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	calls(connect(client, (struct sockaddr *)&address, sizeof(address)));
	close(client);
	calls(socket(AF_INET, 77, 0));
	calls(socket(200, SOCK_STREAM, 0));
	calls(connect(0, (struct sockaddr *)&address, sizeof(address)) == -1 && errno == ENOTSOCK);
	signal(SIGPIPE, SIG_IGN);
	int pair[2];
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	close(pair[0]);
	calls(write(pair[1], "x", 1));
	calls(send(pair[1], "x", 1, MSG_NOSIGNAL));
	close(pair[1]);
}

static void datagrams(void)
{
	struct sockaddr_un one, two, from;
	socklen_t length;
	char text[64];
	int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0);

	calls(bind(a, (struct sockaddr *)&one, (socklen_t)local("socket.a", &one)));
	calls(bind(b, (struct sockaddr *)&two, (socklen_t)local("socket.b", &two)));
	calls(bind(socket(AF_UNIX, SOCK_DGRAM, 0), (struct sockaddr *)&two, (socklen_t)local("socket.b", &two)));
	calls(sendto(a, "datagram", 8, 0, (struct sockaddr *)&two, (socklen_t)SUN_LEN(&two)));
	length = sizeof(from);
	memset(text, 0, sizeof(text));
	calls(recvfrom(b, text, sizeof(text), 0, (struct sockaddr *)&from, &length));
	show_text(text);
	show_text(from.sun_path);
	show(from.sun_family);
	calls(connect(a, (struct sockaddr *)&two, (socklen_t)SUN_LEN(&two)));
	calls(send(a, "0123456789", 10, 0));
	struct iovec part = { text, 4 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	calls(recvmsg(b, &message, 0));
	show((message.msg_flags & MSG_TRUNC) != 0);
	calls(sendto(a, "x", 1, 0, (struct sockaddr *)&one, (socklen_t)local("socket.none", &one)));
	close(a);
	close(b);
	unlink("socket.a");
	unlink("socket.b");
}

static void passing(void)
{
	int pair[2], ends[2], value = 1;
	union { struct cmsghdr header; char room[CMSG_SPACE(sizeof(int) * 2)]; } control;
	union { struct cmsghdr header; char room[CMSG_SPACE(SOCKCREDSIZE(CMGROUP_MAX)) + CMSG_SPACE(sizeof(struct cmsgcred))]; } who;
	char byte = 'f';
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
		.msg_controllen = CMSG_SPACE(sizeof(int)) };
	struct cmsghdr *header;
	struct xucred peer;
	socklen_t length = sizeof(peer);
	pid_t pid;
	uid_t uid;
	gid_t gid;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	must(pipe(ends) == 0);
	header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &ends[1], sizeof(int));
	calls(sendmsg(pair[0], &message, 0));
	pid = fork();
	if (pid == 0) {
		int passed;
		close(ends[1]);
		memset(&control, 0, sizeof(control));
		message.msg_controllen = sizeof(control.room);
		must(recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC) == 1);
		header = CMSG_FIRSTHDR(&message);
		must(header != NULL && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int)));
		memcpy(&passed, CMSG_DATA(header), sizeof(int));
		must(fcntl(passed, F_GETFD) == FD_CLOEXEC);
		must(write(passed, "through a passed pipe", 22) == 22);
		_exit(0);
	}
	char text[64];
	calls(read(ends[0], text, sizeof(text)));
	show_text(text);
	must(waitpid(pid, NULL, 0) == pid);

	printf("-- who\n");
	calls(getpeereid(pair[0], &uid, &gid));
	show(uid == geteuid());
	show(gid == getegid());
	calls(getsockopt(pair[0], SOL_LOCAL, LOCAL_PEERCRED, &peer, &length));
	show(peer.cr_version == XUCRED_VERSION);
	show(peer.cr_uid == geteuid());
	show(peer.cr_ngroups > 0);
	show(peer.cr_pid == getpid());
	message.msg_control = who.room;
	message.msg_controllen = CMSG_SPACE(sizeof(struct cmsgcred));
	memset(&who, 0, sizeof(who));
	header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_CREDS;
	header->cmsg_len = CMSG_LEN(sizeof(struct cmsgcred));
	calls(sendmsg(pair[0], &message, 0));
	memset(&who, 0, sizeof(who));
	message.msg_controllen = sizeof(who.room);
	/* The descriptor's message was read by the child. */
	calls(recvmsg(pair[1], &message, 0));
	header = CMSG_FIRSTHDR(&message);
	must(header != NULL);
	show(header->cmsg_type == SCM_CREDS);
	struct cmsgcred *cred = (struct cmsgcred *)(void *)CMSG_DATA(header);
	show(cred->cmcred_pid == getpid());
	show(cred->cmcred_uid == getuid());
	show(cred->cmcred_euid == geteuid());
	show(cred->cmcred_gid == getgid());
	show(cred->cmcred_ngroups > 0);
	calls(setsockopt(pair[1], SOL_LOCAL, LOCAL_CREDS, &value, sizeof(value)));
	calls(write(pair[0], "y", 1));
	message.msg_controllen = sizeof(who.room);
	calls(recvmsg(pair[1], &message, 0));
	header = CMSG_FIRSTHDR(&message);
	must(header != NULL);
	show(header->cmsg_type == SCM_CREDS);
	struct sockcred *sent = (struct sockcred *)(void *)CMSG_DATA(header);
	show(sent->sc_uid == getuid());
	show(sent->sc_euid == geteuid());
}

static void nothing(int signal)
{
	(void)signal;
}

static void waiting(void)
{
	int ends[2];
	fd_set in, out;
	struct timeval time = { 0, 10000 };
	struct timespec precise = { 0, 10000000 };
	struct pollfd polled[2];
	sigset_t open_mask, blocked;

	must(pipe(ends) == 0);
	FD_ZERO(&in);
	FD_SET(ends[0], &in);
	FD_ZERO(&out);
	FD_SET(ends[1], &out);
	calls(select(ends[1] + 1, &in, &out, NULL, &time));
	show(FD_ISSET(ends[0], &in) != 0);
	show(FD_ISSET(ends[1], &out) != 0);
	FD_SET(ends[0], &in);
	calls(select(ends[0] + 1, &in, NULL, NULL, &time));
	must(write(ends[1], "x", 1) == 1);
	FD_SET(ends[0], &in);
	calls(select(ends[0] + 1, &in, NULL, NULL, NULL));
	time.tv_usec = 2000000;
	calls(select(0, NULL, NULL, NULL, &time));
	FD_ZERO(&in);
	FD_SET(500, &in);
	time.tv_usec = 0;
	calls(select(501, &in, NULL, NULL, &time));
	polled[0] = (struct pollfd){ ends[0], POLLIN | POLLRDNORM, 0 };
	polled[1] = (struct pollfd){ 500, POLLIN, 0 };
	calls(poll(polled, 2, 100));
	show(polled[0].revents == (POLLIN | POLLRDNORM));
	show(polled[1].revents == POLLNVAL);
	close(ends[1]);
	calls(poll(polled, 1, 100));
	show((polled[0].revents & POLLHUP) != 0);
	polled[0].fd = -1;
	calls(ppoll(polled, 1, &precise, NULL));

	signal(SIGUSR1, nothing);
	sigemptyset(&open_mask);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	kill(getpid(), SIGUSR1);
	calls(ppoll(polled, 1, NULL, &open_mask));
	kill(getpid(), SIGUSR1);
	calls(pselect(0, NULL, NULL, NULL, NULL, &open_mask));
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
}

static void interfaces(void)
{
	struct ifaddrs *list, *one;
	int loopback = 0, link = 0, four = 0;
	calls(getifaddrs(&list));
	for (one = list; one != NULL; one = one->ifa_next) {
		if ((one->ifa_flags & IFF_LOOPBACK) == 0)
			continue;
		loopback = (one->ifa_flags & IFF_UP) != 0;
		if (one->ifa_addr->sa_family == AF_LINK)
			link = ((struct sockaddr_dl *)(void *)one->ifa_addr)->sdl_index > 0;
		if (one->ifa_addr->sa_family == AF_INET)
			four |= ((struct sockaddr_in *)(void *)one->ifa_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
	}
	show(loopback);
	show(link);
	show(four);
	freeifaddrs(list);
	show(if_nametoindex("lo") > 0 || if_nametoindex("lo0") > 0);
}

int main(void)
{
	say_at_once();
	printf("-- streams\n");
	streams();
	printf("-- datagrams\n");
	datagrams();
	printf("-- passing\n");
	passing();
	printf("-- waiting\n");
	waiting();
	printf("-- interfaces\n");
	interfaces();
	return 0;
}
