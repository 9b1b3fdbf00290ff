#include <string.h>
#include "wire/checksum.h"

/*
 * One's complement addition neither cares about the byte order nor about the width of the words
 * (RFC 1071, section 2): eight bytes are added at a time as this machine reads them, the carry goes
 * around, and only the folded result is put into network order, by looking at its bytes in memory.
 */
static inline uint64_t add_around(uint64_t a, uint64_t b)
{
	a += b;
	return a + (a < b);
}

static inline uint64_t load(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

checksum_sum checksum_add(checksum_sum sum, const void *data, size_t length)
{
	const uint8_t *at = data;
	uint64_t words = 0;

	for (; length >= 32; length -= 32, at += 32) {
		words = add_around(words, load(at));
		words = add_around(words, load(at + 8));
		words = add_around(words, load(at + 16));
		words = add_around(words, load(at + 24));
	}
	for (; length >= 8; length -= 8, at += 8)
		words = add_around(words, load(at));
	if (length) {
		uint64_t tail = 0; /* an odd last byte is the high half of its word */
		memcpy(&tail, at, length);
		words = add_around(words, tail);
	}

	uint16_t native = fold(words);
	uint8_t bytes[2];
	memcpy(bytes, &native, sizeof bytes);
	return sum + (uint32_t)(bytes[0] << 8 | bytes[1]);
}

checksum_sum checksum_pseudo(const struct addr *src, const struct addr *dst, uint8_t protocol,
                             uint32_t length)
{
	checksum_sum sum = checksum_add(0, src->bytes, addr_size(src));

	sum = checksum_add(sum, dst->bytes, addr_size(dst));
	return sum + protocol + (length >> 16) + (length & 0xffff);
}

uint16_t checksum_finish(checksum_sum sum)
{
	return (uint16_t)~fold(sum);
}

uint16_t checksum(const void *data, size_t length)
{
	return checksum_finish(checksum_add(0, data, length));
}

static uint16_t inverse(uint16_t word)
{
	return (uint16_t)~word;
}

uint16_t checksum_update(uint16_t field, uint16_t old, uint16_t new_word)
{
	return checksum_finish((checksum_sum)inverse(field) + inverse(old) + new_word);
}

uint16_t checksum_compensate(checksum_sum sum, uint16_t wanted)
{
	return fold((checksum_sum)inverse(wanted) + inverse(fold(sum)));
}
