/*
 * shrink - cuts a topology that fails down to the smallest that still fails.
 *
 * It works on the text: lines go, routers are bridged, words go, values become simple, as long as
 * what is left still parses and still fails; until nothing more can go, or the budget of trials is
 * spent.
 */
#ifndef SONDE_SIM_SHRINK_H
#define SONDE_SIM_SHRINK_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buffer.h"
#include "tests/sim/topo.h"

/* Whether it still fails, in the way that matters. */
typedef bool (*shrink_fails)(void *ctx, const struct topo *topo);

/*
 * text: the smallest found, in the buffer. Returns how many trials it took; at most budget. Where
 * there is no memory, what was found so far is the smallest.
 */
uint32_t shrink(const struct topo *topo, shrink_fails fails, void *ctx, uint32_t budget,
                struct buffer *text);

#endif
