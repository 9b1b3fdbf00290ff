/*
 * recorder - an algorithm that does what another one does, and tells what it was told.
 *
 * It stands between drive and the algorithm, so that whatever runs can be recorded and nothing is
 * done where nothing is. Every call comes out as an event, in order; of polls at one time that gave
 * reports until they gave something else, only the last.
 */
#ifndef SONDE_ALGO_RECORDER_H
#define SONDE_ALGO_RECORDER_H

#include <stdint.h>
#include "algo/algo.h"
#include "algo/record.h"
#include "base/time.h"

/* The event and what it points to live until it returns. */
typedef void (*recorder_sink)(void *ctx, const struct record_event *event);

struct recorder {
	struct algo algo; /* for drive; its free leaves the other one alone */
	struct algo *inner;
	recorder_sink sink;
	void *ctx;
	/* Reports given at a time, not yet told: */
	uint32_t reports;
	nsec reported_at;
};

void recorder_init(struct recorder *r, struct algo *inner, recorder_sink sink, void *ctx);

/* A note of the command, in its place among the events. */
void recorder_note(struct recorder *r, const struct record_event *note);

#endif
