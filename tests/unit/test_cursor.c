#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <string.h>
#include <unistd.h>
#include "base/cursor.h"
#include "base/random.h"
#include "tests/unit/sample.h"

/* A page that may be used, and behind it one where every access is a fault. */
struct guarded {
	uint8_t *page, *end;
	size_t size;
};

static struct guarded guarded_new(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *pages = mmap(NULL, 3 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + size, size, PROT_READ | PROT_WRITE), 0);
	return (struct guarded){ .page = pages + size, .end = pages + 2 * size, .size = size };
}

static void guarded_free(struct guarded g)
{
	assert_int_equal(munmap(g.page - g.size, 3 * g.size), 0);
}

static void integers_are_in_network_order(void **state)
{
	(void)state;
	static const uint8_t bytes[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
		                         0xf0, 0xe1, 0xd2, 0xc3, 0xb4, 0xa5, 0x96 };
	struct cursor c = cursor_of(bytes, sizeof bytes);
	assert_int_equal(cursor_u8(&c), 0x01);
	assert_int_equal(cursor_u16(&c), 0x2345);
	assert_true(cursor_u32(&c) == 0x6789abcd);
	assert_true(cursor_u64(&c) == UINT64_C(0xeff0e1d2c3b4a596));
	assert_false(c.failed);
	assert_int_equal(cursor_left(&c), 0);

	uint8_t room[15];
	struct writer w = writer_of(room, sizeof room);
	writer_u8(&w, 0x01);
	writer_u16(&w, 0x2345);
	writer_u32(&w, 0x6789abcd);
	writer_u64(&w, UINT64_C(0xeff0e1d2c3b4a596));
	assert_false(w.failed);
	assert_int_equal(writer_length(&w), 15);
	assert_memory_equal(room, bytes, sizeof bytes);
}

static void reading_beyond_the_end_gives_zeros_for_good(void **state)
{
	(void)state;
	struct guarded g = guarded_new();
	memset(g.page, 0xff, g.size);
	/* Every read, from every place around the end; the guard page tells of the first byte
	 * beyond. */
	for (size_t have = 0; have < 9; have++)
		for (size_t want = 1; want <= 8; want *= 2) {
			struct cursor c = cursor_of(g.end - have, have);
			uint64_t v = want == 1   ? cursor_u8(&c)
			             : want == 2 ? cursor_u16(&c)
			             : want == 4 ? cursor_u32(&c)
			                         : cursor_u64(&c);
			if (have >= want) {
				assert_true(v == UINT64_MAX >> (64 - 8 * want));
				assert_false(c.failed);
				assert_int_equal(cursor_left(&c), have - want);
				continue;
			}
			assert_true(v == 0);
			assert_true(c.failed);
			assert_int_equal(cursor_left(&c), 0);
			assert_int_equal(cursor_u8(&c), 0);
			assert_int_equal(cursor_u16(&c), 0);
			assert_true(cursor_u32(&c) == 0 && cursor_u64(&c) == 0);
			assert_null(cursor_bytes(&c, 1));
			assert_int_equal(cursor_rest(&c).length, 0);
			assert_true(c.failed);
		}
	guarded_free(g);
}

static void a_failed_cursor_does_not_recover(void **state)
{
	(void)state;
	static const uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct cursor c = cursor_of(bytes, 4);
	cursor_skip(&c, 5);
	assert_true(c.failed);
	/* Four bytes would have been there. */
	assert_int_equal(cursor_u8(&c), 0);
	cursor_skip(&c, 1);
	assert_int_equal(cursor_span(&c, 1).length, 0);
	assert_null(cursor_span(&c, 1).data);
	assert_int_equal(cursor_left(&c), 0);
}

static void spans_are_what_lies_there(void **state)
{
	(void)state;
	static const uint8_t bytes[6] = { 1, 2, 3, 4, 5, 6 };
	struct cursor c = cursor_over((struct span){ bytes, 6 });
	cursor_skip(&c, 1);
	struct span s = cursor_span(&c, 2);
	assert_ptr_equal(s.data, bytes + 1);
	assert_int_equal(s.length, 2);
	assert_ptr_equal(cursor_bytes(&c, 1), bytes + 3);
	s = cursor_rest(&c);
	assert_ptr_equal(s.data, bytes + 4);
	assert_int_equal(s.length, 2);
	assert_int_equal(cursor_left(&c), 0);
	assert_false(c.failed);
	assert_int_equal(cursor_rest(&c).length, 0);
	assert_false(c.failed);
}

static void nothing_at_all_can_be_read_and_written(void **state)
{
	(void)state;
	struct cursor c = cursor_of(NULL, 0);
	assert_int_equal(cursor_left(&c), 0);
	cursor_skip(&c, 0);
	assert_int_equal(cursor_rest(&c).length, 0);
	assert_false(c.failed);
	cursor_skip(&c, 1);
	assert_true(c.failed);
	struct writer w = writer_of(NULL, 0);
	writer_bytes(&w, NULL, 0);
	writer_zero(&w, 0);
	assert_int_equal(writer_length(&w), 0);
	assert_false(w.failed);
	writer_u8(&w, 1);
	assert_true(w.failed);
}

