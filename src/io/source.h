/*
 * source - the address this host would use towards a destination, asked of the kernel and
 * remembered for a while.
 *
 * A connected UDP socket has a source and has sent nothing. The sockets are opened early, with the
 * interface and mark that probes will have; the table is small and forgets by itself.
 */
#ifndef SONDE_IO_SOURCE_H
#define SONDE_IO_SOURCE_H

#include <stdint.h>
#include "base/addr.h"
#include "base/time.h"

#define SOURCE_TABLE 256
#define SOURCE_KEEP  (10 * NSEC_S) /* a route may change */

struct source_entry {
	struct addr dst; /* family 0: free */
	struct addr src;
	nsec asked;
};

struct source_table {
	int fd[2];          /* IPv4, IPv6; -1 where the host does not have it */
	char interface[16]; /* empty for none */
	struct source_entry entries[SOURCE_TABLE];
};

/* interface may be empty, mark 0. 0 or -errno; a family the host lacks is no error. */
int source_init(struct source_table *t, const char *interface, uint32_t mark);
void source_release(struct source_table *t);

/*
 * The largest datagram that this host sends whole to dst: the MTU of the link, or of the path as far
 * as it has been told. 0 and *mtu, or -errno of the look-up.
 */
int source_mtu(const struct source_table *t, const struct addr *dst, uint32_t *mtu);

/* 0 and *src, or -errno of the look-up: -ENETUNREACH, -EAFNOSUPPORT, -EACCES ... */
int source_find(struct source_table *t, const struct addr *dst, nsec now, struct addr *src);

#endif
