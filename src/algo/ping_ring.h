/*
 * ping_ring - the probes of a ping, in order of sending: those under way, and those settled a
 * while ago.
 *
 * A probe has a serial number that counts from 0; its low bits are its place in the ring. All
 * probes have the same timeout, so the oldest that waits is the next to be given up. The unsettled
 * probes of one target are chained, so that they can be given up before their time without a look
 * at anybody else's.
 *
 * Settled records stay, so that late and duplicate replies are known for what they are: for the
 * time of keep, or as long as the ring need not grow beyond PING_RING_KEPT on their account. The
 * ring doubles up to its limit.
 */
#ifndef SONDE_ALGO_PING_RING_H
#define SONDE_ALGO_PING_RING_H

#include <stdbool.h>
#include <stdint.h>
#include "base/time.h"

#define PING_RING_KEPT  UINT32_C(65536)
#define PING_RING_LIMIT UINT32_C(2097152) /* 64 MiB of records */

enum ping_state {
	PING_LAUNCHED, /* handed over for sending, no result yet */
	PING_WAITING,
	/* settled: */
	PING_ANSWERED,
	PING_FAILED, /* an ICMP error came instead */
	PING_LOST,
	PING_LATE, /* lost, and then its answer came */
	PING_UNSENT,
};

struct ping_record {
	nsec sent;
	uint64_t seq;
	uint32_t target;
	uint32_t before, after; /* neighbours in the chain, as distances; 0 for none */
	uint8_t state;          /* enum ping_state */
};

/* The unsettled probes of one target. */
struct ping_chain {
	uint64_t first, last; /* serials */
	uint32_t count;
};

struct ping_ring {
	struct ping_record *records;
	uint32_t capacity; /* a power of two, or 0 */
	uint32_t limit;
	uint32_t kept;
	nsec keep;
	uint64_t tail;   /* serial of the oldest record */
	uint64_t oldest; /* all before it are settled */
	uint64_t head;   /* serial of the next */
};

void ping_ring_init(struct ping_ring *r, nsec keep);
void ping_ring_release(struct ping_ring *r);

/*
 * Enters a launched probe. Returns its serial through *serial. 0, -ENOMEM, or -ENOBUFS where limit
 * probes are under way; then nothing has changed.
 */
int ping_ring_add(struct ping_ring *r, struct ping_chain *chain, uint32_t target, uint64_t seq,
                  nsec now, uint64_t *serial);

/* The record with this serial, NULL where it is gone or never was. */
struct ping_record *ping_ring_at(const struct ping_ring *r, uint64_t serial);

/* Takes an unsettled record out of its target's chain. */
void ping_ring_settle(struct ping_ring *r, struct ping_chain *chain, uint64_t serial,
                      enum ping_state state);

/* The oldest unsettled record, NULL where there is none. */
struct ping_record *ping_ring_oldest(struct ping_ring *r, uint64_t *serial);

static inline bool ping_settled(const struct ping_record *record)
{
	return record->state > PING_WAITING;
}

#endif
