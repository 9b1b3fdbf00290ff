/* ICMP errors by routers and targets of the kernel's, for raw sockets and for error queues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include "io/clock.h"
#include "tests/netns/exchanging.h"
#include "tests/netns/netns.h"
#include "wire/icmp.h"

static struct events events;

static const char *const routers[2] = { "198.18.1.2", "2001:db8:1::2" };
static const char *const targets[2] = { "198.18.2.2", "2001:db8:2::2" };
static const char *const nowhere[2] = { "198.18.2.77", "2001:db8:2::77" };

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

static bool is_from(const struct reply *r, const char *text)
{
	struct addr a = exchanging_addr(text);
	return addr_equal(&r->from, &a);
}

/* What all errors have in common. The raw sockets see the quoted header, the error queue does not.
 */
static void check(const struct reply *r, size_t way, size_t family, const char *dst)
{
	struct addr target = exchanging_addr(dst);
	assert_int_equal(r->flags & ~(uint32_t)REPLY_USER_TIME, 0);
	assert_true(is_from(r, routers[family]));
	assert_int_equal(r->ttl, 64);
	assert_true(r->time >= r->sent);
	assert_false(r->quoted.rewritten);
	if (ways[way].mode == TRANSPORT_DGRAM) {
		assert_int_equal(r->quoted.ttl, -1);
		return;
	}
	assert_true(addr_equal(&r->quoted.dst, &target));
	assert_true(r->quoted.ttl >= 0);
}

static void hops_end_at_the_router(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(targets[f], 10 + f);
			probe.ttl = 1;
			const struct reply *r = exchanging_ask(net, &events, &probe);
			check(r, way, f, targets[f]);
			assert_int_equal(r->kind, REPLY_TIME_EXCEEDED);
			assert_int_equal(r->icmp_type,
			                 f == 0 ? ICMP4_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED);
			assert_int_equal(r->icmp_code, 0);
			if (ways[way].mode == TRANSPORT_RAW)
				assert_int_equal(r->quoted.ttl, 1);
		}
		net->ops->free(net);
	}
}

static void a_narrow_link_says_how_narrow(void **state)
{
	(void)state;
	netns_run("ns router ip link set next mtu 1400");
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(targets[f], 20 + f);
			probe.size = 1500;
			probe.df = true;
			/* Twice: what the kernel learned of the path from the first is not obeyed.
			 */
			for (int turn = 0; turn < 2; turn++) {
				probe.token += 2;
				const struct reply *r = exchanging_ask(net, &events, &probe);
				check(r, way, f, targets[f]);
				assert_int_equal(r->kind, REPLY_TOO_BIG);
				assert_int_equal(r->mtu, 1400);
			}
			probe.token += 2;
			probe.size = 1400;
			assert_int_equal(exchanging_ask(net, &events, &probe)->kind, REPLY_ECHO);
		}
		net->ops->free(net);
	}
	netns_run("ns router ip link set next mtu 1500;"
	          "ns client ip route flush cache; ns client ip -6 route flush cache");
}

/* Own headers leave no trace of the path in the host's memory of it (IPv4; in IPv6 the kernel
 * learns from any error about an echo). */
static void own_headers_leave_the_hosts_path_mtu_alone(void **state)
{
	(void)state;
	netns_run("ns router ip link set next mtu 1400");
	struct net *net = open_way(1);
	struct probe probe = exchanging_probe(targets[0], 1);
	probe.size = 1500;
	probe.df = true;
	assert_int_equal(exchanging_ask(net, &events, &probe)->kind, REPLY_TOO_BIG);
	netns_run("! ns client ip route get 198.18.2.2 | grep -q mtu");
	net->ops->free(net);

	/* As the test sees where it is otherwise. */
	net = open_way(0);
	assert_int_equal(exchanging_ask(net, &events, &probe)->kind, REPLY_TOO_BIG);
	netns_run("ns client ip route get 198.18.2.2 | grep -q 'mtu 1400'");
	net->ops->free(net);

	/* And neither do they obey it. */
	net = open_way(1);
	assert_int_equal(exchanging_ask(net, &events, &probe)->kind, REPLY_TOO_BIG);
	net->ops->free(net);
	netns_run("ns router ip link set next mtu 1500; ns client ip route flush cache");
}

