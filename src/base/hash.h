/*
 * hash - a table from 64-bit keys to 32-bit values: open addressing, linear probing, no tombstones.
 *
 * The caller makes the key (with siphash where the network has a say in it); equal keys are the
 * same entry.
 */
#ifndef SONDE_BASE_HASH_H
#define SONDE_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_slot {
	uint64_t key;
	uint32_t value;
	bool used;
};

struct hash {
	struct hash_slot *slots;
	size_t mask; /* capacity - 1, capacity a power of two; 0 while empty */
	size_t count;
};

void hash_init(struct hash *h);
void hash_release(struct hash *h);

/* Inserts or replaces. -ENOMEM leaves the table as it was. */
int hash_set(struct hash *h, uint64_t key, uint32_t value);
bool hash_get(const struct hash *h, uint64_t key, uint32_t *value);
/* Room for count entries, so that as many hash_set cannot fail. 0 or -ENOMEM. */
int hash_reserve(struct hash *h, size_t count);
/* Fetches the place of a key into the cache ahead of its use: of a
 * large table it is seldom there. */
void hash_expect(const struct hash *h, uint64_t key);
void hash_remove(struct hash *h, uint64_t key); /* nothing where it is not there */

#endif
