#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include "algo/ping_private.h"
#include "tests/unit/pinglab.h"

static const nsec start = 1000 * NSEC_S;

/* A script that also writes down when each probe was handed over. */
struct sends {
	struct pinglab lab;
	struct fate (*fate)(const struct probe *probe, uint64_t number);
	nsec times[64];
	uint64_t count;
};

static struct fate note_send(void *ctx, const struct probe *probe, uint64_t number)
{
	struct sends *s = ctx;
	if (s->count < 64)
		s->times[s->count] = s->lab.net.now - start;
	s->count++;
	return s->fate ? s->fate(probe, number) : fate_good();
}

static void open_sends(struct sends *s, const struct ping_config *config, uint32_t targets)
{
	s->count = 0;
	pinglab_open(&s->lab, config, note_send, s, targets);
}

static void expect_times(const struct sends *s, const nsec *times, size_t count)
{
	assert_true(s->count >= count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(s->times[i], times[i]);
}

static void the_nth_probe_is_due_n_intervals_after_the_first(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 5;
	pinglab_open(&lab, &config, script_good, NULL, 1);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_START), 1);
	assert_int_equal(lab.log[0].kind, REPORT_PING_START);
	assert_int_equal(pinglab_said(&lab, REPORT_PING_REPLY), 5);
	for (size_t i = 0; i < 5; i++) {
		const struct said *said = pinglab_find(&lab, REPORT_PING_REPLY, i);
		assert_int_equal(said->seq, i + 1);
		assert_int_equal(said->rtt, 10 * NSEC_MS);
		assert_int_equal(said->time, start + (nsec)i * NSEC_S + 10 * NSEC_MS);
		assert_true(said->reply);
	}
	assert_int_equal(lab.log[lab.count - 1].kind, REPORT_PING_SUMMARY);
	const struct report_ping_totals *t = &lab.log[lab.count - 1].totals;
	assert_int_equal(t->sent, 5);
	assert_int_equal(t->received, 5);
	assert_int_equal(t->first_sent, start);
	assert_int_equal(t->last_sent, start + 4 * NSEC_S);
	assert_int_equal(t->duration, 4 * NSEC_S + 10 * NSEC_MS);
	assert_int_equal(t->pipe, 1);
	pinglab_close(&lab);
}

static void a_late_wakeup_does_not_shift_the_schedule(void **state)
{
	(void)state;
	struct sends s = { 0 };
	struct ping_config config = pinglab_config();
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, NSEC_S - 1);
	s.lab.net.now = start + NSEC_S + 900 * NSEC_MS;
	(void)pinglab_run(&s.lab, 3 * NSEC_S);
	expect_times(&s, (nsec[]){ 0, NSEC_S + 900 * NSEC_MS, 2 * NSEC_S, 3 * NSEC_S }, 4);
	pinglab_close(&s.lab);
}

static void a_stall_skips_slots_and_keeps_the_phase(void **state)
{
	(void)state;
	struct sends s = { 0 };
	struct ping_config config = pinglab_config();
	config.count = 6;
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, 2 * NSEC_S);
	s.lab.net.now = start + 7 * NSEC_S + 300 * NSEC_MS;
	assert_true(pinglab_run(&s.lab, 60 * NSEC_S));
	expect_times(&s,
	             (nsec[]){ 0, NSEC_S, 2 * NSEC_S, 7 * NSEC_S + 300 * NSEC_MS, 8 * NSEC_S,
	                       9 * NSEC_S },
	             6);
	/* Slots are skipped, sequence numbers are not. */
	assert_int_equal(pinglab_find(&s.lab, REPORT_PING_REPLY, 5)->seq, 6);
	/* On a slot to the nanosecond: that one counts as used. */
	pinglab_close(&s.lab);
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, 0);
	s.lab.net.now = start + 4 * NSEC_S;
	(void)pinglab_run(&s.lab, 5 * NSEC_S);
	expect_times(&s, (nsec[]){ 0, 4 * NSEC_S, 5 * NSEC_S }, 3);
	assert_int_equal(s.count, 3);
	pinglab_close(&s.lab);
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, 0);
	s.lab.net.now = start + 2 * NSEC_S; /* one slot late, no more */
	(void)pinglab_run(&s.lab, 3 * NSEC_S);
	expect_times(&s, (nsec[]){ 0, 2 * NSEC_S, 3 * NSEC_S }, 3);
	assert_int_equal(s.count, 3);
	pinglab_close(&s.lab);
}

