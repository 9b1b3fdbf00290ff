#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/random.h"
#include "tests/unit/sample.h"
#include "wire/ip4.h"

/*
 * Headers of Linux's making, as tcpdump took them off a veth pair; what they say was read off
 * tshark. 198.51.100.1 pings 203.0.113.2 through a router 198.51.100.254 / 203.0.113.254.
 */
#define PLAIN         "45000054 645d4000 40017014 c6336401 cb007102"
#define TOS_C0        "45c00070 86510000 40019e15 c63364fe c6336401"
#define LAST_FRAGMENT "450000fc 646300ac 4001aeba c6336401 cb007102"
#define RECORD_ROUTE                                                                       \
	"4f00007c e1a00000 3f019d77 cb007102 c6336401 072718c6 336401cb 0071fecb 007102cb" \
	"007102c6 3364fe00 00000000 00000000 00000000 00000000"
#define STAMPS_ONLY                                                                        \
	"4f00007c e1a10000 3f01b537 cb007102 c6336401 44281900 02fa9b47 02fa9b47 02fa9b47" \
	"02fa9b47 02fa9b47 00000000 00000000 00000000 00000000"
#define STAMPS_ADDR                                                                        \
	"4e000078 e1a20000 3f017af5 cb007102 c6336401 44242511 c6336401 02fa9b4a c63364fe" \
	"02fa9b4a cb007102 02fa9b4a cb007102 02fa9b4a"
#define STAMPS_PRESPEC                                                                      \
	"4a000068 e1a30000 3f0131e0 cb007102 c6336401 44141503 c63364fe 02fa9b4c cb007102 " \
	"02fa9b4c"

static const char *const samples[] = { PLAIN,       TOS_C0,      LAST_FRAGMENT, RECORD_ROUTE,
	                               STAMPS_ONLY, STAMPS_ADDR, STAMPS_PRESPEC };
#define SAMPLES (sizeof samples / sizeof samples[0])

struct parsed {
	uint8_t bytes[64];
	size_t length;
	struct cursor c;
	struct ip4 ip;
};

static void parse(const char *hex, struct parsed *p)
{
	p->length = sample_hex(hex, p->bytes, sizeof p->bytes);
	p->c = cursor_of(p->bytes, p->length);
	assert_true(ip4_parse(&p->c, &p->ip));
}

static void plain_header(void **state)
{
	(void)state;
	struct parsed p;

	parse(PLAIN "08004d16", &p);
	assert_int_equal(cursor_left(&p.c), 4);
	assert_int_equal(p.ip.tos, 0);
	assert_int_equal(p.ip.total_length, 84);
	assert_int_equal(p.ip.id, 0x645d);
	assert_true(p.ip.df);
	assert_false(p.ip.mf);
	assert_false(p.ip.reserved);
	assert_int_equal(p.ip.fragment_offset, 0);
	assert_int_equal(p.ip.ttl, 64);
	assert_int_equal(p.ip.protocol, IP_PROTOCOL_ICMP);
	assert_int_equal(p.ip.checksum, 0x7014);
	assert_int_equal(addr_to_v4(&p.ip.src), 0xc6336401);
	assert_int_equal(addr_to_v4(&p.ip.dst), 0xcb007102);
	assert_int_equal(p.ip.options.length, 0);
}

static void tos_and_fragment(void **state)
{
	(void)state;
	struct parsed p;

	parse(TOS_C0, &p);
	assert_int_equal(p.ip.tos, 0xc0);
	assert_false(p.ip.df);
	parse(LAST_FRAGMENT, &p);
	assert_int_equal(p.ip.fragment_offset, 1376); /* tshark: 0 0000 1010 1100 = 1376 */
	assert_false(p.ip.mf);
}

