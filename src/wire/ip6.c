#include "wire/ip6.h"

/* Extension headers (the IANA registry of that name, as far as they have this layout). */
enum {
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	DESTINATION = 60,
};

#define FLOW_LABEL_MASK 0xfffffu

bool ip6_parse(struct cursor *c, struct ip6 *ip)
{
	uint32_t first = cursor_u32(c);

	if (first >> 28 != 6)
		c->failed = true;
	*ip = (struct ip6){ 0 };
	ip->tos = (uint8_t)(first >> 20);
	ip->flow_label = first & FLOW_LABEL_MASK;
	ip->payload_length = cursor_u16(c);
	ip->next_header = cursor_u8(c);
	ip->hop_limit = cursor_u8(c);
	ip->src = addr_read(c, 6);
	ip->dst = addr_read(c, 6);
	return !c->failed;
}

void ip6_build(struct writer *w, const struct ip6 *ip)
{
	if (ip->src.family != 6 || ip->dst.family != 6 || ip->flow_label > FLOW_LABEL_MASK) {
		w->failed = true;
		return;
	}
	writer_u32(w, UINT32_C(6) << 28 | (uint32_t)ip->tos << 20 | ip->flow_label);
	writer_u16(w, ip->payload_length);
	writer_u8(w, ip->next_header);
	writer_u8(w, ip->hop_limit);
	addr_write(w, &ip->src);
	addr_write(w, &ip->dst);
}

static void fragment_parse(struct cursor *c, struct ip6_payload *out)
{
	cursor_skip(c, 1); /* reserved */
	uint16_t offset = cursor_u16(c);

	out->fragment = true;
	out->fragment_offset = offset & 0xfff8;
	out->more_fragments = offset & 1;
	out->fragment_id = cursor_u32(c);
}

bool ip6_chain(struct cursor *c, uint8_t first, struct ip6_payload *out)
{
	*out = (struct ip6_payload){ .protocol = first };
	for (unsigned int followed = 0; !c->failed; followed++) {
		uint8_t header = out->protocol;
		if (header != HOP_BY_HOP && header != ROUTING && header != FRAGMENT &&
		    header != AUTHENTICATION && header != DESTINATION)
			return true;
		if (followed == IP6_CHAIN_MAX)
			c->failed = true;
		out->protocol = cursor_u8(c);
		if (header == FRAGMENT) {
			fragment_parse(c, out);
			if (out->fragment_offset)
				return !c->failed;
			continue;
		}
		/* Both fields leave out the first eight bytes, each in its own unit. */
		size_t length = cursor_u8(c);
		cursor_skip(c, header == AUTHENTICATION ? length * 4 + 6 : length * 8 + 6);
	}
	return false;
}
