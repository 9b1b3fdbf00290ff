/*
 * line - the interface between a network namespace and the simulated internet: whole IP datagrams
 * in and out.
 *
 * A TUN device where there is one. Where /dev/net/tun is missing or closed to this user
 * (containers, machines without udev), a veth pair with a packet socket at its far end, in a
 * network namespace of its own. An Ethernet interface takes in nothing larger than its MTU, and the
 * model's links may have none: so with veth the MTU is that of the default routes.
 */
#ifndef SONDE_SIMNET_LINE_H
#define SONDE_SIMNET_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"
#include "tests/simnet/rtnl.h"

#define LINE_NAME     "sim0"
#define LINE_DATAGRAM 65535u

struct line_config {
	const struct addr *addrs; /* the first of each family is the one to send from */
	size_t addr_count;
	uint32_t mtu;
	bool no_tun; /* as if there were no TUN device */
};

struct line {
	int fd;    /* to wait on */
	bool gone; /* the interface was deleted from within: nothing will ever come */
	bool tun;
	/* Of the namespace the interface is in: */
	struct rtnl rtnl;
	int control; /* a socket to ask about interfaces */
	uint32_t index;
	int far_index;    /* of the other end; 0 with TUN */
	const char *what; /* what failed, for messages */
};

/*
 * Makes the interface in the network namespace of the caller, which moves on to another where there
 * is no TUN device: processes that shall live with the interface are started before. 0 or -errno,
 * and then l->what says at what.
 */
int line_open(struct line *l, const struct line_config *config);
void line_close(struct line *l);

/* The next datagram that left, into LINE_DATAGRAM bytes of room; empty where none is there. */
struct span line_read(struct line *l, uint8_t *room);
/* False where the kernel refuses it: what is no IP datagram, no room. */
bool line_write(struct line *l, struct span datagram);
/* Datagrams that left and never got here. */
uint64_t line_dropped(struct line *l);

#endif
