#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "algo/ping_ring.h"
#include "base/random.h"

static uint64_t add(struct ping_ring *r, struct ping_chain *chain, uint32_t target, nsec now)
{
	uint64_t serial = 0;
	assert_int_equal(ping_ring_add(r, chain, target, 1, now, &serial), 0);
	return serial;
}

static void serials_count_from_zero_and_find_their_record(void **state)
{
	(void)state;
	struct ping_ring ring;
	struct ping_chain chain = { 0 };
	ping_ring_init(&ring, NSEC_S);
	assert_null(ping_ring_at(&ring, 0));
	uint64_t serial;
	assert_null(ping_ring_oldest(&ring, &serial));
	for (uint64_t i = 0; i < 1000; i++) {
		assert_int_equal(
		        ping_ring_add(&ring, &chain, (uint32_t)i % 7, i + 1, (nsec)i, &serial), 0);
		assert_int_equal(serial, i);
	}
	for (uint64_t i = 0; i < 1000; i++) {
		const struct ping_record *record = ping_ring_at(&ring, i);
		assert_non_null(record);
		assert_int_equal(record->seq, i + 1);
		assert_int_equal(record->sent, i);
		assert_int_equal(record->target, i % 7);
		assert_int_equal(record->state, PING_LAUNCHED);
	}
	assert_null(ping_ring_at(&ring, 1000));
	assert_int_equal(chain.count, 1000);
	ping_ring_release(&ring);
}

static void the_oldest_unsettled_is_found(void **state)
{
	(void)state;
	struct ping_ring ring;
	struct ping_chain chain = { 0 };
	ping_ring_init(&ring, NSEC_S);
	for (int i = 0; i < 4; i++)
		(void)add(&ring, &chain, 0, i);
	uint64_t serial;
	assert_ptr_equal(ping_ring_oldest(&ring, &serial), ping_ring_at(&ring, 0));
	ping_ring_settle(&ring, &chain, 1, PING_ANSWERED);
	(void)ping_ring_oldest(&ring, &serial);
	assert_int_equal(serial, 0);
	ping_ring_settle(&ring, &chain, 0, PING_LOST);
	(void)ping_ring_oldest(&ring, &serial);
	assert_int_equal(serial, 2);
	ping_ring_settle(&ring, &chain, 2, PING_FAILED);
	ping_ring_settle(&ring, &chain, 3, PING_UNSENT);
	assert_null(ping_ring_oldest(&ring, &serial));
	assert_int_equal(chain.count, 0);
	/* Settled ones are still known. */
	assert_int_equal(ping_ring_at(&ring, 0)->state, PING_LOST);
	ping_ring_release(&ring);
}

static void a_settled_record_gives_way_once_it_was_kept(void **state)
{
	(void)state;
	struct ping_ring ring;
	struct ping_chain chain = { 0 };
	ping_ring_init(&ring, NSEC_S);
	for (int i = 0; i < 64; i++)
		ping_ring_settle(&ring, &chain, add(&ring, &chain, 0, 0), PING_ANSWERED);
	assert_int_equal(ring.capacity, 64);
	(void)add(&ring, &chain, 0, NSEC_S - 1); /* too early: the ring grows */
	assert_int_equal(ring.capacity, 128);
	assert_non_null(ping_ring_at(&ring, 0));
	for (int i = 65; i < 128; i++)
		(void)add(&ring, &chain, 0, NSEC_S - 1);
	(void)add(&ring, &chain, 0, NSEC_S);
	assert_int_equal(ring.capacity, 128);
	assert_null(ping_ring_at(&ring, 0));
	assert_non_null(ping_ring_at(&ring, 1));
	/* An unsettled one never does: 1 to 63 may go, 64 waits. */
	for (int i = 0; i < 63; i++)
		(void)add(&ring, &chain, 0, 100 * NSEC_S);
	assert_int_equal(ring.capacity, 128);
	(void)add(&ring, &chain, 0, 1000 * NSEC_S);
	assert_int_equal(ring.capacity, 256);
	assert_non_null(ping_ring_at(&ring, 64));
	ping_ring_release(&ring);
}

static void eviction_takes_the_oldest_along(void **state)
{
	(void)state;
	struct ping_ring ring;
	struct ping_chain chain = { 0 };
	ping_ring_init(&ring, 0);
	for (int i = 0; i < 64; i++)
		ping_ring_settle(&ring, &chain, add(&ring, &chain, 0, 0), PING_ANSWERED);
	/* Nobody has asked for the oldest, and all that were so go. */
	for (uint64_t i = 0; i < 64; i++)
		(void)add(&ring, &chain, 0, 1);
	assert_int_equal(ring.capacity, 64);
	uint64_t serial;
	assert_non_null(ping_ring_oldest(&ring, &serial));
	assert_int_equal(serial, 64);
	ping_ring_release(&ring);
}

