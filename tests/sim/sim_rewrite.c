/* What routers change in passing. Checksums are mended as routers do it, word by word (RFC 1624).
 */
#include <string.h>
#include "tests/sim/sim_private.h"
#include "wire/checksum.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

/* A writer that has written all of these bytes: they can be patched. */
static struct writer patcher(uint8_t *bytes, size_t length)
{
	struct writer w = writer_of(bytes, length);
	(void)writer_room(&w, length);
	return w;
}

static uint16_t word_at(const struct writer *w, size_t offset)
{
	struct cursor c = cursor_of(w->start, writer_length(w));
	cursor_skip(&c, offset);
	return cursor_u16(&c);
}

/* Where the upper layer has its checksum; 0 where it has none, or not in these bytes. */
static size_t checksum_offset(const struct writer *w, uint8_t protocol)
{
	size_t at = 0;
	switch (protocol) {
	case IP_PROTOCOL_ICMP:
	case IP_PROTOCOL_ICMP6: at = 2; break;
	case IP_PROTOCOL_UDP: at = 6; break;
	case IP_PROTOCOL_TCP: at = 16; break;
	default: break;
	}
	if (at + 2 > writer_length(w))
		return 0;
	/* UDP without a checksum stays so. */
	return protocol == IP_PROTOCOL_UDP && word_at(w, at) == 0 ? 0 : at;
}

static void mend(struct writer *w, uint8_t protocol, uint16_t old, uint16_t new_word)
{
	size_t at = checksum_offset(w, protocol);
	if (!at)
		return;
	uint16_t field = checksum_update(word_at(w, at), old, new_word);
	writer_patch_u16(w, at, field ? field : 0xffff);
}

/* An address of the pseudo header has changed. */
static void mend_addr(struct writer *w, uint8_t protocol, const struct addr *old,
                      const struct addr *new_addr)
{
	if (protocol == IP_PROTOCOL_ICMP)
		return;
	struct cursor before = cursor_of(old->bytes, addr_size(old));
	struct cursor after = cursor_of(new_addr->bytes, addr_size(new_addr));
	while (cursor_left(&before))
		mend(w, protocol, cursor_u16(&before), cursor_u16(&after));
}

static void patch_word(struct writer *w, uint8_t protocol, size_t offset, uint16_t value)
{
	uint16_t old = word_at(w, offset);
	writer_patch_u16(w, offset, value);
	mend(w, protocol, old, value);
}

/* Whole words at an even offset. */
static void patch_words(struct writer *w, uint8_t protocol, size_t offset, struct cursor words)
{
	for (; cursor_left(&words); offset += 2)
		patch_word(w, protocol, offset, cursor_u16(&words));
}

/* The upper layer in bytes that belong to the walk. */
static bool own_upper(struct sim *s, struct sim_walk *w, struct writer *upper)
{
	size_t length = w->d.upper.length;
	if (!w->own) {
		w->own = arrivals_parcel(&s->arrivals, length);
		if (!w->own)
			return false;
		memcpy(w->own->bytes, w->d.upper.data, length);
		w->d.upper.data = w->own->bytes;
	}
	*upper = patcher(w->own->bytes, length);
	return true;
}

/* --- MSS -------------------------------------------------------------------------------------- */

void sim_rewrite_mss(struct writer *upper, uint16_t mss)
{
	struct cursor c = cursor_of(upper->start, writer_length(upper));
	struct tcp t;
	if (!tcp_parse(&c, &t) || !(t.flags & TCP_SYN) || t.mss <= mss)
		return;
	struct cursor options = cursor_over(t.options);
	while (cursor_left(&options)) {
		size_t at = (size_t)(options.at - upper->start);
		uint8_t kind = cursor_u8(&options);
		if (kind == 0)
			return;
		if (kind == 1)
			continue;
		uint8_t length = cursor_u8(&options);
		if (kind == 2 && length == 4) {
			/* At an odd place the words under the checksum are others: it is made anew.
			 */
			if (at % 2 == 0)
				patch_word(upper, IP_PROTOCOL_TCP, at + 2, mss);
			return;
		}
		cursor_skip(&options, length > 2 ? length - 2u : 0);
	}
}

static bool clamp(struct sim *s, struct sim_walk *w, uint16_t mss)
{
	struct writer upper;
	if (w->d.protocol != IP_PROTOCOL_TCP || w->d.fragment)
		return true;
	if (!own_upper(s, w, &upper))
		return false;
	sim_rewrite_mss(&upper, mss);
	return true;
}

/* --- NAT -------------------------------------------------------------------------------------- */

/* Where the sender's port is, or the id of an ICMP query; 0 and false where there is none. */
static bool port_offset(const struct datagram *d, bool of_sender, size_t *offset)
{
	struct cursor c = cursor_over(d->upper);
	uint8_t type = cursor_u8(&c);
	cursor_skip(&c, 7);
	if (c.failed || d->offset)
		return false;
	*offset = of_sender ? 0 : 2;
	if (d->protocol == IP_PROTOCOL_UDP || d->protocol == IP_PROTOCOL_TCP)
		return true;
	*offset = 4;
	if (d->protocol == IP_PROTOCOL_ICMP)
		return !icmp_is_error(4, type) && type != ICMP4_REDIRECT;
	return d->protocol == IP_PROTOCOL_ICMP6 && type >= ICMP6_ECHO && type != ICMP6_REDIRECT;
}

