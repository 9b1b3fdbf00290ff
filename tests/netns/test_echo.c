/* Echo with the kernel's own stack, on lo and over one link: both transports, both families, with
 * headers of the kernel's and of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include "io/clock.h"
#include "tests/netns/exchanging.h"
#include "tests/netns/netns.h"
#include "wire/ip4.h"

static struct events events;

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

static struct net *open_way(const struct way *way, struct transport_info *info)
{
	struct transport_config config = exchanging_config(way->mode);
	config.own_header = way->own_header;
	struct net *net = exchanging_open(&config, info);
	assert_int_equal(info->mode, way->mode);
	assert_string_equal(net->ops->name, way->mode == TRANSPORT_RAW ? "raw" : "dgram");
	assert_true(info->send_stamps && info->receive_stamps && info->filtered);
	return net;
}

/* dgram tells no checksums; otherwise all is known of a reply. */
static void check(const struct reply *r, const struct probe *probe, const char *source)
{
	struct addr src = exchanging_addr(source);
	assert_int_equal(r->kind, REPLY_ECHO);
	assert_int_equal(r->flags & ~(uint32_t)REPLY_USER_TIME, 0);
	assert_true(addr_equal(&r->from, &probe->dst));
	assert_true(addr_equal(&r->to, &src));
	assert_int_equal(r->ttl, 64);
	assert_int_equal(r->tos, probe->tos);
	assert_int_equal(r->bytes, probe->size - (probe->dst.family == 4 ? 20 : 40));
	assert_int_equal(r->payload.length, r->bytes - 8);
	assert_true(r->time >= r->sent);
	assert_true(r->time - r->sent < NSEC_S);
	assert_int_equal(r->wrong_at, -1);
}

static void every_way_gets_its_answer_on_lo(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_info info;
		struct net *net = open_way(&ways[i], &info);
		struct probe four = exchanging_probe("127.0.0.1", 1);
		check(exchanging_ask(net, &events, &four), &four, "127.0.0.1");
		struct probe six = exchanging_probe("::1", 2);
		check(exchanging_ask(net, &events, &six), &six, "::1");
		net->ops->free(net);
	}
}

static const char *const ends[2] = { "198.18.1.2", "2001:db8:1::2" };
static const char *const ours[2] = { "198.18.1.1", "2001:db8:1::1" };

static void every_way_gets_its_answer_over_a_link(void **state)
{
	(void)state;
	netns_switch("near");
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_info info;
		struct net *net = open_way(&ways[i], &info);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(ends[f], 10 + f);
			check(exchanging_ask(net, &events, &probe), &probe, ours[f]);
		}
		net->ops->free(net);
	}
	netns_home();
}

/* Also what only IP options and fragments can carry, from the least size to the largest. */
static void sizes_from_none_to_all(void **state)
{
	(void)state;
	netns_switch("near");
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_info info;
		struct net *net = open_way(&ways[i], &info);
		for (size_t f = 0; f < 2; f++) {
			uint32_t header = f == 0 ? 20 : 40;
			const uint32_t sizes[] = { header + 8, header + 9, header + 23, header + 24,
				                   1500 };
			for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
				struct probe probe = exchanging_probe(ends[f], 20 + k);
				probe.size = sizes[k];
				check(exchanging_ask(net, &events, &probe), &probe, ours[f]);
			}
			/* Headers of our own are never fragmented here. */
			struct probe probe = exchanging_probe(ends[f], 30);
			probe.size = f == 0 ? 65535 : 65535 + 40;
			if (ways[i].own_header)
				assert_int_equal(exchanging_send(net, &probe), EMSGSIZE);
			else
				check(exchanging_ask(net, &events, &probe), &probe, ours[f]);
		}
		net->ops->free(net);
	}
	netns_home();
}

