#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "algo/ping_private.h"
#include "tests/unit/pinglab.h"

#define MS(n) ((n)*NSEC_MS)

static const nsec start = 1000 * NSEC_S;

static struct fate silent(void *ctx, const struct probe *probe, uint64_t number)
{
	(void)ctx;
	(void)probe;
	(void)number;
	return (struct fate){ 0 };
}

static struct fate not_first(void *ctx, const struct probe *probe, uint64_t number)
{
	return number ? script_good(ctx, probe, number) : (struct fate){ 0 };
}

static struct fate refused(void *ctx, const struct probe *probe, uint64_t number)
{
	(void)ctx;
	(void)probe;
	return (struct fate){ .error = number % 2 ? EPERM : ENETUNREACH };
}

static void stop(struct pinglab *lab)
{
	struct algo *algo = ping_algo(lab->ping);
	algo->ops->stop(algo, lab->net.now);
}

static void stop_ends_with_summaries_and_loses_nothing(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.timeout = 10 * NSEC_S;
	pinglab_open(&lab, &config, silent, NULL, 2);
	(void)pinglab_run(&lab, MS(2500));
	stop(&lab);
	lab.net.now += MS(100);
	stop(&lab); /* a second SIGINT changes nothing */
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	assert_int_equal(lab.count, 4);
	for (size_t i = 0; i < 2; i++) {
		const struct said *said = &lab.log[2 + i];
		assert_int_equal(said->kind, REPORT_PING_SUMMARY);
		assert_int_equal(said->target, i);
		assert_int_equal(said->totals.sent, 3);
		assert_int_equal(said->totals.in_flight, 3);
		assert_int_equal(said->totals.lost, 0);
		assert_int_equal(said->totals.duration, MS(2500));
		assert_int_equal(said->time, start + MS(2500));
	}
	struct algo *algo = ping_algo(lab.ping);
	assert_true(algo->ops->deadline(algo) == NSEC_NEVER);
	struct action action;
	algo->ops->poll(algo, lab.net.now, &action);
	assert_int_equal(action.kind, ACTION_DONE);
	pinglab_close(&lab);
}

/* Silence of more probes than fit into the notes: each loss is told, before its target's summary.
 */
static void stop_takes_long_silence_for_loss(void **state)
{
	(void)state;
	for (int early = 0; early < 2; early++) {
		struct pinglab lab;
		struct ping_config config = pinglab_config();
		config.interval = MS(10);
		config.summary_early = early;
		pinglab_open(&lab, &config, silent, NULL, 2);
		(void)pinglab_run(&lab, MS(4995));
		stop(&lab);
		assert_true(pinglab_run(&lab, 60 * NSEC_S));
		/* 500 each, of which those of the last 900 ms are under way. */
		assert_int_equal(lab.count, 2 + 410 + 1 + 410 + 1);
		for (size_t i = 0; i < 2; i++) {
			for (size_t seq = 1; seq <= 410; seq++) {
				const struct said *lost = &lab.log[2 + 411 * i + seq - 1];
				assert_int_equal(lost->kind, REPORT_PING_LOST);
				assert_int_equal(lost->target, i);
				assert_int_equal(lost->seq, seq);
				assert_int_equal(lost->time, start + MS(4995));
			}
			const struct said *said = &lab.log[2 + 411 * i + 410];
			assert_int_equal(said->kind, REPORT_PING_SUMMARY);
			assert_int_equal(said->totals.lost, 410);
			assert_int_equal(said->totals.in_flight, 90);
			assert_int_equal(said->totals.longest_loss, 410);
		}
		pinglab_close(&lab);
	}
}

