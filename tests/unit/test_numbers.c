#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "cli/numbers.h"

#define UNTOUCHED 77

static void check(const char *text, uint64_t min, uint64_t max, enum number_fault fault,
                  uint64_t value)
{
	uint64_t out = UNTOUCHED;
	enum number_fault got = number_parse(text, min, max, &out);
	if (got != fault || out != value)
		fail_msg("'%s' in %lu..%lu: fault %d value %lu", text, (unsigned long)min,
		         (unsigned long)max, got, (unsigned long)out);
}

static void integers(void **state)
{
	(void)state;
	check("0", 0, 9, NUMBER_OK, 0);
	check("9", 0, 9, NUMBER_OK, 9);
	check("+7", 0, 9, NUMBER_OK, 7);
	check("-0", 0, 9, NUMBER_OK, 0);
	check("007", 0, 9, NUMBER_OK, 7); /* not octal */
	check("010", 0, 99, NUMBER_OK, 10);
	check("0x1f", 0, 99, NUMBER_OK, 31);
	check("0XaF", 0, 999, NUMBER_OK, 175);
	check("0xAa", 0, 999, NUMBER_OK, 170);
	check("0xFf", 0, 999, NUMBER_OK, 255);
	check("0xfg", 0, 999, NUMBER_GARBAGE, UNTOUCHED);
	check("0x@`", 0, 999, NUMBER_GARBAGE, UNTOUCHED);
	check("18446744073709551615", 0, UINT64_MAX, NUMBER_OK, UINT64_MAX);
	check("0xffffffffffffffff", 0, UINT64_MAX, NUMBER_OK, UINT64_MAX);
}

static void integers_out_of_range(void **state)
{
	(void)state;
	check("10", 0, 9, NUMBER_LARGE, UNTOUCHED);
	check("1", 2, 9, NUMBER_SMALL, UNTOUCHED);
	check("-1", 0, 9, NUMBER_SMALL, UNTOUCHED);
	check("-18446744073709551617", 0, 9, NUMBER_SMALL, UNTOUCHED);
	/* 2^64, and 2^64 + 3, which must not come out as 0 and 3 */
	check("18446744073709551616", 0, 9, NUMBER_LARGE, UNTOUCHED);
	check("18446744073709551619", 0, 9, NUMBER_LARGE, UNTOUCHED);
	check("0x10000000000000003", 0, 9, NUMBER_LARGE, UNTOUCHED);
	check("99999999999999999999999999", 0, 9, NUMBER_LARGE, UNTOUCHED);
}

static void no_integers(void **state)
{
	(void)state;
	static const char *const garbage[] = {
		"abc", "1a",  "1 ", " 1",  "0x",  "0xg",  "-",   "+",   "--1",
		"1.5", "1e3", "f",  "\t3", "1\n", "0x-1", "inf", "nan",
	};
	check("", 0, 9, NUMBER_EMPTY, UNTOUCHED);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		check(garbage[i], 0, UINT64_MAX, NUMBER_GARBAGE, UNTOUCHED);
}

static void check_time(const char *text, nsec min, nsec max, enum number_fault fault, nsec value)
{
	nsec out = UNTOUCHED;
	enum number_fault got = number_parse_time(text, min, max, &out);
	if (got != fault || out != value)
		fail_msg("'%s': fault %d value %ld", text, got, (long)out);
}

static void times(void **state)
{
	(void)state;
	const nsec most = 1000 * NSEC_S;
	check_time("0", 0, most, NUMBER_OK, 0);
	check_time("0.000", 0, most, NUMBER_OK, 0);
	check_time("-0", 0, most, NUMBER_OK, 0);
	check_time("0e5", 0, most, NUMBER_OK, 0);
	check_time("1", 0, most, NUMBER_OK, NSEC_S);
	check_time("+1.5", 0, most, NUMBER_OK, 1500 * NSEC_MS);
	check_time("0.2", 0, most, NUMBER_OK, 200 * NSEC_MS);
	check_time(".5", 0, most, NUMBER_OK, 500 * NSEC_MS);
	check_time("5.", 0, most, NUMBER_OK, 5 * NSEC_S);
	check_time("1e-3", 0, most, NUMBER_OK, NSEC_MS);
	check_time("2E2", 0, most, NUMBER_OK, 200 * NSEC_S);
	check_time("0.000000001", 0, most, NUMBER_OK, 1);
	check_time("1000", 0, most, NUMBER_OK, most);
	check_time("0.002", 2 * NSEC_MS, most, NUMBER_OK, 2 * NSEC_MS);
}

