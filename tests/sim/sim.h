/*
 * sim - the model: a topology brought to life. Bytes in, scheduled bytes out; seeded; nothing else.
 *
 * A packet's whole walk is worked out when it enters: link by link, with the time at each hop, out
 * and, for what answers it, back. It costs no event for each hop, so a million probes over ten hops
 * take half a second. A packet sees the topology as it stands when it leaves the source; buckets of
 * ICMP limits are asked at the time it reaches the router.
 *
 * Two faces use it: net_sim.h in virtual time in this process, and simnet behind a TUN device.
 */
#ifndef SONDE_SIM_SIM_H
#define SONDE_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"
#include "base/time.h"
#include "tests/sim/topo.h"

struct sim;

/*
 * The topology must outlive the model; its changes come at their times from the start, which is
 * the time of nothing else. NULL where there is no memory.
 */
struct sim *sim_new(const struct topo *topo, uint64_t seed, nsec start);
void sim_free(struct sim *s);

/*
 * A datagram leaves the source at now (never before the last one). What is no whole IP datagram,
 * has a wrong checksum where somebody would look at it, or comes from an address that is not the
 * source's, is dropped and counted.
 */
void sim_inject(struct sim *s, nsec now, struct span datagram);

/* When the next datagram arrives at the source; NSEC_NEVER where none is on its way. */
nsec sim_next(const struct sim *s);
/*
 * The next datagram that has arrived by now, oldest first; false where there is none. The bytes
 * live until the next call of sim_take, or, where sim_keep was called after it, of sim_drop.
 */
bool sim_take(struct sim *s, nsec now, nsec *arrived, struct span *datagram);
void sim_keep(struct sim *s);
void sim_drop(struct sim *s);

/*
 * Of what has arrived by now the oldest stays, as much as there is room for; the rest is thrown
 * away. Returns how many those were: what a full socket does to what comes later.
 */
uint64_t sim_overflow(struct sim *s, nsec now, uint32_t room);

/* The largest datagram that the source can send to dst without cutting it; UINT32_MAX: any. */
uint32_t sim_source_mtu(struct sim *s, nsec now, const struct addr *dst);

struct sim_counts {
	uint64_t injected, invalid;
	uint64_t arriving, delivered; /* set on their way to the source for good; taken there */
	uint64_t lost_out,
	        lost_back; /* by loss, bursts, links that are down, TTLs on the way back */
	uint64_t limited, silent, too_big; /* answers not given, for that reason; cut off by MTU */
	uint64_t held;                     /* fragments that did not make a datagram whole */
	uint64_t duplicated, corrupted, forged;
};
const struct sim_counts *sim_counts(const struct sim *s);

#define SIM_TRUTH_MAX 256

/* The truth, for the tests to judge by. */
struct sim_truth {
	uint32_t hops; /* routers, hidden ones too, and the host at the end, on this walk */
	uint32_t nodes[SIM_TRUTH_MAX]; /* the first of them */
	nsec out, back;                /* the delays along the walk and back, without jitter */
	bool reached;
};
/* The walk a datagram would take now, without loss, MTUs and limits, and without sending it. */
void sim_truth(struct sim *s, nsec now, struct span datagram, struct sim_truth *truth);

#endif
