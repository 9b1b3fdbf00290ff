#include "wire/ip4.h"
#include "wire/checksum.h"

#define FLAG_RESERVED 0x8000
#define FLAG_DF       0x4000
#define FLAG_MF       0x2000
#define OFFSET_MASK   0x1fff

bool ip4_parse(struct cursor *c, struct ip4 *ip)
{
	uint8_t first = cursor_u8(c);
	size_t header = (size_t)(first & 0x0f) * 4;

	if (first >> 4 != 4 || header < IP4_HEADER_MIN)
		c->failed = true;
	*ip = (struct ip4){ 0 };
	ip->tos = cursor_u8(c);
	ip->total_length = cursor_u16(c);
	ip->id = cursor_u16(c);
	uint16_t fragment = cursor_u16(c);
	ip->reserved = fragment & FLAG_RESERVED;
	ip->df = fragment & FLAG_DF;
	ip->mf = fragment & FLAG_MF;
	ip->fragment_offset = (uint16_t)((fragment & OFFSET_MASK) * 8);
	ip->ttl = cursor_u8(c);
	ip->protocol = cursor_u8(c);
	ip->checksum = cursor_u16(c);
	ip->src = addr_read(c, 4);
	ip->dst = addr_read(c, 4);
	ip->options = cursor_span(c, header - IP4_HEADER_MIN);
	return !c->failed;
}

bool ip4_checksum_ok(struct span header)
{
	return header.length >= IP4_HEADER_MIN && checksum(header.data, header.length) == 0;
}

void ip4_build(struct writer *w, const struct ip4 *ip)
{
	size_t start = writer_length(w);
	size_t padding = -ip->options.length & 3;

	if (ip->options.length > IP4_OPTIONS_MAX || ip->fragment_offset & 7 ||
	    ip->src.family != 4 || ip->dst.family != 4) {
		w->failed = true;
		return;
	}
	size_t header = IP4_HEADER_MIN + ip->options.length + padding;
	writer_u8(w, (uint8_t)(0x40 | header / 4));
	writer_u8(w, ip->tos);
	writer_u16(w, ip->total_length);
	writer_u16(w, ip->id);
	writer_u16(w, (uint16_t)((ip->reserved ? FLAG_RESERVED : 0) | (ip->df ? FLAG_DF : 0) |
	                         (ip->mf ? FLAG_MF : 0) | ip->fragment_offset / 8));
	writer_u8(w, ip->ttl);
	writer_u8(w, ip->protocol);
	writer_u16(w, 0);
	addr_write(w, &ip->src);
	addr_write(w, &ip->dst);
	writer_bytes(w, ip->options.data, ip->options.length);
	writer_zero(w, padding); /* IP4_OPTION_END */
	if (!w->failed)
		writer_patch_u16(w, start + 10, checksum(w->start + start, header));
}

bool ip4_option_next(struct cursor *options, struct ip4_option *option)
{
	*option = (struct ip4_option){ 0 };
	if (cursor_left(options) == 0)
		return false;
	option->type = cursor_u8(options);
	if (option->type == IP4_OPTION_END) {
		(void)cursor_rest(options); /* padding, whatever it holds */
		return false;
	}
	if (option->type == IP4_OPTION_NOP)
		return true;
	uint8_t length = cursor_u8(options); /* counts itself and the type */
	if (length < 2)
		options->failed = true;
	option->data = cursor_span(options, (size_t)length - 2);
	return !options->failed;
}

/*
 * How many entries of size bytes lie before the option's pointer, in an option whose data area of
 * area bytes begins at octet first (octets of an option count from 1). A pointer beyond the option
 * says "full". False for a pointer into the option's head or into the middle of an entry, and for
 * "some room but not enough for a full" entry: such a datagram is in error (RFC 791, 3.1).
 */
static bool entries_filled(uint8_t pointer, size_t first, size_t area, size_t size, uint8_t *filled)
{
	if (pointer < first || area % size != 0)
		return false;
	size_t used = pointer - first;
	if (used > area)
		used = area;
	*filled = (uint8_t)(used / size);
	return used % size == 0;
}

