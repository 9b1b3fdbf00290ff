#include "base/hash.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define HASH_CAPACITY_MIN 16

void hash_init(struct hash *h)
{
	*h = (struct hash){ 0 };
}

void hash_release(struct hash *h)
{
	free(h->slots);
	hash_init(h);
}

/* Where a key would like to live. A multiplication spreads keys that count up. */
static size_t home(const struct hash *h, uint64_t key)
{
	uint64_t mixed = (key ^ key >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(mixed >> 32) & h->mask;
}

/* The slot of the key, or the free slot where it would go. There is always a free slot. */
static size_t find(const struct hash *h, uint64_t key)
{
	size_t at = home(h, key);
	while (h->slots[at].used && h->slots[at].key != key)
		at = (at + 1) & h->mask;
	return at;
}

/* Most entries in so many slots: three quarters, beyond which the runs of linear probing grow. */
static size_t room(size_t capacity)
{
	return capacity / 4 * 3;
}

int hash_reserve(struct hash *h, size_t count)
{
	size_t capacity = h->slots ? h->mask + 1 : 0;
	if (count <= room(capacity))
		return 0;
	if (capacity == 0)
		capacity = HASH_CAPACITY_MIN;
	while (room(capacity) < count) {
		if (capacity > SIZE_MAX / 2 / sizeof(struct hash_slot))
			return -ENOMEM;
		capacity *= 2;
	}
	struct hash larger = { .mask = capacity - 1, .count = h->count };
	larger.slots = calloc(capacity, sizeof *larger.slots);
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; h->slots && i <= h->mask; i++)
		if (h->slots[i].used)
			larger.slots[find(&larger, h->slots[i].key)] = h->slots[i];
	free(h->slots);
	*h = larger;
	return 0;
}

int hash_set(struct hash *h, uint64_t key, uint32_t value)
{
	if (h->slots) {
		struct hash_slot *slot = &h->slots[find(h, key)];
		if (slot->used) {
			slot->value = value;
			return 0;
		}
	}
	int error = hash_reserve(h, h->count + 1);
	if (error)
		return error;
	assert(h->slots); /* reserved for one entry at least */
	h->slots[find(h, key)] = (struct hash_slot){ .key = key, .value = value, .used = true };
	h->count++;
	return 0;
}

bool hash_get(const struct hash *h, uint64_t key, uint32_t *value)
{
	if (h->count == 0)
		return false;
	const struct hash_slot *slot = &h->slots[find(h, key)];
	if (slot->used)
		*value = slot->value;
	return slot->used;
}

void hash_expect(const struct hash *h, uint64_t key)
{
	if (h->slots)
		__builtin_prefetch(&h->slots[home(h, key)]);
}

void hash_remove(struct hash *h, uint64_t key)
{
	if (h->count == 0)
		return;
	size_t hole = find(h, key);
	if (!h->slots[hole].used)
		return;
	h->count--;
	/*
	 * No tombstones: entries behind the hole move into it unless that would put them before
	 * their home, until a free slot ends the run.
	 */
	size_t at = hole;
	for (;;) {
		at = (at + 1) & h->mask;
		if (!h->slots[at].used)
			break;
		size_t wants = home(h, h->slots[at].key);
		if (((at - wants) & h->mask) < ((at - hole) & h->mask))
			continue;
		h->slots[hole] = h->slots[at];
		hole = at;
	}
	h->slots[hole].used = false;
}