static void a_fragmented_reply_tells_its_largest_fragment(void **state)
{
	(void)state;
	netns_switch("near");
	for (size_t i = 0; i < WAYS; i += 2) {
		struct transport_info info;
		struct net *net = open_way(&ways[i], &info);
		struct probe probe = exchanging_probe(ends[0], 1);
		assert_int_equal(exchanging_ask(net, &events, &probe)->fragment_size, 0);
		probe = exchanging_probe(ends[0], 2);
		probe.size = 3000;
		assert_int_equal(exchanging_ask(net, &events, &probe)->fragment_size, 1500);
		probe = exchanging_probe(ends[1], 3);
		probe.size = 3000;
		assert_int_equal(exchanging_ask(net, &events, &probe)->fragment_size, 1496);
		net->ops->free(net);
	}
	netns_home();
}

/* The far end answers with the traffic class it got; its hop limit shows in the near end's tap. */
static void class_and_ttl_follow_the_probe(void **state)
{
	(void)state;
	netns_switch("a");
	const char *const routers[2] = { "198.18.1.2", "2001:db8:1::2" };
	const char *const far[2] = { "198.18.2.2", "2001:db8:2::2" };
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_info info;
		struct net *net = open_way(&ways[i], &info);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(far[f], 40);
			probe.tos = 0x48;
			const struct reply *r = exchanging_ask(net, &events, &probe);
			assert_int_equal(r->tos, 0x48);
			assert_int_equal(r->ttl, 63);
			/* A TTL that differs from the socket's goes along as well. */
			probe.token++;
			probe.ttl = 1;
			r = exchanging_ask(net, &events, &probe);
			assert_int_equal(r->kind, REPLY_TIME_EXCEEDED);
			struct addr router = exchanging_addr(routers[f]);
			assert_true(addr_equal(&r->from, &router));
			/* And the next is the socket's again. */
			probe = exchanging_probe(far[f], 42);
			r = exchanging_ask(net, &events, &probe);
			assert_int_equal(r->kind, REPLY_ECHO);
			assert_int_equal(r->tos, 0);
		}
		net->ops->free(net);
	}
	netns_home();
}

/* The socket's own TTL and class, from the configuration: no control message is needed. */
static void class_and_ttl_of_the_configuration(void **state)
{
	(void)state;
	netns_switch("a");
	const char *const far[2] = { "198.18.2.2", "2001:db8:2::2" };
	for (size_t i = 0; i < WAYS; i += 2) {
		struct transport_config config = exchanging_config(ways[i].mode);
		config.ttl = 1;
		config.tos = 0x20;
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(far[f], 1);
			probe.ttl = 1;
			probe.tos = 0x20;
			assert_int_equal(exchanging_ask(net, &events, &probe)->kind,
			                 REPLY_TIME_EXCEEDED);
			probe.token++;
			probe.ttl = 2;
			const struct reply *r = exchanging_ask(net, &events, &probe);
			assert_int_equal(r->kind, REPLY_ECHO);
			assert_int_equal(r->tos, 0x20);
		}
		net->ops->free(net);
	}
	netns_home();
}

static void record_route_comes_back(void **state)
{
	(void)state;
	netns_switch("a");
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_config config = exchanging_config(ways[i].mode);
		config.own_header = ways[i].own_header;
		/* NOP, record route with nine slots, as ip4_option_build_record_route says. */
		config.exchange.options_length = 40;
		memcpy(config.exchange.options, (uint8_t[4]){ 1, 7, 39, 4 }, 4);
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		struct probe probe = exchanging_probe("198.18.2.2", 1);
		probe.size += 40;
		const struct reply *r = exchanging_ask(net, &events, &probe);
		assert_int_equal(r->flags, 0);
		assert_int_equal(r->options.length, 40);
		/* There and back, and where it arrived: at the end, after the checksum was right.
		 */
		struct cursor c = cursor_over(r->options);
		struct ip4_option option;
		struct ip4_route route;
		do {
			assert_true(ip4_option_next(&c, &option));
		} while (option.type == IP4_OPTION_NOP);
		assert_true(ip4_route_parse(&option, &route));
		const char *const hops[] = { "198.18.2.1", "198.18.2.2", "198.18.2.2", "198.18.1.2",
			                     "198.18.1.1" };
		/* Where the kernel writes the header it writes itself down first. */
		size_t first = route.count - 5U;
		assert_int_equal(first, ways[i].own_header ? 0 : 1);
		for (size_t k = 0; k < 5; k++) {
			struct addr hop = exchanging_addr(hops[k]);
			assert_true(addr_equal(&route.addr[first + k], &hop));
		}
		net->ops->free(net);
	}
	netns_home();
}

