/* This host's own part: drops of its buffers, its stamps against a tap's, the filter beside a
 * neighbour who floods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "io/clock.h"
#include "tests/netns/exchanging.h"
#include "tests/netns/netns.h"
#include "wire/icmp.h"

static struct events events;

static const char *const targets[2] = { "198.18.1.2", "2001:db8:1::2" };

struct way {
	enum transport_mode mode;
	bool own_header;
};

static const struct way ways[] = {
	{ TRANSPORT_RAW, false },
	{ TRANSPORT_RAW, true },
	{ TRANSPORT_DGRAM, false },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static uint64_t told_drops(void)
{
	uint64_t drops = 0;
	for (size_t i = 0; i < events.count; i++) {
		if (events.list[i].kind == NET_DROPS)
			drops += events.list[i].drops;
	}
	return drops;
}

static size_t replies(void)
{
	size_t n = 0;
	for (size_t i = 0; i < events.count; i++)
		n += events.list[i].kind == NET_REPLY;
	return n;
}

/* All that did not come was dropped here, and this is told to the last one, also without any
 * packet after it that would carry the count. */
static void an_overflow_is_told_exactly(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		for (size_t f = 0; f < 2; f++) {
			struct transport_config config = exchanging_config(ways[way].mode);
			config.own_header = ways[way].own_header;
			config.receive_buffer = 4096;
			/* Stamps of sending would compete for the same buffer. */
			config.no_send_stamps = true;
			struct transport_info info;
			struct net *net = exchanging_open(&config, &info);
			for (uint64_t round = 0; round < 3; round++) {
				struct probe probes[200];
				struct sent sent[200];
				for (size_t i = 0; i < 200; i++)
					probes[i] = exchanging_probe(targets[f], round * 200 + i);
				net->ops->send(net, probes, 200, sent);
				events.count = 0;
				(void)exchanging_wait(net, &events, NET_REPLY, 201, 30);
				assert_true(told_drops() > 0);
				assert_int_equal(replies() + told_drops(), 200);
			}
			net->ops->free(net);
		}
	}
}

static void a_large_buffer_overflows_not(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		struct transport_config config = exchanging_config(ways[way].mode);
		config.own_header = ways[way].own_header;
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		static struct probe probes[1000];
		static struct sent sent[1000];
		for (size_t i = 0; i < 1000; i++)
			probes[i] = exchanging_probe(targets[i % 2], i);
		net->ops->send(net, probes, 1000, sent);
		events.count = 0;
		assert_int_equal(exchanging_wait(net, &events, NET_REPLY, 1000, 3000), 1000);
		assert_int_equal(told_drops(), 0);
		net->ops->free(net);
	}
}

/* --- stamps ---------------------------------------------------------------------------------- */

static int open_tap(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
	assert_true(fd >= 0);
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex("next"),
	};
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	int on = 1;
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)), 0);
	return fd;
}

/* Wall-clock time of the next echo request (out) or reply (in) that passes; -1 where none does. */
static nsec tapped(int fd, bool out)
{
	for (;;) {
		uint8_t packet[2048];
		_Alignas(struct cmsghdr) char control[256];
		struct sockaddr_ll from;
		struct iovec part = { packet, sizeof(packet) };
		struct msghdr msg = {
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);
		if (n < 0)
			return -1;
		if ((from.sll_pkttype == PACKET_OUTGOING) != out)
			continue;
		bool v4 = packet[0] >> 4 == 4;
		uint8_t type = packet[v4 ? 20 : 40];
		if (type != (v4 ? out ? 8 : 0 : out ? 128 : 129))
			continue;
		struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
		if (!cmsg || cmsg->cmsg_type != SCM_TIMESTAMPNS)
			return -1;
		struct timespec t;
		memcpy(&t, CMSG_DATA(cmsg), sizeof(t));
		return t.tv_sec * NSEC_S + t.tv_nsec;
	}
}

/*
 * The tap has the very stamp of what comes in, and one of what goes out from just before the
 * driver has it, where ours is taken. So our RTT is the tap's, or a little less.
 */
static void stamps_are_those_of_the_wire(void **state)
{
	(void)state;
	enum { PROBES = 60 };
	for (size_t way = 0; way < WAYS; way++) {
		struct transport_config config = exchanging_config(ways[way].mode);
		config.own_header = ways[way].own_header;
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		assert_true(info.send_stamps && info.receive_stamps);
		size_t close_by = 0;
		for (size_t i = 0; i < PROBES; i++) {
			int out = open_tap();
			int in = open_tap();
			struct probe probe = exchanging_probe(targets[i % 2], i);
			const struct reply *r = exchanging_ask(net, &events, &probe);
			assert_int_equal(r->flags, 0);
			const struct net_event *stamp = exchanging_find(&events, NET_SENT, i);
			assert_non_null(stamp);
			assert_true(stamp->sent.stamped);
			assert_int_equal(stamp->sent.error, 0);
			/* The stamp comes first, and the reply knows it. */
			assert_true((const void *)stamp < (const void *)r);
			assert_int_equal(r->sent, stamp->sent.time);
			nsec rtt = tapped(in, false) - tapped(out, true);
			assert_true(rtt > 0);
			nsec late = rtt - (r->time - r->sent);
			close_by += late >= 0 && late < 10 * NSEC_US;
			close(out);
			close(in);
		}
		/* A sender that is interrupted between the two is late by more: now and then. */
		assert_true(close_by >= PROBES - 6);
		net->ops->free(net);
	}
}

