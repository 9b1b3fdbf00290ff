/*
 * drive - runs one algorithm on one network, the same for production and test.
 *
 * It owns neither. A step takes all events that are there, lets the algorithm speak until it is
 * idle, sends consecutive probes in one batch, and says when it wants to be called again. Waiting
 * is the caller's: io/loop for the real world, the simulator's clock for the other.
 *
 * Time moves for the algorithm as events happened, not as they were fetched: before a reply is
 * handed over, whatever was due by the reply's own time is done, and nothing later. So a process
 * that was stopped for a while takes no reply that was in time for lost, however late it reads it.
 */
#ifndef SONDE_ALGO_DRIVE_H
#define SONDE_ALGO_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include "algo/algo.h"
#include "base/time.h"
#include "probe/net.h"

#define DRIVE_BATCH ALGO_BATCH

typedef nsec (*drive_clock)(void *ctx);
typedef void (*drive_report)(void *ctx, const struct report *report);

struct drive {
	struct algo *algo;
	struct net *net;
	drive_clock clock; /* asked at init, once for each step and once after each batch or burst
	                      was sent */
	void *clock_ctx;
	drive_report report; /* where reports go; may call stop and the like, but not drive_step */
	void *report_ctx;
	bool done;     /* the algorithm said DONE */
	int net_error; /* last NET_ERROR, for the caller to look at; 0 where none */
	/* The rest is drive's own. */
	nsec now;        /* how far the algorithm's time has come */
	size_t gathered; /* probes waiting to be sent in one batch */
	struct probe probes[DRIVE_BATCH];
	struct sent results[DRIVE_BATCH];
	struct net_event events[DRIVE_BATCH];
};

void drive_init(struct drive *d, struct algo *algo, struct net *net, drive_clock clock,
                void *clock_ctx, drive_report report, void *report_ctx);

/*
 * Works until the algorithm is idle or done; returns its deadline (absolute, strictly ahead of the
 * time it said idle at), NSEC_NEVER where it waits for events only or is done. Gives way to the
 * caller after a bounded amount of work even if more is there; the deadline is then now.
 */
nsec drive_step(struct drive *d);

#endif
