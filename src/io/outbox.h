/*
 * outbox - datagrams written side by side and sent by one system call.
 *
 * Sixteen at a time: more buys nothing that can be measured, and the last would leave the further
 * behind the clock reading they share.
 */
#ifndef SONDE_IO_OUTBOX_H
#define SONDE_IO_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include "base/cursor.h"
#include "io/socket.h"

#define OUTBOX_BATCH   16
#define OUTBOX_SLOT    65600 /* the longest datagram: an IPv6 header and 65,535 bytes */
#define OUTBOX_CONTROL 64    /* two integers in control messages */

/* What the sender wants to know again of a datagram. */
struct outbox_item {
	uint32_t serial;
	size_t index;
};

struct outbox {
	struct mmsghdr messages[OUTBOX_BATCH];
	struct iovec parts[OUTBOX_BATCH];
	union socket_address names[OUTBOX_BATCH];
	struct outbox_item items[OUTBOX_BATCH];
	_Alignas(struct cmsghdr) uint8_t control[OUTBOX_BATCH][OUTBOX_CONTROL];
	uint8_t *slots;
	size_t count;
	size_t sent; /* how many of them are dealt with */
};

int outbox_init(struct outbox *o); /* 0 or -ENOMEM */
void outbox_release(struct outbox *o);

/* Where the next datagram is to be written. The outbox must not be full. */
struct writer outbox_writer(const struct outbox *o);
/*
 * Adds what was written there, without its first skip bytes; name may have length 0, for a
 * connected socket.
 */
void outbox_add(struct outbox *o, const struct writer *w, size_t skip,
                const union socket_address *name, socklen_t name_length, struct outbox_item item);
/* An integer control message for the datagram added last. */
void outbox_control(struct outbox *o, int level, int type, int value);

/*
 * Sends what is left, by one system call. Returns how many went out, or -errno of the first of
 * them; outbox_skip then passes over it.
 */
int outbox_send(struct outbox *o, int fd);
void outbox_skip(struct outbox *o);
/* Forgets all. */
void outbox_clear(struct outbox *o);

#endif