bool ip4_route_parse(const struct ip4_option *option, struct ip4_route *route)
{
	struct cursor c = cursor_over(option->data);
	uint8_t pointer = cursor_u8(&c);
	size_t area = cursor_left(&c);

	*route = (struct ip4_route){ 0 };
	if (option->type != IP4_OPTION_RECORD_ROUTE && option->type != IP4_OPTION_LSRR &&
	    option->type != IP4_OPTION_SSRR)
		return false;
	if (c.failed || area > sizeof route->addr / sizeof route->addr[0] * 4 ||
	    !entries_filled(pointer, 4, area, 4, &route->count))
		return false;
	route->slots = (uint8_t)(area / 4);
	if (option->type != IP4_OPTION_RECORD_ROUTE)
		route->count = route->slots;
	for (uint8_t i = 0; i < route->count; i++)
		route->addr[i] = addr_read(&c, 4);
	return true;
}

static size_t timestamp_entry_size(uint8_t flag)
{
	switch (flag) {
	case IP4_TIMESTAMP_ONLY: return 4;
	case IP4_TIMESTAMP_ADDR:
	case IP4_TIMESTAMP_PRESPEC: return 8;
	default: return 0;
	}
}

bool ip4_timestamp_parse(const struct ip4_option *option, struct ip4_timestamp *ts)
{
	struct cursor c = cursor_over(option->data);
	uint8_t pointer = cursor_u8(&c);
	uint8_t overflow_flag = cursor_u8(&c);
	size_t area = cursor_left(&c);

	*ts = (struct ip4_timestamp){ .flag = overflow_flag & 0x0f,
		                      .overflow = overflow_flag >> 4 };
	size_t size = timestamp_entry_size(ts->flag);
	if (option->type != IP4_OPTION_TIMESTAMP || c.failed || size == 0)
		return false;
	if (area > sizeof ts->entry / sizeof ts->entry[0] * 4 ||
	    !entries_filled(pointer, 5, area, size, &ts->count))
		return false;
	for (uint8_t i = 0; i < ts->count; i++) {
		if (size == 8)
			ts->entry[i].addr = addr_read(&c, 4);
		ts->entry[i].ms = cursor_u32(&c);
	}
	return true;
}

void ip4_option_build_record_route(struct writer *w, uint8_t slots)
{
	if (slots < 1 || slots > 9) {
		w->failed = true;
		return;
	}
	writer_u8(w, IP4_OPTION_RECORD_ROUTE);
	writer_u8(w, (uint8_t)(3 + slots * 4));
	writer_u8(w, 4);
	writer_zero(w, (size_t)slots * 4);
}

void ip4_option_build_timestamp(struct writer *w, enum ip4_timestamp_flag flag,
                                const struct addr *prespec, uint8_t slots)
{
	size_t size = timestamp_entry_size((uint8_t)flag);

	if (size == 0 || slots < 1 || 4 + slots * size > IP4_OPTIONS_MAX) {
		w->failed = true;
		return;
	}
	writer_u8(w, IP4_OPTION_TIMESTAMP);
	writer_u8(w, (uint8_t)(4 + slots * size));
	writer_u8(w, 5);
	writer_u8(w, (uint8_t)flag);
	for (uint8_t i = 0; i < slots; i++) {
		if (flag != IP4_TIMESTAMP_PRESPEC) {
			writer_zero(w, size);
			continue;
		}
		if (prespec[i].family != 4)
			w->failed = true;
		addr_write(w, &prespec[i]);
		writer_u32(w, 0);
	}
}

void ip4_option_build_source_route(struct writer *w, bool strict, const struct addr *hops,
                                   uint8_t count)
{
	if (count < 1 || count > 9) {
		w->failed = true;
		return;
	}
	writer_u8(w, strict ? IP4_OPTION_SSRR : IP4_OPTION_LSRR);
	writer_u8(w, (uint8_t)(3 + count * 4));
	writer_u8(w, 4);
	for (uint8_t i = 0; i < count; i++) {
		if (hops[i].family != 4)
			w->failed = true;
		addr_write(w, &hops[i]);
	}
}
