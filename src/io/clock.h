/*
 * clock - the one place that asks what time it is, and the map from wall-clock stamps of the kernel
 * to the monotonic clock everything else runs on.
 */
#ifndef SONDE_IO_CLOCK_H
#define SONDE_IO_CLOCK_H

#include <stdint.h>
#include "base/time.h"

/* CLOCK_MONOTONIC now. */
nsec clock_now(void);
/* CLOCK_REALTIME minus CLOCK_MONOTONIC, ns; a step of the wall clock changes it. */
nsec clock_wall_offset(void);

struct clock_map {
	nsec offset;          /* wall minus monotonic as of the last look */
	nsec previous_offset; /* before the last step, for stamps taken before it */
	nsec looked;          /* monotonic time of the last look */
};

void clock_map_init(struct clock_map *m);
/*
 * A wall-clock stamp as monotonic time. It must lie in [not_before, now]: where the wall clock was
 * stepped, the offset before the step is tried, then a new look is taken; a stamp that fits none
 * of them gives -1, and the caller falls back on its own time and says so.
 */
nsec clock_map_stamp(struct clock_map *m, nsec wall, nsec not_before, nsec now);

#endif