/* So does the end of a target while the others go on, told at once, and in quiet without a word. */
static void an_end_takes_long_silence_for_loss(void **state)
{
	(void)state;
	for (int quiet = 0; quiet < 2; quiet++) {
		struct pinglab lab;
		struct ping_config config = pinglab_config();
		config.count = 2;
		config.deadline = 60 * NSEC_S;
		config.gap = 30 * NSEC_S;
		config.quiet = quiet;
		config.summary_early = true;
		pinglab_open(&lab, &config, not_first, NULL, 2);
		(void)pinglab_run(&lab, 10 * NSEC_S);
		assert_int_equal(pinglab_said(&lab, REPORT_PING_LOST), quiet ? 0 : 1);
		const struct said *said = pinglab_find(&lab, REPORT_PING_SUMMARY, 0);
		assert_non_null(said);
		assert_int_equal(said->totals.received, 2);
		assert_int_equal(said->totals.lost, 1);
		assert_int_equal(said->totals.in_flight, 0);
		/* Its place can be used again. */
		assert_true(ping_remove(lab.ping, 0));
		pinglab_close(&lab);
	}
}

static void a_target_that_never_began_has_a_summary_too(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.gap = NSEC_S;
	pinglab_open(&lab, &config, script_good, NULL, 2);
	(void)pinglab_run(&lab, MS(500));
	stop(&lab);
	assert_true(pinglab_run(&lab, MS(500)));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_START), 1);
	const struct said *said = pinglab_find(&lab, REPORT_PING_SUMMARY, 1);
	assert_int_equal(said->target, 1);
	assert_int_equal(said->totals.sent, 0);
	assert_int_equal(said->totals.duration, 0);
	pinglab_close(&lab);
}

static void stop_on(struct pinglab *lab, const struct report *report)
{
	if (report->kind == REPORT_PING_START && report->target->index == 1)
		stop(lab);
}

/* Stopped while a probe was handed over and not yet sent: it belongs into the summary. */
static void what_was_handed_over_is_counted(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	pinglab_open(&lab, &config, script_good, NULL, 2);
	lab.on_report = stop_on;
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	assert_int_equal(lab.net.sent, 1);
	assert_int_equal(pinglab_find(&lab, REPORT_PING_SUMMARY, 0)->totals.sent, 1);
	assert_int_equal(pinglab_find(&lab, REPORT_PING_SUMMARY, 0)->totals.in_flight, 1);
	assert_int_equal(pinglab_find(&lab, REPORT_PING_SUMMARY, 1)->totals.sent, 0);
	pinglab_close(&lab);
}

static void status_is_told_of_each_target_that_runs(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.gap = MS(400);
	config.histogram = true;
	pinglab_open(&lab, &config, script_good, NULL, 4);
	(void)pinglab_run(&lab, MS(900));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_STATUS), 0);
	assert_true(ping_remove(lab.ping, 1));
	ping_status(lab.ping);
	(void)pinglab_run(&lab, MS(1500));
	/* 1 was removed, and 3 had not begun. */
	assert_int_equal(pinglab_said(&lab, REPORT_PING_STATUS), 2);
	const struct said *said = pinglab_find(&lab, REPORT_PING_STATUS, 1);
	assert_int_equal(said->target, 2);
	assert_int_equal(said->totals.received, 1);
	assert_int_equal(said->samples, 1);
	assert_int_equal(said->totals.duration, MS(100));
	assert_int_equal(pinglab_totals(&lab, 2)->histogram->total, 1);
	ping_status(lab.ping);
	(void)pinglab_run(&lab, MS(1500));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_STATUS), 5);
	pinglab_close(&lab);
}

static struct fate count_waiting(void *ctx, const struct probe *probe, uint64_t number)
{
	(void)probe;
	struct pinglab *lab = ctx;
	assert_int_equal(pinglab_said(lab, REPORT_PING_WAITING), number);
	return (struct fate){ 0 };
}

