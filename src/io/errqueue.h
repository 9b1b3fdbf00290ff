/*
 * errqueue - the network for those without privilege: ping sockets, whose ICMP errors come by the
 * error queue (IP_RECVERR).
 *
 * The kernel owns the echo id: it is the socket's port, the same for both families here. It writes
 * the headers and sees to it that replies reach the right socket. What errors quote is cut down to
 * the ICMP message; of the quoted IP header nothing is left.
 */
#ifndef SONDE_IO_ERRQUEUE_H
#define SONDE_IO_ERRQUEUE_H

#include "io/transport.h"
#include "probe/net.h"

/* 0 and *net; else -errno, and info->what and info->error say what was refused. */
int errqueue_open(const struct transport_config *config, struct net **net,
                  struct transport_info *info);

#endif
