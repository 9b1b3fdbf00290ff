/*
 * The way in. Data is read first, then the stamps of what was sent: the stamp of a probe is on the
 * error queue before its reply can be on the socket, so whoever has read the reply finds the stamp.
 * Then, with all times of sending as good as they get, whose the data is.
 */
#include "io/carrier.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "wire/ip4.h"

#define ROUNDS     64 /* of reading in one call: a stream of others' packets ends there */
#define IDLE_TURNS 64 /* a family nothing was sent to is looked at once in so many calls */
#define LEFT_MAX   8  /* errors of ICMP passed over in one reading */
/* What is read now may be stamped before the last reading, not by more. */
#define STAMP_SLACK NSEC_S

/* Where events go. */
struct tray {
	struct net_event *events;
	size_t count;
	size_t capacity;
	unsigned int sources; /* channels and queues that replies came from, as bits */
};

static size_t room(const struct tray *t)
{
	return t->capacity - t->count;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static struct net_event *next_event(struct tray *t, enum net_event_kind kind)
{
	struct net_event *event = &t->events[t->count++];
	event->kind = kind;
	return event;
}

/* --- what the kernel dropped ----------------------------------------------------------------- */

/*
 * The kernel counts with the drops what it finds damaged as we read it (the checksum of ICMPv6):
 * that is the path's doing. Where the buffer cannot have been full nothing else was dropped.
 */
static void count_drops(struct carrier *c, struct channel *ch, uint32_t total)
{
	uint32_t more = inbox_drops(ch->drops, total);
	if (ch->burst >= ch->suspect)
		c->dropped += more;
	ch->drops += more;
}

/* A packet tells what was dropped before it; what was dropped after the last, the socket knows. */
static void ask_for_drops(struct carrier *c, struct channel *ch)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof(info);
	if (getsockopt(ch->fd, SOL_SOCKET, SO_MEMINFO, info, &size) == 0 && size == sizeof(info))
		count_drops(c, ch, info[SK_MEMINFO_DROPS]);
}

/* --- data ------------------------------------------------------------------------------------ */

/* Errors that ICMP leaves on a socket, for its next call to fail
 * with: they come as messages too. */
static bool left_by_icmp(const struct channel *ch, int error)
{
	if (!ch->sends)
		return false;
	return error != ENETDOWN && error != ENODEV && error != ENXIO;
}

/*
 * Reads at most so many messages past what ICMP has left. It may leave one between any two calls;
 * in a storm of them what is read waits for the next round.
 */
static int read_messages(struct carrier *c, struct channel *ch, size_t want)
{
	uint8_t tag = (uint8_t)(ch - c->channels);
	for (int i = 0; i < LEFT_MAX; i++) {
		int n = inbox_read(&c->in, ch->fd, 0, want, tag);
		if (n >= 0 || n == -EAGAIN)
			return n;
		if (!left_by_icmp(ch, -n)) {
			c->error = -n;
			return n;
		}
		ch->hinted = true;
	}
	return -EAGAIN;
}

/* False where there is no more to read. */
static bool read_channel(struct carrier *c, struct channel *ch, size_t limit)
{
	size_t want = least(limit, inbox_room(&c->in));
	int n = read_messages(c, ch, want);
	for (size_t i = c->in.filled - (size_t)(n > 0 ? n : 0); i < c->in.filled; i++)
		ch->burst += CARRIER_MESSAGE_COST + c->in.messages[i].msg_len;
	if (n > 0 && (size_t)n == want)
		return true;
	if (ch->burst >= ch->suspect)
		ask_for_drops(c, ch);
	ch->burst = 0;
	return false;
}

/* The families that probes went to, and the other ones where there is nothing else to do. */
static bool read_data(struct carrier *c, size_t limit)
{
	bool more = false;
	for (int used = 1; used >= 0; used--) {
		if (!used && c->in.filled > c->in.kept && c->turn % IDLE_TURNS != 0)
			break;
		for (size_t i = 0; i < c->channel_count; i++) {
			struct channel *ch = &c->channels[(c->turn + i) % c->channel_count];
			size_t got = c->in.filled - c->in.kept;
			bool family_used = c->used_families & 1U << ch->family;
			if (!ch->receives || family_used != used)
				continue;
			if (got < limit)
				more = read_channel(c, ch, limit - got) || more;
			else
				more = true;
		}
	}
	return more;
}

/* --- stamps and errors ----------------------------------------------------------------------- */

