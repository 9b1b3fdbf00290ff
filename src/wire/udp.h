/*
 * udp - the UDP header (RFC 768), parsed and built.
 */
#ifndef SONDE_WIRE_UDP_H
#define SONDE_WIRE_UDP_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"

#define UDP_HEADER 8

struct udp {
	uint16_t sport, dport;
	uint16_t length; /* header and data, as found */
	uint16_t checksum;
};

bool udp_parse(struct cursor *c, struct udp *u);
/* Writes the header; length and checksum as given (udp_seal computes the checksum). */
void udp_build(struct writer *w, const struct udp *u);
/* Checksum over the datagram from offset to the writer's end; a sum of 0 is sent as 0xffff. */
void udp_seal(struct writer *w, size_t offset, const struct addr *src, const struct addr *dst);

#endif
