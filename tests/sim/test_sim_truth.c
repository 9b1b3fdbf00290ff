/*
 * The walks of the model held against its truth, on topologies of every shape: who answers at which
 * hop, when, and that all of a flow goes one way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/buffer.h"
#include "base/random.h"
#include "tests/sim/generate.h"
#include "tests/sim/simlab.h"
#include "tests/unit/sample.h"

#define HOPS_ASKED 16

/* A lab on a topology that was drawn. */
static void open_drawn(struct simlab *lab, uint64_t seed, const char *const *words, double chance)
{
	struct generate_config config = { .size = 60, .words = words, .chance = chance };
	assert_true(generate(&lab->topo, seed, &config));
	lab->now = NSEC_S;
	lab->sim = sim_new(&lab->topo, seed, lab->now);
	assert_non_null(lab->sim);
}

static void truth_of(struct simlab *lab, const struct simlab_probe *p, struct sim_truth *truth)
{
	static uint8_t bytes[2000];
	size_t length = simlab_build(lab, p, bytes, sizeof bytes);
	sim_truth(lab->sim, lab->now, (struct span){ bytes, length }, truth);
}

static bool has_addr(const struct topo_node *node, const struct addr *addr)
{
	for (uint8_t i = 0; i < node->addr_count; i++)
		if (addr_equal(&node->addrs[i], addr))
			return true;
	return false;
}

/* No way out, or round and round a loop that counts no hops, or back to the source. */
static bool gets_lost(const struct simlab *lab, const struct sim_truth *truth)
{
	if (truth->hops == 0 || truth->hops >= SIM_TRUTH_MAX)
		return true;
	uint32_t last = truth->nodes[truth->hops - 1];
	return lab->topo.nodes[last].loop && last == truth->nodes[0];
}

/* One probe: its answer is that of the node where the truth says it ends, and comes in that time.
 */
static void check_probe(struct simlab *lab, const struct simlab_probe *p)
{
	struct sim_truth truth;
	struct simlab_answer a;
	truth_of(lab, p, &truth);
	uint64_t lost = sim_counts(lab->sim)->lost_out;
	simlab_send(lab, p);
	bool answered = simlab_take(lab, &a);
	if (sim_counts(lab->sim)->lost_out > lost) {
		assert_true(gets_lost(lab, &truth));
		assert_false(answered);
		return;
	}
	const struct topo_node *end = &lab->topo.nodes[truth.nodes[truth.hops - 1]];
	assert_int_equal(answered, !end->silent);
	if (!answered)
		return;
	assert_int_equal(a.rtt, truth.out + truth.back);
	assert_true(has_addr(end, &a.packet.src) || end->fake_target);
	uint8_t reply = a.packet.src.family == 4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY;
	assert_int_equal(a.icmp.type == reply, truth.reached || end->fake_target);
	assert_false(simlab_take(lab, &a));
}

/* Every node, over every hop that leads there. */
static void check_drawn(uint64_t seed, const char *const *words)
{
	struct simlab lab;
	char dst[ADDR_TEXT_SIZE];
	open_drawn(&lab, seed, words, 0.15);
	for (uint32_t i = 1; i < lab.topo.node_count; i++) {
		const struct topo_node *node = &lab.topo.nodes[i];
		for (uint8_t k = 0; k < node->addr_count && k < 2; k++) {
			(void)addr_format(&node->addrs[k], dst);
			for (uint8_t ttl = 1; ttl <= HOPS_ASKED; ttl++) {
				lab.now += NSEC_S;
				check_probe(&lab, &(struct simlab_probe){ .dst = dst,
				                                          .ttl = ttl,
				                                          .data = 20,
				                                          .id = (uint16_t)i });
			}
		}
	}
	simlab_close(&lab);
}

static void test_answers_are_true(void **state)
{
	static const char *const words[] = { "balance", "weight", "hidden", "zero-ttl", "fake",
		                             "silent",  "tos",    "loop",   NULL };
	uint64_t seed = sample_seed(300);
	(void)state;
	for (int i = 0; i < 60; i++)
		check_drawn(seed++, words);
}

