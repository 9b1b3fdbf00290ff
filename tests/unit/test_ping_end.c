#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "tests/unit/pinglab.h"

#define MS(n) ((n)*NSEC_MS)

/* Which probes are answered, and how late. */
enum weather {
	FAIR, /* 10 ms */
	SILENT,
	FIRST_ONLY, /* 10 ms */
	FIRST_SLOW, /* 300 ms, and no other */
	NOT_FIRST,
	SLOW, /* 1500 ms */
	REFUSED,
	UNREACHABLE, /* 10 ms */
};

static struct fate weather_script(void *ctx, const struct probe *probe, uint64_t number)
{
	(void)probe;
	struct fate fate = fate_good();
	switch (*(const enum weather *)ctx) {
	case FAIR: break;
	case SILENT: fate.copies = 0; break;
	case FIRST_ONLY: fate.copies = number == 0; break;
	case FIRST_SLOW:
		fate.copies = number == 0;
		fate.delay = MS(300);
		break;
	case NOT_FIRST: fate.copies = number != 0; break;
	case SLOW: fate.delay = MS(1500); break;
	case REFUSED: fate.error = ENETUNREACH; break;
	case UNREACHABLE: fate.kind = REPLY_UNREACHABLE; break;
	}
	return fate;
}

/* Options of ping against the end they lead to; times in ms. */
static const struct {
	const char *what;
	uint64_t count;
	int interval, timeout, deadline;
	enum weather weather;
	int end;
	unsigned sent, received, lost, in_flight, errors, late, send_errors;
} rows[] = {
	{ "-c: ends with the last answer", 3, 1000, 0, 0, FAIR, 2010, 3, 3, 0, 0, 0, 0, 0 },
	{ "-c, silence: 10 s for each", 3, 1000, 0, 0, SILENT, 12000, 3, 0, 3, 0, 0, 0, 0 },
	{ "-c -W, silence", 3, 1000, 1000, 0, SILENT, 3000, 3, 0, 3, 0, 0, 0, 0 },
	{ "-c, heard: the interval after the last", 3, 1000, 0, 0, FIRST_ONLY, 3000, 3, 1, 2, 0, 0,
	  0, 0 },
	{ "-c -W: -W is honoured, heard or not", 3, 1000, 5000, 0, FIRST_ONLY, 7000, 3, 1, 2, 0, 0,
	  0, 0 },
	{ "-c, heard: twice the RTT after the last", 2, 100, 0, 0, FIRST_SLOW, 700, 2, 1, 1, 0, 0,
	  0, 0 },
	{ "-c, heard: 100 ms at least", 2, 10, 0, 0, FIRST_ONLY, 110, 2, 1, 1, 0, 0, 0, 0 },
	{ "-c -W: every answer late", 3, 1000, 1000, 0, SLOW, 3000, 3, 0, 3, 0, 0, 2, 0 },
	{ "-c: a slow answer is waited for", 3, 1000, 0, 0, SLOW, 3500, 3, 3, 0, 0, 0, 0, 0 },
	{ "-w, silence: lost after 900 ms of it", 0, 1000, 0, 2500, SILENT, 2500, 3, 0, 2, 1, 0, 0,
	  0 },
	{ "-w, silence: no sooner", 0, 100, 0, 1050, SILENT, 1050, 11, 0, 2, 9, 0, 0, 0 },
	{ "-w, silence: that is enough", 0, 1000, 0, 900, SILENT, 900, 1, 0, 1, 0, 0, 0, 0 },
	{ "-w, heard: lost after an interval", 0, 2000, 0, 5000, FIRST_ONLY, 5000, 3, 1, 1, 1, 0, 0,
	  0 },
	{ "-w -W: what timed out before is", 0, 1000, 1000, 2500, SILENT, 2500, 3, 0, 2, 1, 0, 0,
	  0 },
	{ "-w: no probe at the deadline itself", 0, 1000, 1000, 2000, FAIR, 2000, 2, 2, 0, 0, 0, 0,
	  0 },
	{ "-w -W: a timeout at the deadline is", 0, 1000, 1000, 2000, SILENT, 2000, 2, 0, 2, 0, 0,
	  0, 0 },
	{ "-c -w: ends with so many answers", 3, 1000, 0, 10000, FAIR, 2010, 3, 3, 0, 0, 0, 0, 0 },
	{ "-c -w: goes on until so many", 3, 1000, 0, 10000, NOT_FIRST, 3010, 4, 3, 1, 0, 0, 0, 0 },
	{ "-c -w -W: what is under way is not lost", 3, 1000, 5000, 10000, NOT_FIRST, 3010, 4, 3, 0,
	  1, 0, 0, 0 },
	{ "-c -w -W: the same, one lost", 3, 1000, 1000, 10000, NOT_FIRST, 3010, 4, 3, 1, 0, 0, 0,
	  0 },
	{ "-c -w: or until the deadline", 3, 1000, 2000, 4500, SILENT, 4500, 5, 0, 3, 2, 0, 0, 0 },
	{ "-c: refusals count as probes", 3, 1000, 0, 0, REFUSED, 2000, 0, 0, 0, 0, 0, 0, 3 },
	{ "-c -w: refusals are no answers", 3, 1000, 0, 4500, REFUSED, 4500, 0, 0, 0, 0, 0, 0, 5 },
	{ "-c: errors end probes", 3, 1000, 0, 0, UNREACHABLE, 2010, 3, 0, 0, 0, 3, 0, 0 },
	{ "-c -w: errors are no answers", 3, 1000, 0, 4500, UNREACHABLE, 4500, 5, 0, 0, 0, 5, 0,
	  0 },
};