static void waiting_is_told_before_the_next_probe(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.waiting = true;
	config.count = 3;
	config.timeout = MS(1500);
	pinglab_open(&lab, &config, count_waiting, &lab, 1);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	static const enum report_kind order[] = { REPORT_PING_START,  REPORT_PING_WAITING,
		                                  REPORT_PING_LOST,   REPORT_PING_WAITING,
		                                  REPORT_PING_LOST,   REPORT_PING_LOST,
		                                  REPORT_PING_SUMMARY };
	assert_int_equal(lab.count, 7);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(lab.log[i].kind, order[i]);
	assert_int_equal(lab.log[1].seq, 1);
	assert_int_equal(lab.log[1].time, start + NSEC_S);
	assert_int_equal(lab.log[3].seq, 2);
	pinglab_close(&lab);
	pinglab_open(&lab, &config, script_good, NULL, 1);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_WAITING), 0);
	pinglab_close(&lab);
	config.timeout = MS(900); /* lost already: told once is enough */
	pinglab_open(&lab, &config, silent, NULL, 1);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_WAITING), 0);
	pinglab_close(&lab);
}

static struct fate one_of_each(void *ctx, const struct probe *probe, uint64_t number)
{
	(void)ctx;
	(void)probe;
	struct fate fate = fate_good();
	fate.copies = number == 1 ? 0 : 2;
	fate.kind = number == 2 ? REPLY_UNREACHABLE : REPLY_ECHO;
	fate.flags = number == 3 ? REPLY_CORRUPT : 0;
	fate.error = number == 4 ? ENETUNREACH : 0;
	return fate;
}

static void quiet_says_start_status_and_summary(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.quiet = true;
	config.waiting = true;
	config.flood = true;
	config.count = 6;
	config.interval = MS(100);
	config.timeout = MS(250);
	pinglab_open(&lab, &config, one_of_each, NULL, 1);
	struct net_event drops = { .kind = NET_DROPS, .drops = 3 };
	fakenet_put(&lab.net, start + 1, &drops);
	(void)pinglab_run(&lab, MS(150));
	ping_status(lab.ping);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	assert_int_equal(lab.count, 3);
	assert_int_equal(lab.log[0].kind, REPORT_PING_START);
	assert_int_equal(lab.log[1].kind, REPORT_PING_STATUS);
	assert_int_equal(lab.log[2].kind, REPORT_PING_SUMMARY);
	const struct report_ping_totals *t = &lab.log[2].totals;
	assert_int_equal(t->sent, 5);
	assert_int_equal(t->received, 3);
	assert_int_equal(t->lost, 1);
	assert_int_equal(t->errors, 1);
	assert_int_equal(t->corrupt, 1);
	assert_int_equal(t->send_errors, 1);
	assert_int_equal(t->local_drops, 3);
	pinglab_close(&lab);
}

static void send_errors_are_told_with_their_errno_and_the_run_goes_on(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 2;
	config.preload = 2;
	/* More refusals at once than a batch: each is told. */
	pinglab_open(&lab, &config, refused, NULL, 500);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_SEND_ERROR), 1000);
	for (size_t i = 0; i < 1000; i++) {
		const struct said *said = pinglab_find(&lab, REPORT_PING_SEND_ERROR, i);
		assert_int_equal(said->target, i / 2);
		assert_int_equal(said->seq, i % 2 + 1);
		assert_int_equal(said->error, i % 2 ? EPERM : ENETUNREACH);
		assert_int_equal(said->rtt, -1);
	}
	assert_int_equal(pinglab_totals(&lab, 499)->send_errors, 2);
	assert_int_equal(pinglab_totals(&lab, 499)->sent, 0);
	assert_int_equal(pinglab_totals(&lab, 499)->first_sent, 0);
	pinglab_close(&lab);
}

static void local_drops_are_the_runs(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	pinglab_open(&lab, &config, script_good, NULL, 2);
	struct net_event drops = { .kind = NET_DROPS, .drops = 5 };
	fakenet_put(&lab.net, start + 10, &drops);
	fakenet_put(&lab.net, start + 20, &drops);
	(void)pinglab_run(&lab, 20);
	assert_int_equal(pinglab_said(&lab, REPORT_DROPS), 2);
	const struct said *said = pinglab_find(&lab, REPORT_DROPS, 1);
	assert_int_equal(said->target, -1);
	assert_int_equal(said->drops, 5);
	assert_int_equal(said->time, start + 20);
	assert_int_equal(pinglab_totals(&lab, 0)->local_drops, 10);
	assert_int_equal(pinglab_totals(&lab, 1)->local_drops, 10);
	pinglab_close(&lab);
}

