/*
 * fuzz - what the harnesses share. Each is one program, for libFuzzer or for replay.c; it copies
 * its input into a block of exactly its size, so that a sanitizer sees the first byte read beyond,
 * and stops the program where an invariant does not hold.
 */
#ifndef SONDE_TESTS_FUZZ_H
#define SONDE_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/cursor.h"
#include "tests/unit/sample.h"
#include "wire/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition)                                                                      \
	do {                                                                                  \
		if (!(condition)) {                                                           \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                              \
		}                                                                             \
	} while (0)

/* Every byte of the span is there to be read. */
static inline void fuzz_touch(struct span span)
{
	volatile uint8_t sink = 0;
	for (size_t i = 0; i < span.length; i++)
		sink = (uint8_t)(sink ^ span.data[i]);
	(void)sink;
}

/* The span lies within the whole. */
static inline bool fuzz_within(struct span span, const uint8_t *whole, size_t size)
{
	if (span.length == 0)
		return true;
	return span.data >= whole && span.data + span.length <= whole + size;
}

/* Puts a right checksum at offset into size bytes: a wall that random bytes never climb. */
static inline void fuzz_mend(uint8_t *bytes, size_t size, size_t offset)
{
	if (size < offset + 2)
		return;
	bytes[offset] = 0;
	bytes[offset + 1] = 0;
	uint16_t field = checksum(bytes, size);
	bytes[offset] = (uint8_t)(field >> 8);
	bytes[offset + 1] = (uint8_t)field;
}

#endif
