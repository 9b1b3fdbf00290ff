#include "io/outbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int outbox_init(struct outbox *o)
{
	memset(o, 0, sizeof(*o));
	o->slots = calloc(OUTBOX_BATCH, OUTBOX_SLOT);
	return o->slots ? 0 : -ENOMEM;
}

void outbox_release(struct outbox *o)
{
	free(o->slots);
	o->slots = NULL;
}

struct writer outbox_writer(const struct outbox *o)
{
	assert(o->count < OUTBOX_BATCH);
	return writer_of(o->slots + o->count * OUTBOX_SLOT, OUTBOX_SLOT);
}

void outbox_add(struct outbox *o, const struct writer *w, size_t skip,
                const union socket_address *name, socklen_t name_length, struct outbox_item item)
{
	size_t i = o->count++;
	o->names[i] = *name;
	o->items[i] = item;
	o->parts[i] = (struct iovec){ w->start + skip, writer_length(w) - skip };
	o->messages[i].msg_hdr = (struct msghdr){
		.msg_name = name_length ? &o->names[i] : NULL,
		.msg_namelen = name_length,
		.msg_iov = &o->parts[i],
		.msg_iovlen = 1,
	};
}

void outbox_control(struct outbox *o, int level, int type, int value)
{
	size_t i = o->count - 1;
	struct msghdr *header = &o->messages[i].msg_hdr;
	size_t used = header->msg_controllen;
	assert(used + CMSG_SPACE(sizeof(value)) <= OUTBOX_CONTROL);
	struct cmsghdr cmsg = {
		.cmsg_level = level,
		.cmsg_type = type,
		.cmsg_len = CMSG_LEN(sizeof(value)),
	};
	uint8_t *room = o->control[i] + used;
	memset(room, 0, CMSG_SPACE(sizeof(value)));
	memcpy(room, &cmsg, sizeof(cmsg));
	memcpy(room + CMSG_LEN(0), &value, sizeof(value));
	header->msg_control = o->control[i];
	header->msg_controllen = used + CMSG_SPACE(sizeof(value));
}

int outbox_send(struct outbox *o, int fd)
{
	unsigned int left = (unsigned int)(o->count - o->sent);
	int n;
	do {
		n = sendmmsg(fd, o->messages + o->sent, left, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	o->sent += (size_t)n;
	return n;
}

void outbox_skip(struct outbox *o)
{
	o->sent++;
}

void outbox_clear(struct outbox *o)
{
	o->count = 0;
	o->sent = 0;
}