static void options_lead_to_their_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		print_message("%s\n", rows[i].what);
		struct pinglab lab;
		struct ping_config config = pinglab_config();
		enum weather weather = rows[i].weather;
		config.count = rows[i].count;
		config.interval = MS(rows[i].interval);
		config.timeout = MS(rows[i].timeout);
		config.deadline = MS(rows[i].deadline);
		pinglab_open(&lab, &config, weather_script, &weather, 1);
		assert_false(pinglab_run(&lab, MS(rows[i].end) - 1));
		assert_true(pinglab_run(&lab, MS(rows[i].end)));
		assert_int_equal(pinglab_said(&lab, REPORT_PING_SUMMARY), 1);
		const struct said *last = &lab.log[lab.count - 1];
		assert_int_equal(last->kind, REPORT_PING_SUMMARY);
		const struct report_ping_totals *t = &last->totals;
		assert_int_equal(t->sent, rows[i].sent);
		assert_int_equal(t->received, rows[i].received);
		assert_int_equal(t->lost, rows[i].lost);
		assert_int_equal(t->in_flight, rows[i].in_flight);
		assert_int_equal(t->errors, rows[i].errors);
		assert_int_equal(t->late, rows[i].late);
		assert_int_equal(t->send_errors, rows[i].send_errors);
		assert_int_equal(t->duration, MS(rows[i].end));
		assert_int_equal(pinglab_said(&lab, REPORT_PING_REPLY), rows[i].received);
		assert_int_equal(pinglab_said(&lab, REPORT_PING_LOST), rows[i].lost);
		assert_int_equal(pinglab_said(&lab, REPORT_PING_LATE), rows[i].late);
		assert_int_equal(pinglab_said(&lab, REPORT_PING_ERROR), rows[i].errors);
		assert_int_equal(pinglab_said(&lab, REPORT_PING_SEND_ERROR), rows[i].send_errors);
		pinglab_close(&lab);
	}
}

static void a_timeout_of_never_waits_for_ever(void **state)
{
	(void)state;
	enum weather weather = SILENT;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 1;
	config.timeout = NSEC_NEVER;
	pinglab_open(&lab, &config, weather_script, &weather, 1);
	assert_false(pinglab_run(&lab, 1000000 * NSEC_S));
	assert_int_equal(pinglab_totals(&lab, 0)->in_flight, 1);
	ping_algo(lab.ping)->ops->stop(ping_algo(lab.ping), lab.net.now);
	assert_true(pinglab_run(&lab, 1000000 * NSEC_S));
	assert_int_equal(pinglab_find(&lab, REPORT_PING_SUMMARY, 0)->totals.in_flight, 1);
	pinglab_close(&lab);
}

static void losses_are_told_when_their_time_is_up(void **state)
{
	(void)state;
	enum weather weather = SILENT;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 3;
	config.timeout = MS(2500);
	pinglab_open(&lab, &config, weather_script, &weather, 1);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	for (size_t i = 0; i < 3; i++) {
		const struct said *lost = pinglab_find(&lab, REPORT_PING_LOST, i);
		assert_int_equal(lost->seq, i + 1);
		assert_int_equal(lost->time, 1000 * NSEC_S + MS(1000) * (nsec)i + MS(2500));
		assert_int_equal(lost->rtt, -1);
	}
	assert_int_equal(pinglab_totals(&lab, 0)->longest_loss, 3);
	pinglab_close(&lab);
}

static struct fate lose_some(void *ctx, const struct probe *probe, uint64_t number)
{
	(void)probe;
	struct fate fate = fate_good();
	fate.copies = ((const char *)ctx)[number] == '.';
	return fate;
}