static void huge_lengths_do_not_wrap(void **state)
{
	(void)state;
	uint8_t bytes[8] = { 0 };
	struct cursor c = cursor_of(bytes, sizeof bytes);
	cursor_skip(&c, 4);
	assert_null(cursor_bytes(&c, SIZE_MAX));
	assert_true(c.failed);
	struct writer w = writer_of(bytes, sizeof bytes);
	writer_u32(&w, 0);
	assert_null(writer_room(&w, SIZE_MAX - 2));
	assert_true(w.failed);
	assert_int_equal(writer_length(&w), 4);
}

static void writing_stops_at_the_end(void **state)
{
	(void)state;
	struct guarded g = guarded_new();
	for (size_t have = 0; have < 9; have++)
		for (size_t want = 1; want <= 8; want *= 2) {
			memset(g.end - 16, 0x11, 16);
			struct writer w = writer_of(g.end - have, have);
			switch (want) {
			case 1: writer_u8(&w, 0xee); break;
			case 2: writer_u16(&w, 0xeeee); break;
			case 4: writer_u32(&w, 0xeeeeeeee); break;
			default: writer_u64(&w, UINT64_C(0xeeeeeeeeeeeeeeee)); break;
			}
			assert_int_equal(w.failed, have < want);
			assert_int_equal(writer_length(&w), have < want ? 0 : want);
			assert_int_equal(g.end[-(int)have - 1], 0x11);
			if (!w.failed)
				continue;
			size_t length = writer_length(&w);
			writer_u8(&w, 1);
			writer_bytes(&w, "x", 1);
			writer_zero(&w, 1);
			assert_null(writer_room(&w, 0));
			assert_int_equal(writer_length(&w), length);
		}
	guarded_free(g);
}

static void runs_of_bytes_are_written_whole_or_not(void **state)
{
	(void)state;
	uint8_t room[6];
	memset(room, 0x11, sizeof room);
	struct writer w = writer_of(room, sizeof room);
	writer_bytes(&w, "abc", 3);
	writer_zero(&w, 2);
	assert_memory_equal(room, "abc\0\0\x11", 6);
	assert_int_equal(writer_length(&w), 5);
	writer_bytes(&w, "de", 2);
	assert_true(w.failed);
	assert_int_equal(room[5], 0x11);
	writer_zero(&w, 1);
	assert_int_equal(room[5], 0x11);
}

static void patches_stay_within_what_was_written(void **state)
{
	(void)state;
	uint8_t room[8] = { 0 };
	struct writer w = writer_of(room, sizeof room);
	writer_u32(&w, 0);
	writer_patch_u16(&w, 0, 0x1234);
	writer_patch_u16(&w, 2, 0x5678);
	assert_false(w.failed);
	assert_memory_equal(room, "\x12\x34\x56\x78\0\0\0\0", 8);
	struct writer third = w;
	writer_patch_u16(&third, 3, 0xffff);
	assert_true(third.failed);
	third = w;
	writer_patch_u16(&third, SIZE_MAX, 0xffff);
	assert_true(third.failed);
	struct writer one = writer_of(room, sizeof room);
	writer_u8(&one, 0x12);
	writer_patch_u16(&one, 0, 0xffff);
	assert_true(one.failed);
	writer_patch_u16(&one, 0, 0xffff);
	assert_memory_equal(room, "\x12\x34\x56\x78\0\0\0\0", 8);
}

/* Any sequence of reads agrees with indexing, and fails exactly where that would leave the bytes.
 */
static void random_walks_agree_with_indexing(void **state)
{
	(void)state;
	struct random r;
	random_init(&r, sample_seed(51));
	struct guarded g = guarded_new();
	for (size_t i = 0; i < g.size; i++)
		g.page[i] = (uint8_t)random_next(&r);
	for (int round = 0; round < 20000; round++) {
		size_t length = (size_t)random_below(&r, 40), at = 0;
		const uint8_t *bytes = g.end - length;
		struct cursor c = cursor_of(bytes, length);
		bool failed = false;
		for (int step = 0; step < 12; step++) {
			size_t want = (size_t)1 << random_below(&r, 3);
			failed = failed || length - at < want;
			uint32_t expect = 0;
			for (size_t i = 0; i < want && !failed; i++)
				expect = expect << 8 | bytes[at + i];
			uint32_t got = want == 1   ? cursor_u8(&c)
			               : want == 2 ? cursor_u16(&c)
			                           : cursor_u32(&c);
			assert_true(got == expect);
			assert_int_equal(c.failed, failed);
			at += failed ? 0 : want;
			assert_int_equal(cursor_left(&c), failed ? 0 : length - at);
		}
	}
	guarded_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_in_network_order),
		cmocka_unit_test(reading_beyond_the_end_gives_zeros_for_good),
		cmocka_unit_test(a_failed_cursor_does_not_recover),
		cmocka_unit_test(spans_are_what_lies_there),
		cmocka_unit_test(nothing_at_all_can_be_read_and_written),
		cmocka_unit_test(huge_lengths_do_not_wrap),
		cmocka_unit_test(writing_stops_at_the_end),
		cmocka_unit_test(runs_of_bytes_are_written_whole_or_not),
		cmocka_unit_test(patches_stay_within_what_was_written),
		cmocka_unit_test(random_walks_agree_with_indexing),
	};
	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL) != 0;
}
