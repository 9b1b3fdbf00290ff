/*
 * checksum - the Internet checksum (RFC 1071), its update in place (RFC 1624) and its inverse.
 *
 * A sum is an unfolded one's complement sum of 16-bit words in network order; sums of several runs
 * of bytes add up as long as all runs but the last have even length.
 */
#ifndef SONDE_WIRE_CHECKSUM_H
#define SONDE_WIRE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"

typedef uint64_t checksum_sum;

checksum_sum checksum_add(checksum_sum sum, const void *data, size_t length);
/* The pseudo header of RFC 793 and RFC 8200, 8.1 for an upper layer of length bytes. */
checksum_sum checksum_pseudo(const struct addr *src, const struct addr *dst, uint8_t protocol,
                             uint32_t length);
/* What belongs into a checksum field over bytes summed with that field as zero. */
uint16_t checksum_finish(checksum_sum sum);
/* The whole at once. Bytes that carry a right checksum themselves give 0. */
uint16_t checksum(const void *data, size_t length);
/* The same over an upper layer and its pseudo header. */
uint16_t checksum_upper(const struct addr *src, const struct addr *dst, uint8_t protocol,
                        const void *data, size_t length);

/* The field after a 16-bit word under it changed from old to new (RFC 1624, equation 3). */
uint16_t checksum_update(uint16_t field, uint16_t old, uint16_t new_word);

/*
 * The word that, put where the bytes summed to sum had a zero word at an even offset, makes the
 * checksum field become wanted. How a probe's number changes while its checksum does not (Augustin
 * et al., "Paris traceroute", IMC 2006). Checksums 0x0000 and 0xffff stand for the same sum.
 */
uint16_t checksum_compensate(checksum_sum sum, uint16_t wanted);

#endif