/* --- targets that come and go ------------------------------------------------------------------
 */

static void an_unsealed_run_waits_for_targets(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 1;
	pinglab_open(&lab, &config, script_good, NULL, 0);
	assert_false(pinglab_run(&lab, 10 * NSEC_S));
	assert_int_equal(pinglab_add(&lab, 0), 0);
	assert_false(pinglab_run(&lab, 20 * NSEC_S));
	assert_int_equal(pinglab_find(&lab, REPORT_PING_REPLY, 0)->time,
	                 start + 10 * NSEC_S + MS(10));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_SUMMARY), 0);
	ping_seal(lab.ping);
	assert_int_equal(pinglab_add(&lab, 1), -EINVAL);
	assert_true(pinglab_run(&lab, 20 * NSEC_S));
	const struct said *summary = pinglab_find(&lab, REPORT_PING_SUMMARY, 0);
	assert_int_equal(summary->totals.duration, MS(10));
	pinglab_close(&lab);
	pinglab_open(&lab, &config, script_good, NULL, 0);
	ping_seal(lab.ping);
	assert_true(pinglab_run(&lab, 0));
	assert_int_equal(lab.count, 0);
	pinglab_close(&lab);
}

static void a_run_stopped_takes_no_more_targets(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	pinglab_open(&lab, &config, script_good, NULL, 0);
	struct report_target nowhere = { .name = "nowhere.test" };
	assert_int_equal(ping_add(lab.ping, &nowhere, lab.net.now), -EINVAL);
	stop(&lab);
	assert_int_equal(pinglab_add(&lab, 0), -EINVAL);
	assert_int_equal(ping_targets(lab.ping), 0);
	pinglab_close(&lab);
}

static void the_strings_of_a_target_are_copied(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	pinglab_open(&lab, &config, script_good, NULL, 0);
	char name[] = "a.test", canonical[] = "b.test";
	struct report_target target = { .name = name,
		                        .canonical = canonical,
		                        .addr = addr_v4(0xc6336401) };
	assert_int_equal(ping_add(lab.ping, &target, lab.net.now), 0);
	name[0] = canonical[0] = 'x';
	struct algo *algo = ping_algo(lab.ping);
	struct action action;
	algo->ops->poll(algo, lab.net.now, &action);
	assert_int_equal(action.kind, ACTION_REPORT);
	assert_string_equal(action.report->target->name, "a.test");
	assert_string_equal(action.report->target->canonical, "b.test");
	assert_int_equal(action.report->target->data, 56);
	assert_int_equal(action.report->target->header, 28);
	pinglab_close(&lab);
}

static void a_removed_target_is_silent(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 5;
	config.timeout = NSEC_S;
	pinglab_open(&lab, &config, script_good, NULL, 3);
	(void)pinglab_run(&lab, MS(1005));
	assert_true(ping_remove(lab.ping, 1)); /* its second probe is under way */
	assert_false(ping_remove(lab.ping, 1));
	assert_false(ping_remove(lab.ping, 3));
	assert_null(ping_totals(lab.ping, 1, lab.net.now));
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	unsigned replies[3] = { 0 };
	for (size_t i = 0; i < lab.count; i++) {
		replies[lab.log[i].target] += lab.log[i].kind == REPORT_PING_REPLY;
		assert_int_not_equal(lab.log[i].kind, REPORT_PING_LOST);
		assert_int_not_equal(lab.log[i].kind, REPORT_PING_FOREIGN);
	}
	assert_int_equal(replies[0], 5);
	assert_int_equal(replies[1], 1);
	assert_int_equal(replies[2], 5);
	assert_int_equal(pinglab_said(&lab, REPORT_PING_SUMMARY), 2);
	pinglab_close(&lab);
}

static void remove_on_reply(struct pinglab *lab, const struct report *report)
{
	if (report->kind == REPORT_PING_REPLY && report->target->index == 0)
		for (uint32_t i = 1; i < 4; i++)
			assert_true(ping_remove(lab->ping, i));
}