static void take_stamp(struct carrier *c, struct channel *ch, const struct arrival *a,
                       struct tray *t, size_t reserve, nsec now)
{
	uint32_t serial;
	nsec before;
	uint64_t token;
	if (!stamp_take(&ch->stamps, a->error.ee_data, &serial, &before) || a->wall < 0)
		return;
	nsec time = clock_map_stamp(&c->map, a->wall, before, now);
	if (time < 0 || !exchange_stamped(&c->exchange, serial, time, &token))
		return;
	/* Without room for it the reply still has it. */
	if (room(t) <= reserve)
		return;
	next_event(t, NET_SENT)->sent =
	        (struct sent){ .token = token, .time = time, .stamped = true };
}

nsec carrier_time(struct carrier *c, const struct arrival *a, nsec now, bool *user_time)
{
	nsec time = -1;
	if (a->wall >= 0)
		time = clock_map_stamp(&c->map, a->wall, c->read - STAMP_SLACK, now);
	*user_time = time < 0;
	return time < 0 ? now : time;
}

/* Never before the probe was sent, as far as we know: then the stamp is wrong, not causality. */
static void mend_time(struct reply *reply, nsec now)
{
	if (reply->time >= reply->sent)
		return;
	reply->time = now;
	reply->flags |= REPLY_USER_TIME;
}

/* What there is no room for waits for the next call, and its message with it. */
static void take_error(struct carrier *c, struct channel *ch, size_t i, struct tray *t,
                       size_t reserve, nsec now)
{
	struct arrival a;
	inbox_arrival(&c->errors, i, &a);
	if (!a.has_error)
		return;
	if (a.error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING) {
		take_stamp(c, ch, &a, t, reserve, now);
		return;
	}
	struct reply *reply = &c->stash[c->stashed];
	if (!ch->errors || !errqueue_match(c, &a, now, reply))
		return;
	mend_time(reply, now);
	inbox_keep(&c->errors, i);
	if (room(t) <= reserve) {
		c->stashed++;
		return;
	}
	next_event(t, NET_REPLY)->reply = *reply;
	t->sources |= 1U << CARRIER_CHANNELS;
}

static void take_errors(struct carrier *c, struct channel *ch, struct tray *t, size_t reserve,
                        nsec now)
{
	for (size_t i = c->errors.kept; i < c->errors.filled; i++)
		take_error(c, ch, i, t, reserve, now);
	inbox_settle(&c->errors);
}

/*
 * Reads the error queue where something may be on it: as many as stamps are under way, so that a
 * flood does not ask in vain.
 */
static void drain(struct carrier *c, struct channel *ch, struct tray *t, size_t reserve, nsec now)
{
	for (;;) {
		uint32_t pending = stamp_pending(&ch->stamps, now);
		if (!pending && !ch->hinted && !c->idle)
			break;
		bool all = ch->errors || ch->hinted || c->idle;
		size_t want = least(all ? INBOX_BATCH : pending, inbox_room(&c->errors));
		int n = inbox_read(&c->errors, ch->fd, MSG_ERRQUEUE, want, 0);
		take_errors(c, ch, t, reserve, now);
		ch->hinted = want == 0;
		if (n <= 0 || (size_t)n < want)
			break;
	}
	if (stamp_recover(&ch->stamps, ch->fd, ch->stamps_received, now) < 0)
		ch->stamps_received = false;
}

static void drain_all(struct carrier *c, struct tray *t, nsec now)
{
	size_t reserve = c->in.filled - c->in.kept;
	for (size_t i = 0; i < c->channel_count; i++) {
		struct channel *ch = &c->channels[i];
		if (ch->sends)
			drain(c, ch, t, reserve, now);
	}
}

/* What had no room in the last call. */
static void take_stash(struct carrier *c, struct tray *t)
{
	size_t n = least(c->stashed, room(t));
	for (size_t i = 0; i < n; i++)
		next_event(t, NET_REPLY)->reply = c->stash[i];
	c->stashed -= n;
	memmove(c->stash, c->stash + n, c->stashed * sizeof(c->stash[0]));
	if (n > 0)
		t->sources |= 1U << CARRIER_CHANNELS;
}

/* --- whose it is ----------------------------------------------------------------------------- */

/*
 * A raw socket's datagram is whole and its header was right when it came. Its checksum may be wrong
 * by now: the kernel writes this host into record route and timestamp options and leaves it at
 * that.
 */
