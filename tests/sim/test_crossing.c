/*
 * Datagrams of every kind, into internets where anything may be wrong: whatever comes out is for the
 * source and good, and all is counted (crossing.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/random.h"
#include "tests/sim/crossing.h"
#include "tests/sim/generate.h"
#include "tests/unit/sample.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define TOPOLOGIES 120
#define DATAGRAMS  150 /* into each */

static uint64_t one_of(struct random *r, const uint64_t *choices, size_t count)
{
	return choices[random_below(r, count)];
}

#define ONE_OF(r, ...)                                 \
	one_of((r), (const uint64_t[]){ __VA_ARGS__ }, \
	       sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static void write_upper(struct random *r, struct writer *w, const struct datagram *d)
{
	bool v4 = d->family == 4;
	size_t data = (size_t)(ONE_OF(r, 0, 8, 56, 100, 600, 1252, 1472, 3000, 20000) +
	                       random_below(r, 5));
	uint16_t sport = (uint16_t)random_next(r);
	uint16_t dport = (uint16_t)ONE_OF(r, 7, 53, 80, 443, 33434);
	if (d->protocol == IP_PROTOCOL_UDP)
		udp_build(w, &(struct udp){ .sport = sport,
		                            .dport = dport,
		                            .length = (uint16_t)(UDP_HEADER + data) });
	else if (d->protocol == IP_PROTOCOL_TCP)
		tcp_build(w, &(struct tcp){ .sport = sport,
		                            .dport = dport,
		                            .flags = (uint8_t)random_below(r, 64),
		                            .mss = 1460 });
	else
		icmp_build_header(
		        w,
		        (uint8_t)(v4 ? ONE_OF(r, ICMP4_ECHO, ICMP4_ECHO, ICMP4_TIMESTAMP,
		                              ICMP4_ADDRESS_MASK, ICMP4_EXTENDED_ECHO,
		                              ICMP4_UNREACHABLE, ICMP4_REDIRECT)
		                     : ONE_OF(r, ICMP6_ECHO, ICMP6_ECHO, ICMP6_EXTENDED_ECHO,
		                              ICMP6_UNREACHABLE, ICMP6_REDIRECT)),
		        0, (uint32_t)random_next(r));
	for (size_t i = 0; i < data; i++)
		writer_u8(w, (uint8_t)random_next(r));
	datagram_seal(w, 0, d);
}

/* To an address of any node. */
static void send_one(struct crossing *c, struct random *r)
{
	static const uint8_t record[40] = { IP4_OPTION_RECORD_ROUTE, 39, 4 };
	static uint8_t room[32768], bytes[32768];
	const struct topo_node *node = &c->topo->nodes[random_below(r, c->topo->node_count)];
	struct datagram d = { .dst = node->addrs[random_below(r, node->addr_count)] };
	bool v4 = d.dst.family == 4;
	d.family = d.dst.family;
	d.src = c->topo->nodes[0].addrs[v4 ? 0 : 1];
	d.df = random_below(r, 2);
	d.id = (uint16_t)random_next(r);
	d.flow_label = (uint32_t)random_below(r, 5);
	d.ttl = (uint8_t)(random_below(r, 2) ? 64 : random_below(r, 10));
	d.protocol = (uint8_t)ONE_OF(r, v4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMP6, IP_PROTOCOL_UDP,
	                             IP_PROTOCOL_TCP, 99);
	if (v4 && random_below(r, 4) == 0)
		d.middle = (struct span){ record, sizeof record };
	struct writer upper = writer_of(room, sizeof room), w = writer_of(bytes, sizeof bytes);
	write_upper(r, &upper, &d);
	d.upper = (struct span){ room, writer_length(&upper) };
	datagram_build(&w, &d);
	assert_false(upper.failed || w.failed);
	c->now = nsec_after(c->now, (nsec)random_below(r, 50 * NSEC_MS));
	crossing_inject(c, (struct span){ bytes, writer_length(&w) });
}

static void test_everything(void **state)
{
	uint64_t seed = sample_seed(500), taken = 0;
	(void)state;
	(void)fflush(stdout);
	for (int i = 0; i < TOPOLOGIES; i++, seed++) {
		struct generate_config config = { .size = 30,
			                          .chance = 0.02 + (double)(seed % 20) / 60,
			                          .changes = 12 };
		struct random random;
		struct crossing c;
		struct topo t;
		assert_true(generate(&t, seed, &config));
		random_init(&random, seed);
		crossing_begin(&c, &t, seed);
		for (int k = 0; k < DATAGRAMS; k++)
			send_one(&c, &random);
		crossing_take(&c, NSEC_NEVER - 1);
		taken += c.taken;
		crossing_end(&c);
		topo_release(&t);
	}
	assert_true(taken > TOPOLOGIES * 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_everything) };
	return cmocka_run_group_tests_name("crossing", tests, NULL, NULL) != 0;
}
