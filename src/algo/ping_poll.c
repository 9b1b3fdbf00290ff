#include "algo/ping_private.h"

/* --- lines of targets --------------------------------------------------------------------- */

void ping_line_append(struct ping *p, struct ping_line *line, uint32_t index)
{
	p->targets[index].next = PING_NOBODY;
	if (line->first == PING_NOBODY)
		line->first = index;
	else
		p->targets[line->last].next = index;
	line->last = index;
}

static uint32_t line_take(struct ping *p, struct ping_line *line)
{
	uint32_t index = line->first;
	line->first = p->targets[index].next;
	return index;
}

/* --- ends --------------------------------------------------------------------------------- */

static void end(struct ping *p, struct ping_target *t, nsec now)
{
	t->ended = now;
	p->finished = nsec_max(p->finished, now);
	p->running--;
	heap_remove(&p->wake, t->info.index);
	if (!p->over) {
		t->queued = true;
		ping_line_append(p, &p->closing, t->info.index);
	}
}

/*
 * Gives up one more probe of a target that comes to its end, false where none is overdue. No
 * timeout runs on, but where none was given, what has waited long enough is lost and not under way:
 * who interrupts after minutes of silence is not told of 0 % loss.
 */
static bool lose_overdue(struct ping *p, struct ping_target *t, nsec end)
{
	if (p->config.timeout || t->chain.count == 0)
		return false;
	const struct ping_record *record = ping_ring_at(&p->ring, t->chain.first);
	if (record->state != PING_WAITING ||
	    nsec_after(record->sent, ping_target_patience(t, &p->config)) > end)
		return false;
	ping_lose(p, t, t->chain.first, end);
	return true;
}

void ping_review(struct ping *p, struct ping_target *t, nsec now)
{
	if (t->ended != NSEC_NEVER)
		return;
	if (ping_target_finished(t, &p->config))
		end(p, t, now);
	else
		(void)heap_set(&p->wake, t->info.index, ping_target_wake(t, &p->config));
}

static void finish(struct ping *p, nsec when)
{
	p->over = true;
	p->finished = when;
	p->summary_at = 0;
}

/* --- what poll says ----------------------------------------------------------------------- */

static void say(struct ping *p, struct action *action, struct report report)
{
	p->report = report;
	action->kind = ACTION_REPORT;
	action->report = &p->report;
}

static bool say_note(struct ping *p, struct action *action)
{
	if (p->note_count == 0)
		return false;
	const struct ping_note *note = &p->notes[p->note_first];
	p->note_first = (p->note_first + 1) % PING_NOTES;
	p->note_count--;
	bool known = note->target != PING_NOBODY;
	say(p, action,
	    (struct report){ .kind = note->kind,
	                     .time = note->time,
	                     .target = known ? &p->targets[note->target].info : NULL,
	                     .seq = note->seq,
	                     .rtt = note->rtt,
	                     .reply = note->reply,
	                     .error = note->error,
	                     .mtu = note->mtu,
	                     .drops = note->drops });
	return true;
}

static void say_totals(struct ping *p, struct action *action, enum report_kind kind, uint32_t index,
                       nsec now)
{
	say(p, action,
	    (struct report){ .kind = kind,
	                     .time = now,
	                     .target = &p->targets[index].info,
	                     .rtt = -1,
	                     .totals = ping_totals(p, index, now) });
}

static bool say_status(struct ping *p, nsec now, struct action *action)
{
	while (p->status_at < p->count) {
		uint32_t index = p->status_at++;
		const struct ping_target *t = &p->targets[index];
		bool told = p->config.summary_early && t->ended != NSEC_NEVER;
		if (t->gone || !t->begun || told)
			continue;
		say_totals(p, action, REPORT_PING_STATUS, index, now);
		return true;
	}
	p->status_at = PING_NOBODY;
	return false;
}

/* The last losses of targets that have ended before the run is over. */
static bool say_closing(struct ping *p, struct action *action)
{
	while (p->closing.first != PING_NOBODY) {
		struct ping_target *t = &p->targets[p->closing.first];
		while (!t->gone && lose_overdue(p, t, t->ended))
			if (say_note(p, action))
				return true;
		uint32_t index = line_take(p, &p->closing);
		if (p->config.summary_early || t->gone)
			ping_line_append(p, &p->ended, index);
		else
			t->queued = false;
	}
	return false;
}

/* SUMMARY of a target that has ended before the others (summary_early). */
static bool say_early_summary(struct ping *p, struct action *action)
{
	while (p->ended.first != PING_NOBODY) {
		uint32_t index = line_take(p, &p->ended);
		struct ping_target *t = &p->targets[index];
		t->queued = false;
		if (t->gone) {
			ping_line_append(p, &p->free, index);
			continue;
		}
		say_totals(p, action, REPORT_PING_SUMMARY, index, t->ended);
		return true;
	}
	return false;
}

