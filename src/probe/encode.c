/* Probe to datagram. */
#include "probe/exchange.h"

#include <errno.h>
#include "probe/identity.h"
#include "probe/payload.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

/* The usual MSS of an Ethernet: an unusual one would be treated unusually. */
#define MSS4 1460
#define MSS6 1440

/* One datagram being written. */
struct draft {
	struct exchange *x;
	const struct probe *probe;
	struct addr src;
	struct writer *w;
	size_t start; /* of the upper layer, in the writer */
	size_t upper; /* its length */
	struct flight_record record;
	uint32_t serial;
};

static size_t data_length(const struct draft *d)
{
	return d->upper - identity_upper_header(d->probe->kind);
}

static checksum_sum pseudo_sum(const struct draft *d, uint8_t protocol)
{
	return checksum_pseudo(&d->src, &d->probe->dst, protocol, (uint32_t)d->upper);
}

/* The sum of the upper layer as it stands: header and head from the bytes, the rest as known. */
static checksum_sum upper_sum(struct draft *d)
{
	size_t whole = d->upper - data_length(d) + EXCHANGE_COOKIE_SIZE;
	size_t direct = d->upper < whole ? d->upper : whole;
	checksum_sum sum = checksum_add(0, d->w->start + d->start, direct);
	return sum + payload_rest_sum(d->x, data_length(d));
}

/* Tunes the word to the wanted checksum where there is one; returns what belongs in the field. */
static uint16_t tuned_checksum(struct draft *d, checksum_sum sum, bool tune, uint16_t wanted)
{
	int word_at = payload_word_at(d->x, d->probe->kind, data_length(d));
	if (!tune || word_at < 0)
		return checksum_finish(sum);
	size_t header = identity_upper_header(d->probe->kind);
	d->record.word = checksum_compensate(sum, wanted);
	writer_patch_u16(d->w, d->start + header + (size_t)word_at, d->record.word);
	return checksum_finish(sum + d->record.word);
}

static void build_echo(struct draft *d)
{
	bool v4 = d->probe->dst.family == 4;
	icmp_build_header(d->w, v4 ? ICMP4_ECHO : ICMP6_ECHO, 0,
	                  (uint32_t)d->record.id << 16 | d->record.number);
	payload_build(d->x, &d->record, d->serial, data_length(d), d->w);
	checksum_sum sum = upper_sum(d);
	if (!v4)
		sum += pseudo_sum(d, IP_PROTOCOL_ICMP6);
	/* Balancers hash the first four bytes of ICMP: another flow is another checksum. */
	uint16_t wanted = (uint16_t)(d->x->config.id_base + d->probe->flow);
	d->record.checksum = tuned_checksum(d, sum, d->x->config.constant_checksum, wanted);
	writer_patch_u16(d->w, d->start + 2, d->record.checksum);
}

static void build_udp(struct draft *d)
{
	udp_build(d->w, &(struct udp){ .sport = d->record.id,
	                               .dport = d->record.port,
	                               .length = (uint16_t)d->upper });
	payload_build(d->x, &d->record, d->serial, data_length(d), d->w);
	checksum_sum sum = upper_sum(d) + pseudo_sum(d, IP_PROTOCOL_UDP);
	uint16_t wanted =
	        d->x->config.constant_checksum ? identity_nonzero(d->record.id) : d->record.number;
	uint16_t checksum = tuned_checksum(d, sum, true, wanted);
	d->record.checksum = checksum ? checksum : 0xffff;
	writer_patch_u16(d->w, d->start + 6, d->record.checksum);
}

static void build_tcp(struct draft *d)
{
	tcp_build(d->w, &(struct tcp){ .sport = d->record.id,
	                               .dport = d->record.port,
	                               .seq = identity_tcp_sequence(&d->record),
	                               .flags = TCP_SYN,
	                               .window = 65535,
	                               .mss = d->probe->dst.family == 4 ? MSS4 : MSS6 });
	payload_build(d->x, &d->record, d->serial, data_length(d), d->w);
	d->record.checksum = checksum_finish(upper_sum(d) + pseudo_sum(d, IP_PROTOCOL_TCP));
	writer_patch_u16(d->w, d->start + 16, d->record.checksum);
}

static void build_timestamp(struct draft *d)
{
	icmp_build_header(d->w, ICMP4_TIMESTAMP, 0,
	                  (uint32_t)d->record.id << 16 | d->record.number);
	writer_u32(d->w, identity_timestamp(&d->record));
	writer_zero(d->w, d->upper - ICMP_HEADER - 4);
	d->record.checksum = checksum(d->w->start + d->start, d->upper);
	writer_patch_u16(d->w, d->start + 2, d->record.checksum);
}

/* Query type and flags, and what the query is about: RFC 4620, 4 and 5. */
static void build_node_info(struct draft *d)
{
	const struct exchange_config *config = &d->x->config;
	struct cursor c = cursor_of(config->node_info, config->node_info_length);
	icmp_build_header(d->w, ICMP6_NODE_INFO_QUERY, config->node_info_code, cursor_u32(&c));
	writer_u64(d->w, d->record.cookie);
	if (config->node_info_length > 4)
		writer_bytes(d->w, config->node_info + 4, config->node_info_length - 4U);
	else if (config->node_info_code == 0)
		addr_write(d->w, &d->probe->dst);
	checksum_sum sum = checksum_add(0, d->w->start + d->start, d->upper);
	d->record.checksum = checksum_finish(sum + pseudo_sum(d, IP_PROTOCOL_ICMP6));
	writer_patch_u16(d->w, d->start + 2, d->record.checksum);
}

