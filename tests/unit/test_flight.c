#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "base/random.h"
#include "probe/flight.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/sample.h"

static const struct siphash_key key = { 3, 4 };

static struct flight_record record(uint32_t dst, uint16_t number, nsec sent)
{
	return (struct flight_record){ .token = number,
		                       .sent = sent,
		                       .dst = addr_v4(dst),
		                       .id = 7,
		                       .number = number,
		                       .port = 9,
		                       .kind = 1 };
}

static uint32_t add(struct flight *f, struct flight_record r)
{
	uint32_t serial = UINT32_MAX, next = flight_next(f);
	assert_int_equal(flight_add(f, &r, &serial), 0);
	assert_int_equal(serial, next);
	return serial;
}

static struct flight_record *find(struct flight *f, uint32_t dst, uint16_t number)
{
	struct addr a = addr_v4(dst);
	return flight_find(f, 1, &a, 7, number, 9);
}

static void limits_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	struct flight f;
	assert_int_equal(flight_init(&f, key, 0, 1), -EINVAL);
	assert_int_equal(flight_init(&f, key, (UINT32_C(1) << 31) + 1, 1), -EINVAL);
	assert_int_equal(flight_init(&f, key, 10, -1), -EINVAL);
	assert_int_equal(flight_init(&f, key, UINT32_C(1) << 31, 0), 0);
	assert_null(flight_at(&f, 0));
	assert_null(find(&f, 1, 1));
	flight_release(&f);
}

static void a_record_is_found_by_serial_and_by_identity(void **state)
{
	(void)state;
	struct flight f;
	assert_int_equal(flight_init(&f, key, 100, NSEC_S), 0);
	struct flight_record r = record(1, 2, 10);
	r.token = 0x123456789;
	uint32_t serial = add(&f, r);
	struct flight_record *by_serial = flight_at(&f, serial);
	assert_non_null(by_serial);
	assert_true(by_serial->token == 0x123456789 && by_serial->live);
	assert_int_equal(by_serial->serial, serial);
	assert_ptr_equal(find(&f, 1, 2), by_serial);

	/* Each part of the identity counts. */
	struct addr a = addr_v4(1), b = addr_v4(2), six = a;
	six.family = 6;
	assert_null(flight_find(&f, 2, &a, 7, 2, 9));
	assert_null(flight_find(&f, 1, &b, 7, 2, 9));
	assert_null(flight_find(&f, 1, &six, 7, 2, 9));
	assert_null(flight_find(&f, 1, &a, 8, 2, 9));
	assert_null(flight_find(&f, 1, &a, 7, 3, 9));
	assert_null(flight_find(&f, 1, &a, 7, 2, 8));
	assert_null(flight_at(&f, serial + 1));
	assert_null(flight_at(&f, serial - 1));
	flight_release(&f);
}

static void a_missing_scope_is_no_difference(void **state)
{
	(void)state;
	struct flight f;
	assert_int_equal(flight_init(&f, key, 100, NSEC_S), 0);
	struct flight_record r = record(1, 2, 10);
	assert_true(addr_parse("fe80::1%3", &r.dst));
	add(&f, r);
	struct addr same, bare, other;
	assert_true(addr_parse("fe80::1%3", &same));
	assert_true(addr_parse("fe80::1", &bare));
	assert_true(addr_parse("fe80::1%4", &other));
	assert_non_null(flight_find(&f, 1, &same, 7, 2, 9));
	assert_non_null(flight_find(&f, 1, &bare, 7, 2, 9));
	assert_null(flight_find(&f, 1, &other, 7, 2, 9));
	flight_release(&f);
}

static void the_youngest_of_equals_is_found(void **state)
{
	(void)state;
	struct flight f;
	assert_int_equal(flight_init(&f, key, 100, NSEC_S), 0);
	uint32_t first = add(&f, record(1, 2, 10));
	uint32_t second = add(&f, record(1, 2, 11));
	assert_int_equal(find(&f, 1, 2)->serial, second);
	assert_non_null(flight_at(&f, first));
	/* Taken back, it leaves the place to the one before. */
	flight_cancel(&f, second);
	assert_null(flight_at(&f, second));
	assert_int_equal(find(&f, 1, 2)->serial, first);
	/* An older one taken back changes nothing for the youngest. */
	second = add(&f, record(1, 2, 12));
	flight_cancel(&f, first);
	assert_null(flight_at(&f, first));
	assert_int_equal(find(&f, 1, 2)->serial, second);
	flight_cancel(&f, second);
	assert_null(find(&f, 1, 2));
	flight_cancel(&f, second);
	flight_cancel(&f, 12345);
	flight_release(&f);
}

