#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "base/random.h"
#include "probe/pacer.h"
#include "tests/unit/sample.h"

static void the_first_is_due_at_the_start(void **state)
{
	(void)state;
	struct pacer p;
	pacer_init(&p, 5 * NSEC_S, 100, 1);
	assert_int_equal(pacer_due(&p, 5 * NSEC_S - 1), 0);
	assert_int_equal(pacer_due(&p, 5 * NSEC_S), 1);
	assert_true(pacer_next(&p) == 5 * NSEC_S);
	pacer_sent(&p, 1);
	assert_true(pacer_next(&p) == 5 * NSEC_S + 10 * NSEC_MS);
	assert_int_equal(pacer_due(&p, 5 * NSEC_S + 10 * NSEC_MS - 1), 0);
	assert_int_equal(pacer_due(&p, 5 * NSEC_S + 10 * NSEC_MS), 1);
}

/* Woken at each deadline and now and then too late: after a second the count is that of the rate.
 */
static void the_mean_rate_is_exact(void **state)
{
	(void)state;
	static const double rates[] = { 1, 3, 7, 100, 999, 44100, 300000, 1500000, 14880952.38 };
	struct random r;
	random_init(&r, sample_seed(61));
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		struct pacer p;
		pacer_init(&p, 0, rates[i], 1000000);
		nsec now = 0;
		while (now < NSEC_S) {
			uint32_t due = pacer_due(&p, now);
			pacer_sent(&p, due);
			assert_int_equal(pacer_due(&p, now), 0);
			assert_true(pacer_next(&p) > now);
			/* No packet is early: the nth comes n intervals after the first. */
			assert_true(pacer_next(&p) ==
			            (nsec)llround((double)p.sent * 1e9 / rates[i]));
			now = pacer_next(&p) + (nsec)random_below(&r, 20000);
		}
		double sent = (double)p.sent;
		assert_true(fabs(sent - rates[i]) <= 1 + rates[i] * 2e-5);
	}
}

static void a_late_wake_up_is_caught_up(void **state)
{
	(void)state;
	struct pacer p;
	pacer_init(&p, 0, 1000, 50);
	pacer_sent(&p, pacer_due(&p, 0));
	/* 20 ms late: 20 are due, and the schedule is the old one. */
	assert_int_equal(pacer_due(&p, 20 * NSEC_MS), 20);
	pacer_sent(&p, 20);
	assert_true(pacer_next(&p) == 21 * NSEC_MS);
}

static void a_lag_beyond_the_burst_is_forgiven(void **state)
{
	(void)state;
	struct pacer p;
	pacer_init(&p, 0, 1000, 5);
	pacer_sent(&p, pacer_due(&p, 0));
	/* One due each millisecond; at 100.4 ms 100 are, of which 95 are forgiven. */
	nsec now = 100 * NSEC_MS + 400 * NSEC_US;
	assert_int_equal(pacer_due(&p, now), 5);
	assert_int_equal(pacer_due(&p, now), 5);
	pacer_sent(&p, 5);
	assert_int_equal(pacer_due(&p, now), 0);
	assert_true(pacer_next(&p) == 101 * NSEC_MS);
	/* Exactly the burst is not forgiven anything. */
	assert_int_equal(pacer_due(&p, 105 * NSEC_MS), 5);
	pacer_sent(&p, 5);
	assert_true(pacer_next(&p) == 106 * NSEC_MS);
}

static void no_rate_is_no_limit(void **state)
{
	(void)state;
	static const double rates[] = { 0, -1, 1e9 + 1, (double)INFINITY, (double)NAN };
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		struct pacer p;
		pacer_init(&p, 100, rates[i], 7);
		assert_int_equal(pacer_due(&p, 99), 0);
		assert_int_equal(pacer_due(&p, 100), 7);
		pacer_sent(&p, 7);
		assert_int_equal(pacer_due(&p, 100), 7);
		assert_true(pacer_next(&p) <= 100);
	}
	struct pacer one;
	pacer_init(&one, 0, 1e9, 7);
	pacer_sent(&one, 3);
	assert_true(pacer_next(&one) == 3);
}

static void a_burst_of_none_is_one(void **state)
{
	(void)state;
	struct pacer p;
	pacer_init(&p, 0, 10, 0);
	assert_int_equal(pacer_due(&p, NSEC_S), 1);
}

static void the_slowest_rates_and_latest_times_do_not_overflow(void **state)
{
	(void)state;
	struct pacer p;
	pacer_init(&p, 0, 1e-12, 1);
	assert_int_equal(pacer_due(&p, 0), 1);
	pacer_sent(&p, 1);
	assert_true(pacer_next(&p) == NSEC_NEVER);
	assert_int_equal(pacer_due(&p, INT64_MAX - 1), 0);
	pacer_init(&p, 0, 1e9, 3);
	assert_int_equal(pacer_due(&p, INT64_MAX - 1), 3);
	/* A month late at the highest rate. */
	pacer_init(&p, 0, 1e9, 3);
	nsec month = 30 * 86400 * NSEC_S;
	assert_int_equal(pacer_due(&p, month), 3);
	assert_true(pacer_next(&p) == month - 2);
}

/* Every call against the definition: packet n is due at round(n * interval). */
static void due_agrees_with_counting(void **state)
{
	(void)state;
	struct random r;
	random_init(&r, sample_seed(62));
	for (int round = 0; round < 2000; round++) {
		double rate = 1e9 / (1 + (double)random_below(&r, 1000) + random_unit(&r));
		struct pacer p;
		pacer_init(&p, 1000, rate, UINT32_MAX);
		nsec now = 1000 + (nsec)random_below(&r, 20000);
		uint32_t want = 0;
		while (1000 + (nsec)llround(want * (1e9 / rate)) <= now)
			want++;
		assert_int_equal(pacer_due(&p, now), want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_is_due_at_the_start),
		cmocka_unit_test(the_mean_rate_is_exact),
		cmocka_unit_test(a_late_wake_up_is_caught_up),
		cmocka_unit_test(a_lag_beyond_the_burst_is_forgiven),
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(a_burst_of_none_is_one),
		cmocka_unit_test(the_slowest_rates_and_latest_times_do_not_overflow),
		cmocka_unit_test(due_agrees_with_counting),
	};
	return cmocka_run_group_tests_name("pacer", tests, NULL, NULL) != 0;
}
