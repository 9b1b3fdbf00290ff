#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "algo/recorder.h"
#include "algo/replay.h"
#include "base/random.h"
#include "tests/unit/pinglab.h"
#include "tests/unit/sample.h"

/* --- a run, recorded and played again
 * ------------------------------------------------------------------- */

/* What was reported, as text. */
static void write_down(void *ctx, const struct report *report)
{
	char from[ADDR_TEXT_SIZE] = "-";
	if (report->reply)
		addr_format(&report->reply->from, from);
	buffer_printf(ctx, "%d %lld %d %llu %lld %d %llu %s %llu %llu %llu\n", (int)report->kind,
	              (long long)report->time, report->target ? (int)report->target->index : -1,
	              (unsigned long long)report->seq, (long long)report->rtt, report->error,
	              (unsigned long long)report->drops, from,
	              (unsigned long long)(report->totals ? report->totals->sent : 0),
	              (unsigned long long)(report->totals ? report->totals->received : 0),
	              (unsigned long long)(report->totals ? report->totals->lost : 0));
}

static void to_buffer(void *ctx, const struct record_event *event)
{
	record_print(event, ctx);
}

static struct fate script_rough(void *ctx, const struct probe *probe, uint64_t number)
{
	struct random *random = ctx;
	struct fate fate = fate_good();
	(void)probe;
	(void)number;
	fate.delay = (nsec)random_below(random, (uint64_t)(3 * NSEC_S));
	fate.copies = (int)random_below(random, 3);
	fate.spacing = NSEC_MS;
	fate.stamp = random_below(random, 2) ? NSEC_US : 0;
	fate.error = random_below(random, 10) ? 0 : ENETUNREACH;
	fate.kind = random_below(random, 10) ? REPLY_ECHO : REPLY_UNREACHABLE;
	fate.flags = random_below(random, 10) ? 0 : REPLY_CORRUPT;
	return fate;
}

static struct ping_config rough_config(struct random *random)
{
	struct ping_config config = pinglab_config();
	config.count = 30;
	config.interval = random_below(random, 4) ? (nsec)random_below(random, NSEC_S) : 0;
	config.timeout = NSEC_S;
	config.waiting = random_below(random, 2);
	config.adaptive = random_below(random, 2);
	config.summary_early = random_below(random, 2);
	return config;
}

/* Targets as pinglab_open adds them. */
static struct ping *same_ping(const struct ping_config *config, nsec start, uint32_t targets)
{
	struct ping *ping = ping_new(config, start);
	assert_non_null(ping);
	for (uint32_t i = 0; i < targets; i++) {
		struct report_target target = { .addr = addr_v4(0xc6120000 + i) };
		assert_int_equal(ping_add(ping, &target, start), i);
	}
	ping_seal(ping);
	return ping;
}

static void play(struct replay *r, char *record)
{
	const char *fault;
	struct record_event event;
	for (char *line = record; *line;) {
		char *end = strchr(line, '\n');
		*end = '\0';
		if (!record_parse(line, (size_t)(end - line), &event, &fault))
			fail_msg("%s: %s", fault, line);
		if (!replay_event(r, &event, &fault))
			fail_msg("%s: %s", fault, line);
		line = end + 1;
	}
}

