/*
 * resolve_channel - a channel of c-ares whose sockets live in our loop. For io/resolve alone.
 */
#ifndef SONDE_IO_RESOLVE_CHANNEL_H
#define SONDE_IO_RESOLVE_CHANNEL_H

#include <ares.h>
#include "base/time.h"
#include "io/loop.h"
#include "io/resolve.h"

#define CHANNEL_SOCKETS 32 /* UDP and TCP for 16 servers; glibc stops at 3 servers */

struct channel_socket {
	struct resolve_channel *channel;
	int fd; /* -1 where the slot is free */
};

struct resolve_channel {
	ares_channel ares;
	struct loop *loop;
	void (*processed)(void *ctx); /* after answers have come in */
	void *ctx;
	struct channel_socket sockets[CHANNEL_SOCKETS];
};

/* The channel must not move. 0 or -errno. */
int channel_open(struct resolve_channel *c, struct loop *loop,
                 const struct resolver_options *options, void (*processed)(void *ctx), void *ctx);
/* Answers whatever is under way with ARES_EDESTRUCTION. */
void channel_close(struct resolve_channel *c);

/* When channel_timeouts must be called, NSEC_NEVER where nothing is under way. */
nsec channel_deadline(const struct resolve_channel *c);
void channel_timeouts(struct resolve_channel *c);

#endif
