/*
 * text_summary - the two lines ping ends with:
 *
 *	3 packets transmitted, 2 received[, +N duplicates][, +N corrupted][, +N errors]
 *		[, +N send errors], 33.3333% packet loss, time 406ms
 *	rtt min/avg/max/mdev = 0.165/0.194/0.209/0.015 ms[, pipe N][, ipg/ewma 0.012/0.007 ms]
 *
 * Loss is as report_ping_settled says; time is from the first probe to the last. Where nothing was
 * sent there is neither; where nothing was measured the second line has what is left, or nothing.
 */
#ifndef SONDE_RENDER_TEXT_SUMMARY_H
#define SONDE_RENDER_TEXT_SUMMARY_H

#include "algo/report.h"
#include "base/buffer.h"
#include "render/text_ping.h"

void text_summary(struct buffer *out, const struct text_ping_options *options,
                  const struct report_ping_totals *totals);

#endif
