/*
 * raw - the network through raw sockets: everything can be sent, everything is heard.
 *
 * Without own headers one ICMP socket for each family sends and receives. With them a second socket
 * sends (IPPROTO_RAW), and the path MTU this host believes in is neither obeyed nor changed: the
 * sender probes (IP_PMTUDISC_PROBE), the receiver takes part in no discovery (IP_PMTUDISC_OMIT), or
 * the kernel would note down what errors say. For ICMP over IPv6 it does so whatever one asks.
 */
#ifndef SONDE_IO_RAW_H
#define SONDE_IO_RAW_H

#include "io/transport.h"
#include "probe/net.h"

/* 0 and *net; else -errno, and info->what and info->error say what was refused. */
int raw_open(const struct transport_config *config, struct net **net, struct transport_info *info);

#endif
