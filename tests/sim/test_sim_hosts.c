/* What ends answer: echo and the other queries, UDP, TCP, names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "tests/sim/simlab.h"
#include "wire/checksum.h"
#include "wire/extension.h"

#define PATH                                                 \
	"source me 198.18.0.1 2001:db8::1\n"                 \
	"router r1 198.18.1.1 2001:db8:1::1\n"               \
	"router r2 198.18.2.1 198.18.2.2 2001:db8:2::1 %s\n" \
	"host t 198.18.9.9 2001:db8:9::9 %s\n"               \
	"link me r1\n"                                       \
	"link r1 r2 delay 5ms %s\n"                          \
	"link r2 t delay 5ms\n"

static const char *const target[] = { "198.18.9.9", "2001:db8:9::9" };

static void open_path(struct simlab *lab, const char *router, const char *host, const char *link)
{
	char text[1000];
	(void)snprintf(text, sizeof text, PATH, router, host, link);
	simlab_open(lab, text);
}

/* --- echo ------------------------------------------------------------------------------------- */

static void test_echo(void **state)
{
	static const char *const router[] = { "198.18.2.2", "2001:db8:2::1" };
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "ttl 128", "");
	for (int f = 0; f < 2; f++) {
		for (size_t data = 0; data < 200; data += 33) {
			struct simlab_probe p = { .dst = target[f],
				                  .id = 4711,
				                  .sequence = 0xabcd,
				                  .tos = 0x48,
				                  .data = data };
			simlab_ask(&lab, &p, &a);
			simlab_check_addr(&a.packet.src, target[f]);
			assert_int_equal(a.icmp.id, 4711);
			assert_int_equal(a.icmp.sequence, 0xabcd);
			assert_int_equal(a.packet.tos, 0x48);
			assert_int_equal(a.packet.ttl, 126);
			assert_int_equal(a.icmp.body.length, data);
			for (size_t i = 0; i < data; i++)
				assert_int_equal(a.icmp.body.data[i], i);
		}
		/* A router answers for itself, from the address it was asked at. */
		simlab_ask(&lab, &(struct simlab_probe){ .dst = router[f], .data = 8 }, &a);
		simlab_check_addr(&a.packet.src, router[f]);
		assert_int_equal(a.packet.ttl, 63);
	}
	simlab_close(&lab);
}

static void test_echo_silent(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "echo-silent", "");
	simlab_ask_in_vain(&lab, &(struct simlab_probe){ .dst = target[0] });
	simlab_ask_in_vain(&lab, &(struct simlab_probe){ .dst = target[1] });
	assert_int_equal(sim_counts(lab.sim)->silent, 2);
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0], .protocol = IP_PROTOCOL_UDP },
	           &a);
	simlab_close(&lab);
}

static void test_wrong_checksums_are_dropped(void **state)
{
	static const uint8_t protocols[] = { 0, IP_PROTOCOL_UDP, IP_PROTOCOL_TCP };
	struct simlab lab;
	(void)state;
	open_path(&lab, "", "", "");
	for (int f = 0; f < 2; f++)
		for (int i = 0; i < 3; i++)
			simlab_ask_in_vain(&lab, &(struct simlab_probe){ .dst = target[f],
			                                                 .protocol = protocols[i],
			                                                 .data = 8,
			                                                 .bad_checksum = true });
	assert_int_equal(sim_counts(lab.sim)->invalid, 6);
	simlab_close(&lab);
}

/* IPv4 may go without (RFC 768), IPv6 may not (RFC 8200, 8.1). */
static void test_udp_without_checksum(void **state)
{
	struct simlab lab;
	uint8_t bytes[100];
	nsec arrived;
	struct span span;
	(void)state;
	open_path(&lab, "", "", "");
	for (int f = 0; f < 2; f++) {
		struct simlab_probe p = { .dst = target[f],
			                  .protocol = IP_PROTOCOL_UDP,
			                  .data = 8 };
		size_t length = simlab_build(&lab, &p, bytes, sizeof bytes);
		memset(bytes + (f ? 46 : 26), 0, 2);
		sim_inject(lab.sim, lab.now, (struct span){ bytes, length });
		assert_int_equal(simlab_take_raw(&lab, &arrived, &span), !f);
	}
	assert_int_equal(sim_counts(lab.sim)->invalid, 1);
	simlab_close(&lab);
}

