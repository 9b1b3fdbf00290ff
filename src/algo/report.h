/*
 * report - what the user should learn, as values: algorithms make them, renderers write them.
 *
 * The only header that algo/ and render/ share. Nothing here is formatted; what is not known is
 * said to be so (family 0, -1, a NULL pointer), never zero.
 */
#ifndef SONDE_ALGO_REPORT_H
#define SONDE_ALGO_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/stats.h"
#include "base/time.h"
#include "probe/net.h"

enum report_kind {
	REPORT_PING_START, /* a target has begun */
	REPORT_PING_REPLY, /* counts as received */
	REPORT_PING_LATE,  /* came after its probe was given up: the probe stays lost */
	REPORT_PING_DUPLICATE,
	REPORT_PING_CORRUPT,
	REPORT_PING_TRUNCATED,
	REPORT_PING_FOREIGN, /* from another address, or for a sequence never sent */
	REPORT_PING_LOST,
	REPORT_PING_ERROR,      /* an ICMP error about one of our probes */
	REPORT_PING_NOTICE,     /* an ICMP message that changes nothing: redirect, source quench, an
	                           error about a probe that is settled already */
	REPORT_PING_SEND_ERROR, /* this host refused to send it */
	REPORT_PING_WAITING,    /* -O: no answer yet to the probe before this one */
	REPORT_PING_SENT,       /* flood only: one dot */
	REPORT_PING_STATUS,     /* SIGQUIT: the running line */
	REPORT_PING_SUMMARY,
	REPORT_DROPS,           /* this host dropped replies: count in drops */
	REPORT_PING_UNRESOLVED, /* a target without an address; made by cli/: time, target, text */
};

struct report_target {
	uint32_t index;
	const char *name;      /* as typed */
	const char *canonical; /* NULL where not known */
	struct addr addr;
	struct addr source; /* family 0 unless asked for or known */
	uint32_t data;      /* bytes behind the ICMP header of each probe */
	uint32_t header;    /* bytes of IP header, options included, and ICMP header */
};

/* sent = received + lost + in_flight + errors, at every moment. Send errors are not in sent. */
struct report_ping_totals {
	uint64_t sent, received, lost, in_flight, errors;
	uint64_t duplicates, late, corrupt, foreign, truncated, send_errors, local_drops;
	uint64_t pipe;              /* most probes under way at once */
	uint64_t longest_loss;      /* longest run of lost probes */
	nsec first_sent, last_sent; /* 0 where nothing was sent */
	nsec duration;              /* start to the end of the run */
	double ewma;                /* of the RTT, ns, weight 1/8; 0 where none */
	const struct stats *rtt;
	const struct histogram *histogram; /* NULL where none is kept */
};

/*
 * Loss is the share of the probes whose fate is settled that no reply answered: lost ones and those
 * an ICMP error came for. What is in flight at the end is not lost.
 */
static inline uint64_t report_ping_settled(const struct report_ping_totals *t)
{
	return t->sent - t->in_flight;
}

static inline uint64_t report_ping_unanswered(const struct report_ping_totals *t)
{
	return t->lost + t->errors;
}

/* Of the RTT; -1 where not known. The histogram is true to 1/64, the extremes are exact. */
static inline nsec report_ping_percentile(const struct report_ping_totals *t, double p)
{
	if (!t->histogram || t->histogram->total == 0 || t->rtt->count == 0)
		return -1;
	nsec value = histogram_percentile(t->histogram, p);
	return nsec_min(nsec_max(value, t->rtt->min), t->rtt->max);
}

struct report {
	enum report_kind kind;
	nsec time;
	const struct report_target *target; /* NULL for what belongs to none */
	uint64_t seq;                       /* whole, counting from 1; 0 where unknown */
	nsec rtt;                           /* -1 where unknown */
	const struct reply *reply; /* reply, late, duplicate, corrupt, truncated, foreign, error */
	int error;                 /* errno of a send error */
	uint32_t mtu;              /* with EMSGSIZE: what would have fitted; 0 where not known */
	const char *text; /* why there is no address, in one phrase; NULL for other kinds */
	uint64_t drops;
	const struct report_ping_totals *totals; /* status, summary */
};

#endif
