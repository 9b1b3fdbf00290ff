#include "algo/ping_private.h"

#include <assert.h>

void ping_note(struct ping *p, struct ping_note note)
{
	if (p->config.quiet && note.kind != REPORT_PING_START)
		return;
	assert(p->note_count < PING_NOTES);
	p->notes[(p->note_first + p->note_count++) % PING_NOTES] = note;
}

void ping_lose(struct ping *p, struct ping_target *t, uint64_t serial, nsec when)
{
	struct ping_record *record = ping_ring_at(&p->ring, serial);
	ping_ring_settle(&p->ring, &t->chain, serial, PING_LOST);
	ping_target_lost(t, record->seq);
	ping_note(p, (struct ping_note){ .kind = REPORT_PING_LOST,
	                                 .target = record->target,
	                                 .time = when,
	                                 .seq = record->seq,
	                                 .rtt = -1 });
}

void ping_give_up(struct ping *p, uint64_t serial, nsec when)
{
	struct ping_record *record = ping_ring_at(&p->ring, serial);
	struct ping_target *t = &p->targets[record->target];
	if (t->ended != NSEC_NEVER) {
		/* in its summary it is under way, and stays so */
		ping_ring_settle(&p->ring, &t->chain, serial, PING_LOST);
		return;
	}
	ping_lose(p, t, serial, when);
	ping_review(p, t, when);
}

/* --- what became of a probe --------------------------------------------------------------- */

static struct ping_record *find(struct ping *p, uint64_t token)
{
	struct ping_record *record = ping_ring_at(&p->ring, token >> 16);
	return record && (record->seq & 0xffff) == (token & 0xffff) ? record : NULL;
}

static void accepted(struct ping *p, struct ping_record *record, nsec time)
{
	struct ping_target *t = &p->targets[record->target];
	record->state = PING_WAITING;
	record->sent = time;
	ping_target_sent(t, &p->config, time);
	if (p->config.flood)
		ping_note(p, (struct ping_note){ .kind = REPORT_PING_SENT,
		                                 .target = record->target,
		                                 .time = time,
		                                 .seq = record->seq,
		                                 .rtt = -1 });
	ping_review(p, t, time);
}

static void refused(struct ping *p, struct ping_record *record, const struct sent *sent)
{
	struct ping_target *t = &p->targets[record->target];
	ping_ring_settle(&p->ring, &t->chain, sent->token >> 16, PING_UNSENT);
	ping_target_refused(t, &p->config, record->seq, sent->time);
	ping_note(p, (struct ping_note){ .kind = REPORT_PING_SEND_ERROR,
	                                 .target = record->target,
	                                 .time = sent->time,
	                                 .seq = record->seq,
	                                 .rtt = -1,
	                                 .error = sent->error,
	                                 .mtu = sent->mtu });
	ping_review(p, t, sent->time);
}

void ping_on_sent(struct algo *algo, const struct sent *sent)
{
	struct ping *p = (struct ping *)algo;
	struct ping_record *record = find(p, sent->token);
	if (!record || ping_settled(record))
		return; /* a stamp that came too late to matter, or a target removed meanwhile */
	if (record->state == PING_LAUNCHED) {
		p->launched--;
		if (sent->error)
			refused(p, record, sent);
		else
			accepted(p, record, sent->time);
	} else if (sent->stamped) {
		record->sent = sent->time;
		ping_target_stamped(&p->targets[record->target], record->seq, sent->time);
	}
}

/* --- what came back ----------------------------------------------------------------------- */

/* Whom to tell of a reply that belongs to no probe: the target
 * with that address, or the only one. */
static uint32_t by_source(const struct ping *p, const struct addr *from)
{
	uint32_t index;
	if (hash_get(&p->by_addr, ping_address_key(from), &index) && !p->targets[index].gone &&
	    addr_equal(&p->targets[index].info.addr, from))
		return index;
	return p->count == 1 && !p->targets[0].gone ? 0 : PING_NOBODY;
}

static void foreign(struct ping *p, uint32_t target, uint64_t seq, const struct reply *reply)
{
	if (target != PING_NOBODY) {
		if (p->targets[target].ended != NSEC_NEVER)
			return;
		p->targets[target].totals.foreign++;
	}
	ping_note(p, (struct ping_note){ .kind = REPORT_PING_FOREIGN,
	                                 .target = target,
	                                 .time = reply->time,
	                                 .seq = seq,
	                                 .rtt = -1,
	                                 .reply = reply });
}

enum meaning {
	MEANS_ANSWER,
	MEANS_ERROR,  /* ends the probe */
	MEANS_NOTICE, /* the probe may still be answered */
	MEANS_NOTHING,
};

