#include "algo/drive.h"

#include <assert.h>

/* Work of one step: so many receives, so many polls at the present time. */
#define DRIVE_RECEIVES 16
#define DRIVE_POLLS    4096
#define DRIVE_BURST    4 /* so many probes are worth a receive that may find nothing */

void drive_init(struct drive *d, struct algo *algo, struct net *net, drive_clock clock,
                void *clock_ctx, drive_report report, void *report_ctx)
{
	d->algo = algo;
	d->net = net;
	d->clock = clock;
	d->clock_ctx = clock_ctx;
	d->report = report;
	d->report_ctx = report_ctx;
	d->done = false;
	d->net_error = 0;
	d->now = clock(clock_ctx);
	d->gathered = 0;
}

static void advance(struct drive *d, nsec to)
{
	d->now = nsec_max(d->now, to);
}

static void flush(struct drive *d)
{
	size_t count = d->gathered;
	d->gathered = 0;
	d->net->ops->send(d->net, d->probes, count, d->results);
	for (size_t i = 0; i < count; i++)
		d->algo->ops->on_sent(d->algo, &d->results[i]);
}

/* One poll, and what it asks for. False where the algorithm is idle or done. */
static bool poll_once(struct drive *d)
{
	struct action action = { .kind = ACTION_IDLE };
	d->algo->ops->poll(d->algo, d->now, &action);
	switch (action.kind) {
	case ACTION_SEND:
		d->probes[d->gathered++] = action.probe;
		if (d->gathered == DRIVE_BATCH)
			flush(d);
		return true;
	case ACTION_REPORT: d->report(d->report_ctx, action.report); return true;
	case ACTION_IDLE: assert(d->algo->ops->deadline(d->algo) > d->now); break;
	case ACTION_DONE: d->done = true; break;
	}
	return false;
}

/* The same, and where it is idle or done, what was gathered is sent. False where all is. */
static bool poll_and_send(struct drive *d)
{
	if (poll_once(d))
		return true;
	if (d->gathered == 0)
		return false;
	flush(d);
	return true;
}

/* Lets the algorithm speak at a time that stands still, while events wait to be handed over. */
static void settle(struct drive *d)
{
	while (poll_and_send(d))
		;
}

/*
 * Before a reply: what was due by its time. What events made due meanwhile, the next probes of a
 * flood, is gathered and waits for the end of the batch.
 */
static void catch_up(struct drive *d, nsec when)
{
	nsec deadline = d->algo->ops->deadline(d->algo);
	if (deadline > when)
		return;
	bool by_events = deadline <= d->now;
	advance(d, when);
	if (!by_events)
		settle(d);
	else
		while (poll_once(d))
			;
}

static void hand_over(struct drive *d, const struct net_event *event, nsec clock)
{
	const struct algo_ops *ops = d->algo->ops;
	switch (event->kind) {
	case NET_SENT: ops->on_sent(d->algo, &event->sent); break;
	case NET_REPLY:
		catch_up(d, nsec_min(event->reply.time, clock));
		if (!d->done)
			ops->on_reply(d->algo, &event->reply);
		break;
	case NET_DROPS: ops->on_drops(d->algo, event->drops, clock); break;
	case NET_ERROR: d->net_error = event->error; break;
	}
}

/*
 * False where there may be more events than one step should take. Whoever sends in answer to many
 * looks again before he waits: on a short path their answers are there already.
 */
static bool take_events(struct drive *d, nsec *clock)
{
	for (int round = 0; round < DRIVE_RECEIVES && !d->done; round++) {
		size_t count = d->net->ops->receive(d->net, d->events, DRIVE_BATCH);
		for (size_t i = 0; i < count && !d->done; i++)
			hand_over(d, &d->events[i], *clock);
		bool burst = d->gathered >= DRIVE_BURST;
		if (count && !d->done)
			settle(d);
		if (count < DRIVE_BATCH && !burst)
			return true;
		if (burst)
			*clock = d->clock(d->clock_ctx);
	}
	return d->done;
}

nsec drive_step(struct drive *d)
{
	if (d->done)
		return NSEC_NEVER;
	nsec clock = d->clock(d->clock_ctx);
	bool idle = false;
	if (take_events(d, &clock)) {
		advance(d, clock);
		for (int polls = 0; polls < DRIVE_POLLS && !idle && !d->done; polls++) {
			size_t gathered = d->gathered;
			idle = !poll_and_send(d);
			if (d->gathered < gathered)
				advance(d, d->clock(d->clock_ctx));
		}
	}
	if (d->gathered)
		flush(d);
	if (d->done)
		return NSEC_NEVER;
	return idle ? d->algo->ops->deadline(d->algo) : clock;
}
