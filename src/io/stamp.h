/*
 * stamp - the kernel's time stamps: asked for, read, and given to the probe they belong to.
 *
 * A received datagram carries its stamp with it. That of a sent one comes back on the error queue,
 * with a number: how many datagrams the socket had sent before it (SOF_TIMESTAMPING_OPT_ID). The
 * ring remembers whose number that is. A refused send leaves open whether the kernel has counted
 * it (that differs by version and by the place of the refusal): from then on the ring is adrift and
 * claims no stamp for what is sent, until all stamps under way are in and the count starts anew.
 */
#ifndef SONDE_IO_STAMP_H
#define SONDE_IO_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include "base/time.h"

#define STAMP_RING     4096   /* stamps waited for at once; a power of two */
#define STAMP_PATIENCE NSEC_S /* and how long: not every device gives them */

struct cmsghdr;

struct stamp_entry {
	nsec before; /* user-space time just before the send call */
	uint32_t serial;
	bool waits;
};

struct stamp_ring {
	struct stamp_entry entries[STAMP_RING];
	uint32_t next; /* the kernel's number for the next datagram */
	uint32_t tail; /* the oldest entry that may still wait */
	uint32_t waiting;
	uint32_t strangers; /* sent while adrift: their stamps come and are nobody's */
	bool on;
	bool adrift;
	nsec adrift_since;
};

/* Asks for stamps of what fd sends and receives; with send, numbers start at 0. 0 or -errno. */
int stamp_enable(int fd, bool send, bool receive);

/* The stamp in a control message, wall-clock ns; -1 where it is none or empty. */
nsec stamp_read(const struct cmsghdr *cmsg);

/* on: whether the socket stamps what it sends; without, nothing is ever waited for. */
void stamp_init(struct stamp_ring *r, bool on);

/* A datagram was sent / refused. */
void stamp_sent(struct stamp_ring *r, uint32_t serial, nsec before);
void stamp_refused(struct stamp_ring *r, nsec now);

/* Stamp number key has come. Whose it is, where it is known: once for each. */
bool stamp_take(struct stamp_ring *r, uint32_t key, uint32_t *serial, nsec *before);

/* How many stamps may still come; forgets those waited for too long. */
uint32_t stamp_pending(struct stamp_ring *r, nsec now);

/*
 * Where the ring is adrift and nothing is under way any more (or all patience is spent): starts the
 * kernel's count and ours anew. The caller has emptied the error queue. 0 or -errno.
 */
int stamp_recover(struct stamp_ring *r, int fd, bool receive, nsec now);

#endif
