/*
 * fakenet - a scripted network in virtual time: what an algorithm and the driver are tested on.
 *
 * It knows nothing of packets. Each probe asks a script what becomes of it, and the script says
 * so: how long the answer takes, how often it comes, with which kind and flags, or that there is
 * none, or that sending fails. The clock is a number that the test moves.
 */
#ifndef SONDE_TESTS_UNIT_FAKENET_H
#define SONDE_TESTS_UNIT_FAKENET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/heap.h"
#include "base/time.h"
#include "algo/drive.h"
#include "probe/net.h"

struct fate {
	int error;      /* errno of sending */
	uint32_t mtu;   /* with it */
	int copies;     /* answers; 0: none comes */
	nsec delay;     /* of the first answer */
	nsec spacing;   /* between two of them */
	uint8_t kind;   /* enum reply_kind of the first; the others are echo replies */
	uint32_t flags; /* of the first */
	nsec stamp;     /* a refined time of sending comes, that much after the first; 0 for none */
	nsec send_delay; /* the probe leaves that much after it was handed over */
};

struct fakenet;
typedef struct fate (*fakenet_script)(void *ctx, const struct probe *probe, uint64_t number);

struct fakenet {
	struct net net;
	nsec now;
	fakenet_script script;
	void *ctx;
	uint64_t sent; /* probes accepted */
	uint64_t refused;
	uint64_t batches; /* calls of send */
	size_t largest_batch;
	struct net_event *events; /* slots; free ones are in spare */
	uint32_t *spare;
	uint32_t spares, capacity;
	struct heap due;
	nsec puts;
};

void fakenet_init(struct fakenet *f, fakenet_script script, void *ctx);
void fakenet_release(struct fakenet *f);

/* An event of the test's own, at a time. */
void fakenet_put(struct fakenet *f, nsec when, const struct net_event *event);

/* When the next event comes; NSEC_NEVER. */
nsec fakenet_next(const struct fakenet *f);

/* Clock for drive_init, with the fakenet as its context. */
nsec fakenet_clock(void *fakenet);

/*
 * Steps the driver and moves the clock to its deadline or the next event, whichever is first, until
 * the algorithm is done or the clock would pass the end. True where it is done.
 */
bool fakenet_run(struct fakenet *f, struct drive *d, nsec end);

#endif