static void test_what_is_no_datagram_of_ours(void **state)
{
	static const char *const spoofed[] = { "198.18.0.2", "2001:db8::2" };
	struct simlab lab;
	uint8_t bytes[100];
	uint64_t invalid = 0;
	(void)state;
	open_path(&lab, "", "", "");
	for (int f = 0; f < 2; f++) {
		struct simlab_probe p = { .dst = target[f], .data = 8 };
		size_t length = simlab_build(&lab, &p, bytes, sizeof bytes);
		for (size_t cut = 0; cut < length; cut++)
			sim_inject(lab.sim, lab.now, (struct span){ bytes, cut });
		invalid += length;
		for (unsigned version = 0; version < 16; version++) {
			if (version == (f ? 6u : 4u))
				continue;
			bytes[0] = (uint8_t)(version << 4 | (bytes[0] & 15));
			sim_inject(lab.sim, lab.now, (struct span){ bytes, length });
			invalid++;
		}
		p.src = spoofed[f];
		simlab_send(&lab, &p);
		/* The same, from one that it passes on the way. */
		p.src = f ? "2001:db8:1::1" : "198.18.1.1";
		simlab_send(&lab, &p);
		invalid += 2;
		assert_int_equal(sim_counts(lab.sim)->invalid, invalid);
	}
	size_t length =
	        simlab_build(&lab, &(struct simlab_probe){ .dst = target[0] }, bytes, sizeof bytes);
	bytes[8]++; /* TTL: the header's checksum is wrong */
	sim_inject(lab.sim, lab.now, (struct span){ bytes, length });
	assert_int_equal(sim_counts(lab.sim)->invalid, invalid + 1);
	assert_int_equal(sim_counts(lab.sim)->injected, invalid + 1);
	assert_true(sim_next(lab.sim) == NSEC_NEVER);
	simlab_close(&lab);
}

/* What lies behind a datagram is no part of it; and the longest there are. */
static void test_too_long(void **state)
{
	static uint8_t bytes[70000], plain[400];
	struct simlab lab;
	struct simlab_answer a;
	struct span got;
	nsec arrived;
	(void)state;
	open_path(&lab, "", "", "");
	for (int f = 0; f < 2; f++) {
		struct simlab_probe p = { .dst = target[f], .data = 100 };
		size_t length = simlab_build(&lab, &p, bytes, sizeof bytes);
		memset(bytes + length, 0xa5, 1000);
		sim_inject(lab.sim, lab.now, (struct span){ bytes, length });
		assert_true(simlab_take_raw(&lab, &arrived, &got));
		size_t whole = got.length;
		memcpy(plain, got.data, whole);
		for (size_t more = 1; more <= 1000; more += 111) {
			sim_inject(lab.sim, lab.now, (struct span){ bytes, length + more });
			assert_true(simlab_take_raw(&lab, &arrived, &got));
			assert_int_equal(got.length, whole);
			/* All but identification and header checksum. */
			assert_memory_equal(got.data + (f ? 0 : 12), plain + (f ? 0 : 12),
			                    whole - (f ? 0 : 12));
		}
		p.data = 65535 - 8 - (f ? 0 : 20);
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.icmp.body.length, p.data);
		for (size_t i = 0; i < p.data; i++)
			assert_int_equal(a.icmp.body.data[i], (uint8_t)i);
	}
	simlab_close(&lab);
}

