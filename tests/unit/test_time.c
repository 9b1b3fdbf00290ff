#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>
#include <math.h>
#include "base/time.h"
#include "base/random.h"
#include "tests/unit/sample.h"

static void seconds_round_to_the_nearest_nanosecond(void **state)
{
	(void)state;
	assert_true(nsec_from_s(0) == 0);
	assert_true(nsec_from_s(0.2) == 200 * NSEC_MS);
	assert_true(nsec_from_s(1e-9) == 1);
	assert_true(nsec_from_s(1.4e-9) == 1);
	assert_true(nsec_from_s(1.6e-9) == 2);
	assert_true(nsec_from_s(-0.002) == -2 * NSEC_MS);
	assert_true(nsec_from_s(-1.6e-9) == -2);
	assert_true(nsec_from_s(2147483.647) == INT64_C(2147483647000000));
}

static void seconds_beyond_the_clock_saturate(void **state)
{
	(void)state;
	assert_true(nsec_from_s(1e300) == INT64_MAX);
	assert_true(nsec_from_s((double)INFINITY) == INT64_MAX);
	assert_true(nsec_from_s(-1e300) == INT64_MIN);
	assert_true(nsec_from_s(-(double)INFINITY) == INT64_MIN);
	assert_true(nsec_from_s((double)NAN) == 0);
	/* 2^63 ns exactly, and the nearest doubles around it. */
	assert_true(nsec_from_s(0x1p63 / 1e9 * (1 + 1e-15)) == INT64_MAX);
	assert_true(nsec_from_s(9.2e9) == INT64_C(9200000000000000000));
	assert_true(nsec_from_s(-9.2e9) == INT64_C(-9200000000000000000));
}

static void never_stays_never(void **state)
{
	(void)state;
	assert_true(nsec_after(5, 3) == 8);
	assert_true(nsec_after(-5, 3) == -2);
	assert_true(nsec_after(NSEC_NEVER, 0) == NSEC_NEVER);
	assert_true(nsec_after(NSEC_NEVER, NSEC_S) == NSEC_NEVER);
	assert_true(nsec_after(NSEC_NEVER - 1, 1) == NSEC_NEVER);
	assert_true(nsec_after(NSEC_NEVER - 1, 2) == NSEC_NEVER);
	assert_true(nsec_after(0, NSEC_NEVER) == NSEC_NEVER);
	assert_true(nsec_min(2, 3) == 2 && nsec_min(3, 2) == 2);
	assert_true(nsec_max(2, 3) == 3 && nsec_max(3, 2) == 3);
	assert_true(nsec_to_ms(1500000) > 1.4999999 && nsec_to_ms(1500000) < 1.5000001);
	assert_true(nsec_to_s(1500000000) > 1.4999999 && nsec_to_s(1500000000) < 1.5000001);
}

static void stamps_read_as_rfc3339(void **state)
{
	(void)state;
	static const struct {
		nsec time;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000000Z" },
		{ 999, "1970-01-01T00:00:00.000000Z" },
		{ 1000, "1970-01-01T00:00:00.000001Z" },
		{ -1, "1969-12-31T23:59:59.999999Z" },
		{ -1000, "1969-12-31T23:59:59.999999Z" },
		{ -1001, "1969-12-31T23:59:59.999998Z" },
		{ -NSEC_S, "1969-12-31T23:59:59.000000Z" },
		{ -86400 * NSEC_S, "1969-12-31T00:00:00.000000Z" },
		/* Leap days: a century that has one and one that has none. */
		{ INT64_C(951782400) * NSEC_S, "2000-02-29T00:00:00.000000Z" },
		{ INT64_C(951868799) * NSEC_S, "2000-02-29T23:59:59.000000Z" },
		{ INT64_C(951868800) * NSEC_S, "2000-03-01T00:00:00.000000Z" },
		{ INT64_C(4107542399) * NSEC_S, "2100-02-28T23:59:59.000000Z" },
		{ INT64_C(4107542400) * NSEC_S, "2100-03-01T00:00:00.000000Z" },
		{ INT64_C(1795527003123456789), "2026-11-24T13:30:03.123456Z" },
		/* The ends of 64 bits. */
		{ INT64_MAX, "2262-04-11T23:47:16.854775Z" },
		{ INT64_MIN, "1677-09-21T00:12:43.145224Z" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[NSEC_RFC3339_SIZE];
		memset(text, 'x', sizeof text);
		nsec_format_rfc3339(rows[i].time, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(text[28], 'x');
	}
}

static void stamps_agree_with_the_c_library(void **state)
{
	(void)state;
	struct random r;
	random_init(&r, sample_seed(20));
	for (int i = 0; i < 200000; i++) {
		nsec t = (nsec)random_next(&r);
		time_t seconds = t / NSEC_S;
		long us = (long)(t % NSEC_S);
		if (us < 0) {
			us += (long)NSEC_S;
			seconds--;
		}
		us /= 1000;
		struct tm tm;
		assert_non_null(gmtime_r(&seconds, &tm));
		char want[64], digits[16], text[NSEC_RFC3339_SIZE];
		(void)strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S.", &tm);
		(void)snprintf(digits, sizeof digits, "%06ldZ", us);
		strcat(want, digits);
		nsec_format_rfc3339(t, text);
		assert_string_equal(text, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds_round_to_the_nearest_nanosecond),
		cmocka_unit_test(seconds_beyond_the_clock_saturate),
		cmocka_unit_test(never_stays_never),
		cmocka_unit_test(stamps_read_as_rfc3339),
		cmocka_unit_test(stamps_agree_with_the_c_library),
	};
	return cmocka_run_group_tests_name("time", tests, NULL, NULL) != 0;
}
