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
#include "base/cursor.h"
#include "base/time.h"
#include "tests/sim/topo.h"

struct sim;

/* The topology must outlive the model. NULL where there is no memory. */
struct sim *sim_new(const struct topo *topo, uint64_t seed);
void sim_free(struct sim *s);

/* A datagram leaves the source at now (never before the last one). What is no IP datagram is
 * dropped and counted. */
void sim_inject(struct sim *s, nsec now, struct span datagram);

/* When the next datagram arrives at the source; NSEC_NEVER where none is on its way. */
nsec sim_next(const struct sim *s);
/*
 * The next datagram that has arrived by now, oldest first; false where there is none. The bytes
 * live until the next call of any sim function.
 */
bool sim_take(struct sim *s, nsec now, nsec *arrived, struct span *datagram);

struct sim_counts {
	uint64_t injected, delivered, invalid;
	uint64_t lost_out, lost_back;      /* by loss, bursts, links that are down */
	uint64_t limited, silent, too_big; /* answers not given, for that reason */
};
const struct sim_counts *sim_counts(const struct sim *s);

/* The truth, for the tests to judge by. */
struct sim_truth {
	uint32_t hops; /* routers and the host at the end, on this walk */
	uint32_t nodes[256];
	bool reached;
};
/* The walk a datagram would take now, without loss and without sending it. */
void sim_truth(struct sim *s, nsec now, struct span datagram, struct sim_truth *truth);

#endif