/* Damage is in the data and in one byte; who did it has mended the checksum or not. */
static void test_corrupt(void **state)
{
	struct simlab lab;
	struct span bytes;
	struct packet packet;
	nsec arrived;
	unsigned mended = 0;
	(void)state;
	open_path(&lab, "", "corrupt 100%", "");
	for (int i = 0; i < 200; i++) {
		simlab_send(&lab, &(struct simlab_probe){ .dst = target[0], .data = 56 });
		assert_true(simlab_take_raw(&lab, &arrived, &bytes));
		assert_true(packet_parse(bytes, arrived, &packet));
		mended += icmp4_checksum_ok(packet.payload);
		unsigned wrong = 0;
		for (size_t k = 0; k < 56; k++)
			wrong += packet.payload.data[8 + k] != k;
		assert_int_equal(wrong, 1);
	}
	assert_true(mended > 60 && mended < 140);
	assert_int_equal(sim_counts(lab.sim)->corrupted, 200);
	/* Nothing can be wrong with no data. */
	struct simlab_answer a;
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0] }, &a);
	simlab_close(&lab);
}

static void test_forged_come_beside_the_true(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	unsigned elsewhere = 0, blind = 0, unasked = 0;
	(void)state;
	open_path(&lab, "", "forge 100%", "");
	for (int i = 0; i < 300; i++) {
		unsigned good = 0, taken = 0;
		struct simlab_probe p = {
			.dst = target[i % 2], .id = 7, .sequence = 9, .data = 56
		};
		simlab_send(&lab, &p);
		for (; simlab_take(&lab, &a); taken++) {
			bool there = a.packet.src.bytes[i % 2 ? 15 : 3] == 9;
			bool seen = a.icmp.body.data[55] == 55;
			bool asked = a.icmp.sequence == 9;
			elsewhere += !there;
			blind += !seen;
			unasked += !asked;
			good += there && seen && asked;
			assert_true(a.rtt >= 0 && a.rtt <= 21 * NSEC_MS);
		}
		assert_int_equal(taken, 2);
		assert_int_equal(good, 1);
	}
	assert_true(elsewhere > 60 && blind > 60 && unasked > 60);
	assert_int_equal(elsewhere + blind + unasked, 300);
	assert_int_equal(sim_counts(lab.sim)->forged, 300);
	simlab_close(&lab);
}

/* RFC 791, 3.1: each forwards it with its address, the target turns it round (RFC 1122, 3.2.2.6).
 */
static void test_route_is_recorded(void **state)
{
	static const char *const stations[] = { "198.18.1.1", "198.18.2.1", "198.18.9.9",
		                                "198.18.2.1", "198.18.1.1" };
	uint8_t options[40];
	struct writer w = writer_of(options, sizeof options);
	struct simlab lab;
	struct simlab_answer a;
	struct ip4_option option;
	struct ip4_route route;
	(void)state;
	ip4_option_build_record_route(&w, 9);
	writer_u8(&w, 0);
	open_path(&lab, "", "", "");
	struct simlab_probe p = { .dst = target[0], .options = { options, 40 }, .data = 8 };
	simlab_ask(&lab, &p, &a);
	struct cursor c = cursor_over(a.packet.options);
	assert_true(ip4_option_next(&c, &option));
	assert_true(ip4_route_parse(&option, &route));
	assert_int_equal(route.count, 5);
	for (int i = 0; i < 5; i++)
		simlab_check_addr(&route.addr[i], stations[i]);
	simlab_close(&lab);
}

static void test_times_are_recorded(void **state)
{
	uint8_t options[40];
	struct writer w = writer_of(options, sizeof options);
	struct simlab lab;
	struct simlab_answer a;
	struct ip4_option option;
	struct ip4_timestamp ts;
	(void)state;
	ip4_option_build_timestamp(&w, IP4_TIMESTAMP_ADDR, NULL, 4);
	open_path(&lab, "", "", "");
	struct simlab_probe p = { .dst = target[0],
		                  .options = { options, writer_length(&w) },
		                  .data = 8 };
	simlab_ask(&lab, &p, &a);
	struct cursor c = cursor_over(a.packet.options);
	assert_true(ip4_option_next(&c, &option));
	assert_true(ip4_timestamp_parse(&option, &ts));
	assert_int_equal(ts.count, 4);
	assert_int_equal(ts.overflow, 1);
	simlab_check_addr(&ts.entry[2].addr, target[0]);
	assert_int_equal(ts.entry[0].ms, 1000);
	assert_int_equal(ts.entry[1].ms, 1005);
	assert_int_equal(ts.entry[2].ms, 1010);
	assert_int_equal(ts.entry[3].ms, 1015);
	simlab_close(&lab);
}