static bool packet_with_header(struct span datagram, struct packet *packet)
{
	struct cursor c = cursor_over(datagram);
	struct ip4 ip;
	if (!ip4_parse(&c, &ip) || ip.total_length < IP4_HEADER_MIN + ip.options.length)
		return false;
	packet->src = ip.src;
	packet->dst = ip.dst;
	packet->protocol = ip.protocol;
	packet->ttl = ip.ttl;
	packet->tos = ip.tos;
	packet->options = ip.options;
	packet->payload = cursor_span(&c, ip.total_length - IP4_HEADER_MIN - ip.options.length);
	return !c.failed;
}

static bool packet_of(const struct channel *ch, const struct arrival *a, nsec time,
                      struct packet *packet)
{
	if (ch->gets_header) {
		*packet = (struct packet){ .time = time };
		return packet_with_header(a->data, packet);
	}
	*packet = (struct packet){
		.time = time,
		.src = a->name,
		.dst = a->dst,
		.protocol = ch->family == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMP6,
		.ttl = a->ttl,
		.tos = a->tos,
		.checksum_ok = true,
		.options = a->options,
		.payload = a->data,
	};
	return true;
}

static void deliver(struct carrier *c, size_t i, struct tray *t, nsec now)
{
	uint8_t tag = c->in.tags[i];
	struct channel *ch = &c->channels[tag];
	struct arrival a;
	struct packet packet;
	bool user_time;

	inbox_arrival(&c->in, i, &a);
	if (a.has_drops)
		count_drops(c, ch, a.drops);
	nsec time = carrier_time(c, &a, now, &user_time);
	if (!packet_of(ch, &a, time, &packet))
		return;
	packet.user_time = user_time;
	packet.fragment_size = a.fragment_size;
	struct net_event *event = &t->events[t->count];
	if (!exchange_match(&c->exchange, &packet, &event->reply))
		return;
	mend_time(&event->reply, now);
	event->kind = NET_REPLY;
	t->count++;
	t->sources |= 1U << tag;
	inbox_keep(&c->in, i);
}

static bool goes_before(const struct net_event *a, const struct net_event *b)
{
	if (a->kind == NET_SENT || b->kind == NET_SENT)
		return a->kind == NET_SENT && b->kind != NET_SENT;
	return a->reply.time < b->reply.time;
}

/* Stamps first, replies by time: those of each source are in order, or nearly. */
static void sort(struct net_event *events, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (!goes_before(&events[i], &events[i - 1]))
			continue;
		struct net_event event = events[i];
		size_t to = i;
		for (; to > 0 && goes_before(&event, &events[to - 1]); to--)
			events[to] = events[to - 1];
		events[to] = event;
	}
}

/* One round of reading. False where nothing is left to read. */
static bool fill(struct carrier *c, struct tray *t)
{
	size_t stamps = 0;
	for (size_t i = 0; i < c->channel_count; i++)
		stamps += stamp_pending(&c->channels[i].stamps, c->read);
	/* Each reply may bring a stamp along. */
	bool more = read_data(c, room(t) - least(stamps, room(t) / 2));
	nsec now = clock_now();
	c->idle = c->in.filled == c->in.kept && stamps == 0;
	drain_all(c, t, now);
	for (size_t i = c->in.kept; i < c->in.filled; i++)
		deliver(c, i, t, now);
	inbox_settle(&c->in);
	c->read = now;
	return more;
}

/* What came of no probe: this host's own troubles. */
static void tell_local(struct carrier *c, struct tray *t)
{
	if (c->dropped && room(t)) {
		next_event(t, NET_DROPS)->drops = c->dropped;
		c->dropped = 0;
	}
	if (c->error && room(t)) {
		next_event(t, NET_ERROR)->error = c->error;
		c->error = 0;
	}
}

size_t carrier_receive(struct net *net, struct net_event *events, size_t capacity)
{
	struct carrier *c = (struct carrier *)net;
	struct tray t = { .events = events, .capacity = capacity };
	bool more = true;

	inbox_clear(&c->in);
	if (!c->stashed)
		inbox_clear(&c->errors);
	take_stash(c, &t);
	c->turn++;
	for (int round = 0; more && room(&t) && inbox_room(&c->in) && round < ROUNDS; round++)
		more = fill(c, &t);
	if (t.sources & (t.sources - 1))
		sort(t.events, t.count);
	tell_local(c, &t);
	return t.count;
}
