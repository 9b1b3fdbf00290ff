#include "tests/sim/reassembly.h"

#include <stdlib.h>
#include <string.h>

#define UPPER_MAX 65535

void reassembly_init(struct reassembly *r)
{
	r->entries = NULL;
}

void reassembly_release(struct reassembly *r)
{
	for (int i = 0; r->entries && i < REASSEMBLY_MAX; i++)
		free(r->entries[i].bytes);
	free(r->entries);
	r->entries = NULL;
}

static bool same_datagram(const struct datagram *a, const struct datagram *b)
{
	return a->family == b->family && a->id == b->id && a->protocol == b->protocol &&
	       addr_equal(&a->src, &b->src) && addr_equal(&a->dst, &b->dst);
}

static bool begin(struct reassembly_entry *e, const struct datagram *d, nsec time)
{
	if (!e->bytes)
		e->bytes = malloc(UPPER_MAX + 1);
	if (!e->bytes)
		return false;
	e->d = *d;
	e->begun = e->newest = time;
	e->largest = e->blocks = e->total = e->length = e->end = 0;
	e->first = false;
	e->used = true;
	memset(e->seen, 0, sizeof e->seen);
	return true;
}

/* The entry of the datagram, a new one where there is none; NULL where there is no memory. */
static struct reassembly_entry *find(struct reassembly *r, const struct datagram *d, nsec time)
{
	if (!r->entries)
		r->entries = calloc(REASSEMBLY_MAX, sizeof *r->entries);
	if (!r->entries)
		return NULL;
	struct reassembly_entry *oldest = &r->entries[0];
	for (int i = 0; i < REASSEMBLY_MAX; i++) {
		struct reassembly_entry *e = &r->entries[i];
		if (e->used && time - e->begun > REASSEMBLY_KEEP)
			e->used = false;
		if (e->used && same_datagram(&e->d, d))
			return e;
		if (oldest->used && (!e->used || e->begun < oldest->begun))
			oldest = e;
	}
	return begin(oldest, d, time) ? oldest : NULL;
}

static void take_first(struct reassembly_entry *e, const struct datagram *d)
{
	e->first = true;
	e->d = *d;
	e->d.fragment = e->d.more = false;
	e->d.middle = (struct span){ 0 };
	/* IPv6: the fragment header goes; what stood before it nobody here writes. */
	if (d->family == 4 && d->middle.length && d->middle.length <= sizeof e->options) {
		memcpy(e->options, d->middle.data, d->middle.length);
		e->d.middle = (struct span){ e->options, d->middle.length };
	}
}

/* False where the fragment cannot belong to any datagram. */
static bool enter(struct reassembly_entry *e, const struct datagram *d)
{
	size_t end = (size_t)d->offset + d->upper.length;
	if (end > UPPER_MAX || d->upper.length == 0 || (d->more && d->upper.length % 8))
		return false;
	/* Nothing lies behind the last one, and there is one last. */
	if (e->total ? end > e->length || (!d->more && end < e->length) : !d->more && end < e->end)
		return false;
	e->end = end > e->end ? (uint32_t)end : e->end;
	if (!d->more) {
		e->length = (uint32_t)end;
		e->total = (uint32_t)(end + 7) / 8;
	}
	if (d->offset == 0)
		take_first(e, d);
	memcpy(e->bytes + d->offset, d->upper.data, d->upper.length);
	for (size_t block = d->offset / 8u; block < (end + 7) / 8; block++) {
		uint8_t bit = (uint8_t)(1u << block % 8);
		e->blocks += !(e->seen[block / 8] & bit);
		e->seen[block / 8] |= bit;
	}
	uint32_t size = (uint32_t)datagram_length(d);
	e->largest = size > e->largest ? size : e->largest;
	return true;
}

bool reassembly_add(struct reassembly *r, struct datagram *d, nsec *time, uint32_t *largest)
{
	struct reassembly_entry *e = find(r, d, *time);
	if (!e || !enter(e, d))
		return false;
	e->newest = nsec_max(e->newest, *time);
	if (!e->first || e->total == 0 || e->blocks < e->total)
		return false;
	e->used = false;
	*d = e->d;
	d->upper = (struct span){ e->bytes, e->length };
	*time = e->newest;
	*largest = e->largest;
	return true;
}