static struct fate slow_to_leave(const struct probe *probe, uint64_t number)
{
	(void)probe;
	(void)number;
	struct fate fate = fate_good();
	fate.send_delay = 2 * NSEC_S + 500 * NSEC_MS;
	return fate;
}

/* It left when two more slots had passed: they are not made up for. */
static void a_slow_send_uses_the_slots_it_passes(void **state)
{
	(void)state;
	struct sends s = { .fate = slow_to_leave };
	struct ping_config config = pinglab_config();
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, 8 * NSEC_S);
	expect_times(&s, (nsec[]){ 0, 3 * NSEC_S, 6 * NSEC_S }, 3);
	assert_int_equal(s.count, 3);
	pinglab_close(&s.lab);
}

static void preload_goes_at_once(void **state)
{
	(void)state;
	struct sends s = { 0 };
	struct ping_config config = pinglab_config();
	config.preload = 3;
	config.count = 5;
	open_sends(&s, &config, 1);
	assert_true(pinglab_run(&s.lab, 60 * NSEC_S));
	expect_times(&s, (nsec[]){ 0, 0, 0, NSEC_S, 2 * NSEC_S }, 5);
	assert_int_equal(s.lab.net.largest_batch, 3);
	assert_int_equal(pinglab_totals(&s.lab, 0)->pipe, 3);
	pinglab_close(&s.lab);
}

static void targets_start_a_gap_apart(void **state)
{
	(void)state;
	struct sends s = { 0 };
	struct ping_config config = pinglab_config();
	config.gap = 20 * NSEC_MS;
	open_sends(&s, &config, 3);
	(void)pinglab_run(&s.lab, NSEC_S);
	expect_times(&s, (nsec[]){ 0, 20 * NSEC_MS, 40 * NSEC_MS, NSEC_S }, 4);
	pinglab_close(&s.lab);
	config.gap = NSEC_MS;
	open_sends(&s, &config, 3);
	(void)pinglab_run(&s.lab, NSEC_S);
	expect_times(&s, (nsec[]){ 0, NSEC_MS, 2 * NSEC_MS, NSEC_S }, 4);
	pinglab_close(&s.lab);
}

/* Gaps of 0.4 ms: at 0, 0.4, 0.8, 1.2, 1.6, 2.0, each with its millisecond. */
static void targets_a_short_gap_apart_start_together(void **state)
{
	(void)state;
	struct sends s = { 0 };
	struct ping_config config = pinglab_config();
	config.gap = 400 * NSEC_US;
	open_sends(&s, &config, 6);
	(void)pinglab_run(&s.lab, 500 * NSEC_MS);
	expect_times(&s, (nsec[]){ 0, 0, 0, NSEC_MS, NSEC_MS, 2 * NSEC_MS }, 6);
	assert_int_equal(s.lab.net.batches, 3);
	pinglab_close(&s.lab);
	/* Added in the middle of a tick: never before it was added. */
	open_sends(&s, &config, 0);
	s.lab.net.now += 2700 * NSEC_US;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(pinglab_add(&s.lab, i), (int)i);
	(void)pinglab_run(&s.lab, 500 * NSEC_MS);
	expect_times(&s, (nsec[]){ 2700 * NSEC_US, 3 * NSEC_MS, 3 * NSEC_MS }, 3);
	pinglab_close(&s.lab);
	/* Ticks count from the start of the run, here 0.3 ms before the test's. */
	open_sends(&s, &config, 0);
	s.lab.ping->started -= 300 * NSEC_US;
	s.lab.net.now += 2700 * NSEC_US;
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(pinglab_add(&s.lab, i), (int)i);
	(void)pinglab_run(&s.lab, 500 * NSEC_MS);
	const nsec tick = 2700 * NSEC_US;
	expect_times(&s, (nsec[]){ tick, tick, tick, tick + NSEC_MS }, 4);
	pinglab_close(&s.lab);
}

/* --- as fast as answers come ----------------------------------------------------------------- */

static struct fate one_ms(const struct probe *probe, uint64_t number)
{
	(void)probe;
	(void)number;
	struct fate fate = fate_good();
	fate.delay = NSEC_MS;
	return fate;
}

