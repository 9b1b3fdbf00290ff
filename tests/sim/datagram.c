#include "tests/sim/datagram.h"

#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define FRAGMENT_NEXT_HEADER 44
#define FRAGMENT_HEADER      8

static bool parse_ip4(struct span bytes, struct datagram *d)
{
	struct cursor c = cursor_over(bytes);
	struct ip4 ip;
	if (!ip4_parse(&c, &ip))
		return false;
	size_t header = IP4_HEADER_MIN + ip.options.length;
	if (!ip4_checksum_ok((struct span){ bytes.data, header }) || ip.total_length < header)
		return false;
	d->family = 4;
	d->src = ip.src;
	d->dst = ip.dst;
	d->protocol = ip.protocol;
	d->ttl = ip.ttl;
	d->tos = ip.tos;
	d->df = ip.df;
	d->fragment = ip.mf || ip.fragment_offset;
	d->more = ip.mf;
	d->offset = ip.fragment_offset;
	d->id = ip.id;
	d->middle = ip.options;
	d->upper = cursor_span(&c, ip.total_length - header);
	return !c.failed;
}

static bool parse_ip6(struct span bytes, struct datagram *d)
{
	struct cursor c = cursor_over(bytes);
	struct ip6 ip;
	struct ip6_payload chain;
	if (!ip6_parse(&c, &ip))
		return false;
	struct span payload = cursor_span(&c, ip.payload_length);
	struct cursor inner = cursor_over(payload);
	if (c.failed || !ip6_chain(&inner, ip.next_header, &chain))
		return false;
	d->family = 6;
	d->src = ip.src;
	d->dst = ip.dst;
	d->protocol = chain.protocol;
	d->ttl = ip.hop_limit;
	d->tos = ip.tos;
	d->df = true;
	/* A fragment header with nothing before or behind it is a whole datagram (RFC 6946). */
	d->fragment = chain.more_fragments || chain.fragment_offset;
	d->more = chain.more_fragments;
	d->offset = chain.fragment_offset;
	d->id = chain.fragment_id;
	d->flow_label = ip.flow_label;
	d->first = ip.next_header;
	d->upper = cursor_rest(&inner);
	d->middle = (struct span){ payload.data, payload.length - d->upper.length };
	return true;
}

bool datagram_parse(struct span bytes, struct datagram *d)
{
	struct cursor c = cursor_over(bytes);
	*d = (struct datagram){ .family = 0 };
	return cursor_u8(&c) >> 4 == 6 ? parse_ip6(bytes, d) : parse_ip4(bytes, d);
}

size_t datagram_header(const struct datagram *d)
{
	return (d->family == 4 ? IP4_HEADER_MIN : IP6_HEADER) + d->middle.length;
}

void datagram_build_header(struct writer *w, const struct datagram *d)
{
	if (datagram_length(d) > (d->family == 4 ? IP4_LENGTH_MAX : IP6_HEADER + UINT16_MAX)) {
		w->failed = true;
		return;
	}
	if (d->family == 4) {
		ip4_build(w, &(struct ip4){ .tos = d->tos,
		                            .total_length = (uint16_t)datagram_length(d),
		                            .id = (uint16_t)d->id,
		                            .df = d->df,
		                            .mf = d->more,
		                            .fragment_offset = d->offset,
		                            .ttl = d->ttl,
		                            .protocol = d->protocol,
		                            .src = d->src,
		                            .dst = d->dst,
		                            .options = d->middle });
		return;
	}
	ip6_build(w,
	          &(struct ip6){ .tos = d->tos,
	                         .flow_label = d->flow_label,
	                         .payload_length = (uint16_t)(d->middle.length + d->upper.length),
	                         .next_header = d->middle.length ? d->first : d->protocol,
	                         .hop_limit = d->ttl,
	                         .src = d->src,
	                         .dst = d->dst });
	writer_bytes(w, d->middle.data, d->middle.length);
}

void datagram_build(struct writer *w, const struct datagram *d)
{
	datagram_build_header(w, d);
	writer_bytes(w, d->upper.data, d->upper.length);
}

