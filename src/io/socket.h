/*
 * socket - addresses in the kernel's form, and sockets opened as a transport's configuration says.
 *
 * Options are set one after the other through an opening that remembers the first refusal: ask
 * once, at the end.
 */
#ifndef SONDE_IO_SOCKET_H
#define SONDE_IO_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "base/addr.h"
#include "io/transport.h"

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Port in host order; for raw sockets 0. Returns the length; 0 for family 0. */
socklen_t socket_address(const struct addr *a, uint16_t port, union socket_address *out);
/* Family 0 for anything but IPv4 and IPv6. */
struct addr socket_addr(const union socket_address *in);

/*
 * An address, where the zone of an IPv6 one may also be an interface by name: "fe80::1%eth0" (RFC
 * 4007, 11). 0, -ENODEV where there is no such interface, -EINVAL for anything else.
 */
int socket_parse(const char *text, struct addr *out);

struct socket_opening {
	const struct transport_config *config;
	int fd; /* -1 until socket_open */
	uint8_t family;
	bool mark_refused;
	int error;        /* 0, or -errno of the first refusal ... */
	const char *what; /* ... and the call it was */
};

/* socket(2), non-blocking and closed on exec; what is its name in messages. */
void socket_open(struct socket_opening *o, int type, int protocol, const char *what);
/* Closes the socket of an opening that went wrong. */
void socket_abandon(struct socket_opening *o);

/* An integer option that must, or may, be granted. */
void socket_must(struct socket_opening *o, int level, int name, int value, const char *what);
bool socket_may(const struct socket_opening *o, int level, int name, int value);

/* Device, mark, buffers, routing, multicast: what is alike for each kind of socket. */
void socket_common(struct socket_opening *o);
/* To the source asked for, or any. */
void socket_bind(struct socket_opening *o, uint16_t port);
/* For headers that the kernel writes: TTL, TOS, path MTU discovery, options, flow label. */
void socket_header(struct socket_opening *o);
/* What control messages tell of each datagram that comes; header: it lacks its IP header. */
void socket_telling(struct socket_opening *o, bool header);

/* How path MTU discovery goes for probes with DF (df) and for those without. -errno or 0. */
int socket_set_df(int fd, uint8_t family, enum transport_pmtu pmtu, bool df);

/*
 * Asks for an IPv6 flow label that others may use too. Needed where another program has one for
 * itself alone: from then on the kernel refuses labels that nobody asked for. -errno or 0.
 */
int socket_lease_label(int fd, const struct addr *dst, uint32_t label);

#endif
