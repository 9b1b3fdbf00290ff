#include "io/inbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/stamp.h"

int inbox_init(struct inbox *in, size_t slot)
{
	memset(in, 0, sizeof(*in));
	in->slots = calloc(INBOX_BATCH, slot);
	in->dirty = INBOX_BATCH;
	for (size_t i = 0; in->slots && i < INBOX_BATCH; i++) {
		in->parts[i] = (struct iovec){ in->slots + i * slot, slot };
		in->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &in->names[i],
			.msg_iov = &in->parts[i],
			.msg_iovlen = 1,
			.msg_control = in->control[i],
		};
	}
	return in->slots ? 0 : -ENOMEM;
}

void inbox_release(struct inbox *in)
{
	free(in->slots);
	in->slots = NULL;
}

/* The kernel writes lengths over those it was given. */
static void ready(struct inbox *in, size_t first, size_t end)
{
	for (size_t i = first; i < end && i < in->dirty; i++) {
		in->messages[i].msg_hdr.msg_namelen = sizeof(in->names[i]);
		in->messages[i].msg_hdr.msg_controllen = INBOX_CONTROL;
	}
	if (end >= in->dirty && first < in->dirty)
		in->dirty = first;
}

int inbox_read(struct inbox *in, int fd, int flags, size_t count, uint8_t tag)
{
	size_t first = in->filled;
	if (count > inbox_room(in))
		count = inbox_room(in);
	if (count == 0)
		return 0;
	ready(in, first, first + count);
	int n;
	do {
		n = recvmmsg(fd, in->messages + first, (unsigned int)count, flags | MSG_DONTWAIT,
		             NULL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	in->filled += (size_t)n;
	if (in->filled > in->dirty)
		in->dirty = in->filled;
	memset(in->tags + first, tag, (size_t)n);
	return n;
}

void inbox_keep(struct inbox *in, size_t i)
{
	size_t to = in->kept++;
	if (i == to)
		return;
	/* What points into a message points to its bytes: they change places, the rest stays. */
	struct iovec part = in->parts[to];
	void *control = in->messages[to].msg_hdr.msg_control;
	in->parts[to] = in->parts[i];
	in->messages[to].msg_hdr.msg_control = in->messages[i].msg_hdr.msg_control;
	in->parts[i] = part;
	in->messages[i].msg_hdr.msg_control = control;
}

void inbox_settle(struct inbox *in)
{
	in->filled = in->kept;
}

void inbox_clear(struct inbox *in)
{
	in->kept = 0;
	in->filled = 0;
}

/* The message's value where it is of this size, else false. */
static bool value_of(const struct cmsghdr *cmsg, void *value, size_t size)
{
	if (cmsg->cmsg_len < CMSG_LEN(size))
		return false;
	memcpy(value, CMSG_DATA(cmsg), size);
	return true;
}

static int integer(const struct cmsghdr *cmsg, int otherwise)
{
	int value;
	return value_of(cmsg, &value, sizeof(value)) ? value : otherwise;
}

/* The error, with who sent it behind. */
static void read_error(const struct cmsghdr *cmsg, struct arrival *out)
{
	union socket_address offender = { 0 };
	if (!value_of(cmsg, &out->error, sizeof(out->error)))
		return;
	out->has_error = true;
	size_t length = cmsg->cmsg_len - CMSG_LEN(sizeof(out->error));
	if (length > sizeof(offender))
		length = sizeof(offender);
	memcpy(&offender, CMSG_DATA(cmsg) + sizeof(out->error), length);
	out->offender = socket_addr(&offender);
}

static void read_socket(const struct cmsghdr *cmsg, struct arrival *out)
{
	if (cmsg->cmsg_type == SO_RXQ_OVFL)
		out->has_drops = value_of(cmsg, &out->drops, sizeof(out->drops));
	else if (cmsg->cmsg_type == SCM_TIMESTAMPING)
		out->wall = stamp_read(cmsg);
}

static void read_ip4(const struct cmsghdr *cmsg, struct arrival *out)
{
	struct in_pktinfo info;
	uint8_t tos;
	switch (cmsg->cmsg_type) {
	case IP_TTL: out->ttl = (int16_t)integer(cmsg, -1); break;
	case IP_TOS: out->tos = value_of(cmsg, &tos, sizeof(tos)) ? tos : -1; break;
	case IP_RECVFRAGSIZE: out->fragment_size = (uint32_t)integer(cmsg, 0); break;
	case IP_RECVERR: read_error(cmsg, out); break;
	case IP_RECVOPTS:
		out->options = (struct span){ CMSG_DATA(cmsg), cmsg->cmsg_len - CMSG_LEN(0) };
		break;
	case IP_PKTINFO:
		if (value_of(cmsg, &info, sizeof(info)))
			out->dst = addr_v4(ntohl(info.ipi_addr.s_addr));
		break;
	default: break;
	}
}

static void read_ip6(const struct cmsghdr *cmsg, struct arrival *out)
{
	struct in6_pktinfo info;
	switch (cmsg->cmsg_type) {
	case IPV6_HOPLIMIT: out->ttl = (int16_t)integer(cmsg, -1); break;
	case IPV6_TCLASS: out->tos = (int16_t)integer(cmsg, -1); break;
	case IPV6_RECVFRAGSIZE: out->fragment_size = (uint32_t)integer(cmsg, 0); break;
	case IPV6_RECVERR: read_error(cmsg, out); break;
	case IPV6_PKTINFO:
		if (value_of(cmsg, &info, sizeof(info))) {
			out->dst = addr_v6(info.ipi6_addr.s6_addr);
			if (addr_is_link_local(&out->dst))
				out->dst.scope = info.ipi6_ifindex;
		}
		break;
	default: break;
	}
}

void inbox_arrival(const struct inbox *in, size_t i, struct arrival *out)
{
	/* CMSG_NXTHDR wants what it never writes to. */
	struct msghdr header = in->messages[i].msg_hdr;

	*out = (struct arrival){ .wall = -1, .ttl = -1, .tos = -1 };
	out->data = (struct span){ in->parts[i].iov_base, in->messages[i].msg_len };
	if (header.msg_namelen)
		out->name = socket_addr(&in->names[i]);
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header); cmsg;
	     cmsg = CMSG_NXTHDR(&header, cmsg)) {
		if (cmsg->cmsg_level == SOL_SOCKET)
			read_socket(cmsg, out);
		else if (cmsg->cmsg_level == IPPROTO_IP)
			read_ip4(cmsg, out);
		else if (cmsg->cmsg_level == IPPROTO_IPV6)
			read_ip6(cmsg, out);
	}
}
