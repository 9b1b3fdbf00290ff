/*
 * addr - an IPv4 or IPv6 address as a value: compared, hashed, parsed and printed, never pointed
 * to.
 *
 * No socket type appears here; io/ converts. The scope is the interface index of a link-local
 * address (RFC 4007) and 0 elsewhere; names of interfaces are io/'s and the renderers' business.
 */
#ifndef SONDE_BASE_ADDR_H
#define SONDE_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/cursor.h"

struct addr {
	uint8_t family;    /* 4, 6, or 0 for no address */
	uint8_t bytes[16]; /* network order; IPv4 in the first four, the rest zero */
	uint32_t scope;
};

struct prefix {
	struct addr addr; /* host bits are zero */
	uint8_t length;   /* 0..32 or 0..128 */
};

#define ADDR_TEXT_SIZE 64 /* the longest IPv6 text, '%', ten digits, NUL, and some */

static inline size_t addr_size(const struct addr *a)
{
	return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}

struct addr addr_v4(uint32_t host_order);
struct addr addr_v6(const uint8_t bytes[static 16]);
uint32_t addr_to_v4(const struct addr *a); /* host order; 0 unless family 4 */

/* Reads and writes the bare address bytes; reading past the end fails the cursor. */
struct addr addr_read(struct cursor *c, uint8_t family);
void addr_write(struct writer *w, const struct addr *a);

/*
 * Dotted quad, or RFC 4291 text with an optional numeric "%scope". Nothing else: no names, no
 * octal, no "127.1". Returns false and leaves *out alone where the text is not exactly that.
 */
bool addr_parse(const char *text, struct addr *out);

/* RFC 5952 text, "%scope" appended where there is one; "-" for
 * family 0. Returns its text argument. */
const char *addr_format(const struct addr *a, char text[static ADDR_TEXT_SIZE]);

/* Same family and bytes, and the same scope unless one of them is 0. */
bool addr_equal(const struct addr *a, const struct addr *b);
/* By family, bytes, scope: <0, 0, >0. */
int addr_compare(const struct addr *a, const struct addr *b);
/* Not keyed: for tables fed by our own choices; use siphash where the network chooses. */
uint64_t addr_hash(const struct addr *a);

bool addr_is_any(const struct addr *a);
bool addr_is_loopback(const struct addr *a);
bool addr_is_link_local(const struct addr *a);
bool addr_is_multicast(const struct addr *a);
/* Not globally reachable unicast: RFC 6890 and its registry, multicast included. */
bool addr_is_special(const struct addr *a);

/* "198.51.100.0/24", "2001:db8::/32"; without "/n" a host prefix. Host bits must be zero. */
bool prefix_parse(const char *text, struct prefix *out);
bool prefix_contains(const struct prefix *p, const struct addr *a);

#endif
