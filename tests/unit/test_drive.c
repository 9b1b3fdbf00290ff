#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "algo/drive.h"

/*
 * An algorithm that sends what it is told to and writes down what it is told, and a network that
 * gives the events it is given: drive between them is all there is to see.
 */
struct puppet {
	struct algo algo;
	uint32_t to_send; /* as soon as polled */
	uint32_t to_report;
	nsec due;     /* one probe at this time */
	bool finish;  /* DONE once nothing is left to do */
	bool endless; /* never idle */
	bool send_on_reply;
	uint64_t token;
	nsec polled, deadline_seen;
	uint32_t polls, sent, replies, refused;
	uint64_t drops;
	nsec drops_at;
	nsec reply_after[256]; /* time of the last poll before each reply */
	struct report report;
};

static void puppet_poll(struct algo *algo, nsec now, struct action *action)
{
	struct puppet *p = (struct puppet *)algo;
	assert_true(now >= p->polled);
	p->polled = now;
	p->polls++;
	if (p->to_report) {
		p->to_report--;
		p->report = (struct report){ .kind = REPORT_DROPS, .time = now };
		*action = (struct action){ .kind = ACTION_REPORT, .report = &p->report };
		return;
	}
	bool due = p->due <= now;
	if (due)
		p->due = NSEC_NEVER;
	if (p->to_send || due || p->endless) {
		p->to_send -= p->to_send ? 1 : 0;
		*action = (struct action){ .kind = ACTION_SEND, .probe.token = ++p->token };
		return;
	}
	action->kind = p->finish ? ACTION_DONE : ACTION_IDLE;
}

static void puppet_on_sent(struct algo *algo, const struct sent *sent)
{
	struct puppet *p = (struct puppet *)algo;
	p->sent++;
	p->refused += sent->error != 0;
}

static void puppet_on_reply(struct algo *algo, const struct reply *reply)
{
	struct puppet *p = (struct puppet *)algo;
	assert_true(reply->token == 0 || reply->token == p->replies + 1);
	p->reply_after[p->replies++ % 256] = p->polled;
	p->to_send += p->send_on_reply;
}

static void puppet_on_drops(struct algo *algo, uint64_t drops, nsec now)
{
	struct puppet *p = (struct puppet *)algo;
	p->drops += drops;
	p->drops_at = now;
}

static nsec puppet_deadline(const struct algo *algo)
{
	const struct puppet *p = (const struct puppet *)algo;
	return p->to_send ? 0 : p->due;
}

static const struct algo_ops puppet_ops = {
	.name = "puppet",
	.poll = puppet_poll,
	.on_sent = puppet_on_sent,
	.on_reply = puppet_on_reply,
	.on_drops = puppet_on_drops,
	.deadline = puppet_deadline,
};

#define EVENTS 4096

struct stage {
	struct net net;
	struct puppet puppet;
	struct drive drive;
	nsec now;
	uint32_t clock_asked;
	struct net_event events[EVENTS];
	size_t given, count;
	size_t batches, probes;
	size_t batch[128]; /* sizes */
	uint64_t order;    /* token of the last probe sent */
	uint32_t receives;
	size_t sent_before_receive;
	uint32_t reports;
	nsec passes;     /* the clock goes on by so much with each batch */
	nsec late_reply; /* comes while the next batch is sent; 0 for none */
};

static void put_reply(struct stage *s, nsec time);

static void stage_send(struct net *net, const struct probe *probes, size_t count,
                       struct sent *results)
{
	struct stage *s = (struct stage *)net;
	assert_in_range(count, 1, DRIVE_BATCH);
	s->batch[s->batches++ % 128] = count;
	s->now += s->passes;
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(probes[i].token, s->order + 1);
		s->order = probes[i].token;
		results[i] = (struct sent){ .token = probes[i].token,
			                    .time = s->now,
			                    .error = probes[i].token % 10 == 0 ? EPERM : 0 };
	}
	s->probes += count;
	if (s->late_reply)
		put_reply(s, s->late_reply);
	s->late_reply = 0;
}

static size_t stage_receive(struct net *net, struct net_event *events, size_t capacity)
{
	struct stage *s = (struct stage *)net;
	if (s->receives++ == 0)
		s->sent_before_receive = s->probes;
	size_t n = 0;
	while (n < capacity && s->given < s->count)
		events[n++] = s->events[s->given++];
	return n;
}

static const struct net_ops stage_ops = {
	.name = "stage",
	.send = stage_send,
	.receive = stage_receive,
};

static nsec stage_clock(void *ctx)
{
	struct stage *s = ctx;
	s->clock_asked++;
	return s->now;
}

static void stage_report(void *ctx, const struct report *report)
{
	struct stage *s = ctx;
	assert_int_equal(report->kind, REPORT_DROPS);
	s->reports++;
}

static struct stage stage;

