#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include "base/random.h"
#include "base/stats.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/sample.h"

#define MILLION 1000000

__extension__ typedef unsigned __int128 wide;

static bool near(double got, double want, double relative)
{
	return fabs(got - want) <= fabs(want) * relative;
}

/* --- running statistics ---------------------------------------------------------------------- */

static void nothing_is_nothing(void **state)
{
	(void)state;
	struct stats s;
	stats_init(&s);
	assert_true(s.count == 0);
	assert_int_equal(stats_average(&s), 0);
	assert_true(fpclassify(stats_stddev(&s)) == FP_ZERO);
	assert_true(fpclassify(stats_jitter_mean(&s)) == FP_ZERO);
	stats_add(&s, 5);
	assert_int_equal(stats_average(&s), 5);
	assert_true(fpclassify(stats_stddev(&s)) == FP_ZERO);
	assert_true(fpclassify(stats_jitter_mean(&s)) == FP_ZERO);
	assert_true(fpclassify(s.jitter_rfc3550) == FP_ZERO);
	assert_true(s.min == 5 && s.max == 5 && s.last == 5 && s.sum == 5);
}

/*
 * Samples around an offset that is huge against their spread: where sums of squares in floating
 * point cancel out. Judged by 128-bit integers.
 */
static void a_million_samples_do_not_drift(void **state)
{
	(void)state;
	struct random r;
	random_init(&r, sample_seed(41));
	static const nsec offsets[] = { 0, 20 * NSEC_MS, 3600 * NSEC_S };
	for (size_t o = 0; o < sizeof offsets / sizeof *offsets; o++) {
		struct stats s;
		stats_init(&s);
		wide squares = 0;
		int64_t sum = 0, differences = 0, longest = 0, before = 0;
		nsec least = INT64_MAX, most = INT64_MIN;
		for (int i = 0; i < MILLION; i++) {
			int64_t x = (int64_t)random_below(&r, 2000000);
			stats_add(&s, offsets[o] + x);
			sum += x;
			squares += (uint64_t)x * (uint64_t)x;
			least = nsec_min(least, offsets[o] + x);
			most = nsec_max(most, offsets[o] + x);
			if (i > 0) {
				int64_t d = x > before ? x - before : before - x;
				differences += d;
				longest = nsec_max(longest, d);
			}
			before = x;
		}
		/* n^2 times the variance, without the offset, which it does not see. */
		wide scaled = squares * MILLION - (wide)sum * (wide)sum;
		double deviation = (double)(sqrtl((long double)scaled) / MILLION);
		assert_true(s.count == MILLION);
		assert_true(s.sum == offsets[o] * MILLION + sum);
		assert_true(s.min == least && s.max == most);
		assert_true(stats_average(&s) == offsets[o] + (sum + MILLION / 2) / MILLION);
		assert_true(near(stats_stddev(&s), deviation, 1e-6));
		assert_true(s.jitter_sum == differences);
		assert_true(s.jitter_max == longest);
		assert_true(
		        near(stats_jitter_mean(&s), (double)differences / (MILLION - 1), 1e-12));
	}
}

