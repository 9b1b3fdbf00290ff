/* Packet to answer: what targets send back. Errors are quote.c's. */
#include "probe/decode.h"

#include "probe/identity.h"
#include "probe/payload.h"
#include "wire/ip4.h"
#include "wire/tcp.h"
#include "wire/udp.h"

/*
 * Whether any host may answer for that destination: a group, a broadcast, "this host". Which
 * addresses are broadcasts of some network nobody can tell from here.
 */
static bool answered_by_anyone(const struct exchange *x, const struct addr *dst)
{
	return addr_is_multicast(dst) || addr_is_any(dst) || addr_to_v4(dst) == UINT32_MAX ||
	       (x->config.broadcast && dst->family == 4);
}

static void judge_source(const struct exchange *x, const struct flight_record *r,
                         const struct packet *packet, struct reply *reply)
{
	if (!addr_equal(&packet->src, &r->dst) && !answered_by_anyone(x, &r->dst))
		reply->flags |= REPLY_WRONG_SOURCE;
}

/* --- echo ------------------------------------------------------------------------------------ */

struct echo {
	const struct exchange *x;
	uint8_t family;
	uint16_t id, sequence;
	struct span data;
};

/*
 * An echo from an address that was not asked, too short for a serial: proved by the cookie where it
 * has one, and without where anyone may answer.
 */
static bool same_echo(const struct flight_record *r, const void *wanted)
{
	const struct echo *e = wanted;
	if (r->kind != PROBE_ECHO || r->dst.family != e->family || r->id != e->id ||
	    r->number != e->sequence)
		return false;
	if (answered_by_anyone(e->x, &r->dst))
		return true;
	return payload_has_cookie(e->x, r) && e->data.length >= 8 &&
	       payload_head_agrees(e->x, r, e->data);
}

static struct flight_record *find_echo(struct exchange *x, const struct packet *packet,
                                       const struct icmp *m)
{
	struct flight_record *r = identity_prove(x, packet->time, PROBE_ECHO, m->body);
	if (r)
		return r;
	r = identity_find(x, packet->time, PROBE_ECHO, &packet->src, m->id, m->sequence, 0);
	if (r || !identity_is_ours(x, PROBE_ECHO, m->id))
		return r;
	struct echo wanted = { .x = x,
		               .family = packet->src.family,
		               .id = m->id,
		               .sequence = m->sequence,
		               .data = m->body };
	return identity_search(x, packet->time, same_echo, &wanted);
}

static void judge_echo(const struct exchange *x, const struct flight_record *r,
                       const struct icmp *m, struct reply *reply)
{
	size_t sent = identity_data_length(x, r);
	struct payload_damage damage = payload_check(x, r, m->body);
	if (damage.at >= 0) {
		reply->flags |= REPLY_CORRUPT;
		reply->wrong_at = damage.at;
		reply->wrong_want = damage.want;
		reply->wrong_got = damage.got;
	}
	/* Found by its cookie, but the header was changed; or bytes that nobody sent. */
	if (m->id != r->id || m->sequence != r->number || m->body.length > sent)
		reply->flags |= REPLY_CORRUPT;
	if (m->body.length < sent)
		reply->flags |= REPLY_TRUNCATED;
}

/* --- timestamp, node information ------------------------------------------------------------- */

static void judge_timestamp(const struct flight_record *r, const struct icmp *m,
                            struct reply *reply)
{
	struct cursor c = cursor_over(m->body);
	uint32_t originate = cursor_u32(&c);
	if (!c.failed && originate != identity_timestamp(r))
		reply->flags |= REPLY_CORRUPT;
	if (m->body.length < 12)
		reply->flags |= REPLY_TRUNCATED;
}

static struct flight_record *find_node_info(struct exchange *x, const struct packet *packet,
                                            const struct icmp *m)
{
	struct cursor c = cursor_over(m->body);
	uint64_t nonce = cursor_u64(&c);
	return c.failed ? NULL : identity_prove_nonce(x, packet->time, nonce);
}

static bool is_answer(const struct icmp *m, uint8_t type4, uint8_t type6)
{
	return m->type == (m->family == 4 ? type4 : type6);
}

