/*
 * carrier - what raw sockets and error queues have in common: probes out in batches, what comes
 * back in batches, each with the kernel's stamp, and nothing allocated on the way.
 *
 * It has a handful of channels, each one socket: of one family, to send, to receive, or both. How
 * they are opened is raw's and errqueue's business; so is what an error queue says.
 */
#ifndef SONDE_IO_CARRIER_H
#define SONDE_IO_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "io/clock.h"
#include "io/inbox.h"
#include "io/outbox.h"
#include "io/socket.h"
#include "io/source.h"
#include "io/stamp.h"
#include "io/transport.h"
#include "probe/exchange.h"
#include "probe/net.h"

#define CARRIER_CHANNELS 4 /* a sender and a receiver for each family */
/* Of a message in the receive buffer, beside its bytes; at least. */
#define CARRIER_MESSAGE_COST 512

struct channel {
	int fd;
	uint8_t family;
	bool sends;
	bool receives;
	bool own_header;  /* what is sent begins with the IP header */
	bool gets_header; /* what is received does */
	bool stamps_received;
	bool errors;        /* ICMP errors come on its error queue (IP_RECVERR) */
	bool hinted;        /* something is, or may be, on the error queue */
	bool filtered;      /* by the kernel: it must be told of new ids */
	bool df;            /* how the socket stands (socket_set_df) */
	bool pinned;        /* bound to a source, connected, as was asked for */
	struct addr source; /* bound to by the first probe; family 0 where to none */
	struct addr peer;   /* connected to; family 0 where to none */
	uint32_t leased;    /* flow labels, of the flows from 0 on */
	uint32_t drops;     /* of the kernel, all so far */
	uint32_t burst;     /* bytes read since there was nothing left */
	uint32_t suspect;   /* from so many on the buffer may have been full */
	struct stamp_ring stamps;
	struct outbox out;
};

struct carrier {
	struct net net;
	struct exchange exchange;
	struct clock_map map;
	struct channel channels[CARRIER_CHANNELS];
	size_t channel_count;
	struct inbox in;
	struct inbox errors;
	struct reply stash[INBOX_BATCH]; /* errors without room; their messages are kept */
	size_t stashed;
	struct source_table sources;
	struct addr source4, source6; /* asked for; family 0 where not */
	enum transport_pmtu pmtu;
	uint8_t ttl, tos; /* of the sockets */
	bool own_header;
	bool bind_source, connect;
	bool bursts;           /* of a call that sends, the first datagram alone is timed */
	uint32_t filter_flows; /* flows the filter lets pass */
	nsec read;             /* when the sockets were last read */
	uint8_t used_families; /* that something was sent to: bits 1 << family */
	bool idle;             /* the last reading found nothing and expected nothing */
	uint32_t turn;
	uint64_t dropped; /* not told yet */
	int error;        /* of a socket, not told yet */
};

/* Opens and adds the channels of one family; the last one added, NULL where o->error says why. */
typedef struct channel *(*carrier_opener)(struct carrier *c, struct socket_opening *o);

/*
 * A carrier with the families asked for; one that the host lacks is left out as long as there is
 * another. 0 and *net; else -errno, and info->what and info->error say what was refused.
 */
int carrier_open(const struct net_ops *ops, const struct transport_config *config,
                 carrier_opener opener, struct net **net, struct transport_info *info);
void carrier_free(struct net *net);

/*
 * For openers: the next channel over the opening's socket, which is the carrier's from then on.
 * Asks for stamps. NULL (and o->error) where the opening failed or memory did.
 */
struct channel *carrier_add(struct carrier *c, struct socket_opening *o, bool sends, bool receives);

void carrier_send(struct net *net, const struct probe *probes, size_t count, struct sent *results);
size_t carrier_receive(struct net *net, struct net_event *events, size_t capacity);
size_t carrier_fds(const struct net *net, int *fds, size_t capacity);

/* The filter of a receiving channel lets pass what the exchange calls ours by now. 0 or -errno. */
int carrier_filter(struct carrier *c, struct channel *ch, bool first);

/* Time of an arrival: the kernel's, or user space's (now). */
nsec carrier_time(struct carrier *c, const struct arrival *a, nsec now, bool *user_time);

/* An ICMP error from an error queue; false where it is about no probe of ours. errqueue's. */
bool errqueue_match(struct carrier *c, const struct arrival *a, nsec now, struct reply *reply);

#endif