/* From within a report, with reports of the others waiting: they are not told any more. */
static void removal_takes_waiting_reports_along(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 2;
	pinglab_open(&lab, &config, script_good, NULL, 6);
	lab.on_report = remove_on_reply;
	(void)pinglab_run(&lab, MS(500));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_REPLY), 3);
	assert_int_equal(pinglab_find(&lab, REPORT_PING_REPLY, 1)->target, 4);
	assert_int_equal(pinglab_find(&lab, REPORT_PING_REPLY, 2)->target, 5);
	pinglab_close(&lab);
}

static void remove_on_start(struct pinglab *lab, const struct report *report)
{
	if (report->kind == REPORT_PING_START && report->target->index == 1)
		assert_true(ping_remove(lab->ping, 0)); /* handed over, not sent */
}

static void a_probe_handed_over_may_be_removed(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 1;
	pinglab_open(&lab, &config, script_good, NULL, 2);
	lab.on_report = remove_on_start;
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_REPLY), 1);
	assert_int_equal(pinglab_said(&lab, REPORT_PING_SUMMARY), 1);
	pinglab_close(&lab);
}

/* A place is used again, but not while a reply to its former owner would be taken for its own. */
static void places_are_used_again(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.interval = NSEC_S;
	config.timeout = NSEC_S;
	pinglab_open(&lab, &config, script_good, NULL, 0);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(pinglab_add(&lab, i), (int)i);
	(void)pinglab_run(&lab, MS(5));
	assert_true(ping_remove(lab.ping, 0));
	assert_true(ping_remove(lab.ping, 1));
	assert_int_equal(pinglab_add(&lab, 3), 3);
	assert_true(ping_remove(lab.ping, 3)); /* nothing sent yet: free at once, but in its turn */
	(void)pinglab_run(&lab, MS(500));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_REPLY), 1); /* of 2 */
	/* Records are kept a minute behind their timeout, in a ring of 64. */
	(void)pinglab_run(&lab, 200 * NSEC_S);
	assert_int_equal(pinglab_add(&lab, 4), 0);
	assert_int_equal(pinglab_add(&lab, 5), 1);
	assert_int_equal(pinglab_add(&lab, 6), 3);
	assert_int_equal(pinglab_add(&lab, 7), 4);
	size_t before = lab.count;
	(void)pinglab_run(&lab, 200 * NSEC_S + MS(500));
	/* From the start again. */
	assert_int_equal(pinglab_totals(&lab, 1)->sent, 1);
	assert_int_equal(pinglab_totals(&lab, 1)->received, 1);
	assert_int_equal(pinglab_totals(&lab, 0)->received, 1);
	bool began[5] = { false };
	for (size_t i = before; i < lab.count; i++)
		began[lab.log[i].target] |= lab.log[i].kind == REPORT_PING_START;
	assert_true(began[0] && began[1] && began[3] && began[4] && !began[2]);
	pinglab_close(&lab);
}

static void remove_first_on_summary(struct pinglab *lab, const struct report *report)
{
	if (report->kind == REPORT_PING_SUMMARY && report->target->index == 0) {
		assert_true(ping_remove(lab->ping, 0));
		assert_true(ping_remove(lab->ping, 1)); /* its summary is waiting */
	}
}

