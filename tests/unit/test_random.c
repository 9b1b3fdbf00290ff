#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/random.h"

/*
 * Key and message count up from zero: the vectors of the paper's appendix A, for all lengths below
 * 64, here as another implementation (OpenSSL's) computes them too.
 */
static const uint64_t siphash_vectors[64] = {
	UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0x74f839c593dc67fd), UINT64_C(0x0d6c8009d9a94f5a),
	UINT64_C(0x85676696d7fb7e2d), UINT64_C(0xcf2794e0277187b7), UINT64_C(0x18765564cd99a68d),
	UINT64_C(0xcbc9466e58fee3ce), UINT64_C(0xab0200f58b01d137), UINT64_C(0x93f5f5799a932462),
	UINT64_C(0x9e0082df0ba9e4b0), UINT64_C(0x7a5dbbc594ddb9f3), UINT64_C(0xf4b32f46226bada7),
	UINT64_C(0x751e8fbc860ee5fb), UINT64_C(0x14ea5627c0843d90), UINT64_C(0xf723ca908e7af2ee),
	UINT64_C(0xa129ca6149be45e5), UINT64_C(0x3f2acc7f57c29bdb), UINT64_C(0x699ae9f52cbe4794),
	UINT64_C(0x4bc1b3f0968dd39c), UINT64_C(0xbb6dc91da77961bd), UINT64_C(0xbed65cf21aa2ee98),
	UINT64_C(0xd0f2cbb02e3b67c7), UINT64_C(0x93536795e3a33e88), UINT64_C(0xa80c038ccd5ccec8),
	UINT64_C(0xb8ad50c6f649af94), UINT64_C(0xbce192de8a85b8ea), UINT64_C(0x17d835b85bbb15f3),
	UINT64_C(0x2f2e6163076bcfad), UINT64_C(0xde4daaaca71dc9a5), UINT64_C(0xa6a2506687956571),
	UINT64_C(0xad87a3535c49ef28), UINT64_C(0x32d892fad841c342), UINT64_C(0x7127512f72f27cce),
	UINT64_C(0xa7f32346f95978e3), UINT64_C(0x12e0b01abb051238), UINT64_C(0x15e034d40fa197ae),
	UINT64_C(0x314dffbe0815a3b4), UINT64_C(0x027990f029623981), UINT64_C(0xcadcd4e59ef40c4d),
	UINT64_C(0x9abfd8766a33735c), UINT64_C(0x0e3ea96b5304a7d0), UINT64_C(0xad0c42d6fc585992),
	UINT64_C(0x187306c89bc215a9), UINT64_C(0xd4a60abcf3792b95), UINT64_C(0xf935451de4f21df2),
	UINT64_C(0xa9538f0419755787), UINT64_C(0xdb9acddff56ca510), UINT64_C(0xd06c98cd5c0975eb),
	UINT64_C(0xe612a3cb9ecba951), UINT64_C(0xc766e62cfcadaf96), UINT64_C(0xee64435a9752fe72),
	UINT64_C(0xa192d576b245165a), UINT64_C(0x0a8787bf8ecb74b2), UINT64_C(0x81b3e73d20b49b6f),
	UINT64_C(0x7fa8220ba3b2ecea), UINT64_C(0x245731c13ca42499), UINT64_C(0xb78dbfaf3a8d83bd),
	UINT64_C(0xea1ad565322a1a0b), UINT64_C(0x60e61c23a3795013), UINT64_C(0x6606d7e446282b93),
	UINT64_C(0x6ca4ecb15c5f91e1), UINT64_C(0x9f626da15c9625f3), UINT64_C(0xe51b38608ef25f57),
	UINT64_C(0x958a324ceb064572),
};

static void siphash_gives_the_reference_vectors(void **state)
{
	(void)state;
	const struct siphash_key key = { UINT64_C(0x0706050403020100),
		                         UINT64_C(0x0f0e0d0c0b0a0908) };
	uint8_t message[64];
	for (size_t n = 0; n < 64; n++) {
		message[n] = (uint8_t)n;
		assert_true(siphash(&key, message, n) == siphash_vectors[n]);
	}
}

static void siphash_of_nothing_reads_nothing(void **state)
{
	(void)state;
	const struct siphash_key key = { UINT64_C(0x0706050403020100),
		                         UINT64_C(0x0f0e0d0c0b0a0908) };
	assert_true(siphash(&key, NULL, 0) == siphash_vectors[0]);
}

