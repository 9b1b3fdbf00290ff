/*
 * packet - a datagram as it arrived, taken apart as far as the transport could.
 *
 * Raw IPv4 sockets hand over the IP header, raw IPv6 sockets hide it and tell by control message,
 * the simulator has all of it: from here on nobody needs to know.
 */
#ifndef SONDE_PROBE_PACKET_H
#define SONDE_PROBE_PACKET_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"
#include "base/time.h"

struct packet {
	nsec time;
	struct addr src;
	struct addr dst;        /* family 0 where unknown */
	uint8_t protocol;       /* of payload: enum ip_protocol */
	int16_t ttl;            /* -1 unknown */
	int16_t tos;            /* -1 unknown */
	bool checksum_ok;       /* the kernel has checked the upper layer already */
	bool user_time;         /* time is of user space: the kernel gave no stamp */
	uint32_t fragment_size; /* largest fragment; 0 where whole or not known */
	struct span options;    /* IPv4 */
	struct span payload;    /* upper layer, as long as the IP header says and no longer */
};

/*
 * Takes a whole datagram apart, IPv4 or IPv6 by its first nibble. False for what is no IP
 * datagram: wrong version, cut header, header length below 20, total length beyond the bytes there
 * are, IPv4 header checksum wrong, a fragment. Bytes behind the datagram (padding) are ignored.
 */
bool packet_parse(struct span datagram, nsec time, struct packet *out);

#endif
