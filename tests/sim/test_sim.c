/* The walk: hops, times, balancers, faults of links, changes, and the truth that tests are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/sim/simlab.h"
#include "tests/unit/sample.h"

#define PATH                                         \
	"source me 198.18.0.1 2001:db8::1\n"         \
	"router r1 198.18.1.1 2001:db8:1::1\n"       \
	"router r2 198.18.2.1 2001:db8:2::1 %s\n"    \
	"router r3 198.18.3.1 2001:db8:3::1\n"       \
	"host target 198.18.9.9 2001:db8:9::9\n"     \
	"link me r1 delay 1ms back-delay 2ms\n"      \
	"link r1 r2 delay 10ms back-delay 20ms %s\n" \
	"link r2 r3 delay 100ms back-delay 200ms\n"  \
	"link r3 target delay 1s back-delay 2s\n"    \
	"%s\n"

static const char *const target[] = { "198.18.9.9", "2001:db8:9::9" };
static const char *const routers[2][3] = { { "198.18.1.1", "198.18.2.1", "198.18.3.1" },
	                                   { "2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1" } };
/* There and back from the source to hop n. */
static const nsec rtts[] = { 3 * NSEC_MS, 33 * NSEC_MS, 333 * NSEC_MS, 3333 * NSEC_MS };

static void open_path(struct simlab *lab, const char *r2, const char *link, const char *more)
{
	char text[1000];
	(void)snprintf(text, sizeof text, PATH, r2, link, more);
	simlab_open(lab, text);
}

static void check_exceeded(const struct simlab_answer *a)
{
	bool v4 = a->packet.src.family == 4;
	assert_int_equal(a->icmp.type, v4 ? ICMP4_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED);
	assert_int_equal(a->icmp.code, 0);
}

/* --- a clean path ----------------------------------------------------------------------------- */

static void test_each_hop_answers_in_its_time(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "", "");
	for (int f = 0; f < 2; f++) {
		for (uint8_t hop = 1; hop <= 3; hop++) {
			struct simlab_probe p = {
				.dst = target[f], .ttl = hop, .id = 7, .data = 56
			};
			simlab_ask(&lab, &p, &a);
			check_exceeded(&a);
			simlab_check_addr(&a.packet.src, routers[f][hop - 1]);
			assert_int_equal(a.rtt, rtts[hop - 1]);
			/* One router less on the way back for each hop nearer. */
			assert_int_equal(a.packet.ttl, 64 - (hop - 1));
		}
		struct simlab_probe p = { .dst = target[f], .ttl = 4, .id = 7, .data = 56 };
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.icmp.type, f ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY);
		assert_int_equal(a.rtt, rtts[3]);
		assert_int_equal(a.packet.ttl, 61);
	}
	assert_int_equal(sim_counts(lab.sim)->injected, 8);
	assert_int_equal(sim_counts(lab.sim)->delivered, 8);
	simlab_close(&lab);
}

static void test_quotes_show_the_packet_as_it_came(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "", "");
	struct simlab_probe p = { .dst = target[0],
		                  .ttl = 2,
		                  .tos = 0x28,
		                  .df = true,
		                  .id = 7,
		                  .sequence = 9,
		                  .data = 56 };
	simlab_ask(&lab, &p, &a);
	assert_int_equal(a.quoted4.ttl, 1);
	assert_int_equal(a.quoted4.tos, 0x28);
	assert_int_equal(a.quoted4.id, 0x1234);
	assert_true(a.quoted4.df);
	assert_int_equal(a.quoted4.total_length, 84);
	simlab_check_addr(&a.quoted4.src, "198.18.0.1");
	simlab_check_addr(&a.quoted4.dst, target[0]);
	uint8_t sent[84];
	assert_int_equal(simlab_build(&lab, &p, sent, sizeof sent), 84);
	assert_int_equal(a.quoted_upper.length, 64);
	assert_memory_equal(a.quoted_upper.data, sent + 20, 64);
	/* RFC 1812, 4.3.2.5: errors go with precedence. */
	assert_int_equal(a.packet.tos, 0xc0);
	p.dst = target[1];
	simlab_ask(&lab, &p, &a);
	assert_int_equal(a.quoted6.hop_limit, 1);
	assert_int_equal(a.quoted6.tos, 0x28);
	assert_int_equal(a.quoted6.payload_length, 64);
	simlab_close(&lab);
}

