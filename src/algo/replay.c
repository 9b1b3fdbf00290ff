#include "algo/replay.h"

void replay_init(struct replay *r, struct algo *algo, nsec start, drive_report report, void *ctx)
{
	r->algo = algo;
	r->report = report;
	r->ctx = ctx;
	r->now = start;
	r->done = false;
	r->strayed = 0;
	r->events = 0;
	r->next = 0;
}

static bool same_probe(const struct probe *a, const struct probe *b)
{
	return a->token == b->token && addr_equal(&a->dst, &b->dst) && a->size == b->size &&
	       a->flow == b->flow && a->port == b->port && a->kind == b->kind && a->ttl == b->ttl &&
	       a->tos == b->tos && a->df == b->df;
}

/* Asks until the algorithm says something else than REPORT, or has reported as often as it did. */
static void poll(struct replay *r, const struct record_event *event)
{
	struct action action = { .kind = ACTION_IDLE };
	uint32_t left = event->action == ACTION_REPORT ? event->reports : UINT32_MAX;
	r->now = event->time;
	for (; left > 0; left--) {
		r->algo->ops->poll(r->algo, r->now, &action);
		if (action.kind != ACTION_REPORT)
			break;
		r->report(r->ctx, action.report);
	}
	if (action.kind != event->action ||
	    (action.kind == ACTION_SEND && !same_probe(&action.probe, &event->probe)))
		r->strayed++;
	if (action.kind != ACTION_REPORT)
		r->events = 0;
	r->done = action.kind == ACTION_DONE;
}

static void on_reply(struct replay *r, const struct reply *reply)
{
	struct reply *kept = &r->replies[r->next++ % (2 * REPLAY_EVENTS)];
	*kept = *reply;
	r->algo->ops->on_reply(r->algo, kept);
}

bool replay_event(struct replay *r, const struct record_event *event, const char **fault)
{
	const struct algo_ops *ops = r->algo->ops;
	bool polls = event->kind == RECORD_POLL;
	*fault = NULL;
	if (polls && event->time < r->now)
		*fault = "time goes backwards";
	else if (!polls && event->kind != RECORD_STOP && r->events++ == REPLAY_EVENTS)
		*fault = "too many events without a poll between them";
	if (*fault || r->done)
		return !*fault;
	switch (event->kind) {
	case RECORD_POLL: poll(r, event); break;
	case RECORD_SENT: ops->on_sent(r->algo, &event->sent); break;
	case RECORD_REPLY: on_reply(r, &event->reply); break;
	case RECORD_DROPS: ops->on_drops(r->algo, event->drops, event->time); break;
	case RECORD_STOP: ops->stop(r->algo, event->time); break;
	case RECORD_NOTE: break;
	}
	return true;
}