static void each_flag_is_its_bit(void **state)
{
	(void)state;
	uint8_t bytes[20];

	(void)sample_hex(PLAIN, bytes, sizeof bytes);
	for (unsigned int bit = 0; bit < 16; bit++) {
		struct cursor c = cursor_of(bytes, sizeof bytes);
		struct ip4 ip;
		bytes[6] = (uint8_t)(1u << bit >> 8);
		bytes[7] = (uint8_t)(1u << bit);
		assert_true(ip4_parse(&c, &ip));
		assert_int_equal(ip.reserved, bit == 15);
		assert_int_equal(ip.df, bit == 14);
		assert_int_equal(ip.mf, bit == 13);
		assert_int_equal(ip.fragment_offset, bit < 13 ? 8u << bit : 0);
	}
}

static void header_checksums_of_linux_are_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint8_t bytes[64];
		size_t length = sample_hex(samples[i], bytes, sizeof bytes);
		assert_true(ip4_checksum_ok((struct span){ bytes, length }));
		for (size_t at = 0; at < length; at++) {
			bytes[at] ^= 0x10;
			assert_false(ip4_checksum_ok((struct span){ bytes, length }));
			bytes[at] ^= 0x10;
		}
	}
	/* Right by itself, but no header. */
	assert_false(ip4_checksum_ok((struct span){ (const uint8_t[]){ 0xff, 0xff }, 2 }));
}

static void cut_anywhere_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint8_t bytes[64];
		size_t length = sample_hex(samples[i], bytes, sizeof bytes);
		for (size_t cut = 0; cut <= length; cut++) {
			uint8_t *exact = sample_copy(bytes, cut);
			struct cursor c = cursor_of(exact, cut);
			struct ip4 ip;
			assert_int_equal(ip4_parse(&c, &ip), cut == length);
			assert_int_equal(c.failed, cut != length);
			free(exact);
		}
	}
}

static void version_and_header_length(void **state)
{
	(void)state;
	uint8_t bytes[60] = { 0 };

	for (unsigned int first = 0; first < 256; first++) {
		struct cursor c = cursor_of(bytes, sizeof bytes);
		struct ip4 ip;
		bytes[0] = (uint8_t)first;
		bool good = first >= 0x45 && first <= 0x4f;
		assert_int_equal(ip4_parse(&c, &ip), good);
		assert_int_equal(c.failed, !good);
		if (good) {
			assert_int_equal(ip.options.length, (first - 0x45) * 4);
			assert_int_equal(cursor_left(&c), 60 - (first - 0x40) * 4);
		}
	}
}

static void built_again_it_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct parsed p;
		uint8_t again[80] = { 0 };
		struct writer w = writer_of(again, sizeof again);
		parse(samples[i], &p);
		p.ip.checksum = 0xdead; /* is not looked at */
		writer_u32(&w, 0);      /* a header need not stand at the start */
		ip4_build(&w, &p.ip);
		assert_false(w.failed);
		assert_int_equal(writer_length(&w), 4 + p.length);
		assert_memory_equal(again + 4, p.bytes, p.length);
	}
}

