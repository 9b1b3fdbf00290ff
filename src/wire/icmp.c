#include "wire/icmp.h"
#include "wire/checksum.h"
#include "wire/extension.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

/* What every quote has behind its IP header (RFC 792). */
#define QUOTE_MIN 8

/* --- the header ------------------------------------------------------------------------------- */

/* RFC 4884, 4: the types with a length octet, which counts words of this many bytes; else 0. */
static size_t quote_unit(uint8_t family, uint8_t type)
{
	if (family == 4 && (type == ICMP4_UNREACHABLE || type == ICMP4_TIME_EXCEEDED ||
	                    type == ICMP4_PARAMETER_PROBLEM))
		return 4;
	if (family == 6 && (type == ICMP6_UNREACHABLE || type == ICMP6_TIME_EXCEEDED))
		return 8;
	return 0;
}

static void decode4(struct icmp *m, uint32_t rest)
{
	switch (m->type) {
	case ICMP4_UNREACHABLE:
		if (m->code == ICMP4_CODE_FRAG_NEEDED)
			m->mtu = rest & 0xffff;
		break;
	case ICMP4_PARAMETER_PROBLEM: m->pointer = rest >> 24; break;
	case ICMP4_REDIRECT: m->gateway = addr_v4(rest); break;
	case ICMP4_ECHO:
	case ICMP4_ECHO_REPLY:
	case ICMP4_TIMESTAMP:
	case ICMP4_TIMESTAMP_REPLY:
	case ICMP4_ADDRESS_MASK:
	case ICMP4_ADDRESS_MASK_REPLY:
	case ICMP4_EXTENDED_ECHO:
	case ICMP4_EXTENDED_ECHO_REPLY:
		m->id = (uint16_t)(rest >> 16);
		m->sequence = (uint16_t)rest;
		break;
	default: break;
	}
}

static void decode6(struct icmp *m, uint32_t rest, struct cursor *c)
{
	switch (m->type) {
	case ICMP6_PACKET_TOO_BIG: m->mtu = rest; break;
	case ICMP6_PARAMETER_PROBLEM: m->pointer = rest; break;
	case ICMP6_REDIRECT:
		m->gateway = addr_read(c, 6);
		m->redirected = addr_read(c, 6);
		break;
	case ICMP6_ECHO:
	case ICMP6_ECHO_REPLY:
	case ICMP6_NODE_INFO_QUERY:
	case ICMP6_NODE_INFO_REPLY:
	case ICMP6_EXTENDED_ECHO:
	case ICMP6_EXTENDED_ECHO_REPLY:
		m->id = (uint16_t)(rest >> 16);
		m->sequence = (uint16_t)rest;
		break;
	default: break;
	}
}

bool icmp_parse(struct cursor *c, uint8_t family, struct icmp *m)
{
	*m = (struct icmp){ .family = family };
	if (family != 4 && family != 6)
		c->failed = true;
	m->type = cursor_u8(c);
	m->code = cursor_u8(c);
	m->checksum = cursor_u16(c);
	uint32_t rest = cursor_u32(c);
	uint32_t words = family == 4 ? rest >> 16 & 0xff : rest >> 24;
	m->quote_length = (uint16_t)(words * quote_unit(family, m->type));
	if (family == 4)
		decode4(m, rest);
	else
		decode6(m, rest, c);
	m->body = cursor_rest(c);
	return !c->failed;
}

bool icmp4_checksum_ok(struct span message)
{
	return message.length >= ICMP_HEADER && checksum(message.data, message.length) == 0;
}

bool icmp6_checksum_ok(struct span message, const struct addr *src, const struct addr *dst)
{
	return message.length >= ICMP_HEADER &&
	       checksum_upper(src, dst, IP_PROTOCOL_ICMP6, message.data, message.length) == 0;
}

bool icmp_is_error(uint8_t family, uint8_t type)
{
	if (family == 6)
		return type < 128; /* RFC 4443, 2.1 */
	return type == ICMP4_UNREACHABLE || type == ICMP4_SOURCE_QUENCH || type == ICMP4_REDIRECT ||
	       type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAMETER_PROBLEM;
}

/* --- the quote and what stands behind it ------------------------------------------------------ */

/* How long the quoted datagram was, by its own header, and how
 * long that header is; 0 for neither. */
static size_t quoted_lengths(const struct icmp *m, size_t *header)
{
	struct cursor c = cursor_over(m->body);
	struct ip4 ip4;
	struct ip6 ip6;

	*header = 0;
	if (m->family == 4 && ip4_parse(&c, &ip4)) {
		*header = IP4_HEADER_MIN + ip4.options.length;
		return ip4.total_length;
	}
	if (m->family == 6 && ip6_parse(&c, &ip6)) {
		*header = IP6_HEADER;
		return (size_t)IP6_HEADER + ip6.payload_length;
	}
	return 0;
}

