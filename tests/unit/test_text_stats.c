#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "render/text_histogram.h"
#include "render/text_ping.h"
#include "render/text_stats.h"
#include "tests/unit/ping_report.h"
#include "tests/unit/sample.h"

static struct stage s;

static int set_up(void **state)
{
	(void)state;
	stage_init(&s);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stage_release(&s);
	return 0;
}

static void add(nsec sample, int times)
{
	for (int i = 0; i < times; i++) {
		assert_int_equal(histogram_add(&s.histogram, sample), 0);
		stats_add(&s.rtt, sample);
	}
}

static const char *histogram(void)
{
	buffer_clear(&s.out);
	text_histogram(&s.out, &s.world, &s.histogram, s.rtt.min, s.rtt.max);
	return s.out.data;
}

static const char *stats(void)
{
	buffer_clear(&s.out);
	text_stats(&s.out, &s.world, &s.totals);
	return s.out.data ? s.out.data : "";
}

/*
 * The columns of each test leave its bars 20 characters: a line ends one before the edge.
 */

/* Close together: equal steps. */
static void equal_steps(void **state)
{
	(void)state;
	s.world.columns = 45;
	add(12 * NSEC_MS, 10);
	add(16 * NSEC_MS, 20);
	add(24 * NSEC_MS, 10);
	add(33 * NSEC_MS, 1);
	assert_string_equal(histogram(), "10 - 15 ms  10   24.4%  ██████████\n"
	                                 "15 - 20 ms  20   48.8%  ████████████████████\n"
	                                 "20 - 25 ms  10   24.4%  ██████████\n"
	                                 "25 - 30 ms   0    0.0%\n"
	                                 "30 - 35 ms   1    2.4%  █\n");
	s.world.utf8 = false;
	assert_string_equal(histogram(), "10 - 15 ms  10   24.4%  ##########\n"
	                                 "15 - 20 ms  20   48.8%  ####################\n"
	                                 "20 - 25 ms  10   24.4%  ##########\n"
	                                 "25 - 30 ms   0    0.0%\n"
	                                 "30 - 35 ms   1    2.4%  #\n");
}

/* Over magnitudes: 1, 2, 5, 10. */
static void growing_steps(void **state)
{
	(void)state;
	s.world.columns = 48;
	add(30 * NSEC_US, 1);
	add(150 * NSEC_US, 4);
	add(700 * NSEC_US, 2);
	add(3 * NSEC_MS, 1);
	assert_string_equal(histogram(), "0.02 - 0.05 ms  1   12.5%  █████\n"
	                                 "0.05 - 0.10 ms  0    0.0%\n"
	                                 "0.10 - 0.20 ms  4   50.0%  ████████████████████\n"
	                                 "0.20 - 0.50 ms  0    0.0%\n"
	                                 "0.50 - 1.00 ms  2   25.0%  ██████████\n"
	                                 "1.00 - 2.00 ms  0    0.0%\n"
	                                 "2.00 - 5.00 ms  1   12.5%  █████\n");
}

/* More magnitudes than rows of 1, 2, 5 could tell: powers of ten. */
static void decades(void **state)
{
	(void)state;
	s.world.columns = 60;
	s.world.utf8 = false;
	add(3 * NSEC_US, 1);
	add(30 * NSEC_MS, 1);
	add(3 * NSEC_S, 1);
	assert_string_equal(histogram(),
	                    "    0.001 -     0.010 ms  1   33.3%  ######################\n"
	                    "    0.010 -     0.100 ms  0    0.0%\n"
	                    "    0.100 -     1.000 ms  0    0.0%\n"
	                    "    1.000 -    10.000 ms  0    0.0%\n"
	                    "   10.000 -   100.000 ms  1   33.3%  ######################\n"
	                    "  100.000 -  1000.000 ms  0    0.0%\n"
	                    " 1000.000 - 10000.000 ms  1   33.3%  ######################\n");
}

/* One in a thousand far away does not flatten the rest: it has a row of its own at the end. */
static void rare_ones_share_a_row(void **state)
{
	(void)state;
	s.world.columns = 46;
	add(NSEC_MS, 2);
	add(15500 * NSEC_US, 500);
	add(17500 * NSEC_US, 498);
	add(3 * NSEC_S, 1);
	/* 498 of 500 are 159.4 eighths of 160 */
	assert_string_equal(histogram(), "   < 15 ms    2    0.2%  ▏\n"
	                                 "15 - 16 ms  500   50.0%  ████████████████████\n"
	                                 "16 - 17 ms    0    0.0%\n"
	                                 "17 - 18 ms  498   49.8%  ███████████████████▉\n"
	                                 "  >= 18 ms    1    0.1%  ▏\n");
}

static void one_sample_is_one_row(void **state)
{
	(void)state;
	s.world.columns = 48;
	add(15 * NSEC_MS, 1);
	assert_string_equal(histogram(), "15.0 - 15.5 ms  1  100.0%  ████████████████████\n");
}

static void zero_is_a_sample(void **state)
{
	(void)state;
	s.world.columns = 40;
	add(0, 1);
	assert_string_equal(histogram(), "0.000000 - 0.000001 ms  1  100.0%  ██████████\n");
}

