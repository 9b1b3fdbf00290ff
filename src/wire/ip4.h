/*
 * ip4 - the IPv4 header and its options (RFC 791), parsed and built.
 */
#ifndef SONDE_WIRE_IP4_H
#define SONDE_WIRE_IP4_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"

#define IP4_HEADER_MIN  20
#define IP4_HEADER_MAX  60
#define IP4_OPTIONS_MAX 40
#define IP4_LENGTH_MAX  65535

enum ip_protocol {
	IP_PROTOCOL_ICMP = 1,
	IP_PROTOCOL_TCP = 6,
	IP_PROTOCOL_UDP = 17,
	IP_PROTOCOL_ICMP6 = 58,
};

struct ip4 {
	uint8_t tos; /* DSCP and ECN (RFC 2474, 3168) */
	uint16_t total_length;
	uint16_t id;
	bool df, mf, reserved;
	uint16_t fragment_offset; /* bytes */
	uint8_t ttl;
	uint8_t protocol;
	uint16_t checksum; /* as found; ip4_build computes it */
	struct addr src, dst;
	struct span options; /* 0 to 40 bytes, raw; a multiple of 4 */
};

/*
 * Reads the header and leaves the cursor behind it. False where the version is not 4, the header
 * length is below 20 or beyond the bytes there are. total_length is not compared with what
 * follows, for a quoted datagram (RFC 792) is cut: that is the caller's to judge.
 */
bool ip4_parse(struct cursor *c, struct ip4 *ip);

/* Whether the header's own checksum is right; header is the whole header, options included. */
bool ip4_checksum_ok(struct span header);

/*
 * Writes header and options with header checksum; ip->checksum is not looked at. Options are
 * padded with end-of-list to a multiple of 4. Fails the writer on options above 40 bytes, on a
 * fragment offset that is no multiple of 8, and on addresses of another family.
 */
void ip4_build(struct writer *w, const struct ip4 *ip);

enum ip4_option_type {
	IP4_OPTION_END = 0,
	IP4_OPTION_NOP = 1,
	IP4_OPTION_RECORD_ROUTE = 7,
	IP4_OPTION_TIMESTAMP = 68,
	IP4_OPTION_LSRR = 131,
	IP4_OPTION_SSRR = 137,
	IP4_OPTION_ROUTER_ALERT = 148,
};

struct ip4_option {
	uint8_t type;
	struct span data; /* behind type and length */
};

/*
 * The next option, NOP included; false at the end, at END, and at the first option that is
 * malformed (length below 2 or beyond the rest), in which case the cursor has failed. Always
 * advances: a zero length cannot loop.
 */
bool ip4_option_next(struct cursor *options, struct ip4_option *option);

/*
 * Record route and source routes (RFC 791, 3.1): the slots in order of recording. A pointer beyond
 * the option says that it is full. False for a pointer before or between the slots, for a last
 * slot that is cut, and for more slots than an IPv4 header can have.
 */
struct ip4_route {
	uint8_t count; /* addresses recorded (record route) or listed (source route): 0..9 */
	uint8_t slots; /* room for so many */
	struct addr addr[9];
};
bool ip4_route_parse(const struct ip4_option *option, struct ip4_route *route);

/* Internet timestamp (RFC 781 and 791); malformed in the same ways, or by an unknown flag. */
enum ip4_timestamp_flag {
	IP4_TIMESTAMP_ONLY = 0,
	IP4_TIMESTAMP_ADDR = 1,
	IP4_TIMESTAMP_PRESPEC = 3,
};
#define IP4_TIMESTAMP_NOT_STANDARD UINT32_C(0x80000000) /* set in what is not since midnight UTC */
struct ip4_timestamp {
	uint8_t flag;     /* enum ip4_timestamp_flag */
	uint8_t overflow; /* hops that found no room: 0..15 */
	uint8_t count;    /* entries filled: 0..9 */
	struct {
		struct addr addr; /* family 0 with IP4_TIMESTAMP_ONLY */
		uint32_t ms;      /* since midnight UTC, or IP4_TIMESTAMP_NOT_STANDARD is set */
	} entry[9];
};
bool ip4_timestamp_parse(const struct ip4_option *option, struct ip4_timestamp *ts);

/*
 * Options a probe can carry; each writes one option, with its first pointer. They fail the writer
 * on no slot or more than fit: 9 addresses, 9 bare timestamps, 4 with addresses.
 */
void ip4_option_build_record_route(struct writer *w, uint8_t slots);
void ip4_option_build_timestamp(struct writer *w, enum ip4_timestamp_flag flag,
                                const struct addr *prespec, uint8_t slots);
/*
 * hops: up to 9 addresses, strict or loose. The header's destination is the first to go to; the
 * option lists those after it, and the last of them is where the datagram shall end (RFC 791, 3.1).
 */
void ip4_option_build_source_route(struct writer *w, bool strict, const struct addr *hops,
                                   uint8_t count);

#endif