struct flight_record *decode_answer(struct exchange *x, const struct packet *packet,
                                    const struct icmp *m, struct reply *reply, bool *ours)
{
	struct flight_record *r = NULL;
	reply->payload = m->body;
	if (is_answer(m, ICMP4_ECHO_REPLY, ICMP6_ECHO_REPLY)) {
		reply->kind = REPLY_ECHO;
		*ours = identity_is_ours(x, PROBE_ECHO, m->id);
		r = find_echo(x, packet, m);
		if (r)
			judge_echo(x, r, m, reply);
	} else if (m->family == 4 && m->type == ICMP4_TIMESTAMP_REPLY) {
		reply->kind = REPLY_TIMESTAMP;
		*ours = identity_is_ours(x, PROBE_TIMESTAMP, m->id);
		r = identity_find(x, packet->time, PROBE_TIMESTAMP, &packet->src, m->id,
		                  m->sequence, 0);
		if (r)
			judge_timestamp(r, m, reply);
	} else if (m->family == 6 && m->type == ICMP6_NODE_INFO_REPLY) {
		reply->kind = REPLY_NODE_INFO;
		/* With query type and flags, which stand in the header. */
		struct cursor c = cursor_over(packet->payload);
		cursor_skip(&c, 4);
		reply->payload = cursor_rest(&c);
		r = find_node_info(x, packet, m);
	}
	if (r)
		judge_source(x, r, packet, reply);
	return r;
}

/* --- UDP and TCP ----------------------------------------------------------------------------- */

struct flow {
	const struct addr *dst;
	uint16_t id, port;
};

static bool same_udp_flow(const struct flight_record *r, const void *wanted)
{
	const struct flow *flow = wanted;
	return r->kind == PROBE_UDP && r->id == flow->id && r->port == flow->port &&
	       addr_equal(&r->dst, flow->dst);
}

struct flight_record *decode_udp(struct exchange *x, const struct packet *packet,
                                 struct reply *reply)
{
	struct cursor c = cursor_over(packet->payload);
	struct udp u;
	if (!udp_parse(&c, &u) || !identity_is_ours(x, PROBE_UDP, u.dport))
		return NULL;
	reply->kind = REPLY_UDP;
	reply->payload = cursor_rest(&c);
	/* An echo service returns our cookie. From others the flow is all that can be known. */
	struct flight_record *r = identity_prove(x, packet->time, PROBE_UDP, reply->payload);
	if (r && r->id == u.dport && r->port == u.sport) {
		judge_source(x, r, packet, reply);
		return r;
	}
	struct flow wanted = { .dst = &packet->src, .id = u.dport, .port = u.sport };
	return identity_search(x, packet->time, same_udp_flow, &wanted);
}

/* The SYN that is acknowledged: its sequence number plus one, and plus its data if those count. */
static struct flight_record *find_syn(struct exchange *x, const struct packet *packet,
                                      const struct tcp *t)
{
	uint32_t acked = t->ack - 1;
	/* The number is in the high half; data may have carried into it. */
	for (uint32_t carry = 0; carry < 2; carry++) {
		uint16_t number = identity_nonzero((uint16_t)((acked >> 16) - carry));
		struct flight_record *r = identity_find(x, packet->time, PROBE_TCP, &packet->src,
		                                        t->dport, number, t->sport);
		if (!r)
			continue;
		uint32_t beyond = acked - identity_tcp_sequence(r);
		if (beyond == 0 || beyond == identity_data_length(x, r))
			return r;
	}
	return NULL;
}

struct flight_record *decode_tcp(struct exchange *x, const struct packet *packet,
                                 struct reply *reply)
{
	struct cursor c = cursor_over(packet->payload);
	struct tcp t;
	if (!tcp_parse(&c, &t) || !(t.flags & TCP_ACK))
		return NULL;
	if (t.flags & TCP_RST)
		reply->kind = REPLY_TCP_RST;
	else if (t.flags & TCP_SYN)
		reply->kind = REPLY_TCP_SYNACK;
	else
		return NULL;
	reply->payload = cursor_rest(&c);
	return find_syn(x, packet, &t);
}
