/*
 * ip6 - the IPv6 header and its chain of extension headers (RFC 8200).
 */
#ifndef SONDE_WIRE_IP6_H
#define SONDE_WIRE_IP6_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"

#define IP6_HEADER    40
#define IP6_MTU_MIN   1280
#define IP6_CHAIN_MAX 8 /* extension headers followed; more is not a packet we believe */

struct ip6 {
	uint8_t tos;             /* traffic class */
	uint32_t flow_label;     /* 20 bits */
	uint16_t payload_length; /* behind this header, as found; not compared with what follows */
	uint8_t next_header;
	uint8_t hop_limit;
	struct addr src, dst;
};

/* Reads the fixed header and leaves the cursor behind it. False
 * where it is cut or not version 6. */
bool ip6_parse(struct cursor *c, struct ip6 *ip);
void ip6_build(struct writer *w, const struct ip6 *ip);

struct ip6_payload {
	uint8_t protocol;         /* first header that is no extension; 59 for none */
	bool fragment;            /* a fragment header was seen ... */
	uint16_t fragment_offset; /* ... with this offset in bytes */
	bool more_fragments;
	uint32_t fragment_id;
};

/*
 * Follows the chain from first (ip6.next_header): hop-by-hop 0, routing 43, fragment 44,
 * destination 60, AH 51 (RFC 4302). Leaves the cursor at the upper layer. False where an
 * extension header is cut or the chain is longer than IP6_CHAIN_MAX. Behind a fragment header
 * with an offset above zero there is no upper-layer header: the chain ends there.
 */
bool ip6_chain(struct cursor *c, uint8_t first, struct ip6_payload *out);

#endif
