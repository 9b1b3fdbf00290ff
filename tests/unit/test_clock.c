/* The map from wall-clock stamps to monotonic time, with the clock stepped under its feet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "io/clock.h"

#define EPOCH (INT64_C(1764000000) * NSEC_S) /* wall minus monotonic at the start */
#define START (1000 * NSEC_S)

static struct clock_map map_at_start(void)
{
	return (struct clock_map){
		.offset = EPOCH,
		.previous_offset = EPOCH,
		.looked = START,
		.step_after = START,
		.step_before = START,
	};
}

static void a_stamp_is_shifted_by_the_offset(void **state)
{
	(void)state;
	struct clock_map m = map_at_start();
	nsec wall = EPOCH + START + 1234567;
	assert_int_equal(clock_map_fit(&m, wall, START, START + 2 * NSEC_MS), START + 1234567);
}

static void both_bounds_belong_to_the_window(void **state)
{
	(void)state;
	struct clock_map m = map_at_start();
	assert_int_equal(clock_map_fit(&m, EPOCH + START, START, START + 10), START);
	assert_int_equal(clock_map_fit(&m, EPOCH + START + 10, START, START + 10), START + 10);
}

static void noise_is_moved_to_the_bound_and_no_more(void **state)
{
	(void)state;
	struct clock_map m = map_at_start();
	nsec now = START + NSEC_MS;
	assert_int_equal(clock_map_fit(&m, EPOCH + START - CLOCK_NOISE, START, now), START);
	assert_int_equal(clock_map_fit(&m, EPOCH + START - CLOCK_NOISE - 1, START, now), -1);
	assert_int_equal(clock_map_fit(&m, EPOCH + now + CLOCK_NOISE, START, now), now);
	assert_int_equal(clock_map_fit(&m, EPOCH + now + CLOCK_NOISE + 1, START, now), -1);
}

static void an_empty_window_has_no_stamp(void **state)
{
	(void)state;
	struct clock_map m = map_at_start();
	assert_int_equal(clock_map_fit(&m, EPOCH + START, START + 1, START), -1);
}

static void the_noise_of_a_look_is_no_step(void **state)
{
	(void)state;
	struct clock_map m = map_at_start();
	clock_map_look(&m, EPOCH + CLOCK_NOISE, START + NSEC_S);
	clock_map_look(&m, EPOCH - CLOCK_NOISE, START + 2 * NSEC_S);
	assert_int_equal(m.offset, EPOCH);
	assert_int_equal(m.looked, START + 2 * NSEC_S);
	assert_int_equal(m.step_after, m.step_before);
}

/* Forward and back, by more and by less than the time between two looks. */
static const nsec steps[] = { 3600 * NSEC_S, -3600 * NSEC_S, NSEC_S / 2,
	                      -NSEC_S / 2,   5 * NSEC_US,    -5 * NSEC_US };

static void a_stamp_taken_before_the_step_uses_the_offset_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct clock_map m = map_at_start();
		nsec sent = START + NSEC_S;
		clock_map_look(&m, EPOCH, START + 2 * NSEC_S);
		clock_map_look(&m, EPOCH + steps[i], START + 2 * NSEC_S + 10);
		/* The window ends before the step could have been: one offset alone is possible. */
		assert_int_equal(clock_map_fit(&m, EPOCH + sent, sent - 10, START + 2 * NSEC_S - 1),
		                 sent);
	}
}

static void a_stamp_taken_after_the_step_uses_the_offset_after(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct clock_map m = map_at_start();
		nsec seen = START + 2 * NSEC_S;
		clock_map_look(&m, EPOCH, seen - 10);
		clock_map_look(&m, EPOCH + steps[i], seen);
		nsec time = seen + 3 * NSEC_S;
		assert_int_equal(clock_map_fit(&m, EPOCH + steps[i] + time,
		                               seen + 2 * NSEC_US + NSEC_US, time + 10),
		                 time);
	}
}