static void a_replay_reports_what_the_run_did(void **state)
{
	(void)state;
	uint64_t seed = sample_seed(21);
	for (uint64_t round = 0; round < 60; round++) {
		struct random random;
		struct pinglab lab;
		struct recorder recorder;
		struct buffer record, run, again;
		random_init(&random, seed + round);
		buffer_init(&record, 1 << 24);
		buffer_init(&run, 1 << 20);
		buffer_init(&again, 1 << 20);
		uint32_t targets = 1 + (uint32_t)random_below(&random, 5);
		struct ping_config config = rough_config(&random);
		pinglab_open(&lab, &config, script_rough, &random, targets);
		nsec start = lab.net.now;
		recorder_init(&recorder, ping_algo(lab.ping), to_buffer, &record);
		drive_init(&lab.drive, &recorder.algo, &lab.net.net, fakenet_clock, &lab.net,
		           write_down, &run);
		assert_true(fakenet_run(&lab.net, &lab.drive, start + 3600 * NSEC_S));

		struct ping *ping = same_ping(&config, start, targets);
		struct replay *replay = malloc(sizeof *replay);
		assert_non_null(replay);
		replay_init(replay, ping_algo(ping), start, write_down, &again);
		play(replay, record.data);
		assert_true(replay->done);
		assert_true(replay->strayed == 0);
		assert_true(run.length > 30);
		assert_string_equal(run.data, again.data);

		free(replay);
		ping_algo(ping)->ops->free(ping_algo(ping));
		buffer_release(&record);
		buffer_release(&run);
		buffer_release(&again);
		pinglab_close(&lab);
	}
}

/* --- the recorder, by hand
 * -------------------------------------------------------------------------------- */

/* An algorithm that says what it is told to, and remembers what it heard. */
struct puppet {
	struct algo algo;
	const enum action_kind *says;
	size_t polls;
	nsec now, deadline;
	uint64_t sent, drops, replies;
	const struct reply *reply;
	nsec stopped;
	bool freed;
	struct report report;
};

static void puppet_poll(struct algo *algo, nsec now, struct action *action)
{
	struct puppet *p = (struct puppet *)algo;
	p->now = now;
	action->kind = p->says[p->polls++];
	action->report = &p->report;
	if (action->kind == ACTION_SEND)
		action->probe = (struct probe){ .token = p->polls, .size = 84 };
}

static void puppet_on_sent(struct algo *algo, const struct sent *sent)
{
	((struct puppet *)algo)->sent = sent->token;
}

static void puppet_on_reply(struct algo *algo, const struct reply *reply)
{
	struct puppet *p = (struct puppet *)algo;
	p->replies++;
	p->reply = reply;
}

static void puppet_on_drops(struct algo *algo, uint64_t drops, nsec now)
{
	((struct puppet *)algo)->drops += drops;
	((struct puppet *)algo)->now = now;
}

static nsec puppet_deadline(const struct algo *algo)
{
	return ((const struct puppet *)algo)->deadline;
}

static void puppet_stop(struct algo *algo, nsec now)
{
	((struct puppet *)algo)->stopped = now;
}

static void puppet_free(struct algo *algo)
{
	((struct puppet *)algo)->freed = true;
}

static const struct algo_ops puppet_ops = {
	.name = "puppet",
	.poll = puppet_poll,
	.on_sent = puppet_on_sent,
	.on_reply = puppet_on_reply,
	.on_drops = puppet_on_drops,
	.deadline = puppet_deadline,
	.stop = puppet_stop,
	.free = puppet_free,
};