static int open_stage(void **state)
{
	memset(&stage, 0, sizeof stage);
	stage.net.ops = &stage_ops;
	stage.puppet.algo.ops = &puppet_ops;
	stage.puppet.due = NSEC_NEVER;
	stage.now = 1000;
	drive_init(&stage.drive, &stage.puppet.algo, &stage.net, stage_clock, &stage, stage_report,
	           &stage);
	*state = &stage;
	return 0;
}

static void put_reply(struct stage *s, nsec time)
{
	struct net_event *event = &s->events[s->count++];
	*event = (struct net_event){ .kind = NET_REPLY };
	event->reply.time = time;
	event->reply.token = s->count;
}

static void consecutive_probes_leave_in_full_batches(void **state)
{
	struct stage *s = *state;
	s->puppet.to_send = 2 * DRIVE_BATCH + 5;
	s->puppet.due = 5000;
	assert_int_equal(drive_step(&s->drive), 5000);
	assert_int_equal(s->batches, 3);
	assert_int_equal(s->batch[0], DRIVE_BATCH);
	assert_int_equal(s->batch[1], DRIVE_BATCH);
	assert_int_equal(s->batch[2], 5);
	assert_int_equal(s->puppet.sent, 2 * DRIVE_BATCH + 5);
	assert_int_equal(s->puppet.refused, (2 * DRIVE_BATCH + 5) / 10);
	assert_false(s->drive.done);
}

static void a_report_does_not_split_a_batch(void **state)
{
	struct stage *s = *state;
	s->puppet.to_send = 3;
	s->puppet.to_report = 2;
	(void)drive_step(&s->drive);
	assert_int_equal(s->reports, 2);
	assert_int_equal(s->batches, 1);
	assert_int_equal(s->batch[0], 3);
}

static void events_come_before_the_algorithm_speaks(void **state)
{
	struct stage *s = *state;
	s->puppet.to_send = 1;
	put_reply(s, 900);
	(void)drive_step(&s->drive);
	assert_int_equal(s->sent_before_receive, 0);
	assert_int_equal(s->puppet.replies, 1);
	assert_int_equal(s->given, 1);
}

static void an_idle_algorithm_says_when_it_wants_to_be_called(void **state)
{
	struct stage *s = *state;
	assert_true(drive_step(&s->drive) == NSEC_NEVER);
	s->puppet.due = 1001;
	assert_int_equal(drive_step(&s->drive), 1001);
	assert_int_equal(s->probes, 0);
	s->now = 1001;
	assert_true(drive_step(&s->drive) == NSEC_NEVER);
	assert_int_equal(s->probes, 1);
}

static void done_is_for_good(void **state)
{
	struct stage *s = *state;
	s->puppet.finish = true;
	s->puppet.to_send = 3;
	assert_true(drive_step(&s->drive) == NSEC_NEVER);
	assert_true(s->drive.done);
	assert_int_equal(s->probes, 3);
	uint32_t polls = s->puppet.polls, asked = s->clock_asked;
	put_reply(s, 1000);
	assert_true(drive_step(&s->drive) == NSEC_NEVER);
	assert_int_equal(s->puppet.polls, polls);
	assert_int_equal(s->clock_asked, asked);
	assert_int_equal(s->puppet.replies, 0);
}

static void events_behind_done_are_dropped(void **state)
{
	struct stage *s = *state;
	for (int i = 0; i < 3 * DRIVE_BATCH; i++)
		put_reply(s, 1000);
	s->puppet.finish = true;
	(void)drive_step(&s->drive);
	assert_true(s->drive.done);
	assert_int_equal(s->puppet.replies, DRIVE_BATCH);
	assert_int_equal(s->receives, 1);
}

/* Something is due at 2000; the process comes to itself at 9000 and finds replies of 1999 and 2000.
 */
static void time_moves_as_events_happened(void **state)
{
	struct stage *s = *state;
	(void)drive_step(&s->drive);
	s->puppet.due = 2000;
	s->now = 9000;
	put_reply(s, 1999);
	put_reply(s, 2000);
	put_reply(s, 1500);
	(void)drive_step(&s->drive);
	assert_int_equal(s->puppet.reply_after[0], 1000);
	assert_int_equal(s->puppet.reply_after[1], 2000);
	assert_int_equal(s->puppet.reply_after[2], 2000);
	assert_int_equal(s->puppet.polled, 9000);
	assert_int_equal(s->probes, 1);
}

/* A stamp ahead of the clock does not carry the algorithm into the future. */
static void no_event_is_later_than_now(void **state)
{
	struct stage *s = *state;
	s->puppet.due = 1500;
	put_reply(s, INT64_MAX);
	assert_int_equal(drive_step(&s->drive), 1500);
	assert_int_equal(s->puppet.polled, 1000);
	assert_int_equal(s->probes, 0);
}

static void answers_may_bring_probes_at_once(void **state)
{
	struct stage *s = *state;
	s->puppet.send_on_reply = true;
	s->now = 5000;
	for (int i = 0; i < DRIVE_BATCH + 3; i++)
		put_reply(s, 2000 + i);
	(void)drive_step(&s->drive);
	assert_int_equal(s->batches, 2);
	assert_int_equal(s->batch[0], DRIVE_BATCH);
	assert_int_equal(s->batch[1], 3);
}

