/*
 * transport - opens the network of the real world: raw sockets where permitted, ping sockets and
 * error queues where not.
 *
 * All descriptors are opened here, before capabilities are dropped; afterwards only bytes move.
 */
#ifndef SONDE_IO_TRANSPORT_H
#define SONDE_IO_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/random.h"
#include "probe/exchange.h"
#include "probe/net.h"

enum transport_mode {
	TRANSPORT_AUTO, /* raw, else dgram */
	TRANSPORT_RAW,
	TRANSPORT_DGRAM,
};

enum transport_pmtu { /* -M of ping */
	              TRANSPORT_PMTU_DEFAULT,
	              TRANSPORT_PMTU_WANT,
	              TRANSPORT_PMTU_DONT,
	              TRANSPORT_PMTU_DO,
	              TRANSPORT_PMTU_PROBE,
};

struct transport_config {
	enum transport_mode mode;
	bool ipv4, ipv6; /* families to be ready for */
	/*
	 * Own IP headers (IP_HDRINCL), never fragmented here and blind to the kernel's path-MTU
	 * cache: what trace and pmtu want. Without, the kernel writes the header, routes and
	 * fragments as socket options say: what ping's dialect means.
	 */
	bool own_header;
	struct exchange_config exchange;
	struct addr source4, source6; /* family 0: the kernel's choice */
	char interface[16];           /* SO_BINDTODEVICE; empty for none */
	uint32_t mark;                /* SO_MARK */
	bool mark_set;
	int send_buffer, receive_buffer; /* bytes; 0 for a size that fits */
	enum transport_pmtu pmtu;
	bool dont_route, debug, broadcast, no_multicast_loop;
	bool bind_source, connect; /* by the first probe of a family; connected, probes elsewhere
	                              are refused with EISCONN */
	uint8_t ttl, tos;          /* for kernel-written headers */
	bool user_time;            /* -U: stamps of user space */
	bool no_send_stamps;       /* a flood saves a seventh of its work: the moment of sending is
	                              that of user space, RTTs read some 2 us longer, and there
	                              are none but of the first probe of each burst */
};

struct transport_info {
	enum transport_mode mode; /* RAW or DGRAM */
	bool ipv4, ipv6;          /* families that there are sockets for */
	int raw_error;            /* errno that forbade raw sockets, 0 where not tried or granted */
	int error;                /* errno of the last refusal */
	const char *what; /* the call that failed, "socket(AF_INET, SOCK_RAW)"; for messages */
	bool send_stamps, receive_stamps; /* by the kernel */
	bool mark_refused;                /* SO_MARK was: a warning, no failure */
	bool filtered;                    /* a kernel filter is in place */
};

/* Fills key and id_base from the kernel's random source. 0 or -errno. */
int transport_random(struct siphash_key *key, uint16_t *id_base);

/* 0 and *net, or -errno (and *info says what was refused and why). *info is always filled. */
int transport_open(const struct transport_config *config, struct net **net,
                   struct transport_info *info);

/* The address this host would use towards dst; family 0 where there is no route. */
int transport_source(const struct addr *dst, const char *interface, uint32_t mark,
                     struct addr *source);

#endif
