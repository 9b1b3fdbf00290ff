/*
 * pcap - a capture file in the classic format, nanosecond times, bare IP datagrams (LINKTYPE_RAW).
 *
 * Format: draft-ietf-opsawg-pcap, 4 and 5. Written big-endian on every machine: the magic number
 * tells readers. The first failed write is kept; nothing is written after it.
 */
#ifndef SONDE_SIMNET_PCAP_H
#define SONDE_SIMNET_PCAP_H

#include <stdint.h>
#include "base/cursor.h"
#include "base/time.h"

#define PCAP_BUFFER (1u << 18)

struct pcap {
	int fd;    /* -1: nothing is recorded */
	int error; /* errno of the first failure */
	struct writer writer;
	uint8_t *bytes;
};

/* Takes the descriptor over, and writes the file's head. 0 or -ENOMEM. */
int pcap_init(struct pcap *p, int fd);
/* wall: since the epoch. */
void pcap_add(struct pcap *p, nsec wall, struct span datagram);
/* What is gathered goes out; a record is never torn by a reader that comes between. */
void pcap_flush(struct pcap *p);
/* Flushes and closes. 0 or -errno of the first failure. */
int pcap_close(struct pcap *p);

#endif