/* On a short path the answers to a burst are there when it is sent; a few are not worth the call.
 */
static void after_a_burst_there_is_another_look(void **state)
{
	struct stage *s = *state;
	s->puppet.send_on_reply = true;
	s->now = 5000;
	for (int i = 0; i < 4; i++)
		put_reply(s, 2000 + i);
	(void)drive_step(&s->drive);
	assert_int_equal(s->batches, 1);
	assert_int_equal(s->receives, 1);
	for (int i = 0; i < 5; i++)
		put_reply(s, 4000 + i);
	s->passes = 1000;
	s->late_reply = 5999; /* while they were sent, behind what was due then */
	s->puppet.due = 5900;
	(void)drive_step(&s->drive);
	assert_int_equal(s->batches, 4);
	assert_int_equal(s->batch[1], 5);
	assert_int_equal(s->receives, 3);
	assert_int_equal(s->puppet.replies, 10);
	assert_int_equal(s->puppet.reply_after[9], 5999);
}

static void the_clock_is_asked_once_a_step_and_after_each_batch(void **state)
{
	struct stage *s = *state;
	s->clock_asked = 0;
	(void)drive_step(&s->drive);
	assert_int_equal(s->clock_asked, 1);
	s->puppet.to_send = DRIVE_BATCH + 1;
	s->passes = 300;
	s->puppet.due = 1500; /* comes due while two batches are sent */
	s->clock_asked = 0;
	assert_true(drive_step(&s->drive) == NSEC_NEVER);
	assert_int_equal(s->clock_asked, 4);
	assert_int_equal(s->probes, DRIVE_BATCH + 2);
	assert_int_equal(s->puppet.polled, 1900);
}

static void a_step_gives_way(void **state)
{
	struct stage *s = *state;
	s->puppet.endless = true;
	s->puppet.to_report = 1; /* so that the last batch is not full */
	assert_int_equal(drive_step(&s->drive), 1000);
	assert_int_not_equal(s->probes % DRIVE_BATCH, 0);
	size_t probes = s->probes;
	assert_true(probes > 0);
	assert_int_equal(s->puppet.sent, probes); /* nothing gathered is left behind */
	assert_int_equal(s->puppet.token, probes);
	assert_int_equal(drive_step(&s->drive), 1000);
	assert_true(s->probes > probes);
}

/* With more events than a step takes, what is due waits: an event unread may say otherwise. */
static void time_does_not_pass_unread_events(void **state)
{
	struct stage *s = *state;
	(void)drive_step(&s->drive);
	s->puppet.due = 2000;
	s->now = 9000;
	s->receives = 0;
	for (int i = 0; i < EVENTS; i++)
		put_reply(s, 1500);
	assert_int_equal(drive_step(&s->drive), 9000);
	assert_int_equal(s->receives, 16);
	assert_int_equal(s->given, 16 * DRIVE_BATCH);
	assert_int_equal(s->probes, 0);
	assert_int_equal(s->puppet.polled, 1000);
	for (int i = 0; i < 100 && s->probes == 0; i++)
		(void)drive_step(&s->drive);
	assert_int_equal(s->given, EVENTS);
	assert_int_equal(s->puppet.replies, EVENTS);
	assert_int_equal(s->probes, 1);
}

static void other_events_find_their_way(void **state)
{
	struct stage *s = *state;
	s->events[s->count++] = (struct net_event){ .kind = NET_SENT };
	s->events[s->count++] = (struct net_event){ .kind = NET_DROPS, .drops = 7 };
	s->events[s->count++] = (struct net_event){ .kind = NET_ERROR, .error = ENETDOWN };
	s->now = 1234;
	(void)drive_step(&s->drive);
	assert_int_equal(s->puppet.sent, 1);
	assert_int_equal(s->puppet.drops, 7);
	assert_int_equal(s->puppet.drops_at, 1234);
	assert_int_equal(s->drive.net_error, ENETDOWN);
	assert_int_equal(s->puppet.replies, 0);
}

#define STAGED(f) cmocka_unit_test_setup(f, open_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAGED(consecutive_probes_leave_in_full_batches),
		STAGED(a_report_does_not_split_a_batch),
		STAGED(events_come_before_the_algorithm_speaks),
		STAGED(an_idle_algorithm_says_when_it_wants_to_be_called),
		STAGED(done_is_for_good),
		STAGED(events_behind_done_are_dropped),
		STAGED(time_moves_as_events_happened),
		STAGED(no_event_is_later_than_now),
		STAGED(answers_may_bring_probes_at_once),
		STAGED(after_a_burst_there_is_another_look),
		STAGED(the_clock_is_asked_once_a_step_and_after_each_batch),
		STAGED(a_step_gives_way),
		STAGED(time_does_not_pass_unread_events),
		STAGED(other_events_find_their_way),
	};
	return cmocka_run_group_tests_name("drive", tests, NULL, NULL) != 0;
}