static void test_truth(void **state)
{
	struct simlab lab;
	struct sim_truth truth;
	uint8_t bytes[200];
	(void)state;
	open_path(&lab, "", "loss 100%", "");
	for (int f = 0; f < 2; f++) {
		struct simlab_probe p = { .dst = target[f] };
		size_t length = simlab_build(&lab, &p, bytes, sizeof bytes);
		sim_truth(lab.sim, lab.now, (struct span){ bytes, length }, &truth);
		assert_true(truth.reached);
		assert_int_equal(truth.hops, 4);
		for (uint32_t i = 0; i < 4; i++)
			assert_int_equal(truth.nodes[i], i + 1);
		assert_int_equal(truth.out, 1111 * NSEC_MS);
		assert_int_equal(truth.back, 2222 * NSEC_MS);
		p.ttl = 2;
		length = simlab_build(&lab, &p, bytes, sizeof bytes);
		sim_truth(lab.sim, lab.now, (struct span){ bytes, length }, &truth);
		assert_false(truth.reached);
		assert_int_equal(truth.hops, 2);
	}
	assert_int_equal(sim_counts(lab.sim)->injected, 0);
	simlab_close(&lab);
}

/* --- nodes that do not forward as they should ------------------------------------------------- */

/* Identifications count on at each node, and no two nodes begin alike. */
static void test_identifications(void **state)
{
	uint16_t first[3] = { 0 };
	struct simlab lab;
	(void)state;
	open_path(&lab, "", "", "");
	for (uint16_t round = 0; round < 3; round++) {
		for (uint8_t ttl = 1; ttl <= 3; ttl++) {
			struct span bytes;
			nsec arrived;
			struct ip4 ip;
			simlab_send(&lab, &(struct simlab_probe){ .dst = target[0], .ttl = ttl });
			assert_true(simlab_take_raw(&lab, &arrived, &bytes));
			struct cursor c = cursor_over(bytes);
			assert_true(ip4_parse(&c, &ip));
			if (round == 0)
				first[ttl - 1] = ip.id;
			assert_int_equal((uint16_t)(first[ttl - 1] + round), ip.id);
		}
	}
	for (int i = 0; i < 3; i++)
		assert_true((uint16_t)(first[i] - first[(i + 1) % 3]) > 2);
	simlab_close(&lab);
}

static void test_hidden(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "hidden", "", "");
	struct simlab_probe p = { .dst = target[0], .ttl = 2 };
	simlab_ask(&lab, &p, &a);
	simlab_check_addr(&a.packet.src, routers[0][2]);
	assert_int_equal(a.quoted4.ttl, 1);
	assert_int_equal(a.packet.ttl, 63); /* nor is it decremented on the way back */
	simlab_close(&lab);
}

static void test_zero_ttl(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "zero-ttl", "", "");
	struct simlab_probe p = { .dst = target[0], .ttl = 2 };
	simlab_ask(&lab, &p, &a);
	simlab_check_addr(&a.packet.src, routers[0][2]);
	assert_int_equal(a.quoted4.ttl, 0);
	p.ttl = 3;
	simlab_ask(&lab, &p, &a);
	simlab_check_addr(&a.packet.src, routers[0][2]);
	assert_int_equal(a.quoted4.ttl, 1);
	simlab_close(&lab);
}

static void test_loop(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	struct sim_truth truth;
	uint8_t bytes[200];
	(void)state;
	open_path(&lab, "loop", "", "");
	for (uint8_t ttl = 1; ttl <= 8; ttl++) {
		struct simlab_probe p = { .dst = target[0], .ttl = ttl };
		simlab_ask(&lab, &p, &a);
		check_exceeded(&a);
		simlab_check_addr(&a.packet.src, routers[0][(ttl + 1) % 2]);
		/* Each round over the link between costs 10 ms out and 20 ms back. */
		nsec rounds = (ttl - 1) / 2 * 30 * NSEC_MS;
		assert_int_equal(a.rtt, rtts[(ttl + 1) % 2] + rounds);
		size_t length = simlab_build(&lab, &p, bytes, sizeof bytes);
		sim_truth(lab.sim, lab.now, (struct span){ bytes, length }, &truth);
		assert_int_equal(truth.hops, ttl);
		assert_int_equal(truth.nodes[ttl - 1], 1 + (ttl + 1) % 2);
		assert_int_equal(truth.out + truth.back, a.rtt);
	}
	simlab_close(&lab);
}

