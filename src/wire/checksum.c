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

static inline uint64_t load8(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

static inline uint32_t load4(const uint8_t *at)
{
	uint32_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

static inline uint16_t load2(const uint8_t *at)
{
	uint16_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

static inline uint16_t fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff); /* at most 33 bits */
	sum = (sum >> 16) + (sum & 0xffff);     /* 18 */
	sum = (sum >> 16) + (sum & 0xffff);     /* 17 */
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

checksum_sum checksum_add(checksum_sum sum, const void *data, size_t length)
{
	const uint8_t *at = data;
	uint64_t words = 0;

	for (; length >= 32; length -= 32, at += 32) {
		words = add_around(words, load8(at));
		words = add_around(words, load8(at + 8));
		words = add_around(words, load8(at + 16));
		words = add_around(words, load8(at + 24));
	}
	for (; length >= 8; length -= 8, at += 8)
		words = add_around(words, load8(at));
	/* Fixed sizes, for a memcpy of so few bytes would cost more than all of the above. */
	if (length & 4) {
		words = add_around(words, load4(at));
		at += 4;
	}
	if (length & 2) {
		words = add_around(words, load2(at));
		at += 2;
	}
	if (length & 1)
		words = add_around(words, load2((const uint8_t[2]){ *at, 0 }));

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

uint16_t checksum_upper(const struct addr *src, const struct addr *dst, uint8_t protocol,
                        const void *data, size_t length)
{
	checksum_sum sum = checksum_pseudo(src, dst, protocol, (uint32_t)length);

	return checksum_finish(checksum_add(sum, data, length));
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
