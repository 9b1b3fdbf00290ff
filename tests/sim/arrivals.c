#include "tests/sim/arrivals.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	uint32_t size;  /* of the bytes of one parcel */
	uint32_t count; /* in a block */
} classes[PARCEL_CLASSES] = { { 208, 512 }, { 720, 128 }, { 2256, 32 }, { 65712, 2 } };

/* Each parcel starts where its first member may. */
static size_t stride(unsigned size_class)
{
	size_t whole = sizeof(struct parcel) + classes[size_class].size;
	size_t align = _Alignof(struct parcel);
	return (whole + align - 1) / align * align;
}

void arrivals_init(struct arrivals *a)
{
	*a = (struct arrivals){ .count = 0 };
}

void arrivals_release(struct arrivals *a)
{
	while (a->blocks) {
		struct parcel_block *next = a->blocks->next;
		free(a->blocks);
		a->blocks = next;
	}
	free(a->heap);
	arrivals_init(a);
}

static bool grow(struct arrivals *a, unsigned size_class)
{
	size_t size = stride(size_class) * classes[size_class].count;
	if (size > ARRIVALS_HELD_MAX - a->held)
		return false;
	struct parcel_block *block = malloc(sizeof *block + size);
	if (!block)
		return false;
	block->next = a->blocks;
	a->blocks = block;
	a->held += size;
	for (uint32_t i = 0; i < classes[size_class].count; i++) {
		void *place = (char *)block->bytes + i * stride(size_class);
		struct parcel *parcel = place;
		parcel->size_class = (uint8_t)size_class;
		arrivals_give_back(a, parcel);
	}
	return true;
}

struct parcel *arrivals_parcel(struct arrivals *a, size_t size)
{
	unsigned size_class = 0;
	while (size_class < PARCEL_CLASSES && classes[size_class].size < size)
		size_class++;
	if (size_class == PARCEL_CLASSES)
		return NULL;
	if (!a->spare[size_class] && !grow(a, size_class))
		return NULL;
	struct parcel *parcel = a->spare[size_class];
	a->spare[size_class] = parcel->next;
	return parcel;
}

void arrivals_give_back(struct arrivals *a, struct parcel *parcel)
{
	parcel->next = a->spare[parcel->size_class];
	a->spare[parcel->size_class] = parcel;
}

size_t parcel_capacity(const struct parcel *parcel)
{
	return classes[parcel->size_class].size;
}

static bool before(const struct parcel *a, const struct parcel *b)
{
	return a->time < b->time || (a->time == b->time && a->order < b->order);
}

static bool heap_room(struct arrivals *a)
{
	if (a->count < a->capacity)
		return true;
	size_t capacity = a->capacity ? a->capacity * 2 : 64;
	struct parcel **heap = realloc(a->heap, capacity * sizeof *heap);
	if (!heap)
		return false;
	a->heap = heap;
	a->capacity = capacity;
	return true;
}

static void sift_up(struct arrivals *a, struct parcel *parcel)
{
	size_t at = a->count++;
	for (; at > 0 && before(parcel, a->heap[(at - 1) / 2]); at = (at - 1) / 2)
		a->heap[at] = a->heap[(at - 1) / 2];
	a->heap[at] = parcel;
}

static struct parcel *heap_take(struct arrivals *a)
{
	struct parcel *top = a->heap[0];
	struct parcel *moved = a->heap[--a->count];
	size_t at = 0;
	for (size_t child = 1; child < a->count; child = 2 * at + 1) {
		if (child + 1 < a->count && before(a->heap[child + 1], a->heap[child]))
			child++;
		if (!before(a->heap[child], moved))
			break;
		a->heap[at] = a->heap[child];
		at = child;
	}
	a->heap[at] = moved;
	return top;
}

bool arrivals_put(struct arrivals *a, struct parcel *parcel, nsec time)
{
	parcel->time = time;
	parcel->order = a->order++;
	parcel->next = NULL;
	if (!a->first) {
		a->first = parcel;
	} else if (a->last->time <= time) {
		a->last->next = parcel;
	} else {
		if (!heap_room(a)) {
			arrivals_give_back(a, parcel);
			return false;
		}
		sift_up(a, parcel);
		return true;
	}
	a->last = parcel;
	return true;
}

/* Whether the heap's first comes before the line's first. */
static bool heap_leads(const struct arrivals *a)
{
	return a->count && (!a->first || before(a->heap[0], a->first));
}

nsec arrivals_next(const struct arrivals *a)
{
	if (heap_leads(a))
		return a->heap[0]->time;
	return a->first ? a->first->time : NSEC_NEVER;
}

struct parcel *arrivals_take(struct arrivals *a)
{
	if (heap_leads(a))
		return heap_take(a);
	struct parcel *parcel = a->first;
	if (parcel)
		a->first = parcel->next;
	return parcel;
}
