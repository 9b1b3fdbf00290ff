/*
 * ping_target - one target of a ping: when its next probe is due, and what its probes came to.
 *
 * Three ways to pace. With an interval, the n-th slot is start + n intervals and nothing moves it:
 * a late wake-up makes one probe late, a stall beyond the next slot skips slots, and the phase
 * stays. Without one (flood), answers make room for the next probe in a window that opens with
 * answers and closes by half at loss, and PING_FLOOD_GAP sends one where nothing answers. Adaptive
 * follows the smoothed RTT.
 *
 * No clock, no ring, no reports: ping holds these together.
 */
#ifndef SONDE_ALGO_PING_TARGET_H
#define SONDE_ALGO_PING_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include "algo/ping.h"
#include "algo/ping_ring.h"
#include "algo/report.h"
#include "base/stats.h"
#include "base/time.h"

#define PING_TIMEOUT    (10 * NSEC_S)   /* where none is given */
#define PING_LINGER_MIN (100 * NSEC_MS) /* a scheduler's pause must not look like loss */
#define PING_SILENCE    (900 * NSEC_MS) /* without any answer: nobody is there; -w 1 shall tell */
#define PING_FLOOD_GAP  (10 * NSEC_MS)
#define PING_PATIENCE   NSEC_MS /* least wait for an answer when adaptive: RTTs can be tiny */
#define PING_WINDOW     16      /* most probes of a flood under way while answers come */
#define PING_REORDER    3 /* answers may overtake so many others without being taken for loss */
#define PING_NOBODY     UINT32_MAX

struct ping_target {
	struct report_target info; /* its strings are owned */
	struct report_ping_totals totals;
	struct stats rtt;
	struct histogram histogram;
	struct ping_chain chain; /* its unsettled probes */
	nsec start;
	nsec due;          /* of the next probe; meaningless where no more are to be sent */
	nsec tried;        /* when the last one was handed over */
	nsec ended;        /* when it ended; NSEC_NEVER while it runs */
	uint64_t attempts; /* sequence of the last probe, sent or refused */
	uint64_t newest;   /* its serial */
	uint64_t high;     /* highest sequence settled */
	uint64_t holes;    /* unsettled below high, as far as the window has taken note */
	uint64_t last_lost, lost_run;
	uint32_t window, widened;
	uint32_t next; /* in the list of ended or of free ones */
	bool begun;    /* START was reported */
	bool asked;    /* WAITING was reported for the probe due */
	bool refused;  /* the last probe was */
	bool queued;   /* its last losses, or its SUMMARY, are to come */
	bool gone;     /* removed */
};

/* Copies what it keeps. 0 or -ENOMEM. */
int ping_target_init(struct ping_target *t, const struct ping_config *config,
                     const struct report_target *info, nsec start);
void ping_target_release(struct ping_target *t);
void ping_target_readdress(struct ping_target *t, const struct ping_config *config,
                           const struct addr *addr);

/* Whether more probes are to be sent, and whether the target has come to its end. */
bool ping_target_more(const struct ping_target *t, const struct ping_config *config);
bool ping_target_finished(const struct ping_target *t, const struct ping_config *config);

/* How long an answer is waited for at the end, where no timeout was given and something was heard
 * of the target, or nothing (PING_SILENCE). */
nsec ping_target_patience(const struct ping_target *t, const struct ping_config *config);

/* When it must be looked at next: to send, or to give up what has not been answered by then. */
nsec ping_target_wake(const struct ping_target *t, const struct ping_config *config);

/* What happened to it, in the order of a probe's life. */
void ping_target_launched(struct ping_target *t, const struct ping_config *config, nsec now);
void ping_target_sent(struct ping_target *t, const struct ping_config *config, nsec time);
void ping_target_stamped(struct ping_target *t, uint64_t seq, nsec time);
void ping_target_refused(struct ping_target *t, const struct ping_config *config, uint64_t seq,
                         nsec time);
/* rtt: -1 where it is not known; then it is in no figure but the count. */
void ping_target_answered(struct ping_target *t, const struct ping_config *config, uint64_t seq,
                          nsec rtt);
void ping_target_failed(struct ping_target *t, const struct ping_config *config, uint64_t seq);
void ping_target_lost(struct ping_target *t, uint64_t seq);

#endif
