/*
 * replay - hands recorded events to an algorithm, in the place of drive and of the world.
 *
 * The same events at the same times make the same reports. Where the algorithm has changed since,
 * what it does may differ from what was recorded: that is counted, and the events go on as they
 * were. A record may come from a stranger; what would break the contract of algo.h is refused.
 */
#ifndef SONDE_ALGO_REPLAY_H
#define SONDE_ALGO_REPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include "algo/algo.h"
#include "algo/drive.h"
#include "algo/record.h"
#include "base/time.h"

#define REPLAY_EVENTS (2 * ALGO_BATCH) /* between two polls */

struct replay {
	struct algo *algo;
	drive_report report;
	void *ctx;
	nsec now; /* of the last poll */
	bool done;
	uint64_t strayed; /* polls that did not come to what was recorded */
	uint32_t events;  /* since the last poll that said something else than REPORT */
	/* Those handed over live until the second such poll. */
	struct reply replies[2 * REPLAY_EVENTS];
	uint32_t next;
};

void replay_init(struct replay *r, struct algo *algo, nsec start, drive_report report, void *ctx);

/*
 * Hands over any event but a note; what it points to must outlive the replay. False where it breaks
 * the contract, *fault then says in a phrase how. After the algorithm was done, nothing happens.
 */
bool replay_event(struct replay *r, const struct record_event *event, const char **fault);

#endif
