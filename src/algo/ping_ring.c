#include "algo/ping_ring.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define FIRST_CAPACITY UINT32_C(64)

void ping_ring_init(struct ping_ring *r, nsec keep)
{
	*r = (struct ping_ring){ .keep = keep, .limit = PING_RING_LIMIT, .kept = PING_RING_KEPT };
}

void ping_ring_release(struct ping_ring *r)
{
	free(r->records);
	r->records = NULL;
}

static struct ping_record *slot(const struct ping_ring *r, uint64_t serial)
{
	return &r->records[serial & (r->capacity - 1)];
}

struct ping_record *ping_ring_at(const struct ping_ring *r, uint64_t serial)
{
	return serial >= r->tail && serial < r->head ? slot(r, serial) : NULL;
}

static int grow(struct ping_ring *r)
{
	if (r->capacity >= r->limit)
		return -ENOBUFS;
	struct ping_ring larger = *r;
	larger.capacity = r->capacity ? r->capacity * 2 : FIRST_CAPACITY;
	larger.records = malloc(larger.capacity * sizeof *larger.records);
	if (!larger.records)
		return -ENOMEM;
	for (uint64_t serial = r->tail; serial < r->head; serial++)
		*slot(&larger, serial) = *slot(r, serial);
	free(r->records);
	*r = larger;
	return 0;
}

static void evict(struct ping_ring *r)
{
	r->tail++;
	if (r->oldest < r->tail)
		r->oldest = r->tail;
}

/* Room for one more record: a settled one goes where it was kept
 * long enough, else the ring grows. */
static int make_room(struct ping_ring *r, nsec now)
{
	if (r->head - r->tail < r->capacity)
		return 0;
	const struct ping_record *tail = r->capacity ? slot(r, r->tail) : NULL;
	bool evictable = tail && ping_settled(tail);
	if (evictable && (r->capacity >= r->kept || now - tail->sent >= r->keep)) {
		evict(r);
		return 0;
	}
	int error = grow(r);
	if (error && evictable) {
		evict(r);
		return 0;
	}
	return error;
}

int ping_ring_add(struct ping_ring *r, struct ping_chain *chain, uint32_t target, uint64_t seq,
                  nsec now, uint64_t *serial)
{
	int error = make_room(r, now);
	if (error)
		return error;
	*serial = r->head++;
	struct ping_record *record = slot(r, *serial);
	*record = (struct ping_record){ .sent = now, .seq = seq, .target = target };
	if (chain->count++ == 0) {
		chain->first = *serial;
	} else {
		/* Unsettled records are never evicted: the distance fits the capacity. */
		record->before = (uint32_t)(*serial - chain->last);
		slot(r, chain->last)->after = record->before;
	}
	chain->last = *serial;
	return 0;
}

void ping_ring_settle(struct ping_ring *r, struct ping_chain *chain, uint64_t serial,
                      enum ping_state state)
{
	struct ping_record *record = ping_ring_at(r, serial);
	assert(record && !ping_settled(record) && state > PING_WAITING);
	struct ping_record *before = record->before ? slot(r, serial - record->before) : NULL;
	struct ping_record *after = record->after ? slot(r, serial + record->after) : NULL;
	uint32_t across = before && after ? record->before + record->after : 0;
	if (before)
		before->after = across;
	else
		chain->first = serial + record->after;
	if (after)
		after->before = across;
	else
		chain->last = serial - record->before;
	chain->count--;
	record->state = (uint8_t)state;
}

struct ping_record *ping_ring_oldest(struct ping_ring *r, uint64_t *serial)
{
	while (r->oldest < r->head && ping_settled(slot(r, r->oldest)))
		r->oldest++;
	*serial = r->oldest;
	return ping_ring_at(r, r->oldest);
}
