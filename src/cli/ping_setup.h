/*
 * ping_setup - from options to an open network, and to a process that may do nothing else any more.
 *
 * The order is the point: everything the command line names is opened while there is privilege;
 * then privilege goes for good, then the sandbox closes, and only then does a byte from the network
 * get in.
 */
#ifndef SONDE_CLI_PING_SETUP_H
#define SONDE_CLI_PING_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buffer.h"
#include "cli/ping_options.h"
#include "io/loop.h"
#include "io/resolve.h"
#include "io/source.h"
#include "io/transport.h"

struct ping_setup {
	struct loop *loop;
	struct resolver *resolver;
	struct net *net;
	struct transport_config transport;
	struct transport_info info;
	struct source_table sources; /* opened with privilege: a mark decides on routes as well */
	bool sources_open;
	uint32_t interface; /* index of the one asked for; 0 where none was */
	int signals;        /* a descriptor; -1 while there is none */
};

/*
 * Opens all of it for so many targets. False with a complaint, of several lines where permission is
 * missing; ping_setup_close is due either way.
 */
bool ping_setup_open(struct ping_setup *s, const struct ping_options *options, size_t targets,
                     struct buffer *complaint);
void ping_setup_close(struct ping_setup *s);

/* For -v: which sockets, why, and whose clock; one line without its end. */
void ping_setup_explain(const struct ping_setup *s, struct buffer *out);

/* Of a target, once its name is an address. */
enum ping_route {
	PING_ROUTE_FINE,
	PING_ROUTE_NONE,      /* this host knows no way there, for now */
	PING_ROUTE_BROADCAST, /* a broadcast address */
};
enum ping_route ping_setup_route(struct ping_setup *s, const struct addr *addr,
                                 struct addr *source);

#endif
