/*
 * generate - topologies drawn at random: levels of routers, one or several wide, meshed, some
 * branches longer than others; ends here and there; and any of the words that may stand on them.
 *
 * What a word can say is known from its row: a new one is drawn without a line here. A seed gives
 * the same topology on every machine.
 */
#ifndef SONDE_SIM_GENERATE_H
#define SONDE_SIM_GENERATE_H

#include <stdbool.h>
#include <stdint.h>
#include "tests/sim/topo.h"

struct generate_config {
	uint32_t size;            /* about so many routers at most; 1 to 250 */
	const char *const *words; /* those that may be drawn, NULL ends them; NULL: all */
	double chance;            /* of each word at each place where it may stand */
	uint32_t changes;         /* at most so many, in the first ten seconds */
};

/* False where there is no memory; *t is then empty. */
bool generate(struct topo *t, uint64_t seed, const struct generate_config *config);

#endif
