/* A failing topology is cut to what makes it fail, and nothing of that is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "tests/sim/generate.h"
#include "tests/sim/shrink.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/sample.h"

static const char large[] = "source me 198.18.0.1 2001:db8::1\n"
                            "router r1 198.18.1.1 2001:db8:1::1 silent ttl 200\n"
                            "router r2 198.18.2.1 mpls 5/0/1,6/0/1 nat\n"
                            "router r3 198.18.3.1 limit 5/s burst 7\n"
                            "router r4 198.18.3.2 balance packet\n"
                            "host h1 198.18.9.9 tcp 80,443\n"
                            "host h2 198.18.9.8 corrupt 5%\n"
                            "link me r1 delay 1ms\n"
                            "link r1 r2 delay 3ms loss 12.5% back-loss 3%\n"
                            "link r1 r3 mtu 1400\n"
                            "link r2 r4 delay 17ms\n"
                            "link r3 r4\n"
                            "link r4 h1 delay 5us jitter 3ms\n"
                            "link r4 h2\n"
                            "at 1s link r1 r2 down\n"
                            "at 2s node r3 silent\n"
                            "at 3s node h2 echo-silent\n"
                            "local receive-queue 5\n";

/* What it comes to, for a predicate; the trials are counted. */
struct case_of {
	bool (*fails)(const struct topo *);
	uint32_t trials;
};

static bool counted(void *ctx, const struct topo *topo)
{
	struct case_of *c = ctx;
	c->trials++;
	return c->fails(topo);
}

static void check_shrunk(bool (*fails)(const struct topo *), const char *wanted)
{
	struct case_of c = { .fails = fails };
	struct topo topo, least;
	struct topo_error error;
	struct buffer text;
	buffer_init(&text, TOPO_TEXT_MAX);
	assert_true(topo_parse(&topo, large, sizeof large - 1, &error));
	assert_true(fails(&topo));
	uint32_t trials = shrink(&topo, counted, &c, 5000, &text);
	assert_int_equal(trials, c.trials);
	assert_string_equal(text.data, wanted);
	assert_true(topo_parse(&least, text.data, text.length, &error));
	assert_true(fails(&least));
	topo_release(&least);
	topo_release(&topo);
	buffer_release(&text);
}

static bool always(const struct topo *t)
{
	(void)t;
	return true;
}

static void test_nothing_is_needed(void **state)
{
	(void)state;
	check_shrunk(always, "source  me  198.18.0.1\n");
}

static bool has_nat(const struct topo *t)
{
	for (uint32_t i = 0; i < t->node_count; i++)
		if (t->nodes[i].nat)
			return true;
	return false;
}

static void test_one_word_of_a_node(void **state)
{
	(void)state;
	check_shrunk(has_nat, "source  me  198.18.0.1\nrouter  r2  nat\n");
}

/* A host that can be reached over links that lose: routers between are bridged. */
static bool loses(const struct topo *t)
{
	bool reached[64] = { [0] = true };
	for (uint32_t round = 0; round < t->link_count; round++)
		for (uint32_t i = 0; i < t->link_count; i++)
			if (reached[t->links[i].from])
				reached[t->links[i].to] = true;
	for (uint32_t i = 0; i < t->link_count; i++)
		for (uint32_t k = 0; k < t->node_count; k++)
			if (t->links[i].out.loss > 0 && reached[t->links[i].from] &&
			    t->nodes[k].role == TOPO_HOST && reached[k])
				return true;
	return false;
}

static void test_routers_are_bridged(void **state)
{
	(void)state;
	struct case_of c = { .fails = loses };
	struct topo topo, least;
	struct topo_error error;
	struct buffer text;
	buffer_init(&text, TOPO_TEXT_MAX);
	assert_true(topo_parse(&topo, large, sizeof large - 1, &error));
	(void)shrink(&topo, counted, &c, 5000, &text);
	assert_true(topo_parse(&least, text.data, text.length, &error));
	assert_true(loses(&least));
	/* Of seven nodes and seven links there are at most four and three: all in one line. */
	assert_true(least.node_count <= 4);
	assert_true(least.link_count <= 3);
	assert_int_equal(least.change_count, 0);
	assert_non_null(strstr(text.data, "loss 100%"));
	assert_null(strstr(text.data, "delay"));
	topo_release(&least);
	topo_release(&topo);
	buffer_release(&text);
}

