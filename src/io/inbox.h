/*
 * inbox - room for what arrives, taken from the kernel by one system call, and what the kernel says
 * about each of it.
 *
 * Several sockets may be read into one inbox, one behind the other. A message worth keeping is
 * kept, and its bytes stay where they are until the inbox is cleared; the room of all others is
 * free again once they have been looked at.
 */
#ifndef SONDE_IO_INBOX_H
#define SONDE_IO_INBOX_H

#include <time.h>
#include <linux/errqueue.h> /* wants struct timespec declared */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include "base/addr.h"
#include "base/cursor.h"
#include "base/time.h"
#include "io/socket.h"

#define INBOX_BATCH   64
#define INBOX_CONTROL 512

struct inbox {
	struct mmsghdr messages[INBOX_BATCH];
	struct iovec parts[INBOX_BATCH];
	union socket_address names[INBOX_BATCH];
	_Alignas(struct cmsghdr) uint8_t control[INBOX_BATCH][INBOX_CONTROL];
	uint8_t tags[INBOX_BATCH]; /* of the read each came by */
	uint8_t *slots;
	size_t kept;   /* these come first, */
	size_t filled; /* then up to here those to be looked at */
	size_t dirty;  /* from here on all are ready to be read into */
};

/* A message; what was not told is -1, family 0, or empty. */
struct arrival {
	struct span data;
	struct addr name; /* source; on an error queue, where our datagram went */
	struct addr dst;
	nsec wall; /* the kernel's stamp, wall clock */
	int16_t ttl, tos;
	uint32_t fragment_size;
	struct span options; /* IPv4 */
	bool has_drops;
	uint32_t drops; /* SO_RXQ_OVFL: all since the socket was opened, modulo 2^32 */
	bool has_error; /* from an error queue: */
	struct sock_extended_err error;
	struct addr offender;
};

/*
 * How many more a total of drops says than the one seen before; 0 where it is the older of the two,
 * for what a packet says of itself is older than what its socket says.
 */
static inline uint32_t inbox_drops(uint32_t seen, uint32_t total)
{
	uint32_t more = total - seen;
	return more > UINT32_MAX / 2 ? 0 : more;
}

/* slot: bytes of the longest message. 0 or -ENOMEM. */
int inbox_init(struct inbox *in, size_t slot);
void inbox_release(struct inbox *in);

/* How many more messages fit. */
static inline size_t inbox_room(const struct inbox *in)
{
	return INBOX_BATCH - in->filled;
}

/* Reads at most count messages, and no more than fit; each gets the tag. How many, or -errno. */
int inbox_read(struct inbox *in, int fd, int flags, size_t count, uint8_t tag);

/* Message i, kept <= i < filled. */
void inbox_arrival(const struct inbox *in, size_t i, struct arrival *out);
/* Keeps message i. Those before it that were not kept must not be looked at again. */
void inbox_keep(struct inbox *in, size_t i);
/* Frees all but what is kept. */
void inbox_settle(struct inbox *in);
/* Frees all. */
void inbox_clear(struct inbox *in);

#endif