static uint64_t port_key(const struct sim *s, uint32_t node, uint16_t outside)
{
	uint32_t words[2] = { node, outside };
	return siphash(&s->key, words, sizeof words);
}

/*
 * The same port gets the same port each time, so that flows stay flows, and no two share one. The
 * table finds it again by what answers say, for a later fragment tells no port: the walk that
 * completes a datagram need not be the one that was mapped. False where there is no memory.
 */
static bool map_port(struct sim *s, uint32_t node, uint16_t port, uint16_t *outside)
{
	uint32_t words[2] = { ~node, port };
	uint32_t place = (uint32_t)(siphash(&s->key, words, sizeof words) % 64512);
	uint32_t inside;
	for (uint32_t tried = 0; tried < 64512; tried++) {
		*outside = (uint16_t)(1024 + (place + tried) % 64512);
		uint64_t key = port_key(s, node, *outside);
		if (!hash_get(&s->ports, key, &inside))
			return hash_set(&s->ports, key, port) == 0;
		if (inside == port)
			return true;
	}
	return false;
}

static void unmap_port(const struct sim *s, uint32_t node, uint16_t *port)
{
	uint32_t inside;
	if (hash_get(&s->ports, port_key(s, node, *port), &inside))
		*port = (uint16_t)inside;
}

static bool translate(struct sim *s, struct sim_walk *w, uint32_t node)
{
	const struct topo_node *spec = s->nodes[node].spec;
	const struct addr *outside = NULL;
	for (uint8_t i = 0; i < spec->addr_count && !outside; i++)
		if (spec->addrs[i].family == w->d.family)
			outside = &spec->addrs[i];
	/* What has come back from a loop behind it is translated already. */
	if (!outside || w->nat_count == SIM_NATS_MAX || addr_equal(&w->d.src, outside))
		return true;
	struct writer upper;
	struct sim_nat *nat = &w->nats[w->nat_count++];
	size_t at;
	*nat = (struct sim_nat){ .src = w->d.src, .node = node, .hops = w->hops - 1 };
	bool has_port = port_offset(&w->d, true, &at);
	if (!own_upper(s, w, &upper))
		return false;
	if (has_port) {
		uint16_t mapped;
		if (!map_port(s, node, word_at(&upper, at), &mapped))
			return false;
		patch_word(&upper, w->d.protocol, at, mapped);
	}
	/* A later fragment has no checksum, but bytes that could be taken for one. */
	if (w->d.offset == 0)
		mend_addr(&upper, w->d.protocol, &w->d.src, outside);
	w->d.src = *outside;
	w->flow_known = 0;
	return true;
}

/* The quoted header again, with the source it had inside; as long as it was, 0 where it is cut. */
static size_t requote(struct span quote, const struct addr *src,
                      uint8_t bytes[static IP4_HEADER_MAX], struct datagram *inner)
{
	struct writer w = writer_of(bytes, IP4_HEADER_MAX);
	struct cursor c = cursor_over(quote);
	struct ip4 ip4;
	struct ip6 ip6;
	*inner = (struct datagram){ .family = src->family };
	if (src->family == 4 && ip4_parse(&c, &ip4)) {
		ip4.src = *src;
		inner->protocol = ip4.protocol;
		inner->offset = ip4.fragment_offset;
		ip4_build(&w, &ip4);
	} else if (src->family == 6 && ip6_parse(&c, &ip6)) {
		struct ip6_payload chain;
		ip6.src = *src;
		ip6_build(&w, &ip6);
		(void)ip6_chain(&c, ip6.next_header, &chain);
		inner->protocol = chain.protocol;
		inner->offset = chain.fragment_offset;
	}
	if (c.failed || w.failed)
		return 0;
	inner->upper = cursor_rest(&c);
	return writer_length(&w);
}

/*
 * The quote in an error gets back address and port, as inside it must be known again; its upper
 * checksum stays that of outside, which is how a NAT shows. The error's own checksum is mended, not
 * made anew: it may be the first fragment of one that is longer.
 */
static void translate_quote(const struct sim *s, struct sim_answer *answer,
                            const struct sim_nat *nat)
{
	size_t length = writer_length(&answer->w);
	struct cursor c = cursor_of(answer->w.start, length);
	struct icmp m;
	struct span quote, extension;
	struct datagram inner;
	uint8_t header[IP4_HEADER_MAX];
	uint8_t protocol = answer->d.protocol;
	size_t at;
	if (!icmp_parse(&c, answer->d.family, &m))
		return;
	icmp_split(&m, &quote, &extension);
	if (quote.length == 0 || m.type == ICMP6_REDIRECT)
		return;
	size_t begin = (size_t)(quote.data - answer->w.start);
	size_t size = requote(quote, &nat->src, header, &inner);
	patch_words(&answer->w, protocol, begin, cursor_of(header, size));
	if (size == 0 || !port_offset(&inner, true, &at))
		return;
	at += (size_t)(inner.upper.data - answer->w.start);
	uint16_t port = word_at(&answer->w, at);
	unmap_port(s, nat->node, &port);
	patch_word(&answer->w, protocol, at, port);
}

