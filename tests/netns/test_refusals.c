/* What this host refuses to send: each probe its own errno, and what goes on behind it unharmed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "io/clock.h"
#include "io/privilege.h"
#include "tests/netns/exchanging.h"
#include "tests/netns/netns.h"

static struct events events;

static const char *const targets[2] = { "198.18.1.2", "2001:db8:1::2" };
static const char *const barred[2] = { "198.18.1.3", "2001:db8:1::3" };
static const char *const unrouted[2] = { "203.0.113.1", "2001:db8:ffff::1" };

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

static struct net *open_way(size_t way)
{
	struct transport_config config = exchanging_config(ways[way].mode);
	config.own_header = ways[way].own_header;
	struct transport_info info;
	return exchanging_open(&config, &info);
}

/* Of an IPv6 ping socket the kernel keeps to itself what becomes of a datagram behind routing. */
static int barred_error(size_t way, size_t family)
{
	return ways[way].mode == TRANSPORT_DGRAM && family == 1 ? 0 : EPERM;
}

static void no_route_is_told(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(unrouted[f], 1);
			assert_int_equal(exchanging_send(net, &probe), ENETUNREACH);
			probe = exchanging_probe(targets[f], 2);
			assert_int_equal(exchanging_ask(net, &events, &probe)->kind, REPLY_ECHO);
		}
		net->ops->free(net);
	}
}

static void a_firewall_is_told(void **state)
{
	(void)state;
	netns_run("ns client nft 'table inet t { chain o { type filter hook output priority 0;"
	          " ip daddr 198.18.1.3 drop; ip6 daddr 2001:db8:1::3 drop; }; }'");
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(barred[f], 1);
			assert_int_equal(exchanging_send(net, &probe), barred_error(way, f));
		}
		net->ops->free(net);
	}
}

static void too_long_is_told(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(targets[f], 1);
			probe.size = 1501;
			probe.df = true;
			assert_int_equal(exchanging_send(net, &probe), EMSGSIZE);
			probe.token = 2;
			probe.size = 1500;
			assert_int_equal(exchanging_ask(net, &events, &probe)->kind, REPLY_ECHO);
			if (ways[way].own_header)
				continue;
			/* Without DF, and back again. */
			probe.token = 3;
			probe.size = 1501;
			probe.df = false;
			assert_int_equal(exchanging_ask(net, &events, &probe)->kind, REPLY_ECHO);
			probe.token = 4;
			probe.df = true;
			assert_int_equal(exchanging_send(net, &probe), EMSGSIZE);
		}
		net->ops->free(net);
	}
}

static void path_mtu_modes_are_those_of_the_kernel(void **state)
{
	(void)state;
	const struct {
		enum transport_pmtu mode;
		int refused; /* errno of 1,501 bytes on a link of 1,500 */
	} modes[] = {
		{ TRANSPORT_PMTU_DEFAULT, 0 },      { TRANSPORT_PMTU_WANT, 0 },
		{ TRANSPORT_PMTU_DONT, 0 },         { TRANSPORT_PMTU_DO, EMSGSIZE },
		{ TRANSPORT_PMTU_PROBE, EMSGSIZE },
	};
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		for (size_t way = 0; way < WAYS; way += 2) {
			struct transport_config config = exchanging_config(ways[way].mode);
			config.pmtu = modes[i].mode;
			struct transport_info info;
			struct net *net = exchanging_open(&config, &info);
			for (size_t f = 0; f < 2; f++) {
				struct probe probe = exchanging_probe(targets[f], 1);
				probe.size = 1501;
				assert_int_equal(exchanging_send(net, &probe), modes[i].refused);
			}
			net->ops->free(net);
		}
	}
}

/* In the middle of a batch, and whole batches: the others go, each result is its own, stamps find
 * their probes although the kernel's count went astray. */