static void the_recorder_hands_on_and_tells(void **state)
{
	(void)state;
	static const enum action_kind says[] = {
		ACTION_REPORT, ACTION_REPORT, ACTION_IDLE,   /* one row */
		ACTION_REPORT, ACTION_REPORT,                /* a row that an event ends */
		ACTION_REPORT,                               /* one that a later poll ends */
		ACTION_SEND,   ACTION_REPORT,                /* a reply */
		ACTION_REPORT, ACTION_REPORT, ACTION_REPORT, /* a note, drops, a stop */
		ACTION_DONE,
	};
	struct puppet puppet = { .algo.ops = &puppet_ops, .says = says, .deadline = 77 };
	struct recorder r;
	struct buffer out;
	struct action action;
	buffer_init(&out, 4096);
	recorder_init(&r, &puppet.algo, to_buffer, &out);
	const struct algo_ops *ops = r.algo.ops;
	for (int i = 0; i < 3; i++)
		ops->poll(&r.algo, 100, &action);
	assert_int_equal(action.kind, ACTION_IDLE);
	assert_true(ops->deadline(&r.algo) == 77);
	ops->poll(&r.algo, 200, &action);
	assert_ptr_equal(action.report, &puppet.report);
	ops->poll(&r.algo, 200, &action);
	ops->on_sent(&r.algo, &(struct sent){ .token = 5, .time = 201 });
	assert_true(puppet.sent == 5);
	ops->poll(&r.algo, 300, &action);
	ops->poll(&r.algo, 301, &action);
	assert_true(action.probe.token == 7);
	struct reply reply = {
		.token = 6, .ttl = -1, .tos = -1, .quoted = { .ttl = 3 }, .wrong_at = -1
	};
	reply.quoted.tos = reply.quoted.df = reply.quoted.mf = -1;
	reply.quoted.length = reply.quoted.id = reply.quoted.checksum = -1;
	ops->poll(&r.algo, 302, &action);
	ops->on_reply(&r.algo, &reply);
	assert_ptr_equal(puppet.reply, &reply);
	ops->poll(&r.algo, 400, &action);
	struct record_event note = record_note("note");
	recorder_note(&r, &note);
	ops->poll(&r.algo, 400, &action);
	ops->on_drops(&r.algo, 9, 401);
	assert_true(puppet.drops == 9 && puppet.now == 401);
	ops->poll(&r.algo, 401, &action);
	ops->stop(&r.algo, 402);
	assert_true(puppet.stopped == 402);
	ops->poll(&r.algo, 403, &action);
	ops->free(&r.algo);
	assert_false(puppet.freed);
	assert_string_equal(out.data, "poll 100 idle\n"
	                              "poll 200 report 2\n"
	                              "sent token=5 time=201\n"
	                              "poll 300 report 1\n"
	                              "poll 301 send token=7 size=84\n"
	                              "poll 302 report 1\n"
	                              "reply token=6 quoted-ttl=3\n"
	                              "poll 400 report 1\n"
	                              "note\n"
	                              "poll 400 report 1\n"
	                              "drops 401 9\n"
	                              "poll 401 report 1\n"
	                              "stop 402\n"
	                              "poll 403 done\n");
	buffer_release(&out);
}

/* --- the contract
 * --------------------------------------------------------------------------------------- */

static void count(void *ctx, const struct report *report)
{
	(void)report;
	++*(int *)ctx;
}

static bool give(struct replay *r, struct record_event event)
{
	const char *fault;
	bool fine = replay_event(r, &event, &fault);
	assert_int_equal(fine, fault == NULL);
	return fine;
}

static struct record_event polled(nsec now, enum action_kind action)
{
	return (struct record_event){ .kind = RECORD_POLL, .time = now, .action = action };
}

static void time_never_goes_back(void **state)
{
	(void)state;
	static const enum action_kind says[] = { ACTION_IDLE, ACTION_IDLE, ACTION_IDLE };
	static struct replay r;
	struct puppet puppet = { .algo.ops = &puppet_ops, .says = says };
	int reports = 0;
	replay_init(&r, &puppet.algo, 100, count, &reports);
	assert_false(give(&r, polled(99, ACTION_IDLE)));
	assert_true(puppet.polls == 0);
	assert_true(give(&r, polled(100, ACTION_IDLE)));
	assert_true(give(&r, polled(200, ACTION_IDLE)));
	assert_false(give(&r, polled(199, ACTION_IDLE)));
	assert_true(give(&r, polled(200, ACTION_IDLE)));
	assert_true(puppet.now == 200 && puppet.polls == 3);
}

