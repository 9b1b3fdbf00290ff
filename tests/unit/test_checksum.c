#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/random.h"
#include "tests/unit/sample.h"
#include "wire/checksum.h"

/* Modulo arithmetic instead of carries: an independent way to the same number. */
static uint16_t judge(const uint8_t *data, size_t length)
{
	uint64_t total = 0;
	bool zero = true;

	for (size_t i = 0; i < length; i++) {
		total += (uint64_t)data[i] * (i % 2 ? 1 : 256);
		zero = zero && data[i] == 0;
	}
	uint64_t rest = total % 65535;
	if (rest == 0 && !zero)
		rest = 65535; /* only nothing sums to nothing */
	return (uint16_t)(65535 - rest);
}

static void rfc1071_example(void **state)
{
	(void)state;
	const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	/* RFC 1071, section 3: the sum is 2ddf0, folded ddf2. */
	assert_int_equal(checksum(bytes, sizeof bytes), 0xffff - 0xddf2);
	assert_int_equal(checksum_finish(0x2ddf0), 0xffff - 0xddf2);
}

static void ip_header(void **state)
{
	(void)state;
	/* By hand: 4500+0073+0000+4000+4011+c0a8+0001+c0a8+00c7 = 2479c; 479c+2 = 479e; ~ = b861.
	 */
	uint8_t header[] = { 0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
		             0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7 };

	assert_int_equal(checksum(header, sizeof header), 0xb861);
	header[10] = 0xb8;
	header[11] = 0x61;
	assert_int_equal(checksum(header, sizeof header), 0);
}

static void short_and_odd(void **state)
{
	(void)state;
	const uint8_t bytes[] = { 0x01, 0x02, 0x03 };

	assert_int_equal(checksum(NULL, 0), 0xffff);
	assert_int_equal(checksum(bytes, 1), 0xfeff);
	assert_int_equal(checksum(bytes, 2), 0xfefd);
	assert_int_equal(checksum(bytes, 3), 0xfbfd);
}

static void carries_fold_to_the_end(void **state)
{
	(void)state;
	assert_int_equal(checksum_finish(0), 0xffff);
	assert_int_equal(checksum_finish(0xffff), 0);
	assert_int_equal(checksum_finish(0x10000), 0xfffe);
	/* 1ffff folds to 10000, which folds again. */
	assert_int_equal(checksum_finish(0x1ffff), 0xfffe);
	assert_int_equal(checksum_finish(UINT64_MAX), 0);
	/* ffff + ffff + 0001 + ffff = 2fffe; 10000; 1. */
	assert_int_equal(checksum_finish(UINT64_C(0xffffffff0001ffff)), 0xfffe);
	assert_int_equal(checksum_finish(UINT64_C(0x0001000000000001)), 0xfffd);
}

static void any_sum_folds_like_its_words(void **state)
{
	(void)state;
	static const uint16_t edges[] = { 0, 1, 2, 0x7fff, 0x8000, 0xfffd, 0xfffe, 0xffff };

	/* A sum of 64 bits is worth the sum of its four words: all fours of edges. */
	for (unsigned int pick = 0; pick < 8 * 8 * 8 * 8; pick++) {
		uint8_t bytes[8];
		struct writer w = writer_of(bytes, sizeof bytes);
		uint64_t sum = 0;
		for (unsigned int i = 0; i < 4; i++) {
			uint16_t word = edges[pick >> 3 * i & 7];
			writer_u16(&w, word);
			sum = sum << 16 | word;
		}
		assert_int_equal(checksum_finish(sum), judge(bytes, sizeof bytes));
	}
}

static void every_length_and_alignment(void **state)
{
	(void)state;
	struct random r;
	uint64_t seed = sample_seed(20);

	random_init(&r, seed);
	for (size_t length = 0; length <= 200; length++) {
		for (size_t skew = 0; skew < 8; skew++) {
			uint8_t *bytes = sample_copy(NULL, 0);
			bytes = realloc(bytes, length + skew + 1);
			assert_non_null(bytes);
			/* Many 0xff, so that carries meet in the high words too. */
			for (size_t i = 0; i < length + skew; i++)
				bytes[i] = random_below(&r, 2) ? 0xff : (uint8_t)random_next(&r);
			uint8_t *exact = sample_copy(bytes + skew, length);
			assert_int_equal(checksum(bytes + skew, length),
			                 judge(bytes + skew, length));
			assert_int_equal(checksum(exact, length), judge(exact, length));
			free(exact);
			free(bytes);
		}
	}
}

static void largest_datagram(void **state)
{
	(void)state;
	static uint8_t bytes[65535];

	memset(bytes, 0xff, sizeof bytes);
	assert_int_equal(checksum(bytes, sizeof bytes), judge(bytes, sizeof bytes));
	assert_int_equal(checksum(bytes, sizeof bytes - 1), 0);
}

static void runs_add_up(void **state)
{
	(void)state;
	uint8_t bytes[101];
	struct random r;

	random_init(&r, sample_seed(21));
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)random_next(&r);
	for (size_t cut = 0; cut <= sizeof bytes; cut += 2) {
		checksum_sum sum = checksum_add(0, bytes, cut);
		sum = checksum_add(sum, bytes + cut, sizeof bytes - cut);
		assert_int_equal(checksum_finish(sum), judge(bytes, sizeof bytes));
	}
}