static void the_longest_run_of_losses_is_kept(void **state)
{
	(void)state;
	static const struct {
		const char *pattern;
		unsigned longest;
	} cases[] = {
		{ "......", 0 },  { "x.x.x.", 1 },  { ".xx.xxx..xx", 3 },
		{ "xxxx..x", 4 }, { "..xxxxx", 5 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char pattern[16];
		(void)strcpy(pattern, cases[i].pattern);
		struct pinglab lab;
		struct ping_config config = pinglab_config();
		config.count = strlen(pattern);
		config.timeout = MS(700);
		pinglab_open(&lab, &config, lose_some, pattern, 1);
		assert_true(pinglab_run(&lab, 60 * NSEC_S));
		assert_int_equal(pinglab_totals(&lab, 0)->longest_loss, cases[i].longest);
		pinglab_close(&lab);
	}
}

/* A process stopped for an hour, its answers in the socket all the while. */
static void a_stopped_process_loses_nothing_that_was_answered(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 20;
	config.preload = 20;
	config.timeout = MS(500);
	pinglab_open(&lab, &config, script_good, NULL, 200);
	(void)pinglab_run(&lab, 0);
	lab.net.now += 3600 * NSEC_S;
	assert_true(pinglab_run(&lab, 3700 * NSEC_S));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_REPLY), 200 * 20);
	assert_int_equal(pinglab_said(&lab, REPORT_PING_LOST), 0);
	pinglab_close(&lab);
}

/* The other way round: an answer beyond its timeout is late though nobody looked in between. */
static void a_stopped_process_takes_nothing_late_for_an_answer(void **state)
{
	(void)state;
	enum weather weather = SLOW;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 2;
	config.interval = MS(10);
	config.timeout = MS(1495);
	pinglab_open(&lab, &config, weather_script, &weather, 1);
	(void)pinglab_run(&lab, MS(10));
	lab.net.now += 3600 * NSEC_S;
	assert_true(pinglab_run(&lab, 3700 * NSEC_S));
	static const enum report_kind order[] = { REPORT_PING_START, REPORT_PING_LOST,
		                                  REPORT_PING_LATE, REPORT_PING_LOST,
		                                  REPORT_PING_SUMMARY };
	assert_int_equal(lab.count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(lab.log[i].kind, order[i]);
	assert_int_equal(lab.log[1].time, 1000 * NSEC_S + MS(1495));
	assert_int_equal(lab.log[2].time, 1000 * NSEC_S + MS(1500));
	assert_int_equal(lab.log[3].time, 1000 * NSEC_S + MS(1505));
	pinglab_close(&lab);
}

/* One that answers and one that does not: neither's end moves the other's. */
static struct fate even_targets_answer(void *ctx, const struct probe *probe, uint64_t number)
{
	(void)ctx;
	(void)number;
	struct fate fate = fate_good();
	fate.copies = addr_to_v4(&probe->dst) % 2 == 0;
	return fate;
}

static void each_target_comes_to_its_own_end(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 2;
	config.timeout = MS(3000);
	pinglab_open(&lab, &config, even_targets_answer, NULL, 3);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	/* At the end of the run, in order. */
	for (size_t i = 0; i < 3; i++) {
		const struct said *said = &lab.log[lab.count - 3 + i];
		assert_int_equal(said->kind, REPORT_PING_SUMMARY);
		assert_int_equal(said->target, i);
		assert_int_equal(said->totals.received, i % 2 ? 0 : 2);
		assert_int_equal(said->totals.duration, i % 2 ? MS(4000) : MS(1010));
	}
	pinglab_close(&lab);
	config.summary_early = true;
	pinglab_open(&lab, &config, even_targets_answer, NULL, 3);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	static const int order[] = { 0, 2, 1 };
	for (size_t i = 0; i < 3; i++) {
		const struct said *said = pinglab_find(&lab, REPORT_PING_SUMMARY, i);
		assert_int_equal(said->target, order[i]);
		assert_int_equal(said->time, 1000 * NSEC_S + (i == 2 ? MS(4000) : MS(1010)));
	}
	assert_int_equal(pinglab_said(&lab, REPORT_PING_SUMMARY), 3);
	pinglab_close(&lab);
}

/* Losing the last probes of one target does not look at the others' (nor takes theirs). */
static void lingering_is_each_targets_own(void **state)
{
	(void)state;
	char pattern[] = "...xx.xxx"; /* three targets side by side: 0 and 1, 0, none lost last */
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 3;
	pinglab_open(&lab, &config, lose_some, pattern, 3);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	static const unsigned received[] = { 1, 1, 2 };
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(pinglab_totals(&lab, i)->received, received[i]);
		assert_int_equal(pinglab_totals(&lab, i)->lost, 3 - received[i]);
		assert_int_equal(pinglab_totals(&lab, i)->duration, MS(3000));
	}
	pinglab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_lead_to_their_end),
		cmocka_unit_test(a_timeout_of_never_waits_for_ever),
		cmocka_unit_test(losses_are_told_when_their_time_is_up),
		cmocka_unit_test(the_longest_run_of_losses_is_kept),
		cmocka_unit_test(a_stopped_process_loses_nothing_that_was_answered),
		cmocka_unit_test(a_stopped_process_takes_nothing_late_for_an_answer),
		cmocka_unit_test(each_target_comes_to_its_own_end),
		cmocka_unit_test(lingering_is_each_targets_own),
	};
	return cmocka_run_group_tests_name("ping_end", tests, NULL, NULL) != 0;
}
