/*
 * datagram - an IP datagram on its way through the model: its header as values, the rest as bytes
 * that stay where they are.
 *
 * Routers change values; bytes are written only where somebody gets to see them.
 */
#ifndef SONDE_SIM_DATAGRAM_H
#define SONDE_SIM_DATAGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"

#define DATAGRAM_HEADER_MAX 64 /* of what the model writes itself */

struct datagram {
	struct addr src, dst;
	uint8_t family;
	uint8_t protocol; /* of upper: enum ip_protocol */
	uint8_t ttl, tos;
	bool df;             /* IPv6: always */
	bool fragment, more; /* more fragments follow */
	uint16_t offset;     /* of the fragment, bytes */
	uint32_t id;         /* identification; IPv6: of the fragment header */
	uint32_t flow_label;
	uint8_t first;      /* IPv6: next header of the fixed header */
	struct span middle; /* IPv4 options; IPv6 extension headers */
	struct span upper;
};

/*
 * False for what is no whole IP datagram, IPv4 or IPv6 by its first nibble: wrong version, cut
 * header, total length beyond the bytes there are, IPv4 header checksum wrong. Bytes behind the
 * datagram are ignored.
 */
bool datagram_parse(struct span bytes, struct datagram *d);

/* Bytes of all headers before upper, and of the whole. */
size_t datagram_header(const struct datagram *d);
static inline size_t datagram_length(const struct datagram *d)
{
	return datagram_header(d) + d->upper.length;
}

/* Headers only; the upper layer is to follow. */
void datagram_build_header(struct writer *w, const struct datagram *d);
void datagram_build(struct writer *w, const struct datagram *d);

/* Whether the upper layer's own checksum is right, or there is none. Not for fragments. */
bool datagram_checksum_ok(const struct datagram *d);
/* Writes the checksum of an upper layer that starts at offset and ends at the writer's end. */
void datagram_seal(struct writer *w, size_t offset, const struct datagram *d);

/*
 * Splits off the first piece: at most mtu bytes with its header, as RFC 791 (3.2) or RFC 8200 (4.5)
 * have it; *d becomes the rest. An IPv6 piece gets a fragment header with d->id in the room given,
 * where also those IPv4 options go that every fragment carries: it must outlive the pieces, each of
 * which is to be used before the next is split off. False where mtu leaves no room for 8 bytes of
 * data, or where IPv6 headers are in the way.
 */
#define DATAGRAM_ROOM 40
bool datagram_split(struct datagram *d, size_t mtu, struct datagram *piece,
                    uint8_t room[static DATAGRAM_ROOM]);

#endif
