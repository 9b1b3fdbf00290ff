/*
 * pacer - a packet rate on an absolute schedule: the n-th packet is due n intervals after the
 * first, so that a late wake-up is caught up and the mean rate is exact.
 */
#ifndef SONDE_PROBE_PACER_H
#define SONDE_PROBE_PACER_H

#include <stdint.h>
#include "base/time.h"

struct pacer {
	nsec origin;     /* when packet 0 was due */
	double interval; /* ns between two, fraction and all; 0 for no limit */
	uint64_t sent;
	uint32_t burst; /* at most so many may be caught up at once; the rest of the lag is forgiven
	                 */
};

/* A rate of 0 or less, or above one a nanosecond, is no limit; a burst of 0 is one of 1. */
void pacer_init(struct pacer *p, nsec start, double packets_per_second, uint32_t burst);
/* How many packets are due at now, burst at most; a lag beyond that is forgiven here. */
uint32_t pacer_due(struct pacer *p, nsec now);
void pacer_sent(struct pacer *p, uint32_t count);
/* When the next one is due; now or earlier where one is due already. */
nsec pacer_next(const struct pacer *p);

#endif