static void test_fake(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "fake", "", "");
	for (int f = 0; f < 2; f++) {
		struct simlab_probe p = { .dst = target[f], .data = 56 };
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.icmp.type, f ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY);
		simlab_check_addr(&a.packet.src, target[f]);
		assert_int_equal(a.rtt, rtts[1]);
	}
	simlab_close(&lab);
}

static void test_silent(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "silent", "", "");
	simlab_ask_in_vain(&lab, &(struct simlab_probe){ .dst = target[0], .ttl = 2 });
	simlab_ask_in_vain(&lab, &(struct simlab_probe){ .dst = routers[0][1] });
	assert_int_equal(sim_counts(lab.sim)->silent, 2);
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0], .ttl = 3 }, &a);
	simlab_check_addr(&a.packet.src, routers[0][2]);
	simlab_close(&lab);
}

static void test_way_back_is_longer(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "back-hops 5 back-delay 7ms ttl 255", "", "");
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0], .ttl = 2 }, &a);
	assert_int_equal(a.packet.ttl, 255 - 5 - 1);
	assert_int_equal(a.rtt, rtts[1] + 7 * NSEC_MS);
	simlab_close(&lab);
	open_path(&lab, "ttl 2", "", "");
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0], .ttl = 2 }, &a);
	assert_int_equal(a.packet.ttl, 1);
	simlab_close(&lab);
	/* One more and it ends at the first router, which tells whom it came from, and not us. */
	open_path(&lab, "ttl 2 back-hops 1", "", "");
	simlab_ask_in_vain(&lab, &(struct simlab_probe){ .dst = target[0], .ttl = 2 });
	assert_int_equal(sim_counts(lab.sim)->lost_back, 1);
	simlab_close(&lab);
}

static void test_reply_from(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "from 198.18.7.7,2001:db8:7::7", "", "");
	for (int f = 0; f < 2; f++) {
		const char *const from = f ? "2001:db8:7::7" : "198.18.7.7";
		simlab_ask(&lab, &(struct simlab_probe){ .dst = target[f], .ttl = 2 }, &a);
		simlab_check_addr(&a.packet.src, from);
		simlab_ask(&lab, &(struct simlab_probe){ .dst = routers[f][1], .data = 9 }, &a);
		simlab_check_addr(&a.packet.src, from);
	}
	simlab_close(&lab);
}

/* A router speaks from the address of the link that the packet came by. */
static void test_addresses_of_interfaces(void **state)
{
	static const char text[] = "source me 198.18.0.1\n"
	                           "router edge 198.18.1.1\nrouter up 198.18.2.1\n"
	                           "router down 198.18.2.2\n"
	                           "router join 198.18.3.1 198.18.3.2\n"
	                           "host target 198.18.9.9\n"
	                           "link me edge\nlink edge up\nlink edge down\n"
	                           "link up join\nlink down join\nlink join target\n";
	struct simlab lab;
	struct simlab_answer above, here;
	int up = 0;
	(void)state;
	simlab_open(&lab, text);
	for (uint16_t flow = 0; flow < 64; flow++) {
		struct simlab_probe p = { .dst = "198.18.9.9", .protocol = IP_PROTOCOL_UDP };
		p.sport = (uint16_t)(4000 + flow);
		p.ttl = 2;
		simlab_ask(&lab, &p, &above);
		/* The same flow, one hop further: ports and not TTLs choose the branch. */
		p.ttl = 3;
		simlab_ask(&lab, &p, &here);
		bool was_up = addr_to_v4(&above.packet.src) == 0xc6120201;
		up += was_up;
		simlab_check_addr(&here.packet.src, was_up ? "198.18.3.1" : "198.18.3.2");
	}
	assert_true(up > 16 && up < 48);
	simlab_close(&lab);
}

/* --- where there is no way -------------------------------------------------------------------- */

static void test_nobody_has_the_address(void **state)
{
	static const char *const nobody[] = { "203.0.113.9", "2001:db8:ff::9" };
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "", "");
	for (int f = 0; f < 2; f++) {
		simlab_ask(&lab, &(struct simlab_probe){ .dst = nobody[f] }, &a);
		assert_int_equal(a.icmp.type, f ? ICMP6_UNREACHABLE : ICMP4_UNREACHABLE);
		assert_int_equal(a.icmp.code, 0);
		simlab_check_addr(&a.packet.src, routers[f][0]);
	}
	simlab_close(&lab);
}

