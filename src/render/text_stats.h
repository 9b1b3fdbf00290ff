/*
 * text_stats - what --stats adds to ping's summary: percentiles, jitter, how sure the loss is, and
 * a histogram.
 *
 *	rtt p50/p90/p95/p99 = 0.039/0.051/0.066/0.120 ms
 *	jitter rfc3550/mean/max = 0.004/0.006/0.031 ms
 *	loss 3 of 100, 1.03% to 8.45% with 95% confidence, longest run 2
 *	also 1 late, 2 unknown or from elsewhere, 5 dropped by this host
 *
 * Each line stands only where it has something to say.
 */
#ifndef SONDE_RENDER_TEXT_STATS_H
#define SONDE_RENDER_TEXT_STATS_H

#include "algo/report.h"
#include "base/buffer.h"
#include "render/render.h"

void text_stats(struct buffer *out, const struct render_world *world,
                const struct report_ping_totals *totals);

#endif