static void translate_back(const struct sim *s, struct sim_answer *answer,
                           const struct sim_nat *nat)
{
	size_t at;
	struct addr outside = answer->d.dst;
	answer->d.dst = nat->src;
	if (answer->d.offset)
		return;
	if (answer->error) {
		translate_quote(s, answer, nat);
	} else if (port_offset(&answer->d, false, &at)) {
		uint16_t port = word_at(&answer->w, at);
		unmap_port(s, nat->node, &port);
		patch_word(&answer->w, answer->d.protocol, at, port);
	}
	mend_addr(&answer->w, answer->d.protocol, &outside, &nat->src);
}

/* --- options ---------------------------------------------------------------------------------- */

static void put_byte(struct writer *option, size_t offset, size_t value)
{
	struct writer one = writer_of(option->start + offset, 1);
	writer_u8(&one, (uint8_t)value);
}

/* RFC 791, 3.1: the pointer counts from the option's first byte, which is byte 1. */
static void record_in(struct writer *option, const struct addr *addr)
{
	struct cursor c = cursor_of(option->start, writer_length(option));
	cursor_skip(&c, 2);
	uint8_t pointer = cursor_u8(&c);
	if (c.failed || pointer < 4 || pointer - 1u + 4 > writer_length(option))
		return;
	struct writer slot = writer_of(option->start + pointer - 1, 4);
	addr_write(&slot, addr);
	put_byte(option, 2, pointer + 4u);
}

/* RFC 791, 3.1, and 781: entries of a time, of address and time, or of a time at an address. */
static void stamp_in(struct writer *option, const struct addr *addr, nsec time)
{
	struct cursor c = cursor_of(option->start, writer_length(option));
	cursor_skip(&c, 2);
	uint8_t pointer = cursor_u8(&c);
	uint8_t overflow = cursor_u8(&c);
	uint8_t flag = overflow & 15;
	size_t size = flag == IP4_TIMESTAMP_ONLY ? 4 : 8;
	if (c.failed || pointer < 5)
		return;
	if (pointer - 1u + size > writer_length(option)) {
		if (flag != IP4_TIMESTAMP_PRESPEC && overflow < 0xf0)
			put_byte(option, 3, overflow + 0x10u);
		return;
	}
	struct writer entry = writer_of(option->start + pointer - 1, size);
	struct cursor asked = cursor_of(entry.start, size);
	struct addr wanted = addr_read(&asked, 4);
	if (flag == IP4_TIMESTAMP_PRESPEC && !addr_equal(&wanted, addr))
		return;
	if (flag != IP4_TIMESTAMP_ONLY)
		addr_write(&entry, addr);
	writer_u32(&entry, (uint32_t)(time / NSEC_MS % 86400000));
	put_byte(option, 2, pointer + size);
}

void sim_rewrite_record(struct datagram *d, uint8_t room[static DATAGRAM_ROOM],
                        const struct addr *addr, nsec time)
{
	if (d->middle.length > DATAGRAM_ROOM)
		return;
	if (d->middle.data != room) {
		memcpy(room, d->middle.data, d->middle.length);
		d->middle.data = room;
	}
	struct cursor c = cursor_over(d->middle);
	struct ip4_option option;
	while (ip4_option_next(&c, &option)) {
		if (option.type != IP4_OPTION_RECORD_ROUTE && option.type != IP4_OPTION_TIMESTAMP)
			continue;
		size_t begin = (size_t)(option.data.data - room) - 2;
		struct writer bytes = patcher(room + begin, option.data.length + 2);
		if (option.type == IP4_OPTION_RECORD_ROUTE)
			record_in(&bytes, addr);
		else
			stamp_in(&bytes, addr, time);
	}
}

/* --- both ways -------------------------------------------------------------------------------- */

bool sim_rewrite_out(struct sim *s, struct sim_walk *w, uint32_t node)
{
	const struct topo_node *spec = s->nodes[node].spec;
	if (spec->tos >= 0)
		w->d.tos = (uint8_t)spec->tos;
	if (spec->mss && !clamp(s, w, spec->mss))
		return false;
	return !spec->nat || translate(s, w, node);
}

void sim_rewrite_back(struct sim *s, const struct sim_walk *w, uint32_t hops,
                      struct sim_answer *answer)
{
	const struct topo_node *spec = s->nodes[s->links[w->path[hops].link].from].spec;
	struct parcel *parcel = answer->parcel;
	answer->w = patcher(parcel->bytes + DATAGRAM_HEADER_MAX, answer->d.upper.length);
	if (spec->mss && answer->d.protocol == IP_PROTOCOL_TCP && !answer->d.fragment)
		sim_rewrite_mss(&answer->w, spec->mss);
	for (uint8_t i = w->nat_count; i > 0; i--)
		if (w->nats[i - 1].hops == hops)
			translate_back(s, answer, &w->nats[i - 1]);
}