static struct fate silent(const struct probe *probe, uint64_t number)
{
	(void)probe;
	(void)number;
	return (struct fate){ 0 };
}

static struct fate one_in_fifty_lost(const struct probe *probe, uint64_t number)
{
	struct fate fate = one_ms(probe, number);
	fate.copies = number % 50 != 49;
	return fate;
}

static struct fate blackout(const struct probe *probe, uint64_t number)
{
	struct fate fate = one_ms(probe, number);
	fate.copies = number < 100 || number >= 200;
	return fate;
}

static struct ping_config flood_config(void)
{
	struct ping_config config = pinglab_config();
	config.interval = 0;
	return config;
}

static void a_flood_fills_its_window(void **state)
{
	(void)state;
	struct sends s = { .fate = one_ms };
	struct ping_config config = flood_config();
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, NSEC_S);
	/* The first goes alone: the window opens with answers. */
	expect_times(&s, (nsec[]){ 0, NSEC_MS, NSEC_MS }, 3);
	const struct report_ping_totals *t = pinglab_totals(&s.lab, 0);
	assert_int_equal(t->pipe, 16);
	/* 16 a millisecond but for the start: 1, 2, 3 ... 15 in flight. */
	assert_in_range(t->received, 16 * 1000 - 16 * 17, 16 * 1000);
	assert_int_equal(pinglab_said(&s.lab, REPORT_PING_SENT), 0);
	pinglab_close(&s.lab);
}

static void a_flood_into_silence_is_a_hundred_a_second(void **state)
{
	(void)state;
	struct sends s = { .fate = silent };
	struct ping_config config = flood_config();
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, NSEC_S);
	assert_int_equal(s.count, 101);
	assert_int_equal(s.times[1], 10 * NSEC_MS);
	pinglab_close(&s.lab);
}

static void loss_does_not_stop_a_flood(void **state)
{
	(void)state;
	struct sends s = { .fate = one_in_fifty_lost };
	struct ping_config config = flood_config();
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, NSEC_S);
	/* Each lost probe is in flight until its timeout, and yet holds up nothing. */
	assert_in_range(pinglab_totals(&s.lab, 0)->received, 3000, 15000);
	assert_true(pinglab_totals(&s.lab, 0)->in_flight > 60);
	pinglab_close(&s.lab);
}

static void a_flood_recovers_from_a_blackout(void **state)
{
	(void)state;
	struct sends s = { .fate = blackout };
	struct ping_config config = flood_config();
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, 2 * NSEC_S);
	/*
	 * Of a hundred into the dark 16 leave at once and 84 take 0.84 s; then it is as fast as
	 * before: at most 16 a millisecond for what is left.
	 */
	assert_in_range(s.count, 16000, 200 + 16 * 1160);
	pinglab_close(&s.lab);
}

static void unprivileged_floods_have_a_floor(void **state)
{
	(void)state;
	struct sends s = { .fate = one_ms };
	struct ping_config config = flood_config();
	config.interval_min = 2 * NSEC_MS;
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, NSEC_S);
	assert_int_equal(s.count, 501);
	pinglab_close(&s.lab);
}

static struct fate refused(const struct probe *probe, uint64_t number)
{
	(void)probe;
	(void)number;
	return (struct fate){ .error = EPERM };
}

static void a_refused_flood_does_not_spin(void **state)
{
	(void)state;
	struct sends s = { .fate = refused };
	struct ping_config config = flood_config();
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, NSEC_S);
	assert_int_equal(s.count, 101);
	assert_int_equal(pinglab_totals(&s.lab, 0)->send_errors, 101);
	assert_int_equal(pinglab_totals(&s.lab, 0)->sent, 0);
	pinglab_close(&s.lab);
}

static void flood_reports_each_probe_sent(void **state)
{
	(void)state;
	struct sends s = { .fate = one_ms };
	struct ping_config config = pinglab_config();
	config.flood = true;
	config.count = 3;
	open_sends(&s, &config, 1);
	assert_true(pinglab_run(&s.lab, 60 * NSEC_S));
	assert_int_equal(pinglab_said(&s.lab, REPORT_PING_SENT), 3);
	assert_int_equal(pinglab_find(&s.lab, REPORT_PING_SENT, 2)->seq, 3);
	assert_int_equal(pinglab_find(&s.lab, REPORT_PING_SENT, 2)->time, start + 2 * NSEC_S);
	pinglab_close(&s.lab);
}