/* --- other queries ---------------------------------------------------------------------------- */

static void test_timestamp(void **state)
{
	static const uint8_t times[12] = { 0, 1, 2, 3 };
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	struct simlab_probe p = { .dst = target[0],
		                  .type = ICMP4_TIMESTAMP,
		                  .id = 7,
		                  .sequence = 9,
		                  .body = { times, 12 } };
	open_path(&lab, "", "timestamp", "");
	simlab_ask(&lab, &p, &a);
	assert_int_equal(a.icmp.type, ICMP4_TIMESTAMP_REPLY);
	assert_int_equal(a.icmp.id, 7);
	assert_int_equal(a.icmp.sequence, 9);
	struct cursor c = cursor_over(a.icmp.body);
	assert_int_equal(cursor_u32(&c), 0x010203);
	assert_int_equal(cursor_u32(&c),
	                 1010); /* the model's clock at one second, and 10 ms on the way */
	assert_int_equal(cursor_u32(&c), 1010);
	assert_int_equal(cursor_left(&c), 0);
	simlab_close(&lab);
	open_path(&lab, "", "", "");
	simlab_ask_in_vain(&lab, &p);
	simlab_close(&lab);
}

static void test_address_mask(void **state)
{
	static const uint8_t nothing[4] = { 0 };
	static const struct {
		const char *words;
		uint32_t mask;
	} cases[] = { { "mask", 0xffffff00 },
		      { "mask serves 203.0.113.0/26", 0xffffffc0 },
		      { "mask serves 0.0.0.0/0", 0 } };
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	struct simlab_probe p = {
		.dst = target[0], .type = ICMP4_ADDRESS_MASK, .id = 7, .body = { nothing, 4 }
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		open_path(&lab, "", cases[i].words, "");
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.icmp.type, ICMP4_ADDRESS_MASK_REPLY);
		assert_int_equal(a.icmp.id, 7);
		struct cursor c = cursor_over(a.icmp.body);
		assert_int_equal(cursor_u32(&c), cases[i].mask);
		simlab_close(&lab);
	}
	open_path(&lab, "", "", "");
	simlab_ask_in_vain(&lab, &p);
	simlab_close(&lab);
}

