/*
 * topo - a simulated internet as a value: nodes, links, what is wrong with them, and when.
 *
 * Read from a small text file (tests/topo/README.md), or drawn at random by generate. The model
 * (sim.h) runs it and changes only the state of its own; a topology is printed back as text that
 * parses to the same, so that a failing one can be shown, cut down and kept.
 */
#ifndef SONDE_SIM_TOPO_H
#define SONDE_SIM_TOPO_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/buffer.h"
#include "base/time.h"

#define TOPO_NAME_MAX  31
#define TOPO_NODES_MAX 65536
#define TOPO_ADDRS_MAX 8 /* of one node, both families together */

enum topo_role {
	TOPO_SOURCE, /* where sonde stands; exactly one, the first */
	TOPO_ROUTER,
	TOPO_HOST, /* an end: answers for itself, or for a whole prefix */
};

enum topo_balance {
	TOPO_BALANCE_FLOW,   /* addresses, protocol, ports or ICMP type, code, checksum, id; flow
	                        label */
	TOPO_BALANCE_PACKET, /* a fresh draw for each */
	TOPO_BALANCE_DESTINATION, /* addresses only */
};

enum topo_ptb { /* what a router says when a packet does not fit */
	        TOPO_PTB_HONEST,
	        TOPO_PTB_ZERO,   /* next-hop MTU 0, as before RFC 1191 */
	        TOPO_PTB_WRONG,  /* ptb_value */
	        TOPO_PTB_SILENT, /* nothing: a black hole */
	        TOPO_PTB_CLEAR,  /* clears DF and fragments */
};

enum topo_extension { /* RFC 4884 form of errors */
	              TOPO_EXT_NONE,
	              TOPO_EXT_COMPLIANT,
	              TOPO_EXT_LENGTH_ZERO,
	              TOPO_EXT_LENGTH_WRONG,
	              TOPO_EXT_CHECKSUM_ZERO,
	              TOPO_EXT_CHECKSUM_WRONG,
	              TOPO_EXT_UNPADDED,
};

struct topo_bucket {
	double per_second; /* refill; 0: no limit */
	uint32_t burst;
};

/* One direction of a link. */
struct topo_way {
	nsec delay;
	nsec jitter;       /* uniform in [0, jitter], each packet anew: it may reorder */
	double loss;       /* 0..1, independent */
	double burst_loss; /* Gilbert: chance of loss while bad; 0: off */
	double burst_enter, burst_leave; /* chance, for each packet, to turn bad and good */
	double duplicate, reorder;
	nsec reorder_delay;
	uint32_t mtu; /* 0: no limit */
	bool down;
};

struct topo_link {
	uint32_t from, to; /* nodes; from is nearer to the source */
	uint32_t weight;   /* among the balanced next hops of from */
	struct topo_way out, back;
	uint32_t line;
};

struct topo_label {
	uint32_t label;
	uint8_t tc, ttl;
};

struct topo_node {
	char name[TOPO_NAME_MAX + 1];
	enum topo_role role;
	struct addr addrs[TOPO_ADDRS_MAX];
	uint8_t addr_count;
	struct prefix
	        serves; /* a host that answers for every address of it; length 0 and family 0: no */
	bool silent;    /* sends no ICMP at all, forwards */
	bool no_decrement;         /* hidden: TTL stays */
	bool zero_ttl;             /* forwards TTL 1 as 0, so that the next hop's error quotes 0 */
	uint8_t initial_ttl;       /* of its own packets; 64 */
	struct addr reply_from[2]; /* [0] IPv4, [1] IPv6: errors and answers come from here; family
	                              0: own */
	struct topo_bucket error_limit; /* all errors of this node */
	struct topo_bucket
	        error_limit_peer; /* errors to one destination (Linux: 1 a second, burst 6) */
	struct topo_bucket echo_limit;
	enum topo_balance balance;
	enum topo_ptb ptb;
	uint32_t ptb_value;
	struct topo_bucket ptb_limit;
	uint32_t mss_clamp; /* rewrites the MSS of SYNs passing; 0: off */
	int16_t set_tos;    /* rewrites TOS of packets passing; -1: off */
	bool nat; /* rewrites source address and port of packets passing; quotes show it */
	int16_t unreachable;  /* answers packets to be forwarded with this code; -1: off */
	struct addr redirect; /* also sends a redirect to this gateway; family 0: off */
	bool parameter_problem;
	bool fake_target; /* answers as if it were the destination */
	bool loop;        /* sends what it should forward back to the hop before */
	/* Errors: form of quote and extensions. */
	uint16_t quote; /* bytes of the quoted datagram, at most; 0: as much as fits (576, 1280) */
	enum topo_extension extension;
	struct topo_label mpls[8];
	uint8_t mpls_count;
	bool interface_info; /* RFC 5837 object with index, address, name, MTU */
	bool quote_tos, quote_ttl, quote_checksum, quote_id, quote_dst; /* garbled in the quote */
	int8_t back_hops; /* return path is longer by so many hops */
	nsec back_delay;  /* and by so much time */
	/* Hosts. */
	bool no_echo;
	bool udp_silent; /* no port unreachable */
	uint16_t tcp_open[8];
	uint8_t tcp_open_count;
	bool tcp_silent; /* ports that are not open drop instead of reset */
	uint16_t mss;    /* offered in SYN-ACK; 1460 / 1440 */
	bool no_reassembly;
	double corrupt; /* chance that an echo reply has a wrong byte */
	double forge;   /* chance of a forged reply beside the true one */
	bool timestamp, address_mask, extended_echo;
	bool resolver; /* answers DNS on UDP 53 for the names of this topology */
	uint32_t line;
};

/* "at TIME WHAT": from then on the node or link is as given. */
struct topo_change {
	nsec at;
	bool is_link;
	uint32_t index;
	struct topo_node node; /* the whole new state: is_link false */
	struct topo_link link;
};

/* Our own side. */
struct topo_local {
	double send_error; /* chance that a send is refused with send_errno */
	int send_errno;
	bool no_stamps; /* receive times of user space, late by up to stamp_delay */
	nsec stamp_delay;
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

void topo_init(struct topo *t);
void topo_release(struct topo *t);
/* False with line, column and one sentence in *error; *t is then empty. */
bool topo_parse(struct topo *t, const char *text, size_t length, struct topo_error *error);
/* Text that parses to the same topology. */
void topo_print(const struct topo *t, struct buffer *out);
/* Node by name; -1 where there is none. */
int64_t topo_find(const struct topo *t, const char *name);

#endif
