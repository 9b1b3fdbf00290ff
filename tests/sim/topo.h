/*
 * topo - a simulated internet as a value: nodes, links, what is wrong with them, and when.
 *
 * Read from a small text file (tests/topo/README.md), or drawn at random by generate. The model
 * (sim.h) runs it and changes only the state of its own; a topology is printed back as text that
 * parses to the same, so that a failing one can be shown, cut down and kept.
 *
 * Every word of the text is one row of a table (topo_word.h) and one field here, whose default is
 * that of topo_node_plain, topo_link_plain or topo_local_plain.
 */
#ifndef SONDE_SIM_TOPO_H
#define SONDE_SIM_TOPO_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/buffer.h"
#include "base/time.h"

#define TOPO_NAME_MAX    31
#define TOPO_NODES_MAX   65536
#define TOPO_LINKS_MAX   262144
#define TOPO_CHANGES_MAX 4096
#define TOPO_ADDRS_MAX   8         /* of one node, both families together */
#define TOPO_LIST_MAX    8         /* ports or labels in one word */
#define TOPO_TEXT_MAX    (1 << 25) /* bytes of a printed topology */

enum topo_role {
	TOPO_SOURCE, /* where sonde stands; exactly one, the first */
	TOPO_ROUTER,
	TOPO_HOST, /* an end: answers for itself, or for a whole prefix */
};

enum topo_balance {
	/*
	 * Addresses, protocol, and the first four bytes behind the IP header: ports, or type, code
	 * and checksum (Augustin et al., IMC 2006). IPv6: the flow label in their place where it is
	 * not 0 (RFC 6437, 3).
	 */
	TOPO_BALANCE_FLOW,
	TOPO_BALANCE_FLOW_ID,     /* the same and the ICMP id */
	TOPO_BALANCE_PACKET,      /* a fresh draw for each */
	TOPO_BALANCE_DESTINATION, /* addresses only */
};

enum topo_big_kind { /* what a router does with a packet that does not fit */
	             TOPO_BIG_HONEST,
	             TOPO_BIG_ZERO,   /* next-hop MTU 0, as before RFC 1191 */
	             TOPO_BIG_SILENT, /* says nothing: a black hole */
	             TOPO_BIG_CLEAR,  /* clears DF and fragments */
	             TOPO_BIG_WRONG,  /* says mtu */
};

struct topo_big {
	uint32_t kind; /* enum topo_big_kind */
	uint32_t mtu;
};

enum topo_extension { /* RFC 4884 form of errors that have something to say */
	              TOPO_EXTENSION_COMPLIANT,
	              TOPO_EXTENSION_LENGTH_ZERO,
	              TOPO_EXTENSION_LENGTH_WRONG,
	              TOPO_EXTENSION_CHECKSUM_ZERO,
	              TOPO_EXTENSION_CHECKSUM_WRONG,
	              TOPO_EXTENSION_UNPADDED,
};

enum topo_garble { /* fields that a router has rewritten in its quotes */
	           TOPO_GARBLE_TOS = 1 << 0,
	           TOPO_GARBLE_TTL = 1 << 1,
	           TOPO_GARBLE_CHECKSUM = 1 << 2, /* of the upper layer */
	           TOPO_GARBLE_ID = 1 << 3,
	           TOPO_GARBLE_SRC = 1 << 4,
	           TOPO_GARBLE_DST = 1 << 5,
};

struct topo_bucket {
	double per_second; /* refill; 0: no limit */
	uint32_t burst;
};

/* Gilbert's model: a link is good, or bad and then loses packets with that chance. */
struct topo_bursts {
	double loss;         /* 0: off */
	double enter, leave; /* chance, at each packet, to turn bad and good */
};

struct topo_reorder {
	double chance;
	nsec delay; /* those picked are so much later */
};

/* One direction of a link. */
struct topo_way {
	nsec delay;
	nsec jitter; /* uniform in [0, jitter], each packet anew: it may reorder */
	double loss; /* 0..1, independent */
	struct topo_bursts bursts;
	double duplicate;
	struct topo_reorder reorder;
	uint32_t mtu; /* 0: no limit */
	uint32_t
	        overhead; /* a tunnel's envelope: so many bytes of the MTU are not for the packet */
	bool down;
};

struct topo_link {
	uint32_t from, to; /* nodes; from is nearer to the source */
	uint32_t weight;   /* among the balanced next hops of from; 0: nothing is routed over it */
	struct topo_way out, back;
	uint32_t line;
};

struct topo_label {
	uint32_t label;
	uint8_t tc, ttl;
};

struct topo_labels {
	struct topo_label list[TOPO_LIST_MAX];
	uint8_t count;
};

struct topo_ports {
	uint16_t list[TOPO_LIST_MAX];
	uint8_t count;
};

/* One address for each family; family 0: none. */
struct topo_addrs {
	struct addr v4, v6;
};

struct topo_codes {
	int16_t v4, v6; /* -1: off */
};

