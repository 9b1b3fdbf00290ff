/*
 * sample - what the codec tests share: bytes in memory of exactly their size, so that a sanitizer
 * sees the first byte read beyond them, and a seed that can be given back (SONDE_SEED).
 */
#ifndef SONDE_TESTS_SAMPLE_H
#define SONDE_TESTS_SAMPLE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cursor.h"

/* A copy for free(); never NULL, also for no bytes at all. */
static inline uint8_t *sample_copy(const void *data, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);
	if (!copy)
		abort();
	if (length)
		memcpy(copy, data, length);
	return copy;
}

/* "45 00 0054" to bytes in room; returns how many. Stops the test program on anything else. */
static inline size_t sample_hex(const char *hex, uint8_t *room, size_t capacity)
{
	size_t digits = 0;
	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		const char *all = "0123456789abcdef";
		const char *found = strchr(all, *hex);
		if (!found || digits / 2 >= capacity)
			abort();
		uint8_t nibble = (uint8_t)(found - all);
		if (digits % 2)
			room[digits / 2] = (uint8_t)(room[digits / 2] << 4 | nibble);
		else
			room[digits / 2] = nibble;
		digits++;
	}
	if (digits % 2)
		abort();
	return digits / 2;
}

/* The seed of a randomised test; printed, for a failure to be repeated. */
static inline uint64_t sample_seed(uint64_t usual)
{
	const char *text = getenv("SONDE_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : usual;
	printf("SONDE_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

#endif