static const struct encoder {
	uint8_t protocol4, protocol6; /* 0: not in this family */
	void (*build)(struct draft *d);
} encoders[] = {
	[PROBE_ECHO] = { IP_PROTOCOL_ICMP, IP_PROTOCOL_ICMP6, build_echo },
	[PROBE_UDP] = { IP_PROTOCOL_UDP, IP_PROTOCOL_UDP, build_udp },
	[PROBE_TCP] = { IP_PROTOCOL_TCP, IP_PROTOCOL_TCP, build_tcp },
	[PROBE_TIMESTAMP] = { IP_PROTOCOL_ICMP, 0, build_timestamp },
	[PROBE_NODE_INFO] = { 0, IP_PROTOCOL_ICMP6, build_node_info },
};

static uint8_t protocol_of(const struct probe *probe)
{
	if (probe->kind >= sizeof encoders / sizeof *encoders)
		return 0;
	const struct encoder *e = &encoders[probe->kind];
	return probe->dst.family == 4 ? e->protocol4 : probe->dst.family == 6 ? e->protocol6 : 0;
}

static size_t node_info_length(const struct exchange *x)
{
	const struct exchange_config *config = &x->config;
	if (config->node_info_length > 4)
		return config->node_info_length - 4U;
	return config->node_info_code == 0 ? 16 : 0;
}

/* The least data a probe can do with. */
static size_t data_least(const struct exchange *x, const struct probe *probe)
{
	if (probe->kind == PROBE_NODE_INFO)
		return node_info_length(x);
	/* IPv6 has no identification: the number needs the checksum, or a place behind the word. */
	if (probe->kind == PROBE_UDP && probe->dst.family == 6)
		return x->config.constant_checksum ? 4 : 2;
	return 0;
}

/* The size of the datagram; 0 where the probe's is out of the question. */
static size_t datagram_size(const struct exchange *x, const struct probe *probe)
{
	size_t least = identity_ip_header(x, probe->dst.family) +
	               identity_upper_header(probe->kind) + data_least(x, probe);
	size_t most = probe->dst.family == 4 ? IP4_LENGTH_MAX : IP6_HEADER + 65535;
	if (probe->size < least || probe->size > most)
		return 0;
	return probe->kind == PROBE_NODE_INFO ? least : probe->size;
}

static void build_ip(const struct draft *d, uint8_t protocol)
{
	const struct exchange_config *config = &d->x->config;
	const struct probe *probe = d->probe;
	if (probe->dst.family == 4) {
		ip4_build(d->w, &(struct ip4){ .tos = probe->tos,
		                               .total_length = (uint16_t)d->record.size,
		                               .id = identity_nonzero((uint16_t)probe->token),
		                               .df = probe->df,
		                               .ttl = probe->ttl,
		                               .protocol = protocol,
		                               .src = d->src,
		                               .dst = probe->dst,
		                               .options = { .data = config->options,
		                                            .length = config->options_length } });
		return;
	}
	uint32_t label = config->flow_label ? config->flow_label + probe->flow : 0;
	ip6_build(d->w, &(struct ip6){ .tos = probe->tos,
	                               .flow_label = label & 0xfffff,
	                               .payload_length = (uint16_t)d->upper,
	                               .next_header = protocol,
	                               .hop_limit = probe->ttl,
	                               .src = d->src,
	                               .dst = probe->dst });
}

static void draft_record(struct draft *d, size_t size, nsec now)
{
	const struct exchange *x = d->x;
	const struct probe *probe = d->probe;
	struct flight_record *r = &d->record;
	bool ports = probe->kind == PROBE_UDP || probe->kind == PROBE_TCP;
	uint16_t number = (uint16_t)probe->token;
	r->token = probe->token;
	r->sent = now;
	r->dst = probe->dst;
	r->size = (uint32_t)size;
	r->number = ports ? identity_nonzero(number) : number;
	r->port = ports ? probe->port : 0;
	r->kind = probe->kind;
	/* A node information query has neither id nor sequence: the nonce is all. */
	if (probe->kind != PROBE_NODE_INFO)
		r->id = identity_of_flow(x, probe->kind, probe->flow);
	flight_expect(&x->flight, r);
	r->cookie = identity_cookie(x, r, d->serial);
}

int exchange_prepare(struct exchange *x, const struct probe *probe, const struct addr *src,
                     nsec now, struct writer *w, size_t *header, uint32_t *serial)
{
	uint8_t protocol = protocol_of(probe);
	if (!protocol || (src->family && src->family != probe->dst.family))
		return -EAFNOSUPPORT;
	size_t size = datagram_size(x, probe);
	if (size == 0 || w->failed || (size_t)(w->end - w->at) < size)
		return -EMSGSIZE;

	size_t begin = writer_length(w);
	struct draft d = { .x = x, .probe = probe, .src = *src, .w = w };
	d.src.family = probe->dst.family; /* no address given: the one that means none */
	d.serial = flight_next(&x->flight);
	draft_record(&d, size, now);
	/* The checksum covers the source address, except in ICMP for IPv4. */
	d.record.checksum_known = protocol == IP_PROTOCOL_ICMP || !addr_is_any(&d.src);
	*header = identity_ip_header(x, probe->dst.family);
	d.upper = size - *header;
	d.start = begin + *header;
	build_ip(&d, protocol);
	encoders[probe->kind].build(&d);

	int error = flight_add(&x->flight, &d.record, serial);
	if (error) {
		w->at = w->start + begin;
		return error;
	}
	if (probe->flow >= x->flows)
		x->flows = (uint32_t)probe->flow + 1;
	return 0;
}
