/* ICMP errors: what they say of themselves. Whose they are is quote.c's to find. */
#include "probe/decode.h"

#define REDIRECTED_HEADER 4 /* option of a redirect, RFC 4861, 4.6.3 */

uint8_t decode_error_kind(uint8_t family, uint8_t type, uint8_t code)
{
	if (family == 4) {
		switch (type) {
		case ICMP4_UNREACHABLE:
			return code == ICMP4_CODE_FRAG_NEEDED ? REPLY_TOO_BIG : REPLY_UNREACHABLE;
		case ICMP4_SOURCE_QUENCH: return REPLY_QUENCH;
		case ICMP4_REDIRECT: return REPLY_REDIRECT;
		case ICMP4_TIME_EXCEEDED: return REPLY_TIME_EXCEEDED;
		case ICMP4_PARAMETER_PROBLEM: return REPLY_PARAMETER;
		default: return REPLY_OTHER;
		}
	}
	switch (type) {
	case ICMP6_UNREACHABLE: return REPLY_UNREACHABLE;
	case ICMP6_PACKET_TOO_BIG: return REPLY_TOO_BIG;
	case ICMP6_TIME_EXCEEDED: return REPLY_TIME_EXCEEDED;
	case ICMP6_PARAMETER_PROBLEM: return REPLY_PARAMETER;
	case ICMP6_REDIRECT: return REPLY_REDIRECT;
	default: return REPLY_OTHER;
	}
}

/* The datagram an IPv6 redirect quotes stands in an option; empty where there is none. */
static struct span redirected_datagram(struct span options)
{
	struct cursor c = cursor_over(options);
	while (cursor_left(&c) >= 8) {
		uint8_t type = cursor_u8(&c);
		size_t length = (size_t)cursor_u8(&c) * 8;
		if (length == 0)
			break;
		struct span body = cursor_span(&c, length - 2);
		if (type != REDIRECTED_HEADER)
			continue;
		struct cursor inner = cursor_over(body);
		cursor_skip(&inner, 6); /* reserved */
		return cursor_rest(&inner);
	}
	return (struct span){ 0 };
}

struct flight_record *decode_error(struct exchange *x, const struct packet *packet,
                                   const struct icmp *m, struct reply *reply)
{
	reply->kind = decode_error_kind(m->family, m->type, m->code);
	reply->mtu = m->mtu;
	reply->pointer = m->pointer;
	reply->gateway = m->gateway;
	if (m->family == 6 && m->type == ICMP6_REDIRECT)
		reply->payload = redirected_datagram(m->body);
	else
		icmp_split(m, &reply->payload, &reply->extensions);
	return quote_match(x, packet->time, reply->payload, m->family, &packet->dst,
	                   &reply->quoted);
}