void icmp_split(const struct icmp *m, struct span *quote, struct span *extension)
{
	size_t unit = quote_unit(m->family, m->type);
	size_t header;

	*quote = m->body;
	*extension = (struct span){ 0 };
	/*
	 * Shorter quotes are padded (RFC 4884, 3): a length below that is a guess like others, or
	 * no length at all, but part of an MTU of more than 16 bits.
	 */
	bool announced = m->quote_length >= EXTENSION_AT;
	if (unit == 0 || extension_split(m->body, m->quote_length, announced, quote, extension))
		return;
	/*
	 * Where else routers put it: at 128, with no length (RFC 4884, 5.5) or with that of the
	 * quote before padding; at a length that was given in octets; right behind a quote that
	 * was never padded, be it the whole datagram or the eight bytes that RFC 792 asks for.
	 */
	size_t whole = quoted_lengths(m, &header);
	if (extension_split(m->body, EXTENSION_AT, false, quote, extension) ||
	    extension_split(m->body, m->quote_length / unit, false, quote, extension) ||
	    extension_split(m->body, whole, false, quote, extension))
		return;
	if (header)
		(void)extension_split(m->body, header + QUOTE_MIN, false, quote, extension);
}

/* --- building --------------------------------------------------------------------------------- */

void icmp_build_header(struct writer *w, uint8_t type, uint8_t code, uint32_t rest)
{
	writer_u8(w, type);
	writer_u8(w, code);
	writer_u16(w, 0);
	writer_u32(w, rest);
}

void icmp4_seal(struct writer *w, size_t offset)
{
	writer_patch_u16(w, offset + 2, 0);
	if (!w->failed)
		writer_patch_u16(w, offset + 2,
		                 checksum(w->start + offset, writer_length(w) - offset));
}

void icmp6_seal(struct writer *w, size_t offset, const struct addr *src, const struct addr *dst)
{
	writer_patch_u16(w, offset + 2, 0);
	if (w->failed)
		return;
	writer_patch_u16(w, offset + 2,
	                 checksum_upper(src, dst, IP_PROTOCOL_ICMP6, w->start + offset,
	                                writer_length(w) - offset));
}

/* --- words ------------------------------------------------------------------------------------ */

#define ANY_CODE (-1)

/* Which words is not ours to choose: scripts know those of ping. What it has none for says its
 * name. */
