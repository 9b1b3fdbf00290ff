/*
 * ping - echo requests to any number of targets, side by side, each on its own schedule.
 *
 * Each target has a sequence counting from 1, absolute deadlines (a late wake-up never shifts the
 * schedule), and its own totals. A probe is answered, answered by an ICMP error, lost (its timeout
 * passed) or in flight; each is exactly one of them at any moment.
 *
 * Tokens are serial << 16 | sequence & 0xffff; the serial finds the probe in a ring, so that a
 * reply costs O(1) whatever the number of targets.
 *
 * What a reply does to its probe:
 * - A good one answers a probe that waits. For a lost one it is LATE, and the probe stays lost; for
 *   one that has had its answer or an ICMP error it is a DUPLICATE.
 * - A CORRUPT or TRUNCATED one answers nothing: the probe waits on, for a good copy or its timeout.
 * - One from another address, or for a sequence never sent, is FOREIGN and answers nothing.
 * - An ICMP error ends a probe that waits; redirects, source quench and errors of a type unknown
 *   leave it waiting, and are a NOTICE, as is an error about a probe that is settled already.
 * - What comes for a target that has ended is ignored.
 *
 * At the end of a target or of the run, what is under way stays so. But where no timeout was given,
 * a probe that has waited long enough by then is lost: after a first answer as long as the last one
 * of a run with count is waited for, without any 900 ms.
 *
 * A probe this host refuses to send uses its sequence number and its slot, and counts as a probe
 * for count, so that a run without a route comes to its end.
 */
#ifndef SONDE_ALGO_PING_H
#define SONDE_ALGO_PING_H

#include <stdbool.h>
#include <stdint.h>
#include "algo/algo.h"
#include "base/addr.h"
#include "base/time.h"

#define PING_TICK NSEC_MS

struct ping_config {
	uint64_t count; /* probes of each target; 0 for no end */
	nsec interval;  /* between two probes of a target; 0: as fast as answers come, and 100 a
	                   second at least */
	/*
	 * How long an answer is waited for; NSEC_NEVER for ever. 0: not given; then 10 s, but once
	 * all probes of a target are sent and something was heard, no longer than
	 * max(2 * longest RTT, interval, 100 ms) after the last.
	 */
	nsec timeout;
	nsec deadline;    /* of the whole run from its start; 0 for none. With count: until so many
	                     answers have come */
	uint32_t preload; /* so many at once at the start; 0 is 1 */
	/*
	 * Least time between the first probes of two targets. Below PING_TICK it is kept on the
	 * average: those of a tick start together, and one wake-up serves them for the rest of the
	 * run.
	 */
	nsec gap;
	uint32_t size;    /* data bytes behind the ICMP header */
	uint32_t options; /* bytes of IPv4 options each probe carries */
	uint8_t ttl, tos;
	uint8_t kind; /* PROBE_ECHO, PROBE_TIMESTAMP, PROBE_NODE_INFO */
	bool df;
	bool flood;         /* report SENT; the pace of a flood is interval 0 */
	bool adaptive;      /* interval follows the RTT (-A) */
	nsec interval_min;  /* floor of adaptive, and of flood without privilege */
	bool waiting;       /* report WAITING (-O) */
	bool histogram;     /* keep one for each target */
	bool quiet;         /* START, STATUS and SUMMARY only */
	bool summary_early; /* SUMMARY as soon as a target has ended; else all at the end, in order
	                     */
};

struct ping;

/* NULL where there is no memory. The run's clock starts at now. Freed through its algo. */
struct ping *ping_new(const struct ping_config *config, nsec now);
struct algo *ping_algo(struct ping *ping);

/*
 * Adds a target, at any moment before or during the run; strings are copied, data and header are
 * filled in. Returns its index (0, 1, ...; places of removed ones are used again) or -ENOMEM, or
 * -EINVAL where it has no address or the run is sealed or over. Its first probe is due at once, or
 * gap after that of the target before.
 */
int ping_add(struct ping *ping, const struct report_target *target, nsec now);
/* Forgets a target and its probes; no summary. False where there is none at the index. */
bool ping_remove(struct ping *ping, uint32_t index);
/* No more targets come: the run is over once all have ended. Until then it idles. */
void ping_seal(struct ping *ping);
/* Replaces the address of a target that was resolved anew. */
void ping_readdress(struct ping *ping, uint32_t index, const struct addr *addr);
/* Asks for a STATUS report of each target (SIGQUIT). */
void ping_status(struct ping *ping);

/* Targets ever added, the places of removed ones included: indices are below it. */
uint32_t ping_targets(const struct ping *ping);
/* As of now, until the next call; NULL where there is no target at the index. */
const struct report_ping_totals *ping_totals(struct ping *ping, uint32_t index, nsec now);

#endif
