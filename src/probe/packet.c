#include "probe/packet.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

static bool parse_ip4(struct span datagram, struct packet *out)
{
	struct cursor c = cursor_over(datagram);
	struct ip4 ip;

	if (!ip4_parse(&c, &ip))
		return false;
	size_t header = IP4_HEADER_MIN + ip.options.length;
	if (!ip4_checksum_ok((struct span){ datagram.data, header }))
		return false;
	if (ip.total_length < header || ip.mf || ip.fragment_offset)
		return false;
	out->src = ip.src;
	out->dst = ip.dst;
	out->protocol = ip.protocol;
	out->ttl = ip.ttl;
	out->tos = ip.tos;
	out->options = ip.options;
	out->payload = cursor_span(&c, ip.total_length - header);
	return !c.failed;
}

static bool parse_ip6(struct span datagram, struct packet *out)
{
	struct cursor c = cursor_over(datagram);
	struct ip6 ip;
	struct ip6_payload chain;

	if (!ip6_parse(&c, &ip))
		return false;
	struct cursor payload = cursor_over(cursor_span(&c, ip.payload_length));
	if (c.failed || !ip6_chain(&payload, ip.next_header, &chain))
		return false;
	/* A fragment header with nothing before or behind it is a whole datagram (RFC 6946). */
	if (chain.fragment_offset || chain.more_fragments)
		return false;
	out->src = ip.src;
	out->dst = ip.dst;
	out->protocol = chain.protocol;
	out->ttl = ip.hop_limit;
	out->tos = ip.tos;
	out->payload = cursor_rest(&payload);
	return true;
}

bool packet_parse(struct span datagram, nsec time, struct packet *out)
{
	struct cursor c = cursor_over(datagram);
	uint8_t version = cursor_u8(&c) >> 4;

	*out = (struct packet){ .time = time, .ttl = -1, .tos = -1 };
	return version == 6 ? parse_ip6(datagram, out) : parse_ip4(datagram, out);
}
