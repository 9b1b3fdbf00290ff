/*
 * ping - echo requests to any number of targets, side by side, each on its own schedule.
 *
 * Each target has a sequence counting from 1, absolute deadlines (a late wake-up never shifts the
 * schedule), and its own totals. A probe is answered, answered by an ICMP error, lost (its timeout
 * passed) or in flight; each is exactly one of them at any moment.
 *
 * Tokens are serial << 16 | sequence & 0xffff; the serial finds the probe in a ring, so that a reply
 * costs O(1) whatever the number of targets.
 */
#ifndef SONDE_ALGO_PING_H
#define SONDE_ALGO_PING_H

#include <stdbool.h>
#include <stdint.h>
#include "algo/algo.h"
#include "base/addr.h"
#include "base/time.h"

struct ping_config {
	uint64_t count;    /* probes of each target; 0 for no end */
	nsec interval;     /* between two probes of a target; 0: as fast as answers come */
	/*
	 * How long an answer is waited for. 0: not given; then 10 s, but once all probes of a target
	 * are sent and something was heard, max(2 * longest RTT, interval).
	 */
	nsec timeout;
	nsec deadline;     /* of the whole run from its start; 0 for none. With count: until so many
	                      answers have come */
	uint32_t preload;  /* so many at once at the start; 1 */
	nsec gap;          /* least time between the first probes of two targets */
	uint32_t size;     /* data bytes behind the ICMP header */
	uint32_t options;  /* bytes of IPv4 options each probe carries */
	uint8_t ttl, tos;
	uint8_t kind;      /* PROBE_ECHO, PROBE_TIMESTAMP, PROBE_NODE_INFO */
	bool df;
	bool flood;        /* next probe on each answer, and 100 a second at least; reports SENT */
	bool adaptive;     /* interval follows the RTT (-A) */
	nsec interval_min; /* floor of adaptive, and of flood without privilege */
	bool waiting;      /* report WAITING (-O) */
	bool histogram;    /* keep one for each target */
	bool quiet;        /* summaries only: per-probe reports are not made */
};

struct ping;

/* NULL where there is no memory. The run's clock starts at now. */
struct ping *ping_new(const struct ping_config *config, nsec now);
struct algo *ping_algo(struct ping *ping);

/*
 * Adds a target, at any moment before or during the run; strings are copied. Returns its index
 * (0, 1, ...) or -ENOMEM, -EINVAL. Its first probe is due at once, or gap after that of the target before.
 */
int ping_add(struct ping *ping, const struct report_target *target, nsec now);
/* No more targets come: the run is over once all have ended. Until then it idles. */
void ping_seal(struct ping *ping);
/* Replaces the address of a target that was resolved anew. */
void ping_readdress(struct ping *ping, uint32_t index, const struct addr *addr);
/* Asks for a STATUS report of each target (SIGQUIT). */
void ping_status(struct ping *ping);

uint32_t ping_targets(const struct ping *ping);
const struct report_ping_totals *ping_totals(struct ping *ping, uint32_t index, nsec now);

#endif
