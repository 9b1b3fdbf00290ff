/*
 * algo - the vocabulary of every algorithm: a pure state machine.
 *
 * It knows no socket, no clock and no terminal. Time and events come in as arguments, what it
 * wants done comes out of poll as a value. drive runs any algorithm on any network; the same code
 * runs on raw sockets and on the simulated internet in virtual time.
 *
 *	poll(now)    -> SEND a probe | REPORT something | IDLE until deadline() or an event | DONE
 *	on_sent      what became of a probe: accepted, refused, or stamped more precisely
 *	on_reply     what came back
 *	on_drops     the kernel threw replies away: no loss of the path
 *	stop         finish early: the next polls report what is known, then DONE
 *
 * Contract: after poll said IDLE, deadline() > now (asserted by drive). The times given to poll
 * never go backwards; an event carries the time it happened at, which may lie behind or ahead of
 * the last poll. Between two polls that say something else than REPORT come at most ALGO_BATCH
 * results of sending and ALGO_BATCH other events, and what a reply handed to on_reply points to
 * lives until the second of them: its report may keep the pointer instead of a copy. A report and
 * all it points to live until the next call.
 */
#ifndef SONDE_ALGO_ALGO_H
#define SONDE_ALGO_ALGO_H

#include <stdint.h>
#include "base/time.h"
#include "probe/net.h"
#include "probe/probe.h"
#include "algo/report.h"

#define ALGO_BATCH 64

enum action_kind {
	ACTION_IDLE,
	ACTION_SEND,
	ACTION_REPORT,
	ACTION_DONE,
};

struct action {
	enum action_kind kind;
	struct probe probe;          /* ACTION_SEND */
	const struct report *report; /* ACTION_REPORT */
};

struct algo;

struct algo_ops {
	const char *name;
	void (*poll)(struct algo *algo, nsec now, struct action *action);
	void (*on_sent)(struct algo *algo, const struct sent *sent);
	void (*on_reply)(struct algo *algo, const struct reply *reply);
	void (*on_drops)(struct algo *algo, uint64_t drops, nsec now);
	nsec (*deadline)(const struct algo *algo);
	void (*stop)(struct algo *algo, nsec now);
	void (*free)(struct algo *algo);
};

/* The first member of every algorithm. */
struct algo {
	const struct algo_ops *ops;
};

#endif
