/*
 * crossing - what the harnesses of the model, and its wildest test, share: datagrams go in, and all that comes out is held
 * against what any of it must be: a datagram with right checksums, for the source, in its time.
 */
#ifndef SONDE_SIM_CROSSING_H
#define SONDE_SIM_CROSSING_H

#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"
#include "base/time.h"
#include "tests/sim/reassembly.h"
#include "tests/sim/sim.h"

struct crossing {
	const struct topo *topo;
	struct sim *sim;
	struct reassembly reassembly;
	nsec now, last; /* when the last one arrived */
	uint64_t injected, taken;
	uint64_t trace; /* of all that came out, with its times */
};

void crossing_begin(struct crossing *c, const struct topo *topo, uint64_t seed);
void crossing_end(struct crossing *c);

/* Goes in at c->now. It must come out as something, or be counted as something. */
void crossing_inject(struct crossing *c, struct span datagram);
/* All that arrives by then. */
void crossing_take(struct crossing *c, nsec until);

#endif