/* Both readings lie in the window and in the reach of their offsets: nobody can tell. */
static void what_fits_before_and_after_has_no_time(void **state)
{
	(void)state;
	struct clock_map m = map_at_start();
	nsec step = -NSEC_S / 2;
	clock_map_look(&m, EPOCH + step, START + 10 * NSEC_S);
	nsec now = START + 10 * NSEC_S;
	nsec wall = EPOCH + START + 5 * NSEC_S;
	assert_int_equal(clock_map_fit(&m, wall, START, now), -1);
	/* A tighter window decides. */
	assert_int_equal(clock_map_fit(&m, wall, START, START + 5 * NSEC_S), START + 5 * NSEC_S);
	assert_int_equal(clock_map_fit(&m, wall, START + 5 * NSEC_S + 100 * NSEC_MS, now),
	                 START + 5 * NSEC_S - step);
}

/* After a step by +1 h an old offset would put new stamps an hour into the future, and after one by
 * -1 h into the past, which a wide window would swallow: the look rules it out. */
static void an_offset_is_not_used_beyond_its_time(void **state)
{
	(void)state;
	struct clock_map m = map_at_start();
	nsec step = -3600 * NSEC_S;
	nsec seen = START + 2 * 3600 * NSEC_S;
	clock_map_look(&m, EPOCH, seen - NSEC_MS);
	clock_map_look(&m, EPOCH + step, seen);
	nsec time = seen + NSEC_S;
	/* Under the offset before, it would be from an hour ago, within the window. */
	assert_int_equal(
	        clock_map_fit(&m, EPOCH + step + time, seen - NSEC_MS + 3 * NSEC_US, time + 10),
	        time);
	/* A stamp of long before the step cannot be of after it. */
	nsec old = seen - 3600 * NSEC_S - 30 * NSEC_S;
	assert_int_equal(clock_map_fit(&m, EPOCH + old, START, time), old);
}

static void garbage_has_no_time(void **state)
{
	(void)state;
	struct clock_map m = map_at_start();
	const nsec walls[] = { INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX, INT64_MAX - 1 };
	for (size_t i = 0; i < sizeof(walls) / sizeof(walls[0]); i++)
		assert_int_equal(clock_map_fit(&m, walls[i], START, START + NSEC_S), -1);
	m.offset = -EPOCH;
	assert_int_equal(clock_map_fit(&m, INT64_MAX, START, START + NSEC_S), -1);
}

static void two_steps_keep_the_last(void **state)
{
	(void)state;
	struct clock_map m = map_at_start();
	clock_map_look(&m, EPOCH + NSEC_S, START + NSEC_S);
	clock_map_look(&m, EPOCH + 9 * NSEC_S, START + 2 * NSEC_S);
	assert_int_equal(m.offset, EPOCH + 9 * NSEC_S);
	assert_int_equal(m.previous_offset, EPOCH + NSEC_S);
	assert_int_equal(m.step_after, START + NSEC_S);
	assert_int_equal(m.step_before, START + 2 * NSEC_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stamp_is_shifted_by_the_offset),
		cmocka_unit_test(both_bounds_belong_to_the_window),
		cmocka_unit_test(noise_is_moved_to_the_bound_and_no_more),
		cmocka_unit_test(an_empty_window_has_no_stamp),
		cmocka_unit_test(the_noise_of_a_look_is_no_step),
		cmocka_unit_test(a_stamp_taken_before_the_step_uses_the_offset_before),
		cmocka_unit_test(a_stamp_taken_after_the_step_uses_the_offset_after),
		cmocka_unit_test(what_fits_before_and_after_has_no_time),
		cmocka_unit_test(an_offset_is_not_used_beyond_its_time),
		cmocka_unit_test(garbage_has_no_time),
		cmocka_unit_test(two_steps_keep_the_last),
	};
	return cmocka_run_group_tests_name("clock", tests, NULL, NULL) != 0;
}