static enum meaning meaning_of(uint8_t kind)
{
	switch ((enum reply_kind)kind) {
	case REPLY_ECHO:
	case REPLY_TIMESTAMP:
	case REPLY_NODE_INFO: return MEANS_ANSWER;
	case REPLY_UNREACHABLE:
	case REPLY_TOO_BIG:
	case REPLY_TIME_EXCEEDED:
	case REPLY_PARAMETER: return MEANS_ERROR;
	case REPLY_REDIRECT:
	case REPLY_QUENCH:
	case REPLY_OTHER: return MEANS_NOTICE;
	case REPLY_TCP_SYNACK:
	case REPLY_TCP_RST:
	case REPLY_UDP: break;
	}
	return MEANS_NOTHING;
}

static enum report_kind on_answer(struct ping *p, struct ping_target *t, uint64_t serial, nsec rtt)
{
	struct ping_record *record = ping_ring_at(&p->ring, serial);
	switch ((enum ping_state)record->state) {
	case PING_WAITING:
		ping_ring_settle(&p->ring, &t->chain, serial, PING_ANSWERED);
		ping_target_answered(t, &p->config, record->seq, rtt);
		return REPORT_PING_REPLY;
	case PING_LOST:
		record->state = PING_LATE;
		t->totals.late++;
		return REPORT_PING_LATE;
	case PING_ANSWERED:
	case PING_FAILED:
	case PING_LATE:
	case PING_LAUNCHED:
	case PING_UNSENT: break;
	}
	t->totals.duplicates++;
	return REPORT_PING_DUPLICATE;
}

static enum report_kind on_error(struct ping *p, struct ping_target *t, uint64_t serial)
{
	struct ping_record *record = ping_ring_at(&p->ring, serial);
	if (record->state != PING_WAITING)
		return REPORT_PING_NOTICE;
	ping_ring_settle(&p->ring, &t->chain, serial, PING_FAILED);
	ping_target_failed(t, &p->config, record->seq);
	return REPORT_PING_ERROR;
}

/* What to call it; moves the probe and the totals on the way. */
static enum report_kind conclude(struct ping *p, struct ping_target *t, const struct reply *reply,
                                 nsec rtt)
{
	uint64_t serial = reply->token >> 16;
	if (reply->flags & REPLY_CORRUPT) {
		t->totals.corrupt++;
		return REPORT_PING_CORRUPT;
	}
	if (reply->flags & REPLY_TRUNCATED) {
		t->totals.truncated++;
		return REPORT_PING_TRUNCATED;
	}
	switch (meaning_of(reply->kind)) {
	case MEANS_ANSWER: return on_answer(p, t, serial, rtt);
	case MEANS_ERROR: return on_error(p, t, serial);
	case MEANS_NOTICE:
	case MEANS_NOTHING: break;
	}
	return REPORT_PING_NOTICE;
}

/*
 * REPLY_DUPLICATE is not looked at: to the network a corrupt first copy was an answer, and here the
 * good second one is the first.
 */
void ping_on_reply(struct algo *algo, const struct reply *reply)
{
	struct ping *p = (struct ping *)algo;
	struct ping_record *record = reply->flags & REPLY_UNKNOWN ? NULL : find(p, reply->token);
	bool unsent = record && (record->state == PING_LAUNCHED || record->state == PING_UNSENT);
	if (!record || unsent) {
		foreign(p, by_source(p, &reply->from), 0, reply);
		return;
	}
	struct ping_target *t = &p->targets[record->target];
	if (reply->flags & REPLY_WRONG_SOURCE || meaning_of(reply->kind) == MEANS_NOTHING) {
		foreign(p, record->target, record->seq, reply);
		return;
	}
	if (t->gone || t->ended != NSEC_NEVER)
		return;
	nsec rtt = reply->flags & REPLY_ROUGH ? -1 : nsec_max(0, reply->time - reply->sent);
	enum report_kind kind = conclude(p, t, reply, rtt);
	ping_note(p, (struct ping_note){ .kind = kind,
	                                 .target = record->target,
	                                 .time = reply->time,
	                                 .seq = record->seq,
	                                 .rtt = rtt,
	                                 .reply = reply });
	ping_review(p, t, reply->time);
}

void ping_on_drops(struct algo *algo, uint64_t drops, nsec now)
{
	struct ping *p = (struct ping *)algo;
	p->drops += drops;
	ping_note(p, (struct ping_note){ .kind = REPORT_DROPS,
	                                 .target = PING_NOBODY,
	                                 .time = now,
	                                 .rtt = -1,
	                                 .drops = drops });
}
