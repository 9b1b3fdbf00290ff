/* Fragments to datagrams, in any order, and those that belong to none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/random.h"
#include "tests/sim/reassembly.h"
#include "tests/unit/sample.h"

#define LENGTH_MAX 4000

static uint8_t bytes[LENGTH_MAX];

/* Piece [from, to) of a datagram of length bytes. */
static struct datagram piece(uint32_t id, size_t from, size_t to, size_t length)
{
	struct datagram d = { .family = 4,
		              .protocol = 17,
		              .src = addr_v4(0xc6120001),
		              .dst = addr_v4(0xc6120909),
		              .id = id,
		              .offset = (uint16_t)from,
		              .more = to < length,
		              .fragment = true,
		              .upper = { bytes + from, to - from } };
	return d;
}

static bool add(struct reassembly *r, struct datagram *d, nsec time)
{
	uint32_t largest;
	return reassembly_add(r, d, &time, &largest);
}

static void fill(void)
{
	for (size_t i = 0; i < LENGTH_MAX; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
}

/* Cut anywhere, shuffled, some twice: whole with the last that was missing, and not before. */
static void test_any_order(void **state)
{
	struct random random;
	struct reassembly r;
	(void)state;
	random_init(&random, sample_seed(1));
	fill();
	reassembly_init(&r);
	for (uint32_t id = 1; id <= 2000; id++) {
		struct datagram pieces[80];
		bool seen[80] = { false };
		size_t length = 2 + (size_t)random_below(&random, LENGTH_MAX - 1);
		size_t count = 0, missing;
		for (size_t at = 0; at < length && count < 79; count++) {
			size_t to = at + 8 * (1 + (size_t)random_below(&random, 20));
			to = to > length || count == 78 ? length : to;
			pieces[count] = piece(id, at, to, length);
			at = to;
		}
		missing = count;
		nsec newest = 0;
		while (missing) {
			size_t which = (size_t)random_below(&random, count);
			struct datagram d = pieces[which];
			nsec time = id * NSEC_S + (nsec)random_below(&random, NSEC_S);
			newest = nsec_max(newest, time);
			uint32_t largest = 0;
			missing -= !seen[which];
			seen[which] = true;
			assert_int_equal(reassembly_add(&r, &d, &time, &largest), missing == 0);
			if (missing)
				continue;
			assert_int_equal(time, newest);
			assert_false(d.fragment || d.more);
			assert_int_equal(d.upper.length, length);
			assert_memory_equal(d.upper.data, bytes, length);
		}
	}
	reassembly_release(&r);
}

/* Nothing lies behind the last fragment, whichever came first; and there is one last. */
static void test_ends_that_do_not_agree(void **state)
{
	struct reassembly r;
	(void)state;
	fill();
	reassembly_init(&r);
	struct datagram last = piece(1, 16, 20, 20), beyond = piece(1, 24, 32, 100);
	struct datagram other = piece(1, 16, 19, 19), longer = piece(1, 16, 23, 23);
	struct datagram first = piece(1, 0, 16, 20);
	assert_false(add(&r, &last, 0));
	assert_false(add(&r, &beyond, 0));
	assert_false(add(&r, &other, 0));
	assert_false(add(&r, &longer, 0));
	assert_true(add(&r, &first, 0));
	assert_int_equal(first.upper.length, 20);
	assert_memory_equal(first.upper.data, bytes, 20);
	/* With as many blocks as there should be, but not those. */
	struct datagram far = piece(2, 80, 88, 100), near = piece(2, 0, 8, 100);
	struct datagram end = piece(2, 8, 16, 16);
	assert_false(add(&r, &far, 0));
	assert_false(add(&r, &near, 0));
	assert_false(add(&r, &end, 0));
	reassembly_release(&r);
}

static void test_what_is_no_fragment_of_anything(void **state)
{
	struct reassembly r;
	(void)state;
	fill();
	reassembly_init(&r);
	struct datagram empty = piece(1, 0, 0, 8);
	struct datagram odd = piece(1, 0, 9, 20);
	struct datagram beyond = piece(1, 0, 64, 100);
	beyond.offset = 65528;
	assert_false(add(&r, &empty, 0));
	assert_false(add(&r, &odd, 0));
	assert_false(add(&r, &beyond, 0));
	struct datagram first = piece(1, 0, 8, 16), last = piece(1, 8, 16, 16);
	assert_false(add(&r, &first, 0));
	assert_true(add(&r, &last, 0));
	reassembly_release(&r);
}

/* Those of other datagrams do not help, and what is older than 30 s is forgotten. */
static void test_datagrams_are_told_apart(void **state)
{
	struct reassembly r;
	(void)state;
	fill();
	reassembly_init(&r);
	struct datagram first = piece(1, 0, 8, 16);
	assert_false(add(&r, &first, 0));
	for (int i = 0; i < 5; i++) {
		struct datagram last = piece(1, 8, 16, 16);
		if (i == 0)
			last.id = 2;
		else if (i == 1)
			last.protocol = 1;
		else if (i == 2)
			last.src.bytes[3] ^= 1;
		else if (i == 3)
			last.dst.bytes[3] ^= 1;
		assert_int_equal(add(&r, &last, REASSEMBLY_KEEP), i == 4);
	}
	first = piece(3, 0, 8, 16);
	struct datagram last = piece(3, 8, 16, 16);
	assert_false(add(&r, &first, 0));
	assert_false(add(&r, &last, REASSEMBLY_KEEP + 1));
	reassembly_release(&r);
}

static void test_the_oldest_gives_way(void **state)
{
	struct reassembly r;
	(void)state;
	fill();
	reassembly_init(&r);
	for (uint32_t id = 0; id <= REASSEMBLY_MAX; id++) {
		struct datagram first = piece(id, 0, 8, 16);
		assert_false(add(&r, &first, id));
	}
	for (uint32_t id = REASSEMBLY_MAX; id > 0; id--) {
		struct datagram last = piece(id, 8, 16, 16);
		assert_true(add(&r, &last, REASSEMBLY_MAX));
	}
	struct datagram last = piece(0, 8, 16, 16);
	assert_false(add(&r, &last, REASSEMBLY_MAX));
	reassembly_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_ends_that_do_not_agree),
		cmocka_unit_test(test_what_is_no_fragment_of_anything),
		cmocka_unit_test(test_datagrams_are_told_apart),
		cmocka_unit_test(test_the_oldest_gives_way),
	};
	return cmocka_run_group_tests_name("reassembly", tests, NULL, NULL) != 0;
}
