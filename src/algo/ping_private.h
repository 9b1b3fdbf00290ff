/*
 * ping_private - what the three parts of ping share: ping.c holds the targets, ping_poll.c speaks,
 * ping_event.c listens.
 */
#ifndef SONDE_ALGO_PING_PRIVATE_H
#define SONDE_ALGO_PING_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include "algo/algo.h"
#include "algo/ping.h"
#include "algo/ping_ring.h"
#include "algo/ping_target.h"
#include "base/hash.h"
#include "base/heap.h"

/* A report about an event, until poll can give it. */
struct ping_note {
	enum report_kind kind;
	uint32_t target; /* PING_NOBODY for none */
	nsec time;
	uint64_t seq;
	nsec rtt;
	const struct reply *reply;
	uint64_t drops;
	int error;
	uint32_t mtu;
};

/* An event makes one note at most, and algo.h says how many come between polls. */
#define PING_NOTES (2 * ALGO_BATCH)

/* Targets in a line, through their next. */
struct ping_line {
	uint32_t first, last; /* PING_NOBODY where empty */
};

struct ping {
	struct algo algo;
	struct ping_config config;
	struct ping_target *targets;
	uint32_t count, capacity;
	uint32_t running; /* neither ended nor gone */
	struct heap wake; /* all that run, always: moving one needs no memory */
	struct ping_ring ring;
	struct hash by_addr;      /* target of an address, the first of several */
	struct ping_line closing; /* ended; their last losses to come */
	struct ping_line ended;   /* SUMMARY to come (summary_early) */
	struct ping_line free;    /* in order of removal */
	struct ping_note notes[PING_NOTES];
	uint32_t note_first, note_count;
	uint32_t launched;   /* probes whose sending was not told yet */
	uint32_t status_at;  /* next to report STATUS of; count where none was asked for */
	uint32_t summary_at; /* next to report SUMMARY of, once over */
	nsec deadline;
	nsec started;
	nsec last_turn; /* of the target added last, gaps kept to the nanosecond; -1 before */
	nsec finished;  /* when the run was over */
	uint64_t drops;
	bool sealed, over;
	struct report report;
};

/* Queues a report. Quiet leaves only START. */
void ping_note(struct ping *p, struct ping_note note);

/* The target's next look; ends it where it has come to its end. */
void ping_review(struct ping *p, struct ping_target *t, nsec now);

/* Gives a probe up, with its report; reviews its target. */
void ping_give_up(struct ping *p, uint64_t serial, nsec when);
/* The same, of a target that has ended and whose summary was not told yet. */
void ping_lose(struct ping *p, struct ping_target *t, uint64_t serial, nsec when);

uint64_t ping_address_key(const struct addr *addr);
void ping_line_append(struct ping *p, struct ping_line *line, uint32_t index);

static inline nsec ping_timeout(const struct ping *p)
{
	return p->config.timeout ? p->config.timeout : PING_TIMEOUT;
}

void ping_poll(struct algo *algo, nsec now, struct action *action);
nsec ping_deadline(const struct algo *algo);
void ping_stop(struct algo *algo, nsec now);

void ping_on_sent(struct algo *algo, const struct sent *sent);
void ping_on_reply(struct algo *algo, const struct reply *reply);
void ping_on_drops(struct algo *algo, uint64_t drops, nsec now);

#endif
