/*
 * judge - says what became of each echo request, from the bytes that crossed the border alone.
 *
 * It shares nothing with exchange, flight or ping: it keeps what was sent, compares what comes byte
 * by byte, and knows for each request what may be said of it. A ping's reports are held against
 * that, one by one.
 */
#ifndef SONDE_SIM_JUDGE_H
#define SONDE_SIM_JUDGE_H

#include <stdbool.h>
#include <stdint.h>
#include "algo/report.h"
#include "base/addr.h"
#include "base/hash.h"
#include "base/time.h"
#include "tests/sim/net_sim.h"

#define JUDGE_TEXT 256

/* One request, known by destination and sequence. */
struct judge_request {
	struct addr dst;
	uint16_t id, sequence, checksum;
	uint64_t body; /* hash of what an answer must carry */
	nsec sent;
	uint32_t good;   /* answers that are right */
	nsec first_good; /* when the first of them came */
	uint32_t errors; /* that quote it as it was; redirects and the like are none */
	nsec first_error;
	uint32_t maybes; /* that quote it with another checksum, as behind a NAT */
	/* What was said of it. */
	uint32_t verdicts; /* that settle it: reply, lost, error */
	uint8_t kind;      /* enum report_kind of the last of these */
	nsec said_rtt;
	uint32_t again; /* duplicate or late */
};

struct judge {
	struct judge_request *requests;
	uint32_t count, capacity;
	struct hash index;
	nsec timeout;                              /* of the ping */
	uint64_t said[REPORT_PING_UNRESOLVED + 1]; /* reports by kind */
	uint64_t drops;
	uint64_t maybes;    /* errors that could be about any request: their quotes are garbled */
	uint64_t in_flight; /* of all totals */
	char wrong[JUDGE_TEXT]; /* the first thing found wrong; empty: nothing */
};

void judge_init(struct judge *j, nsec timeout);
void judge_release(struct judge *j);

/* To be called for all that crosses the border, and for all that is reported. */
struct net_sim_tap judge_tap(struct judge *j);
void judge_report(struct judge *j, const struct report *report);

/* Whether a target's totals add up. False: wrong says why. To be called once for each target. */
bool judge_totals(struct judge *j, const struct report_ping_totals *totals);
/* When all is over: whether each request has the one verdict it may have. */
bool judge_final(struct judge *j);

/* Requests called lost that nothing at all came back for, as far as was seen. */
uint32_t judge_vanished(const struct judge *j);

/* Notes what is wrong, unless something was before. Always false. */
__attribute__((format(printf, 2, 3))) bool judge_wrong(struct judge *j, const char *format, ...);

#endif
