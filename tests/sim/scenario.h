/*
 * scenario - a kind of network, and what must hold on it, whatever the seed.
 *
 * Its topology is a file, or drawn from the seed; its run function lets an algorithm work on it in
 * virtual time and says what is wrong, in one sentence. To add one: a row in scenarios.c.
 */
#ifndef SONDE_SIM_SCENARIO_H
#define SONDE_SIM_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tests/sim/generate.h"
#include "tests/sim/topo.h"

#define SCENARIO_TEXT 256

struct scenario_result {
	char wrong[SCENARIO_TEXT]; /* empty: nothing */
	uint64_t trace;            /* of all that crossed the border */
	uint64_t probes;
};

struct scenario {
	const char *name;
	const char *file; /* in tests/topo; NULL: drawn */
	struct generate_config draw;
	uint32_t targets; /* most at once; 0: a few */
	void (*run)(const struct scenario *scenario, const struct topo *topo, uint64_t seed,
	            struct scenario_result *result);
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

/* The topology of a scenario under a seed. False, with a sentence in wrong, where there is none. */
bool scenario_topo(const struct scenario *scenario, uint64_t seed, struct topo *topo,
                   char wrong[static SCENARIO_TEXT]);

/* scenario_ping.c: ping at addresses drawn from the topology, with options drawn from the seed. */
void scenario_ping(const struct scenario *scenario, const struct topo *topo, uint64_t seed,
                   struct scenario_result *result);

#endif