static const struct {
	uint8_t family;
	uint8_t type;
	int16_t code;
	const char *words;
} texts[] = {
	{ 4, ICMP4_ECHO_REPLY, ANY_CODE, "Echo Reply" },
	{ 4, ICMP4_UNREACHABLE, 0, "Destination Net Unreachable" },
	{ 4, ICMP4_UNREACHABLE, 1, "Destination Host Unreachable" },
	{ 4, ICMP4_UNREACHABLE, 2, "Destination Protocol Unreachable" },
	{ 4, ICMP4_UNREACHABLE, 3, "Destination Port Unreachable" },
	{ 4, ICMP4_UNREACHABLE, 4, "Frag needed and DF set" },
	{ 4, ICMP4_UNREACHABLE, 5, "Source Route Failed" },
	{ 4, ICMP4_UNREACHABLE, 6, "Destination Net Unknown" },
	{ 4, ICMP4_UNREACHABLE, 7, "Destination Host Unknown" },
	{ 4, ICMP4_UNREACHABLE, 8, "Source Host Isolated" },
	{ 4, ICMP4_UNREACHABLE, 9, "Destination Net Prohibited" },
	{ 4, ICMP4_UNREACHABLE, 10, "Destination Host Prohibited" },
	{ 4, ICMP4_UNREACHABLE, 11, "Destination Net Unreachable for Type of Service" },
	{ 4, ICMP4_UNREACHABLE, 12, "Destination Host Unreachable for Type of Service" },
	{ 4, ICMP4_UNREACHABLE, 13, "Packet filtered" },
	{ 4, ICMP4_UNREACHABLE, 14, "Precedence Violation" },
	{ 4, ICMP4_UNREACHABLE, 15, "Precedence Cutoff" },
	{ 4, ICMP4_SOURCE_QUENCH, ANY_CODE, "Source Quench" },
	{ 4, ICMP4_REDIRECT, 0, "Redirect Network" },
	{ 4, ICMP4_REDIRECT, 1, "Redirect Host" },
	{ 4, ICMP4_REDIRECT, 2, "Redirect Type of Service and Network" },
	{ 4, ICMP4_REDIRECT, 3, "Redirect Type of Service and Host" },
	{ 4, ICMP4_ECHO, ANY_CODE, "Echo Request" },
	{ 4, ICMP4_ROUTER_ADVERTISEMENT, ANY_CODE, "Router Advertisement" },
	{ 4, ICMP4_ROUTER_SOLICITATION, ANY_CODE, "Router Solicitation" },
	{ 4, ICMP4_TIME_EXCEEDED, 0, "Time to live exceeded" },
	{ 4, ICMP4_TIME_EXCEEDED, 1, "Frag reassembly time exceeded" },
	{ 4, ICMP4_PARAMETER_PROBLEM, ANY_CODE, "Parameter problem" },
	{ 4, ICMP4_TIMESTAMP, ANY_CODE, "Timestamp" },
	{ 4, ICMP4_TIMESTAMP_REPLY, ANY_CODE, "Timestamp Reply" },
	{ 4, 15, ANY_CODE, "Information Request" },
	{ 4, 16, ANY_CODE, "Information Reply" },
	{ 4, ICMP4_ADDRESS_MASK, ANY_CODE, "Address Mask Request" },
	{ 4, ICMP4_ADDRESS_MASK_REPLY, ANY_CODE, "Address Mask Reply" },
	{ 4, ICMP4_EXTENDED_ECHO, ANY_CODE, "Extended Echo Request" },
	{ 4, ICMP4_EXTENDED_ECHO_REPLY, ANY_CODE, "Extended Echo Reply" },
	{ 6, ICMP6_UNREACHABLE, 0, "Destination unreachable: No route" },
	{ 6, ICMP6_UNREACHABLE, 1, "Destination unreachable: Administratively prohibited" },
	{ 6, ICMP6_UNREACHABLE, 2, "Destination unreachable: Beyond scope of source address" },
	{ 6, ICMP6_UNREACHABLE, 3, "Destination unreachable: Address unreachable" },
	{ 6, ICMP6_UNREACHABLE, 4, "Destination unreachable: Port unreachable" },
	{ 6, ICMP6_UNREACHABLE, 5,
	  "Destination unreachable: Source address failed ingress/egress policy" },
	{ 6, ICMP6_UNREACHABLE, 6, "Destination unreachable: Reject route to destination" },
	{ 6, ICMP6_PACKET_TOO_BIG, ANY_CODE, "Packet too big" },
	{ 6, ICMP6_TIME_EXCEEDED, 0, "Time exceeded: Hop limit" },
	{ 6, ICMP6_TIME_EXCEEDED, 1, "Time exceeded: Defragmentation failure" },
	{ 6, ICMP6_PARAMETER_PROBLEM, 0, "Parameter problem: Wrong header field" },
	{ 6, ICMP6_PARAMETER_PROBLEM, 1, "Parameter problem: Unknown header" },
	{ 6, ICMP6_PARAMETER_PROBLEM, 2, "Parameter problem: Unknown option" },
	{ 6, ICMP6_ECHO, ANY_CODE, "Echo request" },
	{ 6, ICMP6_ECHO_REPLY, ANY_CODE, "Echo reply" },
	{ 6, 130, ANY_CODE, "MLD Query" },
	{ 6, 131, ANY_CODE, "MLD Report" },
	{ 6, 132, ANY_CODE, "MLD Reduction" },
	{ 6, ICMP6_ROUTER_SOLICITATION, ANY_CODE, "Router solicitation" },
	{ 6, ICMP6_ROUTER_ADVERTISEMENT, ANY_CODE, "Router advertisement" },
	{ 6, ICMP6_NEIGHBOR_SOLICITATION, ANY_CODE, "Neighbor solicitation" },
	{ 6, ICMP6_NEIGHBOR_ADVERTISEMENT, ANY_CODE, "Neighbor advertisement" },
	{ 6, ICMP6_REDIRECT, ANY_CODE, "Redirect" },
	{ 6, ICMP6_NODE_INFO_QUERY, ANY_CODE, "Node information query" },
	{ 6, ICMP6_NODE_INFO_REPLY, ANY_CODE, "Node information reply" },
	{ 6, 143, ANY_CODE, "MLDv2 Report" },
	{ 6, ICMP6_EXTENDED_ECHO, ANY_CODE, "Extended echo request" },
	{ 6, ICMP6_EXTENDED_ECHO_REPLY, ANY_CODE, "Extended echo reply" },
};

const char *icmp_text(uint8_t family, uint8_t type, uint8_t code)
{
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (texts[i].family == family && texts[i].type == type &&
		    (texts[i].code == ANY_CODE || texts[i].code == code))
			return texts[i].words;
	}
	return NULL;
}