static bool changes_a_host(const struct topo *t)
{
	for (uint32_t i = 0; i < t->change_count; i++)
		if (!t->changes[i].is_link && t->changes[i].node.role == TOPO_HOST)
			return true;
	return false;
}

static void test_a_change_stays_where_it_is_needed(void **state)
{
	(void)state;
	check_shrunk(changes_a_host,
	             "source  me  198.18.0.1\nhost    h2  198.18.9.8\nat 1ms node h2\n");
}

static bool has_a_large_queue(const struct topo *t)
{
	return t->local.receive_queue >= 2;
}

static void test_values_become_simple(void **state)
{
	(void)state;
	check_shrunk(has_a_large_queue, "source  me  198.18.0.1\nlocal  receive-queue 2\n");
}

static void test_the_budget_is_kept(void **state)
{
	struct case_of c = { .fails = always };
	struct topo topo;
	struct topo_error error;
	struct buffer text;
	(void)state;
	buffer_init(&text, TOPO_TEXT_MAX);
	assert_true(topo_parse(&topo, large, sizeof large - 1, &error));
	assert_int_equal(shrink(&topo, counted, &c, 3, &text), 3);
	assert_int_equal(c.trials, 3);
	struct topo least;
	assert_true(topo_parse(&least, text.data, text.length, &error));
	topo_release(&least);
	topo_release(&topo);
	buffer_release(&text);
}

/* Drawn ones too: the word that matters is left, on one node. */
static void test_drawn_topologies(void **state)
{
	static const struct generate_config config = { .size = 15, .chance = 0.1, .changes = 6 };
	uint64_t seed = sample_seed(500);
	unsigned tried = 0;
	(void)state;
	for (int i = 0; i < 40; i++, seed++) {
		struct case_of c = { .fails = has_nat };
		struct topo topo;
		struct buffer text;
		assert_true(generate(&topo, seed, &config));
		buffer_init(&text, TOPO_TEXT_MAX);
		if (has_nat(&topo)) {
			(void)shrink(&topo, counted, &c, 5000, &text);
			assert_non_null(strstr(text.data, "  nat\n"));
			assert_int_equal(strcspn(text.data, "\n"),
			                 strlen("source  s1  198.18.0.8"));
			assert_true(text.length < 60);
			tried++;
		}
		buffer_release(&text);
		topo_release(&topo);
	}
	assert_true(tried > 5);
}

static void test_memory_may_fail(void **state)
{
	struct topo topo;
	struct topo_error error;
	(void)state;
	assert_true(topo_parse(&topo, large, sizeof large - 1, &error));
	for (long n = 0; alloc_fail_at(n); n++) {
		struct case_of c = { .fails = has_nat };
		struct topo least;
		struct buffer text;
		buffer_init(&text, TOPO_TEXT_MAX);
		(void)shrink(&topo, counted, &c, 100, &text);
		/* What there is at the end still fails; or there was no memory to write it down. */
		if (text.length && !text.failed &&
		    topo_parse(&least, text.data, text.length, &error)) {
			assert_true(has_nat(&least));
			topo_release(&least);
		}
		buffer_release(&text);
	}
	alloc_fail_never();
	topo_release(&topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_needed),
		cmocka_unit_test(test_one_word_of_a_node),
		cmocka_unit_test(test_routers_are_bridged),
		cmocka_unit_test(test_a_change_stays_where_it_is_needed),
		cmocka_unit_test(test_values_become_simple),
		cmocka_unit_test(test_the_budget_is_kept),
		cmocka_unit_test(test_drawn_topologies),
		cmocka_unit_test(test_memory_may_fail),
	};
	return cmocka_run_group_tests_name("shrink", tests, NULL, NULL) != 0;
}