static void settled_records_alone_do_not_make_it_large(void **state)
{
	(void)state;
	struct ping_ring ring;
	struct ping_chain chain = { 0 };
	ping_ring_init(&ring, NSEC_NEVER);
	for (uint32_t i = 0; i < 3 * PING_RING_KEPT; i++)
		ping_ring_settle(&ring, &chain, add(&ring, &chain, 0, 0), PING_ANSWERED);
	assert_int_equal(ring.capacity, PING_RING_KEPT);
	assert_null(ping_ring_at(&ring, 2 * PING_RING_KEPT - 1));
	assert_non_null(ping_ring_at(&ring, 2 * PING_RING_KEPT));
	uint64_t serial;
	assert_null(ping_ring_oldest(&ring, &serial));
	ping_ring_release(&ring);
}

static void it_grows_to_its_limit_and_no_further(void **state)
{
	(void)state;
	struct ping_ring ring;
	struct ping_chain chain = { 0 };
	ping_ring_init(&ring, NSEC_NEVER);
	assert_int_equal(ring.limit, PING_RING_LIMIT);
	ring.limit = 256;
	for (int i = 0; i < 256; i++)
		(void)add(&ring, &chain, 0, 0);
	uint64_t serial = 77;
	assert_int_equal(ping_ring_add(&ring, &chain, 0, 1, 0, &serial), -ENOBUFS);
	assert_int_equal(serial, 77);
	assert_int_equal(chain.count, 256);
	assert_int_equal(ring.head, 256);
	/* A settled one in the middle does not help, the oldest does, kept or not. */
	ping_ring_settle(&ring, &chain, 5, PING_ANSWERED);
	assert_int_equal(ping_ring_add(&ring, &chain, 0, 1, 0, &serial), -ENOBUFS);
	ping_ring_settle(&ring, &chain, 0, PING_ANSWERED);
	assert_int_equal(add(&ring, &chain, 0, 0), 256);
	ping_ring_release(&ring);
}

/* Chains against a plain list of the same, through growth, eviction and removal anywhere. */
#define CHAINS 5
#define MODEL  4096
static void chains_hold_the_unsettled_in_order(void **state)
{
	(void)state;
	const char *text = getenv("SONDE_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;
	print_message("SONDE_SEED=%llu\n", (unsigned long long)seed);
	struct random random;
	random_init(&random, seed);
	struct ping_ring ring;
	ping_ring_init(&ring, 50);
	struct ping_chain chains[CHAINS] = { 0 };
	static uint64_t model[CHAINS][MODEL];
	size_t count[CHAINS] = { 0 };
	for (nsec now = 0; now < 50000; now++) {
		size_t c = random_below(&random, CHAINS);
		if (random_below(&random, 2) && count[c] < MODEL) {
			model[c][count[c]++] = add(&ring, &chains[c], (uint32_t)c, now);
		} else if (count[c]) {
			/* Mostly old ones, so that the ring can let go. */
			size_t i = random_below(&random, 4) ? 0 : random_below(&random, count[c]);
			ping_ring_settle(&ring, &chains[c], model[c][i], PING_LOST);
			count[c]--;
			for (size_t k = i; k < count[c]; k++)
				model[c][k] = model[c][k + 1];
		}
		assert_int_equal(chains[c].count, count[c]);
		if (count[c] == 0)
			continue;
		assert_int_equal(chains[c].first, model[c][0]);
		assert_int_equal(chains[c].last, model[c][count[c] - 1]);
		if (now % 16)
			continue;
		uint64_t serial = chains[c].first;
		for (size_t k = 0; k < count[c]; k++) {
			assert_int_equal(serial, model[c][k]);
			const struct ping_record *record = ping_ring_at(&ring, serial);
			assert_int_equal(record->target, c);
			assert_int_equal(record->before, k ? serial - model[c][k - 1] : 0);
			serial += record->after;
		}
	}
	assert_true(ring.tail > 0);
	ping_ring_release(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serials_count_from_zero_and_find_their_record),
		cmocka_unit_test(the_oldest_unsettled_is_found),
		cmocka_unit_test(a_settled_record_gives_way_once_it_was_kept),
		cmocka_unit_test(eviction_takes_the_oldest_along),
		cmocka_unit_test(settled_records_alone_do_not_make_it_large),
		cmocka_unit_test(it_grows_to_its_limit_and_no_further),
		cmocka_unit_test(chains_hold_the_unsettled_in_order),
	};
	return cmocka_run_group_tests_name("ping_ring", tests, NULL, NULL) != 0;
}
