/* What NetBSD's kernel lists: sockets, open files, disks, as sockstat(1), netstat(1) and iostat(8) ask. */
#include <sys/types.h>
#include <sys/param.h>
#include <sys/iostat.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/in_systm.h>
#include <netinet/ip.h>
#include <netinet/ip_var.h>
#include <netinet/tcp.h>
#include <netinet/tcp_fsm.h>
#include <netinet/tcp_timer.h>
#include <netinet/tcp_var.h>
#include <stdint.h>

#include "../posix/say.h"

#define SS_ISCONNECTED 2
#define DTYPE_SOCKET 2
#define DTYPE_PIPE 3

/* The whole of a list, with four numbers behind its name; its length in elements. */
static size_t whole(const char *name, int first, int second, size_t size, void **list)
{
	int mib[CTL_MAXNAME];
	size_t parts = CTL_MAXNAME, length = 0;
	must(sysctlnametomib(name, mib, &parts) == 0);
	mib[parts++] = first;
	mib[parts++] = second;
	mib[parts++] = size;
	mib[parts++] = 0x7fffffff;
	for (;;) {
		must(sysctl(mib, parts, NULL, &length, NULL, 0) == 0);
		*list = malloc(length);
		if (sysctl(mib, parts, *list, &length, NULL, 0) == 0)
			return length / size;
		must(errno == ENOMEM);
		free(*list);
	}
}

static struct kinfo_file *file_of(int fd)
{
	struct kinfo_file *files;
	size_t count = whole("kern.file2", KERN_FILE_BYPID, getpid(), sizeof(*files), (void **)&files);
	for (size_t i = 0; i < count; i++)
		if ((pid_t)files[i].ki_pid == getpid() && files[i].ki_fd == fd)
			return &files[i];
	return NULL;
}

/* The entry of a socket of ours in a list: its file says which. */
static struct kinfo_pcb *listed(const char *name, int fd)
{
	struct kinfo_pcb *sockets;
	struct kinfo_file *file = file_of(fd);
	must(file != NULL && file->ki_ftype == DTYPE_SOCKET);
	size_t count = whole(name, PCB_ALL, 0, sizeof(*sockets), (void **)&sockets);
	for (size_t i = 0; i < count; i++)
		if (sockets[i].ki_sockaddr == file->ki_fdata)
			return &sockets[i];
	return NULL;
}

static struct sockaddr_in bound(int fd)
{
	struct sockaddr_in name;
	socklen_t length = sizeof(name);
	must(getsockname(fd, (struct sockaddr *)&name, &length) == 0);
	return name;
}

static void internet(void)
{
	struct sockaddr_in here = { .sin_len = sizeof(here), .sin_family = AF_INET };
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	must(bind(server, (struct sockaddr *)&here, sizeof(here)) == 0 && listen(server, 5) == 0);
	struct sockaddr_in at = bound(server);
	must(connect(client, (struct sockaddr *)&at, sizeof(at)) == 0);
	int taken = accept(server, NULL, NULL);
	must(write(client, "12345", 5) == 5);

	struct kinfo_pcb *listening = listed("net.inet.tcp.pcblist", server);
	struct kinfo_pcb *connected = listed("net.inet.tcp.pcblist", taken);
	must(listening != NULL && connected != NULL);
	show(listening->ki_family == AF_INET && listening->ki_type == SOCK_STREAM);
	show(listening->ki_protocol);
	show(listening->ki_tstate == TCPS_LISTEN);
	show(memcmp(&listening->ki_src, &at, 8));
	show(connected->ki_tstate == TCPS_ESTABLISHED);
	show((connected->ki_sostate & SS_ISCONNECTED) != 0);
	show(connected->ki_rcvq);
	struct sockaddr_in other = bound(client);
	show(memcmp(&connected->ki_dst, &other, 8));
	show(listed("net.inet.udp.pcblist", server) != NULL);
	show(listed("net.inet6.tcp6.pcblist", server) != NULL);

	int datagrams = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_in6 there = { .sin6_len = sizeof(there), .sin6_family = AF_INET6 };
	if (datagrams >= 0 && bind(datagrams, (struct sockaddr *)&there, sizeof(there)) == 0) {
		struct kinfo_pcb *found = listed("net.inet6.udp6.pcblist", datagrams);
		must(found != NULL && found->ki_type == SOCK_DGRAM && found->ki_src.sa_family == AF_INET6);
	}

	uint64_t counters[TCP_NSTATS];
	size_t length = sizeof(counters);
	show(sysctlbyname("net.inet.tcp.stats", counters, &length, NULL, 0));
	show(length == sizeof(counters));
	show(counters[TCP_STAT_ACCEPTS] != 0);
}

