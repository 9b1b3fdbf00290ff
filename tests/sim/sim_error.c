/*
 * The ICMP errors of routers and hosts: which they send (RFC 1122, 3.2.2; RFC 4443, 2.4), what they
 * quote, and what RFC 4884 lets them attach - as it should be, and as it is found.
 */
#include <string.h>
#include "tests/sim/sim_private.h"
#include "wire/checksum.h"
#include "wire/extension.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#define QUOTE_MAX       1500
#define EXTENSION_MAX   256
#define EXTENSION_LEAST 128 /* bytes of quote before an extension */
#define MTU_USUAL       1500
#define ERROR_MORE      384 /* what goes with a quote: headers, padding, extension */

/* RFC 5837, 4.1: a row of bits says what follows. */
#define INTERFACE_ALL (INTERFACE_INCOMING << 6 | 1 << 3 | 1 << 2 | 1 << 1 | 1 << 0)

/* --- quotes ----------------------------------------------------------------------------------- */

/* Where the upper layer has its checksum; -1: nowhere. */
static int checksum_at(uint8_t protocol)
{
	switch (protocol) {
	case IP_PROTOCOL_ICMP:
	case IP_PROTOCOL_ICMP6: return 2;
	case IP_PROTOCOL_UDP: return 6;
	case IP_PROTOCOL_TCP: return 16;
	default: return -1;
	}
}

static void garble_addr(struct addr *addr)
{
	addr->bytes[addr_size(addr) - 1] ^= 0x5a;
}

static void garble_header(struct datagram *d, uint8_t garble)
{
	if (garble & TOPO_GARBLE_TOS)
		d->tos ^= 0x28;
	if (garble & TOPO_GARBLE_TTL)
		d->ttl = (uint8_t)(d->ttl + 17);
	if (garble & TOPO_GARBLE_ID)
		d->id = (d->id & 0xff) << 8 |
		        (d->id >> 8 & 0xff); /* as hosts of the other order do */
	if (garble & TOPO_GARBLE_SRC)
		garble_addr(&d->src);
	if (garble & TOPO_GARBLE_DST)
		garble_addr(&d->dst);
}

/* The datagram as it reached the node, cut to length; 0 where it cannot be quoted. */
static size_t build_quote(const struct sim_walk *w, const struct topo_node *spec,
                          uint8_t bytes[static QUOTE_MAX], size_t length)
{
	struct datagram d = w->d;
	struct writer out = writer_of(bytes, QUOTE_MAX);
	d.ttl = w->arrived;
	garble_header(&d, spec->garble);
	datagram_build_header(&out, &d);
	size_t header = writer_length(&out);
	if (out.failed)
		return 0;
	size_t room = QUOTE_MAX - header;
	writer_bytes(&out, d.upper.data, d.upper.length < room ? d.upper.length : room);
	int at = checksum_at(d.protocol);
	if (spec->garble & TOPO_GARBLE_CHECKSUM && at >= 0 &&
	    header + (size_t)at + 2 <= writer_length(&out)) {
		struct cursor c = cursor_of(bytes + header + at, 2);
		writer_patch_u16(&out, header + (size_t)at, cursor_u16(&c) ^ 0x5555);
	}
	return length < writer_length(&out) ? length : writer_length(&out);
}

/* --- extensions ------------------------------------------------------------------------------- */

static void attach_mpls(struct writer *w, const struct topo_labels *mpls)
{
	uint8_t bytes[TOPO_LIST_MAX * 4];
	struct writer stack = writer_of(bytes, sizeof bytes);
	for (uint8_t i = 0; i < mpls->count; i++) {
		const struct topo_label *label = &mpls->list[i];
		bool bottom = i == mpls->count - 1;
		writer_u32(&stack, label->label << 12 | (uint32_t)label->tc << 9 |
		                           (uint32_t)bottom << 8 | label->ttl);
	}
	if (mpls->count)
		extension_object_build(w, EXTENSION_MPLS, 1, bytes, writer_length(&stack));
}

static void attach_interface(struct writer *w, const struct topo_node *spec, uint32_t index,
                             const struct addr *addr, uint32_t mtu)
{
	uint8_t bytes[80];
	struct writer info = writer_of(bytes, sizeof bytes);
	size_t name = strlen(spec->name);
	size_t padded = (1 + name + 3) / 4 * 4; /* with its length byte, whole words */
	writer_u32(&info, index);
	writer_u16(&info, addr->family == 4 ? 1 : 2);
	writer_u16(&info, 0);
	addr_write(&info, addr);
	writer_u8(&info, (uint8_t)padded);
	writer_bytes(&info, spec->name, name);
	writer_zero(&info, padded - 1 - name);
	writer_u32(&info, mtu);
	extension_object_build(w, EXTENSION_INTERFACE, INTERFACE_ALL, bytes, writer_length(&info));
}

