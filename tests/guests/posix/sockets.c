/* Sockets of both kinds, local and of the network's loopback; descriptors sent through them; waiting for many. */
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>

#include "say.h"

static void pairs(void)
{
	int ends[2], value;
	char text[64] = "";
	socklen_t size = sizeof(value);

	calls(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	calls(send(ends[0], "stream", 6, 0));
	calls(recv(ends[1], text, sizeof(text), MSG_PEEK));
	calls(recv(ends[1], text, 3, MSG_WAITALL));
	calls(recv(ends[1], text, sizeof(text), MSG_DONTWAIT));
	calls(recv(ends[1], text, sizeof(text), MSG_DONTWAIT));
	calls(getsockopt(ends[0], SOL_SOCKET, SO_TYPE, &value, &size));
	show(value == SOCK_STREAM);
	calls(shutdown(ends[0], SHUT_WR));
	calls(recv(ends[1], text, sizeof(text), 0));
	calls(send(ends[0], "x", 1, MSG_NOSIGNAL));
	calls(send(ends[1], "back", 4, 0));
	close(ends[1]);
	calls(read(ends[0], text, sizeof(text)));
	calls(read(ends[0], text, sizeof(text)));
	close(ends[0]);
	calls(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	calls(send(ends[0], "one", 3, 0));
	calls(send(ends[0], "second", 6, 0));
	calls(recv(ends[1], text, 2, 0));
	calls(recv(ends[1], text, sizeof(text), 0));
	close(ends[0]);
	close(ends[1]);
	calls(socketpair(AF_INET, SOCK_STREAM, 0, ends) == -1);
	calls(socket(AF_UNIX, 99, 0) == -1);
	calls(socket(250, SOCK_STREAM, 0) == -1);
	calls(send(99, "x", 1, 0));
	must((value = open(".", O_RDONLY)) >= 0);
	calls(send(value, "x", 1, 0));
	close(value);
}

static void sent_along(void)
{
	int ends[2], fds[2], got[2] = { -1, -1 };
	char text[16] = "hello", space[CMSG_SPACE(sizeof(fds))];
	struct iovec part = { text, 5 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);
	struct stat one, other;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	must(pipe(fds) == 0);
	memset(space, 0, sizeof(space));
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(control), fds, sizeof(fds));
	calls(sendmsg(ends[0], &message, 0));
	memset(space, 0, sizeof(space));
	memset(text, 0, sizeof(text));
	part.iov_len = sizeof(text);
	message.msg_controllen = sizeof(space);
	calls(recvmsg(ends[1], &message, 0));
	show_text(text);
	control = CMSG_FIRSTHDR(&message);
	must(control != NULL);
	show(control->cmsg_level == SOL_SOCKET);
	show(control->cmsg_type == SCM_RIGHTS);
	show(control->cmsg_len == CMSG_LEN(sizeof(got)));
	memcpy(got, CMSG_DATA(control), sizeof(got));
	must(fstat(got[0], &one) == 0 && fstat(fds[0], &other) == 0);
	show(one.st_ino == other.st_ino);
	calls(write(got[1], "through", 7));
	calls(read(fds[0], text, sizeof(text)));
	show_text(text);
}

static void by_name(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "listens" }, found;
	socklen_t size = sizeof(found);
	int listener, client, served;
	char text[32] = "";

	must((listener = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	must((client = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	calls(connect(client, (struct sockaddr *)&address, sizeof(address)));
	calls(bind(listener, (struct sockaddr *)&address, sizeof(address)));
	calls(connect(client, (struct sockaddr *)&address, sizeof(address)));
	calls(listen(listener, 4));
	close(client);
	must((client = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	calls(connect(client, (struct sockaddr *)&address, sizeof(address)));
	works(served = accept(listener, NULL, NULL));
	memset(&found, 0, sizeof(found));
	calls(getpeername(client, (struct sockaddr *)&found, &size));
	show(found.sun_family == AF_UNIX);
	show_text(found.sun_path);
	calls(write(client, "named", 5));
	calls(read(served, text, sizeof(text)));
	show_text(text);
	calls(bind(listener, (struct sockaddr *)&address, sizeof(address)));
	close(listener);
	must((listener = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	calls(bind(listener, (struct sockaddr *)&address, sizeof(address)));
	calls(unlink("listens"));
	close(listener);
	close(client);
	calls(write(served, "x", 1));
	close(served);
}

static void over_tcp(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, found;
	socklen_t size = sizeof(address), length;
	int listener, client, served, value = 1;
	char text[64] = "";
	struct timeval soon = { 0, 5000 };
	struct linger lingers = { 1, 0 };

	must((listener = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	calls(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &value, sizeof(value)));
	calls(bind(listener, (struct sockaddr *)&address, size));
	calls(getsockname(listener, (struct sockaddr *)&address, &size));
	show(size == sizeof(address));
	show(address.sin_port != 0);
	calls(listen(listener, 5));
	length = sizeof(value);
	calls(getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &value, &length));
	show(value != 0);
	must((client = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	calls(recv(client, text, 1, 0));
	calls(connect(client, (struct sockaddr *)&address, size));
	calls(connect(client, (struct sockaddr *)&address, size));
	size = sizeof(found);
	must((served = accept(listener, (struct sockaddr *)&found, &size)) >= 0);
	show(found.sin_family == AF_INET);
	show(found.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	value = 1;
	calls(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value)));
	value = 0;
	length = sizeof(value);
	calls(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, &length));
	show(value != 0);
	calls(setsockopt(served, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)));
	calls(recv(served, text, sizeof(text), 0));
	struct iovec parts[2] = { { "first ", 6 }, { "second", 6 } };
	calls(writev(client, parts, 2));
	calls(recv(served, text, 12, MSG_WAITALL));
	show_text(text);
	calls(setsockopt(client, SOL_SOCKET, 9999, &value, sizeof(value)));
	calls(setsockopt(client, SOL_SOCKET, SO_LINGER, &lingers, sizeof(lingers)));
	close(client);
	calls(recv(served, text, sizeof(text), 0));
	close(served);
	close(listener);
	must((client = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	calls(connect(client, (struct sockaddr *)&address, sizeof(address)));
	close(client);
	/* Without waiting. */
	must((client = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	calls(fcntl(client, F_SETFL, O_NONBLOCK));
	calls(accept(client, NULL, NULL));
	calls(connect(client, (struct sockaddr *)&address, sizeof(address)) == -1);
	struct pollfd ready = { .fd = client, .events = POLLOUT };
	calls(poll(&ready, 1, 1000));
	length = sizeof(value);
	must(getsockopt(client, SOL_SOCKET, SO_ERROR, &value, &length) == 0);
	close(client);
}

static void over_udp(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in plain = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, from;
	socklen_t size = sizeof(plain);
	int one, other;
	char text[32] = "";

	must((one = socket(AF_INET, SOCK_DGRAM, 0)) >= 0);
	must((other = socket(AF_INET, SOCK_DGRAM, 0)) >= 0);
	calls(bind(one, (struct sockaddr *)&plain, size));
	calls(getsockname(one, (struct sockaddr *)&plain, &size));
	calls(send(other, "x", 1, 0) == -1);
	calls(sendto(other, "datagram", 8, 0, (struct sockaddr *)&plain, size));
	size = sizeof(from);
	calls(recvfrom(one, text, sizeof(text), 0, (struct sockaddr *)&from, &size));
	show_text(text);
	calls(sendto(one, "answer", 6, 0, (struct sockaddr *)&from, size));
	calls(connect(other, (struct sockaddr *)&plain, sizeof(plain)));
	calls(recv(other, text, 3, 0));
	struct iovec part = { text, 4 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	calls(send(other, "too long", 8, 0));
	calls(recvmsg(one, &message, 0));
	show((message.msg_flags & MSG_TRUNC) != 0);
	char numbers[INET6_ADDRSTRLEN];
	show_text(inet_ntop(AF_INET6, &address.sin6_addr, numbers, sizeof(numbers)));
	close(one);
	close(other);
}

static void many(void)
{
	int ends[2], others[2];
	fd_set read_set, write_set;
	struct timeval none = { 0, 0 };
	char byte;

	must(pipe(ends) == 0 && pipe(others) == 0);
	struct pollfd polled[3] = { { ends[0], POLLIN, 0 }, { others[1], POLLOUT, 0 }, { -1, POLLIN, 7 } };
	calls(poll(polled, 3, 0));
	show(polled[0].revents);
	show(polled[1].revents == POLLOUT);
	show(polled[2].revents);
	must(write(ends[1], "x", 1) == 1);
	calls(poll(polled, 1, -1));
	show(polled[0].revents == POLLIN);
	FD_ZERO(&read_set);
	FD_ZERO(&write_set);
	FD_SET(ends[0], &read_set);
	FD_SET(others[0], &read_set);
	FD_SET(others[1], &write_set);
	calls(select(32, &read_set, &write_set, NULL, &none));
	show(FD_ISSET(ends[0], &read_set) != 0);
	show(FD_ISSET(others[0], &read_set) != 0);
	must(read(ends[0], &byte, 1) == 1);
	close(ends[1]);
	calls(poll(polled, 1, -1));
	show((polled[0].revents & POLLHUP) != 0);
	close(ends[0]);
	calls(poll(polled, 1, 0));
	show(polled[0].revents == POLLNVAL);
	FD_ZERO(&read_set);
	FD_SET(ends[0], &read_set);
	calls(select(32, &read_set, NULL, NULL, &none));
	calls(select(-1, NULL, NULL, NULL, &none));
	struct timespec moment = { 0, 1000000 };
	calls(pselect(0, NULL, NULL, NULL, &moment, NULL));
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	pairs();
	sent_along();
	by_name();
	over_tcp();
	over_udp();
	many();
	return 0;
}