/* RFC 8335, 2.1 and 3: by name, index, address; what is unknown or malformed has a code. */
static void test_extended_echo(void **state)
{
	static const struct {
		uint8_t c_type, length;
		uint8_t data[20];
		uint8_t code;
	} objects[] = {
		{ 1, 4, { 'r', '2', 0, 0 }, 0 },
		{ 1, 4, { 'r', '3', 0, 0 }, 2 },
		{ 2, 4, { 0, 0, 0, 1 }, 0 },
		{ 2, 4, { 0, 0, 0, 2 }, 2 },
		{ 2, 2, { 0, 1 }, 1 },
		{ 3, 8, { 0, 1, 4, 0, 198, 18, 2, 2 }, 0 },
		{ 3, 8, { 0, 1, 4, 0, 198, 18, 2, 3 }, 2 },
		{ 3, 8, { 0, 9, 4, 0, 198, 18, 2, 2 }, 1 },
		{ 3,
		  20,
		  { 0, 2, 16, 0, 0x20, 1, 0xd, 0xb8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 },
		  0 },
		{ 9, 4, { 0 }, 1 },
	};
	static const char *const router[] = { "198.18.2.1", "2001:db8:2::1" };
	struct simlab lab;
	struct simlab_answer a;
	uint8_t body[64];
	(void)state;
	open_path(&lab, "extended-echo", "", "");
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
		struct writer w = writer_of(body, sizeof body);
		size_t at = extension_begin(&w);
		extension_object_build(&w, EXTENSION_IDENTIFY, objects[i].c_type, objects[i].data,
		                       objects[i].length);
		extension_seal(&w, at);
		for (int f = 0; f < 2; f++) {
			struct simlab_probe p = { .dst = router[f],
				                  .type = f ? ICMP6_EXTENDED_ECHO
				                            : ICMP4_EXTENDED_ECHO,
				                  .id = 7,
				                  .sequence = 9 << 8 | 1,
				                  .body = { body, writer_length(&w) } };
			simlab_ask(&lab, &p, &a);
			assert_int_equal(a.icmp.type,
			                 f ? ICMP6_EXTENDED_ECHO_REPLY : ICMP4_EXTENDED_ECHO_REPLY);
			assert_int_equal(a.icmp.code, objects[i].code);
			assert_int_equal(a.icmp.id, 7);
			assert_int_equal(a.icmp.sequence >> 8, 9);
			/* Active, IPv4 and IPv6 run on it. */
			assert_int_equal(a.icmp.sequence & 0xff, objects[i].code ? 0 : 7);
		}
	}
	simlab_close(&lab);
	open_path(&lab, "", "", "");
	simlab_ask_in_vain(&lab,
	                   &(struct simlab_probe){ .dst = router[0], .type = ICMP4_EXTENDED_ECHO });
	simlab_close(&lab);
}

static void test_unknown_protocol(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "", "");
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0], .protocol = 132, .data = 12 },
	           &a);
	assert_int_equal(a.icmp.type, ICMP4_UNREACHABLE);
	assert_int_equal(a.icmp.code, 2);
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[1], .protocol = 132, .data = 12 },
	           &a);
	assert_int_equal(a.icmp.type, ICMP6_PARAMETER_PROBLEM);
	assert_int_equal(a.icmp.code, 1);
	assert_int_equal(a.icmp.pointer, 6);
	simlab_close(&lab);
}

/* --- UDP -------------------------------------------------------------------------------------- */

static void test_udp(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct simlab_probe p = { .dst = target[f],
			                  .protocol = IP_PROTOCOL_UDP,
			                  .sport = 4711,
			                  .dport = 33434,
			                  .data = 20 };
		open_path(&lab, "", "udp 7", "");
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.icmp.type, f ? ICMP6_UNREACHABLE : ICMP4_UNREACHABLE);
		assert_int_equal(a.icmp.code, f ? ICMP6_CODE_PORT : ICMP4_CODE_PORT);
		simlab_check_addr(&a.packet.src, target[f]);
		p.dport = 7;
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.packet.protocol, IP_PROTOCOL_UDP);
		assert_int_equal(a.udp.sport, 7);
		assert_int_equal(a.udp.dport, 4711);
		assert_int_equal(a.data.length, 20);
		assert_int_equal(a.data.data[19], 19);
		simlab_close(&lab);
		open_path(&lab, "", "udp 7 udp-silent", "");
		simlab_ask(&lab, &p, &a);
		p.dport = 33434;
		simlab_ask_in_vain(&lab, &p);
		simlab_close(&lab);
	}
}

/* --- TCP -------------------------------------------------------------------------------------- */

static struct simlab_probe syn(int family, uint16_t port)
{
	return (struct simlab_probe){ .dst = target[family],
		                      .protocol = IP_PROTOCOL_TCP,
		                      .sport = 4711,
		                      .dport = port,
		                      .seq = 0xfffffffe,
		                      .mss = 1460 };
}

