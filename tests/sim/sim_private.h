/*
 * sim_private - what the parts of the model share.
 *
 *	sim.c          the faces' side: in, out, changes at their times, counts
 *	sim_route.c    which node has an address; which links lead to it; which of them a packet takes
 *	sim_walk.c     the way out, link by link, until somebody stops it
 *	sim_rewrite.c  what routers change in passing: TOS, MSS, addresses, recorded routes
 *	sim_back.c     the way back of an answer
 *	sim_limit.c    buckets
 *	sim_error.c    the ICMP errors of routers and hosts
 *	sim_host.c     what an end answers: echo and the other queries of ICMP
 *	sim_port.c     UDP and TCP
 *	sim_dns.c      names and addresses
 */
#ifndef SONDE_SIM_SIM_PRIVATE_H
#define SONDE_SIM_SIM_PRIVATE_H

#include "base/hash.h"
#include "base/random.h"
#include "tests/sim/arrivals.h"
#include "tests/sim/datagram.h"
#include "tests/sim/reassembly.h"
#include "tests/sim/sim.h"
#include "wire/icmp.h"

#define SIM_PATH_MAX  512  /* links from the source */
#define SIM_STEPS_MAX 4096 /* of one walk, loops included */
#define SIM_COPIES    16   /* duplicates that one packet may have on all its way */
#define SIM_NATS_MAX  4    /* on one way */
#define SIM_PEERS_MAX 65536

struct sim_bucket {
	nsec credit, last;
	bool begun;
};

struct sim_way {
	const struct topo_way *spec;
	nsec delay;
	uint32_t mtu; /* bytes of a packet that fits; UINT32_MAX: any */
	bool plain;   /* delay and mtu are all there is */
	bool bad;     /* in a burst */
};

struct sim_link {
	uint32_t from, to, weight;
	uint32_t ordinal; /* among the links that lead to its end */
	struct sim_way out, back;
};

struct sim_node {
	const struct topo_node *spec;
	bool odd;    /* does more to what passes than to decrement the TTL */
	bool simple; /* a router that does no more */
	struct sim_bucket errors, echoes, bigs;
	uint32_t id;         /* of the next datagram of its own */
	uint32_t source_mtu; /* IPv6: what it has learned of the way to the source; 0: nothing */
};

/* The ways from the source to one node: steps[0] is the source. */
struct sim_branch {
	uint32_t link, step;
	uint32_t weight; /* of this and those before it */
};

struct sim_step {
	uint32_t node;
	uint32_t first, count; /* its branches; none: it knows no way */
};

struct sim_route {
	struct sim_step *steps;
	struct sim_branch *branches;
	uint32_t step_count, branch_count;
	uint32_t target; /* UINT32_MAX: nobody has the address */
};

struct sim {
	const struct topo *topo;
	struct random random;
	struct siphash_key key; /* of the flows' hash */
	nsec now, start;
	uint32_t changes; /* that have come */
	struct sim_node *nodes;
	struct sim_link *links;
	uint32_t *in_first, *in_links; /* links that lead to node n: from in_first[n] on */
	struct sim_route **routes;     /* by node, made when first asked for */
	struct sim_route *nowhere;
	struct addr last_dst; /* whose route is last */
	struct sim_route *last;
	uint32_t *marks; /* of route making: step of a node, plus one */
	struct hash addrs;
	uint64_t lengths[2][3]; /* prefixes served: which lengths there are, IPv4 and IPv6 */
	struct hash peers;      /* of node and peer, to peer_buckets */
	struct sim_bucket *peer_buckets;
	uint32_t peer_count, peer_capacity;
	struct hash ports; /* of node and port outside a NAT, to the port inside */
	struct reassembly reassembly;
	struct arrivals arrivals;
	struct parcel *taken, *kept;
	unsigned copies; /* that the packet at hand may still have */
	struct sim_counts counts;
};

struct sim_nat {
	struct addr src; /* inside */
	uint32_t node;
	uint32_t hops; /* of the path, where it stands */
};

/* A datagram on its way out. */
struct sim_walk {
	struct datagram d;
	nsec time;
	const struct sim_route *route;
	uint32_t step;      /* of the route, where it is */
	uint32_t hops;      /* links behind it */
	uint32_t taken;     /* steps, loops included */
	uint64_t flow;      /* hash, once flow_known */
	uint8_t flow_known; /* enum topo_balance, plus one */
	uint8_t arrived;    /* TTL with which it came where it is: quotes show it */
	uint8_t nat_count;
	struct sim_nat nats[SIM_NATS_MAX];
	struct parcel *own;             /* where upper is, once it was rewritten */
	uint8_t options[DATAGRAM_ROOM]; /* where middle is, once it was rewritten */
	struct {
		uint32_t link, step; /* step: where the link starts */
	} path[SIM_PATH_MAX];
};

/* An answer on its way back: upper lies in the parcel, DATAGRAM_HEADER_MAX from its start. */
struct sim_answer {
	struct datagram d;
	struct parcel *parcel;
	struct writer w; /* of upper, until sim_reply */
	bool error;      /* an ICMP error: NATs look into its quote */
	uint8_t options[DATAGRAM_ROOM];
};

