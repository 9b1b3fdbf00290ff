/*
 * fuzz_exchange - the first bytes say which probes leave, the rest what arrives: raw datagrams,
 * answers and errors about those probes with bytes changed, errors of sockets, refusals, stamps and
 * time. Whatever it is, a reply names a probe that was sent and tells the time it was sent at.
 *
 *	byte 0     configuration: constant checksum, fixed id, pattern, options, node name, small
 *ring byte 1     how many probes, less one (3 bits); four bytes for each of them then       events:
 *what (3 bits), which probe (3 bits), and what that needs
 */
#include <string.h>
#include "probe/exchange.h"
#include "probe/packet.h"
#include "tests/fuzz/fuzz.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

enum { PROBES = 8, ROOM = 700 };

struct sent_probe {
	uint64_t token;
	nsec time;
	uint32_t serial;
	bool gone;
	uint8_t family, protocol;
	size_t header, length;
	uint8_t bytes[ROOM];
};

struct world {
	struct exchange x;
	struct cursor input;
	nsec now;
	size_t count;
	struct sent_probe probes[PROBES];
	size_t length; /* of what arrives */
	uint8_t bytes[2 * ROOM];
};

static struct addr address(uint8_t family, uint8_t last)
{
	static const uint8_t six[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	if (family == 4)
		return addr_v4(0xc6336400 + last);
	struct addr a = addr_v6(six);
	a.bytes[15] = last;
	return a;
}

static struct exchange_config configure(uint8_t bits)
{
	struct exchange_config config = { .key = { 5, 6 },
		                          .id_base = 0xfffe,
		                          .sport_base = 40000,
		                          .constant_checksum = bits & 1,
		                          .id_fixed = bits & 2,
		                          .pattern = "pat",
		                          .pattern_length = bits & 4 ? 3 : 0,
		                          .options = { 1, 1, 1 },
		                          .options_length = bits & 8 ? 3 : 0,
		                          .flow_label = 7,
		                          .flight_limit = bits & 32 ? 4 : 64,
		                          .flight_keep = 10 * NSEC_S };
	if (bits & 16) {
		static const uint8_t query[8] = { 0, 2, 0, 0, 1, 'a', 0, 0 };
		memcpy(config.node_info, query, sizeof query);
		config.node_info_length = sizeof query;
		config.node_info_code = 1;
	}
	return config;
}

static void send_probe(struct world *w)
{
	uint8_t shape = cursor_u8(&w->input), size = cursor_u8(&w->input);
	uint8_t number = cursor_u8(&w->input), more = cursor_u8(&w->input);
	struct sent_probe *p = &w->probes[w->count];
	p->family = shape & 0x80 ? 6 : 4;
	struct probe probe = { .token = (uint64_t)w->count << 32 | (uint64_t)(more & 0xf0) << 8 |
		                        number,
		               .dst = address(p->family, 7 + (more & 4)),
		               .size = 20U + 2U * size,
		               .flow = more & 3,
		               .port = 33434,
		               .kind = shape % 6,
		               .ttl = 9 };
	struct addr src = address(p->family, 1);
	struct writer writer = writer_of(p->bytes, sizeof p->bytes);
	uint32_t before = flight_next(&w->x.flight);
	int error = exchange_prepare(&w->x, &probe, &src, w->now, &writer, &p->header, &p->serial);
	HOLDS(!writer.failed);
	if (error) {
		HOLDS(writer_length(&writer) == 0 && flight_next(&w->x.flight) == before);
		return;
	}
	struct packet packet;
	p->length = writer_length(&writer);
	p->token = probe.token;
	p->time = w->now;
	p->gone = false;
	HOLDS(packet_parse((struct span){ p->bytes, p->length }, 0, &packet));
	HOLDS(addr_equal(&packet.dst, &probe.dst) && packet.ttl == 9);
	p->protocol = packet.protocol;
	w->count++;
	w->now += NSEC_MS;
}

/* --- what arrives ------------------------------------------------------------------------------
 */

/* Changes up to three bytes of what arrives, from offset on. */
static void edit(struct world *w, size_t offset)
{
	for (unsigned edits = cursor_u8(&w->input) & 3; edits > 0; edits--) {
		size_t at = offset + cursor_u8(&w->input);
		uint8_t bits = cursor_u8(&w->input);
		if (at < w->length)
			w->bytes[at] ^= bits;
	}
}

static size_t begin_datagram(struct writer *writer, const struct addr *src, uint8_t protocol,
                             size_t length)
{
	struct addr here = address(src->family, 1);
	if (src->family == 4)
		ip4_build(writer, &(struct ip4){ .total_length = (uint16_t)(20 + length),
		                                 .ttl = 60,
		                                 .protocol = protocol,
		                                 .src = *src,
		                                 .dst = here });
	else
		ip6_build(writer, &(struct ip6){ .payload_length = (uint16_t)length,
		                                 .next_header = protocol,
		                                 .hop_limit = 60,
		                                 .src = *src,
		                                 .dst = here });
	return writer_length(writer);
}

/* A right checksum of the upper layer, wherever its protocol has it. */
static void mend(struct world *w, size_t header, const struct addr *src, uint8_t protocol)
{
	size_t length = w->length - header;
	size_t at = header + (protocol == 6 ? 16 : protocol == 17 ? 6 : 2);
	if (at + 2 > w->length)
		return;
	w->bytes[at] = w->bytes[at + 1] = 0;
	struct addr here = address(src->family, 1);
	checksum_sum sum =
	        protocol == 1 ? 0 : checksum_pseudo(src, &here, protocol, (uint32_t)length);
	uint16_t field = checksum_finish(checksum_add(sum, w->bytes + header, length));
	w->bytes[at] = (uint8_t)(field >> 8);
	w->bytes[at + 1] = (uint8_t)field;
}

static void raw_datagram(struct world *w)
{
	size_t length = cursor_u8(&w->input);
	if (length > cursor_left(&w->input))
		length = cursor_left(&w->input);
	struct span bytes = cursor_span(&w->input, length);
	w->length = bytes.length;
	if (bytes.length)
		memcpy(w->bytes, bytes.data, bytes.length);
}

static void raw_upper(struct world *w)
{
	static const uint8_t protocols[] = { 1, 58, 17, 6 };
	uint8_t how = cursor_u8(&w->input);
	struct addr src = address(how & 4 ? 6 : 4, how & 8 ? 7 : 9);
	raw_datagram(w);
	uint8_t upper[256];
	size_t length = w->length;
	memcpy(upper, w->bytes, length);
	struct writer writer = writer_of(w->bytes, sizeof w->bytes);
	size_t header = begin_datagram(&writer, &src, protocols[how & 3], length);
	writer_bytes(&writer, upper, length);
	w->length = writer_length(&writer);
	mend(w, header, &src, protocols[how & 3]);
}

/* The upper layer of the probe as its target returns it, cut where the input says. */
static void answer(struct world *w, const struct sent_probe *p)
{
	uint8_t how = cursor_u8(&w->input);
	struct addr src = address(p->family, how & 1 ? 9 : p->bytes[p->family == 4 ? 19 : 39]);
	size_t whole = p->length - p->header;
	size_t length = how & 2 ? cursor_u8(&w->input) % (whole + 1) : whole;
	struct writer writer = writer_of(w->bytes, sizeof w->bytes);
	size_t header = begin_datagram(&writer, &src, p->protocol, length);
	writer_bytes(&writer, p->bytes + p->header, length);
	w->length = writer_length(&writer);
	uint8_t *upper = w->bytes + header;
	if (length >= 20 && p->protocol == 6) {
		/* Ports change sides, the sequence number plus one is acknowledged. */
		uint8_t ports[4] = { upper[2], upper[3], upper[0], upper[1] };
		memcpy(upper, ports, 4);
		memcpy(upper + 8, upper + 4, 4);
		upper[11]++;
		upper[13] = how & 4 ? 0x14 : 0x12;
	} else if (length >= 8 && p->protocol == 17) {
		uint8_t ports[4] = { upper[2], upper[3], upper[0], upper[1] };
		memcpy(upper, ports, 4);
	} else if (length >= 1) {
		upper[0] = upper[0] == 8 ? 0 : (uint8_t)(upper[0] + 1);
	}
	edit(w, header);
	if (!(how & 8))
		mend(w, header, &src, p->protocol);
}

static void error_about(struct world *w, const struct sent_probe *p)
{
	uint8_t how = cursor_u8(&w->input), type = cursor_u8(&w->input), cut = cursor_u8(&w->input);
	struct addr src = address(p->family, 9);
	size_t quote = how & 1 ? p->length : cut % (p->length + 1);
	uint8_t protocol = p->family == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMP6;
	struct writer writer = writer_of(w->bytes, sizeof w->bytes);
	size_t header = begin_datagram(&writer, &src, protocol, 8 + quote);
	icmp_build_header(&writer, type, how >> 4, cut);
	writer_bytes(&writer, p->bytes, quote);
	w->length = writer_length(&writer);
	edit(w, header + 8);
	if (!(how & 8))
		mend(w, header, &src, protocol);
}

/* --- what must hold ----------------------------------------------------------------------------
 */

static void check_reply(const struct world *w, const struct reply *r)
{
	HOLDS(r->kind <= REPLY_OTHER);
	HOLDS(r->flags < REPLY_USER_TIME * 2);
	fuzz_touch(r->payload);
	fuzz_touch(r->options);
	fuzz_touch(r->extensions);
	if (r->wrong_at >= 0) {
		HOLDS(r->kind == REPLY_ECHO && r->flags & REPLY_CORRUPT);
		HOLDS((size_t)r->wrong_at < r->payload.length);
		HOLDS(r->payload.data[r->wrong_at] == r->wrong_got &&
		      r->wrong_got != r->wrong_want);
	}
	if (r->flags & REPLY_UNKNOWN) {
		HOLDS(r->flags == REPLY_UNKNOWN && r->token == 0 && r->sent == 0);
		return;
	}
	const struct sent_probe *p = NULL;
	for (size_t i = 0; i < w->count; i++)
		if (!w->probes[i].gone && w->probes[i].token == r->token)
			p = &w->probes[i];
	HOLDS(p != NULL);
	HOLDS(r->sent == p->time);
	HOLDS(r->time >= r->sent && r->time - r->sent <= 10 * NSEC_S);
	HOLDS(r->from.family == p->family);
}

static void arrive(struct world *w)
{
	/* In a block of exactly its size. */
	uint8_t *copy = sample_copy(w->bytes, w->length);
	struct packet packet;
	struct reply reply;
	if (packet_parse((struct span){ copy, w->length }, w->now, &packet) &&
	    exchange_match(&w->x, &packet, &reply)) {
		HOLDS(fuzz_within(reply.payload, copy, w->length));
		HOLDS(fuzz_within(reply.extensions, copy, w->length));
		check_reply(w, &reply);
		uint32_t settled =
		        REPLY_CORRUPT | REPLY_WRONG_SOURCE | REPLY_UNKNOWN | REPLY_TRUNCATED;
		bool notice = reply.kind == REPLY_REDIRECT || reply.kind == REPLY_QUENCH;
		/* What was believed once is a duplicate the next time. */
		if (!(reply.flags & settled) && !notice && reply.kind != REPLY_UDP) {
			uint64_t token = reply.token;
			HOLDS(exchange_match(&w->x, &packet, &reply));
			HOLDS(reply.token == token && reply.flags & REPLY_DUPLICATE);
		}
	}
	free(copy);
}

static void socket_error(struct world *w, const struct sent_probe *p)
{
	uint8_t how = cursor_u8(&w->input);
	bool udp = p->protocol == IP_PROTOCOL_UDP;
	size_t from = p->header + (udp ? UINT8_C(8) : UINT8_C(0));
	w->length = how & 1 ? 0 : p->length - from;
	memcpy(w->bytes, p->bytes + from, w->length);
	edit(w, 0);
	struct exchange_error error = { .from = address(p->family, 9),
		                        .dst = address(p->family, 7),
		                        .time = w->now,
		                        .icmp_type = how >> 2,
		                        .protocol = p->protocol,
		                        .id = udp || p->protocol == 6 ? 40000 : 0xfffe,
		                        .upper_is_data = udp,
		                        .user_time = how & 2,
		                        .upper = { w->bytes, w->length } };
	struct reply reply;
	if (exchange_match_error(&w->x, &error, &reply))
		check_reply(w, &reply);
}

static void event(struct world *w)
{
	uint8_t what = cursor_u8(&w->input);
	struct sent_probe *p = &w->probes[(what >> 3) % w->count];
	uint64_t token;
	switch (what & 7) {
	case 0: raw_datagram(w); break;
	case 1: raw_upper(w); break;
	case 2: answer(w, p); break;
	case 3: error_about(w, p); break;
	case 4: socket_error(w, p); return;
	case 5: w->now += cursor_u8(&w->input) * 100 * NSEC_MS; return;
	case 6:
		exchange_refused(&w->x, p->serial);
		HOLDS(!exchange_stamped(&w->x, p->serial, w->now, &token));
		p->gone = true;
		return;
	default:
		if (exchange_stamped(&w->x, p->serial, p->time + NSEC_US, &token)) {
			HOLDS(token == p->token && !p->gone);
			p->time += NSEC_US;
		}
		return;
	}
	arrive(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	w = (struct world){ .input = cursor_of(data, size), .now = 1000 * NSEC_S };
	struct exchange_config config = configure(cursor_u8(&w.input));
	HOLDS(exchange_init(&w.x, &config) == 0);
	for (int probes = (cursor_u8(&w.input) & 7) + 1; probes > 0; probes--)
		send_probe(&w);
	for (int events = 0; events < 64 && cursor_left(&w.input) > 0 && w.count > 0; events++)
		event(&w);
	exchange_release(&w.x);
	return 0;
}