static void test_tcp_open_and_closed(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "tcp 80,443", "");
	for (int f = 0; f < 2; f++) {
		struct simlab_probe p = syn(f, 443);
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.tcp.flags, TCP_SYN | TCP_ACK);
		assert_int_equal(a.tcp.sport, 443);
		assert_int_equal(a.tcp.dport, 4711);
		assert_int_equal(a.tcp.ack, 0xffffffff);
		assert_int_equal(a.tcp.mss, f ? 1440 : 1460);
		p.data = 5; /* not acknowledged before the handshake is done */
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.tcp.ack, 0xffffffff);
		p.dport = 81;
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.tcp.flags, TCP_RST | TCP_ACK);
		assert_int_equal(a.tcp.ack, 4); /* SYN and 5 bytes (RFC 9293, 3.10.7.1) */
		assert_int_equal(a.tcp.seq, 0);
		p.flags = TCP_ACK;
		p.ack = 1234;
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.tcp.flags, TCP_RST);
		assert_int_equal(a.tcp.seq, 1234);
		p.flags = TCP_RST;
		simlab_ask_in_vain(&lab, &p);
		/* The third of a handshake is for nobody to answer; the end of it is. */
		p = syn(f, 80);
		p.flags = TCP_ACK;
		simlab_ask_in_vain(&lab, &p);
		p.flags = TCP_FIN | TCP_ACK;
		p.ack = 99;
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.tcp.flags, TCP_RST);
		assert_int_equal(a.tcp.seq, 99);
	}
	simlab_close(&lab);
}

static void test_tcp_silent(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "tcp 80 tcp-closed 22 tcp-silent mss 1300", "");
	for (int f = 0; f < 2; f++) {
		struct simlab_probe p = syn(f, 80);
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.tcp.mss, 1300);
		p = syn(f, 22);
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.tcp.flags, TCP_RST | TCP_ACK);
		p = syn(f, 23);
		simlab_ask_in_vain(&lab, &p);
	}
	simlab_close(&lab);
}

/* --- names ------------------------------------------------------------------------------------ */

/* A question as a stub resolver writes it (RFC 1035, 4.1), and what the answer begins with. */
static size_t question(const char *name, uint16_t type, uint8_t *bytes, size_t capacity)
{
	struct writer w = writer_of(bytes, capacity);
	writer_u16(&w, 0xbeef);
	writer_u16(&w, 0x0100);
	writer_u16(&w, 1);
	writer_zero(&w, 6);
	while (*name) {
		size_t label = strcspn(name, ".");
		writer_u8(&w, (uint8_t)label);
		writer_bytes(&w, name, label);
		name += label + (name[label] == '.');
	}
	writer_u8(&w, 0);
	writer_u16(&w, type);
	writer_u16(&w, 1);
	assert_false(w.failed);
	return writer_length(&w);
}

/* Asks; leaves the cursor at the answers. */
static struct cursor ask_name(struct simlab *lab, const char *name, uint16_t type, uint16_t *rcode,
                              uint16_t *answers)
{
	static struct simlab_answer a;
	uint8_t bytes[300];
	size_t length = question(name, type, bytes, sizeof bytes);
	struct simlab_probe p = { .dst = target[0],
		                  .protocol = IP_PROTOCOL_UDP,
		                  .sport = 4711,
		                  .dport = 53,
		                  .body = { bytes, length } };
	simlab_ask(lab, &p, &a);
	struct cursor c = cursor_over(a.data);
	assert_int_equal(cursor_u16(&c), 0xbeef);
	uint16_t flags = cursor_u16(&c);
	assert_int_equal(flags & 0xff70, 0x8500); /* answer, authoritative, recursion desired */
	*rcode = flags & 15;
	assert_int_equal(cursor_u16(&c), 1);
	*answers = cursor_u16(&c);
	cursor_skip(&c, 4);
	struct span again = cursor_span(&c, length - 12);
	assert_memory_equal(again.data, bytes + 12, length - 12);
	return c;
}

static struct span read_record(struct cursor *c, uint16_t type)
{
	assert_int_equal(cursor_u16(c), 0xc00c); /* the name asked for */
	assert_int_equal(cursor_u16(c), type);
	assert_int_equal(cursor_u16(c), 1);
	(void)cursor_u32(c);
	uint16_t length = cursor_u16(c);
	struct span data = cursor_span(c, length);
	assert_false(c->failed);
	return data;
}