static void units(void **state)
{
	(void)state;
	const nsec most = 100000 * NSEC_S;
	check_time("3s", 0, most, NUMBER_OK, 3 * NSEC_S);
	check_time("20ms", 0, most, NUMBER_OK, 20 * NSEC_MS);
	check_time("1.5ms", 0, most, NUMBER_OK, 1500 * NSEC_US);
	check_time("7us", 0, most, NUMBER_OK, 7 * NSEC_US);
	check_time("2m", 0, most, NUMBER_OK, 120 * NSEC_S);
	check_time("1h", 0, most, NUMBER_OK, 3600 * NSEC_S);
	check_time("1ns", 0, most, NUMBER_GARBAGE, UNTOUCHED);
	check_time("1 s", 0, most, NUMBER_GARBAGE, UNTOUCHED);
	check_time("1S", 0, most, NUMBER_GARBAGE, UNTOUCHED);
	check_time("1msx", 0, most, NUMBER_GARBAGE, UNTOUCHED);
	check_time("s", 0, most, NUMBER_GARBAGE, UNTOUCHED);
}

static void times_out_of_range(void **state)
{
	(void)state;
	const nsec most = 10 * NSEC_S;
	check_time("-1", 0, most, NUMBER_SMALL, UNTOUCHED);
	check_time("-0.5", 0, most, NUMBER_SMALL, UNTOUCHED);
	check_time("0.001", 2 * NSEC_MS, most, NUMBER_SMALL, UNTOUCHED);
	check_time("10.1", 0, most, NUMBER_LARGE, UNTOUCHED);
	check_time("1e400", 0, most, NUMBER_LARGE, UNTOUCHED);
	check_time("1e400", 0, NSEC_NEVER - 1, NUMBER_LARGE, UNTOUCHED);
	check_time("99999999999999999999", 0, most, NUMBER_LARGE, UNTOUCHED);
	/* Above zero, but nothing is left of it: not zero, which means "flood". */
	check_time("1e-400", 0, most, NUMBER_SMALL, UNTOUCHED);
	check_time("0.0000000001", 0, most, NUMBER_SMALL, UNTOUCHED);
}

static void no_times(void **state)
{
	(void)state;
	static const char *const garbage[] = {
		"abc", "nan", "NaN", "inf", "infinity", "-inf", "0x10", "1,5", "1.2.3", " 1",
		"1e",  ".",   "-",   "+.",  "e5",       "1e+",  "--1",  "1\n", "1_000", "\xc2\xbd",
	};
	check_time("", 0, NSEC_S, NUMBER_EMPTY, UNTOUCHED);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		check_time(garbage[i], 0, NSEC_NEVER, NUMBER_GARBAGE, UNTOUCHED);
}

static void texts(void **state)
{
	(void)state;
	assert_string_equal(number_fault_text(NUMBER_EMPTY), "is empty");
	assert_string_equal(number_fault_text(NUMBER_GARBAGE), "is not a number");
	assert_string_equal(number_fault_text(NUMBER_SMALL), "is too small");
	assert_string_equal(number_fault_text(NUMBER_LARGE), "is too large");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers),    cmocka_unit_test(integers_out_of_range),
		cmocka_unit_test(no_integers), cmocka_unit_test(times),
		cmocka_unit_test(units),       cmocka_unit_test(times_out_of_range),
		cmocka_unit_test(no_times),    cmocka_unit_test(texts),
	};
	return cmocka_run_group_tests_name("numbers", tests, NULL, NULL) != 0;
}
