/*
 * node_info - what a node tells about itself: the data of a node information reply (RFC 4620).
 *
 * Names are sequences of labels (RFC 1035, 3.1); a name that is not fully qualified ends in two
 * empty ones (RFC 4620, 5). Compressed names are not followed: a pointer ends the data.
 */
#ifndef SONDE_WIRE_NODE_INFO_H
#define SONDE_WIRE_NODE_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"

enum node_info_code { /* the ICMP code of a reply: RFC 4620, 4 */
	              NODE_INFO_SUCCESS = 0,
	              NODE_INFO_REFUSED = 1,
	              NODE_INFO_UNKNOWN = 2,
};

enum node_info_query {
	NODE_INFO_NOOP = 0,
	NODE_INFO_NAME = 2,
	NODE_INFO_IPV6 = 3,
	NODE_INFO_IPV4 = 4,
};

#define NODE_INFO_NAME_SIZE 256 /* a name of 255 bytes on the wire, and a NUL */

struct node_info {
	uint16_t query; /* enum node_info_query */
	uint16_t flags;
	struct cursor data; /* failed once something in it is cut or malformed */
};

/* message: what follows type, code and checksum. False where
 * query, flags or nonce are not there. */
bool node_info_parse(struct span message, struct node_info *info);

/* The next address of a reply to IPV6 or IPV4; false at the end, or where one is cut. */
bool node_info_addr(struct node_info *info, struct addr *addr);

/*
 * The next name of a reply to NAME, its labels joined by dots, untrusted bytes; false at the end,
 * or where one is cut or too long.
 */
bool node_info_name(struct node_info *info, char text[static NODE_INFO_NAME_SIZE], size_t *length);

#endif