static void test_no_route(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "", "at 1s link r2 r3 weight 0\nat 2s link r2 r3 weight 1");
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0] }, &a);
	assert_int_equal(a.icmp.type, ICMP4_ECHO_REPLY);
	lab.now = 2 * NSEC_S;
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0] }, &a);
	assert_int_equal(a.icmp.type, ICMP4_UNREACHABLE);
	assert_int_equal(a.quoted4.ttl, 63);
	simlab_check_addr(&a.packet.src, routers[0][1]);
	lab.now = 3 * NSEC_S;
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0] }, &a);
	assert_int_equal(a.icmp.type, ICMP4_ECHO_REPLY);
	simlab_close(&lab);
}

/* Who knows a way takes it, though another link leads to the target as well. */
static void test_weight_zero_leads_nowhere(void **state)
{
	static const char text[] = "source me 198.18.0.1\nrouter edge 198.18.1.1\n"
	                           "router up 198.18.2.1\nrouter down 198.18.2.2\n"
	                           "host target 198.18.9.9\n"
	                           "link me edge\nlink edge up\nlink edge down\n"
	                           "link up target weight 0\nlink down target\n";
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	simlab_open(&lab, text);
	for (uint16_t flow = 0; flow < 32; flow++) {
		struct simlab_probe p = { .dst = "198.18.9.9",
			                  .protocol = IP_PROTOCOL_UDP,
			                  .sport = (uint16_t)(4000 + flow),
			                  .ttl = 2 };
		simlab_ask(&lab, &p, &a);
		simlab_check_addr(&a.packet.src, "198.18.2.2");
	}
	simlab_close(&lab);
}

