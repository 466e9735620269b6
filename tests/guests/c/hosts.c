/* Names of hosts and services, without a name server. */
#include <sys/types.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include "show.h"

static void look_up(const char *name, const char *service, int family, int flags)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = flags }, *found, *one;
	char host[100], port[20];
	int error = getaddrinfo(name, service, &hints, &found);
	printf("%s %s:", name == NULL ? "-" : name, service == NULL ? "-" : service);
	if (error != 0) {
		printf(" %s\n", gai_strerror(error));
		return;
	}
	for (one = found; one != NULL; one = one->ai_next) {
		getnameinfo(one->ai_addr, one->ai_addrlen, host, sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
		printf(" %s %s", host, port);
	}
	printf("\n");
	freeaddrinfo(found);
}

int main(void)
{
	struct sockaddr_in address = { .sin_len = sizeof(address), .sin_family = AF_INET };
	struct servent *service;
	struct protoent *protocol;
	struct hostent *host;
	struct in6_addr six;
	char text[100];

	say_at_once();
	look_up("localhost", "http", AF_INET, 0);
	look_up("localhost", "22", AF_INET6, 0);
	look_up("127.0.0.1", NULL, AF_UNSPEC, AI_NUMERICHOST);
	look_up("fe80::1", "domain", AF_UNSPEC, AI_NUMERICHOST);
	look_up("not an address", NULL, AF_UNSPEC, AI_NUMERICHOST);
	look_up(NULL, "ftp", AF_INET, AI_PASSIVE);
	look_up(NULL, "no-such-service", AF_INET, 0);
	look_up(NULL, NULL, AF_INET, 0);
	host = gethostbyname("localhost");
	show(host != NULL);
	if (host != NULL) {
		show_text(host->h_name);
		show_text(inet_ntoa(*(struct in_addr *)(void *)host->h_addr_list[0]));
	}
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(80);
	show(getnameinfo((struct sockaddr *)&address, sizeof(address), text, sizeof(text), NULL, 0, 0));
	show_text(text);
	service = getservbyname("smtp", "tcp");
	must(service != NULL);
	show(ntohs((unsigned short)service->s_port));
	service = getservbyport(htons(443), "tcp");
	must(service != NULL);
	show_text(service->s_name);
	protocol = getprotobyname("udp");
	must(protocol != NULL);
	show(protocol->p_proto);
	show(inet_pton(AF_INET6, "2001:db8::5", &six));
	show_text(inet_ntop(AF_INET6, &six, text, sizeof(text)));
	show(inet_addr("1.2.3") == htonl(0x01020003));
	return 0;
}