static void local(void)
{
	int pair[2];
	struct sockaddr_un name = { .sun_family = AF_LOCAL, .sun_path = "listed" };
	int server = socket(AF_LOCAL, SOCK_STREAM, 0);
	must(bind(server, (struct sockaddr *)&name, SUN_LEN(&name)) == 0 && listen(server, 5) == 0);
	must(socketpair(AF_LOCAL, SOCK_DGRAM, 0, pair) == 0);
	struct kinfo_pcb *found = listed("net.local.stream.pcblist", server);
	must(found != NULL);
	show_text(((struct sockaddr_un *)&found->ki_src)->sun_path);
	show(found->ki_conn != 0);
	show(found->ki_vnode != 0);
	struct kinfo_pcb *one = listed("net.local.dgram.pcblist", pair[0]), *other = listed("net.local.dgram.pcblist", pair[1]);
	must(one != NULL && other != NULL);
	show(one->ki_conn == other->ki_pcbaddr && other->ki_conn == one->ki_pcbaddr);
	unlink("listed");
}

static void files(void)
{
	int ends[2];
	FILE *file = tmpfile();
	must(file != NULL && fprintf(file, "seven c") == 7 && fflush(file) == 0 && pipe(ends) == 0);
	struct kinfo_file *found = file_of(fileno(file));
	must(found != NULL);
	show(found->ki_vsize);
	show(found->ki_foffset);
	show((found->ki_flag & 3) == 3);
	show(file_of(ends[1])->ki_ftype == DTYPE_PIPE);
	show(file_of(1000) != NULL);
	int mib[] = { CTL_KERN, KERN_FILE2, 3, 0, sizeof(*found), 10 };
	size_t length = 0;
	show(sysctl(mib, 6, NULL, &length, NULL, 0));
	show_text(error_text(errno));
}

static void disks(void)
{
	struct io_sysctl disk[64];
	char names[1024];
	int mib[] = { CTL_HW, HW_IOSTATS, sizeof(disk[0]) };
	size_t length = sizeof(disk), text = sizeof(names);
	must(sysctl(mib, 3, disk, &length, NULL, 0) == 0 && length % sizeof(disk[0]) == 0);
	must(sysctlbyname("hw.iostatnames", names, &text, NULL, 0) == 0);
	for (size_t i = 0; i < length / sizeof(disk[0]); i++)
		must(strstr(names, disk[i].name) != NULL && disk[i].xfer == disk[i].rxfer + disk[i].wxfer);
	show(length == 0 ? names[0] == 0 : names[0] != 0);
}

/* struct kinfo_vmentry, since 8.0. */
struct mapping {
	uint64_t start, end, offset;
	uint32_t type, flags, count, wired, advice, attributes, protection, max_protection, refs, inheritance;
	uint64_t file, size, device, rdev;
	uint32_t kind, mode;
	char path[1024];
};

static void memory(void)
{
	enum { VM_PROC = 16, VM_PROC_MAP = 1 };
	int mib[] = { CTL_VM, VM_PROC, VM_PROC_MAP, getpid(), sizeof(struct mapping) };
	size_t length = 0;
	uint64_t ids[256];
	static int in_data = 7;
	must(sysctl(mib, 5, NULL, &length, NULL, 0) == 0);
	struct mapping *map = malloc(length);
	must(sysctl(mib, 5, map, &length, NULL, 0) == 0);
	for (size_t i = 0; i < length / sizeof(*map); i++) {
		int mine = map[i].start <= (uintptr_t)memory && (uintptr_t)memory < map[i].end;
		if (mine && strstr(map[i].path, "listings") != NULL)
			printf("code: protection %x type %u kind %u\n", map[i].protection, map[i].type, map[i].kind);
		if (map[i].start <= (uintptr_t)&in_data && (uintptr_t)&in_data < map[i].end)
			printf("data: protection %x\n", map[i].protection);
	}
	length = sizeof(ids);
	must(sysctlbyname("kern.cp_id", ids, &length, NULL, 0) == 0);
	show(length == 8 * (size_t)sysconf(_SC_NPROCESSORS_ONLN) && ids[0] == 0);
}

int main(void)
{
	memory();
	internet();
	local();
	files();
	disks();
	return 0;
}