static void a_batch_of_both_families_is_answered_in_full(void **state)
{
	(void)state;
	netns_switch("near");
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_info info;
		struct net *net = open_way(&ways[i], &info);
		struct probe probes[150];
		struct sent sent[150];
		for (size_t k = 0; k < 150; k++)
			probes[k] = exchanging_probe(k % 3 == 0 ? ends[1] : ends[0], 1000 + k);
		events.count = 0;
		net->ops->send(net, probes, 150, sent);
		assert_int_equal(exchanging_wait(net, &events, NET_REPLY, 150, 2000), 150);
		for (size_t k = 0; k < 150; k++) {
			assert_int_equal(sent[k].token, 1000 + k);
			assert_int_equal(sent[k].error, 0);
			const struct net_event *e = exchanging_find(&events, NET_REPLY, 1000 + k);
			assert_non_null(e);
			assert_true(e->reply.time >= e->reply.sent);
			assert_true(e->reply.sent >= sent[k].time);
		}
		net->ops->free(net);
	}
	netns_home();
}

/* Whatever the room the caller has: all come, a stamp never after the reply, replies by time. */
static void any_room_for_events_will_do(void **state)
{
	(void)state;
	netns_switch("near");
	const size_t rooms[] = { 1, 2, 3, 7, 64, 200 };
	for (size_t i = 0; i < WAYS; i++) {
		for (size_t k = 0; k < sizeof(rooms) / sizeof(rooms[0]); k++) {
			struct transport_info info;
			struct net *net = open_way(&ways[i], &info);
			struct probe probes[60];
			struct sent sent[60];
			for (size_t n = 0; n < 60; n++)
				probes[n] = exchanging_probe(ends[n % 2], n);
			net->ops->send(net, probes, 60, sent);
			bool replied[60] = { false };
			size_t replies = 0;
			size_t stamps = 0;
			nsec last = 0;
			nsec end = clock_now() + 2 * NSEC_S;
			while (replies < 60 && clock_now() < end) {
				struct net_event list[200];
				size_t got = net->ops->receive(net, list, rooms[k]);
				assert_true(got <= rooms[k]);
				for (size_t n = 0; n < got; n++) {
					if (list[n].kind == NET_SENT) {
						assert_true(list[n].sent.stamped);
						assert_false(replied[list[n].sent.token]);
						stamps++;
						continue;
					}
					assert_int_equal(list[n].kind, NET_REPLY);
					assert_false(replied[list[n].reply.token]);
					replied[list[n].reply.token] = true;
					/* The families are read in turns: in order where all fit.
					 */
					if (rooms[k] == 200)
						assert_true(list[n].reply.time >= last);
					last = list[n].reply.time;
					replies++;
				}
			}
			assert_int_equal(replies, 60);
			/* Stamps give way to replies, but only where they must. */
			if (rooms[k] >= 64)
				assert_true(stamps >= (rooms[k] == 64 ? 30 : 60));
			net->ops->free(net);
		}
	}
	netns_home();
}

/* Each event of a call has bytes of its own, until the next call. */
static void no_two_events_share_their_bytes(void **state)
{
	(void)state;
	netns_switch("near");
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_config config = exchanging_config(ways[i].mode);
		config.own_header = ways[i].own_header;
		config.no_send_stamps = true;
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		struct probe probes[150];
		struct sent sent[150];
		for (size_t n = 0; n < 150; n++)
			probes[n] = exchanging_probe(ends[0], n);
		net->ops->send(net, probes, 150, sent);
		size_t got = net->ops->receive(net, events.list, 150);
		assert_true(got >= 64);
		for (size_t n = 0; n < got; n++) {
			for (size_t m = 0; m < n; m++)
				assert_true(events.list[n].reply.payload.data !=
				            events.list[m].reply.payload.data);
		}
		net->ops->free(net);
	}
	netns_home();
}

