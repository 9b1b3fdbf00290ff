/*
 * decimal - numbers with a decimal point from integers: exact, rounded once, whatever the locale.
 */
#ifndef SONDE_RENDER_DECIMAL_H
#define SONDE_RENDER_DECIMAL_H

#include <stdint.h>
#include "base/buffer.h"
#include "base/time.h"

/* units / 10^scale with so many places, the last one rounded half away from zero. places <= scale
 * <= 18. */
void decimal_fixed(struct buffer *out, int64_t units, unsigned scale, unsigned places);

/* units / 10^scale exactly, without zeros at the end: 0.039, 12, 1.5. scale <= 18. */
void decimal_exact(struct buffer *out, int64_t units, unsigned scale);

/* Milliseconds with three decimals, and what stands behind them. */
void decimal_ms(struct buffer *out, nsec t, const char *behind);

/* A duration kept as a double, to the nearest nanosecond; saturates. */
nsec decimal_nsec(double ns);

#endif