static bool may_extend(uint8_t family, uint8_t type)
{
	if (family == 4)
		return type == ICMP4_UNREACHABLE || type == ICMP4_TIME_EXCEEDED ||
		       type == ICMP4_PARAMETER_PROBLEM;
	return type == ICMP6_UNREACHABLE || type == ICMP6_TIME_EXCEEDED;
}

/* Writes the structure; nothing where there is nothing to say. */
static size_t build_extension(const struct sim *s, const struct sim_walk *w, uint32_t node,
                              const struct sim_error *error, const struct addr *src,
                              uint8_t bytes[static EXTENSION_MAX])
{
	const struct topo_node *spec = s->nodes[node].spec;
	if (!may_extend(w->d.family, error->type) || (!spec->mpls.count && !spec->interface_info))
		return 0;
	uint32_t link = w->path[w->hops - 1].link;
	uint32_t mtu = s->links[link].out.spec->mtu;
	struct writer out = writer_of(bytes, EXTENSION_MAX);
	size_t at = extension_begin(&out);
	attach_mpls(&out, &spec->mpls);
	if (spec->interface_info)
		attach_interface(&out, spec, s->links[link].ordinal + 1, src,
		                 mtu ? mtu : MTU_USUAL);
	if (spec->extension != TOPO_EXTENSION_CHECKSUM_ZERO)
		extension_seal(&out, at);
	if (spec->extension == TOPO_EXTENSION_CHECKSUM_WRONG) {
		struct cursor c = cursor_of(bytes + 2, 2);
		writer_patch_u16(&out, at + 2, cursor_u16(&c) ^ 0x1234);
	}
	return out.failed ? 0 : writer_length(&out);
}

/* What the length field says, in its place of the second four bytes. */
static uint32_t length_field(const struct topo_node *spec, uint8_t family, size_t quote)
{
	uint32_t words = (uint32_t)(quote / (family == 4 ? 4 : 8));
	if (spec->extension == TOPO_EXTENSION_LENGTH_ZERO)
		words = 0;
	if (spec->extension == TOPO_EXTENSION_LENGTH_WRONG)
		words += 3;
	return family == 4 ? words << 16 : words << 24;
}

/* --- messages --------------------------------------------------------------------------------- */

/* RFC 4443, 2.4 (e) and RFC 1122, 3.2.2: not about errors, nor about what is no first fragment. */
static bool may_complain(const struct datagram *d)
{
	struct cursor c = cursor_over(d->upper);
	if (d->offset || addr_is_multicast(&d->dst))
		return false;
	if (d->protocol != IP_PROTOCOL_ICMP && d->protocol != IP_PROTOCOL_ICMP6)
		return true;
	uint8_t type = cursor_u8(&c);
	return !c.failed && !icmp_is_error(d->family, type) &&
	       !(d->family == 6 && type == ICMP6_REDIRECT);
}

static bool is_big(const struct sim_error *error, uint8_t family)
{
	return family == 4
	               ? error->type == ICMP4_UNREACHABLE && error->code == ICMP4_CODE_FRAG_NEEDED
	               : error->type == ICMP6_PACKET_TOO_BIG;
}

static bool within_limits(struct sim *s, const struct sim_walk *w, uint32_t node,
                          const struct sim_error *error)
{
	struct sim_node *n = &s->nodes[node];
	bool good = is_big(error, w->d.family) ? sim_limit(&n->bigs, &n->spec->big_limit, w->time)
	                                       : sim_limit_error(s, node, &w->d.src, w->time);
	s->counts.limited += !good;
	return good;
}

/* RFC 4861, 4.5: both addresses, then the quote as an option that is whole in units of 8 bytes. */
static void write_redirect6(struct writer *w, const struct sim_walk *walk,
                            const struct sim_error *error, const uint8_t *quote, size_t length)
{
	size_t units = length / 8;
	icmp_build_header(w, error->type, error->code, 0);
	addr_write(w, error->gateway);
	addr_write(w, &walk->d.dst);
	writer_u8(w, 4);
	writer_u8(w, (uint8_t)(units + 1));
	writer_zero(w, 6);
	writer_bytes(w, quote, units * 8);
}