/* Of the link, then of what a router on the way has said, which the route is made to say here. */
static void how_much_would_fit_is_told(void **state)
{
	(void)state;
	static const char *const routes[] = {
		"true",
		"ns client sh -c 'ip route replace 198.18.1.2 dev next mtu 1400;"
		" ip -6 route replace 2001:db8:1::2 dev next mtu 1400'",
	};
	for (uint32_t learnt = 0; learnt < 2; learnt++) {
		netns_run(routes[learnt]);
		for (size_t way = 0; way < WAYS; way += 2) {
			struct transport_config config = exchanging_config(ways[way].mode);
			config.pmtu = TRANSPORT_PMTU_DO;
			struct transport_info info;
			struct net *net = exchanging_open(&config, &info);
			for (size_t f = 0; f < 2; f++) {
				struct probe probes[] = { exchanging_probe(targets[f], 1),
					                  exchanging_probe(targets[f], 2) };
				struct sent sent[2];
				probes[0].size = 1400;
				probes[1].size = 1501;
				net->ops->send(net, probes, 2, sent);
				assert_int_equal(sent[0].error, 0);
				assert_int_equal(sent[0].mtu, 0);
				assert_int_equal(sent[1].error, EMSGSIZE);
				assert_int_equal(sent[1].mtu, learnt ? 1400 : 1500);
			}
			net->ops->free(net);
		}
	}
	netns_run("ns client sh -c 'ip route del 198.18.1.2; ip -6 route del 2001:db8:1::2'");
}

static void refusals_in_a_batch_touch_nobody_else(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		for (size_t pattern = 1; pattern <= 4; pattern++) {
			struct net *net = open_way(way);
			struct probe probes[100];
			struct sent sent[100];
			for (size_t turn = 0; turn < 3; turn++) {
				size_t good = 0;
				for (size_t i = 0; i < 100; i++) {
					bool bad = i % 5 < pattern;
					probes[i] = exchanging_probe(
					        (bad ? barred : targets)[i % 2], turn * 100 + i);
					good += !bad;
				}
				net->ops->send(net, probes, 100, sent);
				events.count = 0;
				assert_int_equal(
				        exchanging_wait(net, &events, NET_REPLY, good, 2000), good);
				for (size_t i = 0; i < 100; i++) {
					bool bad = i % 5 < pattern;
					assert_int_equal(sent[i].token, probes[i].token);
					assert_int_equal(sent[i].error,
					                 bad ? barred_error(way, i % 2) : 0);
					const struct net_event *e = exchanging_find(
					        &events, NET_REPLY, probes[i].token);
					assert_int_equal(e != NULL, !bad);
				}
			}
			net->ops->free(net);
		}
	}
}

/* One refused, then one sent that is stamped: by its own stamp, not by one of before or after. */
static void after_a_refusal_stamps_find_their_probes(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		struct probe probe = exchanging_probe(targets[0], 1);
		(void)exchanging_ask(net, &events, &probe);
		for (uint64_t i = 2; i < 60; i += 2) {
			probe = exchanging_probe(barred[i / 2 % 2], i);
			assert_int_equal(exchanging_send(net, &probe),
			                 barred_error(way, i / 2 % 2));
			events.count = 0;
			(void)exchanging_wait(net, &events, NET_REPLY, 1, 0);
			probe = exchanging_probe(targets[i / 2 % 2], i + 1);
			struct sent sent;
			net->ops->send(net, &probe, 1, &sent);
			nsec after = clock_now();
			assert_int_equal(exchanging_wait(net, &events, NET_REPLY, 1, 2000), 1);
			const struct net_event *stamp = exchanging_find(&events, NET_SENT, i + 1);
			assert_non_null(stamp);
			assert_true(stamp->sent.time >= sent.time);
			assert_true(stamp->sent.time <= after);
		}
		net->ops->free(net);
	}
}

