/*
 * clock - the one place that asks what time it is, and the map from wall-clock stamps of the kernel
 * to the monotonic clock everything else runs on.
 *
 * Both clocks tick alike; their difference, the offset, changes only when the wall clock is
 * stepped. So the map keeps one offset as long as it holds, and the difference of two stamps is
 * exact; a look now and then notices a step, and brackets it: the offset before is good for stamps
 * up to the look that saw the step, the one after for stamps from the look before.
 */
#ifndef SONDE_IO_CLOCK_H
#define SONDE_IO_CLOCK_H

#include <stdint.h>
#include "base/time.h"

/* CLOCK_MONOTONIC now. */
nsec clock_now(void);
/* CLOCK_REALTIME minus CLOCK_MONOTONIC, ns; a step of the wall clock changes it. */
nsec clock_wall_offset(void);

/* Looks differ by the time between two readings; no step is taken to be smaller than that. */
#define CLOCK_NOISE NSEC_US

struct clock_map {
	nsec offset;          /* wall minus monotonic as of the last look */
	nsec previous_offset; /* before the last step, for stamps taken before it */
	nsec looked;          /* monotonic time of the last look */
	nsec step_after;      /* the last step came between this look ... */
	nsec step_before;     /* ... and this one; equal where there was none */
};

void clock_map_init(struct clock_map *m);

/* Takes note of the offset as seen at now. Looks come in order of time. */
void clock_map_look(struct clock_map *m, nsec offset, nsec now);

/*
 * A wall-clock stamp as monotonic time in [not_before, now], where the offset before or after the
 * last step gives one; a stamp within CLOCK_NOISE outside is moved to the bound. -1 where neither
 * does, and where both do and disagree: no time is better than one wrong by the step.
 */
nsec clock_map_fit(const struct clock_map *m, nsec wall, nsec not_before, nsec now);

/*
 * As clock_map_fit, with a look at the clock first where the last one is 0.1 ms old, and
 * another where the stamp does not fit. -1: the caller falls back on its own time and says so.
 */
nsec clock_map_stamp(struct clock_map *m, nsec wall, nsec not_before, nsec now);

#endif
