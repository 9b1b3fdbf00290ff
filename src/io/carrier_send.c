/* The way out: probes written into the outbox of their channel, sent, and accounted for. */
#include "io/carrier.h"

#include <errno.h>
#include <linux/filter.h>

#include "wire/ip6.h"

#define FLOWS_MAX  65536
#define LABELS_MAX 32 /* the kernel gives a socket no more */

static bool is_icmp(const struct probe *probe)
{
	return probe->kind != PROBE_UDP && probe->kind != PROBE_TCP;
}

/* *error: the family is not there, or no socket here can send such a probe. */
static struct channel *channel_for(struct carrier *c, const struct probe *probe, int *error)
{
	*error = EAFNOSUPPORT;
	for (size_t i = 0; i < c->channel_count; i++) {
		struct channel *ch = &c->channels[i];
		if (!ch->sends || ch->family != probe->dst.family)
			continue;
		if (ch->own_header || is_icmp(probe))
			return ch;
		*error = EPROTONOSUPPORT;
	}
	return NULL;
}

/*
 * The record of a probe that went out says the best time known so far. Where no stamp will better
 * it, it is good for the first of a call alone: the others left when those before them were done,
 * and the last of sixteen some 80 us later on a link that delivers at once.
 */
static void accepted(struct carrier *c, struct channel *ch, const struct outbox_item *item,
                     bool first, nsec before, struct sent *results)
{
	uint64_t token;
	if (first || !c->bursts)
		(void)exchange_stamped(&c->exchange, item->serial, before, &token);
	else
		exchange_sent_after(&c->exchange, item->serial, before);
	stamp_sent(&ch->stamps, item->serial, before);
	results[item->index].time = before;
	c->used_families |= (uint8_t)(1U << ch->family);
}

static void refused(struct carrier *c, const struct outbox_item *item, nsec before, int error,
                    struct sent *results)
{
	exchange_refused(&c->exchange, item->serial);
	results[item->index].time = before;
	results[item->index].error = error;
}

/*
 * A refusal may be an ICMP error of earlier that waited on the socket for the next call: that is
 * not this probe's, so each has a second try. sendmmsg hides the error that stopped it in the
 * middle: that was the first try.
 */
static void flush(struct carrier *c, struct channel *ch, struct sent *results)
{
	struct outbox *out = &ch->out;
	bool tried = false;
	while (out->sent < out->count) {
		size_t first = out->sent;
		nsec before = clock_now();
		int n = outbox_send(out, ch->fd);
		for (size_t i = first; i < out->sent; i++)
			accepted(c, ch, &out->items[i], i == first, before, results);
		if (out->sent == out->count)
			break;
		stamp_refused(&ch->stamps, before);
		ch->hinted = true;
		if (n <= 0 && tried) {
			/* A full send buffer: raw sockets of IPv4 say so, the others "try again". */
			int error = n == -EAGAIN ? ENOBUFS : n < 0 ? -n : EIO;
			refused(c, &out->items[first], before, error, results);
			outbox_skip(out);
			tried = false;
			continue;
		}
		tried = true;
	}
	outbox_clear(out);
}

/*
 * Binds to the source (-B), connects (-C): with the first probe, for before it nobody knows where
 * to. A connected raw socket is deaf to all but its peer, so probes for others are refused. A ping
 * socket is bound already, to its id: to connect it settles its source, and it hears all the same.
 */
static int pin(struct carrier *c, struct channel *ch, const struct addr *dst, nsec now)
{
	union socket_address address;
	if (ch->pinned)
		return c->connect && !addr_equal(&ch->peer, dst) ? -EISCONN : 0;
	if (c->bind_source && !ch->errors) {
		int error = source_find(&c->sources, dst, now, &ch->source);
		if (error)
			return error;
		socklen_t length = socket_address(&ch->source, 0, &address);
		if (bind(ch->fd, &address.any, length) < 0)
			return -errno;
	}
	if (c->connect || ch->errors) {
		socklen_t length = socket_address(dst, 0, &address);
		if (connect(ch->fd, &address.any, length) < 0)
			return -errno;
	}
	if (c->connect)
		ch->peer = *dst;
	ch->pinned = true;
	return 0;
}

/* Where the kernel minds, it refuses the datagram: what became of the request need not be asked. */
static void lease_labels(struct carrier *c, struct channel *ch, const struct addr *dst)
{
	uint32_t label = c->exchange.config.flow_label;
	if (!label || ch->family == 4 || ch->own_header)
		return;
	for (; ch->leased < c->exchange.flows && ch->leased < LABELS_MAX; ch->leased++)
		(void)socket_lease_label(ch->fd, dst, label + ch->leased);
}

