/*
 * blast - sends UDP datagrams at a rate to a port that echoes them, and says what came back when.
 *
 *	blast ADDRESS PORT RATE SECONDS
 *
 * Prints "sent N back N rate N median NS p99 NS max NS": the times from just before a datagram was
 * handed to the kernel to the kernel's stamp of its echo. RATE 0: as fast as it goes.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/stats.h"

enum {
	BATCH = 16,
	SIZE = 56,
	BUFFER = 64 << 20,
};

struct blast {
	int fd;
	uint64_t sent, back;
	struct stats rtt;
	struct histogram histogram;
};

static nsec wall(void)
{
	struct timespec t = { 0 };
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (nsec)t.tv_sec * NSEC_S + t.tv_nsec;
}

static bool connect_to(struct blast *b, const char *address, const char *port)
{
	int size = BUFFER, on = 1;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return false;
	b->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (setsockopt(b->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size))
		(void)setsockopt(b->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	return setsockopt(b->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0 &&
	       connect(b->fd, (struct sockaddr *)&to, sizeof to) == 0;
}

static void send_some(struct blast *b, uint64_t count)
{
	uint8_t data[SIZE] = { 0 };
	for (uint64_t i = 0; i < count && i < BATCH; i++) {
		nsec now = wall();
		memcpy(data, &now, sizeof now);
		if (send(b->fd, data, sizeof data, 0) == (ssize_t)sizeof data)
			b->sent++;
	}
}

static nsec stamp_of(struct msghdr *message)
{
	struct timespec t = { 0 };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&t, CMSG_DATA(c), sizeof t);
	return (nsec)t.tv_sec * NSEC_S + t.tv_nsec;
}

static void receive_all(struct blast *b)
{
	uint8_t data[BATCH][SIZE];
	_Alignas(struct cmsghdr) uint8_t control[BATCH][64];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
	int n = BATCH;
	while (n == BATCH) {
		for (int i = 0; i < BATCH; i++) {
			parts[i] = (struct iovec){ data[i], SIZE };
			messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &parts[i],
				                                     .msg_iovlen = 1,
				                                     .msg_control = control[i],
				                                     .msg_controllen = 64 } };
		}
		n = recvmmsg(b->fd, messages, BATCH, 0, NULL);
		for (int i = 0; i < n; i++) {
			nsec sent;
			memcpy(&sent, data[i], sizeof sent);
			nsec rtt = stamp_of(&messages[i].msg_hdr) - sent;
			b->back++;
			stats_add(&b->rtt, rtt);
			(void)histogram_add(&b->histogram, rtt);
		}
	}
}

static void run(struct blast *b, uint64_t rate, nsec duration)
{
	nsec start = wall(), now = start;
	struct pollfd readable = { .fd = b->fd, .events = POLLIN };
	for (; now < start + duration; now = wall()) {
		uint64_t due = (uint64_t)((double)(now - start) / 1e9 * (double)rate);
		if (!rate)
			send_some(b, BATCH);
		else if (due > b->sent)
			send_some(b, due - b->sent);
		else if (rate < 20000)
			(void)ppoll(&readable, 1, &(struct timespec){ .tv_nsec = 20000 }, NULL);
		receive_all(b);
	}
	while (poll(&readable, 1, 300) > 0)
		receive_all(b);
}

int main(int argc, char **argv)
{
	struct blast b = { 0 };
	if (argc != 5 || !connect_to(&b, argv[1], argv[2]))
		return 2;
	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	stats_init(&b.rtt);
	histogram_init(&b.histogram);
	double seconds = atof(argv[4]);
	run(&b, strtoull(argv[3], NULL, 10), (nsec)(seconds * 1e9));
	printf("sent %" PRIu64 " back %" PRIu64 " rate %.0f median %" PRId64 " p99 %" PRId64
	       " max %" PRId64 "\n",
	       b.sent, b.back, (double)b.sent / seconds, histogram_percentile(&b.histogram, 0.5),
	       histogram_percentile(&b.histogram, 0.99), b.rtt.count ? b.rtt.max : 0);
	histogram_release(&b.histogram);
	return 0;
}
