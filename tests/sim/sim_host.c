/* What an end answers: the queries of ICMP here, UDP and TCP in sim_port.c. */
#include <string.h>
#include "tests/sim/sim_private.h"
#include "wire/checksum.h"
#include "wire/extension.h"
#include "wire/ip4.h"

#define DAY_MS 86400000

static uint8_t icmp_of(const struct sim_walk *w)
{
	return w->d.family == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMP6;
}

/* --- echo ------------------------------------------------------------------------------------- */

/*
 * The request with another type: the checksum changes by that one word, or is made anew where the
 * answer comes from another address.
 */
static void write_echo(struct sim_answer *answer, const struct sim_walk *w, const struct icmp *m)
{
	bool v4 = w->d.family == 4;
	uint8_t type = v4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY;
	icmp_build_header(&answer->w, type, m->code, (uint32_t)m->id << 16 | m->sequence);
	writer_bytes(&answer->w, m->body.data, m->body.length);
	uint16_t field = checksum_update(m->checksum, (uint16_t)(m->type << 8 | m->code),
	                                 (uint16_t)(type << 8 | m->code));
	/* Where all words are zero only 0xffff is right, and elsewhere it is as good as 0. */
	writer_patch_u16(&answer->w, 2, field ? field : 0xffff);
	if (!v4 && !addr_equal(&answer->d.src, &w->d.dst))
		datagram_seal(&answer->w, 0, &answer->d);
}

/* One byte of the data changes; half of the time whoever did it has mended the checksum. */
static void corrupt(struct sim *s, struct sim_answer *answer)
{
	size_t length = writer_length(&answer->w);
	if (length <= ICMP_HEADER)
		return;
	size_t at = ICMP_HEADER + (size_t)random_below(&s->random, length - ICMP_HEADER);
	struct writer byte = writer_of(answer->w.start + at, 1);
	struct cursor c = cursor_of(byte.start, 1);
	writer_u8(&byte, (uint8_t)(cursor_u8(&c) ^ (1 + random_below(&s->random, 255))));
	if (random_below(&s->random, 2))
		datagram_seal(&answer->w, 0, &answer->d);
	s->counts.corrupted++;
}

/* Another's answer: from elsewhere, or without having seen the data, or to what was never asked. */
static void forge(struct sim *s, const struct sim_walk *w, uint32_t node, const struct icmp *m)
{
	struct sim_answer answer;
	if (!sim_answer(s, w, node, &w->d.dst, icmp_of(w), ICMP_HEADER + m->body.length, &answer))
		return;
	write_echo(&answer, w, m);
	struct writer data = writer_of(answer.w.start + ICMP_HEADER, m->body.length);
	switch (random_below(&s->random, 3)) {
	case 0: answer.d.src.bytes[addr_size(&answer.d.src) - 1] ^= 1; break;
	case 1: writer_zero(&data, m->body.length); break;
	default: writer_patch_u16(&answer.w, 6, (uint16_t)random_next(&s->random)); break;
	}
	s->counts.forged++;
	/* It may be faster than the true one, but knows no more than that a request was sent. */
	nsec ahead = (nsec)random_below(&s->random, (uint64_t)(w->time - s->now) / 2 + 1);
	sim_reply(s, w, node, &answer, (nsec)random_below(&s->random, NSEC_MS) - ahead);
}

static void echo(struct sim *s, const struct sim_walk *w, uint32_t node, const struct icmp *m)
{
	const struct topo_node *spec = s->nodes[node].spec;
	struct sim_answer answer;
	if (spec->echo_silent || addr_is_multicast(&w->d.dst)) {
		s->counts.silent++;
		return;
	}
	if (!sim_limit(&s->nodes[node].echoes, &spec->echo_limit, w->time)) {
		s->counts.limited++;
		return;
	}
	if (sim_chance(s, spec->forge))
		forge(s, w, node, m);
	if (!sim_answer(s, w, node, &w->d.dst, icmp_of(w), ICMP_HEADER + m->body.length, &answer))
		return;
	answer.d.tos = w->d.tos;
	write_echo(&answer, w, m);
	if (sim_chance(s, spec->corrupt))
		corrupt(s, &answer);
	/* Routes and times are recorded on the way back too (RFC 1122, 3.2.2.6). */
	if (w->d.family == 4 && w->d.middle.length) {
		answer.d.middle = w->d.middle;
		sim_rewrite_record(&answer.d, answer.options, &answer.d.src, w->time);
	}
	sim_reply_as_is(s, w, node, &answer, 0);
}