/* Ids of flows not seen before pass the filter as well. */
static void flows_widen_the_filter(void **state)
{
	(void)state;
	netns_switch("near");
	for (size_t own = 0; own < 2; own++) {
		struct transport_info info;
		struct net *net = open_way(&ways[own], &info);
		const uint16_t flows[] = { 0, 1, 2, 7, 300, 65535 };
		for (size_t k = 0; k < sizeof(flows) / sizeof(flows[0]); k++) {
			for (size_t f = 0; f < 2; f++) {
				struct probe probe = exchanging_probe(ends[f], 50 + 2 * k + f);
				probe.flow = flows[k];
				check(exchanging_ask(net, &events, &probe), &probe, ours[f]);
			}
		}
		net->ops->free(net);
	}
	netns_home();
}

static void connected_and_bound_sockets_work_too(void **state)
{
	(void)state;
	netns_run("ns_address far prev 198.18.1.3/24 2001:db8:1::3/64");
	netns_switch("near");
	const char *const others[2] = { "198.18.1.3", "2001:db8:1::3" };
	for (size_t i = 0; i < WAYS; i += 2) {
		struct transport_config config = exchanging_config(ways[i].mode);
		config.connect = true;
		config.bind_source = true;
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(ends[f], 1);
			check(exchanging_ask(net, &events, &probe), &probe, ours[f]);
			check(exchanging_ask(net, &events, &probe), &probe, ours[f]);
			/* Nothing else would be heard. */
			probe = exchanging_probe(others[f], 2);
			assert_int_equal(exchanging_send(net, &probe), EISCONN);
			probe = exchanging_probe(ends[f], 3);
			check(exchanging_ask(net, &events, &probe), &probe, ours[f]);
		}
		net->ops->free(net);
	}
	netns_home();
}

static void the_source_of_the_first_probe_stays(void **state)
{
	(void)state;
	netns_run("ns_address near lo 198.18.9.8/32 2001:db8:9::8/128\n"
	          "ns_address far prev 198.18.1.4/24 2001:db8:1::4/64");
	const char *const others[2] = { "198.18.1.4", "2001:db8:1::4" };
	netns_switch("near");
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_config config = exchanging_config(ways[i].mode);
		config.own_header = ways[i].own_header;
		config.bind_source = true;
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		struct probe probe[2] = { exchanging_probe(ends[0], 1),
			                  exchanging_probe(ends[1], 2) };
		for (size_t f = 0; f < 2; f++)
			check(exchanging_ask(net, &events, &probe[f]), &probe[f], ours[f]);
		netns_run("ns near ip route add 198.18.1.2/32 dev next src 198.18.9.8\n"
		          "ns near ip -6 route add 2001:db8:1::2/128 dev next src 2001:db8:9::8");
		for (size_t f = 0; f < 2; f++) {
			probe[f].token += 2;
			check(exchanging_ask(net, &events, &probe[f]), &probe[f], ours[f]);
			/* And others are heard all the same. */
			struct probe other = exchanging_probe(others[f], 5 + f);
			check(exchanging_ask(net, &events, &other), &other, ours[f]);
		}
		net->ops->free(net);
		netns_run("ns near ip route del 198.18.1.2/32\n"
		          "ns near ip -6 route del 2001:db8:1::2/128");
	}
	netns_home();
}

static void the_source_asked_for_is_used(void **state)
{
	(void)state;
	netns_run("ns_address near next 198.18.1.7/24 2001:db8:1::7/64");
	netns_switch("near");
	const char *const sources[2] = { "198.18.1.7", "2001:db8:1::7" };
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_config config = exchanging_config(ways[i].mode);
		config.own_header = ways[i].own_header;
		config.source4 = exchanging_addr(sources[0]);
		config.source6 = exchanging_addr(sources[1]);
		memcpy(config.interface, "next", 5);
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		for (size_t f = 0; f < 2; f++) {
			struct probe probe = exchanging_probe(ends[f], 1);
			check(exchanging_ask(net, &events, &probe), &probe, sources[f]);
		}
		net->ops->free(net);
	}
	netns_home();
	netns_run("ns near ip address del 198.18.1.7/24 dev next;"
	          "ns near ip address del 2001:db8:1::7/64 dev next");
}