static const struct {
	const char *rule; /* of nft */
	size_t family;
	uint8_t type, code;
} rejects[] = {
	{ "ip daddr 198.18.2.2 reject with icmp type net-unreachable", 0, 3, 0 },
	{ "ip daddr 198.18.2.2 reject with icmp type host-unreachable", 0, 3, 1 },
	{ "ip daddr 198.18.2.2 reject with icmp type prot-unreachable", 0, 3, 2 },
	{ "ip daddr 198.18.2.2 reject with icmp type port-unreachable", 0, 3, 3 },
	{ "ip daddr 198.18.2.2 reject with icmp type net-prohibited", 0, 3, 9 },
	{ "ip daddr 198.18.2.2 reject with icmp type host-prohibited", 0, 3, 10 },
	{ "ip daddr 198.18.2.2 reject with icmp type admin-prohibited", 0, 3, 13 },
	{ "ip6 daddr 2001:db8:2::2 reject with icmpv6 type no-route", 1, 1, 0 },
	{ "ip6 daddr 2001:db8:2::2 reject with icmpv6 type admin-prohibited", 1, 1, 1 },
	{ "ip6 daddr 2001:db8:2::2 reject with icmpv6 type addr-unreachable", 1, 1, 3 },
	{ "ip6 daddr 2001:db8:2::2 reject with icmpv6 type port-unreachable", 1, 1, 4 },
	{ "ip6 daddr 2001:db8:2::2 reject with icmpv6 type policy-fail", 1, 1, 5 },
	{ "ip6 daddr 2001:db8:2::2 reject with icmpv6 type reject-route", 1, 1, 6 },
};

static void every_code_of_unreachable_comes_through(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rejects) / sizeof(rejects[0]); i++) {
		char script[256];
		(void)snprintf(
		        script, sizeof(script),
		        "ns router nft 'flush ruleset; table inet t { chain f { type filter hook"
		        " forward priority 0; %s; }; }'",
		        rejects[i].rule);
		netns_run(script);
		for (size_t way = 0; way < WAYS; way++) {
			struct net *net = open_way(way);
			struct probe probe = exchanging_probe(targets[rejects[i].family], 30);
			/* Several, so that an error left on the socket meets the next send. */
			for (int turn = 0; turn < 3; turn++) {
				probe.token++;
				const struct reply *r = exchanging_ask(net, &events, &probe);
				check(r, way, rejects[i].family, targets[rejects[i].family]);
				assert_int_equal(r->kind, REPLY_UNREACHABLE);
				assert_int_equal(r->icmp_type, rejects[i].type);
				assert_int_equal(r->icmp_code, rejects[i].code);
			}
			net->ops->free(net);
		}
	}
	netns_run("ns router nft flush ruleset");
}

/* With a batch on its way while the errors of the one before come in: each probe has its answer,
 * and none of them is refused for what happened to another. */
static void an_error_on_the_socket_is_no_refusal(void **state)
{
	(void)state;
	netns_run("ns router nft 'table inet t { chain f { type filter hook forward priority 0;"
	          " ip daddr 198.18.2.2 reject with icmp type host-unreachable;"
	          " ip6 daddr 2001:db8:2::2 reject; }; }'");
	for (size_t way = 0; way < WAYS; way++) {
		for (size_t f = 0; f < 2; f++) {
			struct net *net = open_way(way);
			struct probe probes[300];
			struct sent sent[300];
			for (size_t i = 0; i < 300; i++)
				probes[i] = exchanging_probe(targets[f], i + 1);
			net->ops->send(net, probes, 300, sent);
			for (size_t i = 0; i < 300; i++)
				assert_int_equal(sent[i].error, 0);
			events.count = 0;
			assert_int_equal(exchanging_wait(net, &events, NET_REPLY, 300, 3000), 300);
			for (size_t i = 0; i < 300; i++) {
				const struct net_event *e =
				        exchanging_find(&events, NET_REPLY, i + 1);
				assert_non_null(e);
				assert_int_equal(e->reply.kind, REPLY_UNREACHABLE);
			}
			for (size_t i = 0; i < events.count; i++)
				assert_int_not_equal(events.list[i].kind, NET_ERROR);
			net->ops->free(net);
		}
	}
	netns_run("ns router nft flush ruleset");
}

