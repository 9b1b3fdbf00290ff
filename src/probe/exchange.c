#include "probe/exchange.h"

#include <errno.h>
#include "probe/decode.h"
#include "probe/identity.h"
#include "probe/payload.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/ip4.h"

int exchange_init(struct exchange *x, const struct exchange_config *config)
{
	*x = (struct exchange){ .config = *config };
	if (config->pattern_length > sizeof config->pattern ||
	    config->options_length > sizeof config->options ||
	    config->node_info_length > sizeof config->node_info)
		return -EINVAL;
	payload_init(x);
	return flight_init(&x->flight, config->key, config->flight_limit, config->flight_keep);
}

void exchange_release(struct exchange *x)
{
	flight_release(&x->flight);
}

void exchange_refused(struct exchange *x, uint32_t serial)
{
	flight_cancel(&x->flight, serial);
}

bool exchange_stamped(struct exchange *x, uint32_t serial, nsec time, uint64_t *token)
{
	struct flight_record *r = flight_at(&x->flight, serial);
	if (!r)
		return false;
	r->sent = time;
	r->rough = false;
	*token = r->token;
	return true;
}

void exchange_sent_after(struct exchange *x, uint32_t serial, nsec time)
{
	struct flight_record *r = flight_at(&x->flight, serial);
	if (!r)
		return;
	r->sent = time;
	r->rough = true;
}

/* The record gives what the packet must not be trusted with: token and time of sending. */
static void attribute(struct flight_record *r, struct reply *reply)
{
	reply->token = r->token;
	reply->sent = r->sent;
	if (r->answered)
		reply->flags |= REPLY_DUPLICATE;
	if (r->rough)
		reply->flags |= REPLY_ROUGH;
	/*
	 * Notices, what the target did not send like that, and what was cut so short that anybody
	 * might have sent it leave the answer to come.
	 */
	bool notice = reply->kind == REPLY_REDIRECT || reply->kind == REPLY_QUENCH;
	bool unproved = reply->kind == REPLY_ECHO && reply->flags & REPLY_TRUNCATED &&
	                reply->payload.length < EXCHANGE_COOKIE_SIZE;
	if (!notice && !unproved && !(reply->flags & (REPLY_CORRUPT | REPLY_WRONG_SOURCE)))
		r->answered = true;
}

static bool checksum_wrong(const struct packet *packet)
{
	if (packet->checksum_ok)
		return false;
	if (packet->protocol == IP_PROTOCOL_ICMP)
		return !icmp4_checksum_ok(packet->payload);
	/* The others are summed with both addresses: without ours there is no judging. */
	if (packet->dst.family != packet->src.family)
		return false;
	struct cursor c = cursor_over(packet->payload);
	cursor_skip(&c, 6);
	if (packet->protocol == IP_PROTOCOL_UDP && packet->src.family == 4 && cursor_u16(&c) == 0)
		return false; /* the sender computed none */
	return checksum_upper(&packet->src, &packet->dst, packet->protocol, packet->payload.data,
	                      packet->payload.length) != 0;
}

static void begin_reply(struct reply *reply, const struct packet *packet)
{
	*reply = (struct reply){
		.time = packet->time,
		.from = packet->src,
		.to = packet->dst,
		.flags = packet->user_time ? REPLY_USER_TIME : 0,
		.ttl = packet->ttl,
		.tos = packet->tos,
		.bytes = (uint32_t)packet->payload.length,
		.fragment_size = packet->fragment_size,
		.options = packet->options,
		.quoted = quote_unknown(),
		.wrong_at = -1,
	};
}

static struct flight_record *match_icmp(struct exchange *x, const struct packet *packet,
                                        uint8_t family, struct reply *reply, bool *ours)
{
	struct cursor c = cursor_over(packet->payload);
	struct icmp m;
	if (packet->src.family != family || !icmp_parse(&c, family, &m))
		return NULL;
	reply->icmp_type = m.type;
	reply->icmp_code = m.code;
	if (icmp_is_error(family, m.type) || (family == 6 && m.type == ICMP6_REDIRECT))
		return decode_error(x, packet, &m, reply);
	return decode_answer(x, packet, &m, reply, ours);
}

bool exchange_match(struct exchange *x, const struct packet *packet, struct reply *reply)
{
	bool ours = false; /* by id, if by nothing else */
	struct flight_record *r = NULL;
	begin_reply(reply, packet);
	switch (packet->protocol) {
	case IP_PROTOCOL_ICMP: r = match_icmp(x, packet, 4, reply, &ours); break;
	case IP_PROTOCOL_ICMP6: r = match_icmp(x, packet, 6, reply, &ours); break;
	case IP_PROTOCOL_UDP: r = decode_udp(x, packet, reply); break;
	case IP_PROTOCOL_TCP: r = decode_tcp(x, packet, reply); break;
	default: return false;
	}
	if (!r && !ours)
		return false;
	bool wrong = checksum_wrong(packet);
	if (!r) {
		reply->flags |= REPLY_UNKNOWN;
		return !wrong;
	}
	if (wrong)
		reply->flags |= REPLY_CORRUPT;
	attribute(r, reply);
	return true;
}

/* --- errors without quoted headers ------------------------------------------------------------ */

struct socket_flow {
	uint8_t kind;
	const struct addr *dst;
	uint16_t id;
};

static bool same_socket_flow(const struct flight_record *r, const void *wanted)
{
	const struct socket_flow *flow = wanted;
	return r->kind == flow->kind && r->id == flow->id && addr_equal(&r->dst, flow->dst);
}

static struct flight_record *find_of_socket(struct exchange *x, const struct exchange_error *error,
                                            struct quoted *quoted)
{
	if (!error->upper_is_data && error->upper.length > 0)
		return quote_match_upper(x, error->time, error->upper, error->protocol, &error->dst,
		                         quoted);
	struct socket_flow wanted = { .kind = PROBE_UDP, .dst = &error->dst, .id = error->id };
	if (error->protocol == IP_PROTOCOL_TCP)
		wanted.kind = PROBE_TCP;
	else if (error->protocol != IP_PROTOCOL_UDP)
		wanted.kind = PROBE_ECHO;
	struct flight_record *r = identity_prove(x, error->time, wanted.kind, error->upper);
	if (r && same_socket_flow(r, &wanted))
		return r;
	/* Routers that quote 8 bytes leave no data: the socket's probe
	 * under way is all there is. */
	return identity_search(x, error->time, same_socket_flow, &wanted);
}

bool exchange_match_error(struct exchange *x, const struct exchange_error *error,
                          struct reply *reply)
{
	*reply = (struct reply){
		.time = error->time,
		.from = error->from,
		.flags = error->user_time ? REPLY_USER_TIME : 0,
		.kind = decode_error_kind(error->dst.family, error->icmp_type, error->icmp_code),
		.icmp_type = error->icmp_type,
		.icmp_code = error->icmp_code,
		.ttl = error->ttl,
		.tos = error->tos,
		.mtu = error->mtu,
		.quoted = quote_unknown(),
		.payload = error->upper,
		.extensions = error->extensions,
		.wrong_at = -1,
	};
	struct flight_record *r = find_of_socket(x, error, &reply->quoted);
	if (!r)
		return false;
	attribute(r, reply);
	return true;
}