static struct fate forty_ms(const struct probe *probe, uint64_t number)
{
	(void)probe;
	struct fate fate = fate_good();
	fate.delay = 40 * NSEC_MS;
	fate.copies = number != 10;
	return fate;
}

static void adaptive_follows_the_rtt(void **state)
{
	(void)state;
	struct sends s = { .fate = forty_ms };
	struct ping_config config = pinglab_config();
	config.adaptive = true;
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, 500 * NSEC_MS);
	const nsec rtt = 40 * NSEC_MS;
	/* The eleventh is lost: twice the RTT, then on. */
	expect_times(&s, (nsec[]){ 0, rtt, 2 * rtt, 3 * rtt }, 4);
	assert_int_equal(s.times[10], 10 * rtt);
	assert_int_equal(s.times[11], 12 * rtt);
	assert_int_equal(pinglab_totals(&s.lab, 0)->pipe, 2);
	pinglab_close(&s.lab);
	config.interval_min = 100 * NSEC_MS;
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, 500 * NSEC_MS);
	expect_times(&s, (nsec[]){ 0, 100 * NSEC_MS, 200 * NSEC_MS }, 3);
	pinglab_close(&s.lab);
}

static void adaptive_without_an_answer_keeps_its_interval(void **state)
{
	(void)state;
	struct sends s = { .fate = silent };
	struct ping_config config = pinglab_config();
	config.adaptive = true;
	config.preload = 2;
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, 2 * NSEC_S);
	expect_times(&s, (nsec[]){ 0, 0, NSEC_S, 2 * NSEC_S }, 4);
	pinglab_close(&s.lab);
	s.fate = refused;
	config.interval = 0;
	config.preload = 1;
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, NSEC_S);
	assert_int_equal(s.count, 101);
	pinglab_close(&s.lab);
}

static void the_smoothed_rtt_has_a_weight_of_an_eighth(void **state)
{
	(void)state;
	struct sends s = { .fate = forty_ms };
	struct ping_config config = pinglab_config();
	config.count = 1;
	open_sends(&s, &config, 1);
	assert_true(pinglab_run(&s.lab, 60 * NSEC_S));
	assert_true(pinglab_totals(&s.lab, 0)->ewma > 40e6 - 1);
	assert_true(pinglab_totals(&s.lab, 0)->ewma < 40e6 + 1);
	pinglab_close(&s.lab);
	config.count = 2;
	open_sends(&s, &config, 1);
	(void)pinglab_run(&s.lab, 50 * NSEC_MS);
	s.fate = one_ms;
	assert_true(pinglab_run(&s.lab, 60 * NSEC_S));
	/* 40 - (40 - 1) / 8 */
	assert_true(pinglab_totals(&s.lab, 0)->ewma > 35.125e6 - 1);
	assert_true(pinglab_totals(&s.lab, 0)->ewma < 35.125e6 + 1);
	pinglab_close(&s.lab);
}

/* --- many --------------------------------------------------------------------------------------
 */

#define MANY   10000
#define ROUNDS 20

struct crowd {
	struct pinglab lab;
	nsec gap;
	uint32_t next[MANY]; /* sequence each expects */
	uint64_t wrong;
};

static struct fate crowd_script(void *ctx, const struct probe *probe, uint64_t number)
{
	struct crowd *c = ctx;
	uint32_t target = addr_to_v4(&probe->dst) - 0xc6120000;
	nsec slot = start + target * c->gap / NSEC_MS * NSEC_MS;
	slot += c->next[target]++ * NSEC_S;
	c->wrong += c->lab.net.now != slot;
	struct fate fate = fate_good();
	fate.delay = NSEC_MS + (nsec)(number * 7919 % 199) * NSEC_MS;
	return fate;
}

