/*
 * arrivals - what is on its way to the source: parcels of bytes, each with the time it comes.
 *
 * Parcels are cut from blocks in a few sizes and used again, so that nothing is allocated for each
 * packet. Those that come in the order they were put in, as on a path without jitter, wait in a
 * line; the others in a heap. Of two that come at once the one put in first comes first.
 */
#ifndef SONDE_SIM_ARRIVALS_H
#define SONDE_SIM_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/time.h"

#define PARCEL_CLASSES 4

struct parcel {
	struct parcel *next;
	nsec time;
	uint64_t order;
	uint32_t start, length; /* of the datagram, in bytes */
	uint8_t size_class;
	uint8_t bytes[];
};

struct parcel_block {
	struct parcel_block *next;
	max_align_t bytes[];
};

struct arrivals {
	struct parcel *spare[PARCEL_CLASSES];
	struct parcel_block *blocks;
	size_t held;                 /* bytes of all blocks */
	struct parcel *first, *last; /* the line */
	struct parcel **heap;
	size_t count, capacity; /* of the heap */
	uint64_t order;
};

#define ARRIVALS_HELD_MAX ((size_t)1 << 30) /* bytes in all blocks; beyond it packets get lost */

void arrivals_init(struct arrivals *a);
void arrivals_release(struct arrivals *a);

/* Room for size bytes, at most 65575 + 128; NULL where there is none. */
struct parcel *arrivals_parcel(struct arrivals *a, size_t size);
void arrivals_give_back(struct arrivals *a, struct parcel *parcel);
size_t parcel_capacity(const struct parcel *parcel);

/* On its way, to come at time. False, and the parcel is given back, where there is no memory. */
bool arrivals_put(struct arrivals *a, struct parcel *parcel, nsec time);
nsec arrivals_next(const struct arrivals *a); /* NSEC_NEVER */
/* The next one, which is then the caller's; NULL where none is on its way. */
struct parcel *arrivals_take(struct arrivals *a);

#endif