/* Of a batch each has its own: in order, and apart by what a datagram takes. */
static void a_batch_is_stamped_one_by_one(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		for (size_t f = 0; f < 2; f++) {
			struct transport_config config = exchanging_config(ways[way].mode);
			config.own_header = ways[way].own_header;
			struct transport_info info;
			struct net *net = exchanging_open(&config, &info);
			struct probe probes[100];
			struct sent sent[100];
			for (size_t i = 0; i < 100; i++)
				probes[i] = exchanging_probe(targets[f], i);
			net->ops->send(net, probes, 100, sent);
			events.count = 0;
			assert_int_equal(exchanging_wait(net, &events, NET_REPLY, 100, 2000), 100);
			nsec last = 0;
			for (size_t i = 0; i < 100; i++) {
				const struct net_event *e = exchanging_find(&events, NET_REPLY, i);
				assert_non_null(e);
				assert_true(e->reply.sent > last);
				assert_true(e->reply.sent >= sent[i].time);
				assert_true(e->reply.time >= e->reply.sent);
				last = e->reply.sent;
			}
			net->ops->free(net);
		}
	}
}

/* --- the neighbour --------------------------------------------------------------------------- */

static pid_t flood(const char *target)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (freopen("/dev/null", "w", stdout))
			execlp("ping", "ping", "-q", "-f", "-w", "20", target, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void the_filter_sleeps_beside_a_flood(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		struct transport_config config = exchanging_config(ways[way].mode);
		config.own_header = ways[way].own_header;
		/* Room for what came before the flood began, and for little more: nothing may count
		 * as dropped that was not for us. */
		config.receive_buffer = 65536;
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		assert_true(info.filtered);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(targets[f], f);
			(void)exchanging_ask(net, &events, &probe);
			assert_true(exchanging_is_quiet(net, &events));
			pid_t pid = flood(targets[f]);
			struct pollfd polls[8];
			int fds[8];
			size_t used = net->ops->fds(net, fds, 8);
			for (size_t i = 0; i < used; i++)
				polls[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
			int woken = poll(polls, used, 300);
			/* Ours still come through. */
			probe.token = 10 + f;
			const struct reply *r = exchanging_ask(net, &events, &probe);
			int kind = r->kind;
			kill(pid, SIGINT);
			int status = -1;
			assert_int_equal(waitpid(pid, &status, 0), pid);
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
			assert_int_equal(woken, 0);
			assert_int_equal(kind, REPLY_ECHO);
			assert_int_equal(told_drops(), 0);
		}
		net->ops->free(net);
	}
}

/*
 * Errors about a neighbour's probes are his: the router complains about each of them. An ICMP
 * socket that wants to hear of full queues (IP_RECVERR) is woken by them, but does not tell.
 */
static void errors_for_others_are_not_ours(void **state)
{
	(void)state;
	netns_run("ns router nft 'table inet t { chain f { type filter hook forward priority 0;"
	          " reject; }; }'");
	for (size_t way = 0; way < WAYS; way++) {
		struct transport_config config = exchanging_config(ways[way].mode);
		config.own_header = ways[way].own_header;
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		assert_true(exchanging_is_quiet(net, &events));
		netns_run(
		        "ns client ping -q -c 20 -i 0.002 -W 0.1 198.18.2.2 >/dev/null || true;"
		        "ns client ping -q -c 20 -i 0.002 -W 0.1 2001:db8:2::2 >/dev/null || true");
		int fds[8];
		struct pollfd polls[8];
		size_t used = net->ops->fds(net, fds, 8);
		for (size_t i = 0; i < used; i++)
			polls[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
		bool sender_hears = ways[way].mode == TRANSPORT_RAW && !ways[way].own_header;
		assert_int_equal(poll(polls, used, 0), sender_hears ? 2 : 0);
		events.count = 0;
		(void)exchanging_wait(net, &events, NET_REPLY, 1, 20);
		assert_int_equal(events.count, 0);
		assert_true(exchanging_is_quiet(net, &events));
		net->ops->free(net);
	}
	netns_run("ns router nft flush ruleset");
}

static int inside(void **state)
{
	(void)state;
	netns_switch("client");
	return 0;
}

static int outside(void **state)
{
	(void)state;
	netns_home();
	return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, inside, outside)
	const struct CMUnitTest tests[] = {
		TEST(an_overflow_is_told_exactly),      TEST(a_large_buffer_overflows_not),
		TEST(stamps_are_those_of_the_wire),     TEST(a_batch_is_stamped_one_by_one),
		TEST(the_filter_sleeps_beside_a_flood), TEST(errors_for_others_are_not_ours),
	};
	netns_run("ns_chain client router target");
	exchanging_permit("client");
	return cmocka_run_group_tests_name("local", tests, NULL, NULL) != 0;
}