static void errors_and_replies_of_one_batch_find_their_probes(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		struct probe probes[120];
		struct sent sent[120];
		for (size_t i = 0; i < 120; i++) {
			probes[i] = exchanging_probe(targets[i % 2], i + 1);
			probes[i].ttl = i % 3 == 0 ? 1 : 64;
		}
		net->ops->send(net, probes, 120, sent);
		events.count = 0;
		assert_int_equal(exchanging_wait(net, &events, NET_REPLY, 120, 3000), 120);
		for (size_t i = 0; i < 120; i++) {
			const struct net_event *e = exchanging_find(&events, NET_REPLY, i + 1);
			assert_non_null(e);
			assert_int_equal(e->reply.kind,
			                 i % 3 == 0 ? REPLY_TIME_EXCEEDED : REPLY_ECHO);
		}
		net->ops->free(net);
	}
}

/* Every third reaches its target, the others end at the router. */
static void send_mixed(struct net *net, uint64_t from, uint64_t to)
{
	struct probe probes[60];
	struct sent sent[60];
	for (uint64_t i = from; i < to; i++) {
		probes[i - from] = exchanging_probe(targets[i % 2], i);
		probes[i - from].ttl = i % 3 == 0 ? 64 : 1;
	}
	net->ops->send(net, probes, to - from, sent);
}

static void check_mixed(const struct reply *r, bool header_is_cut)
{
	if (r->token % 3 == 0) {
		assert_int_equal(r->kind, REPLY_ECHO);
		return;
	}
	assert_int_equal(r->kind, REPLY_TIME_EXCEEDED);
	/* The quoted echo is still there to be looked at. */
	struct cursor c = cursor_over(r->payload);
	bool v4 = r->token % 2 == 0;
	cursor_skip(&c, header_is_cut ? 0 : v4 ? 20 : 40);
	assert_int_equal(cursor_u8(&c), v4 ? ICMP4_ECHO : ICMP6_ECHO);
	cursor_skip(&c, 5);
	assert_int_equal(cursor_u16(&c), r->token);
}

/* However few are taken at once: none is lost, none twice, and no room is used that is not there.
 */
static void errors_wait_for_room(void **state)
{
	(void)state;
	const size_t rooms[] = { 1, 2, 3, 7 };
	for (size_t way = 0; way < WAYS; way++) {
		for (size_t k = 0; k < sizeof(rooms) / sizeof(rooms[0]); k++) {
			struct net *net = open_way(way);
			send_mixed(net, 0, 30);
			bool answered[60] = { false };
			size_t count = 0;
			bool second = false;
			nsec end = clock_now() + 2 * NSEC_S;
			while (count < 60 && clock_now() < end) {
				struct net_event list[8] = { [0].kind = NET_DROPS };
				list[rooms[k]] = (struct net_event){ NET_DROPS, .drops = 4711 };
				size_t n = net->ops->receive(net, list, rooms[k]);
				assert_true(n <= rooms[k]);
				assert_int_equal(list[rooms[k]].kind, NET_DROPS);
				assert_int_equal(list[rooms[k]].drops, 4711);
				/* What comes in meanwhile leaves the bytes of those that wait
				 * alone. */
				if (!second)
					send_mixed(net, 30, 60);
				second = true;
				for (size_t i = 0; i < n; i++) {
					if (list[i].kind != NET_REPLY)
						continue;
					const struct reply *r = &list[i].reply;
					assert_false(answered[r->token]);
					check_mixed(r, ways[way].mode == TRANSPORT_DGRAM);
					answered[r->token] = true;
					count++;
				}
			}
			assert_int_equal(count, 60);
			net->ops->free(net);
		}
	}
}

/* Nobody answers for the address: the router says so after its patience with neighbours. */
static void a_missing_neighbour_is_a_host_unreachable(void **state)
{
	(void)state;
	netns_run("ns router sh -c 'echo 1 >/proc/sys/net/ipv4/neigh/next/mcast_solicit;"
	          "echo 100 >/proc/sys/net/ipv4/neigh/next/retrans_time_ms;"
	          "echo 1 >/proc/sys/net/ipv6/neigh/next/mcast_solicit;"
	          "echo 100 >/proc/sys/net/ipv6/neigh/next/retrans_time_ms'");
	for (size_t way = 0; way < WAYS; way++) {
		struct net *net = open_way(way);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(nowhere[f], 40 + f);
			const struct reply *r = exchanging_ask(net, &events, &probe);
			check(r, way, f, nowhere[f]);
			assert_int_equal(r->kind, REPLY_UNREACHABLE);
			assert_int_equal(r->icmp_code, f == 0 ? 1 : 3);
		}
		net->ops->free(net);
	}
}

