/*
 * Errors to probes, by what they quote. Routers cut quotes to 8 bytes behind the IP header, NATs
 * rewrite addresses and checksums in them, and some quote a destination that nobody probed (Malone
 * and Luckie, "Analysis of ICMP Quotations", PAM 2007: 2 %). What is quoted must prove the probe
 * twice: by its identity, and by the checksum, the identification or the cookie. What differs from
 * what was sent is flagged, and where two proofs speak of two probes neither is believed.
 */
#include "probe/decode.h"

#include "probe/identity.h"
#include "probe/payload.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define PADDED 128 /* quotes before an extension are filled up to so many bytes (RFC 4884, 3) */

/* What the quote shows of the identity of a probe. */
struct claim {
	struct exchange *x;
	nsec time;
	struct addr dst;
	uint8_t kind;
	uint16_t id, number, port;
	int32_t ip_id;    /* -1 where not seen */
	int32_t checksum; /* of the upper layer; -1 where not seen */
	uint32_t tcp_sequence;
	struct span data; /* as far as it goes */
	const struct flight_record *except;
};

struct quoted quote_unknown(void)
{
	return (struct quoted){
		.ttl = -1, .tos = -1, .length = -1, .id = -1, .checksum = -1, .df = -1, .mf = -1
	};
}

/* --- reading ---------------------------------------------------------------------------------- */

/*
 * The upper layer of the quoted datagram, as long as that itself was: compliant routers pad quotes
 * with zeros (RFC 4884). Lengths that make no sense bound nothing.
 */
static struct span bounded(struct cursor *c, size_t length)
{
	size_t left = cursor_left(c);
	return cursor_span(c, length >= 8 && length < left ? length : left);
}

/*
 * Some routers quote little, and pad that: what are zeros to the end of such a quote may be of the
 * probe or not, and is not looked at. Eight bytes are always of the probe.
 */
static struct span unpadded(struct span upper)
{
	while (upper.length > 8 && upper.data[upper.length - 1] == 0)
		upper.length--;
	return upper;
}

static bool read_ip4(struct span quote, struct claim *claim, struct quoted *quoted,
                     uint8_t *protocol, struct span *upper)
{
	struct cursor c = cursor_over(quote);
	struct ip4 ip;
	if (!ip4_parse(&c, &ip) || ip.fragment_offset != 0)
		return false;
	size_t header = quote.length - cursor_left(&c);
	size_t length = ip.total_length > header ? ip.total_length - header : 0;
	*protocol = ip.protocol;
	*upper = bounded(&c, length);
	*quoted = (struct quoted){ .ttl = ip.ttl,
		                   .tos = ip.tos,
		                   .length = ip.total_length,
		                   .id = ip.id,
		                   .checksum = -1,
		                   .df = ip.df,
		                   .mf = ip.mf,
		                   .src = ip.src,
		                   .dst = ip.dst };
	claim->dst = ip.dst;
	claim->ip_id = ip.id;
	return true;
}

static bool read_ip6(struct span quote, struct claim *claim, struct quoted *quoted,
                     uint8_t *protocol, struct span *upper)
{
	struct cursor c = cursor_over(quote);
	struct ip6 ip;
	struct ip6_payload chain;
	if (!ip6_parse(&c, &ip))
		return false;
	size_t behind = cursor_left(&c);
	if (!ip6_chain(&c, ip.next_header, &chain) || chain.fragment_offset != 0)
		return false;
	size_t extensions = behind - cursor_left(&c);
	size_t length = ip.payload_length > extensions ? ip.payload_length - extensions : 0;
	*protocol = chain.protocol;
	*upper = bounded(&c, length);
	*quoted = (struct quoted){ .ttl = ip.hop_limit,
		                   .tos = ip.tos,
		                   .length = ip.payload_length + IP6_HEADER,
		                   .id = -1,
		                   .checksum = -1,
		                   .df = -1,
		                   .mf = chain.more_fragments,
		                   .src = ip.src,
		                   .dst = ip.dst };
	claim->dst = ip.dst;
	return true;
}

static bool read_icmp(struct span upper, struct claim *claim, struct quoted *quoted)
{
	bool v4 = claim->dst.family == 4;
	struct cursor c = cursor_over(upper);
	uint8_t type = cursor_u8(&c);
	cursor_skip(&c, 1);
	uint16_t sum = cursor_u16(&c);
	uint16_t id = cursor_u16(&c);
	uint16_t number = cursor_u16(&c);
	if (c.failed)
		return false;
	quoted->checksum = sum;
	claim->checksum = sum;
	claim->data = cursor_rest(&c);
	if (type == (v4 ? ICMP4_ECHO : ICMP6_ECHO)) {
		claim->kind = PROBE_ECHO;
	} else if (v4 && type == ICMP4_TIMESTAMP) {
		claim->kind = PROBE_TIMESTAMP;
	} else if (!v4 && type == ICMP6_NODE_INFO_QUERY) {
		claim->kind = PROBE_NODE_INFO;
		return true; /* these four bytes are query type and flags */
	} else {
		return false;
	}
	claim->id = id;
	claim->number = number;
	return true;
}

