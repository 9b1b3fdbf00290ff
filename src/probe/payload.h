/*
 * payload - the data of a probe: a head that identifies it, then a pattern that shows damage.
 *
 * From 16 bytes on the head is
 *
 *	0   cookie   8 bytes, see identity
 *	8   serial   4 bytes, the record in the flight table
 *	12  word     2 bytes, tunes the checksum; zero where it need not be tuned
 *	14  zero     2 bytes
 *
 * and byte i of what follows is i modulo 256, or the user's pattern repeated and counted from the
 * first byte of the data, as other pings do it. Shorter data of an echo has the cookie alone from 8
 * bytes on, and pattern. Where the checksum of an echo must stay constant, the word stands behind
 * the cookie from 10 bytes on, and at the very start of 2 to 9 bytes; with 0 or 1 the checksum
 * cannot be kept, for the sequence number is under it. Short data of UDP starts with the word and
 * the number.
 */
#ifndef SONDE_PROBE_PAYLOAD_H
#define SONDE_PROBE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "probe/exchange.h"

/* Prepares the pattern tables; the configuration is set already. */
void payload_init(struct exchange *x);

/* Where the word that tunes the checksum stands; -1 where there is none. Always even. */
int payload_word_at(const struct exchange *x, uint8_t kind, size_t length);

/* Whether the data of the recorded echo starts with its cookie. */
bool payload_has_cookie(const struct exchange *x, const struct flight_record *record);

/* Writes length bytes of data for a record that will have this serial, with record->word. */
void payload_build(const struct exchange *x, const struct flight_record *record, uint32_t serial,
                   size_t length, struct writer *w);
/* The sum of the same bytes from EXCHANGE_COOKIE_SIZE on. */
uint64_t payload_rest_sum(struct exchange *x, size_t length);

/* The first byte of data that is not what the recorded probe carried there; -1 for none. */
struct payload_damage {
	int32_t at;
	uint8_t want, got;
};
struct payload_damage payload_check(const struct exchange *x, const struct flight_record *record,
                                    struct span data);
/* Whether the data, however far it goes, agrees with the head of what was sent. */
bool payload_head_agrees(const struct exchange *x, const struct flight_record *record,
                         struct span data);

#endif