static bool say_summary(struct ping *p, struct action *action)
{
	while (p->summary_at < p->count) {
		uint32_t index = p->summary_at++;
		struct ping_target *t = &p->targets[index];
		if (t->gone || (p->config.summary_early && t->ended != NSEC_NEVER))
			continue;
		while (t->ended == NSEC_NEVER && lose_overdue(p, t, p->finished)) {
			if (say_note(p, action)) {
				p->summary_at = index;
				return true;
			}
		}
		if (t->ended == NSEC_NEVER)
			end(p, t, p->finished);
		say_totals(p, action, REPORT_PING_SUMMARY, index, p->finished);
		return true;
	}
	return false;
}

/* --- what poll does ----------------------------------------------------------------------- */

/* Gives up the oldest probe where its time has come by until. */
static bool expire(struct ping *p, nsec until)
{
	uint64_t serial;
	const struct ping_record *record = ping_ring_oldest(&p->ring, &serial);
	if (!record || record->state != PING_WAITING)
		return false;
	nsec expiry = nsec_after(record->sent, ping_timeout(p));
	if (expiry > until)
		return false;
	ping_give_up(p, serial, expiry);
	return true;
}

/* False where the ring has no room: a refusal by this host, like any other. */
static bool launch(struct ping *p, struct ping_target *t, nsec now, struct action *action)
{
	const struct ping_config *config = &p->config;
	uint64_t serial;
	int error =
	        ping_ring_add(&p->ring, &t->chain, t->info.index, t->attempts + 1, now, &serial);
	ping_target_launched(t, config, now);
	if (error) {
		ping_target_refused(t, config, t->attempts, now);
		ping_note(p, (struct ping_note){ .kind = REPORT_PING_SEND_ERROR,
		                                 .target = t->info.index,
		                                 .time = now,
		                                 .seq = t->attempts,
		                                 .rtt = -1,
		                                 .error = -error });
		ping_review(p, t, now);
		return false;
	}
	t->newest = serial;
	p->launched++;
	ping_review(p, t, now);
	action->kind = ACTION_SEND;
	action->probe = (struct probe){ .token = serial << 16 | (t->attempts & 0xffff),
		                        .dst = t->info.addr,
		                        .size = t->info.header + t->info.data,
		                        .kind = config->kind,
		                        .ttl = config->ttl,
		                        .tos = config->tos,
		                        .df = config->df };
	return true;
}

/* WAITING, once, where the probe before the one that is due has not been answered. */
static bool ask(struct ping *p, struct ping_target *t, nsec now)
{
	if (!p->config.waiting || t->asked || t->attempts == 0)
		return false;
	t->asked = true;
	const struct ping_record *last = ping_ring_at(&p->ring, t->newest);
	if (!last || last->state != PING_WAITING)
		return false;
	ping_note(p, (struct ping_note){ .kind = REPORT_PING_WAITING,
	                                 .target = t->info.index,
	                                 .time = now,
	                                 .seq = last->seq,
	                                 .rtt = -1 });
	return true;
}

/* The target whose time has come. True where it sends. */
static bool attend(struct ping *p, nsec now, struct action *action)
{
	nsec due = heap_key(&p->wake);
	struct ping_target *t = &p->targets[heap_top(&p->wake)];
	if (!ping_target_more(t, &p->config)) {
		ping_give_up(p, t->chain.first, due);
		return false;
	}
	if (!t->begun) {
		t->begun = true;
		ping_note(p, (struct ping_note){ .kind = REPORT_PING_START,
		                                 .target = t->info.index,
		                                 .time = now,
		                                 .rtt = -1 });
		return false;
	}
	return !ask(p, t, now) && launch(p, t, now, action);
}

void ping_poll(struct algo *algo, nsec now, struct action *action)
{
	struct ping *p = (struct ping *)algo;
	for (;;) {
		if (say_note(p, action) || say_closing(p, action) || say_status(p, now, action))
			return;
		if (p->over)
			break;
		if (expire(p, nsec_min(now, p->deadline)))
			continue;
		if (say_early_summary(p, action))
			return;
		if (now >= p->deadline)
			finish(p, p->deadline);
		else if (p->sealed && p->running == 0)
			finish(p, p->finished);
		else if (heap_key(&p->wake) > now)
			break;
		else if (attend(p, now, action))
			return;
	}
	action->kind = ACTION_IDLE;
	/* What was handed over belongs into the summary: its sending is told first. */
	if (!p->over || p->launched)
		return;
	if (!say_early_summary(p, action) && !say_summary(p, action))
		action->kind = ACTION_DONE;
}

nsec ping_deadline(const struct algo *algo)
{
	const struct ping *p = (const struct ping *)algo;
	if (p->over)
		return NSEC_NEVER;
	nsec next = nsec_min(heap_key(&p->wake), p->deadline);
	const struct ping_record *oldest = ping_ring_at(&p->ring, p->ring.oldest);
	/* Of one handed over, what became of it is told first; nor is any behind it sent. */
	if (!oldest || oldest->state == PING_LAUNCHED)
		return next;
	return nsec_min(next, nsec_after(oldest->sent, ping_timeout(p)));
}

void ping_stop(struct algo *algo, nsec now)
{
	struct ping *p = (struct ping *)algo;
	if (!p->over)
		finish(p, now);
}
