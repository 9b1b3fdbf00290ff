/*
 * probe - what an algorithm wants sent, said in the terms of the path and not of sockets.
 */
#ifndef SONDE_PROBE_PROBE_H
#define SONDE_PROBE_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"

enum probe_kind {
	PROBE_ECHO,      /* ICMP echo request */
	PROBE_UDP,       /* UDP datagram to a port where nobody should listen */
	PROBE_TCP,       /* TCP SYN */
	PROBE_TIMESTAMP, /* ICMP timestamp request (RFC 792); IPv4 only */
	PROBE_NODE_INFO, /* IPv6 node information query (RFC 4620) */
};

struct probe {
	/*
	 * Chosen by the algorithm, unique among its probes under way; comes back in sent and reply.
	 * Its low 16 bits are the probe number: they are the echo sequence number on the wire, and
	 * travel in a field no load balancer hashes in the other kinds.
	 */
	uint64_t token;
	struct addr dst;
	uint32_t size; /* bytes of the whole IP datagram, headers included */
	/* Probes of one flow and destination are alike in all that a load balancer hashes. */
	uint16_t flow;
	uint16_t port; /* destination port of UDP and TCP */
	uint8_t kind;  /* enum probe_kind */
	uint8_t ttl;   /* hop limit in IPv6 */
	uint8_t tos;   /* traffic class in IPv6 */
	bool df; /* don't fragment; IPv6 never lets routers fragment: no local fragmentation */
};

#endif
