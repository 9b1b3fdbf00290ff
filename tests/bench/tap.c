/*
 * tap - writes down each ICMP echo that passes an interface, with the kernel's stamp.
 *
 *	tap INTERFACE FILE
 *
 * FILE gets one line for each: "> TIME ADDRESS ID SEQ LENGTH" for a request, "<" for a reply; TIME
 *in ns of the wall clock, ADDRESS the other end, LENGTH that of the IPv4 datagram. The last line is
 *"drops N". It says "ready" on stdout once it listens and ends on SIGTERM.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 64,
	SNAP = 128,
	BUFFER = 256 << 20, /* bytes of kernel memory: a flood for the pause between two looks */
	PAUSE_NS = 2000000, /* between two looks, so that the tap takes little of the machine */
	ECHO_REPLY = 0,
	ECHO_REQUEST = 8,
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static int listen_to(const char *interface)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	int size = BUFFER;
	int on = 1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	struct sockaddr_ll link = { .sll_family = AF_PACKET };
	link.sll_protocol = htons(ETH_P_ALL); /* outgoing frames are shown to no other protocol */
	link.sll_ifindex = (int)if_nametoindex(interface);
	if (link.sll_ifindex == 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&link, sizeof(link)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int64_t stamp_of(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		struct timespec t;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
	}
	return 0;
}

static unsigned int be16(const uint8_t *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

static void write_down(FILE *out, const uint8_t *ip, size_t length, int64_t time)
{
	size_t header = length > 0 ? (size_t)(ip[0] & 15) * 4 : 0;
	if (length < 20 || ip[0] >> 4 != 4 || ip[9] != IPPROTO_ICMP || length < header + 8)
		return;
	const uint8_t *icmp = ip + header;
	if (icmp[0] != ECHO_REPLY && icmp[0] != ECHO_REQUEST)
		return;
	const uint8_t *peer = icmp[0] == ECHO_REQUEST ? ip + 16 : ip + 12;
	(void)fprintf(out, "%c %" PRId64 " %u.%u.%u.%u %u %u %u\n",
	              icmp[0] == ECHO_REQUEST ? '>' : '<', time, peer[0], peer[1], peer[2], peer[3],
	              be16(icmp + 4), be16(icmp + 6), be16(ip + 2));
}

/* Takes all that is there; false where the interface went away. */
static bool drain(int fd, FILE *out)
{
	static uint8_t data[BATCH][SNAP];
	static _Alignas(struct cmsghdr) uint8_t control[BATCH][64];
	for (;;) {
		struct mmsghdr messages[BATCH];
		struct iovec parts[BATCH];
		memset(messages, 0, sizeof(messages));
		for (size_t i = 0; i < BATCH; i++) {
			parts[i] = (struct iovec){ .iov_base = data[i], .iov_len = SNAP };
			messages[i].msg_hdr.msg_iov = &parts[i];
			messages[i].msg_hdr.msg_iovlen = 1;
			messages[i].msg_hdr.msg_control = control[i];
			messages[i].msg_hdr.msg_controllen = sizeof(control[i]);
		}
		int count = recvmmsg(fd, messages, BATCH, 0, NULL);
		if (count <= 0)
			return count == 0 || errno == EAGAIN || errno == EINTR;
		for (int i = 0; i < count; i++)
			write_down(out, data[i], messages[i].msg_len,
			           stamp_of(&messages[i].msg_hdr));
	}
}

int main(int argc, char **argv)
{
	int fd = argc == 3 ? listen_to(argv[1]) : -1;
	FILE *out = fd >= 0 ? fopen(argv[2], "we") : NULL;
	if (out == NULL) {
		perror("tap");
		return 1;
	}
	struct sigaction action = { .sa_handler = stop };
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	(void)puts("ready");
	(void)fflush(stdout);
	bool up = true;
	while (up && stopped == 0) {
		struct timespec pause = { .tv_nsec = PAUSE_NS };
		(void)nanosleep(&pause, NULL);
		up = drain(fd, out);
	}
	struct tpacket_stats stats = { 0 };
	socklen_t size = sizeof(stats);
	(void)drain(fd, out);
	(void)getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size);
	(void)fprintf(out, "drops %u\n", stats.tp_drops);
	return fclose(out) != 0;
}