/* A step is a thirty-second of the longest: what the histogram can tell apart, twice over. */
static void steps_are_no_finer_than_samples(void **state)
{
	(void)state;
	s.world.columns = 40;
	add(32, 1);
	assert_string_equal(histogram(), "0.000032 - 0.000033 ms  1  100.0%  ██████████\n");
	histogram_release(&s.histogram);
	histogram_init(&s.histogram);
	stats_init(&s.rtt);
	add(33, 1); /* 33 / 32 is 1 in whole nanoseconds */
	assert_string_equal(histogram(), "0.000033 - 0.000034 ms  1  100.0%  ██████████\n");
}

/*
 * The middle of the bucket that holds 12.001 ms lies below 12, that of 16.8 ms above it. The
 * extremes are exact, and no row or percentile contradicts them.
 */
static void extremes_are_exact(void **state)
{
	(void)state;
	s.world.columns = 44;
	add(12001 * NSEC_US, 1);
	add(16800 * NSEC_US, 1);
	assert_true(histogram_percentile(&s.histogram, 0.5) < 12 * NSEC_MS);
	assert_true(histogram_percentile(&s.histogram, 0.99) > 16800 * NSEC_US);
	assert_string_equal(histogram(), "12 - 13 ms  1   50.0%  ████████████████████\n"
	                                 "13 - 14 ms  0    0.0%\n"
	                                 "14 - 15 ms  0    0.0%\n"
	                                 "15 - 16 ms  0    0.0%\n"
	                                 "16 - 17 ms  1   50.0%  ████████████████████\n");
	s.totals.histogram = &s.histogram;
	assert_int_equal(report_ping_percentile(&s.totals, 0.5), 12001 * NSEC_US);
	assert_int_equal(report_ping_percentile(&s.totals, 0.99), 16800 * NSEC_US);
	s.totals.histogram = NULL;
	assert_int_equal(report_ping_percentile(&s.totals, 0.5), -1);
}

static void bars_take_the_terminal(void **state)
{
	(void)state;
	s.world.utf8 = false;
	add(15 * NSEC_MS, 1);
	const size_t rest = strlen("15.0 - 15.5 ms  1  100.0%  \n");
	const struct {
		int columns;
		size_t bar;
	} table[] = {
		{ 0, 50 },  { 39, 50 }, /* not a terminal, or none to speak of: as for 80 */
		{ 40, 12 }, { 60, 32 }, { 80, 50 }, { 300, 50 },
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		s.world.columns = table[i].columns;
		assert_int_equal(strlen(histogram()), rest + table[i].bar);
	}
}

/* Parses "LO - HI ms  COUNT", "< HI ms  COUNT", ">= LO ms  COUNT". */
static bool read_row(const char *row, double *low, double *high, unsigned *count)
{
	*low = 0;
	*high = 1e300;
	return sscanf(row, "%lf - %lf ms %u", low, high, count) == 3 ||
	       sscanf(row, " < %lf ms %u", high, count) == 2 ||
	       sscanf(row, " >= %lf ms %u", low, count) == 2;
}

/*
 * Whatever comes: at most a dozen rows that follow on each other, hold all samples, each where it
 * belongs but for the 1/64 of the histogram, and no line beyond the terminal.
 */
static void any_samples_make_a_histogram(void **state)
{
	(void)state;
	uint64_t seed = sample_seed(20260101) | 1;
	for (int round = 0; round < 300; round++) {
		histogram_release(&s.histogram);
		histogram_init(&s.histogram);
		stats_init(&s.rtt);
		s.world.columns = 80;
		s.world.utf8 = false;
		nsec samples[200];
		size_t n = 1 + (size_t)(seed >> 20) % 200;
		unsigned spread = (unsigned)(seed >> 40) % 40;
		for (size_t i = 0; i < n; i++) {
			seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			samples[i] = (nsec)(seed >> 24) >> (seed >> 8) % (spread + 1);
			add(samples[i], 1);
		}
		char text[8192];
		snprintf(text, sizeof text, "%s", histogram());
		double before = -1;
		unsigned rows = 0, total = 0;
		for (char *row = strtok(text, "\n"); row; row = strtok(NULL, "\n"), rows++) {
			double low, high;
			unsigned count, inner = 0, outer = 0;
			assert_true(strlen(row) < 80);
			assert_true(read_row(row, &low, &high, &count));
			assert_true(low < high);
			if (before >= 0)
				assert_true(low > before - 1e-9 && low < before + 1e-9);
			before = high;
			for (size_t i = 0; i < n; i++) {
				double ms = nsec_to_ms(samples[i]);
				inner += ms * (1 - 1. / 64) >= low && ms * (1 + 1. / 64) < high;
				outer += ms * (1 + 1. / 64) + 1e-6 >= low &&
				         ms * (1 - 1. / 64) - 1e-6 < high;
			}
			assert_in_range(count, inner, outer);
			total += count;
		}
		assert_in_range(rows, 1, 12);
		assert_int_equal(total, n);
	}
}

