#include "io/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void names_init(struct names *names, struct siphash_key key, size_t limit, size_t pending_limit)
{
	*names = (struct names){ .key = key, .limit = limit, .pending_limit = pending_limit };
	hash_init(&names->index);
}

static void free_waiters(struct names_entry *entry)
{
	while (entry->waiters) {
		struct names_waiter *waiter = entry->waiters;
		entry->waiters = waiter->next;
		free(waiter);
	}
}

static void free_entry(struct names_entry *entry)
{
	free_waiters(entry);
	free(entry->name);
	free(entry);
}

void names_release(struct names *names)
{
	for (uint32_t i = 0; i < names->capacity; i++)
		if (names->entries[i])
			free_entry(names->entries[i]);
	free(names->entries);
	free(names->free_slots);
	hash_release(&names->index);
}

static uint64_t key_of(const struct names *names, const struct addr *addr)
{
	uint8_t bytes[17] = { addr->family };
	memcpy(bytes + 1, addr->bytes, 16);
	return siphash(&names->key, bytes, sizeof bytes);
}

struct names_entry *names_find(struct names *names, const struct addr *addr)
{
	uint32_t slot;
	if (!hash_get(&names->index, key_of(names, addr), &slot))
		return NULL;
	struct names_entry *entry = names->entries[slot];
	entry->used = true;
	return entry;
}

static int grow(struct names *names)
{
	uint32_t capacity = names->capacity ? 2 * names->capacity : 64;
	struct names_entry **entries =
	        realloc(names->entries, capacity * sizeof(struct names_entry *));
	if (!entries)
		return -ENOMEM;
	names->entries = entries;
	uint32_t *free_slots = realloc(names->free_slots, capacity * sizeof *free_slots);
	if (!free_slots)
		return -ENOMEM;
	names->free_slots = free_slots;
	for (uint32_t slot = names->capacity; slot < capacity; slot++) {
		entries[slot] = NULL;
		free_slots[names->free_count++] = slot;
	}
	names->capacity = capacity;
	return 0;
}

static struct names_entry *add(struct names *names, const struct addr *addr)
{
	if (names->free_count == 0 && grow(names))
		return NULL;
	uint32_t slot = names->free_slots[names->free_count - 1];
	struct names_entry *entry = calloc(1, sizeof *entry);
	if (!entry || hash_set(&names->index, key_of(names, addr), slot)) {
		free(entry);
		return NULL;
	}
	names->free_count--;
	names->entries[slot] = entry;
	entry->addr = *addr;
	entry->addr.scope = 0;
	entry->slot = slot;
	entry->used = true;
	entry->last = &entry->waiters;
	return entry;
}

struct names_entry *names_ask(struct names *names, const struct addr *addr)
{
	struct names_entry *entry = names_find(names, addr);
	if (entry && entry->pending)
		return entry;
	if (names->pending >= names->pending_limit)
		return NULL;
	if (!entry)
		entry = add(names, addr);
	if (entry) {
		entry->pending = true;
		names->pending++;
	}
	return entry;
}

int names_wait(struct names_entry *entry,
               void (*callback)(void *ctx, const struct addr *addr, const char *name), void *ctx)
{
	struct names_waiter *waiter = malloc(sizeof *waiter);
	if (!waiter)
		return -ENOMEM;
	*waiter = (struct names_waiter){ .callback = callback, .ctx = ctx };
	*entry->last = waiter;
	entry->last = &waiter->next;
	return 0;
}

static void forget(struct names *names, struct names_entry *entry)
{
	hash_remove(&names->index, key_of(names, &entry->addr));
	names->entries[entry->slot] = NULL;
	names->free_slots[names->free_count++] = entry->slot;
	names->known -= entry->known;
	free_entry(entry);
}

/*
 * A clock with one hand: who was looked at since it last came by is passed over once. Two rounds
 * are enough, unless all are pending.
 */
static void make_way(struct names *names)
{
	for (uint32_t i = 0; i < 2 * names->capacity && names->known > names->limit; i++) {
		struct names_entry *entry = names->entries[names->hand];
		names->hand = (names->hand + 1) % names->capacity;
		if (!entry || entry->pending)
			continue;
		if (entry->used)
			entry->used = false;
		else
			forget(names, entry);
	}
}

/* Pending until the last waiter was called: what they ask for cannot push the entry out. */
static void call_waiters(struct names_entry *entry)
{
	while (entry->waiters) {
		struct names_waiter *waiter = entry->waiters;
		entry->waiters = waiter->next;
		if (!entry->waiters)
			entry->last = &entry->waiters;
		waiter->callback(waiter->ctx, &entry->addr, entry->name);
		free(waiter);
	}
}

void names_settle(struct names *names, struct names_entry *entry, const char *name, nsec expires)
{
	free(entry->name);
	entry->name = name ? strdup(name) : NULL; /* no memory: no name */
	entry->expires = expires;
	names->known += !entry->known;
	entry->known = true;
	call_waiters(entry);
	entry->pending = false;
	names->pending--;
	make_way(names);
}