static void write_error(struct sim *s, const struct sim_walk *w, uint32_t node,
                        const struct sim_error *error, struct sim_answer *answer)
{
	const struct topo_node *spec = s->nodes[node].spec;
	uint8_t extension[EXTENSION_MAX];
	uint8_t quote[QUOTE_MAX];
	uint8_t family = w->d.family;
	size_t fits = family == 4 ? 576 - IP4_HEADER_MIN - ICMP_HEADER
	                          : IP6_MTU_MIN - IP6_HEADER - ICMP_HEADER;
	size_t attached = build_extension(s, w, node, error, &answer->d.src, extension);
	if (attached)
		fits = (fits - attached) / 8 * 8;
	if (error->gateway && family == 6)
		fits -= 40; /* two addresses and the head of an option stand before it */
	if (spec->quote && spec->quote < fits)
		fits = spec->quote;
	size_t length = build_quote(w, spec, quote, fits);
	if (length == 0) {
		answer->w.failed = true;
		return;
	}
	if (error->gateway && family == 6) {
		write_redirect6(&answer->w, w, error, quote, length);
		return;
	}
	size_t unit = family == 4 ? 4 : 8;
	size_t padded = attached ? (length + unit - 1) / unit * unit : length;
	if (attached && padded < EXTENSION_LEAST && spec->extension != TOPO_EXTENSION_UNPADDED)
		padded = EXTENSION_LEAST;
	icmp_build_header(&answer->w, error->type, error->code,
	                  error->rest | (attached ? length_field(spec, family, padded) : 0));
	writer_bytes(&answer->w, quote, length);
	writer_zero(&answer->w, padded - length);
	writer_bytes(&answer->w, extension, attached);
}

void sim_error(struct sim *s, const struct sim_walk *w, uint32_t node,
               const struct sim_error *error)
{
	struct sim_answer answer;
	bool v4 = w->d.family == 4;
	if (s->nodes[node].spec->silent || !may_complain(&w->d)) {
		s->counts.silent++;
		return;
	}
	size_t size = datagram_length(&w->d) < 256 ? 256 + ERROR_MORE : IP6_MTU_MIN;
	if (!within_limits(s, w, node, error) ||
	    !sim_answer(s, w, node, NULL, v4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMP6, size, &answer))
		return;
	answer.error = true;
	if (v4)
		answer.d.tos = 0xc0; /* internetwork control (RFC 1812, 4.3.2.5) */
	if (error->gateway && !v4)
		answer.d.ttl = 255; /* RFC 4861, 8.1: it has crossed no router */
	write_error(s, w, node, error, &answer);
	sim_reply(s, w, node, &answer, 0);
}

/* --- which ------------------------------------------------------------------------------------ */

void sim_error_exceeded(struct sim *s, const struct sim_walk *w, uint32_t node)
{
	struct sim_error error = { .type = w->d.family == 4 ? ICMP4_TIME_EXCEEDED
		                                            : ICMP6_TIME_EXCEEDED };
	sim_error(s, w, node, &error);
}

void sim_error_unreachable(struct sim *s, const struct sim_walk *w, uint32_t node, uint8_t code4,
                           uint8_t code6)
{
	bool v4 = w->d.family == 4;
	struct sim_error error = { .type = v4 ? ICMP4_UNREACHABLE : ICMP6_UNREACHABLE,
		                   .code = v4 ? code4 : code6 };
	sim_error(s, w, node, &error);
}

void sim_error_big(struct sim *s, const struct sim_walk *w, uint32_t node, uint32_t mtu)
{
	const struct topo_big *big = &s->nodes[node].spec->big;
	bool v4 = w->d.family == 4;
	if (big->kind == TOPO_BIG_SILENT)
		return;
	if (big->kind == TOPO_BIG_ZERO)
		mtu = 0;
	if (big->kind == TOPO_BIG_WRONG)
		mtu = big->mtu;
	struct sim_error error = { .type = v4 ? ICMP4_UNREACHABLE : ICMP6_PACKET_TOO_BIG,
		                   .code = v4 ? ICMP4_CODE_FRAG_NEEDED : 0,
		                   .rest = v4 ? mtu & 0xffff : mtu };
	sim_error(s, w, node, &error);
}

void sim_error_parameter(struct sim *s, const struct sim_walk *w, uint32_t node)
{
	bool v4 = w->d.family == 4;
	/* At the type of service, and at the next header: what a router might dislike. */
	struct sim_error error = { .type = v4 ? ICMP4_PARAMETER_PROBLEM : ICMP6_PARAMETER_PROBLEM,
		                   .rest = v4 ? UINT32_C(1) << 24 : 6 };
	sim_error(s, w, node, &error);
}

void sim_error_redirect(struct sim *s, const struct sim_walk *w, uint32_t node)
{
	const struct topo_addrs *to = &s->nodes[node].spec->redirect;
	bool v4 = w->d.family == 4;
	struct sim_error error = { .type = v4 ? ICMP4_REDIRECT : ICMP6_REDIRECT,
		                   .code = v4 ? 1 : 0,
		                   .rest = addr_to_v4(&to->v4),
		                   .gateway = v4 ? &to->v4 : &to->v6 };
	if (error.gateway->family)
		sim_error(s, w, node, &error);
}