/* What a header of our own says; the kernel finds its own source where it writes the header. */
static int source_for(struct carrier *c, const struct channel *ch, const struct addr *dst, nsec now,
                      struct addr *src)
{
	*src = dst->family == 4 ? c->source4 : c->source6;
	if (ch->source.family)
		*src = ch->source;
	if (src->family || !ch->own_header)
		return 0;
	return source_find(&c->sources, dst, now, src);
}

/* A flow not seen before has an id that the filters do not let pass yet. */
static void widen_filters(struct carrier *c)
{
	while (c->filter_flows < c->exchange.flows && c->filter_flows < FLOWS_MAX)
		c->filter_flows *= 2;
	for (size_t i = 0; i < c->channel_count; i++) {
		struct channel *ch = &c->channels[i];
		if (!ch->filtered || carrier_filter(c, ch, false) == 0)
			continue;
		/* Better all packets of the host than not all of ours. */
		int unused = 0;
		(void)setsockopt(ch->fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
		ch->filtered = false;
	}
}

/* What differs from the options of the socket goes along with the datagram. */
static void add_controls(const struct carrier *c, struct channel *ch, const struct probe *probe)
{
	bool v4 = ch->family == 4;
	if (ch->own_header)
		return;
	if (probe->ttl != c->ttl)
		outbox_control(&ch->out, v4 ? IPPROTO_IP : IPPROTO_IPV6,
		               v4 ? IP_TTL : IPV6_HOPLIMIT, probe->ttl);
	if (probe->tos != c->tos)
		outbox_control(&ch->out, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS,
		               probe->tos);
}

static void add(struct carrier *c, struct channel *ch, const struct probe *probe,
                const struct writer *w, size_t header, struct outbox_item item)
{
	union socket_address name;
	socklen_t length = socket_address(&probe->dst, 0, &name);
	if (ch->family == 6 && !ch->own_header) {
		/* With the flow label that the exchange wrote. */
		struct cursor written = cursor_of(w->start, IP6_HEADER);
		name.v6.sin6_flowinfo = htonl(cursor_u32(&written) & 0xfffff);
	}
	outbox_add(&ch->out, w, ch->own_header ? 0 : header, &name, ch->peer.family ? 0 : length,
	           item);
	add_controls(c, ch, probe);
}

/* Writes the probe into its channel's outbox. 0 or -errno. */
static int prepare(struct carrier *c, struct channel *ch, const struct probe *probe, size_t index,
                   nsec now)
{
	struct addr src;
	int error = c->bind_source || c->connect ? pin(c, ch, &probe->dst, now) : 0;
	if (!error)
		error = source_for(c, ch, &probe->dst, now, &src);
	if (error)
		return error;
	struct writer w = outbox_writer(&ch->out);
	struct outbox_item item = { .index = index };
	size_t header;
	error = exchange_prepare(&c->exchange, probe, &src, now, &w, &header, &item.serial);
	if (error)
		return error;
	if (c->exchange.flows > c->filter_flows)
		widen_filters(c);
	lease_labels(c, ch, &probe->dst);
	add(c, ch, probe, &w, header, item);
	return 0;
}

/* DF is an option of the socket: what was written before must be sent before it changes. */
static int turn_df(struct carrier *c, struct channel *ch, bool df, struct sent *results)
{
	if (ch->own_header || ch->df == df)
		return 0;
	flush(c, ch, results);
	int error = socket_set_df(ch->fd, ch->family, c->pmtu, df);
	if (!error)
		ch->df = df;
	return error;
}

/*
 * What would have fitted, where the socket goes by what the host knows of the path. One that
 * disregards it is refused by the MTU of its interface, which no route tells.
 */
static void tell_mtu(const struct carrier *c, const struct probe *probe, struct sent *result)
{
	uint32_t mtu;
	if (result->error != EMSGSIZE || c->own_header || c->pmtu != TRANSPORT_PMTU_DO)
		return;
	if (source_mtu(&c->sources, &probe->dst, &mtu) == 0 && mtu < probe->size)
		result->mtu = mtu;
}

void carrier_send(struct net *net, const struct probe *probes, size_t count, struct sent *results)
{
	struct carrier *c = (struct carrier *)net;
	nsec now = clock_now();
	for (size_t i = 0; i < count; i++) {
		results[i] = (struct sent){ .token = probes[i].token, .time = now };
		struct channel *ch = channel_for(c, &probes[i], &results[i].error);
		if (!ch)
			continue;
		int error = turn_df(c, ch, probes[i].df, results);
		if (!error)
			error = prepare(c, ch, &probes[i], i, now);
		results[i].error = -error;
		if (ch->out.count == OUTBOX_BATCH)
			flush(c, ch, results);
	}
	for (size_t i = 0; i < c->channel_count; i++)
		flush(c, &c->channels[i], results);
	for (size_t i = 0; i < count; i++)
		tell_mtu(c, &probes[i], &results[i]);
}
