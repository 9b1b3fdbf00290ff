#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include "base/hash.h"
#include "base/random.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/sample.h"

#define KEYS 600

static void an_empty_table_has_nothing(void **state)
{
	(void)state;
	struct hash h;
	uint32_t value = 7;
	hash_init(&h);
	assert_false(hash_get(&h, 0, &value));
	assert_int_equal(value, 7);
	hash_remove(&h, 0);
	assert_int_equal(h.count, 0);
	assert_int_equal(hash_reserve(&h, 0), 0);
	assert_null(h.slots);
	hash_release(&h);
}

/* Random operations against a table of all keys; spread says how keys are made of numbers. */
static void run_model(uint64_t seed, uint64_t (*spread)(uint64_t))
{
	struct random r;
	random_init(&r, seed);
	struct hash h;
	hash_init(&h);
	bool in[KEYS] = { false };
	uint32_t value[KEYS] = { 0 };
	size_t count = 0;
	for (int step = 0; step < 300000; step++) {
		size_t k = (size_t)random_below(&r, KEYS);
		/* The share of insertions swings, so that the table fills and empties. */
		if (random_below(&r, 100) < (step / 3000 % 2 ? 70U : 30U)) {
			value[k] = (uint32_t)random_next(&r);
			assert_int_equal(hash_set(&h, spread(k), value[k]), 0);
			count += !in[k];
			in[k] = true;
		} else {
			hash_remove(&h, spread(k));
			count -= in[k];
			in[k] = false;
		}
		assert_true(h.count == count);
		size_t asked = (size_t)random_below(&r, KEYS);
		uint32_t got = 0;
		assert_int_equal(hash_get(&h, spread(asked), &got), in[asked]);
		if (in[asked])
			assert_int_equal(got, value[asked]);
		if (step % 1000)
			continue;
		for (size_t i = 0; i < KEYS; i++) {
			assert_int_equal(hash_get(&h, spread(i), &got), in[i]);
			if (in[i])
				assert_int_equal(got, value[i]);
		}
	}
	hash_release(&h);
	assert_null(h.slots);
	assert_true(h.count == 0);
}

static uint64_t counting(uint64_t k)
{
	return k;
}

static uint64_t high_bits(uint64_t k)
{
	return k << 54;
}

/* Keys that all have one home in a table of any size: the runs are as long as they can be. */
static uint64_t colliding(uint64_t k)
{
	/*
	 * home is taken from (key ^ key >> 32) * odd, bits 32 and up. Those are the same for all x
	 * that are k times 2^54 multiplied by the inverse of odd; and key ^ key >> 32 is its own
	 * inverse.
	 */
	uint64_t inverse = UINT64_C(0x9e3779b97f4a7c15);
	for (int i = 0; i < 6; i++)
		inverse *= 2 - UINT64_C(0x9e3779b97f4a7c15) * inverse;
	uint64_t x = (k << 54) * inverse;
	return x ^ x >> 32;
}

static void random_operations_agree_with_a_model(void **state)
{
	(void)state;
	uint64_t seed = sample_seed(21);
	run_model(seed, counting);
	run_model(seed + 1, high_bits);
	run_model(seed + 2, colliding);
}

static void all_keys_are_keys(void **state)
{
	(void)state;
	struct hash h;
	hash_init(&h);
	static const uint64_t keys[] = { 0, 1, UINT64_MAX, UINT64_C(1) << 63, UINT64_C(1) << 32 };
	uint32_t got;
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(hash_set(&h, keys[i], i), 0);
	for (uint32_t i = 0; i < 5; i++) {
		assert_true(hash_get(&h, keys[i], &got));
		assert_int_equal(got, i);
	}
	assert_int_equal(hash_set(&h, 0, 9), 0);
	assert_true(hash_get(&h, 0, &got));
	assert_int_equal(got, 9);
	assert_true(h.count == 5);
	hash_release(&h);
}

static void reserved_room_needs_no_memory(void **state)
{
	(void)state;
	for (size_t count = 1; count < 2000; count = count * 3 + 1) {
		struct hash h;
		hash_init(&h);
		assert_int_equal(hash_set(&h, 1000000, 1), 0);
		assert_int_equal(hash_reserve(&h, count + 1), 0);
		unsigned long calls = alloc_fail.calls;
		for (uint64_t k = 0; k < count; k++)
			assert_int_equal(hash_set(&h, k, (uint32_t)k), 0);
		assert_true(alloc_fail.calls == calls);
		uint32_t got;
		assert_true(hash_get(&h, 1000000, &got));
		hash_release(&h);
	}
}

static void there_is_always_a_free_slot(void **state)
{
	(void)state;
	struct hash h;
	hash_init(&h);
	for (uint64_t k = 0; k < 5000; k++) {
		assert_int_equal(hash_set(&h, k, 0), 0);
		/* Full above three quarters, a search for what is not there would be long. */
		assert_true(h.count * 4 <= (h.mask + 1) * 3);
	}
	hash_release(&h);
}

static void no_memory_leaves_the_table_as_it_was(void **state)
{
	(void)state;
	for (long n = 0; alloc_fail_at(n); n++) {
		struct hash h;
		hash_init(&h);
		uint32_t got;
		for (uint32_t k = 0; k < 200; k++) {
			int error = hash_set(&h, k, k);
			if (error) {
				assert_int_equal(error, -ENOMEM);
				assert_true(h.count == k);
				assert_false(hash_get(&h, k, &got));
				assert_int_equal(hash_set(&h, k, k), 0);
			}
		}
		for (uint32_t k = 0; k < 200; k++) {
			assert_true(hash_get(&h, k, &got));
			assert_int_equal(got, k);
		}
		hash_release(&h);
	}
	alloc_fail_never();
	struct hash h;
	hash_init(&h);
	assert_int_equal(hash_reserve(&h, SIZE_MAX), -ENOMEM);
	assert_int_equal(hash_reserve(&h, SIZE_MAX / 2), -ENOMEM);
	assert_null(h.slots);
	hash_release(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table_has_nothing),
		cmocka_unit_test(random_operations_agree_with_a_model),
		cmocka_unit_test(all_keys_are_keys),
		cmocka_unit_test(reserved_room_needs_no_memory),
		cmocka_unit_test(there_is_always_a_free_slot),
		cmocka_unit_test(no_memory_leaves_the_table_as_it_was),
	};
	return cmocka_run_group_tests_name("hash", tests, NULL, NULL) != 0;
}