/* Augustin et al., IMC 2006: what is balanced by flow shows one path to one flow at all TTLs. */
static void test_flows_go_one_way(void **state)
{
	static const char *const words[] = { "weight", NULL };
	static const uint8_t balances[] = { TOPO_BALANCE_FLOW, TOPO_BALANCE_FLOW_ID,
		                            TOPO_BALANCE_DESTINATION };
	uint64_t seed = sample_seed(400);
	unsigned forks = 0;
	(void)state;
	for (int i = 0; i < 60; i++) {
		struct simlab lab;
		struct sim_truth whole, part;
		char dst[ADDR_TEXT_SIZE];
		open_drawn(&lab, seed++, words, 0.1);
		for (uint32_t n = 0; n < lab.topo.node_count; n++)
			lab.topo.nodes[n].balance = balances[i % 3];
		const struct topo_node *last = &lab.topo.nodes[lab.topo.node_count - 1];
		(void)addr_format(&last->addrs[0], dst);
		for (uint16_t flow = 1; flow < 20; flow++) {
			struct simlab_probe p = { .dst = dst,
				                  .protocol = IP_PROTOCOL_UDP,
				                  .sport = flow,
				                  .dport = 33434 };
			truth_of(&lab, &p, &whole);
			assert_true(whole.hops < SIM_TRUTH_MAX);
			for (uint32_t k = 1; k < whole.hops; k++) {
				int64_t link = topo_find_link(&lab.topo, whole.nodes[k - 1],
				                              whole.nodes[k]);
				assert_true(link >= 0);
				assert_true(lab.topo.links[link].weight > 0);
			}
			for (p.ttl = 1; p.ttl < whole.hops; p.ttl++) {
				truth_of(&lab, &p, &part);
				assert_int_equal(part.hops, p.ttl);
				assert_memory_equal(part.nodes, whole.nodes,
				                    part.hops * sizeof *part.nodes);
				forks += part.nodes[part.hops - 1] !=
				         lab.topo.links[0].to; /* past the first hop */
			}
		}
		simlab_close(&lab);
	}
	assert_true(forks > 1000);
}

#define WIDTH 100

/* Wide, every fourth branch a hop longer, meshed with its neighbour, all together again behind. */
static void write_wide(struct buffer *text)
{
	buffer_text(text,
	            "source me 198.18.0.1\nrouter split 198.18.1.1 balance flow\n"
	            "router join 198.18.5.1\nhost t 198.18.9.9\nlink me split\nlink join t\n");
	for (int i = 0; i < WIDTH; i++) {
		buffer_printf(text, "router up%d 198.18.2.%d balance flow\n", i, i + 1);
		buffer_printf(text, "router down%d 198.18.3.%d balance flow\n", i, i + 1);
		buffer_printf(text, "link split up%d\nlink up%d down%d\n", i, i, i);
		if (i % 4 == 0)
			buffer_printf(text, "router more%d 198.18.4.%d\nlink down%d more%d\n", i,
			              i + 1, i, i);
		buffer_printf(text, "link %s%d join\n", i % 4 == 0 ? "more" : "down", i);
	}
	for (int i = 0; i < WIDTH; i++)
		buffer_printf(text, "link up%d down%d\n", i, (i + 1) % WIDTH);
}

static void test_wide_and_meshed(void **state)
{
	bool up[WIDTH] = { false }, down[WIDTH] = { false };
	unsigned ups = 0, downs = 0, longer = 0, crossed = 0;
	struct simlab lab;
	struct simlab_answer a;
	struct buffer text;
	(void)state;
	buffer_init(&text, 1 << 20);
	write_wide(&text);
	simlab_open(&lab, text.data);
	for (uint16_t flow = 0; flow < 2000; flow++) {
		struct simlab_probe p = { .dst = "198.18.9.9",
			                  .protocol = IP_PROTOCOL_UDP,
			                  .sport = flow };
		uint8_t seen[7][4] = { { 0 } };
		for (p.ttl = 2; p.ttl <= 6; p.ttl++) {
			simlab_ask(&lab, &p, &a);
			memcpy(seen[p.ttl], a.packet.src.bytes, 4);
		}
		unsigned first = seen[2][3] - 1u, second = seen[3][3] - 1u;
		assert_true(seen[2][2] == 2 && first < WIDTH);
		assert_true(seen[3][2] == 3 && second < WIDTH);
		assert_true(second == first || second == (first + 1) % WIDTH);
		bool more = second % 4 == 0;
		assert_int_equal(seen[4][2], more ? 4 : 5);
		assert_int_equal(seen[5][2], more ? 5 : 9);
		assert_int_equal(seen[6][2], 9);
		ups += !up[first];
		downs += !down[second];
		up[first] = down[second] = true;
		longer += more;
		crossed += second != first;
	}
	/* That one of a hundred is missed by 2000 has a chance of one in five million. */
	assert_int_equal(ups, WIDTH);
	assert_int_equal(downs, WIDTH);
	/* A quarter and a half of 2000, give or take five standard deviations. */
	assert_true(longer > 403 && longer < 597);
	assert_true(crossed > 888 && crossed < 1112);
	simlab_close(&lab);
	buffer_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_are_true),
		cmocka_unit_test(test_flows_go_one_way),
		cmocka_unit_test(test_wide_and_meshed),
	};
	return cmocka_run_group_tests_name("sim_truth", tests, NULL, NULL) != 0;
}
