/*
 * filter - the kernel wakes us for our own answers and for nothing else.
 *
 * A raw ICMP socket hears every ICMP message of the host: beside a neighbour who floods, most of
 * the work would be to throw his replies away. Two sieves stand before ours: one by ICMP type, and
 * a classic BPF program that looks for our echo ids in replies and for our ids and ports in the
 * datagrams that errors quote. It lets pass too much rather than too little, for the exchange
 * judges again.
 */
#ifndef SONDE_IO_FILTER_H
#define SONDE_IO_FILTER_H

#include <stdbool.h>
#include <stdint.h>

/* What is ours. Ranges wrap at 65536, and may have as many members. */
struct filter_config {
	uint16_t id_base; /* echo ids */
	uint32_t id_count;
	uint16_t port_base; /* source ports of UDP and TCP probes; count 0 for none */
	uint32_t port_count;
	bool node_info; /* node information queries are sent (RFC 4620) */
};

/*
 * Puts the program in the place of what filtered fd before. For family 4 it reads a whole datagram,
 * for family 6 an ICMPv6 message, as raw sockets see them. 0 or -errno.
 */
int filter_attach(int fd, uint8_t family, const struct filter_config *config);

/*
 * The same for a socket just opened: what came in before the filter stood is thrown away unread.
 * Sieves by ICMP type too. 0 or -errno.
 */
int filter_open(int fd, uint8_t family, const struct filter_config *config);

/* A socket that only sends: nothing is let in. 0 or -errno. */
int filter_deaf(int fd);

#endif