static void a_refused_probe_is_forgotten(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		struct probe probe = exchanging_probe(barred[0], 7);
		assert_int_equal(exchanging_send(net, &probe), EPERM);
		/* The same number again, to where it may go: one answer, and no duplicate. */
		probe = exchanging_probe(targets[0], 7);
		const struct reply *r = exchanging_ask(net, &events, &probe);
		assert_int_equal(r->flags & ~(uint32_t)REPLY_USER_TIME, 0);
		net->ops->free(net);
	}
}

/* Nor does it take room from those under way. */
static void refused_probes_take_no_room(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		struct transport_config config = exchanging_config(ways[way].mode);
		config.own_header = ways[way].own_header;
		config.exchange.flight_limit = 4;
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		struct probe probe = exchanging_probe(targets[0], 1);
		assert_int_equal(exchanging_send(net, &probe), 0);
		for (uint64_t i = 0; i < 8; i++) {
			probe = exchanging_probe(barred[0], 2 + i);
			assert_int_equal(exchanging_send(net, &probe), EPERM);
		}
		events.count = 0;
		assert_int_equal(exchanging_wait(net, &events, NET_REPLY, 1, 2000), 1);
		const struct net_event *e = exchanging_find(&events, NET_REPLY, 1);
		assert_non_null(e);
		assert_int_equal(e->reply.flags & ~(uint32_t)REPLY_USER_TIME, 0);
		net->ops->free(net);
	}
}

/* DF changes with each probe of a batch, and each goes as it asked. */
static void df_is_each_probes_own(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way += 2) {
		struct net *net = open_way(way);
		for (size_t f = 0; f < 2; f++) {
			struct probe probes[40];
			struct sent sent[40];
			for (size_t i = 0; i < 40; i++) {
				probes[i] = exchanging_probe(targets[f], i + 1);
				probes[i].size = i % 4 < 2 ? 1501 : 1500;
				probes[i].df = i % 2 == 1;
			}
			net->ops->send(net, probes, 40, sent);
			for (size_t i = 0; i < 40; i++)
				assert_int_equal(sent[i].error, i % 4 == 1 ? EMSGSIZE : 0);
			events.count = 0;
			assert_int_equal(exchanging_wait(net, &events, NET_REPLY, 30, 2000), 30);
		}
		net->ops->free(net);
	}
}

static void sizes_beyond_the_protocol(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		struct probe probe = exchanging_probe(targets[0], 1);
		probe.size = 65536;
		assert_int_equal(exchanging_send(net, &probe), EMSGSIZE);
		probe.size = 27;
		assert_int_equal(exchanging_send(net, &probe), EMSGSIZE);
		probe = exchanging_probe(targets[0], 1);
		probe.kind = PROBE_NODE_INFO;
		assert_int_equal(exchanging_send(net, &probe), EAFNOSUPPORT);
		net->ops->free(net);
	}
}

/* The far end of the link takes less than this one sends: the driver drops, and says so. */
static void a_driver_that_drops_is_told(void **state)
{
	(void)state;
	netns_run("ns target ip link set prev mtu 1300");
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(targets[f], 1);
			probe.size = 1500;
			assert_int_equal(exchanging_send(net, &probe),
			                 barred_error(way, f) ? ENOBUFS : 0);
		}
		net->ops->free(net);
	}
	netns_run("ns target ip link set prev mtu 1500");
}

