/* What is drawn is a topology, the same for a seed, and every word is drawn now and then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "tests/sim/generate.h"
#include "tests/sim/topo_word.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/sample.h"

static char *print(const struct topo *t)
{
	struct buffer out;
	buffer_init(&out, TOPO_TEXT_MAX);
	topo_print(t, &out);
	assert_false(out.failed);
	return out.data;
}

static char *drawn(uint64_t seed, const struct generate_config *config)
{
	struct topo t;
	assert_true(generate(&t, seed, config));
	char *text = print(&t);
	topo_release(&t);
	return text;
}

static const struct generate_config all = { .size = 30, .chance = 0.1, .changes = 10 };

static void test_what_is_drawn_parses_to_itself(void **state)
{
	(void)state;
	uint64_t seed = sample_seed(100);
	for (int i = 0; i < 300; i++, seed++) {
		struct topo_error error;
		struct topo t;
		char *text = drawn(seed, &all);
		if (!topo_parse(&t, text, strlen(text), &error))
			fail_msg("seed %llu: %u:%u: %s\n%s", (unsigned long long)seed,
			         (unsigned)error.line, (unsigned)error.column, error.text, text);
		char *again = print(&t);
		assert_string_equal(again, text);
		free(again);
		free(text);
		topo_release(&t);
	}
}

static void test_seeds(void **state)
{
	(void)state;
	char *one = drawn(7, &all), *same = drawn(7, &all), *other = drawn(8, &all);
	assert_string_equal(one, same);
	assert_string_not_equal(one, other);
	free(one);
	free(same);
	free(other);
}

/* Every node can be reached from the source, and every router leads to some host. */
static void check_graph(const struct topo *t)
{
	uint32_t *order = calloc(t->node_count, sizeof *order);
	bool *reached = calloc(t->node_count, sizeof *reached);
	bool *leads = calloc(t->node_count, sizeof *leads);
	assert_non_null(order);
	assert_non_null(reached);
	assert_non_null(leads);
	assert_int_equal(topo_sort(t, order), t->node_count);
	assert_int_equal(t->nodes[0].role, TOPO_SOURCE);
	reached[0] = true;
	for (uint32_t i = 0; i < t->node_count; i++)
		for (uint32_t k = 0; k < t->link_count; k++)
			if (t->links[k].from == order[i] && reached[order[i]])
				reached[t->links[k].to] = true;
	for (uint32_t i = t->node_count; i > 0; i--) {
		leads[order[i - 1]] = t->nodes[order[i - 1]].role == TOPO_HOST;
		for (uint32_t k = 0; k < t->link_count; k++)
			if (t->links[k].from == order[i - 1] && leads[t->links[k].to])
				leads[order[i - 1]] = true;
	}
	for (uint32_t i = 0; i < t->node_count; i++)
		assert_true(reached[i] && leads[i]);
	free(order);
	free(reached);
	free(leads);
}

static void test_graphs(void **state)
{
	unsigned wide = 0, unequal = 0;
	uint64_t seed = sample_seed(200);
	(void)state;
	for (int i = 0; i < 100; i++) {
		struct topo t;
		assert_true(generate(&t, seed++, &all));
		check_graph(&t);
		assert_true(t.node_count >= 3);
		assert_true(t.node_count <= 30 + 5 + 4);
		for (uint32_t k = 0; k < t.link_count; k++) {
			wide += k > 0 && t.links[k].from == t.links[k - 1].from;
			unequal += t.links[k].out.delay != t.links[k].back.delay;
		}
		topo_release(&t);
	}
	assert_true(wide > 100);
	assert_true(unequal > 100);
}

static bool said_anywhere(const struct topo *t, const struct topo_word *word)
{
	bool said = (word->places & TOPO_AT_LOCAL) &&
	            !topo_word_same(word, &t->local, topo_word_plain(word));
	for (uint32_t i = 1; i < t->node_count && !said; i++)
		said = (word->places & TOPO_AT_NODE) &&
		       !topo_word_same(word, &t->nodes[i], topo_word_plain(word));
	for (uint32_t i = 0; i < t->link_count && !said; i++) {
		if (word->places & TOPO_AT_WAY)
			said = !topo_word_same(word, &t->links[i].out, topo_word_plain(word));
		if (word->places & TOPO_AT_LINK)
			said = !topo_word_same(word, &t->links[i], topo_word_plain(word));
	}
	return said;
}

static void test_every_word_is_drawn(void **state)
{
	unsigned times[TOPO_WORDS_MAX] = { 0 };
	uint64_t seed = sample_seed(300);
	(void)state;
	for (int i = 0; i < 100; i++) {
		struct topo t;
		assert_true(generate(&t, seed++, &all));
		for (size_t k = 0; k < topo_word_count; k++)
			times[k] += said_anywhere(&t, &topo_words[k]);
		topo_release(&t);
	}
	for (size_t k = 0; k < topo_word_count; k++)
		if (times[k] == 0)
			fail_msg("%s is never drawn", topo_words[k].name);
}

static void test_only_what_is_asked_for(void **state)
{
	static const char *const words[] = { "loss", "silent", NULL };
	static const char *const none[] = { NULL };
	struct generate_config some = { .size = 20, .words = words, .chance = 0.5, .changes = 5 };
	struct generate_config nothing = { .size = 20, .words = none, .chance = 1 };
	(void)state;
	for (uint64_t seed = 1; seed < 30; seed++) {
		struct topo t;
		assert_true(generate(&t, seed, &some));
		for (size_t k = 0; k < topo_word_count; k++) {
			const char *name = topo_words[k].name;
			if (strcmp(name, "loss") != 0 && strcmp(name, "silent") != 0 &&
			    strcmp(name, "delay") != 0)
				assert_false(said_anywhere(&t, &topo_words[k]));
		}
		topo_release(&t);
		assert_true(generate(&t, seed, &nothing));
		assert_int_equal(t.change_count, 0);
		for (uint32_t i = 0; i < t.link_count; i++)
			assert_true(t.links[i].out.delay > 0 && t.links[i].out.loss < 1e-12);
		topo_release(&t);
	}
}

static void test_changes_are_drawn(void **state)
{
	unsigned links = 0, nodes = 0;
	uint64_t seed = sample_seed(400);
	(void)state;
	for (int i = 0; i < 50; i++) {
		struct topo t;
		assert_true(generate(&t, seed++, &all));
		assert_true(t.change_count <= 10);
		for (uint32_t k = 0; k < t.change_count; k++) {
			links += t.changes[k].is_link;
			nodes += !t.changes[k].is_link;
			assert_true(t.changes[k].at <= 10 * NSEC_S);
			assert_true(k == 0 || t.changes[k].at >= t.changes[k - 1].at);
		}
		topo_release(&t);
	}
	assert_true(links > 50 && nodes > 50);
}

static void test_memory_may_fail(void **state)
{
	(void)state;
	for (long n = 0; alloc_fail_at(n); n++) {
		struct topo t;
		if (generate(&t, 5, &all))
			topo_release(&t);
		else
			assert_null(t.nodes);
	}
	alloc_fail_never();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_drawn_parses_to_itself),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_graphs),
		cmocka_unit_test(test_every_word_is_drawn),
		cmocka_unit_test(test_only_what_is_asked_for),
		cmocka_unit_test(test_changes_are_drawn),
		cmocka_unit_test(test_memory_may_fail),
	};
	return cmocka_run_group_tests_name("generate", tests, NULL, NULL) != 0;
}