/* --- other queries ---------------------------------------------------------------------------- */

/* RFC 792: three times in milliseconds since midnight; the model's day begins with its clock. */
static void timestamp(struct sim *s, const struct sim_walk *w, uint32_t node, const struct icmp *m)
{
	struct sim_answer answer;
	struct cursor c = cursor_over(m->body);
	uint32_t originate = cursor_u32(&c);
	if (c.failed || !s->nodes[node].spec->timestamp) {
		s->counts.silent++;
		return;
	}
	if (!sim_answer(s, w, node, &w->d.dst, IP_PROTOCOL_ICMP, 20, &answer))
		return;
	icmp_build_header(&answer.w, ICMP4_TIMESTAMP_REPLY, 0, (uint32_t)m->id << 16 | m->sequence);
	writer_u32(&answer.w, originate);
	writer_u32(&answer.w, (uint32_t)(w->time / NSEC_MS % DAY_MS));
	writer_u32(&answer.w, (uint32_t)(w->time / NSEC_MS % DAY_MS));
	sim_reply(s, w, node, &answer, 0);
}

static void address_mask(struct sim *s, const struct sim_walk *w, uint32_t node,
                         const struct icmp *m)
{
	const struct topo_node *spec = s->nodes[node].spec;
	struct sim_answer answer;
	if (!spec->address_mask) {
		s->counts.silent++;
		return;
	}
	if (!sim_answer(s, w, node, &w->d.dst, IP_PROTOCOL_ICMP, 12, &answer))
		return;
	icmp_build_header(&answer.w, ICMP4_ADDRESS_MASK_REPLY, 0,
	                  (uint32_t)m->id << 16 | m->sequence);
	/* Of the prefix it serves; of a net like those of old where it serves none. */
	unsigned length = spec->serves.addr.family == 4 ? spec->serves.length : 24;
	writer_u32(&answer.w, (uint32_t)(UINT64_C(0xffffffff00000000) >> length));
	sim_reply(s, w, node, &answer, 0);
}

/* RFC 8335, 2.1: the code that answers the object which names an interface of the node. */
enum {
	INTERFACE_FOUND = 0,
	INTERFACE_MALFORMED = 1,
	INTERFACE_NONE = 2,
};

static bool has_addr(const struct topo_node *spec, const struct addr *addr)
{
	for (uint8_t i = 0; i < spec->addr_count; i++)
		if (addr_equal(&spec->addrs[i], addr))
			return true;
	return false;
}

/* By name (c-type 1: that of the node), index (2: of a link, from 1), or address (3). */
static uint8_t find_interface(const struct sim *s, uint32_t node,
                              const struct extension_object *object)
{
	const struct topo_node *spec = s->nodes[node].spec;
	struct cursor c = cursor_over(object->data);
	bool found = false;
	if (object->c_type == 1) {
		size_t length = strlen(spec->name);
		struct span name = cursor_rest(&c);
		while (name.length && name.data[name.length - 1] == 0)
			name.length--; /* padded to whole words */
		found = name.length == length && memcmp(name.data, spec->name, length) == 0;
	} else if (object->c_type == 2) {
		uint32_t index = cursor_u32(&c);
		found = index >= 1 && index <= s->in_first[node + 1] - s->in_first[node];
	} else if (object->c_type == 3) {
		uint16_t afi = cursor_u16(&c);
		uint8_t length = cursor_u8(&c);
		cursor_skip(&c, 1);
		uint8_t family = afi == 1 && length == 4 ? 4 : afi == 2 && length == 16 ? 6 : 0;
		struct addr addr = addr_read(&c, family);
		if (family == 0)
			return INTERFACE_MALFORMED;
		found = has_addr(spec, &addr);
	} else {
		return INTERFACE_MALFORMED;
	}
	return c.failed ? INTERFACE_MALFORMED : found ? INTERFACE_FOUND : INTERFACE_NONE;
}

