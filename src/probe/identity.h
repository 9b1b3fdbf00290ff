/*
 * identity - what makes a probe ours and nobody else's, the same for the encoder and the decoder.
 *
 * A probe is known by its kind, destination, id (echo id, source port), number and port, and proved
 * by its cookie: SipHash, under the session's secret, of all these and the record's serial. Where
 * the cookie travels depends on the kind:
 *
 *	echo, UDP, TCP   the first 8 bytes of the data, the serial in the next 4 (see payload)
 *	TCP              also 16 bits of it in the low half of the sequence number; the number is
 *	                 in the high half, so that it shows through when data is acknowledged too
 *	TIMESTAMP        31 bits in the originate timestamp; its high bit says "not standard time"
 *	NODE_INFO        the nonce: the serial, and 32 bits of it
 *
 * The number is the echo sequence in ICMP. In the other kinds it is never zero, because a UDP
 * checksum of zero means none and the kernel replaces an IPv4 identification of zero: number 0 goes
 * as 0x8000, half a cycle away from those it could be mistaken for.
 */
#ifndef SONDE_PROBE_IDENTITY_H
#define SONDE_PROBE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "probe/exchange.h"

/* The number as a field carries it that must not be zero: IPv4 identification, UDP checksum. */
static inline uint16_t identity_nonzero(uint16_t number)
{
	return number ? number : 0x8000;
}

/* The id (echo id or source port) of a flow. */
uint16_t identity_of_flow(const struct exchange *x, uint8_t kind, uint16_t flow);
/* Whether a flow of ours has that id. */
bool identity_is_ours(const struct exchange *x, uint8_t kind, uint16_t id);
/* Bytes of the IP header of our probes, options included. */
size_t identity_ip_header(const struct exchange *x, uint8_t family);
/* Bytes of the probe's upper-layer header, as far as it is not data. */
size_t identity_upper_header(uint8_t kind);
/* Bytes of data the recorded probe carried. */
size_t identity_data_length(const struct exchange *x, const struct flight_record *r);

/* The cookie of a record that will have this serial. */
uint64_t identity_cookie(const struct exchange *x, const struct flight_record *r, uint32_t serial);
uint32_t identity_tcp_sequence(const struct flight_record *r);
uint32_t identity_timestamp(const struct flight_record *r);

/* In time that does not depend on where they differ. */
bool identity_same_bytes(const uint8_t *a, const uint8_t *b, size_t length);

/*
 * Records by what a packet shows; those sent more than keep before the packet's time are
 * forgotten. NULL where there is none.
 */
struct flight_record *identity_find(struct exchange *x, nsec time, uint8_t kind,
                                    const struct addr *dst, uint16_t id, uint16_t number,
                                    uint16_t port);
/* By serial and cookie at the head of data: proof. */
struct flight_record *identity_prove(struct exchange *x, nsec time, uint8_t kind, struct span data);
/* By nonce. */
struct flight_record *identity_prove_nonce(struct exchange *x, nsec time, uint64_t nonce);
struct flight_record *identity_search(struct exchange *x, nsec time, flight_same same,
                                      const void *wanted);

#endif
