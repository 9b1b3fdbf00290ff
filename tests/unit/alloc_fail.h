/*
 * alloc_fail - lets the nth allocation of the code under test fail, for every n.
 *
 * A test that includes this is linked with malloc, calloc and realloc wrapped (see the Makefile).
 *
 *	for (long n = 0; alloc_fail_at(n); n++)
 *		... do it all; expect either success or a clean failure ...
 *
 * ends after the first round in which no allocation was refused any more.
 */
#ifndef SONDE_TESTS_ALLOC_FAIL_H
#define SONDE_TESTS_ALLOC_FAIL_H

#include <stdbool.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static struct {
	long left; /* allocations until the refusal; negative: none is refused */
	bool refused;
	unsigned long calls;
} alloc_fail = { .left = -1, .refused = true };

/* Arms the refusal of allocation n from now; false where the last round refused none. */
static inline bool alloc_fail_at(long n)
{
	bool again = alloc_fail.refused || n == 0;
	alloc_fail.refused = false;
	alloc_fail.left = again ? n : -1;
	return again;
}

static inline void alloc_fail_never(void)
{
	alloc_fail.left = -1;
}

static inline bool alloc_refuses(void)
{
	alloc_fail.calls++;
	if (alloc_fail.left < 0 || alloc_fail.left-- > 0)
		return false;
	alloc_fail.refused = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return alloc_refuses() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return alloc_refuses() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return alloc_refuses() ? NULL : __real_realloc(old, size);
}

#endif