/* The place of one that ended is free, and the next in the line of the ended is not. */
static void places_of_the_ended_are_used_again(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 30;
	config.summary_early = true;
	pinglab_open(&lab, &config, script_good, NULL, 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(pinglab_add(&lab, i), (int)i);
	lab.on_report = remove_first_on_summary;
	(void)pinglab_run(&lab, 100 * NSEC_S);
	assert_int_equal(pinglab_said(&lab, REPORT_PING_SUMMARY), 3);
	lab.ping->ring.kept = 0; /* what is settled goes as soon as the ring is full */
	for (uint32_t i = 4; i < 9; i++)
		assert_int_equal(pinglab_add(&lab, i), (int)i);
	(void)pinglab_run(&lab, 200 * NSEC_S);
	assert_int_equal(pinglab_add(&lab, 9), 0);
	assert_int_equal(pinglab_add(&lab, 10), 1);
	assert_int_equal(pinglab_add(&lab, 11), 9);
	pinglab_close(&lab);
}

/* As many probes under way as the ring may hold: this host refuses, the schedule goes on. */
static void a_full_ring_is_a_send_error(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.interval = MS(10);
	config.timeout = NSEC_S;
	config.count = 120;
	pinglab_open(&lab, &config, silent, NULL, 1);
	lab.ping->ring.limit = 64;
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	/* 64 slots of ten go out, 36 are refused until the first second is over. */
	const struct report_ping_totals *t = pinglab_totals(&lab, 0);
	assert_int_equal(t->send_errors, 36);
	assert_int_equal(t->sent, 84);
	assert_int_equal(t->lost, 84);
	assert_int_equal(pinglab_said(&lab, REPORT_PING_SEND_ERROR), 36);
	const struct said *said = pinglab_find(&lab, REPORT_PING_SEND_ERROR, 35);
	assert_int_equal(said->seq, 100);
	assert_int_equal(said->error, ENOBUFS);
	assert_int_equal(said->time, start + MS(990));
	assert_int_equal(lab.log[lab.count - 1].time, start + MS(1190) + NSEC_S);
	pinglab_close(&lab);
}

static void a_run_of_nothing_but_refusals_by_the_ring_ends(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 2;
	config.interval = MS(10);
	pinglab_open(&lab, &config, silent, NULL, 1);
	lab.ping->ring.limit = 0;
	assert_true(pinglab_run(&lab, MS(10)));
	assert_int_equal(pinglab_totals(&lab, 0)->send_errors, 2);
	assert_int_equal(pinglab_totals(&lab, 0)->duration, MS(10));
	pinglab_close(&lab);
}

static void remove_on_summary(struct pinglab *lab, const struct report *report)
{
	if (report->kind != REPORT_PING_SUMMARY)
		return;
	/* The one reported, and one whose summary is waiting behind it. */
	if (report->target->index == 0) {
		assert_true(ping_remove(lab->ping, 0));
		assert_true(ping_remove(lab->ping, 2));
	}
}

static void an_ended_target_can_be_removed(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 1;
	config.summary_early = true;
	pinglab_open(&lab, &config, script_good, NULL, 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(pinglab_add(&lab, i), (int)i);
	lab.on_report = remove_on_summary;
	assert_false(pinglab_run(&lab, 10 * NSEC_S));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_SUMMARY), 3);
	ping_seal(lab.ping);
	assert_true(pinglab_run(&lab, 10 * NSEC_S));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_SUMMARY), 3);
	pinglab_close(&lab);
}

static void early_summaries_are_not_told_again_at_the_end(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 3;
	config.gap = MS(1500);
	config.summary_early = true;
	pinglab_open(&lab, &config, script_good, NULL, 3);
	(void)pinglab_run(&lab, MS(2500)); /* the first has ended */
	stop(&lab);
	assert_true(pinglab_run(&lab, MS(2500)));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_SUMMARY), 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pinglab_find(&lab, REPORT_PING_SUMMARY, i)->target, i);
	assert_int_equal(pinglab_find(&lab, REPORT_PING_SUMMARY, 0)->time, start + MS(2010));
	assert_int_equal(pinglab_find(&lab, REPORT_PING_SUMMARY, 1)->time, start + MS(2500));
	pinglab_close(&lab);
}

static struct fate note_address(void *ctx, const struct probe *probe, uint64_t number)
{
	(void)number;
	*(struct probe *)ctx = *probe;
	return fate_good();
}