static uint8_t judge_interface(const struct sim *s, uint32_t node, const struct icmp *m)
{
	struct cursor objects;
	struct extension_object object, second;
	if (!extension_open(m->body, &objects) || !extension_next(&objects, &object) ||
	    object.class_num != EXTENSION_IDENTIFY || extension_next(&objects, &second))
		return INTERFACE_MALFORMED;
	return find_interface(s, node, &object);
}

static void extended_echo(struct sim *s, const struct sim_walk *w, uint32_t node,
                          const struct icmp *m)
{
	const struct topo_node *spec = s->nodes[node].spec;
	struct sim_answer answer;
	if (!spec->extended_echo) {
		s->counts.silent++;
		return;
	}
	if (!sim_answer(s, w, node, &w->d.dst, icmp_of(w), ICMP_HEADER, &answer))
		return;
	uint8_t code = judge_interface(s, node, m);
	/* Active, IPv4, IPv6 (RFC 8335, 3); the sequence has eight bits. */
	uint32_t state = 0;
	for (uint8_t i = 0; i < spec->addr_count && code == INTERFACE_FOUND; i++)
		state |= spec->addrs[i].family == 4 ? 4u | 2u : 4u | 1u;
	icmp_build_header(&answer.w,
	                  w->d.family == 4 ? ICMP4_EXTENDED_ECHO_REPLY : ICMP6_EXTENDED_ECHO_REPLY,
	                  code, (uint32_t)m->id << 16 | (m->sequence & 0xff00u) | state);
	sim_reply(s, w, node, &answer, 0);
}

/* --- receiving -------------------------------------------------------------------------------- */

static const struct {
	uint8_t family, type;
	void (*answer)(struct sim *, const struct sim_walk *, uint32_t, const struct icmp *);
} queries[] = {
	{ 4, ICMP4_ECHO, echo },
	{ 4, ICMP4_TIMESTAMP, timestamp },
	{ 4, ICMP4_ADDRESS_MASK, address_mask },
	{ 4, ICMP4_EXTENDED_ECHO, extended_echo },
	{ 6, ICMP6_ECHO, echo },
	{ 6, ICMP6_EXTENDED_ECHO, extended_echo },
};

static void icmp(struct sim *s, const struct sim_walk *w, uint32_t node)
{
	struct cursor c = cursor_over(w->d.upper);
	struct icmp m;
	if (!icmp_parse(&c, w->d.family, &m)) {
		s->counts.invalid++;
		return;
	}
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		if (queries[i].family != w->d.family || queries[i].type != m.type)
			continue;
		queries[i].answer(s, w, node, &m);
		return;
	}
	s->counts.silent++;
}

/* Nobody here speaks that protocol (RFC 1122, 3.2.2.1; RFC 4443, 3.4). */
static void unknown_protocol(struct sim *s, const struct sim_walk *w, uint32_t node)
{
	struct sim_error error = { .type = ICMP6_PARAMETER_PROBLEM, .code = 1, .rest = 6 };
	if (w->d.family == 4)
		sim_error_unreachable(s, w, node, 2, 0);
	else
		sim_error(s, w, node, &error);
}

void sim_host(struct sim *s, struct sim_walk *w, uint32_t node)
{
	uint32_t largest;
	if (w->d.fragment && s->nodes[node].spec->drop_fragments) {
		s->counts.silent++;
		return;
	}
	if (w->d.fragment && !reassembly_add(&s->reassembly, &w->d, &w->time, &largest)) {
		s->counts.held++;
		return;
	}
	if (!datagram_checksum_ok(&w->d)) {
		s->counts.invalid++;
		return;
	}
	uint8_t protocol = w->d.protocol;
	if (protocol == icmp_of(w))
		icmp(s, w, node);
	else if (protocol == IP_PROTOCOL_UDP)
		sim_host_udp(s, w, node);
	else if (protocol == IP_PROTOCOL_TCP)
		sim_host_tcp(s, w, node);
	else
		unknown_protocol(s, w, node);
}
