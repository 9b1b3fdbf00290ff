/*
 * hostname - what a user typed for a host: an address, or a name to ask for, or neither.
 *
 * The literals are those of getaddrinfo: dotted quads, also in the short, octal and hexadecimal
 * forms of inet_aton ("127.1"), IPv6 with a zone by number or by name of an interface (RFC 4007,
 * 11). Names in UTF-8 become ASCII by IDNA 2008 with the mapping of UTS 46 (libidn2).
 */
#ifndef SONDE_IO_HOSTNAME_H
#define SONDE_IO_HOSTNAME_H

#include <stdint.h>
#include "base/addr.h"

#define HOSTNAME_MAX 254 /* RFC 1035, 2.3.4: 253 characters and the dot of the root */

enum hostname_kind {
	HOSTNAME_LITERAL, /* addr */
	HOSTNAME_NAME,    /* ascii */
	HOSTNAME_BAD,     /* error: one plain phrase, as getaddrinfo says it */
};

struct hostname {
	struct addr addr;
	const char *error;
	char ascii[HOSTNAME_MAX + 1];
};

/* family: 4 or 6 where a literal must be of that family, 0 where any will do. */
enum hostname_kind hostname_parse(const char *text, uint8_t family, struct hostname *out);

#endif
