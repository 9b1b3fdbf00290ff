/*
 * net - the face of a network: probes go in, what became of them and what came back come out.
 *
 * Three things wear it: raw sockets (io/raw), sockets with error queues for those without
 * privilege (io/errqueue), and the simulated internet of the tests (tests/sim). An algorithm never
 * sees it: algo/drive stands between. Nothing here blocks; waiting is the loop's business.
 */
#ifndef SONDE_PROBE_NET_H
#define SONDE_PROBE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"
#include "base/time.h"
#include "probe/probe.h"

/*
 * What became of a probe. It comes once as accepted or refused, and may come again, refined, when
 * the kernel's own stamp of the moment of sending arrives (stamped), always before the reply does.
 */
struct sent {
	uint64_t token;
	nsec time;
	int error;    /* 0, or the errno of the refusal; then the probe never left this host */
	uint32_t mtu; /* EMSGSIZE: what would have been let through; 0 where not known */
	bool stamped;
};

enum reply_kind {
	REPLY_ECHO,
	REPLY_TIMESTAMP,
	REPLY_NODE_INFO,
	REPLY_TCP_SYNACK,
	REPLY_TCP_RST,
	REPLY_UDP, /* somebody listens there and answered */
	/* ICMP errors about one of our probes */
	REPLY_UNREACHABLE,
	REPLY_TOO_BIG, /* v4 3/4, v6 2 */
	REPLY_TIME_EXCEEDED,
	REPLY_PARAMETER,
	REPLY_REDIRECT,
	REPLY_QUENCH,
	REPLY_OTHER, /* an ICMP error of a type this table does not know */
};

enum reply_flag {
	REPLY_DUPLICATE = 1 << 0,    /* the probe had its answer already */
	REPLY_WRONG_SOURCE = 1 << 1, /* proved ours by its cookie, but from another address */
	REPLY_CORRUPT = 1 << 2,      /* bad checksum, or payload is not what was sent */
	REPLY_TRUNCATED = 1 << 3,    /* shorter than what was sent */
	REPLY_UNKNOWN = 1 << 4,      /* has our id but is no probe of ours: never sent, forged, or
	                                long forgotten; token is 0 */
	REPLY_USER_TIME = 1 << 5,    /* time was taken in user space: no kernel stamp */
	REPLY_ROUGH = 1 << 6,        /* sent is when a burst was begun that the probe was somewhere
	                                in: there is no RTT */
};

/* What an ICMP error quotes of our probe; -1 and family 0 for what the transport could not see. */
struct quoted {
	int16_t ttl;
	int16_t tos;
	int32_t length;   /* IP total length, or payload length + 40 */
	int32_t id;       /* IPv4 identification */
	int32_t checksum; /* of the upper layer */
	int8_t df, mf;
	struct addr src, dst;
	uint16_t sport, dport;
	uint16_t mss;   /* TCP MSS option; 0 where not seen */
	bool rewritten; /* upper-layer checksum or addresses are not those sent: NAT on the way */
};

struct reply {
	uint64_t token;
	nsec sent; /* from our own table, never from the packet: RTT is time - sent */
	nsec time;
	struct addr from;
	struct addr to; /* our address it was sent to; family 0 where unknown */
	uint32_t flags; /* enum reply_flag */
	uint8_t kind;   /* enum reply_kind */
	uint8_t icmp_type, icmp_code;
	int16_t ttl;    /* as it arrived; -1 unknown */
	int16_t tos;    /* -1 unknown */
	uint32_t bytes; /* of the upper layer: ICMP header and data; what ping calls "bytes" */
	uint32_t mtu;   /* too big: next-hop MTU as the router says, 0 from old ones */
	uint32_t pointer;
	struct addr gateway;
	uint32_t fragment_size; /* largest fragment it arrived in; 0 where whole or not known */
	struct quoted quoted;   /* errors only */
	/* Views into the receive buffer, valid until the next receive. */
	struct span payload;    /* echo: data behind the ICMP header; errors: the quoted datagram */
	struct span options;    /* IPv4 options of the datagram that came */
	struct span extensions; /* RFC 4884 structure; empty where absent */
	/* Echo with REPLY_CORRUPT: first wrong byte of the data, and what it should be; else -1. */
	int32_t wrong_at;
	uint8_t wrong_want, wrong_got;
};

enum net_event_kind {
	NET_SENT, /* only refinements: send() says the first itself */
	NET_REPLY,
	NET_DROPS, /* the kernel dropped replies for want of buffer (SO_RXQ_OVFL): local, not the
	              path */
	NET_ERROR, /* the socket reported an errno that belongs to no probe (ENETDOWN ...) */
};

struct net_event {
	enum net_event_kind kind;
	union {
		struct sent sent;
		struct reply reply;
		uint64_t drops; /* since the last such event */
		int error;
	};
};

struct net;

struct net_ops {
	const char *name; /* "raw", "dgram", "simulated" */
	/*
	 * Sends count probes in order and fills one result each. All are tried: a refusal of one
	 * does not stop the others.
	 */
	void (*send)(struct net *net, const struct probe *probes, size_t count,
	             struct sent *results);
	/*
	 * Takes at most capacity events that are there already, oldest first; fewer than capacity
	 * where that was all. Spans in the events live until the next receive.
	 */
	size_t (*receive)(struct net *net, struct net_event *events, size_t capacity);
	/* The descriptors to wait on (readable or error), at most capacity; returns how many. */
	size_t (*fds)(const struct net *net, int *fds, size_t capacity);
	void (*free)(struct net *net);
};

/* The first member of every implementation. */
struct net {
	const struct net_ops *ops;
};

#endif