static void pseudo_header_v4(void **state)
{
	(void)state;
	struct addr src = addr_v4(0xc6336401); /* 198.51.100.1 */
	struct addr dst = addr_v4(0xcb007102); /* 203.0.113.2 */
	/* RFC 793, 3.1, written out: source, destination, zero, protocol, length. */
	const uint8_t bytes[] = { 198, 51, 100, 1, 203, 0, 113, 2, 0, 17, 0x12, 0x34 };

	assert_int_equal(checksum_finish(checksum_pseudo(&src, &dst, 17, 0x1234)),
	                 judge(bytes, sizeof bytes));
}

static void pseudo_header_v6(void **state)
{
	(void)state;
	/* RFC 8200, 8.1: the length has 32 bits, and three zero bytes stand before the next header.
	 */
	const uint8_t bytes[40] = { 0x20, 0x01, 0x0d, 0xb8, 0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0,
		                    0x01, 0x20, 0x01, 0x0d, 0xb8, 0,    9, 0, 0, 0, 0, 0, 0, 0, 0,
		                    0xff, 0xfe, 0x00, 0x01, 0x23, 0x45, 0, 0, 0, 58 };
	struct addr src = addr_v6(bytes);
	struct addr dst = addr_v6(bytes + 16);

	src.scope = 7; /* is nothing of the wire's */
	assert_int_equal(checksum_finish(checksum_pseudo(&src, &dst, 58, 0x12345)),
	                 judge(bytes, sizeof bytes));
}

static void update_rfc1624_example(void **state)
{
	(void)state;
	/* RFC 1624, section 4: equation 2 would give ffff here. */
	assert_int_equal(checksum_update(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static void update_equals_recomputation(void **state)
{
	(void)state;
	struct random r;
	uint8_t bytes[24];

	random_init(&r, sample_seed(22));
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = random_below(&r, 3) ? (uint8_t)random_next(&r) : 0xff;
		bytes[0] = 0x45; /* something in it is not zero, as in every header */
		uint16_t before = checksum(bytes, sizeof bytes);
		size_t at = 2 * (size_t)(1 + random_below(&r, 11));
		uint16_t old = (uint16_t)(bytes[at] << 8 | bytes[at + 1]);
		uint16_t new_word = (uint16_t)random_next(&r);
		if (random_below(&r, 8) == 0) /* the word that makes the sum come out as ffff */
			new_word = checksum_finish(checksum_add(0, bytes, sizeof bytes) +
			                           (uint16_t)~old);
		bytes[at] = (uint8_t)(new_word >> 8);
		bytes[at + 1] = (uint8_t)new_word;
		assert_int_equal(checksum_update(before, old, new_word),
		                 judge(bytes, sizeof bytes));
	}
}

static void compensate_reaches_what_is_wanted(void **state)
{
	(void)state;
	struct random r;
	uint8_t bytes[33];

	random_init(&r, sample_seed(23));
	for (int round = 0; round < 20000; round++) {
		size_t length = 4 + (size_t)random_below(&r, sizeof bytes - 3);
		for (size_t i = 0; i < length; i++)
			bytes[i] = (uint8_t)random_next(&r);
		bytes[0] |= 1;
		size_t at = 2 * (size_t)(1 + random_below(&r, length / 2 - 1));
		bytes[at] = 0;
		bytes[at + 1] = 0;
		uint16_t wanted = (uint16_t)random_next(&r);
		if (random_below(&r, 16) == 0)
			wanted = random_below(&r, 2) ? 0xffff : 0;
		uint16_t word = checksum_compensate(checksum_add(0, bytes, length), wanted);
		bytes[at] = (uint8_t)(word >> 8);
		bytes[at + 1] = (uint8_t)word;
		/* 0000 and ffff are one sum, and of the two only 0000 can come out. */
		assert_int_equal(judge(bytes, length), wanted == 0xffff ? 0 : wanted);
	}
}

static void compensate_a_given_sum(void **state)
{
	(void)state;
	/* 1234 + edca = fffe, whose complement is the 0001 wanted. */
	assert_int_equal(checksum_compensate(0x1234, 0x0001), 0xedca);
	/* The same sum with its carries not folded yet. */
	assert_int_equal(checksum_compensate(0x11233, 0x0001), 0xedca);
	assert_int_equal(checksum_finish(checksum_compensate(0, 0)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc1071_example),
		cmocka_unit_test(ip_header),
		cmocka_unit_test(short_and_odd),
		cmocka_unit_test(carries_fold_to_the_end),
		cmocka_unit_test(any_sum_folds_like_its_words),
		cmocka_unit_test(every_length_and_alignment),
		cmocka_unit_test(largest_datagram),
		cmocka_unit_test(runs_add_up),
		cmocka_unit_test(pseudo_header_v4),
		cmocka_unit_test(pseudo_header_v6),
		cmocka_unit_test(update_rfc1624_example),
		cmocka_unit_test(update_equals_recomputation),
		cmocka_unit_test(compensate_reaches_what_is_wanted),
		cmocka_unit_test(compensate_a_given_sum),
	};
	return cmocka_run_group_tests_name("checksum", tests, NULL, NULL) != 0;
}