static bool read_udp(struct span upper, struct claim *claim, struct quoted *quoted)
{
	struct cursor c = cursor_over(upper);
	struct udp u;
	if (!udp_parse(&c, &u))
		return false;
	quoted->sport = u.sport;
	quoted->dport = u.dport;
	quoted->checksum = u.checksum;
	claim->kind = PROBE_UDP;
	claim->id = u.sport;
	claim->port = u.dport;
	claim->number = u.checksum;
	claim->checksum = u.checksum;
	claim->data = cursor_rest(&c);
	return true;
}

static bool read_tcp(struct span upper, struct claim *claim, struct quoted *quoted)
{
	struct cursor c = cursor_over(upper);
	struct tcp t;
	if (!tcp_parse_quote(&c, &t))
		return false;
	quoted->sport = t.sport;
	quoted->dport = t.dport;
	/* Quotes of 8 bytes end before the checksum. */
	quoted->checksum = upper.length >= 18 ? t.checksum : -1;
	claim->checksum = quoted->checksum;
	quoted->mss = t.mss;
	claim->kind = PROBE_TCP;
	claim->id = t.sport;
	claim->port = t.dport;
	claim->number = identity_nonzero((uint16_t)(t.seq >> 16));
	claim->tcp_sequence = t.seq;
	return true;
}

static bool read_upper(struct span upper, uint8_t protocol, struct claim *claim,
                       struct quoted *quoted)
{
	switch (protocol) {
	case IP_PROTOCOL_ICMP: return claim->dst.family == 4 && read_icmp(upper, claim, quoted);
	case IP_PROTOCOL_ICMP6: return claim->dst.family == 6 && read_icmp(upper, claim, quoted);
	case IP_PROTOCOL_UDP: return read_udp(upper, claim, quoted);
	case IP_PROTOCOL_TCP: return read_tcp(upper, claim, quoted);
	default: return false;
	}
}

/* --- finding ---------------------------------------------------------------------------------- */

static bool same_ip_id(const struct claim *c, const struct flight_record *r)
{
	return c->ip_id == identity_nonzero((uint16_t)r->token);
}

static bool same_checksum(const struct claim *c, const struct flight_record *r)
{
	return c->checksum < 0 || !r->checksum_known || c->checksum == r->checksum;
}

/* What is seen of the data, or of what stands in its place, is what was sent. */
static bool data_agrees(const struct claim *c, const struct flight_record *r)
{
	if (r->kind != PROBE_TIMESTAMP)
		return payload_head_agrees(c->x, r, c->data);
	struct cursor data = cursor_over(c->data);
	uint32_t originate = cursor_u32(&data);
	return data.failed || originate == identity_timestamp(r);
}

/* Whether that data, which agrees, goes far enough to be a proof by itself. */
static bool data_proves(const struct claim *c, const struct flight_record *r)
{
	switch (r->kind) {
	case PROBE_UDP: /* word and number, or half of a cookie */
		return c->data.length >= 4 && identity_data_length(c->x, r) >= 4;
	case PROBE_TIMESTAMP: return c->data.length >= 4;
	default: return c->data.length >= 8 && payload_has_cookie(c->x, r);
	}
}

/*
 * Beyond the identity: one field at least that neither a NAT nor a fault would have made right. A
 * TCP sequence number has bits of the cookie.
 */
static bool is_evident(const struct claim *c, const struct flight_record *r)
{
	if (!data_agrees(c, r))
		return false;
	if (r->kind == PROBE_TCP)
		return c->tcp_sequence == identity_tcp_sequence(r) || same_ip_id(c, r);
	if (data_proves(c, r) || same_ip_id(c, r))
		return true;
	/* A checksum that is the same for all numbers says nothing of this one. */
	return same_checksum(c, r) && (!c->x->config.constant_checksum || c->ip_id < 0);
}

static struct flight_record *find(const struct claim *c, uint16_t number)
{
	struct flight_record *r =
	        identity_find(c->x, c->time, c->kind, &c->dst, c->id, number, c->port);
	return r && is_evident(c, r) ? r : NULL;
}

