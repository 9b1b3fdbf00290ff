#include "tests/unit/pingchaos.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "algo/drive.h"
#include "algo/ping.h"
#include "base/cursor.h"

#define TARGETS 8
#define KNOWN   128 /* probes remembered, to be answered now or much later */

/* What was said of the target that has an index now. */
struct ledger {
	bool there;
	uint64_t said[REPORT_DROPS + 1];
};

struct chaos {
	struct cursor bytes;
	struct ping *ping;
	struct algo *algo;
	struct ping_config config;
	nsec now;
	struct ledger ledger[TARGETS];
	struct probe known[KNOWN];
	nsec known_sent[KNOWN];
	uint64_t handed; /* probes ever handed over */
	struct reply replies[ALGO_BATCH];
	size_t events; /* since the last poll that was no report */
	struct probe batch[ALGO_BATCH];
	size_t gathered;
	bool done;
	struct pingchaos_tally *tally;
};

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	(void)fprintf(stderr, "pingchaos: %s\n", what);
	abort();
}

static void check_totals(struct chaos *c)
{
	for (uint32_t i = 0; i < ping_targets(c->ping); i++) {
		const struct report_ping_totals *t = ping_totals(c->ping, i, c->now);
		must((t != NULL) == c->ledger[i].there, "a target is there or not");
		if (!t)
			continue;
		must(t->sent == t->received + t->lost + t->in_flight + t->errors, "totals add up");
		must(t->rtt->count == t->received, "each answer is a sample");
		must(t->pipe <= t->sent && t->in_flight <= t->pipe, "pipe is the most in flight");
		must(t->longest_loss <= t->lost, "a run of losses is made of losses");
		must(t->duration >= 0, "durations are not negative");
	}
}

/* With nothing waiting to be said, what was said is what is counted. */
static void check_ledgers(struct chaos *c)
{
	for (uint32_t i = 0; i < ping_targets(c->ping) && !c->config.quiet; i++) {
		const struct report_ping_totals *t = ping_totals(c->ping, i, c->now);
		const uint64_t *said = c->ledger[i].said;
		if (!t)
			continue;
		must(t->received == said[REPORT_PING_REPLY], "each answer is told");
		must(t->lost == said[REPORT_PING_LOST], "each loss is told");
		must(t->late == said[REPORT_PING_LATE], "each late answer is told");
		must(t->late <= t->lost, "late ones were lost");
		must(t->errors == said[REPORT_PING_ERROR], "each error is told");
		must(t->duplicates == said[REPORT_PING_DUPLICATE], "each duplicate is told");
		must(t->corrupt == said[REPORT_PING_CORRUPT], "each corrupt reply is told");
		must(t->truncated == said[REPORT_PING_TRUNCATED], "each truncated one is told");
		must(t->foreign == said[REPORT_PING_FOREIGN], "each foreign one is told");
		must(t->send_errors == said[REPORT_PING_SEND_ERROR], "each refusal is told");
	}
}

static void take_report(struct chaos *c, const struct report *report)
{
	must(report->kind <= REPORT_DROPS, "a report is of a kind there is");
	c->tally->replies += report->kind == REPORT_PING_REPLY;
	c->tally->lost += report->kind == REPORT_PING_LOST;
	c->tally->late += report->kind == REPORT_PING_LATE;
	c->tally->duplicates += report->kind == REPORT_PING_DUPLICATE;
	c->tally->errors += report->kind == REPORT_PING_ERROR;
	c->tally->summaries += report->kind == REPORT_PING_SUMMARY;
	if (!report->target)
		return;
	uint32_t index = report->target->index;
	must(index < TARGETS && c->ledger[index].there, "a report is of a target that is there");
	struct ledger *ledger = &c->ledger[index];
	must(!ledger->said[REPORT_PING_SUMMARY], "nothing is told behind the summary");
	ledger->said[report->kind]++;
	must(ledger->said[REPORT_PING_START] <= 1, "a target begins once");
	must(report->kind == REPORT_PING_START || report->kind == REPORT_PING_SUMMARY ||
	             report->kind == REPORT_PING_FOREIGN || ledger->said[REPORT_PING_START],
	     "it begins before anything else");
	if (report->reply)
		(void)report->reply->payload.length; /* readable: ASan looks */
}

static void send_batch(struct chaos *c)
{
	size_t count = c->gathered;
	c->gathered = 0;
	for (size_t i = 0; i < count; i++) {
		uint8_t how = cursor_u8(&c->bytes);
		struct sent sent = { .token = c->batch[i].token, .time = c->now };
		sent.time += how % 16 == 1 ? how * NSEC_MS : 0;
		sent.error = how % 8 == 7 ? EPERM : 0;
		c->algo->ops->on_sent(c->algo, &sent);
		c->tally->sent += sent.error == 0;
		c->known[c->handed % KNOWN] = c->batch[i];
		c->known_sent[c->handed++ % KNOWN] = sent.time;
		check_totals(c);
	}
}

/* Until it is idle, as drive does. */
static void speak(struct chaos *c)
{
	for (unsigned polls = 0; !c->done; polls++) {
		must(polls < 100000, "polls come to an end");
		struct action action;
		c->algo->ops->poll(c->algo, c->now, &action);
		if (action.kind == ACTION_REPORT) {
			take_report(c, action.report);
			continue;
		}
		c->events = 0;
		if (action.kind == ACTION_SEND) {
			must(action.probe.size == 84, "a probe has its size");
			c->batch[c->gathered++] = action.probe;
		}
		if (c->gathered && (action.kind != ACTION_SEND || c->gathered == ALGO_BATCH)) {
			send_batch(c);
			continue;
		}
		c->done = action.kind == ACTION_DONE;
		if (action.kind != ACTION_SEND)
			break;
	}
	check_totals(c);
	check_ledgers(c);
	must(c->done || c->algo->ops->deadline(c->algo) > c->now, "a deadline lies ahead");
}

