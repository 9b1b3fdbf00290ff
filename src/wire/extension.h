/*
 * extension - ICMP multi-part extensions (RFC 4884) and the objects routers put into them: MPLS
 * label stacks (RFC 4950), interface information (RFC 5837), interface identification (RFC 8335).
 *
 * An iterator, as in libmnl's spirit: bytes stay where they are, nothing is allocated.
 */
#ifndef SONDE_WIRE_EXTENSION_H
#define SONDE_WIRE_EXTENSION_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"

/* Where it stands if no length says so: quotes are padded to this (RFC 4884, 3 and 5.5). */
#define EXTENSION_AT 128

enum extension_class {
	EXTENSION_MPLS = 1,      /* RFC 4950 */
	EXTENSION_INTERFACE = 2, /* RFC 5837 */
	EXTENSION_IDENTIFY = 3,  /* RFC 8335 */
};

struct extension_object {
	uint8_t class_num;
	uint8_t c_type;
	struct span data; /* behind the object header */
};

/*
 * Opens an extension structure: version 2 (or 2 in the low nibble, as some routers write it),
 * checksum right or zero (not computed). Leaves the cursor at the first object.
 */
bool extension_open(struct span structure, struct cursor *objects);
/*
 * Divides an error's body where the structure begins: at a place that the message announced, or at
 * one that was guessed, which must convince by what is in it, quoted data being anything: objects,
 * and at least one, to the last byte. False where there is no such structure; nothing is written.
 */
bool extension_split(struct span body, size_t at, bool announced, struct span *quote,
                     struct span *structure);
/* The next object; false at the end, and (cursor failed) where a length is below 4 or lies. */
bool extension_next(struct cursor *objects, struct extension_object *object);

struct mpls_entry {
	uint32_t label; /* 20 bits */
	uint8_t tc;     /* traffic class, formerly EXP: 3 bits */
	bool bottom;    /* S */
	uint8_t ttl;
};
/* The next entry of a class 1, c-type 1 object's data. */
bool mpls_next(struct cursor *stack, struct mpls_entry *entry);

enum interface_role { /* RFC 5837, 4.1 */
	              INTERFACE_INCOMING = 0,
	              INTERFACE_SUB_IP = 1,
	              INTERFACE_OUTGOING = 2,
	              INTERFACE_NEXT_HOP = 3,
};
struct interface_info {
	uint8_t role; /* enum interface_role */
	bool has_index, has_mtu;
	uint32_t index;
	uint32_t mtu;
	struct addr addr; /* family 0 where absent */
	struct span name; /* untrusted bytes; length 0 where absent */
};
/* False where a field the c-type announces is cut or malformed. */
bool interface_parse(const struct extension_object *object, struct interface_info *info);

/* Building, for probes that ask (RFC 8335) and for the simulator that answers. */
size_t extension_begin(struct writer *w); /* header with zero checksum; returns its offset */
void extension_object_build(struct writer *w, uint8_t class_num, uint8_t c_type, const void *data,
                            size_t length);
void extension_seal(struct writer *w, size_t offset);

#endif
