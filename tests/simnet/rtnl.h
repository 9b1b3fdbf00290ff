/*
 * rtnl - links, addresses and routes of this network namespace, asked of the kernel by rtnetlink
 * (libmnl). Each call is one request and its answer: 0 or -errno.
 */
#ifndef SONDE_SIMNET_RTNL_H
#define SONDE_SIMNET_RTNL_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"

struct mnl_socket;

struct rtnl {
	struct mnl_socket *socket;
	uint32_t sequence;
};

int rtnl_open(struct rtnl *r);
void rtnl_close(struct rtnl *r);

/* No address of the kernel's own making appears on the interface once it is up. */
int rtnl_no_link_local(struct rtnl *r, uint32_t index);
/* Up; mtu and queue (datagrams) are left as they are where 0. */
int rtnl_up(struct rtnl *r, uint32_t index, uint32_t mtu, uint32_t queue);
/* A host address, usable at once. */
int rtnl_address(struct rtnl *r, uint32_t index, const struct addr *addr);
/*
 * The default route of the address's family, which is the one it prefers to send from; mtu: of the
 * route, where it is not the interface's, else 0.
 */
int rtnl_default_route(struct rtnl *r, uint32_t index, const struct addr *from, uint32_t mtu);
/*
 * A pair of Ethernet interfaces that needs no address resolution: near here, with that hardware
 * address, and far in the network namespace that the descriptor stands for.
 */
int rtnl_veth(struct rtnl *r, const char *near, const uint8_t mac[static 6], const char *far,
              int namespace_fd);
/* Datagrams that the interface has dropped for want of room. */
int rtnl_dropped(struct rtnl *r, uint32_t index, uint64_t *dropped);

#endif
