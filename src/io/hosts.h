/*
 * hosts - the table of /etc/hosts (hosts(5)), read once: names to addresses and back.
 *
 * c-ares and the C library read the file again for each name. With a large one and many targets
 * that keeps probes waiting, and in a sandbox there is no file to open.
 */
#ifndef SONDE_IO_HOSTS_H
#define SONDE_IO_HOSTS_H

#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/buffer.h"
#include "base/hash.h"

struct hosts_entry {
	const char *name;      /* into text */
	const char *canonical; /* the first name of its line */
	struct addr addr;
	uint32_t next; /* entry of the same hash further down in the file; 0 for none */
	uint32_t last; /* of the first entry: the last one of its chain */
};

struct hosts {
	struct buffer text; /* the file, 64 MiB at most */
	struct hosts_entry *entries;
	uint32_t count, capacity; /* one for each name: fewer than half the bytes of text */
	struct hash names;        /* hash of the lower-case name to its first entry */
	struct hash addrs;        /* hash of the address to its first entry */
};

/* A file that is not there is an empty table. 0 or -errno; -EFBIG. */
int hosts_load(struct hosts *hosts, const char *path);
void hosts_release(struct hosts *hosts);

/*
 * The addresses of a name (in any case), each once, in the order of the file, at most capacity;
 * returns how many. family 4, 6, or 0 for both. "localhost" and what ends in ".localhost" has the
 * loopback addresses where the file says nothing (RFC 6761, 6.3; capacity of 2 or more). *canonical
 * is the first name of the line, or the name itself.
 */
size_t hosts_addrs(const struct hosts *hosts, const char *name, uint8_t family, struct addr *addrs,
                   size_t capacity, const char **canonical);
/* The first name of the first line with the address; "localhost" for 127.0.0.1 and ::1; or NULL. */
const char *hosts_name(const struct hosts *hosts, const struct addr *addr);

#endif