/* --- sim_route.c -------------------------------------------------------------------------------
 */
bool sim_route_init(struct sim *s);
void sim_route_forget(struct sim *s); /* weights have changed */
/* The route to an address; NULL where there is no memory. */
const struct sim_route *sim_route_to(struct sim *s, const struct addr *dst);
/* The branch the datagram takes from the node where it is; NULL where there is none. */
const struct sim_branch *sim_route_choose(struct sim *s, struct sim_walk *w, struct random *random);

/* --- sim_walk.c --------------------------------------------------------------------------------
 */
enum sim_verdict {
	SIM_ON,   /* to the next hop */
	SIM_BACK, /* to the hop before */
	SIM_STOP, /* here */
	SIM_EXCEEDED,
	SIM_UNREACHABLE,
	SIM_PARAMETER,
	SIM_FAKE,
};
/* What a router does with a datagram that is not for itself; decrements the TTL. */
enum sim_verdict sim_pass(const struct sim_node *node, struct datagram *d);
/* From the source, where a walk with d and route set begins. */
void sim_walk(struct sim *s, struct sim_walk *w);
static inline uint32_t sim_walk_node(const struct sim_walk *w)
{
	return w->route->steps[w->step].node;
}
/*
 * What a way does to a packet at *time: false where it is lost; *time is when it arrives, *copies
 * how often.
 */
bool sim_cross(struct sim *s, struct sim_way *way, nsec *time, unsigned *copies);
bool sim_chance(struct sim *s, double chance);

/* --- sim_rewrite.c ------------------------------------------------------------------------------
 */
/*
 * What the node changes in what leaves it outwards, over the last link of the path. False where
 * there is no memory: it is lost.
 */
bool sim_rewrite_out(struct sim *s, struct sim_walk *w, uint32_t node);
/* The same on the way back, at the node where so many links of the walk are behind. */
void sim_rewrite_back(struct sim *s, const struct sim_walk *w, uint32_t hops,
                      struct sim_answer *answer);
/* Clamps the MSS of a SYN in these bytes. */
void sim_rewrite_mss(struct writer *upper, uint16_t mss);
/* Records the address in the options of a datagram that passes, in room of its own. */
void sim_rewrite_record(struct datagram *d, uint8_t room[static DATAGRAM_ROOM],
                        const struct addr *addr, nsec time);

/* --- sim_limit.c --------------------------------------------------------------------------------
 */
bool sim_limit(struct sim_bucket *bucket, const struct topo_bucket *spec, nsec time);
bool sim_limit_error(struct sim *s, uint32_t node, const struct addr *peer, nsec time);

/* --- sim_back.c ---------------------------------------------------------------------------------
 */
/*
 * An answer of the node to the datagram that reached it: from is where it comes from (NULL: the
 * node chooses). Room for size bytes behind its header. False where it cannot be given; else the
 * caller writes answer->w and hands it to sim_reply.
 */
bool sim_answer(struct sim *s, const struct sim_walk *w, uint32_t node, const struct addr *from,
                uint8_t protocol, size_t size, struct sim_answer *answer);
/* Seals it and sends it back the way the walk came, delay after the walk's time. */
void sim_reply(struct sim *s, const struct sim_walk *w, uint32_t node, struct sim_answer *answer,
               nsec delay);
/* The same without a new checksum. */
void sim_reply_as_is(struct sim *s, const struct sim_walk *w, uint32_t node,
                     struct sim_answer *answer, nsec delay);

/* --- sim_error.c --------------------------------------------------------------------------------
 */
struct sim_error {
	uint8_t type, code;
	uint32_t rest;              /* the second four bytes */
	const struct addr *gateway; /* of a redirect */
};
void sim_error(struct sim *s, const struct sim_walk *w, uint32_t node,
               const struct sim_error *error);
void sim_error_exceeded(struct sim *s, const struct sim_walk *w, uint32_t node);
/* With the code for IPv4 or the one for IPv6. */
void sim_error_unreachable(struct sim *s, const struct sim_walk *w, uint32_t node, uint8_t code4,
                           uint8_t code6);
void sim_error_big(struct sim *s, const struct sim_walk *w, uint32_t node, uint32_t mtu);
void sim_error_parameter(struct sim *s, const struct sim_walk *w, uint32_t node);
void sim_error_redirect(struct sim *s, const struct sim_walk *w, uint32_t node);

/* --- the ends ------------------------------------------------------------------------------------
 */
/* sim_host.c: a datagram has reached the node that answers for its destination. */
void sim_host(struct sim *s, struct sim_walk *w, uint32_t node);
/* sim_port.c */
void sim_host_udp(struct sim *s, const struct sim_walk *w, uint32_t node);
void sim_host_tcp(struct sim *s, const struct sim_walk *w, uint32_t node);
/* sim_dns.c: the answer to a query; false where it is none that can be answered. */
bool sim_dns_answer(const struct topo *topo, struct span query, struct writer *w);

#endif