static void reply(struct chaos *c)
{
	if (c->events == ALGO_BATCH)
		speak(c);
	if (c->handed == 0 || c->done)
		return;
	uint8_t which = cursor_u8(&c->bytes), kind = cursor_u8(&c->bytes),
	        flags = cursor_u8(&c->bytes);
	uint64_t recent = c->handed < KNOWN ? c->handed : KNOWN;
	uint64_t at = (c->handed - 1 - which % recent) % KNOWN;
	struct reply *r = &c->replies[c->events++];
	*r = (struct reply){ .token = c->known[at].token,
		             .sent = c->known_sent[at],
		             .time = c->now,
		             .from = c->known[at].dst,
		             .kind = kind % 2 ? REPLY_ECHO : kind / 2 % (REPLY_OTHER + 1) };
	/* Mostly as it should be. */
	r->flags = flags < 64 ? flags : 0;
	if (flags == 0xff)
		r->token = (uint64_t)cursor_u32(&c->bytes) << 16 | cursor_u16(&c->bytes);
	if (r->flags & REPLY_UNKNOWN)
		r->token = 0;
	c->algo->ops->on_reply(c->algo, r);
	check_totals(c);
}

static void add(struct chaos *c)
{
	uint32_t number = cursor_u8(&c->bytes) % 16;
	char name[16];
	(void)snprintf(name, sizeof name, "t%u", (unsigned)number);
	struct report_target target = { .name = name, .addr = addr_v4(0xc6336400 + number) };
	if (ping_targets(c->ping) == TARGETS)
		return;
	int index = ping_add(c->ping, &target, c->now);
	if (index >= 0)
		c->ledger[index] = (struct ledger){ .there = true };
}

static void change(struct chaos *c, uint8_t what)
{
	uint32_t index = cursor_u8(&c->bytes) % TARGETS;
	struct addr addr = addr_v4(0xcb007100 + index);
	switch (what % 8) {
	case 0: add(c); break;
	case 1:
		must(ping_remove(c->ping, index) == c->ledger[index].there, "removed if there");
		c->ledger[index].there = false;
		break;
	case 2: ping_readdress(c->ping, index, &addr); break;
	case 3: ping_status(c->ping); break;
	case 4: ping_seal(c->ping); break;
	case 5:
		if (cursor_u8(&c->bytes) < 32)
			c->algo->ops->stop(c->algo, c->now);
		break;
	default:
		if (c->events < ALGO_BATCH && ++c->events)
			c->algo->ops->on_drops(c->algo, what, c->now);
		break;
	}
	check_totals(c);
}

/* Time goes on by a little, to the deadline, or by a lot. */
static void pass(struct chaos *c, uint8_t how)
{
	speak(c);
	nsec deadline = c->algo->ops->deadline(c->algo);
	if (how % 4 < 2 && deadline != NSEC_NEVER)
		c->now = deadline;
	else if (how % 4 == 2)
		c->now += how * NSEC_MS;
	else
		c->now += how / 4 * 100 * NSEC_MS;
	speak(c);
}

static struct ping_config read_config(struct cursor *b)
{
	static const nsec intervals[] = { NSEC_S, 0, NSEC_MS, 200 * NSEC_MS };
	static const nsec timeouts[] = { 0, NSEC_S, 3 * NSEC_S, NSEC_NEVER };
	uint8_t flags = cursor_u8(b), times = cursor_u8(b), count = cursor_u8(b);
	return (struct ping_config){ .count = count % 32,
		                     .interval = intervals[times & 3],
		                     .timeout = timeouts[times >> 2 & 3],
		                     .deadline = times >> 4 & 1 ? 20 * NSEC_S : 0,
		                     .gap = times >> 5 & 1 ? 10 * NSEC_MS : 0,
		                     .interval_min = times >> 6 & 1 ? 2 * NSEC_MS : 0,
		                     .preload = count >> 5,
		                     .size = 56,
		                     .flood = flags & 1,
		                     .adaptive = flags >> 1 & 1,
		                     .waiting = flags >> 2 & 1,
		                     .histogram = flags >> 3 & 1,
		                     .quiet = flags >> 4 & 1,
		                     .summary_early = flags >> 5 & 1 };
}

void pingchaos_run(const uint8_t *bytes, size_t length, struct pingchaos_tally *tally)
{
	struct chaos *c = calloc(1, sizeof *c);
	must(c != NULL, "memory");
	c->bytes = cursor_of(bytes, length);
	c->tally = tally;
	c->config = read_config(&c->bytes);
	c->now = NSEC_S;
	c->ping = ping_new(&c->config, c->now);
	must(c->ping != NULL, "memory");
	c->algo = ping_algo(c->ping);
	add(c);
	while (cursor_left(&c->bytes) && !c->done) {
		uint8_t what = cursor_u8(&c->bytes);
		if (what < 128)
			reply(c);
		else if (what < 232)
			pass(c, what);
		else
			change(c, what);
	}
	speak(c);
	tally->done += c->done;
	c->algo->ops->free(c->algo);
	free(c);
}