static void refused_sends_do_not_use_up_the_ring(void **state)
{
	(void)state;
	struct flight f;
	assert_int_equal(flight_init(&f, key, 8, NSEC_S), 0);
	uint32_t kept = add(&f, record(1, 1, 10));
	for (int round = 0; round < 100; round++) {
		/* A batch of which all are refused, in the order they were tried. */
		uint32_t serial[4];
		for (uint16_t i = 0; i < 4; i++)
			serial[i] = add(&f, record(2, i, 10));
		for (int i = 0; i < 4; i++)
			flight_cancel(&f, serial[i]);
	}
	assert_non_null(flight_at(&f, kept));
	assert_ptr_equal(find(&f, 1, 1), flight_at(&f, kept));
	assert_true(f.index.count == 1);
	flight_release(&f);
}

static void the_oldest_gives_way_at_the_limit(void **state)
{
	(void)state;
	/* A limit that is no power of two, and one that is. */
	static const uint32_t limits[] = { 1, 3, 64, 100, 128 };
	for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
		struct flight f;
		assert_int_equal(flight_init(&f, key, limits[l], NSEC_S), 0);
		for (uint16_t i = 0; i < 1000; i++) {
			uint32_t serial = add(&f, record(1, i, 10));
			assert_int_equal(serial, i);
			assert_non_null(find(&f, 1, i));
			uint32_t oldest = i + 1U > limits[l] ? i + 1 - limits[l] : 0;
			assert_non_null(flight_at(&f, oldest));
			assert_non_null(find(&f, 1, (uint16_t)oldest));
			if (oldest > 0) {
				assert_null(flight_at(&f, oldest - 1));
				assert_null(find(&f, 1, (uint16_t)(oldest - 1)));
			}
		}
		assert_true(f.index.count == limits[l]);
		assert_true(f.capacity < 2 * limits[l] || f.capacity == 64);
		flight_release(&f);
		assert_null(f.ring);
	}
}

static void what_is_past_keep_goes(void **state)
{
	(void)state;
	struct flight f;
	assert_int_equal(flight_init(&f, key, 100, 1000), 0);
	uint32_t a = add(&f, record(1, 1, 0));
	uint32_t b = add(&f, record(1, 2, 1));
	add(&f, record(1, 3, 1000));
	assert_non_null(flight_at(&f, a)); /* exactly keep is not past it */
	add(&f, record(1, 4, 1001));
	assert_null(flight_at(&f, a));
	assert_null(find(&f, 1, 1));
	assert_non_null(flight_at(&f, b));
	add(&f, record(1, 5, 1002));
	assert_null(flight_at(&f, b));
	flight_release(&f);
	/* Also where it is the only one. */
	assert_int_equal(flight_init(&f, key, 100, 1000), 0);
	a = add(&f, record(1, 1, 0));
	add(&f, record(1, 2, 1001));
	assert_null(flight_at(&f, a));
	flight_release(&f);
}

static void serials_wrap(void **state)
{
	(void)state;
	struct flight f;
	assert_int_equal(flight_init(&f, key, 200, NSEC_S), 0);
	f.head = f.tail = UINT32_MAX - 100;
	for (uint16_t i = 0; i < 1000; i++) {
		uint32_t serial = add(&f, record(1, i, 10));
		assert_int_equal(serial, UINT32_MAX - 100 + i);
		assert_int_equal(find(&f, 1, i)->serial, serial);
		uint16_t back = i < 199 ? i : 199;
		assert_int_equal(flight_at(&f, serial - back)->number, i - back);
		assert_null(flight_at(&f, serial - 200));
	}
	flight_release(&f);
}

static bool number_below(const struct flight_record *r, const void *wanted)
{
	return r->number < *(const uint16_t *)wanted;
}

static void a_search_prefers_the_youngest_unanswered(void **state)
{
	(void)state;
	struct flight f;
	assert_int_equal(flight_init(&f, key, 5000, NSEC_S), 0);
	uint16_t bound = 5;
	assert_null(flight_search(&f, number_below, &bound));
	uint32_t serial[10];
	for (uint16_t i = 0; i < 10; i++)
		serial[i] = add(&f, record(1, i, 10));
	assert_int_equal(flight_search(&f, number_below, &bound)->serial, serial[4]);
	flight_at(&f, serial[4])->answered = true;
	flight_at(&f, serial[3])->answered = true;
	assert_int_equal(flight_search(&f, number_below, &bound)->serial, serial[2]);
	for (int i = 0; i < 3; i++)
		flight_at(&f, serial[i])->answered = true;
	assert_int_equal(flight_search(&f, number_below, &bound)->serial, serial[4]);
	flight_cancel(&f, serial[4]);
	assert_int_equal(flight_search(&f, number_below, &bound)->serial, serial[3]);
	/* It looks back so far and no farther. */
	for (uint16_t i = 0; i < FLIGHT_SEARCH - 7; i++)
		add(&f, record(1, 100, 10));
	assert_null(flight_search(&f, number_below, (uint16_t[]){ 2 }));
	assert_int_equal(flight_search(&f, number_below, &bound)->serial, serial[3]);
	add(&f, record(1, 100, 10));
	assert_null(flight_search(&f, number_below, &bound));
	flight_release(&f);
}

