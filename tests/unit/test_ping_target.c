#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "algo/ping_target.h"

#define MS(n) ((n)*NSEC_MS)

/* A flood's target, without ring or net: how its window opens and closes. */
static struct ping_target open_target(struct ping_config *config, uint32_t preload)
{
	*config = (struct ping_config){ .preload = preload };
	const struct report_target info = { .addr = addr_v4(0xc6336401) };
	struct ping_target t;
	assert_int_equal(ping_target_init(&t, config, &info, NSEC_S), 0);
	return t;
}

static void send(struct ping_target *t, const struct ping_config *config, int count, nsec now)
{
	for (int i = 0; i < count; i++) {
		ping_target_launched(t, config, now);
		ping_target_sent(t, config, now);
	}
}

static void answer(struct ping_target *t, const struct ping_config *config, uint64_t first,
                   uint64_t last)
{
	for (uint64_t seq = first; seq <= last; seq++)
		ping_target_answered(t, config, seq, NSEC_MS);
}

static void the_window_opens_by_one_for_each_window_of_answers(void **state)
{
	(void)state;
	struct ping_config config;
	struct ping_target t = open_target(&config, 1);
	send(&t, &config, 1000, NSEC_S);
	uint64_t seq = 0;
	for (uint32_t window = 1; window < PING_WINDOW; window++) {
		assert_int_equal(t.window, window);
		answer(&t, &config, seq + 1, seq + window - 1);
		seq += window - 1;
		assert_int_equal(t.window, window);
		answer(&t, &config, seq + 1, seq + 1);
		seq++;
	}
	answer(&t, &config, seq + 1, 1000);
	assert_int_equal(t.window, PING_WINDOW);
	ping_target_release(&t);
}

static void loss_halves_it(void **state)
{
	(void)state;
	struct ping_config config;
	struct ping_target t = open_target(&config, 1);
	send(&t, &config, 1000, NSEC_S);
	answer(&t, &config, 1, 200);
	assert_int_equal(t.window, 16);
	answer(&t, &config, 204, 204); /* three overtaken: that may be reordering */
	assert_int_equal(t.window, 16);
	answer(&t, &config, 206, 206); /* a fourth: loss */
	assert_int_equal(t.window, 8);
	/* Opened again from there by eight answers; the holes that are known close it no more. */
	answer(&t, &config, 207, 213);
	assert_int_equal(t.window, 8);
	answer(&t, &config, 214, 214);
	assert_int_equal(t.window, 9);
	/* Late answers fill the holes, and new ones count from none again. */
	answer(&t, &config, 201, 203);
	answer(&t, &config, 205, 205);
	assert_int_equal(t.holes, 0);
	uint32_t window = t.window;
	answer(&t, &config, 219, 219);
	assert_int_equal(t.window, window / 2);
	ping_target_release(&t);
}

static void what_is_settled_otherwise_is_no_hole(void **state)
{
	(void)state;
	struct ping_config config;
	struct ping_target t = open_target(&config, 1);
	send(&t, &config, 300, NSEC_S);
	answer(&t, &config, 1, 200);
	for (uint64_t seq = 201; seq <= 210; seq++)
		ping_target_failed(&t, &config, seq);
	for (uint64_t seq = 211; seq <= 220; seq++)
		ping_target_lost(&t, seq);
	assert_int_equal(t.high, 220); /* given up is settled: nothing is outstanding below */
	answer(&t, &config, 221, 300);
	for (uint64_t seq = 301; seq <= 310; seq++) {
		ping_target_launched(&t, &config, NSEC_S);
		ping_target_refused(&t, &config, seq, NSEC_S);
	}
	send(&t, &config, 1, NSEC_S);
	answer(&t, &config, 311, 311);
	assert_int_equal(t.window, 16);
	assert_int_equal(t.holes, 0);
	ping_target_release(&t);
}

static void it_closes_to_the_preload_and_no_further(void **state)
{
	(void)state;
	struct ping_config config;
	struct ping_target t = open_target(&config, 6);
	assert_int_equal(t.window, 6);
	send(&t, &config, 1000, NSEC_S);
	answer(&t, &config, 1, 13);
	assert_int_equal(t.window, 8);
	answer(&t, &config, 20, 20);
	assert_int_equal(t.window, 6);
	answer(&t, &config, 30, 30);
	assert_int_equal(t.window, 6);
	ping_target_release(&t);
	t = open_target(&config, 5);
	send(&t, &config, 1000, NSEC_S);
	answer(&t, &config, 1, 5 + 6 + 7 + 8 + 9 + 10 + 11);
	assert_int_equal(t.window, 12);
	answer(&t, &config, 100, 100);
	assert_int_equal(t.window, 6);
	ping_target_release(&t);
	t = open_target(&config, 40); /* above the window: it is the window */
	send(&t, &config, 1000, NSEC_S);
	answer(&t, &config, 1, 500);
	assert_int_equal(t.window, 40);
	ping_target_release(&t);
}

static void a_refusal_pauses_from_when_it_came(void **state)
{
	(void)state;
	struct ping_config config;
	struct ping_target t = open_target(&config, 1);
	ping_target_launched(&t, &config, NSEC_S);
	ping_target_refused(&t, &config, 1, NSEC_S + MS(3));
	assert_int_equal(t.due, NSEC_S + MS(3) + PING_FLOOD_GAP);
	/* The next one that is sent ends the pause. */
	ping_target_launched(&t, &config, NSEC_S + MS(13));
	ping_target_sent(&t, &config, NSEC_S + MS(13));
	ping_target_answered(&t, &config, 2, 1);
	assert_true(t.due <= NSEC_S + MS(13));
	ping_target_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_opens_by_one_for_each_window_of_answers),
		cmocka_unit_test(loss_halves_it),
		cmocka_unit_test(what_is_settled_otherwise_is_no_hole),
		cmocka_unit_test(it_closes_to_the_preload_and_no_further),
		cmocka_unit_test(a_refusal_pauses_from_when_it_came),
	};
	return cmocka_run_group_tests_name("ping_target", tests, NULL, NULL) != 0;
}