/* Such a datagram was stamped before it was dropped, and its stamp is nobody's. */
static void after_a_driver_drop_stamps_find_their_probes(void **state)
{
	(void)state;
	netns_run("ns target ip link set prev mtu 1300");
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		struct probe probe = exchanging_probe(targets[0], 1);
		(void)exchanging_ask(net, &events, &probe);
		for (uint64_t i = 10; i < 100; i += 10) {
			probe = exchanging_probe(targets[0], i);
			probe.size = 1500;
			assert_int_equal(exchanging_send(net, &probe), ENOBUFS);
			/* This one goes while the count is astray: without a stamp, maybe. */
			probe = exchanging_probe(targets[0], i + 1);
			(void)exchanging_ask(net, &events, &probe);
			struct probe probes[3];
			struct sent sent[3];
			for (uint64_t k = 0; k < 3; k++)
				probes[k] = exchanging_probe(targets[0], i + 2 + k);
			net->ops->send(net, probes, 3, sent);
			events.count = 0;
			assert_int_equal(exchanging_wait(net, &events, NET_REPLY, 3, 2000), 3);
			for (uint64_t k = 0; k < 3; k++) {
				const struct net_event *stamp =
				        exchanging_find(&events, NET_SENT, i + 2 + k);
				assert_non_null(stamp);
				assert_true(stamp->sent.time >= sent[k].time);
			}
		}
		net->ops->free(net);
	}
	netns_run("ns target ip link set prev mtu 1500");
}

static void an_interface_that_goes_is_an_error_and_no_more(void **state)
{
	(void)state;
	netns_run("ns_link client gone target gone;"
	          "ns_address client gone 198.18.7.1/24 2001:db8:7::1/64;"
	          "ns_address target gone 198.18.7.2/24 2001:db8:7::2/64");
	struct net *nets[WAYS];
	const char *const there[2] = { "198.18.7.2", "2001:db8:7::2" };
	for (size_t way = 0; way < WAYS; way++) {
		struct transport_config config = exchanging_config(ways[way].mode);
		config.own_header = ways[way].own_header;
		memcpy(config.interface, "gone", 5);
		struct transport_info info;
		nets[way] = exchanging_open(&config, &info);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(there[f], 1 + f);
			assert_int_equal(exchanging_ask(nets[way], &events, &probe)->kind,
			                 REPLY_ECHO);
		}
	}
	netns_run("ns client ip link del gone");
	for (size_t way = 0; way < WAYS; way++) {
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(there[f], 3 + f);
			int error = exchanging_send(nets[way], &probe);
			assert_true(error == ENODEV || error == ENETUNREACH || error == ENXIO);
		}
		/* Told once, and then there is nothing to wake up for. */
		events.count = 0;
		(void)exchanging_wait(nets[way], &events, NET_REPLY, 1, 50);
		assert_true(events.count <= 2);
		events.count = 0;
		(void)exchanging_wait(nets[way], &events, NET_REPLY, 1, 50);
		assert_int_equal(events.count, 0);
		nets[way]->ops->free(nets[way]);
	}
}

static void a_link_that_is_down_is_told(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		netns_run("ns client ip link set next down");
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(targets[f], 1);
			assert_int_equal(exchanging_send(net, &probe), ENETUNREACH);
		}
		netns_run("ns client ip link set next up; ns_address client next 2001:db8:1::1/64");
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(targets[f], 2);
			assert_int_equal(exchanging_ask(net, &events, &probe)->kind, REPLY_ECHO);
		}
		net->ops->free(net);
	}
}

static void an_unknown_interface_cannot_be_opened(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		struct transport_config config = exchanging_config(ways[way].mode);
		memcpy(config.interface, "nope", 5);
		struct transport_info info;
		struct net *net = NULL;
		assert_int_equal(transport_open(&config, &net, &info), -ENODEV);
		assert_int_equal(info.error, ENODEV);
		assert_string_equal(info.what, "setsockopt(SO_BINDTODEVICE)");
		config = exchanging_config(ways[way].mode);
		config.source4 = exchanging_addr("198.18.1.99");
		assert_int_equal(transport_open(&config, &net, &info), -EADDRNOTAVAIL);
		assert_string_equal(info.what, "bind");
		assert_null(net);
	}
}

