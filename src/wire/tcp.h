/*
 * tcp - the TCP header (RFC 9293) as far as probes need it: SYN out; SYN-ACK, RST and quotes in.
 */
#ifndef SONDE_WIRE_TCP_H
#define SONDE_WIRE_TCP_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"

#define TCP_HEADER_MIN 20

enum tcp_flag {
	TCP_FIN = 1 << 0,
	TCP_SYN = 1 << 1,
	TCP_RST = 1 << 2,
	TCP_PSH = 1 << 3,
	TCP_ACK = 1 << 4,
	TCP_URG = 1 << 5,
	TCP_ECE = 1 << 6,
	TCP_CWR = 1 << 7,
};

struct tcp {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t flags; /* enum tcp_flag */
	uint16_t window;
	uint16_t checksum; /* as found */
	uint16_t urgent;
	uint16_t mss;        /* option 2; 0 where absent. tcp_build writes it where it is not 0 */
	struct span options; /* raw; tcp_build ignores it */
};

/* Reads header and options and leaves the cursor at the data. False where they are cut or lie. */
bool tcp_parse(struct cursor *c, struct tcp *t);
/*
 * Reads what a cut quote has of it: ports and sequence number (8 bytes) are the least. Fields
 * beyond the cut are zero. False below 8 bytes.
 */
bool tcp_parse_quote(struct cursor *c, struct tcp *t);
void tcp_build(struct writer *w, const struct tcp *t);
void tcp_seal(struct writer *w, size_t offset, const struct addr *src, const struct addr *dst);

#endif
