#include "base/heap.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void heap_init(struct heap *h)
{
	*h = (struct heap){ 0 };
}

void heap_release(struct heap *h)
{
	free(h->entries);
	free(h->positions);
	heap_init(h);
}

/* The next capacity at or above need, doubling; 0 where there is none in 32 bits. */
static uint32_t grown(uint32_t capacity, uint32_t need)
{
	uint32_t wanted = capacity ? capacity : 16;
	while (wanted < need) {
		if (wanted > UINT32_MAX / 2)
			return 0;
		wanted *= 2;
	}
	return wanted;
}

static int reserve_position(struct heap *h, uint32_t item)
{
	if (item < h->items)
		return 0;
	if (item == UINT32_MAX)
		return -ENOMEM;
	uint32_t items = grown(h->items, item + 1);
	if (items == 0)
		return -ENOMEM;
	uint32_t *positions = realloc(h->positions, items * sizeof *positions);
	if (!positions)
		return -ENOMEM;
	memset(positions + h->items, 0, (items - h->items) * sizeof *positions);
	h->positions = positions;
	h->items = items;
	return 0;
}

static int reserve_entry(struct heap *h)
{
	if (h->count < h->capacity)
		return 0;
	uint32_t capacity = grown(h->capacity, h->count + 1);
	if (capacity == 0)
		return -ENOMEM;
	struct heap_entry *entries = realloc(h->entries, capacity * sizeof *entries);
	if (!entries)
		return -ENOMEM;
	h->entries = entries;
	h->capacity = capacity;
	return 0;
}

static bool before(const struct heap_entry *a, const struct heap_entry *b)
{
	return a->key != b->key ? a->key < b->key : a->item < b->item;
}

static void place(struct heap *h, uint32_t at, struct heap_entry entry)
{
	h->entries[at] = entry;
	h->positions[entry.item] = at + 1;
}

/* Moves entry from the hole at towards the root as far as it must; returns where it landed. */
static uint32_t sift_up(struct heap *h, uint32_t at, struct heap_entry entry)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / 2;
		if (before(&h->entries[parent], &entry))
			break;
		place(h, at, h->entries[parent]);
		at = parent;
	}
	place(h, at, entry);
	return at;
}

static void sift_down(struct heap *h, uint32_t at, struct heap_entry entry)
{
	/* at is below 2^31 wherever it has a child, so that 2 * at + 1 cannot wrap. */
	while (at < h->count / 2) {
		uint32_t child = 2 * at + 1;
		if (child + 1 < h->count && before(&h->entries[child + 1], &h->entries[child]))
			child++;
		if (before(&entry, &h->entries[child]))
			break;
		place(h, at, h->entries[child]);
		at = child;
	}
	place(h, at, entry);
}

int heap_set(struct heap *h, uint32_t item, nsec key)
{
	int error = reserve_position(h, item);
	if (error)
		return error;
	struct heap_entry entry = { .key = key, .item = item };
	if (h->positions[item]) {
		uint32_t at = h->positions[item] - 1;
		if (sift_up(h, at, entry) == at)
			sift_down(h, at, entry);
		return 0;
	}
	error = reserve_entry(h);
	if (error)
		return error;
	(void)sift_up(h, h->count++, entry);
	return 0;
}

void heap_remove(struct heap *h, uint32_t item)
{
	if (item >= h->items || h->positions[item] == 0)
		return;
	uint32_t at = h->positions[item] - 1;
	h->positions[item] = 0;
	struct heap_entry last = h->entries[--h->count];
	if (at == h->count)
		return;
	if (sift_up(h, at, last) == at)
		sift_down(h, at, last);
}

nsec heap_key(const struct heap *h)
{
	return h->count ? h->entries[0].key : NSEC_NEVER;
}

uint32_t heap_top(const struct heap *h)
{
	assert(h->count > 0);
	return h->entries[0].item;
}

uint32_t heap_pop(struct heap *h)
{
	uint32_t item = heap_top(h);
	heap_remove(h, item);
	return item;
}