static void test_longest_prefix(void **state)
{
	static const char text[] = "source me 198.18.0.1 2001:db8::1\nrouter r 198.18.1.1\n"
	                           "host wide 198.18.2.1 serves 203.0.112.0/20\n"
	                           "host narrow 198.18.2.2 serves 203.0.113.128/25\n"
	                           "host six 2001:db8:6::1 serves 2001:db8:8000::/33\n"
	                           "link me r\nlink r wide delay 1ms\nlink r narrow delay 2ms\n"
	                           "link r six delay 3ms\n";
	static const struct {
		const char *dst;
		nsec rtt;
	} cases[] = { { "203.0.113.127", 2 * NSEC_MS },
		      { "203.0.113.128", 4 * NSEC_MS },
		      { "203.0.113.255", 4 * NSEC_MS },
		      { "203.0.112.0", 2 * NSEC_MS },
		      { "203.0.127.255", 2 * NSEC_MS },
		      { "2001:db8:8000::", 6 * NSEC_MS },
		      { "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 6 * NSEC_MS } };
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	simlab_open(&lab, text);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		simlab_ask(&lab, &(struct simlab_probe){ .dst = cases[i].dst }, &a);
		simlab_check_addr(&a.packet.src, cases[i].dst);
		assert_int_equal(a.rtt, cases[i].rtt);
	}
	simlab_ask(&lab, &(struct simlab_probe){ .dst = "203.0.128.0" }, &a);
	assert_int_equal(a.icmp.type, ICMP4_UNREACHABLE);
	/* No router that has no IPv6 address can tell. */
	simlab_ask_in_vain(&lab, &(struct simlab_probe){ .dst = "2001:db8:7fff::1" });
	simlab_close(&lab);
}

/* --- balancers -------------------------------------------------------------------------------- */

#define WIDE                                                                       \
	"source me 198.18.0.1 2001:db8::1\n"                                       \
	"router edge 198.18.1.1 2001:db8:1::1 balance %s\n"                        \
	"router b0 198.18.2.1 2001:db8:2::1\nrouter b1 198.18.2.2 2001:db8:2::2\n" \
	"router b2 198.18.2.3 2001:db8:2::3\nrouter b3 198.18.2.4 2001:db8:2::4\n" \
	"host target 198.18.9.9 2001:db8:9::9 serves 203.0.113.0/24\n"             \
	"link me edge\n"                                                           \
	"link edge b0\nlink edge b1\nlink edge b2\nlink edge b3 %s\n"              \
	"link b0 target\nlink b1 target\nlink b2 target\nlink b3 target\n"

static void open_wide(struct simlab *lab, const char *balance, const char *weight)
{
	char text[1000];
	(void)snprintf(text, sizeof text, WIDE, balance, weight);
	simlab_open_seed(lab, text, sample_seed(4));
}

/* The branch the probe takes, by who answers at TTL 2. */
static unsigned branch_of(struct simlab *lab, struct simlab_probe probe)
{
	struct simlab_answer a;
	probe.ttl = 2;
	simlab_ask(lab, &probe, &a);
	return (a.packet.src.family == 4 ? a.packet.src.bytes[3] : a.packet.src.bytes[15]) - 1u;
}

/* Pearson's statistic for four branches of these shares; 16.27 is exceeded once in a thousand. */
static double chi_square(const unsigned counts[4], const double shares[4])
{
	double total = 0, sum = 0;
	for (int i = 0; i < 4; i++)
		total += counts[i];
	for (int i = 0; i < 4; i++) {
		double expected = total * shares[i], off = counts[i] - expected;
		sum += off * off / expected;
	}
	return sum;
}

static const double even[4] = { 0.25, 0.25, 0.25, 0.25 };

static void test_flows_spread_evenly(void **state)
{
	struct simlab lab;
	(void)state;
	open_wide(&lab, "flow", "");
	for (int kind = 0; kind < 4; kind++) {
		unsigned counts[4] = { 0 };
		for (uint16_t flow = 0; flow < 2000; flow++) {
			struct simlab_probe p = { .dst = "198.18.9.9",
				                  .protocol = IP_PROTOCOL_UDP,
				                  .sport = 4000,
				                  .dport = 33434 };
			if (kind == 0)
				p.sport = (uint16_t)(p.sport + flow);
			if (kind == 1)
				p.dport = (uint16_t)(p.dport + flow);
			if (kind == 2)
				p = (struct simlab_probe){ .dst = "198.18.9.9", .sequence = flow };
			if (kind == 3) {
				p.dst = "2001:db8:9::9";
				p.flow_label = flow + 1u;
			}
			counts[branch_of(&lab, p)]++;
		}
		assert_true(chi_square(counts, even) < 16.27);
	}
	simlab_close(&lab);
}

static void test_weights(void **state)
{
	static const double shares[4] = { 0.125, 0.125, 0.125, 0.625 };
	unsigned counts[4] = { 0 };
	struct simlab lab;
	(void)state;
	open_wide(&lab, "flow", "weight 5");
	for (uint16_t flow = 0; flow < 2000; flow++) {
		struct simlab_probe p = { .dst = "198.18.9.9",
			                  .protocol = IP_PROTOCOL_UDP,
			                  .sport = flow };
		counts[branch_of(&lab, p)]++;
	}
	assert_true(chi_square(counts, shares) < 16.27);
	simlab_close(&lab);
}

/* What must not change the branch, and what must in some of many cases. */
static unsigned changes(struct simlab *lab, struct simlab_probe p, uint16_t *field16,
                        uint32_t *field32, struct simlab_probe *probe)
{
	unsigned first = branch_of(lab, p), others = 0;
	for (uint16_t i = 1; i <= 50; i++) {
		*probe = p;
		if (field16)
			*field16 = i;
		if (field32)
			*field32 = i;
		others += branch_of(lab, *probe) != first;
	}
	return others;
}

static void test_what_makes_a_flow(void **state)
{
	struct simlab_probe q;
	struct simlab lab;
	(void)state;
	struct simlab_probe udp = { .dst = "198.18.9.9", .protocol = IP_PROTOCOL_UDP };
	struct simlab_probe tcp = { .dst = "198.18.9.9", .protocol = IP_PROTOCOL_TCP };
	struct simlab_probe six = { .dst = "2001:db8:9::9",
		                    .protocol = IP_PROTOCOL_UDP,
		                    .flow_label = 5 };
	open_wide(&lab, "flow", "");
	/* The number of a TCP probe is in no field that is looked at; ports are. */
	assert_int_equal(changes(&lab, tcp, NULL, &q.seq, &q), 0);
	assert_true(changes(&lab, tcp, &q.sport, NULL, &q) > 20);
	assert_true(changes(&lab, udp, &q.dport, NULL, &q) > 20);
	/* With a flow label ports do not count (RFC 6437, 3), without one they do. */
	assert_int_equal(changes(&lab, six, &q.dport, NULL, &q), 0);
	assert_true(changes(&lab, six, NULL, &q.flow_label, &q) > 20);
	six.flow_label = 0;
	assert_true(changes(&lab, six, &q.dport, NULL, &q) > 20);
	simlab_close(&lab);
	open_wide(&lab, "destination", "");
	assert_int_equal(changes(&lab, udp, &q.dport, NULL, &q), 0);
	simlab_close(&lab);
}

/* Id and sequence are both under the checksum: keep that, and only flow-id sees the id. */
static void test_flow_id(void **state)
{
	(void)state;
	for (int with_id = 0; with_id < 2; with_id++) {
		struct simlab lab;
		unsigned others = 0;
		open_wide(&lab, with_id ? "flow-id" : "flow", "");
		unsigned first = branch_of(
		        &lab, (struct simlab_probe){ .dst = "198.18.9.9", .sequence = 1000 });
		for (uint16_t id = 1; id <= 50; id++)
			others += first !=
			          branch_of(&lab, (struct simlab_probe){
			                                  .dst = "198.18.9.9",
			                                  .id = id,
			                                  .sequence = (uint16_t)(1000 - id) });
		if (with_id)
			assert_true(others > 20);
		else
			assert_int_equal(others, 0);
		simlab_close(&lab);
	}
}

static void test_balance_by_packet(void **state)
{
	unsigned counts[4] = { 0 };
	struct simlab lab;
	(void)state;
	open_wide(&lab, "packet", "");
	for (int i = 0; i < 2000; i++)
		counts[branch_of(&lab, (struct simlab_probe){ .dst = "198.18.9.9" })]++;
	assert_true(chi_square(counts, even) < 16.27);
	simlab_close(&lab);
}

static void test_balance_by_destination(void **state)
{
	unsigned counts[4] = { 0 };
	char dst[32];
	struct simlab lab;
	(void)state;
	open_wide(&lab, "destination", "");
	for (int i = 0; i < 256; i++) {
		(void)snprintf(dst, sizeof dst, "203.0.113.%d", i);
		counts[branch_of(&lab, (struct simlab_probe){ .dst = dst })]++;
	}
	assert_true(chi_square(counts, even) < 16.27);
	simlab_close(&lab);
}

/* Two balancers one behind the other that chose alike would leave half of the paths unused. */
static void test_balancers_choose_by_themselves(void **state)
{
	static const char text[] = "source me 198.18.0.1\nrouter e 198.18.1.1\n"
	                           "router a0 198.18.2.1\nrouter a1 198.18.2.2\n"
	                           "router b0 198.18.3.1\nrouter b1 198.18.3.2\n"
	                           "host t 198.18.9.9\nlink me e\nlink e a0\nlink e a1\n"
	                           "link a0 b0\nlink a0 b1\nlink a1 b0\nlink a1 b1\n"
	                           "link b0 t\nlink b1 t\n";
	unsigned counts[4] = { 0 };
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	simlab_open_seed(&lab, text, sample_seed(4));
	for (uint16_t flow = 0; flow < 1000; flow++) {
		struct simlab_probe p = { .dst = "198.18.9.9",
			                  .protocol = IP_PROTOCOL_UDP,
			                  .sport = flow };
		p.ttl = 2;
		simlab_ask(&lab, &p, &a);
		unsigned path = 2 * (a.packet.src.bytes[3] - 1u);
		p.ttl = 3;
		simlab_ask(&lab, &p, &a);
		counts[path + a.packet.src.bytes[3] - 1u]++;
	}
	assert_true(chi_square(counts, even) < 16.27);
	simlab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_hop_answers_in_its_time),
		cmocka_unit_test(test_quotes_show_the_packet_as_it_came),
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_identifications),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_zero_ttl),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_fake),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_way_back_is_longer),
		cmocka_unit_test(test_reply_from),
		cmocka_unit_test(test_addresses_of_interfaces),
		cmocka_unit_test(test_nobody_has_the_address),
		cmocka_unit_test(test_no_route),
		cmocka_unit_test(test_weight_zero_leads_nowhere),
		cmocka_unit_test(test_longest_prefix),
		cmocka_unit_test(test_flows_spread_evenly),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_what_makes_a_flow),
		cmocka_unit_test(test_flow_id),
		cmocka_unit_test(test_balance_by_packet),
		cmocka_unit_test(test_balance_by_destination),
		cmocka_unit_test(test_balancers_choose_by_themselves),
	};
	return cmocka_run_group_tests_name("sim", tests, NULL, NULL) != 0;
}
