/*
 * text_histogram - a histogram of durations as a dozen rows of bars.
 *
 *	10.00 - 10.20 ms    412  82.4%  ████████████████████████████
 *	10.20 - 10.40 ms     86  17.2%  █████▊
 *	      >= 10.40 ms      2   0.4%  ▏
 *
 * Bounds are round (1, 2, 5 times a power of ten): equal steps where the samples lie close
 * together, growing ones where they are spread over magnitudes. The rarest at both ends, below the
 * first bound or from the last one on, share a row each, so that one outlier does not flatten the
 * rest. A sample is told apart from its neighbours to 1/64 (base/stats).
 */
#ifndef SONDE_RENDER_TEXT_HISTOGRAM_H
#define SONDE_RENDER_TEXT_HISTOGRAM_H

#include "base/buffer.h"
#include "base/stats.h"
#include "render/render.h"

#define TEXT_HISTOGRAM_ROWS 12

/*
 * h has samples, the shortest and longest of which are known exactly. Bars are '#' where the world
 * has no UTF-8.
 */
void text_histogram(struct buffer *out, const struct render_world *world, const struct histogram *h,
                    nsec shortest, nsec longest);

#endif
