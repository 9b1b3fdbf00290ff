#include "io/stamp.h"

#include <errno.h>
#include <time.h>
#include <linux/errqueue.h> /* wants struct timespec declared */
#include <linux/net_tstamp.h>
#include <string.h>
#include <sys/socket.h>

static int set_flags(int fd, unsigned int flags)
{
	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) < 0 ? -errno : 0;
}

int stamp_enable(int fd, bool send, bool receive)
{
	unsigned int flags = SOF_TIMESTAMPING_SOFTWARE;
	if (receive)
		flags |= SOF_TIMESTAMPING_RX_SOFTWARE;
	if (!send)
		return set_flags(fd, flags);
	flags |= SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;
	/* The kernel's counter starts at 0 when OPT_ID goes from off to on. */
	int error = set_flags(fd, flags);
	return error ? error : set_flags(fd, flags | SOF_TIMESTAMPING_OPT_ID);
}

nsec stamp_read(const struct cmsghdr *cmsg)
{
	struct scm_timestamping stamps;
	if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_TIMESTAMPING ||
	    cmsg->cmsg_len < CMSG_LEN(sizeof(stamps)))
		return -1;
	memcpy(&stamps, CMSG_DATA(cmsg), sizeof(stamps));
	/* The first is the software stamp; a zero says there is none. */
	if (stamps.ts[0].tv_sec <= 0)
		return -1;
	return (nsec)stamps.ts[0].tv_sec * NSEC_S + stamps.ts[0].tv_nsec;
}

void stamp_init(struct stamp_ring *r, bool on)
{
	memset(r, 0, sizeof(*r));
	r->on = on;
}

static struct stamp_entry *entry(struct stamp_ring *r, uint32_t key)
{
	return &r->entries[key % STAMP_RING];
}

static void give_up(struct stamp_ring *r, struct stamp_entry *e)
{
	if (e->waits) {
		e->waits = false;
		r->waiting--;
	}
}

void stamp_sent(struct stamp_ring *r, uint32_t serial, nsec before)
{
	if (!r->on)
		return;
	if (r->adrift) {
		r->strangers++;
		return;
	}
	if (r->next - r->tail == STAMP_RING)
		give_up(r, entry(r, r->tail++));
	*entry(r, r->next++) = (struct stamp_entry){ before, serial, true };
	r->waiting++;
}

void stamp_refused(struct stamp_ring *r, nsec now)
{
	if (!r->on || r->adrift)
		return;
	r->adrift = true;
	r->adrift_since = now;
}

bool stamp_take(struct stamp_ring *r, uint32_t key, uint32_t *serial, nsec *before)
{
	struct stamp_entry *e = entry(r, key);
	if (key - r->tail >= r->next - r->tail || !e->waits) {
		if (r->strangers)
			r->strangers--;
		return false;
	}
	give_up(r, e);
	*serial = e->serial;
	*before = e->before;
	return true;
}

uint32_t stamp_pending(struct stamp_ring *r, nsec now)
{
	while (r->tail != r->next) {
		struct stamp_entry *e = entry(r, r->tail);
		if (e->waits && now - e->before <= STAMP_PATIENCE)
			break;
		give_up(r, e);
		r->tail++;
	}
	return r->waiting + r->strangers;
}

int stamp_recover(struct stamp_ring *r, int fd, bool receive, nsec now)
{
	if (!r->adrift)
		return 0;
	if (stamp_pending(r, now) && now - r->adrift_since <= STAMP_PATIENCE)
		return 0;
	for (; r->tail != r->next; r->tail++)
		give_up(r, entry(r, r->tail));
	r->tail = r->next = 0;
	r->strangers = 0;
	r->adrift = false;
	int error = stamp_enable(fd, true, receive);
	if (error)
		r->on = false;
	return error;
}