/* --- against a list of all that ever happened ------------------------------------------------ */

enum { MODEL_MAX = 20000, MODEL_LIMIT = 300, MODEL_KEEP = 500 };

struct past {
	struct flight_record r;
	uint32_t serial;
	bool gone;
};

static void random_operations_agree_with_a_model(void **state)
{
	(void)state;
	static struct past past[MODEL_MAX];
	struct random r;
	random_init(&r, sample_seed(71));
	struct flight f;
	assert_int_equal(flight_init(&f, key, MODEL_LIMIT, MODEL_KEEP), 0);
	size_t count = 0;
	nsec now = 0;
	while (count < MODEL_MAX) {
		now += (nsec)random_below(&r, 5);
		uint32_t dst = (uint32_t)random_below(&r, 3);
		uint16_t number = (uint16_t)random_below(&r, 60);
		if (random_below(&r, 20) == 0 && count > 0) {
			flight_cancel(&f, past[count - 1].serial);
			past[count - 1].gone = true;
		} else {
			past[count].r = record(dst, number, now);
			past[count].serial = add(&f, past[count].r);
			past[count].gone = false;
			count++;
		}
		/* The last that is not cancelled, not past keep at the last add, not beyond the
		 * limit. */
		nsec last_add = past[count - 1].r.sent;
		const struct past *want = NULL;
		uint32_t newest = past[count - 1].serial;
		uint16_t asked = (uint16_t)random_below(&r, 60);
		for (size_t i = count; i-- > 0 && !want;) {
			const struct past *p = &past[i];
			if (last_add - p->r.sent > MODEL_KEEP || newest - p->serial >= MODEL_LIMIT)
				break;
			if (!p->gone && p->r.number == asked && addr_to_v4(&p->r.dst) == 1)
				want = p;
		}
		struct flight_record *got = find(&f, 1, asked);
		assert_int_equal(got != NULL, want != NULL);
		if (want) {
			assert_int_equal(got->serial, want->serial);
			assert_true(got->sent == want->r.sent);
			assert_ptr_equal(flight_at(&f, want->serial), got);
		}
	}
	flight_release(&f);
}

static void no_memory_adds_nothing(void **state)
{
	(void)state;
	for (long n = 0; alloc_fail_at(n); n++) {
		struct flight f;
		assert_int_equal(flight_init(&f, key, 1000, NSEC_S), 0);
		for (uint16_t i = 0; i < 500; i++) {
			struct flight_record r = record(1, i, 10);
			uint32_t serial = 77;
			int error = flight_add(&f, &r, &serial);
			if (error) {
				assert_int_equal(error, -ENOMEM);
				assert_int_equal(flight_next(&f), i);
				assert_null(find(&f, 1, i));
				if (i > 0)
					assert_non_null(find(&f, 1, (uint16_t)(i - 1)));
				serial = add(&f, r);
			}
			assert_int_equal(serial, i);
		}
		for (uint16_t i = 0; i < 500; i++)
			assert_int_equal(find(&f, 1, i)->serial, i);
		flight_release(&f);
	}
	alloc_fail_never();
}

static void memory_is_asked_for_only_when_the_ring_doubles(void **state)
{
	(void)state;
	struct flight f;
	assert_int_equal(flight_init(&f, key, 1 << 14, NSEC_S), 0);
	unsigned long calls = alloc_fail.calls;
	for (uint32_t i = 0; i < 1 << 16; i++) {
		uint32_t capacity = f.capacity;
		unsigned long before = alloc_fail.calls;
		add(&f, record(i / 1000, (uint16_t)i, 10));
		if (f.capacity == capacity)
			assert_true(alloc_fail.calls == before);
	}
	/* 64 to 16384 are nine sizes, of ring and index each. */
	assert_true(alloc_fail.calls - calls <= 18);
	flight_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_that_make_no_sense_are_refused),
		cmocka_unit_test(a_record_is_found_by_serial_and_by_identity),
		cmocka_unit_test(a_missing_scope_is_no_difference),
		cmocka_unit_test(the_youngest_of_equals_is_found),
		cmocka_unit_test(refused_sends_do_not_use_up_the_ring),
		cmocka_unit_test(the_oldest_gives_way_at_the_limit),
		cmocka_unit_test(what_is_past_keep_goes),
		cmocka_unit_test(serials_wrap),
		cmocka_unit_test(a_search_prefers_the_youngest_unanswered),
		cmocka_unit_test(random_operations_agree_with_a_model),
		cmocka_unit_test(no_memory_adds_nothing),
		cmocka_unit_test(memory_is_asked_for_only_when_the_ring_doubles),
	};
	return cmocka_run_group_tests_name("flight", tests, NULL, NULL) != 0;
}
