#include "algo/recorder.h"

static struct recorder *recorder_of(struct algo *algo)
{
	return (struct recorder *)algo;
}

/* Something else comes than the next poll of a row: the row is told. */
static void tell_reports(struct recorder *r)
{
	if (r->reports == 0)
		return;
	struct record_event event = { .kind = RECORD_POLL,
		                      .time = r->reported_at,
		                      .action = ACTION_REPORT,
		                      .reports = r->reports };
	r->reports = 0;
	r->sink(r->ctx, &event);
}

static void poll(struct algo *algo, nsec now, struct action *action)
{
	struct recorder *r = recorder_of(algo);
	if (now != r->reported_at)
		tell_reports(r);
	r->inner->ops->poll(r->inner, now, action);
	if (action->kind == ACTION_REPORT) {
		r->reported_at = now;
		r->reports++;
		return;
	}
	r->reports = 0;
	struct record_event event = { .kind = RECORD_POLL, .time = now, .action = action->kind };
	if (action->kind == ACTION_SEND)
		event.probe = action->probe;
	r->sink(r->ctx, &event);
}

static void on_sent(struct algo *algo, const struct sent *sent)
{
	struct recorder *r = recorder_of(algo);
	tell_reports(r);
	r->sink(r->ctx, &(struct record_event){ .kind = RECORD_SENT, .sent = *sent });
	r->inner->ops->on_sent(r->inner, sent);
}

static void on_reply(struct algo *algo, const struct reply *reply)
{
	struct recorder *r = recorder_of(algo);
	tell_reports(r);
	r->sink(r->ctx, &(struct record_event){ .kind = RECORD_REPLY, .reply = *reply });
	r->inner->ops->on_reply(r->inner, reply);
}

static void on_drops(struct algo *algo, uint64_t drops, nsec now)
{
	struct recorder *r = recorder_of(algo);
	tell_reports(r);
	r->sink(r->ctx,
	        &(struct record_event){ .kind = RECORD_DROPS, .time = now, .drops = drops });
	r->inner->ops->on_drops(r->inner, drops, now);
}

static nsec deadline(const struct algo *algo)
{
	const struct recorder *r = (const struct recorder *)algo;
	return r->inner->ops->deadline(r->inner);
}

static void stop(struct algo *algo, nsec now)
{
	struct recorder *r = recorder_of(algo);
	tell_reports(r);
	r->sink(r->ctx, &(struct record_event){ .kind = RECORD_STOP, .time = now });
	r->inner->ops->stop(r->inner, now);
}

static void leave(struct algo *algo)
{
	(void)algo;
}

static const struct algo_ops ops = {
	.name = "recorder",
	.poll = poll,
	.on_sent = on_sent,
	.on_reply = on_reply,
	.on_drops = on_drops,
	.deadline = deadline,
	.stop = stop,
	.free = leave,
};

void recorder_init(struct recorder *r, struct algo *inner, recorder_sink sink, void *ctx)
{
	*r = (struct recorder){ .algo.ops = &ops, .inner = inner, .sink = sink, .ctx = ctx };
}

void recorder_note(struct recorder *r, const struct record_event *note)
{
	tell_reports(r);
	r->sink(r->ctx, note);
}
