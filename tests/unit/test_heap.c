#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include "base/heap.h"
#include "base/random.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/sample.h"

#define ITEMS 200

/* The same by looking at everything. */
struct model {
	bool in[ITEMS];
	nsec key[ITEMS];
};

static nsec model_least(const struct model *m)
{
	nsec least = NSEC_NEVER;
	for (int i = 0; i < ITEMS; i++)
		if (m->in[i] && m->key[i] < least)
			least = m->key[i];
	return least;
}

static uint32_t model_count(const struct model *m)
{
	uint32_t count = 0;
	for (int i = 0; i < ITEMS; i++)
		count += m->in[i];
	return count;
}

/* Every entry knows its place, and no child is before its parent. */
static void assert_sound(const struct heap *h)
{
	uint32_t placed = 0;
	for (uint32_t i = 0; i < h->count; i++) {
		assert_int_equal(h->positions[h->entries[i].item], i + 1);
		if (i > 0)
			assert_true(h->entries[(i - 1) / 2].key <= h->entries[i].key);
	}
	for (uint32_t i = 0; i < h->items; i++)
		placed += h->positions[i] != 0;
	assert_int_equal(placed, h->count);
}

static void an_empty_heap_never_comes(void **state)
{
	(void)state;
	struct heap h;
	heap_init(&h);
	assert_true(heap_key(&h) == NSEC_NEVER);
	heap_remove(&h, 0);
	heap_remove(&h, UINT32_MAX);
	assert_int_equal(h.count, 0);
	heap_release(&h);
}

static void random_operations_agree_with_a_model(void **state)
{
	(void)state;
	struct random r;
	random_init(&r, sample_seed(11));
	struct heap h;
	heap_init(&h);
	struct model m = { { 0 }, { 0 } };
	for (int step = 0; step < 200000; step++) {
		uint32_t item = (uint32_t)random_below(&r, ITEMS);
		switch (random_below(&r, 5)) {
		case 0:
		case 1: {
			/* Few different keys, so that there are equal ones. */
			nsec key = (nsec)random_below(&r, 50) - 25;
			assert_int_equal(heap_set(&h, item, key), 0);
			m.in[item] = true;
			m.key[item] = key;
			break;
		}
		case 2:
		case 3:
			heap_remove(&h, item);
			m.in[item] = false;
			break;
		default:
			if (h.count == 0)
				break;
			nsec least = heap_key(&h);
			uint32_t top = heap_top(&h);
			assert_true(m.in[top] && m.key[top] == least);
			assert_int_equal(heap_pop(&h), top);
			m.in[top] = false;
		}
		assert_true(heap_key(&h) == model_least(&m));
		assert_int_equal(h.count, model_count(&m));
		if (step % 16 == 0)
			assert_sound(&h);
	}
	heap_release(&h);
	assert_int_equal(h.count, 0);
	assert_null(h.entries);
}

static void pops_come_in_order(void **state)
{
	(void)state;
	struct random r;
	random_init(&r, sample_seed(12));
	struct heap h;
	heap_init(&h);
	for (uint32_t i = 0; i < 20000; i++)
		assert_int_equal(heap_set(&h, i, (nsec)random_next(&r)), 0);
	nsec before = INT64_MIN;
	for (uint32_t i = 0; i < 20000; i++) {
		assert_true(heap_key(&h) >= before);
		before = heap_key(&h);
		(void)heap_pop(&h);
	}
	assert_int_equal(h.count, 0);
	heap_release(&h);
}

static void a_moved_item_stays_single(void **state)
{
	(void)state;
	struct heap h;
	heap_init(&h);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(heap_set(&h, i, i), 0);
	assert_int_equal(heap_set(&h, 9, -1), 0);
	assert_int_equal(heap_top(&h), 9);
	assert_int_equal(heap_set(&h, 9, 100), 0);
	assert_int_equal(heap_top(&h), 0);
	assert_int_equal(h.count, 10);
	assert_sound(&h);
	heap_release(&h);
}

static void no_memory_leaves_the_heap_as_it_was(void **state)
{
	(void)state;
	for (long n = 0; alloc_fail_at(n); n++) {
		struct heap h;
		heap_init(&h);
		uint32_t in = 0;
		for (uint32_t i = 0; i < 100; i++) {
			int error = heap_set(&h, i, (nsec)i);
			if (error == 0) {
				in++;
				continue;
			}
			assert_int_equal(error, -ENOMEM);
			assert_int_equal(h.count, in);
			assert_true(heap_key(&h) == (in ? 0 : NSEC_NEVER));
			/* Memory is back: the same works now. */
			assert_int_equal(heap_set(&h, i, (nsec)i), 0);
			in++;
		}
		assert_int_equal(h.count, 100);
		assert_sound(&h);
		heap_release(&h);
	}
	alloc_fail_never();
}

static void an_item_beyond_all_tables_is_refused(void **state)
{
	(void)state;
	struct heap h;
	heap_init(&h);
	assert_int_equal(heap_set(&h, UINT32_MAX, 1), -ENOMEM);
	assert_int_equal(heap_set(&h, UINT32_MAX - 1, 1), -ENOMEM);
	assert_int_equal(h.count, 0);
	assert_int_equal(heap_set(&h, 3, 1), 0);
	assert_int_equal(h.count, 1);
	heap_release(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_heap_never_comes),
		cmocka_unit_test(random_operations_agree_with_a_model),
		cmocka_unit_test(pops_come_in_order),
		cmocka_unit_test(a_moved_item_stays_single),
		cmocka_unit_test(no_memory_leaves_the_heap_as_it_was),
		cmocka_unit_test(an_item_beyond_all_tables_is_refused),
	};
	return cmocka_run_group_tests_name("heap", tests, NULL, NULL) != 0;
}