static void random_headers_survive(void **state)
{
	(void)state;
	struct random r;
	uint8_t options[IP4_OPTIONS_MAX];

	random_init(&r, sample_seed(30));
	for (int round = 0; round < 5000; round++) {
		for (size_t i = 0; i < sizeof options; i++)
			options[i] = (uint8_t)random_next(&r);
		struct ip4 ip = {
			.tos = (uint8_t)random_next(&r),
			.total_length = (uint16_t)random_next(&r),
			.id = (uint16_t)random_next(&r),
			.df = random_below(&r, 2),
			.mf = random_below(&r, 2),
			.reserved = random_below(&r, 2),
			.fragment_offset = (uint16_t)(random_below(&r, 8192) * 8),
			.ttl = (uint8_t)random_next(&r),
			.protocol = (uint8_t)random_next(&r),
			.src = addr_v4((uint32_t)random_next(&r)),
			.dst = addr_v4((uint32_t)random_next(&r)),
			.options = { options, (size_t)random_below(&r, 41) },
		};
		uint8_t bytes[IP4_HEADER_MAX];
		struct writer w = writer_of(bytes, sizeof bytes);
		ip4_build(&w, &ip);
		assert_false(w.failed);
		assert_true(ip4_checksum_ok((struct span){ bytes, writer_length(&w) }));
		struct cursor c = cursor_of(bytes, writer_length(&w));
		struct ip4 got;
		assert_true(ip4_parse(&c, &got));
		assert_int_equal(cursor_left(&c), 0);
		assert_int_equal(got.tos, ip.tos);
		assert_int_equal(got.total_length, ip.total_length);
		assert_int_equal(got.id, ip.id);
		assert_int_equal(got.df, ip.df);
		assert_int_equal(got.mf, ip.mf);
		assert_int_equal(got.reserved, ip.reserved);
		assert_int_equal(got.fragment_offset, ip.fragment_offset);
		assert_int_equal(got.ttl, ip.ttl);
		assert_int_equal(got.protocol, ip.protocol);
		assert_true(addr_equal(&got.src, &ip.src));
		assert_true(addr_equal(&got.dst, &ip.dst));
		assert_int_equal(got.options.length, (ip.options.length + 3) / 4 * 4);
		assert_memory_equal(got.options.data, options, ip.options.length);
		for (size_t i = ip.options.length; i < got.options.length; i++)
			assert_int_equal(got.options.data[i], IP4_OPTION_END);
	}
}

static void build_refuses(void **state)
{
	(void)state;
	uint8_t bytes[100];
	const uint8_t options[44] = { 0 };
	const uint8_t six[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	struct ip4 good = { .src = addr_v4(0xc6336401), .dst = addr_v4(0xcb007102) };

	struct ip4 ip = good;
	struct writer w = writer_of(bytes, IP4_HEADER_MIN);
	ip4_build(&w, &ip);
	assert_false(w.failed);
	w = writer_of(bytes, IP4_HEADER_MIN - 1);
	ip4_build(&w, &ip);
	assert_true(w.failed);

	ip.options = (struct span){ options, IP4_OPTIONS_MAX + 1 };
	w = writer_of(bytes, sizeof bytes);
	ip4_build(&w, &ip);
	assert_true(w.failed);

	for (uint16_t offset = 1; offset < 8; offset++) {
		ip = good;
		ip.fragment_offset = offset;
		w = writer_of(bytes, sizeof bytes);
		ip4_build(&w, &ip);
		assert_true(w.failed);
	}

	ip = good;
	ip.src = addr_v6(six);
	w = writer_of(bytes, sizeof bytes);
	ip4_build(&w, &ip);
	assert_true(w.failed);
	ip = good;
	ip.dst = (struct addr){ 0 };
	w = writer_of(bytes, sizeof bytes);
	ip4_build(&w, &ip);
	assert_true(w.failed);
}

/* --- options -------------------------------------------------------------------------------------
 */

static void options_one_after_another(void **state)
{
	(void)state;
	/* NOP, router alert, an unknown one without data, NOP, end, rubbish. */
	const uint8_t bytes[] = { 1, 148, 4, 0, 0, 0x52, 2, 1, 0, 7, 3 };
	struct cursor c = cursor_of(bytes, sizeof bytes);
	struct ip4_option o;

	assert_true(ip4_option_next(&c, &o));
	assert_int_equal(o.type, IP4_OPTION_NOP);
	assert_int_equal(o.data.length, 0);
	assert_true(ip4_option_next(&c, &o));
	assert_int_equal(o.type, IP4_OPTION_ROUTER_ALERT);
	assert_int_equal(o.data.length, 2);
	assert_ptr_equal(o.data.data, bytes + 3);
	assert_true(ip4_option_next(&c, &o));
	assert_int_equal(o.type, 0x52);
	assert_int_equal(o.data.length, 0);
	assert_true(ip4_option_next(&c, &o));
	assert_int_equal(o.type, IP4_OPTION_NOP);
	/* What stands behind the end of the list is not an option, asked again or not. */
	assert_false(ip4_option_next(&c, &o));
	assert_false(c.failed);
	assert_false(ip4_option_next(&c, &o));
	assert_false(c.failed);
}

static void options_end_with_their_bytes(void **state)
{
	(void)state;
	const uint8_t nop[] = { 1 };
	struct cursor c = cursor_of(nop, sizeof nop);
	struct ip4_option o;

	assert_true(ip4_option_next(&c, &o));
	assert_false(ip4_option_next(&c, &o));
	assert_false(c.failed);
	c = cursor_of(NULL, 0);
	assert_false(ip4_option_next(&c, &o));
	assert_false(c.failed);
}

static void malformed_options_stop_the_walk(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[4];
		size_t length;
	} bad[] = {
		{ { 7, 0, 4, 0 }, 4 },   /* a length of nothing would never end */
		{ { 7, 1, 4, 0 }, 4 },   /* shorter than type and length */
		{ { 7, 5, 4, 0 }, 4 },   /* one byte beyond */
		{ { 7, 255, 4, 0 }, 4 }, /* far beyond */
		{ { 7 }, 1 },            /* no length at all */
		{ { 1, 1, 1, 131 }, 4 }, /* the same behind others */
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		uint8_t *exact = sample_copy(bad[i].bytes, bad[i].length);
		struct cursor c = cursor_of(exact, bad[i].length);
		struct ip4_option o;
		while (ip4_option_next(&c, &o))
			assert_int_equal(o.type, IP4_OPTION_NOP);
		assert_true(c.failed);
		assert_int_equal(o.data.length, 0);
		assert_false(ip4_option_next(&c, &o));
		free(exact);
	}
}

