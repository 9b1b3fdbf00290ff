#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/random.h"
#include "tests/unit/pingchaos.h"

#define RUNS   3000
#define LENGTH 600

static void any_order_of_events_keeps_the_books_straight(void **state)
{
	(void)state;
	const char *text = getenv("SONDE_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;
	print_message("SONDE_SEED=%llu\n", (unsigned long long)seed);
	struct pingchaos_tally tally = { 0 };
	for (uint64_t run = 0; run < RUNS; run++) {
		struct random random;
		random_init(&random, seed + run);
		uint8_t bytes[LENGTH];
		for (size_t i = 0; i < LENGTH; i++)
			bytes[i] = (uint8_t)random_next(&random);
		pingchaos_run(bytes, random_below(&random, LENGTH), &tally);
	}
	/* The bytes reach everything there is. */
	assert_true(tally.sent > 10 * RUNS);
	assert_true(tally.replies > RUNS);
	assert_true(tally.lost > RUNS);
	assert_true(tally.late > RUNS / 4);
	assert_true(tally.duplicates > RUNS);
	assert_true(tally.errors > RUNS / 4);
	assert_true(tally.summaries > RUNS / 10);
	assert_true(tally.done > RUNS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_of_events_keeps_the_books_straight),
	};
	return cmocka_run_group_tests_name("ping_random", tests, NULL, NULL) != 0;
}