/* The destination is not the one we probed, all else is, the IP identification included. */
static bool same_but_destination(const struct flight_record *r, const void *wanted)
{
	const struct claim *c = wanted;
	return r != c->except && r->kind == c->kind && r->id == c->id && r->port == c->port &&
	       same_ip_id(c, r) && r->dst.family == c->dst.family &&
	       !addr_equal(&r->dst, &c->dst) && (r->kind == PROBE_UDP || r->number == c->number) &&
	       (r->kind != PROBE_TCP || identity_tcp_sequence(r) == c->tcp_sequence) &&
	       data_agrees(c, r);
}

static struct flight_record *search(const struct claim *c)
{
	if (c->ip_id < 0 || !identity_is_ours(c->x, c->kind, c->id))
		return NULL;
	struct flight_record *r = identity_search(c->x, c->time, same_but_destination, c);
	/* Many targets may be probed under one number: then the destination is what tells them
	 * apart. */
	struct claim another = *c;
	another.except = r;
	return r && !identity_search(c->x, c->time, same_but_destination, &another) ? r : NULL;
}

static struct flight_record *find_echo(const struct claim *c)
{
	struct flight_record *r = find(c, c->number);
	return r ? r : identity_prove(c->x, c->time, PROBE_ECHO, c->data);
}

static struct flight_record *find_node_info(const struct claim *c)
{
	struct cursor data = cursor_over(c->data);
	uint64_t nonce = cursor_u64(&data);
	return data.failed ? NULL : identity_prove_nonce(c->x, c->time, nonce);
}

static struct flight_record *find_udp(const struct claim *c)
{
	struct flight_record *proved = identity_prove(c->x, c->time, PROBE_UDP, c->data);
	if (proved)
		return proved;
	struct cursor data = cursor_over(c->data);
	cursor_skip(&data, 2); /* the word; where the data is short the number follows */
	uint16_t number = cursor_u16(&data);
	struct flight_record *by[3] = {
		c->ip_id > 0 ? find(c, (uint16_t)c->ip_id) : NULL,
		c->x->config.constant_checksum ? NULL : find(c, c->number),
		data.failed ? NULL : find(c, number),
	};
	struct flight_record *r = NULL;
	for (int i = 0; i < 3; i++) {
		if (r && by[i] && by[i] != r)
			return NULL;
		r = r ? r : by[i];
	}
	return r;
}

static struct flight_record *find_tcp(const struct claim *c)
{
	struct flight_record *r = find(c, c->number);
	if (r && identity_tcp_sequence(r) == c->tcp_sequence)
		return r;
	/* Firewalls renumber; the identification stays. */
	return c->ip_id > 0 ? find(c, (uint16_t)c->ip_id) : NULL;
}

static struct flight_record *find_claimed(const struct claim *c)
{
	struct flight_record *r = NULL;
	switch (c->kind) {
	case PROBE_ECHO: r = find_echo(c); break;
	case PROBE_UDP: r = find_udp(c); break;
	case PROBE_TCP: r = find_tcp(c); break;
	case PROBE_TIMESTAMP: r = find(c, c->number); break;
	default: return find_node_info(c);
	}
	return r ? r : search(c);
}

static bool is_rewritten(const struct claim *c, const struct flight_record *r)
{
	return !addr_equal(&c->dst, &r->dst) || c->id != r->id || c->port != r->port ||
	       (r->kind == PROBE_TCP && c->tcp_sequence != identity_tcp_sequence(r)) ||
	       !same_checksum(c, r);
}

struct flight_record *quote_match_upper(struct exchange *x, nsec time, struct span upper,
                                        uint8_t protocol, const struct addr *dst,
                                        struct quoted *quoted)
{
	struct claim claim = { .x = x, .time = time, .dst = *dst, .ip_id = -1, .checksum = -1 };
	if (!read_upper(upper, protocol, &claim, quoted))
		return NULL;
	struct flight_record *r = find_claimed(&claim);
	if (r)
		quoted->rewritten = is_rewritten(&claim, r);
	return r;
}

struct flight_record *quote_match(struct exchange *x, nsec time, struct span quote, uint8_t family,
                                  const struct addr *our_addr, struct quoted *quoted)
{
	struct claim claim = { .x = x, .time = time, .ip_id = -1, .checksum = -1 };
	uint8_t protocol;
	struct span upper;
	bool read = family == 4 ? read_ip4(quote, &claim, quoted, &protocol, &upper)
	                        : read_ip6(quote, &claim, quoted, &protocol, &upper);
	if (read && quote.length >= PADDED)
		upper = unpadded(upper);
	if (!read || !read_upper(upper, protocol, &claim, quoted))
		return NULL;
	struct flight_record *r = find_claimed(&claim);
	if (r)
		quoted->rewritten = is_rewritten(&claim, r) ||
		                    (our_addr->family && !addr_equal(&quoted->src, our_addr));
	return r;
}
