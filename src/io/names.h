/*
 * names - addresses and their names: known, being asked for, or both.
 *
 * Names are kept until there are too many of them, then one that nobody has looked at lately gives
 * way. One that has expired is still told while it is asked for anew. Those being asked for carry
 * who waits for them, so that nobody asks twice.
 */
#ifndef SONDE_IO_NAMES_H
#define SONDE_IO_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/time.h"

struct names_waiter {
	struct names_waiter *next;
	void (*callback)(void *ctx, const struct addr *addr, const char *name);
	void *ctx;
};

struct names_entry {
	struct addr addr; /* without scope: names are those of the address */
	char *name;       /* NULL for none */
	nsec expires;
	bool known;
	bool pending; /* being asked for */
	bool used;    /* since the last search for one to give way */
	uint32_t slot;
	struct names_waiter *waiters; /* in the order they came */
	struct names_waiter **last;
};

struct names {
	struct names_entry **entries; /* NULL where a slot is free */
	uint32_t *free_slots;         /* a stack of them */
	uint32_t free_count;
	uint32_t capacity;      /* grows until limit and pending_limit are in, no further */
	uint32_t hand;          /* where the next search for one to give way starts */
	struct hash index;      /* siphash of the address to slot */
	struct siphash_key key; /* the network chooses the addresses */
	size_t known;
	size_t pending;
	size_t limit, pending_limit;
};

void names_init(struct names *names, struct siphash_key key, size_t limit, size_t pending_limit);
void names_release(struct names *names); /* waiters are not called */

/* NULL where nothing is known of the address and nobody has asked. */
struct names_entry *names_find(struct names *names, const struct addr *addr);
/*
 * The entry of the address, a new one where there is none, now pending. NULL where too many are
 * pending already, or on no memory.
 */
struct names_entry *names_ask(struct names *names, const struct addr *addr);
/* Waits for a pending entry. 0 or -ENOMEM. */
int names_wait(struct names_entry *entry,
               void (*callback)(void *ctx, const struct addr *addr, const char *name), void *ctx);
/*
 * The answer to a pending entry, NULL for no name: it is known until expires. Then calls whoever
 * waited; the name lives that long, the entry may be gone afterwards.
 */
void names_settle(struct names *names, struct names_entry *entry, const char *name, nsec expires);

#endif
