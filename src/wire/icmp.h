/*
 * icmp - ICMP for IPv4 (RFC 792, 950, 1122, 1191, 1256, 1812, 8335) and IPv6 (RFC 4443, 4620,
 * 8201).
 *
 * One struct for both: the eight bytes of the header, decoded by type, and what follows. Whether
 * a type is an error, and which packet it quotes, is said here; what it means for a probe is
 * probe/decode's to say, and how it reads in English is icmp_text's.
 */
#ifndef SONDE_WIRE_ICMP_H
#define SONDE_WIRE_ICMP_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"

#define ICMP_HEADER 8

enum icmp4_type {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACHABLE = 3,
	ICMP4_SOURCE_QUENCH = 4,
	ICMP4_REDIRECT = 5,
	ICMP4_ECHO = 8,
	ICMP4_ROUTER_ADVERTISEMENT = 9,
	ICMP4_ROUTER_SOLICITATION = 10,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER_PROBLEM = 12,
	ICMP4_TIMESTAMP = 13,
	ICMP4_TIMESTAMP_REPLY = 14,
	ICMP4_ADDRESS_MASK = 17,
	ICMP4_ADDRESS_MASK_REPLY = 18,
	ICMP4_EXTENDED_ECHO = 42,
	ICMP4_EXTENDED_ECHO_REPLY = 43,
};

enum icmp6_type {
	ICMP6_UNREACHABLE = 1,
	ICMP6_PACKET_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER_PROBLEM = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_ROUTER_SOLICITATION = 133,
	ICMP6_ROUTER_ADVERTISEMENT = 134,
	ICMP6_NEIGHBOR_SOLICITATION = 135,
	ICMP6_NEIGHBOR_ADVERTISEMENT = 136,
	ICMP6_REDIRECT = 137,
	ICMP6_NODE_INFO_QUERY = 139,
	ICMP6_NODE_INFO_REPLY = 140,
	ICMP6_EXTENDED_ECHO = 160,
	ICMP6_EXTENDED_ECHO_REPLY = 161,
};

/* Codes with a behaviour of their own. */
enum {
	ICMP4_CODE_PORT = 3,
	ICMP4_CODE_FRAG_NEEDED = 4,
	ICMP6_CODE_PORT = 4,
};

struct icmp {
	uint8_t family; /* 4 or 6 */
	uint8_t type;
	uint8_t code;
	uint16_t checksum; /* as found */
	/* The four bytes that depend on the type; what does not apply is zero. */
	/* Echo, timestamp, mask; extended echo (sequence 8 bits, state 8); node information: query
	 * type and flags. */
	uint16_t id, sequence;
	uint32_t mtu;           /* 3/4: next-hop MTU (RFC 1191; 0 from old routers); v6 2: MTU */
	uint32_t pointer;       /* parameter problem: byte offset into the quoted packet */
	struct addr gateway;    /* redirect: v4 gateway; v6 target address (better next hop) */
	struct addr redirected; /* v6 redirect: destination address */
	uint16_t quote_length;  /* RFC 4884 length of the quote in bytes; 0 where absent */
	struct span body;       /* all behind the first eight bytes (v6 redirect: behind 40) */
};

/*
 * Reads a message that fills the cursor. False where fewer than 8 bytes are there (40 for a v6
 * redirect). The checksum is not judged: icmp4_checksum_ok, or the kernel for IPv6.
 */
bool icmp_parse(struct cursor *c, uint8_t family, struct icmp *m);
bool icmp4_checksum_ok(struct span message);
bool icmp6_checksum_ok(struct span message, const struct addr *src, const struct addr *dst);

/* Whether the type carries a quoted datagram: v4 3 4 5 11 12; v6 1 2 3 4 (and others below 128). */
bool icmp_is_error(uint8_t family, uint8_t type);

/*
 * Splits the body of an error into the quoted datagram and the extension structure (RFC 4884).
 * The quote is all that stands before the extension, its zero padding included: where the datagram
 * ends its own header says. Where quote_length is zero, an extension is looked for at 128 bytes, as
 * 5.5 allows, if version and checksum are right there; so are the other places where routers are
 * known to put it. Lying lengths give no extension and the whole body as the quote.
 */
void icmp_split(const struct icmp *m, struct span *quote, struct span *extension);

/* Writes type, code, zero checksum and the four bytes; the caller appends and then seals. */
void icmp_build_header(struct writer *w, uint8_t type, uint8_t code, uint32_t rest);
/* Puts the checksum into the message that starts at offset and ends at the writer's end. */
void icmp4_seal(struct writer *w, size_t offset);
void icmp6_seal(struct writer *w, size_t offset, const struct addr *src, const struct addr *dst);

/*
 * What a type and code say, in the words ping prints ("Destination Host Unreachable", "Time to
 * live exceeded", "Destination unreachable: No route"); NULL where no words exist for the code.
 * With values ("Frag needed and DF set (mtu = 1400)") render/ completes it.
 */
const char *icmp_text(uint8_t family, uint8_t type, uint8_t code);

#endif
