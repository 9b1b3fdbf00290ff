/*
 * heap - a binary heap of deadlines, the timer of every algorithm with more than one of them.
 *
 * Items are small integers chosen by the caller (an index into its own table), each at most once
 * in the heap; their keys can be changed and removed in O(log n) through a table of positions.
 */
#ifndef SONDE_BASE_HEAP_H
#define SONDE_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/time.h"

struct heap_entry {
	nsec key;
	uint32_t item;
};

struct heap {
	struct heap_entry *entries;
	uint32_t *positions; /* of each item, plus one; 0 where it is not in the heap */
	uint32_t count;
	uint32_t capacity;
	uint32_t items; /* size of positions */
};

void heap_init(struct heap *h);
void heap_release(struct heap *h);

/* Inserts the item or moves it to a new key. -ENOMEM leaves the heap as it was. */
int heap_set(struct heap *h, uint32_t item, nsec key);
void heap_remove(struct heap *h, uint32_t item); /* nothing where it is not in the heap */

/* Smallest key, NSEC_NEVER where the heap is empty. Equal keys come in the order of their
 * items, so that what is due together is served in the order it was numbered. */
nsec heap_key(const struct heap *h);
/* The item of the smallest key; the heap must not be empty. */
uint32_t heap_top(const struct heap *h);
uint32_t heap_pop(struct heap *h);

#endif