static struct ip4_option first_option(struct parsed *p, const char *hex)
{
	struct ip4_option o;

	parse(hex, p);
	struct cursor c = cursor_over(p->ip.options);
	assert_true(ip4_option_next(&c, &o));
	struct ip4_option end;
	assert_false(ip4_option_next(&c, &end));
	assert_false(c.failed);
	return o;
}

static void record_route_of_linux(void **state)
{
	(void)state;
	static const uint32_t hops[] = { 0xc6336401, 0xcb0071fe, 0xcb007102, 0xcb007102,
		                         0xc63364fe };
	struct parsed p;
	struct ip4_route route;
	struct ip4_option o = first_option(&p, RECORD_ROUTE);

	assert_true(ip4_route_parse(&o, &route));
	assert_int_equal(route.slots, 9);
	assert_int_equal(route.count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(addr_to_v4(&route.addr[i]), hops[i]);
	for (size_t i = 5; i < 9; i++)
		assert_int_equal(route.addr[i].family, 0);
	struct ip4_timestamp ts;
	assert_false(ip4_timestamp_parse(&o, &ts));
}

static void timestamps_of_linux(void **state)
{
	(void)state;
	struct parsed p;
	struct ip4_timestamp ts;
	struct ip4_option o = first_option(&p, STAMPS_ONLY);

	assert_true(ip4_timestamp_parse(&o, &ts));
	assert_int_equal(ts.flag, IP4_TIMESTAMP_ONLY);
	assert_int_equal(ts.overflow, 0);
	assert_int_equal(ts.count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(ts.entry[i].addr.family, 0);
		assert_int_equal(ts.entry[i].ms, 49978183);
	}
	assert_int_equal(ts.entry[5].ms, 0);

	o = first_option(&p, STAMPS_ADDR);
	assert_true(ip4_timestamp_parse(&o, &ts));
	assert_int_equal(ts.flag, IP4_TIMESTAMP_ADDR);
	assert_int_equal(ts.overflow, 1);
	assert_int_equal(ts.count, 4);
	assert_int_equal(addr_to_v4(&ts.entry[0].addr), 0xc6336401);
	assert_int_equal(addr_to_v4(&ts.entry[1].addr), 0xc63364fe);
	assert_int_equal(addr_to_v4(&ts.entry[3].addr), 0xcb007102);
	assert_int_equal(ts.entry[0].ms, 49978186);
	assert_int_equal(ts.entry[3].ms, 49978186);

	o = first_option(&p, STAMPS_PRESPEC);
	assert_true(ip4_timestamp_parse(&o, &ts));
	assert_int_equal(ts.flag, IP4_TIMESTAMP_PRESPEC);
	assert_int_equal(ts.count, 2);
	assert_int_equal(addr_to_v4(&ts.entry[1].addr), 0xcb007102);
	assert_int_equal(ts.entry[1].ms, 49978188);
	struct ip4_route route;
	assert_false(ip4_route_parse(&o, &route));
}

/* The option cut to length bytes behind type and length, in a block of its own. */
static bool route_of(uint8_t type, const uint8_t *data, size_t length, struct ip4_route *route)
{
	uint8_t *exact = sample_copy(data, length);
	struct ip4_option o = { type, { exact, length } };
	bool good = ip4_route_parse(&o, route);
	free(exact);
	return good;
}

static void route_pointers(void **state)
{
	(void)state;
	/* Three slots: pointer, 15 bytes; octet numbers 4..15, so that 16 is full. */
	uint8_t data[13] = { 0, 198, 51, 100, 1, 198, 51, 100, 2, 198, 51, 100, 3 };
	struct ip4_route route;

	for (unsigned int pointer = 0; pointer < 256; pointer++) {
		data[0] = (uint8_t)pointer;
		bool good = pointer >= 4 && (pointer >= 16 || pointer % 4 == 0);
		assert_int_equal(route_of(7, data, sizeof data, &route), good);
		if (!good)
			continue;
		assert_int_equal(route.slots, 3);
		assert_int_equal(route.count, pointer > 16 ? 3 : (pointer - 4) / 4);
		for (uint8_t i = 0; i < route.count; i++)
			assert_int_equal(addr_to_v4(&route.addr[i]), 0xc6336401 + i);
		/* A source route lists all of its hops, gone through or not. */
		assert_true(route_of(IP4_OPTION_LSRR, data, sizeof data, &route));
		assert_int_equal(route.count, 3);
		assert_int_equal(addr_to_v4(&route.addr[2]), 0xc6336403);
		assert_true(route_of(IP4_OPTION_SSRR, data, sizeof data, &route));
		assert_int_equal(route.count, 3);
	}
}

static void route_lengths(void **state)
{
	(void)state;
	uint8_t data[60] = { 255 };
	struct ip4_route route;

	memset(data + 1, 9, sizeof data - 1);
	for (size_t length = 0; length < sizeof data; length++) {
		/* Whole slots, from none to the nine that a header holds. */
		bool good = length >= 1 && (length - 1) % 4 == 0 && length <= 37;
		assert_int_equal(route_of(7, data, length, &route), good);
		assert_int_equal(route_of(137, data, length, &route), good);
		if (good) {
			assert_int_equal(route.slots, (length - 1) / 4);
			assert_int_equal(route.count, (length - 1) / 4);
		}
	}
}

static bool stamps_of(const uint8_t *data, size_t length, struct ip4_timestamp *ts)
{
	uint8_t *exact = sample_copy(data, length);
	struct ip4_option o = { IP4_OPTION_TIMESTAMP, { exact, length } };
	bool good = ip4_timestamp_parse(&o, ts);
	free(exact);
	return good;
}

static void timestamp_pointers(void **state)
{
	(void)state;
	uint8_t data[2 + 16];
	struct ip4_timestamp ts;

	for (size_t i = 2; i < sizeof data; i++)
		data[i] = (uint8_t)i;
	for (unsigned int pointer = 0; pointer < 256; pointer++) {
		data[0] = (uint8_t)pointer;
		data[1] = 0xf0 | IP4_TIMESTAMP_ONLY;
		bool good = pointer >= 5 && (pointer >= 21 || (pointer - 5) % 4 == 0);
		assert_int_equal(stamps_of(data, sizeof data, &ts), good);
		if (good) {
			assert_int_equal(ts.overflow, 15);
			assert_int_equal(ts.count, pointer > 21 ? 4 : (pointer - 5) / 4);
			for (uint8_t i = 0; i < 9; i++) {
				uint32_t there = 0x02030405 + i * 0x04040404u;
				assert_int_equal(ts.entry[i].ms, i < ts.count ? there : 0);
			}
		}
		data[1] = IP4_TIMESTAMP_ADDR;
		good = pointer >= 5 && (pointer >= 21 || (pointer - 5) % 8 == 0);
		assert_int_equal(stamps_of(data, sizeof data, &ts), good);
		if (good && pointer >= 21) {
			assert_int_equal(ts.count, 2);
			assert_int_equal(addr_to_v4(&ts.entry[1].addr), 0x0a0b0c0d);
			assert_int_equal(ts.entry[1].ms, 0x0e0f1011);
		}
	}
}

static void timestamp_lengths_and_flags(void **state)
{
	(void)state;
	uint8_t data[60] = { 255 };
	struct ip4_timestamp ts;

	for (size_t length = 0; length < sizeof data; length++) {
		for (unsigned int flag = 0; flag < 16; flag++) {
			size_t size = flag == 0 ? 4 : flag == 1 || flag == 3 ? 8 : 0;
			data[1] = (uint8_t)flag;
			bool good = size && length >= 2 && length <= 38 && (length - 2) % size == 0;
			assert_int_equal(stamps_of(data, length, &ts), good);
			if (good)
				assert_int_equal(ts.count, (length - 2) / size);
		}
	}
}

static struct writer over_rubbish(uint8_t *bytes, size_t capacity)
{
	memset(bytes, 0xee, capacity);
	return writer_of(bytes, capacity);
}

static void builds_what_ping_sends(void **state)
{
	(void)state;
	/* What a Linux ping put there, its own first entry taken out again: the shape is the RFC's.
	 */
	uint8_t bytes[IP4_OPTIONS_MAX];
	uint8_t zero[36] = { 0 };
	struct writer w;
	struct addr hops[9];

	for (uint32_t i = 0; i < 9; i++)
		hops[i] = addr_v4(0xc6336401 + i);

	w = over_rubbish(bytes, sizeof bytes);
	ip4_option_build_record_route(&w, 9);
	assert_false(w.failed);
	assert_int_equal(writer_length(&w), 39);
	assert_memory_equal(bytes, ((uint8_t[]){ 7, 39, 4 }), 3);
	assert_memory_equal(bytes + 3, zero, 36);

	w = over_rubbish(bytes, sizeof bytes);
	ip4_option_build_timestamp(&w, IP4_TIMESTAMP_ONLY, NULL, 9);
	assert_false(w.failed);
	assert_int_equal(writer_length(&w), 40);
	assert_memory_equal(bytes, ((uint8_t[]){ 68, 40, 5, 0 }), 4);
	assert_memory_equal(bytes + 4, zero, 36);

	w = over_rubbish(bytes, sizeof bytes);
	ip4_option_build_timestamp(&w, IP4_TIMESTAMP_ADDR, NULL, 4);
	assert_false(w.failed);
	assert_int_equal(writer_length(&w), 36);
	assert_memory_equal(bytes, ((uint8_t[]){ 68, 36, 5, 1 }), 4);
	assert_memory_equal(bytes + 4, zero, 32);

	/* The request to which STAMPS_PRESPEC is the answer. */
	struct addr prespec[] = { addr_v4(0xc63364fe), addr_v4(0xcb007102) };
	uint8_t want[20];
	(void)sample_hex("44140503 c63364fe 00000000 cb007102 00000000", want, sizeof want);
	w = over_rubbish(bytes, sizeof bytes);
	ip4_option_build_timestamp(&w, IP4_TIMESTAMP_PRESPEC, prespec, 2);
	assert_false(w.failed);
	assert_int_equal(writer_length(&w), 20);
	assert_memory_equal(bytes, want, 20);

	(void)sample_hex("830b04 c6336401 c6336402", want, sizeof want);
	w = over_rubbish(bytes, sizeof bytes);
	ip4_option_build_source_route(&w, false, hops, 2);
	assert_false(w.failed);
	assert_int_equal(writer_length(&w), 11);
	assert_memory_equal(bytes, want, 11);
	w = over_rubbish(bytes, sizeof bytes);
	ip4_option_build_source_route(&w, true, hops, 9);
	assert_false(w.failed);
	assert_int_equal(writer_length(&w), 39);
	assert_int_equal(bytes[0], 137);
	assert_int_equal(bytes[38], 9);
}

static void options_that_do_not_fit(void **state)
{
	(void)state;
	uint8_t bytes[400];
	struct addr hops[80];
	struct writer w;

	for (uint32_t i = 0; i < 80; i++)
		hops[i] = addr_v4(0xc6336401 + i);
	for (unsigned int slots = 0; slots < 80; slots++) {
		bool nine = slots >= 1 && slots <= 9;
		bool four = slots >= 1 && slots <= 4;
		w = over_rubbish(bytes, sizeof bytes);
		ip4_option_build_record_route(&w, (uint8_t)slots);
		assert_int_equal(w.failed, !nine);
		w = over_rubbish(bytes, sizeof bytes);
		ip4_option_build_source_route(&w, true, hops, (uint8_t)slots);
		assert_int_equal(w.failed, !nine);
		w = over_rubbish(bytes, sizeof bytes);
		ip4_option_build_timestamp(&w, IP4_TIMESTAMP_ONLY, NULL, (uint8_t)slots);
		assert_int_equal(w.failed, !nine);
		w = over_rubbish(bytes, sizeof bytes);
		ip4_option_build_timestamp(&w, IP4_TIMESTAMP_ADDR, NULL, (uint8_t)slots);
		assert_int_equal(w.failed, !four);
		w = over_rubbish(bytes, sizeof bytes);
		ip4_option_build_timestamp(&w, IP4_TIMESTAMP_PRESPEC, hops, (uint8_t)slots);
		assert_int_equal(w.failed, !four);
	}
	w = over_rubbish(bytes, sizeof bytes);
	ip4_option_build_timestamp(&w, (enum ip4_timestamp_flag)2, hops, 1);
	assert_true(w.failed);
	hops[0].family = 0;
	w = over_rubbish(bytes, sizeof bytes);
	ip4_option_build_timestamp(&w, IP4_TIMESTAMP_PRESPEC, hops, 1);
	assert_true(w.failed);
	w = over_rubbish(bytes, sizeof bytes);
	ip4_option_build_source_route(&w, true, hops, 1);
	assert_true(w.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_header),
		cmocka_unit_test(tos_and_fragment),
		cmocka_unit_test(each_flag_is_its_bit),
		cmocka_unit_test(header_checksums_of_linux_are_right),
		cmocka_unit_test(cut_anywhere_fails),
		cmocka_unit_test(version_and_header_length),
		cmocka_unit_test(built_again_it_is_the_same),
		cmocka_unit_test(random_headers_survive),
		cmocka_unit_test(build_refuses),
		cmocka_unit_test(options_one_after_another),
		cmocka_unit_test(options_end_with_their_bytes),
		cmocka_unit_test(malformed_options_stop_the_walk),
		cmocka_unit_test(record_route_of_linux),
		cmocka_unit_test(timestamps_of_linux),
		cmocka_unit_test(route_pointers),
		cmocka_unit_test(route_lengths),
		cmocka_unit_test(timestamp_pointers),
		cmocka_unit_test(timestamp_lengths_and_flags),
		cmocka_unit_test(builds_what_ping_sends),
		cmocka_unit_test(options_that_do_not_fit),
	};
	return cmocka_run_group_tests_name("ip4", tests, NULL, NULL) != 0;
}