struct topo_node {
	char name[TOPO_NAME_MAX + 1];
	uint8_t role; /* enum topo_role */
	struct addr addrs[TOPO_ADDRS_MAX];
	uint8_t addr_count;
	uint32_t line;
	/* Any node. */
	bool silent;         /* sends nothing of its own, forwards */
	uint8_t initial_ttl; /* of its own packets; 64 */
	struct topo_addrs reply_from;
	struct topo_bucket error_limit;      /* all errors of this node */
	struct topo_bucket error_limit_peer; /* errors to one destination */
	struct topo_bucket echo_limit;
	uint16_t quote;    /* bytes of the quoted datagram, at most; 0: what fits (576, 1280) */
	uint8_t extension; /* enum topo_extension */
	struct topo_labels mpls;
	bool interface_info; /* RFC 5837 object with index, address, name, MTU */
	uint8_t garble;      /* enum topo_garble */
	uint8_t back_hops;   /* return path is longer by so many hops */
	nsec back_delay;     /* and by so much time */
	uint16_t mss; /* router: clamps the MSS of SYNs; host: offers it; 0: off, 1460/1440 */
	/* Routers. */
	bool hidden;     /* TTL stays */
	bool zero_ttl;   /* forwards TTL 1 as 0, so that the next hop's error quotes 0 */
	uint8_t balance; /* enum topo_balance */
	struct topo_big big;
	struct topo_bucket big_limit; /* of its own: too-big messages ask no other bucket */
	int16_t tos;                  /* rewrites TOS of packets passing; -1: off */
	bool nat; /* rewrites source address and port of packets passing, and back */
	struct topo_codes unreachable; /* answers packets to be forwarded with this code */
	struct topo_addrs redirect;    /* also sends a redirect to this gateway */
	bool parameter_problem;
	bool fake_target; /* answers as if it were the destination */
	bool loop;        /* sends what it should forward back to the hop before */
	/* Hosts. */
	struct prefix serves; /* answers for every address of it; family 0: no */
	bool echo_silent;
	bool udp_silent;            /* no port unreachable */
	struct topo_ports udp_open; /* send the data back (RFC 862) */
	struct topo_ports tcp_open;
	struct topo_ports tcp_closed; /* reset, whatever tcp_silent says */
	bool tcp_silent;              /* other ports that are not open drop instead of reset */
	bool drop_fragments;          /* does not reassemble */
	double corrupt;               /* chance that an echo reply has a wrong byte */
	double forge;                 /* chance of a forged reply beside the true one */
	bool timestamp, address_mask, extended_echo;
	bool resolver; /* answers DNS on UDP 53 for the names of this topology */
};

/* "at TIME WHAT": from then on the node or link is as given. */
struct topo_change {
	nsec at;
	bool is_link;
	uint32_t index;
	struct topo_node node; /* the whole new state: is_link false */
	struct topo_link link;
	uint32_t line;
};

struct topo_send_error {
	double chance; /* that a send is refused with error */
	int32_t error; /* errno */
};

/* Our own side. */
struct topo_local {
	struct topo_send_error send_error;
	nsec late_stamps; /* no kernel stamps: replies are read, and stamped, up to so much late */
	uint32_t
	        receive_queue; /* replies held between two receives; more are dropped and counted */
};

struct topo {
	struct topo_node *nodes;
	uint32_t node_count, node_capacity;
	struct topo_link *links;
	uint32_t link_count, link_capacity;
	struct topo_change *changes; /* by time */
	uint32_t change_count, change_capacity;
	struct topo_local local;
};

struct topo_error {
	uint32_t line, column; /* from 1 */
	char text[160];
};

extern const struct topo_node topo_node_plain;
extern const struct topo_link topo_link_plain;
extern const struct topo_local topo_local_plain;

void topo_init(struct topo *t);
void topo_release(struct topo *t);
/* A copy of its own. False where there is no memory; *to is then empty. */
bool topo_copy(struct topo *to, const struct topo *from);

/* Append a copy; the index of it, or -1 where there is no memory or no room. */
int64_t topo_add_node(struct topo *t, const struct topo_node *node);
int64_t topo_add_link(struct topo *t, const struct topo_link *link);
int64_t topo_add_change(struct topo *t, const struct topo_change *change);

/* False with line, column and one sentence in *error; *t is then empty. */
bool topo_parse(struct topo *t, const char *text, size_t length, struct topo_error *error);
/* Text that parses to the same topology. */
void topo_print(const struct topo *t, struct buffer *out);

/* Node by name; -1 where there is none. Link by its ends; -1. Both look through all. */
int64_t topo_find(const struct topo *t, const char *name);
int64_t topo_find_link(const struct topo *t, uint32_t from, uint32_t to);
/* The state that a node or link has after the first so many changes. */
const struct topo_node *topo_node_after(const struct topo *t, uint32_t node, uint32_t changes);
const struct topo_link *topo_link_after(const struct topo *t, uint32_t link, uint32_t changes);
/*
 * Nodes from the source outwards, each before those it has links to: order[i] is a node, room for
 * node_count. Returns how many there are: fewer than node_count where links form a ring, -1 where
 * there is no memory.
 */
int64_t topo_sort(const struct topo *t, uint32_t *order);

#endif