static void generator_is_xoshiro256_plus_plus(void **state)
{
	(void)state;
	/* What the authors' own code makes of the state 1 2 3 4. */
	static const uint64_t want[] = {
		UINT64_C(41943041),
		UINT64_C(58720359),
		UINT64_C(3588806011781223),
		UINT64_C(3591011842654386),
		UINT64_C(9228616714210784205),
		UINT64_C(9973669472204895162),
		UINT64_C(14011001112246962877),
		UINT64_C(12406186145184390807),
		UINT64_C(15849039046786891736),
		UINT64_C(10450023813501588000),
	};
	struct random r = { { 1, 2, 3, 4 } };
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		assert_true(random_next(&r) == want[i]);
}

static void seed_is_spread_by_splitmix64(void **state)
{
	(void)state;
	struct random r;
	random_init(&r, UINT64_C(1477776061723855037));
	assert_true(r.state[0] == UINT64_C(1985237415132408290));
	assert_true(r.state[1] == UINT64_C(2979275885539914483));
	assert_true(r.state[2] == UINT64_C(13511426838097143398));
	assert_true(r.state[3] == UINT64_C(8488337342461049707));
}

static void below_stays_below_and_is_even(void **state)
{
	(void)state;
	struct random r;
	random_init(&r, 1);
	unsigned seen[6] = { 0 };
	for (int i = 0; i < 60000; i++) {
		uint64_t v = random_below(&r, 6);
		assert_true(v < 6);
		seen[v]++;
	}
	/* Five standard deviations of a binomial of 60000 and 1/6 are 456. */
	for (int i = 0; i < 6; i++)
		assert_in_range(seen[i], 10000 - 456, 10000 + 456);
	assert_true(random_below(&r, 1) == 0);
}

static void below_nothing_is_nothing_and_draws_nothing(void **state)
{
	(void)state;
	struct random r, before;
	random_init(&r, 7);
	before = r;
	assert_true(random_below(&r, 0) == 0);
	assert_memory_equal(&r, &before, sizeof r);
}

static void below_rejects_what_would_skew(void **state)
{
	(void)state;
	/*
	 * With a bound of 2^63 + 1 the values below 2^63 - 1 are drawn again: nearly half of all.
	 * Taken modulo instead, the low quarter would come twice as often as it should.
	 */
	const uint64_t bound = (UINT64_C(1) << 63) + 1;
	struct random r;
	random_init(&r, 3);
	unsigned low = 0;
	for (int i = 0; i < 10000; i++) {
		uint64_t v = random_below(&r, bound);
		assert_true(v < bound);
		low += v < bound / 4;
	}
	/* 2500 within five standard deviations. */
	assert_in_range(low, 2283, 2717);
	struct random again, other;
	random_init(&again, 3);
	random_init(&other, 3);
	uint64_t first = random_next(&other);
	while (first < (UINT64_C(1) << 63) - 1)
		first = random_next(&other);
	assert_true(random_below(&again, bound) == first % bound);
}

static void unit_covers_zero_to_one(void **state)
{
	(void)state;
	struct random r;
	random_init(&r, 9);
	double least = 1, most = 0, sum = 0;
	for (int i = 0; i < 100000; i++) {
		double u = random_unit(&r);
		assert_true(u >= 0 && u < 1);
		least = u < least ? u : least;
		most = u > most ? u : most;
		sum += u;
	}
	assert_true(least < 0.001 && most > 0.999);
	assert_true(sum / 100000 > 0.495 && sum / 100000 < 0.505);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_gives_the_reference_vectors),
		cmocka_unit_test(siphash_of_nothing_reads_nothing),
		cmocka_unit_test(generator_is_xoshiro256_plus_plus),
		cmocka_unit_test(seed_is_spread_by_splitmix64),
		cmocka_unit_test(below_stays_below_and_is_even),
		cmocka_unit_test(below_nothing_is_nothing_and_draws_nothing),
		cmocka_unit_test(below_rejects_what_would_skew),
		cmocka_unit_test(unit_covers_zero_to_one),
	};
	return cmocka_run_group_tests_name("random", tests, NULL, NULL) != 0;
}