/* The router knows a better way and says so; the packet arrives all the same. */
static void a_redirect_names_the_better_gateway(void **state)
{
	(void)state;
	netns_run("ns_link client side router side;"
	          "ns_address client side 198.18.9.1/24; ns_address router side 198.18.9.2/24;"
	          "ns client ip route add 198.18.20.0/24 via 198.18.9.2;"
	          "ns router ip route add 198.18.20.0/24 via 198.18.9.77;"
	          "ns router ip neigh add 198.18.9.77 lladdr 02:00:00:00:00:77 dev side;"
	          "ns router sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/send_redirects;"
	          "echo 1 >/proc/sys/net/ipv4/conf/side/send_redirects'");
	for (size_t way = 0; way < WAYS; way++) {
		netns_run("ns client ip route flush cache");
		struct net *net = open_way(way);
		struct probe probe = exchanging_probe("198.18.20.1", 50 + way);
		const struct reply *r = exchanging_ask(net, &events, &probe);
		assert_int_equal(r->kind, REPLY_REDIRECT);
		struct addr better = exchanging_addr("198.18.9.77");
		assert_true(addr_equal(&r->gateway, &better));
		assert_true(is_from(r, "198.18.9.2"));
		net->ops->free(net);
		netns_run("sleep 0.2"); /* the kernel repeats itself after 40 ms, then 80 */
	}
}

static void udp_probes_with_own_headers_meet_closed_ports(void **state)
{
	(void)state;
	struct net *net = open_way(1);
	for (size_t f = 0; f < 2; f++) {
		struct probe probe = exchanging_probe(targets[f], 60 + f);
		probe.kind = PROBE_UDP;
		probe.port = 33434;
		probe.size = 100;
		const struct reply *r = exchanging_ask(net, &events, &probe);
		assert_int_equal(r->kind, REPLY_UNREACHABLE);
		assert_int_equal(r->icmp_code, f == 0 ? ICMP4_CODE_PORT : ICMP6_CODE_PORT);
		assert_true(is_from(r, targets[f]));
		assert_false(r->quoted.rewritten);
		probe.kind = PROBE_TCP;
		probe.token += 2;
		probe.ttl = 1;
		assert_int_equal(exchanging_ask(net, &events, &probe)->kind, REPLY_TIME_EXCEEDED);
	}
	net->ops->free(net);
}

/* Once all has been received the descriptors are quiet, or the caller's loop would never sleep. */
static void nothing_stays_on_the_sockets(void **state)
{
	(void)state;
	for (size_t way = 0; way < WAYS; way++) {
		for (int user_time = 0; user_time < 2; user_time++) {
			struct transport_config config = exchanging_config(ways[way].mode);
			config.own_header = ways[way].own_header;
			config.user_time = user_time;
			struct transport_info info;
			struct net *net = exchanging_open(&config, &info);
			for (size_t f = 0; f < 2; f++) {
				struct probe probe = exchanging_probe(targets[f], 70 + f);
				probe.ttl = 1;
				(void)exchanging_ask(net, &events, &probe);
			}
			assert_true(exchanging_is_quiet(net, &events));
			net->ops->free(net);
		}
	}
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
		TEST(hops_end_at_the_router),
		TEST(a_narrow_link_says_how_narrow),
		TEST(own_headers_leave_the_hosts_path_mtu_alone),
		TEST(every_code_of_unreachable_comes_through),
		TEST(an_error_on_the_socket_is_no_refusal),
		TEST(errors_and_replies_of_one_batch_find_their_probes),
		TEST(errors_wait_for_room),
		TEST(a_missing_neighbour_is_a_host_unreachable),
		TEST(a_redirect_names_the_better_gateway),
		TEST(nothing_stays_on_the_sockets),
		TEST(udp_probes_with_own_headers_meet_closed_ports),
	};
	netns_run("ns_chain client router target");
	exchanging_permit("client");
	return cmocka_run_group_tests_name("errors", tests, NULL, NULL) != 0;
}
