#include "probe/flight.h"

#include <errno.h>
#include <stdlib.h>
#include "base/cursor.h"

#define FLIGHT_CAPACITY_MIN 64
#define FLIGHT_LIMIT_MAX    (UINT32_C(1) << 31)

int flight_init(struct flight *f, struct siphash_key key, uint32_t limit, nsec keep)
{
	*f = (struct flight){ .key = key, .limit = limit, .keep = keep };
	hash_init(&f->index);
	return limit == 0 || limit > FLIGHT_LIMIT_MAX || keep < 0 ? -EINVAL : 0;
}

void flight_release(struct flight *f)
{
	free(f->ring);
	hash_release(&f->index);
	*f = (struct flight){ .key = f->key, .limit = f->limit, .keep = f->keep };
}

static struct flight_record *slot(const struct flight *f, uint32_t serial)
{
	return &f->ring[serial & (f->capacity - 1)];
}

/* Serials wrap at 2^32 and so does the difference. */
static uint32_t count(const struct flight *f)
{
	return f->head - f->tail;
}

/* The scope stays out of the key: a reply may come without one (addr_equal). */
static uint64_t index_key(const struct flight *f, uint8_t kind, const struct addr *dst, uint16_t id,
                          uint16_t number, uint16_t port)
{
	/* Words, not bytes: SipHash would wait for eight narrow stores
	 * before it could load them. */
	struct cursor c = cursor_of(dst->bytes, sizeof dst->bytes);
	uint64_t identity[3] = { cursor_u64(&c) };
	identity[1] = cursor_u64(&c);
	identity[2] = (uint64_t)id << 48 | (uint64_t)number << 32 | (uint64_t)port << 16 |
	              (uint64_t)kind << 8 | dst->family;
	return siphash(&f->key, identity, sizeof identity);
}

struct flight_record *flight_at(struct flight *f, uint32_t serial)
{
	if (serial - f->tail >= count(f))
		return NULL;
	struct flight_record *r = slot(f, serial);
	return r->live ? r : NULL;
}

/* Takes a live record out of the index, if it is still the youngest of its identity. */
static void unindex(struct flight *f, const struct flight_record *r)
{
	uint32_t youngest;
	if (hash_get(&f->index, r->key, &youngest) && youngest == r->serial)
		hash_remove(&f->index, r->key);
}

static void evict_oldest(struct flight *f)
{
	struct flight_record *r = slot(f, f->tail++);
	if (r->live)
		unindex(f, r);
	r->live = false;
}

static void evict_aged(struct flight *f, nsec now)
{
	while (count(f) > 0) {
		const struct flight_record *oldest = slot(f, f->tail);
		if (oldest->live && now <= nsec_after(oldest->sent, f->keep))
			break;
		evict_oldest(f);
	}
}

/* Doubles the ring. Serials keep their meaning: only the mask over them gets wider. */
static int grow(struct flight *f)
{
	uint32_t capacity = f->capacity ? f->capacity * 2 : FLIGHT_CAPACITY_MIN;
	if (hash_reserve(&f->index, capacity) != 0)
		return -ENOMEM;
	struct flight_record *ring = calloc(capacity, sizeof *ring);
	if (!ring)
		return -ENOMEM;
	for (uint32_t serial = f->tail; serial != f->head; serial++)
		ring[serial & (capacity - 1)] = *slot(f, serial);
	free(f->ring);
	f->ring = ring;
	f->capacity = capacity;
	return 0;
}

void flight_expect(const struct flight *f, struct flight_record *record)
{
	record->key =
	        index_key(f, record->kind, &record->dst, record->id, record->number, record->port);
	hash_expect(&f->index, record->key);
}

int flight_add(struct flight *f, const struct flight_record *record, uint32_t *serial)
{
	evict_aged(f, record->sent);
	if (count(f) == f->limit)
		evict_oldest(f);
	if (count(f) == f->capacity && grow(f) != 0)
		return -ENOMEM;

	struct flight_record *r = slot(f, f->head);
	*r = *record;
	r->live = true;
	r->serial = f->head;
	r->older = f->head;
	if (r->key == 0)
		flight_expect(f, r);
	(void)hash_get(&f->index, r->key, &r->older);
	/* Cannot fail: the ring's growth reserved an entry for each record there can be. */
	(void)hash_set(&f->index, r->key, r->serial);
	f->head++;
	/* The oldest may go next time. */
	hash_expect(&f->index, slot(f, f->tail)->key);
	*serial = r->serial;
	return 0;
}

void flight_cancel(struct flight *f, uint32_t serial)
{
	struct flight_record *r = flight_at(f, serial);
	if (!r)
		return;
	uint32_t youngest = r->serial;
	(void)hash_get(&f->index, r->key, &youngest);
	struct flight_record *older = r->older == r->serial ? NULL : flight_at(f, r->older);
	unindex(f, r);
	if (youngest == r->serial && older && older->key == r->key)
		(void)hash_set(&f->index, older->key, older->serial); /* in the room just left */
	r->live = false;
	while (count(f) > 0 && !slot(f, f->head - 1)->live)
		f->head--;
}

struct flight_record *flight_find(struct flight *f, uint8_t kind, const struct addr *dst,
                                  uint16_t id, uint16_t number, uint16_t port)
{
	uint32_t serial;
	if (!hash_get(&f->index, index_key(f, kind, dst, id, number, port), &serial))
		return NULL;
	struct flight_record *r = flight_at(f, serial);
	/* Equal keys of unequal identities are one in 2^64, and scopes are not in the key. */
	if (!r || r->kind != kind || r->id != id || r->number != number || r->port != port)
		return NULL;
	return addr_equal(&r->dst, dst) ? r : NULL;
}

struct flight_record *flight_search(struct flight *f, flight_same same, const void *wanted)
{
	struct flight_record *answered = NULL;
	uint32_t most = count(f) < FLIGHT_SEARCH ? count(f) : FLIGHT_SEARCH;
	for (uint32_t i = 1; i <= most; i++) {
		struct flight_record *r = slot(f, f->head - i);
		if (!r->live || !same(r, wanted))
			continue;
		if (!r->answered)
			return r;
		if (!answered)
			answered = r;
	}
	return answered;
}
