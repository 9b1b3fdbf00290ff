/*
 * flight - the probes under way: which are ours, when they left, whether they were answered.
 *
 * A ring of records in order of sending, with a hash index over what identifies a probe on the
 * wire. Its serial number (slot) also travels in the payload, so that a reply from anywhere finds
 * its record at once. Records stay a while after their answer, so that late and duplicate replies
 * are known for what they are; the oldest give way when the ring is full or they are past keep.
 */
#ifndef SONDE_PROBE_FLIGHT_H
#define SONDE_PROBE_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/time.h"

struct flight_record {
	uint64_t token;
	uint64_t cookie; /* what the payload carries */
	nsec sent;
	struct addr dst;
	uint32_t size;       /* whole datagram */
	uint16_t id;         /* echo id, or source port */
	uint16_t number;     /* echo sequence, or what else carries the probe number */
	uint16_t port;       /* destination port, 0 for ICMP */
	uint16_t checksum;   /* upper-layer checksum as sent: NAT shows in the quoted one */
	uint16_t word;       /* of the payload, tunes the checksum */
	uint8_t kind;        /* enum probe_kind */
	bool checksum_known; /* the source address was: it is what the wire carries */
	bool answered;       /* by the target or by an error */
	bool rough;          /* sent is the time of a burst, not of this one in it */
	uint64_t key;        /* in the index; 0 until flight_expect or flight_add */
	/* Set by flight_add. */
	bool live; /* sent and not evicted */
	uint32_t serial;
	uint32_t older; /* serial of the record this one took the index from; its own for none */
};

struct flight {
	struct flight_record *ring;
	struct hash index;
	struct siphash_key key;
	uint32_t capacity; /* a power of two */
	uint32_t limit;    /* most records ever */
	uint32_t head;     /* serial of the next record */
	uint32_t tail;     /* serial of the oldest */
	nsec keep;
};

/* Allocates nothing yet. 0, or -EINVAL where limit is 0 or above 2^31 or keep is negative. */
int flight_init(struct flight *f, struct siphash_key key, uint32_t limit, nsec keep);
void flight_release(struct flight *f);

/* The serial that the next record will have. */
static inline uint32_t flight_next(const struct flight *f)
{
	return f->head;
}

/*
 * Says that a record is about to be added; what identifies it is set. Its place in the index is on
 * its way from memory while the caller does something else.
 */
void flight_expect(const struct flight *f, struct flight_record *record);
/*
 * Adds a record sent at record->sent; evicts what is older than keep, and the oldest where the ring
 * is at its limit. Returns its serial through *serial. 0 or -ENOMEM, and then nothing is added.
 * Memory is asked for only when the ring doubles. Pointers to records do not outlive this call.
 */
int flight_add(struct flight *f, const struct flight_record *record, uint32_t *serial);
/* Takes a record back: the send was refused. Its serial may be used again if it is the newest. */
void flight_cancel(struct flight *f, uint32_t serial);
/* The record with this serial, NULL where it is gone. */
struct flight_record *flight_at(struct flight *f, uint32_t serial);
/* The youngest record with this identity on the wire, NULL where there is none. */
struct flight_record *flight_find(struct flight *f, uint8_t kind, const struct addr *dst,
                                  uint16_t id, uint16_t number, uint16_t port);

/*
 * For what the index cannot find, because a part of the identity is missing or was rewritten: the
 * youngest unanswered record that same() accepts, else the youngest it accepts, among the
 * FLIGHT_SEARCH youngest; NULL where there is none. Bounded, so that forged packets cost little.
 */
#define FLIGHT_SEARCH 1024
typedef bool (*flight_same)(const struct flight_record *record, const void *wanted);
struct flight_record *flight_search(struct flight *f, flight_same same, const void *wanted);

#endif