bool datagram_checksum_ok(const struct datagram *d)
{
	struct cursor c = cursor_over(d->upper);
	checksum_sum sum;
	switch (d->protocol) {
	case IP_PROTOCOL_ICMP: return d->upper.length >= ICMP_HEADER && icmp4_checksum_ok(d->upper);
	case IP_PROTOCOL_ICMP6:
		return d->upper.length >= ICMP_HEADER &&
		       icmp6_checksum_ok(d->upper, &d->src, &d->dst);
	case IP_PROTOCOL_UDP:
		cursor_skip(&c, 6);
		/* None was computed (RFC 768); IPv6 has no such thing (RFC 8200, 8.1). */
		if (cursor_u16(&c) == 0)
			return !c.failed && d->family == 4;
		break;
	case IP_PROTOCOL_TCP: break;
	default: return true;
	}
	sum = checksum_pseudo(&d->src, &d->dst, d->protocol, (uint32_t)d->upper.length);
	return checksum_finish(checksum_add(sum, d->upper.data, d->upper.length)) == 0;
}

void datagram_seal(struct writer *w, size_t offset, const struct datagram *d)
{
	switch (d->protocol) {
	case IP_PROTOCOL_ICMP: icmp4_seal(w, offset); break;
	case IP_PROTOCOL_ICMP6: icmp6_seal(w, offset, &d->src, &d->dst); break;
	case IP_PROTOCOL_UDP: udp_seal(w, offset, &d->src, &d->dst); break;
	case IP_PROTOCOL_TCP: tcp_seal(w, offset, &d->src, &d->dst); break;
	default: break;
	}
}

static struct span write_fragment_header(uint8_t room[static DATAGRAM_ROOM],
                                         const struct datagram *piece)
{
	struct writer w = writer_of(room, FRAGMENT_HEADER);
	writer_u8(&w, piece->protocol);
	writer_u8(&w, 0);
	writer_u16(&w, (uint16_t)(piece->offset | (piece->more ? 1 : 0)));
	writer_u32(&w, piece->id);
	return (struct span){ room, writer_length(&w) };
}

/* Those with the copied flag (RFC 791, 3.1), padded to whole words. */
static struct span copied_options(uint8_t room[static DATAGRAM_ROOM], struct span options)
{
	struct writer w = writer_of(room, DATAGRAM_ROOM);
	struct cursor c = cursor_over(options);
	struct ip4_option option;
	while (ip4_option_next(&c, &option)) {
		if (!(option.type & 0x80))
			continue;
		writer_u8(&w, option.type);
		writer_u8(&w, (uint8_t)(option.data.length + 2));
		writer_bytes(&w, option.data.data, option.data.length);
	}
	while (writer_length(&w) % 4)
		writer_u8(&w, IP4_OPTION_END);
	return (struct span){ room, writer_length(&w) };
}

bool datagram_split(struct datagram *d, size_t mtu, struct datagram *piece,
                    uint8_t room[static DATAGRAM_ROOM])
{
	size_t header = datagram_header(d) + (d->family == 6 ? FRAGMENT_HEADER : 0);
	/* A fragment header belongs before what only the end may see: here nothing is before it. */
	if (d->family == 6 && d->middle.length)
		return false;
	if (mtu < header + 8)
		return false;
	size_t fits = mtu - header;
	size_t length = d->upper.length;
	bool last = length <= fits;
	if (!last)
		length = fits & ~(size_t)7;
	*piece = *d;
	piece->fragment = true;
	piece->more = d->more || !last;
	piece->upper.length = length;
	if (d->family == 6) {
		piece->first = FRAGMENT_NEXT_HEADER;
		piece->middle = write_fragment_header(room, piece);
	} else if (d->offset == 0) {
		d->middle = copied_options(room, d->middle);
	}
	d->offset = (uint16_t)(d->offset + length);
	d->upper.data += length;
	d->upper.length -= length;
	return true;
}