static void a_target_can_move(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	struct probe probe;
	pinglab_open(&lab, &config, note_address, &probe, 2);
	(void)pinglab_run(&lab, MS(500));
	struct addr addr;
	assert_true(addr_parse("2001:db8::7", &addr));
	ping_readdress(lab.ping, 1, &addr);
	ping_readdress(lab.ping, 7, &addr); /* nobody there */
	(void)pinglab_run(&lab, MS(1500));
	assert_true(addr_equal(&probe.dst, &addr));
	assert_int_equal(probe.size, 56 + 48);
	assert_int_equal(pinglab_totals(&lab, 1)->received, 2);
	/* Forgeries are counted where the target is now. */
	struct net_event event = { .kind = NET_REPLY };
	event.reply = (struct reply){ .from = addr, .flags = REPLY_UNKNOWN };
	event.reply.time = lab.net.now;
	fakenet_put(&lab.net, lab.net.now, &event);
	event.reply.from = addr_v4(0xc6120001);
	fakenet_put(&lab.net, lab.net.now, &event);
	(void)pinglab_run(&lab, MS(1500));
	assert_int_equal(pinglab_totals(&lab, 1)->foreign, 1);
	assert_int_equal(pinglab_find(&lab, REPORT_PING_FOREIGN, 1)->target, -1);
	pinglab_close(&lab);
}

/* One target twice: each is its own; forgeries go to the first. */
static void the_same_address_twice_is_two_targets(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 2;
	pinglab_open(&lab, &config, script_good, NULL, 0);
	assert_int_equal(pinglab_add(&lab, 9), 0);
	assert_int_equal(pinglab_add(&lab, 9), 1);
	ping_seal(lab.ping);
	struct net_event event = { .kind = NET_REPLY };
	event.reply = (struct reply){ .from = addr_v4(0xc6120009), .flags = REPLY_UNKNOWN };
	event.reply.time = start + 1;
	fakenet_put(&lab.net, start + 1, &event);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(pinglab_totals(&lab, i)->received, 2);
		assert_int_equal(pinglab_totals(&lab, i)->foreign, i == 0);
	}
	pinglab_close(&lab);
	/* The second goes: the first is still known by its address. */
	pinglab_open(&lab, &config, script_good, NULL, 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pinglab_add(&lab, 9), i);
	assert_true(ping_remove(lab.ping, 1));
	fakenet_put(&lab.net, start + 1, &event);
	(void)pinglab_run(&lab, 1);
	assert_int_equal(pinglab_totals(&lab, 0)->foreign, 1);
	pinglab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_ends_with_summaries_and_loses_nothing),
		cmocka_unit_test(stop_takes_long_silence_for_loss),
		cmocka_unit_test(an_end_takes_long_silence_for_loss),
		cmocka_unit_test(a_target_that_never_began_has_a_summary_too),
		cmocka_unit_test(what_was_handed_over_is_counted),
		cmocka_unit_test(status_is_told_of_each_target_that_runs),
		cmocka_unit_test(waiting_is_told_before_the_next_probe),
		cmocka_unit_test(quiet_says_start_status_and_summary),
		cmocka_unit_test(send_errors_are_told_with_their_errno_and_the_run_goes_on),
		cmocka_unit_test(local_drops_are_the_runs),
		cmocka_unit_test(an_unsealed_run_waits_for_targets),
		cmocka_unit_test(a_run_stopped_takes_no_more_targets),
		cmocka_unit_test(the_strings_of_a_target_are_copied),
		cmocka_unit_test(a_removed_target_is_silent),
		cmocka_unit_test(removal_takes_waiting_reports_along),
		cmocka_unit_test(a_probe_handed_over_may_be_removed),
		cmocka_unit_test(places_are_used_again),
		cmocka_unit_test(places_of_the_ended_are_used_again),
		cmocka_unit_test(a_full_ring_is_a_send_error),
		cmocka_unit_test(a_run_of_nothing_but_refusals_by_the_ring_ends),
		cmocka_unit_test(an_ended_target_can_be_removed),
		cmocka_unit_test(early_summaries_are_not_told_again_at_the_end),
		cmocka_unit_test(a_target_can_move),
		cmocka_unit_test(the_same_address_twice_is_two_targets),
	};
	return cmocka_run_group_tests_name("ping_life", tests, NULL, NULL) != 0;
}
