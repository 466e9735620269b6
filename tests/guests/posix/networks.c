/* Sockets: pairs, names in the file system, datagrams, descriptors and what goes with them, TCP, polling, addresses. */
#include "say.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

static void passes(void)
{
	int ends[2], pipe_ends[2], got = -1;
	char byte = 'd', text[10] = "";
	char room[CMSG_SPACE(sizeof(int))];
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && pipe(pipe_ends) == 0);
	memset(room, 0, sizeof(room));
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(part), &pipe_ends[1], sizeof(int));
	show(sendmsg(ends[0], &message, 0));
	byte = 0;
	memset(room, 0, sizeof(room));
	message.msg_controllen = sizeof(room);
	show(recvmsg(ends[1], &message, 0));
	part = CMSG_FIRSTHDR(&message);
	must(part != NULL);
	show(byte == 'd' && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS);
	memcpy(&got, CMSG_DATA(part), sizeof(int));
	close(pipe_ends[1]);
	must(write(got, "through", 8) == 8);
	show(read(pipe_ends[0], text, sizeof(text)));
	show_text(text);
	shutdown(ends[0], SHUT_WR);
	show(recv(ends[1], text, 1, 0));
	signal(SIGPIPE, SIG_IGN);
	close(ends[0]);
	works(send(ends[1], "x", 1, 0));
	works(send(ends[1], "x", 1, MSG_NOSIGNAL));
	close(ends[1]);
	close(got);
	close(pipe_ends[0]);
}

static void local(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX }, from;
	socklen_t length = sizeof(from);
	char text[20] = "";
	strcpy(name.sun_path, "listener");
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	works(connect(client, (struct sockaddr *)&name, sizeof(name)));
	works(bind(listener, (struct sockaddr *)&name, sizeof(name)));
	works(bind(client, (struct sockaddr *)&name, sizeof(name)));
	works(listen(listener, 5));
	close(client);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	works(connect(client, (struct sockaddr *)&name, sizeof(name)));
	int server = accept(listener, (struct sockaddr *)&from, &length);
	show(server >= 0 && from.sun_family == AF_UNIX);
	must(write(client, "hello", 6) == 6);
	must(read(server, text, sizeof(text)) == 6);
	show_text(text);
	length = sizeof(from);
	must(getpeername(client, (struct sockaddr *)&from, &length) == 0);
	show_text(from.sun_path);
	close(listener);
	close(server);
	close(client);
	unlink("listener");

	int datagrams[2];
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams) == 0);
	must(send(datagrams[0], "longer", 6, 0) == 6 && send(datagrams[0], "b", 1, 0) == 1);
	show(recv(datagrams[1], text, 3, 0));
	show(recv(datagrams[1], text, 3, 0));
	works(recv(datagrams[1], text, 3, MSG_DONTWAIT));
	close(datagrams[0]);
	close(datagrams[1]);
}

static void *echoes(void *listener)
{
	char text[100];
	ssize_t got;
	int one = accept(*(int *)listener, NULL, NULL);
	while ((got = read(one, text, sizeof(text))) > 0)
		must(write(one, text, (size_t)got) == got);
	close(one);
	return NULL;
}

static void inet(int family)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof(name);
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *found;
	char text[100] = "", host[100], port[20];
	pthread_t thread;
	int one = 1, value = -1;

	must(getaddrinfo(family == AF_INET ? "127.0.0.1" : "::1", "0", &hints, &found) == 0);
	int listener = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
	must(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
	if (bind(listener, found->ai_addr, found->ai_addrlen) != 0 || listen(listener, 5) != 0) {
		printf("without %d\n", family == AF_INET ? 4 : 6);
		return;
	}
	freeaddrinfo(found);
	must(getsockname(listener, (struct sockaddr *)&name, &length) == 0);
	must(getnameinfo((struct sockaddr *)&name, length, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV) == 0);
	show_text(host);
	show(atoi(port) > 0);
	must(pthread_create(&thread, NULL, echoes, &listener) == 0);
	int client = socket(name.ss_family, SOCK_STREAM, 0);
	works(connect(client, (struct sockaddr *)&name, length));
	works(connect(client, (struct sockaddr *)&name, length));
	works(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
	length = sizeof(value);
	must(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, &length) == 0);
	show(value != 0 && length == sizeof(int));
	must(getsockopt(client, SOL_SOCKET, SO_TYPE, &value, &length) == 0);
	show(value == SOCK_STREAM);
	must(getsockopt(client, SOL_SOCKET, SO_ERROR, &value, &length) == 0);
	show(value);
	struct iovec parts[2] = { { "one ", 4 }, { "two", 4 } };
	show(writev(client, parts, 2));
	struct pollfd poll_for = { client, POLLIN | POLLOUT, 0 };
	do
		must(poll(&poll_for, 1, 5000) == 1);
	while ((poll_for.revents & POLLIN) == 0);
	show(poll_for.revents == (POLLIN | POLLOUT));
	fd_set set;
	FD_ZERO(&set);
	FD_SET(client, &set);
	struct timeval no_time = { 0, 0 };
	show(select(client + 1, &set, NULL, NULL, &no_time) == 1 && FD_ISSET(client, &set));
	show(recv(client, text, sizeof(text), MSG_PEEK));
	show(recv(client, text, sizeof(text), MSG_WAITALL | MSG_DONTWAIT) == 8);
	show_text(text);
	must(fcntl(client, F_SETFL, fcntl(client, F_GETFL) | O_NONBLOCK) == 0);
	works(read(client, text, 1));
	works(shutdown(client, SHUT_WR));
	must(pthread_join(thread, NULL) == 0);
	poll_for.events = POLLIN;
	must(poll(&poll_for, 1, 5000) == 1);
	show(read(client, text, 1));
	close(client);
	close(listener);
	client = socket(name.ss_family, SOCK_STREAM, 0);
	length = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	works(connect(client, (struct sockaddr *)&name, length));
	close(client);
}

static void names(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_INET }, *found = NULL;
	show(getaddrinfo("127.0.0.1", "80", &hints, &found) == 0 && found->ai_addrlen == sizeof(struct sockaddr_in));
	show(ntohs(((struct sockaddr_in *)(void *)found->ai_addr)->sin_port));
	freeaddrinfo(found);
	hints.ai_flags = AI_NUMERICHOST;
	show(getaddrinfo("not a number", NULL, &hints, &found) == EAI_NONAME);
	show(getaddrinfo("localhost", NULL, &(struct addrinfo){ .ai_family = AF_INET }, &found) == 0);
	show(((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	freeaddrinfo(found);
	struct in6_addr six;
	char text[INET6_ADDRSTRLEN];
	show(inet_pton(AF_INET6, "2001:db8:0:0::1", &six));
	show_text(inet_ntop(AF_INET6, &six, text, sizeof(text)));
}

int main(void)
{
	say_at_once();
	passes();
	local();
	inet(AF_INET);
	inet(AF_INET6);
	names();
	return 0;
}