static void the_source_of_a_route(void **state)
{
	(void)state;
	struct addr source;
	struct addr dst = exchanging_addr(targets[0]);
	assert_int_equal(transport_source(&dst, NULL, 0, &source), 0);
	struct addr ours = exchanging_addr("198.18.1.1");
	assert_true(addr_equal(&source, &ours));
	dst = exchanging_addr(targets[1]);
	assert_int_equal(transport_source(&dst, "next", 0, &source), 0);
	ours = exchanging_addr("2001:db8:1::1");
	assert_true(addr_equal(&source, &ours));
	/* No route leads to a group: the interface alone says where it is. */
	dst = exchanging_addr("224.0.0.1");
	assert_int_equal(transport_source(&dst, NULL, 0, &source), -ENETUNREACH);
	assert_int_equal(transport_source(&dst, "next", 0, &source), 0);
	ours = exchanging_addr("198.18.1.1");
	assert_true(addr_equal(&source, &ours));
	dst = exchanging_addr(unrouted[0]);
	assert_int_equal(transport_source(&dst, NULL, 0, &source), -ENETUNREACH);
	assert_int_equal(source.family, 0);
}

/* Runs in a child without capabilities, whose exit status says how it went. */
static int without_capabilities(int (*work)(void))
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(privilege_drop() == 0 ? work() : 100);
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct transport_config poor;

static int open_without_any_permission(void)
{
	struct net *net = NULL;
	struct transport_info info;
	int error = transport_open(&poor, &net, &info);
	bool right = error == -EACCES && info.raw_error == EPERM && info.error == EACCES &&
	             info.mode == TRANSPORT_DGRAM && net == NULL &&
	             strcmp(info.what, "socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)") == 0;
	if (!right)
		return 1;
	poor.mode = TRANSPORT_RAW;
	error = transport_open(&poor, &net, &info);
	right = error == -EPERM && info.raw_error == EPERM && info.mode == TRANSPORT_RAW &&
	        strcmp(info.what, "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)") == 0;
	return right ? 0 : 2;
}

static int open_with_ping_sockets(void)
{
	struct net *net = NULL;
	struct transport_info info;
	if (transport_open(&poor, &net, &info) != 0)
		return 1;
	if (info.mode != TRANSPORT_DGRAM || info.raw_error != EPERM)
		return 2;
	struct probe probe = exchanging_probe(targets[0], 1);
	return exchanging_ask(net, &events, &probe)->kind == REPLY_ECHO ? 0 : 3;
}

static void without_permission_there_is_a_reason(void **state)
{
	(void)state;
	poor = exchanging_config(TRANSPORT_AUTO);
	/* A new namespace lets nobody open ping sockets. */
	netns_run("ns_add strict");
	netns_switch("strict");
	assert_int_equal(without_capabilities(open_without_any_permission), 0);
	netns_switch("client");
	poor.mode = TRANSPORT_AUTO;
	assert_int_equal(without_capabilities(open_with_ping_sockets), 0);
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
		TEST(no_route_is_told),
		TEST(a_firewall_is_told),
		TEST(too_long_is_told),
		TEST(path_mtu_modes_are_those_of_the_kernel),
		TEST(how_much_would_fit_is_told),
		TEST(refusals_in_a_batch_touch_nobody_else),
		TEST(after_a_refusal_stamps_find_their_probes),
		TEST(a_refused_probe_is_forgotten),
		TEST(sizes_beyond_the_protocol),
		TEST(a_driver_that_drops_is_told),
		TEST(after_a_driver_drop_stamps_find_their_probes),
		TEST(refused_probes_take_no_room),
		TEST(df_is_each_probes_own),
		TEST(an_interface_that_goes_is_an_error_and_no_more),
		TEST(a_link_that_is_down_is_told),
		TEST(an_unknown_interface_cannot_be_opened),
		TEST(the_source_of_a_route),
		TEST(without_permission_there_is_a_reason),
	};
	netns_run("ns_chain client target; ns_address target prev 198.18.1.3/24 2001:db8:1::3/64");
	exchanging_permit("client");
	return cmocka_run_group_tests_name("refusals", tests, NULL, NULL) != 0;
}
