#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/buffer.h"
#include "base/random.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/sample.h"

static void texts_follow_each_other(void **state)
{
	(void)state;
	struct buffer b;
	buffer_init(&b, 1000);
	assert_null(b.data);
	buffer_text(&b, "rtt ");
	buffer_printf(&b, "%d.%03d", 1, 5);
	buffer_char(&b, ' ');
	buffer_append(&b, "ms\0x", 2);
	assert_false(b.failed);
	assert_string_equal(b.data, "rtt 1.005 ms");
	assert_int_equal(b.length, 12);
	buffer_append(&b, NULL, 0);
	assert_int_equal(b.length, 12);
	buffer_clear(&b);
	assert_int_equal(b.length, 0);
	assert_string_equal(b.data, "");
	buffer_text(&b, "again");
	assert_string_equal(b.data, "again");
	buffer_release(&b);
	assert_null(b.data);
	assert_int_equal(b.limit, 1000);
	buffer_clear(&b);
	assert_null(b.data);
}

static void bytes_may_be_zero(void **state)
{
	(void)state;
	struct buffer b;
	buffer_init(&b, 10);
	buffer_append(&b, "a\0b", 3);
	buffer_char(&b, '\0');
	assert_int_equal(b.length, 4);
	assert_memory_equal(b.data, "a\0b\0", 5);
	buffer_release(&b);
}

static void the_limit_is_reached_and_not_passed(void **state)
{
	(void)state;
	/* In one piece, byte by byte, and formatted; over and under the first capacity. */
	static const size_t limits[] = { 0, 1, 10, 255, 256, 257, 1000, 5000 };
	static char text[6001];
	memset(text, 'x', sizeof text - 1);
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		size_t limit = limits[i];
		struct buffer b;
		buffer_init(&b, limit);
		buffer_append(&b, text, limit);
		assert_false(b.failed);
		assert_int_equal(b.length, limit);
		assert_int_equal(strlen(b.data), limit);
		assert_true(b.capacity <= limit + 1);
		buffer_append(&b, "", 0);
		assert_false(b.failed);
		buffer_char(&b, 'y');
		assert_true(b.failed);
		assert_int_equal(b.length, limit);
		buffer_release(&b);

		buffer_init(&b, limit);
		for (size_t n = 0; n < limit; n++)
			buffer_char(&b, 'x');
		assert_false(b.failed);
		buffer_char(&b, 'x');
		assert_true(b.failed);
		assert_int_equal(b.length, limit);
		buffer_release(&b);

		buffer_init(&b, limit);
		buffer_printf(&b, "%.*s", (int)limit, text);
		assert_false(b.failed);
		assert_int_equal(b.length, limit);
		buffer_release(&b);

		buffer_init(&b, limit);
		buffer_printf(&b, "%.*s", (int)limit + 1, text);
		assert_true(b.failed);
		assert_int_equal(b.length, 0);
		buffer_release(&b);
	}
}

static void failure_sticks_until_cleared(void **state)
{
	(void)state;
	struct buffer b;
	buffer_init(&b, 8);
	buffer_text(&b, "1234567");
	buffer_text(&b, "89");
	assert_true(b.failed);
	/* This one would have fitted. */
	buffer_char(&b, '8');
	buffer_printf(&b, "8");
	buffer_text(&b, "");
	assert_true(b.failed);
	assert_string_equal(b.data, "1234567");
	assert_int_equal(b.length, 7);
	buffer_clear(&b);
	assert_false(b.failed);
	buffer_text(&b, "12345678");
	assert_false(b.failed);
	assert_string_equal(b.data, "12345678");
	buffer_release(&b);
}

static void a_format_that_fits_exactly_is_not_cut(void **state)
{
	(void)state;
	/* Lengths around the room that is left decide between formatting once and twice. */
	for (int already = 240; already < 258; already++)
		for (int more = 0; more < 20; more++) {
			struct buffer b;
			buffer_init(&b, 10000);
			buffer_printf(&b, "%*s", already, "");
			buffer_printf(&b, "%0*d", more, 7);
			int wrote = more ? more : 1;
			assert_false(b.failed);
			assert_int_equal(b.length, already + wrote);
			assert_int_equal(strlen(b.data), b.length);
			assert_int_equal(b.data[b.length - 1], '7');
			buffer_release(&b);
		}
}

static void what_cannot_be_formatted_fails(void **state)
{
	(void)state;
	struct buffer b;
	buffer_init(&b, 100);
	buffer_text(&b, "kept");
	/* A wide character that no multibyte sequence in the C locale stands for. */
	buffer_printf(&b, "and %lc", (unsigned)0x20ac);
	assert_true(b.failed);
	assert_string_equal(b.data, "kept");
	buffer_release(&b);
}

static void no_limit_is_a_limit_too(void **state)
{
	(void)state;
	struct buffer b;
	buffer_init(&b, SIZE_MAX);
	buffer_text(&b, "x");
	assert_false(b.failed);
	assert_string_equal(b.data, "x");
	assert_true(alloc_fail_at(0));
	buffer_append(&b, "x", SIZE_MAX - 2); /* no memory is that large */
	assert_true(alloc_fail.refused);
	alloc_fail_never();
	assert_true(b.failed);
	assert_string_equal(b.data, "x");
	buffer_release(&b);
}

static void no_memory_keeps_what_was_there(void **state)
{
	(void)state;
	for (long n = 0; alloc_fail_at(n); n++) {
		struct buffer b;
		buffer_init(&b, 100000);
		size_t kept = 0;
		for (int i = 0; i < 2000 && !b.failed; i++) {
			kept = b.length;
			buffer_printf(&b, "%05d", i);
		}
		if (alloc_fail.refused) {
			assert_true(b.failed);
			assert_int_equal(b.length, kept);
			if (b.data)
				assert_int_equal(strlen(b.data), kept);
		} else {
			assert_false(b.failed);
			assert_int_equal(b.length, 10000);
			assert_string_equal(b.data + 9995, "01999");
		}
		buffer_release(&b);
	}
	alloc_fail_never();
}

static void growth_costs_few_allocations(void **state)
{
	(void)state;
	struct buffer b;
	buffer_init(&b, 1 << 20);
	unsigned long calls = alloc_fail.calls;
	for (int i = 0; i < 1 << 20; i++)
		buffer_char(&b, 'x');
	assert_false(b.failed);
	assert_true(alloc_fail.calls - calls <= 14);
	buffer_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_follow_each_other),
		cmocka_unit_test(bytes_may_be_zero),
		cmocka_unit_test(the_limit_is_reached_and_not_passed),
		cmocka_unit_test(failure_sticks_until_cleared),
		cmocka_unit_test(a_format_that_fits_exactly_is_not_cut),
		cmocka_unit_test(what_cannot_be_formatted_fails),
		cmocka_unit_test(no_limit_is_a_limit_too),
		cmocka_unit_test(no_memory_keeps_what_was_there),
		cmocka_unit_test(growth_costs_few_allocations),
	};
	return cmocka_run_group_tests_name("buffer", tests, NULL, NULL) != 0;
}