static void stamps_can_be_left_out(void **state)
{
	(void)state;
	netns_switch("near");
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_config config = exchanging_config(ways[i].mode);
		config.own_header = ways[i].own_header;
		config.no_send_stamps = true;
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		assert_false(info.send_stamps);
		assert_true(info.receive_stamps);
		struct probe probe = exchanging_probe(ends[0], 1);
		nsec before = clock_now();
		const struct reply *r = exchanging_ask(net, &events, &probe);
		assert_true(r->sent >= before);
		assert_null(exchanging_find(&events, NET_SENT, 1));
		net->ops->free(net);

		config.user_time = true;
		net = exchanging_open(&config, &info);
		assert_false(info.send_stamps || info.receive_stamps);
		r = exchanging_ask(net, &events, &probe);
		assert_true(r->flags & REPLY_USER_TIME);
		assert_true(r->time >= r->sent);
		assert_null(exchanging_find(&events, NET_SENT, 1));
		net->ops->free(net);
	}
	netns_home();
}

/* Sixteen of a kind go by one call: of them the first is timed. */
static void without_stamps_the_first_of_a_burst_is_timed(void **state)
{
	(void)state;
	netns_switch("near");
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_config config = exchanging_config(ways[i].mode);
		config.own_header = ways[i].own_header;
		for (int stamps = 0; stamps < 2; stamps++) {
			config.no_send_stamps = !stamps;
			struct transport_info info;
			struct net *net = exchanging_open(&config, &info);
			struct probe probes[20];
			struct sent sent[20];
			for (size_t n = 0; n < 20; n++)
				probes[n] = exchanging_probe(ends[0], n);
			net->ops->send(net, probes, 20, sent);
			events.count = 0;
			assert_int_equal(exchanging_wait(net, &events, NET_REPLY, 20, 3000), 20);
			for (size_t n = 0; n < 20; n++) {
				const struct net_event *e = exchanging_find(&events, NET_REPLY, n);
				bool timed = stamps || n == 0 || n == 16;
				assert_int_equal(e->reply.flags, timed ? 0 : REPLY_ROUGH);
			}
			net->ops->free(net);
		}
	}
	netns_home();
}

static void flow_labels_are_those_of_the_exchange(void **state)
{
	(void)state;
	/* The far end drops what has another label. */
	netns_run("ns far nft 'table ip6 t { chain in { type filter hook input priority 0;"
	          " ip6 daddr 2001:db8:1::2 icmpv6 type echo-request ip6 flowlabel != 0x12345 "
	          "drop; }; }'");
	netns_switch("near");
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_config config = exchanging_config(ways[i].mode);
		config.own_header = ways[i].own_header;
		config.exchange.flow_label = 0x12345;
		struct transport_info info;
		struct net *net = exchanging_open(&config, &info);
		struct probe probe = exchanging_probe(ends[1], 1);
		check(exchanging_ask(net, &events, &probe), &probe, ours[1]);
		net->ops->free(net);
	}
	netns_home();
	netns_run(
	        "ns far nft 'flush ruleset; table ip6 t { chain in { type filter hook input "
	        "priority 0;"
	        " ip6 daddr 2001:db8:1::2 icmpv6 type echo-request ip6 flowlabel != 0 drop; }; }'");
	netns_switch("near");
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_info info;
		struct net *net = open_way(&ways[i], &info);
		struct probe probe = exchanging_probe(ends[1], 1);
		check(exchanging_ask(net, &events, &probe), &probe, ours[1]);
		net->ops->free(net);
	}
	netns_home();
	netns_run("ns far nft flush ruleset");
}

