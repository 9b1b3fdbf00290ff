#include "probe/identity.h"

#include <string.h>
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

static bool is_icmp(uint8_t kind)
{
	return kind != PROBE_UDP && kind != PROBE_TCP;
}

static uint16_t id_base(const struct exchange *x, uint8_t kind)
{
	return is_icmp(kind) ? x->config.id_base : x->config.sport_base;
}

uint16_t identity_of_flow(const struct exchange *x, uint8_t kind, uint16_t flow)
{
	if (is_icmp(kind) && x->config.id_fixed)
		flow = 0;
	return (uint16_t)(id_base(x, kind) + flow);
}

bool identity_is_ours(const struct exchange *x, uint8_t kind, uint16_t id)
{
	uint16_t flow = (uint16_t)(id - id_base(x, kind));
	if (is_icmp(kind) && x->config.id_fixed)
		return flow == 0 && x->flows > 0;
	return flow < x->flows;
}

size_t identity_ip_header(const struct exchange *x, uint8_t family)
{
	if (family == 6)
		return IP6_HEADER;
	return IP4_HEADER_MIN + (x->config.options_length + 3U) / 4 * 4;
}

size_t identity_upper_header(uint8_t kind)
{
	static const uint8_t length[] = {
		[PROBE_ECHO] = ICMP_HEADER,           [PROBE_UDP] = UDP_HEADER,
		[PROBE_TCP] = TCP_HEADER_MIN + 4,     /* with the MSS option */
		[PROBE_TIMESTAMP] = ICMP_HEADER + 12, /* three times */
		[PROBE_NODE_INFO] = ICMP_HEADER + 8,  /* the nonce */
	};
	return length[kind];
}

size_t identity_data_length(const struct exchange *x, const struct flight_record *r)
{
	return r->size - identity_ip_header(x, r->dst.family) - identity_upper_header(r->kind);
}

uint64_t identity_cookie(const struct exchange *x, const struct flight_record *r, uint32_t serial)
{
	/* Words for speed, see flight; four of them, where the index has three. */
	struct cursor c = cursor_of(r->dst.bytes, sizeof r->dst.bytes);
	uint64_t identity[4] = { cursor_u64(&c) };
	identity[1] = cursor_u64(&c);
	identity[2] = (uint64_t)r->id << 48 | (uint64_t)r->number << 32 | (uint64_t)r->port << 16 |
	              (uint64_t)r->kind << 8 | r->dst.family;
	identity[3] = serial;
	uint64_t mac = siphash(&x->config.key, identity, sizeof identity);
	if (r->kind == PROBE_NODE_INFO)
		return (uint64_t)serial << 32 | mac >> 32;
	return mac;
}

uint32_t identity_tcp_sequence(const struct flight_record *r)
{
	return (uint32_t)(uint16_t)r->token << 16 | (uint32_t)(r->cookie >> 48);
}

uint32_t identity_timestamp(const struct flight_record *r)
{
	return UINT32_C(0x80000000) | (uint32_t)(r->cookie >> 33);
}

bool identity_same_bytes(const uint8_t *a, const uint8_t *b, size_t length)
{
	uint64_t difference = 0;
	size_t i = 0;
	for (; length - i >= sizeof difference; i += sizeof difference) {
		uint64_t wa, wb;
		memcpy(&wa, a + i, sizeof wa);
		memcpy(&wb, b + i, sizeof wb);
		difference |= wa ^ wb;
	}
	for (; i < length; i++)
		difference |= (uint64_t)(a[i] ^ b[i]);
	return difference == 0;
}

static bool is_remembered(const struct exchange *x, const struct flight_record *r, nsec time)
{
	return time <= nsec_after(r->sent, x->flight.keep);
}

static struct flight_record *remembered(const struct exchange *x, struct flight_record *r,
                                        nsec time)
{
	return r && is_remembered(x, r, time) ? r : NULL;
}

struct flight_record *identity_find(struct exchange *x, nsec time, uint8_t kind,
                                    const struct addr *dst, uint16_t id, uint16_t number,
                                    uint16_t port)
{
	return remembered(x, flight_find(&x->flight, kind, dst, id, number, port), time);
}

static struct flight_record *prove(struct exchange *x, nsec time, uint8_t kind, uint32_t serial,
                                   uint64_t cookie)
{
	struct flight_record *r = remembered(x, flight_at(&x->flight, serial), time);
	/* One comparison of whole words: it takes the same time wherever they differ. */
	return r && r->kind == kind && (r->cookie ^ cookie) == 0 ? r : NULL;
}

struct flight_record *identity_prove(struct exchange *x, nsec time, uint8_t kind, struct span data)
{
	struct cursor c = cursor_over(data);
	uint64_t cookie = cursor_u64(&c);
	uint32_t serial = cursor_u32(&c);
	if (c.failed)
		return NULL;
	struct flight_record *r = prove(x, time, kind, serial, cookie);
	/* A shorter probe carries no serial: these are bytes of its pattern. */
	return r && identity_data_length(x, r) >= EXCHANGE_COOKIE_SIZE ? r : NULL;
}

struct flight_record *identity_prove_nonce(struct exchange *x, nsec time, uint64_t nonce)
{
	return prove(x, time, PROBE_NODE_INFO, (uint32_t)(nonce >> 32), nonce);
}

struct aged_search {
	const struct exchange *x;
	nsec time;
	flight_same same;
	const void *wanted;
};

static bool same_and_remembered(const struct flight_record *r, const void *wanted)
{
	const struct aged_search *s = wanted;
	return is_remembered(s->x, r, s->time) && s->same(r, s->wanted);
}

struct flight_record *identity_search(struct exchange *x, nsec time, flight_same same,
                                      const void *wanted)
{
	struct aged_search s = { .x = x, .time = time, .same = same, .wanted = wanted };
	return flight_search(&x->flight, same_and_remembered, &s);
}