static void events_between_polls_are_so_many(void **state)
{
	(void)state;
	static const enum action_kind says[] = { ACTION_IDLE, ACTION_REPORT, ACTION_IDLE };
	static struct replay r;
	struct puppet puppet = { .algo.ops = &puppet_ops, .says = says };
	int reports = 0;
	replay_init(&r, &puppet.algo, 0, count, &reports);
	const struct record_event reply = { .kind = RECORD_REPLY };
	const struct record_event sent = { .kind = RECORD_SENT };
	const struct record_event drops = { .kind = RECORD_DROPS };
	for (int i = 0; i < REPLAY_EVENTS; i++)
		assert_true(give(&r, i % 2 ? reply : sent));
	assert_false(give(&r, drops));
	assert_true(give(&r, polled(1, ACTION_IDLE)));
	for (int i = 0; i < REPLAY_EVENTS; i++)
		assert_true(give(&r, reply));
	/* A poll that gives a report frees nothing, a stop takes nothing. */
	struct record_event row = polled(2, ACTION_REPORT);
	row.reports = 1;
	assert_true(give(&r, row));
	assert_true(give(&r, (struct record_event){ .kind = RECORD_STOP, .time = 3 }));
	assert_true(puppet.stopped == 3);
	assert_false(give(&r, sent));
}

/* A reply is there until the second poll behind it. */
static void replies_stay(void **state)
{
	(void)state;
	static const enum action_kind says[] = { ACTION_IDLE, ACTION_IDLE };
	static struct replay r;
	struct puppet puppet = { .algo.ops = &puppet_ops, .says = says };
	int reports = 0;
	const struct reply *first = NULL;
	replay_init(&r, &puppet.algo, 0, count, &reports);
	for (uint64_t i = 0; i < 2 * REPLAY_EVENTS; i++) {
		assert_true(
		        give(&r, (struct record_event){ .kind = RECORD_REPLY, .reply.token = i }));
		first = i ? first : puppet.reply;
		assert_true(puppet.reply->token == i);
		if (i + 1 == REPLAY_EVENTS)
			assert_true(give(&r, polled(1, ACTION_IDLE)));
	}
	assert_true(first->token == 0);
	assert_true(puppet.replies == 2 * REPLAY_EVENTS);
}

static void other_ways_are_counted(void **state)
{
	(void)state;
	static const enum action_kind says[] = {
		ACTION_REPORT, ACTION_REPORT, ACTION_IDLE, /* one time, whatever the reports */
		ACTION_SEND,   ACTION_SEND,                /* the second is another probe */
		ACTION_REPORT, ACTION_IDLE,                /* one report where there were two */
		ACTION_IDLE,                               /* a poll that sent */
		ACTION_DONE,                               /* too early */
	};
	static struct replay r;
	struct puppet puppet = { .algo.ops = &puppet_ops, .says = says };
	int reports = 0;
	replay_init(&r, &puppet.algo, 0, count, &reports);
	assert_true(give(&r, polled(1, ACTION_IDLE)));
	assert_int_equal(reports, 2);
	struct record_event send = polled(2, ACTION_SEND);
	send.probe = (struct probe){ .token = 4, .size = 84 };
	assert_true(give(&r, send));
	assert_true(r.strayed == 0);
	send.probe.token = 5;
	send.probe.size = 85;
	assert_true(give(&r, send));
	assert_true(r.strayed == 1);
	struct record_event row = polled(3, ACTION_REPORT);
	row.reports = 2;
	assert_true(give(&r, row));
	assert_int_equal(reports, 3);
	assert_true(r.strayed == 2);
	assert_true(give(&r, send = polled(3, ACTION_SEND)));
	assert_true(r.strayed == 3);
	assert_false(r.done);
	assert_true(give(&r, polled(4, ACTION_IDLE)));
	assert_true(r.strayed == 4);
	assert_true(r.done);
	/* Behind the end nothing reaches it. */
	assert_true(give(&r, polled(5, ACTION_IDLE)));
	assert_true(give(&r, (struct record_event){ .kind = RECORD_SENT, .sent.token = 8 }));
	assert_true(puppet.polls == 9 && puppet.sent == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replay_reports_what_the_run_did),
		cmocka_unit_test(the_recorder_hands_on_and_tells),
		cmocka_unit_test(time_never_goes_back),
		cmocka_unit_test(events_between_polls_are_so_many),
		cmocka_unit_test(replies_stay),
		cmocka_unit_test(other_ways_are_counted),
	};
	return cmocka_run_group_tests_name("replay", tests, NULL, NULL) != 0;
}
