/*
 * time - nanoseconds on one monotonic clock, as signed 64-bit integers.
 *
 * Nothing here asks a clock: io/clock does, once, and everybody else is told. A time is the
 * nanoseconds since an arbitrary start; a duration is a difference of two. 292 years fit.
 */
#ifndef SONDE_BASE_TIME_H
#define SONDE_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t nsec;

#define NSEC_US    INT64_C(1000)
#define NSEC_MS    INT64_C(1000000)
#define NSEC_S     INT64_C(1000000000)
#define NSEC_NEVER INT64_MAX /* a deadline that does not come */

/* a + b without wrapping: NSEC_NEVER stays never, and a sum beyond it becomes never. b >= 0. */
static inline nsec nsec_after(nsec a, nsec b)
{
	return a > NSEC_NEVER - b ? NSEC_NEVER : a + b;
}

static inline nsec nsec_min(nsec a, nsec b)
{
	return a < b ? a : b;
}

static inline nsec nsec_max(nsec a, nsec b)
{
	return a > b ? a : b;
}

/* For output only: never computed with again. */
static inline double nsec_to_ms(nsec t)
{
	return (double)t / 1e6;
}

static inline double nsec_to_s(nsec t)
{
	return (double)t / 1e9;
}

/* Seconds as typed by a user ("0.2") into nanoseconds, rounded to nearest; saturates;
 * NaN gives 0. */
nsec nsec_from_s(double seconds);

/*
 * RFC 3339 in UTC with microseconds, "2026-11-24T13:30:03.123456Z", from nanoseconds since the
 * epoch (any value, also before 1970). Writes 28 bytes with the final NUL for years 0 to 9999.
 */
#define NSEC_RFC3339_SIZE 48
void nsec_format_rfc3339(nsec since_epoch, char text[static NSEC_RFC3339_SIZE]);

#endif