static void test_names(void **state)
{
	static const uint8_t six[16] = { 0x20, 1, 0xd, 0xb8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
	static const char *const spellings[] = { "r2", "r2.test", "R2.Test" };
	struct simlab lab;
	uint16_t rcode, answers;
	(void)state;
	open_path(&lab, "", "dns", "");
	for (size_t i = 0; i < 3; i++) {
		struct cursor c = ask_name(&lab, spellings[i], 1, &rcode, &answers);
		assert_int_equal(rcode, 0);
		assert_int_equal(answers, 2);
		assert_memory_equal(read_record(&c, 1).data, "\xc6\x12\x02\x01", 4);
		assert_memory_equal(read_record(&c, 1).data, "\xc6\x12\x02\x02", 4);
		assert_int_equal(cursor_left(&c), 0);
	}
	struct cursor c = ask_name(&lab, "r2.test", 28, &rcode, &answers);
	assert_int_equal(answers, 1);
	assert_memory_equal(read_record(&c, 28).data, six, 16);
	c = ask_name(&lab, "2.2.18.198.in-addr.arpa", 12, &rcode, &answers);
	assert_int_equal(answers, 1);
	assert_memory_equal(read_record(&c, 12).data, "\2r2\4test", 9);
	c = ask_name(&lab,
	             "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", 12,
	             &rcode, &answers);
	assert_int_equal(answers, 1);
	assert_memory_equal(read_record(&c, 12).data, "\2r2\4test", 9);
	simlab_close(&lab);
}

static void test_names_that_are_not(void **state)
{
	static const struct {
		const char *name;
		uint16_t type, rcode;
	} cases[] = { { "nobody.test", 1, 3 },
		      { "9.2.18.198.in-addr.arpa", 12, 3 },
		      { "r2.test", 16, 0 }, /* no such data */
		      { "256.2.18.198.in-addr.arpa", 12, 3 },
		      { "r2.test.test", 1, 3 } };
	struct simlab lab;
	uint16_t rcode, answers;
	(void)state;
	open_path(&lab, "", "dns", "");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cursor c = ask_name(&lab, cases[i].name, cases[i].type, &rcode, &answers);
		assert_int_equal(rcode, cases[i].rcode);
		assert_int_equal(answers, 0);
		assert_int_equal(cursor_left(&c), 0);
	}
	simlab_close(&lab);
}

static void test_questions_that_are_none(void **state)
{
	struct simlab lab;
	uint8_t bytes[300];
	(void)state;
	open_path(&lab, "", "dns", "");
	size_t length = question("r2.test", 1, bytes, sizeof bytes);
	struct simlab_probe p = { .dst = target[0],
		                  .protocol = IP_PROTOCOL_UDP,
		                  .dport = 53,
		                  .body = { bytes, length } };
	bytes[2] = 0x80; /* is an answer itself */
	simlab_ask_in_vain(&lab, &p);
	bytes[2] = 0;
	bytes[5] = 2; /* two questions */
	simlab_ask_in_vain(&lab, &p);
	bytes[5] = 1;
	for (p.body.length = 0; p.body.length < length; p.body.length++)
		simlab_ask_in_vain(&lab, &p);
	simlab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_echo_silent),
		cmocka_unit_test(test_wrong_checksums_are_dropped),
		cmocka_unit_test(test_udp_without_checksum),
		cmocka_unit_test(test_what_is_no_datagram_of_ours),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_corrupt),
		cmocka_unit_test(test_forged_come_beside_the_true),
		cmocka_unit_test(test_route_is_recorded),
		cmocka_unit_test(test_times_are_recorded),
		cmocka_unit_test(test_timestamp),
		cmocka_unit_test(test_address_mask),
		cmocka_unit_test(test_extended_echo),
		cmocka_unit_test(test_unknown_protocol),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_tcp_open_and_closed),
		cmocka_unit_test(test_tcp_silent),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_that_are_not),
		cmocka_unit_test(test_questions_that_are_none),
	};
	return cmocka_run_group_tests_name("sim_hosts", tests, NULL, NULL) != 0;
}