static void link_local_addresses_have_a_scope(void **state)
{
	(void)state;
	netns_run("ns_address near next fe80::1/64; ns_address far prev fe80::2/64");
	netns_switch("near");
	char target[64];
	(void)snprintf(target, sizeof(target), "fe80::2%%%u", if_nametoindex("next"));
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_info info;
		struct net *net = open_way(&ways[i], &info);
		struct probe probe = exchanging_probe(target, 1);
		const struct reply *r = exchanging_ask(net, &events, &probe);
		assert_int_equal(r->kind, REPLY_ECHO);
		assert_int_equal(r->from.scope, probe.dst.scope);
		assert_int_equal(r->to.scope, probe.dst.scope);
		assert_true(addr_is_link_local(&r->to));
		net->ops->free(net);
	}
	netns_home();
}

static void a_ping_socket_has_one_id_for_both_families(void **state)
{
	(void)state;
	struct transport_config config = exchanging_config(TRANSPORT_DGRAM);
	config.exchange.id_fixed = true;
	config.exchange.id_base = 4711;
	struct transport_info info;
	struct net *net = exchanging_open(&config, &info);
	struct probe probe = exchanging_probe("::1", 1);
	check(exchanging_ask(net, &events, &probe), &probe, "::1");
	/* Which is taken. */
	struct net *second = NULL;
	assert_int_equal(transport_open(&config, &second, &info), -EADDRINUSE);
	assert_string_equal(info.what, "bind");
	assert_int_equal(info.error, EADDRINUSE);
	net->ops->free(net);
}

static void one_family_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		for (size_t f = 0; f < 2; f++) {
			struct transport_config config = exchanging_config(ways[i].mode);
			config.own_header = ways[i].own_header;
			config.ipv4 = f == 0;
			config.ipv6 = f == 1;
			struct transport_info info;
			struct net *net = exchanging_open(&config, &info);
			const char *const lo[2] = { "127.0.0.1", "::1" };
			struct probe probe = exchanging_probe(lo[f], 1);
			check(exchanging_ask(net, &events, &probe), &probe, lo[f]);
			probe = exchanging_probe(lo[1 - f], 2);
			assert_int_equal(exchanging_send(net, &probe), EAFNOSUPPORT);
			int fds[8];
			assert_int_equal(net->ops->fds(net, fds, 8), ways[i].own_header ? 2 : 1);
			net->ops->free(net);
		}
	}
}

static void kinds_that_no_socket_can_send(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_info info;
		struct net *net = open_way(&ways[i], &info);
		struct probe probe = exchanging_probe("127.0.0.1", 1);
		probe.kind = PROBE_UDP;
		probe.port = 9;
		assert_int_equal(exchanging_send(net, &probe),
		                 ways[i].own_header ? 0 : EPROTONOSUPPORT);
		net->ops->free(net);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_gets_its_answer_on_lo),
		cmocka_unit_test(every_way_gets_its_answer_over_a_link),
		cmocka_unit_test(sizes_from_none_to_all),
		cmocka_unit_test(a_fragmented_reply_tells_its_largest_fragment),
		cmocka_unit_test(class_and_ttl_follow_the_probe),
		cmocka_unit_test(class_and_ttl_of_the_configuration),
		cmocka_unit_test(record_route_comes_back),
		cmocka_unit_test(a_batch_of_both_families_is_answered_in_full),
		cmocka_unit_test(any_room_for_events_will_do),
		cmocka_unit_test(no_two_events_share_their_bytes),
		cmocka_unit_test(flows_widen_the_filter),
		cmocka_unit_test(connected_and_bound_sockets_work_too),
		cmocka_unit_test(the_source_of_the_first_probe_stays),
		cmocka_unit_test(the_source_asked_for_is_used),
		cmocka_unit_test(stamps_can_be_left_out),
		cmocka_unit_test(without_stamps_the_first_of_a_burst_is_timed),
		cmocka_unit_test(flow_labels_are_those_of_the_exchange),
		cmocka_unit_test(link_local_addresses_have_a_scope),
		cmocka_unit_test(a_ping_socket_has_one_id_for_both_families),
		cmocka_unit_test(one_family_alone),
		cmocka_unit_test(kinds_that_no_socket_can_send),
	};
	netns_run("ns_chain near far");
	netns_run("ns_chain a b c");
	exchanging_permit(NULL);
	exchanging_permit("near");
	exchanging_permit("a");
	return cmocka_run_group_tests_name("echo", tests, NULL, NULL) != 0;
}