static void ten_thousand_targets_are_served_on_time(void **state)
{
	(void)state;
	struct crowd *c = calloc(1, sizeof *c);
	assert_non_null(c);
	struct ping_config config = pinglab_config();
	config.count = ROUNDS;
	config.quiet = true;
	c->gap = config.gap = NSEC_S / MANY;
	pinglab_open(&c->lab, &config, crowd_script, c, MANY);
	assert_true(pinglab_run(&c->lab, 60 * NSEC_S));
	assert_int_equal(c->wrong, 0);
	assert_int_equal(c->lab.net.sent, MANY * ROUNDS);
	assert_int_equal(pinglab_said(&c->lab, REPORT_PING_SUMMARY), MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		const struct said *said = pinglab_find(&c->lab, REPORT_PING_START, i);
		assert_int_equal(said->target, i);
		if (i > 100)
			i += 97; /* the search is not for free */
	}
	for (size_t i = 0; i < c->lab.count; i++) {
		const struct said *said = &c->lab.log[i];
		if (said->kind != REPORT_PING_SUMMARY)
			continue;
		assert_int_equal(said->totals.received, ROUNDS);
		assert_int_equal(said->totals.lost, 0);
	}
	pinglab_close(&c->lab);
	free(c);
}

/* All due at the same moment: batches are full. */
static void targets_due_together_leave_together(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 1;
	pinglab_open(&lab, &config, script_good, NULL, 1000);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	assert_int_equal(lab.net.batches, (1000 + DRIVE_BATCH - 1) / DRIVE_BATCH);
	assert_int_equal(pinglab_said(&lab, REPORT_PING_REPLY), 1000);
	pinglab_close(&lab);
}

/*
 * Answers wait unread while time goes on: what the first makes room for is handed over at the time
 * of the second, and is older than the timeout at that of the third before it has been sent at all.
 */
static struct fate far_apart(const struct probe *probe, uint64_t number)
{
	(void)probe;
	static const nsec delays[] = { NSEC_MS, 8 * NSEC_MS, 20 * NSEC_MS };
	struct fate fate = fate_good();
	if (number < 3)
		fate.delay = delays[number];
	return fate;
}

static void a_probe_not_sent_yet_cannot_be_given_up(void **state)
{
	(void)state;
	struct sends s = { .fate = far_apart };
	struct ping_config config = pinglab_config();
	config.interval = 0;
	config.preload = 3;
	config.count = 4;
	config.timeout = 5 * NSEC_MS;
	open_sends(&s, &config, 1);
	(void)drive_step(&s.lab.drive);
	assert_int_equal(s.count, 3);
	s.lab.net.now = start + 30 * NSEC_MS;
	(void)drive_step(&s.lab.drive);
	assert_int_equal(s.count, 4);
	assert_int_equal(pinglab_said(&s.lab, REPORT_PING_REPLY), 1);
	assert_int_equal(pinglab_said(&s.lab, REPORT_PING_LATE), 2);
	assert_true(pinglab_run(&s.lab, NSEC_S));
	assert_int_equal(pinglab_totals(&s.lab, 0)->lost, 3);
	pinglab_close(&s.lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nth_probe_is_due_n_intervals_after_the_first),
		cmocka_unit_test(a_late_wakeup_does_not_shift_the_schedule),
		cmocka_unit_test(a_stall_skips_slots_and_keeps_the_phase),
		cmocka_unit_test(a_slow_send_uses_the_slots_it_passes),
		cmocka_unit_test(preload_goes_at_once),
		cmocka_unit_test(targets_start_a_gap_apart),
		cmocka_unit_test(targets_a_short_gap_apart_start_together),
		cmocka_unit_test(a_flood_fills_its_window),
		cmocka_unit_test(a_flood_into_silence_is_a_hundred_a_second),
		cmocka_unit_test(loss_does_not_stop_a_flood),
		cmocka_unit_test(a_flood_recovers_from_a_blackout),
		cmocka_unit_test(unprivileged_floods_have_a_floor),
		cmocka_unit_test(a_refused_flood_does_not_spin),
		cmocka_unit_test(flood_reports_each_probe_sent),
		cmocka_unit_test(adaptive_follows_the_rtt),
		cmocka_unit_test(adaptive_without_an_answer_keeps_its_interval),
		cmocka_unit_test(the_smoothed_rtt_has_a_weight_of_an_eighth),
		cmocka_unit_test(ten_thousand_targets_are_served_on_time),
		cmocka_unit_test(targets_due_together_leave_together),
		cmocka_unit_test(a_probe_not_sent_yet_cannot_be_given_up),
	};
	return cmocka_run_group_tests_name("ping_schedule", tests, NULL, NULL) != 0;
}