static void deviation_is_that_of_the_population(void **state)
{
	(void)state;
	struct stats s;
	stats_init(&s);
	/* 2 4 4 4 5 5 7 9: mean 5, deviation exactly 2. */
	static const nsec samples[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
	for (size_t i = 0; i < 8; i++)
		stats_add(&s, samples[i]);
	assert_true(near(stats_stddev(&s), 2, 1e-12));
	assert_int_equal(stats_average(&s), 5);
}

static void averages_round_to_nearest(void **state)
{
	(void)state;
	static const struct {
		nsec a, b, c, want;
	} rows[] = {
		{ 1, 1, 2, 1 }, /* 1.33 */
		{ 1, 2, 2, 2 }, /* 1.67 */
		{ -1, -1, -2, -1 }, { -1, -2, -2, -2 }, { 0, 0, 0, 0 }, { 3, 3, 3, 3 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct stats s;
		stats_init(&s);
		stats_add(&s, rows[i].a);
		stats_add(&s, rows[i].b);
		stats_add(&s, rows[i].c);
		assert_int_equal(stats_average(&s), rows[i].want);
	}
	struct stats half;
	stats_init(&half);
	stats_add(&half, 1);
	stats_add(&half, 2);
	assert_int_equal(stats_average(&half), 2);
	stats_init(&half);
	stats_add(&half, -1);
	stats_add(&half, -2);
	assert_int_equal(stats_average(&half), -2);
}

static void jitter_is_that_of_rfc3550(void **state)
{
	(void)state;
	struct stats s;
	stats_init(&s);
	/* J += (|D| - J) / 16, exact in binary for these. */
	static const struct {
		nsec sample;
		double jitter;
	} rows[] = {
		{ 100, 0 },
		{ 116, 1 },               /* D 16 */
		{ 84, 2.9375 },           /* D -32 */
		{ 84, 2.75390625 },       /* D 0 */
		{ 340, 18.581787109375 }, /* D 256 */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		stats_add(&s, rows[i].sample);
		assert_true(near(s.jitter_rfc3550, rows[i].jitter, 1e-15));
	}
	assert_true(s.jitter_max == 256);
	assert_true(s.jitter_sum == 16 + 32 + 256);
	assert_true(near(stats_jitter_mean(&s), 76, 1e-15));
}

static void extremes_saturate(void **state)
{
	(void)state;
	struct stats s;
	stats_init(&s);
	stats_add(&s, INT64_MAX);
	stats_add(&s, INT64_MAX);
	assert_true(s.sum == INT64_MAX);
	stats_add(&s, INT64_MIN);
	assert_true(s.jitter_max == INT64_MAX && s.jitter_sum == INT64_MAX);
	assert_true(s.min == INT64_MIN && s.max == INT64_MAX);
	stats_init(&s);
	stats_add(&s, INT64_MIN);
	stats_add(&s, -1);
	assert_true(s.sum == INT64_MIN);
}

/* --- histogram ------------------------------------------------------------------------------- */

static void buckets_tile_all_durations(void **state)
{
	(void)state;
	assert_int_equal(histogram_bucket(INT64_MAX), HISTOGRAM_BUCKETS - 1);
	assert_int_equal(histogram_bucket(-1), 0);
	assert_int_equal(histogram_bucket(INT64_MIN), 0);
	assert_int_equal(histogram_floor(0), 0);
	assert_true(histogram_floor(HISTOGRAM_BUCKETS) == NSEC_NEVER);
	for (size_t b = 0; b < HISTOGRAM_BUCKETS; b++) {
		nsec low = histogram_floor(b);
		assert_int_equal(histogram_bucket(low), b);
		if (b == 0)
			continue;
		/* What is just below belongs to the bucket before; none is wider than a 64th. */
		assert_int_equal(histogram_bucket(low - 1), b - 1);
		nsec width = low - histogram_floor(b - 1);
		assert_true(width == 1 || width <= histogram_floor(b - 1) / 64);
	}
}

static int by_value(const void *a, const void *b)
{
	nsec x = *(const nsec *)a, y = *(const nsec *)b;
	return (x > y) - (x < y);
}

static void percentiles_agree_with_sorting(void **state)
{
	(void)state;
	enum { MOST = 5000 };
	static nsec samples[MOST];
	struct random r;
	random_init(&r, sample_seed(42));
	for (int round = 0; round < 60; round++) {
		struct histogram h;
		histogram_init(&h);
		size_t n = 1 + (size_t)random_below(&r, round < 30 ? 20 : MOST);
		for (size_t i = 0; i < n; i++) {
			samples[i] = (nsec)(random_next(&r) >> (2 + random_below(&r, 61)));
			assert_int_equal(histogram_add(&h, samples[i]), 0);
		}
		assert_true(h.total == n);
		qsort(samples, n, sizeof *samples, by_value);
		for (unsigned percent = 0; percent <= 100; percent++) {
			/* Nearest rank, in integers. */
			size_t rank = (n * percent + 99) / 100;
			nsec want = samples[rank ? rank - 1 : 0];
			nsec got = histogram_percentile(&h, percent / 100.0);
			assert_int_equal(histogram_bucket(got), histogram_bucket(want));
			nsec error = got > want ? got - want : want - got;
			assert_true(error <= want / 64);
		}
		histogram_release(&h);
	}
}

static void percentiles_out_of_range_are_the_ends(void **state)
{
	(void)state;
	struct histogram h;
	histogram_init(&h);
	assert_int_equal(histogram_percentile(&h, 0.5), 0);
	assert_int_equal(histogram_add(&h, -5), 0);
	assert_int_equal(histogram_percentile(&h, 1), 0);
	assert_int_equal(histogram_add(&h, 40), 0);
	assert_int_equal(histogram_percentile(&h, -1), 0);
	assert_int_equal(histogram_percentile(&h, 0), 0);
	assert_int_equal(histogram_percentile(&h, 1), 40);
	assert_int_equal(histogram_percentile(&h, 2), 40);
	assert_int_equal(histogram_percentile(&h, 1e300), 40);
	assert_int_equal(histogram_percentile(&h, (double)NAN), 0);
	/* The middle of its bucket: 128 and 129 share one, 512 to 519 another. */
	struct histogram one;
	histogram_init(&one);
	assert_int_equal(histogram_add(&one, 512), 0);
	assert_int_equal(histogram_percentile(&one, 0.5), 516);
	histogram_release(&one);
	histogram_release(&h);
}

static void full_buckets_stay_full(void **state)
{
	(void)state;
	struct histogram h;
	histogram_init(&h);
	assert_int_equal(histogram_add(&h, 7), 0);
	h.counts[7] = UINT32_MAX;
	h.total = UINT32_MAX;
	assert_int_equal(histogram_add(&h, 7), 0);
	assert_true(h.counts[7] == UINT32_MAX);
	assert_true(h.total == (uint64_t)UINT32_MAX + 1);
	/* The rank lies beyond what was counted: the last bucket that has any. */
	assert_int_equal(histogram_percentile(&h, 1), 7);
	histogram_release(&h);
}

static void no_memory_for_a_histogram_is_told(void **state)
{
	(void)state;
	struct histogram h;
	histogram_init(&h);
	assert_true(alloc_fail_at(0));
	assert_int_equal(histogram_add(&h, 7), -ENOMEM);
	assert_true(h.total == 0);
	assert_int_equal(histogram_percentile(&h, 0.5), 0);
	alloc_fail_never();
	assert_int_equal(histogram_add(&h, 7), 0);
	assert_true(h.total == 1);
	histogram_release(&h);
	assert_null(h.counts);
}

/* --- Wilson ---------------------------------------------------------------------------------- */

static void wilson_gives_the_intervals_in_print(void **state)
{
	(void)state;
	/* Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I. */
	static const struct {
		uint64_t k, n;
		double low, high;
	} rows[] = {
		{ 81, 263, 0.2553, 0.3662 },
		{ 15, 148, 0.0624, 0.1605 },
		{ 0, 20, 0, 0.1611 },
		{ 1, 29, 0.0061, 0.1718 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double low, high;
		wilson_95(rows[i].k, rows[i].n, &low, &high);
		assert_true(fabs(low - rows[i].low) < 0.00005);
		assert_true(fabs(high - rows[i].high) < 0.00005);
	}
}

static void wilson_bounds_solve_their_equation(void **state)
{
	(void)state;
	struct random r;
	random_init(&r, sample_seed(43));
	for (int i = 0; i < 20000; i++) {
		uint64_t n = 1 + random_next(&r) % (UINT64_C(1) << (1 + i % 40));
		uint64_t k = random_below(&r, n + 1);
		double low, high;
		wilson_95(k, n, &low, &high);
		assert_true(low >= 0 && low <= high && high <= 1);
		double p = (double)k / (double)n;
		assert_true(low <= p && p <= high);
		/* A bound is where the sample lies 1.96 standard deviations away. */
		double z = 1.959963984540054;
		if (k > 0)
			assert_true(fabs(p - low - z * sqrt(low * (1 - low) / (double)n)) < 1e-9);
		if (k < n)
			assert_true(fabs(high - p - z * sqrt(high * (1 - high) / (double)n)) <
			            1e-9);
	}
}

static void wilson_at_the_ends(void **state)
{
	(void)state;
	double low, high;
	wilson_95(0, 0, &low, &high);
	assert_true(fpclassify(low) == FP_ZERO && !(high < 1) && !(high > 1));
	wilson_95(0, 1000, &low, &high);
	assert_true(fpclassify(low) == FP_ZERO && high > 0 && high < 0.01);
	wilson_95(1000, 1000, &low, &high);
	assert_true(low > 0.99 && low < 1 && !(high < 1) && !(high > 1));
	/* More successes than trials is no more than all. */
	double low2, high2;
	wilson_95(1001, 1000, &low2, &high2);
	assert_true(near(low2, low, 0) && near(high2, high, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(a_million_samples_do_not_drift),
		cmocka_unit_test(deviation_is_that_of_the_population),
		cmocka_unit_test(averages_round_to_nearest),
		cmocka_unit_test(jitter_is_that_of_rfc3550),
		cmocka_unit_test(extremes_saturate),
		cmocka_unit_test(buckets_tile_all_durations),
		cmocka_unit_test(percentiles_agree_with_sorting),
		cmocka_unit_test(percentiles_out_of_range_are_the_ends),
		cmocka_unit_test(full_buckets_stay_full),
		cmocka_unit_test(no_memory_for_a_histogram_is_told),
		cmocka_unit_test(wilson_gives_the_intervals_in_print),
		cmocka_unit_test(wilson_bounds_solve_their_equation),
		cmocka_unit_test(wilson_at_the_ends),
	};
	return cmocka_run_group_tests_name("stats", tests, NULL, NULL) != 0;
}