static void block_in_full(void **state)
{
	(void)state;
	/* Values the histogram knows exactly to the microsecond: below 64 us a bucket is under 1
	 * us. */
	const nsec samples[] = { 20 * NSEC_US, 20 * NSEC_US, 30 * NSEC_US, 60 * NSEC_US };
	stage_samples(&s, samples, 4);
	s.world.columns = 40;
	s.totals.sent = 6;
	s.totals.received = 4;
	s.totals.lost = 1;
	s.totals.errors = 1;
	s.totals.longest_loss = 1;
	char expected[512];
	/*
	 * Jitter: differences 0, 10, 30 us: mean 13.333, maximum 30; RFC 3550: 10/16 = 0.625, then
	 * 0.625 + (30 - 0.625) / 16 = 2.461. Wilson for 2 of 6: centre (2 + 1.9207) / 9.8415.
	 */
	snprintf(expected, sizeof expected,
	         "rtt p50/p90/p95/p99 = %.3f/%.3f/%.3f/%.3f ms\n"
	         "jitter rfc3550/mean/max = 0.002/0.013/0.030 ms\n"
	         "loss 2 of 6, 9.68%% to 70.00%% with 95%% confidence, longest run 1\n"
	         "0.020 - 0.025 ms  2   50.0%%  ██████████\n"
	         "0.025 - 0.030 ms  0    0.0%%\n"
	         "0.030 - 0.035 ms  1   25.0%%  █████\n"
	         "0.035 - 0.040 ms  0    0.0%%\n"
	         "0.040 - 0.045 ms  0    0.0%%\n"
	         "0.045 - 0.050 ms  0    0.0%%\n"
	         "0.050 - 0.055 ms  0    0.0%%\n"
	         "0.055 - 0.060 ms  0    0.0%%\n"
	         "0.060 - 0.065 ms  1   25.0%%  █████\n",
	         nsec_to_ms(histogram_percentile(&s.histogram, 0.50)),
	         nsec_to_ms(histogram_percentile(&s.histogram, 0.90)),
	         nsec_to_ms(histogram_percentile(&s.histogram, 0.95)),
	         nsec_to_ms(histogram_percentile(&s.histogram, 0.99)));
	assert_string_equal(stats(), expected);
}

static void rest_is_told_where_there_is_any(void **state)
{
	(void)state;
	assert_string_equal(stats(), "");
	s.totals.late = 1;
	assert_string_equal(stats(), "also 1 late\n");
	s.totals.foreign = 2;
	s.totals.truncated = 3;
	s.totals.in_flight = 4;
	s.totals.sent = 4;
	s.totals.local_drops = 5;
	assert_string_equal(stats(), "also 1 late, 2 unknown or from elsewhere, 3 truncated, "
	                             "4 in flight at the end, 5 dropped by this host\n");
}

static void all_lost(void **state)
{
	(void)state;
	s.totals.sent = 10;
	s.totals.lost = 10;
	s.totals.longest_loss = 10;
	s.totals.histogram = &s.histogram; /* kept, but empty */
	/* Wilson for 10 of 10: low 1 / (1 + z^2 / 10) = 1 / 1.38415 */
	assert_string_equal(stats(), "loss 10 of 10, 72.25% to 100.00% with 95% confidence, "
	                             "longest run 10\n");
	s.totals.lost = 0;
	s.totals.received = 10;
	s.totals.longest_loss = 0;
	assert_string_equal(stats(), "loss 0 of 10, 0.00% to 27.75% with 95% confidence\n");
}

static void comes_behind_the_summary_where_asked(void **state)
{
	(void)state;
	struct text_ping_options o = { .interval = NSEC_S, .targets = 1, .ident = -1 };
	s.renderer = text_ping_new(&o, &s.world, &s.out, &s.err);
	assert_non_null(s.renderer);
	s.totals.sent = 1;
	s.totals.lost = 1;
	s.totals.longest_loss = 1;
	const char *summary = "\n--- 198.51.100.7 ping statistics ---\n"
	                      "1 packets transmitted, 0 received, 100% packet loss, time 0ms\n\n";
	assert_string_equal(stage_play(&s, REPORT_PING_SUMMARY, 0, -1), summary);
	o.stats = true;
	char expected[512];
	/* Wilson for 1 of 1: 1 / (1 + z^2) */
	snprintf(expected, sizeof expected, "%s%s", summary,
	         "loss 1 of 1, 20.65% to 100.00% with 95% confidence, longest run 1\n");
	assert_string_equal(stage_play(&s, REPORT_PING_SUMMARY, 0, -1), expected);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(equal_steps),
		test(growing_steps),
		test(decades),
		test(rare_ones_share_a_row),
		test(one_sample_is_one_row),
		test(zero_is_a_sample),
		test(steps_are_no_finer_than_samples),
		test(extremes_are_exact),
		test(bars_take_the_terminal),
		test(any_samples_make_a_histogram),
		test(block_in_full),
		test(rest_is_told_where_there_is_any),
		test(all_lost),
		test(comes_behind_the_summary_where_asked),
	};
	return cmocka_run_group_tests_name("text_stats", tests, NULL, NULL) != 0;
}
