#include "io/clock.h"

#include <time.h>

#define LOOK_EVERY (100 * NSEC_US)
#define LOOK_TRIES 5

static nsec read_clock(clockid_t id)
{
	struct timespec t = { 0 };
	/* Cannot fail for the two clocks asked for, which are older than the program. */
	(void)clock_gettime(id, &t);
	return (nsec)t.tv_sec * NSEC_S + t.tv_nsec;
}

nsec clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

nsec clock_wall_offset(void)
{
	nsec best = NSEC_NEVER;
	nsec offset = 0;
	/* The wall clock is read between two readings of the other;
	 * the closest pair is believed. */
	for (int i = 0; i < LOOK_TRIES; i++) {
		nsec before = read_clock(CLOCK_MONOTONIC);
		nsec wall = read_clock(CLOCK_REALTIME);
		nsec width = read_clock(CLOCK_MONOTONIC) - before;
		if (width < best) {
			best = width;
			offset = wall - before - width / 2;
		}
		if (best < CLOCK_NOISE / 4)
			break;
	}
	return offset;
}

void clock_map_init(struct clock_map *m)
{
	nsec now = clock_now();
	nsec offset = clock_wall_offset();
	*m = (struct clock_map){
		.offset = offset,
		.previous_offset = offset,
		.looked = now,
		.step_after = now,
		.step_before = now,
	};
}

void clock_map_look(struct clock_map *m, nsec offset, nsec now)
{
	nsec change = offset - m->offset;
	if (change > CLOCK_NOISE || change < -CLOCK_NOISE) {
		m->previous_offset = m->offset;
		m->offset = offset;
		m->step_after = m->looked;
		m->step_before = now;
	}
	m->looked = now;
}

/* The stamp under one offset, -1 outside of [low, high]; the noise of a look is forgiven. */
static nsec fit(nsec wall, nsec offset, nsec low, nsec high)
{
	nsec time;
	if (__builtin_sub_overflow(wall, offset, &time) || low > high)
		return -1;
	if (time < low)
		return low - time <= CLOCK_NOISE ? low : -1;
	if (time > high)
		return time - high <= CLOCK_NOISE ? high : -1;
	return time;
}

nsec clock_map_fit(const struct clock_map *m, nsec wall, nsec not_before, nsec now)
{
	if (m->step_after == m->step_before)
		return fit(wall, m->offset, not_before, now);
	nsec after = fit(wall, m->offset, nsec_max(not_before, m->step_after), now);
	nsec before = fit(wall, m->previous_offset, not_before, nsec_min(now, m->step_before));
	if (after >= 0 && before >= 0)
		return -1;
	return after >= 0 ? after : before;
}

nsec clock_map_stamp(struct clock_map *m, nsec wall, nsec not_before, nsec now)
{
	if (now - m->looked > LOOK_EVERY)
		clock_map_look(m, clock_wall_offset(), now);
	nsec time = clock_map_fit(m, wall, not_before, now);
	if (time >= 0)
		return time;
	clock_map_look(m, clock_wall_offset(), now);
	return clock_map_fit(m, wall, not_before, now);
}
