/* The errors: which, about what, with which quotes and extensions; sizes of packets; NAT. */
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

#define PATH                                      \
	"source me 198.18.0.1 2001:db8::1\n"      \
	"router r1 198.18.1.1 2001:db8:1::1\n"    \
	"router r2 198.18.2.1 2001:db8:2::1 %s\n" \
	"router r3 198.18.3.1 2001:db8:3::1\n"    \
	"host t 198.18.9.9 2001:db8:9::9\n"       \
	"link me r1\n"                            \
	"link r1 r2\n"                            \
	"link r2 r3 %s\n"                         \
	"link r3 t\n"

static const char *const target[] = { "198.18.9.9", "2001:db8:9::9" };
static const char *const r2[] = { "198.18.2.1", "2001:db8:2::1" };

static void open_path(struct simlab *lab, const char *words, const char *link)
{
	char text[1000];
	(void)snprintf(text, sizeof text, PATH, words, link);
	simlab_open(lab, text);
}

/* An error of r2 about an echo request of so many bytes of data, TTL 2 where it is to expire. */
static struct simlab_answer error_of(const char *words, const char *link, int family,
                                     struct simlab_probe p, struct simlab *lab)
{
	struct simlab_answer a;
	open_path(lab, words, link);
	p.dst = target[family];
	simlab_ask(lab, &p, &a);
	simlab_check_addr(&a.packet.src, r2[family]);
	return a;
}

/* --- which ------------------------------------------------------------------------------------ */

static void test_unreachable_codes(void **state)
{
	char words[40];
	(void)state;
	for (int code = 0; code < 16; code++) {
		struct simlab lab;
		(void)snprintf(words, sizeof words, "unreachable %d/%d", code, 15 - code);
		struct simlab_answer a =
		        error_of(words, "", 0, (struct simlab_probe){ .data = 8 }, &lab);
		assert_int_equal(a.icmp.type, ICMP4_UNREACHABLE);
		assert_int_equal(a.icmp.code, code);
		assert_int_equal(a.quoted4.ttl, 63);
		simlab_close(&lab);
		a = error_of(words, "", 1, (struct simlab_probe){ .data = 8 }, &lab);
		assert_int_equal(a.icmp.type, ICMP6_UNREACHABLE);
		assert_int_equal(a.icmp.code, 15 - code);
		simlab_close(&lab);
	}
}

static void test_parameter_problem(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct simlab lab;
		struct simlab_answer a = error_of("parameter-problem", "", f,
		                                  (struct simlab_probe){ .data = 8 }, &lab);
		assert_int_equal(a.icmp.type,
		                 f ? ICMP6_PARAMETER_PROBLEM : ICMP4_PARAMETER_PROBLEM);
		assert_int_equal(a.icmp.pointer, f ? 6 : 1);
		simlab_close(&lab);
	}
}

static void test_redirect_goes_beside_the_packet(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct simlab lab;
		struct simlab_answer a;
		open_path(&lab, "redirect 198.18.2.7,2001:db8:2::7", "");
		simlab_send(&lab, &(struct simlab_probe){ .dst = target[f], .data = 56, .id = 7 });
		assert_true(simlab_take(&lab, &a));
		simlab_check_addr(&a.packet.src, r2[f]);
		assert_int_equal(a.icmp.type, f ? ICMP6_REDIRECT : ICMP4_REDIRECT);
		simlab_check_addr(&a.icmp.gateway, f ? "2001:db8:2::7" : "198.18.2.7");
		if (f) {
			simlab_check_addr(&a.icmp.redirected, target[1]);
			/* RFC 4861, 4.6.3: option 4, in units of 8 bytes, the packet behind 8. */
			struct cursor c = cursor_over(a.icmp.body);
			struct ip6 quoted;
			assert_int_equal(cursor_u8(&c), 4);
			assert_int_equal(cursor_u8(&c) * 8, a.icmp.body.length);
			cursor_skip(&c, 6);
			assert_true(ip6_parse(&c, &quoted));
			simlab_check_addr(&quoted.dst, target[1]);
		}
		assert_true(simlab_take(&lab, &a));
		assert_int_equal(a.icmp.type, f ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY);
		simlab_close(&lab);
	}
}

/* IPv6: the packet in units of 8 bytes, and all of the message in 1280. */
static void test_redirects_quote_as_much_as_asked(void **state)
{
	static const struct {
		const char *words;
		size_t data, quoted;
	} cases[] = { { "quote 48", 56, 48 },
		      { "quote 16", 56, 16 },
		      { "", 56, 104 },
		      { "", 1300, 1192 },
		      { "quote 1191", 1300, 1184 } };
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct simlab lab;
		struct simlab_answer a;
		char words[80];
		(void)snprintf(words, sizeof words, "redirect 2001:db8:2::7 %s", cases[i].words);
		open_path(&lab, words, "");
		simlab_send(&lab,
		            &(struct simlab_probe){ .dst = target[1], .data = cases[i].data });
		assert_true(simlab_take(&lab, &a));
		assert_int_equal(a.icmp.type, ICMP6_REDIRECT);
		assert_int_equal(a.icmp.body.length, 8 + cases[i].quoted);
		assert_int_equal(a.icmp.body.data[1] * 8, 8 + cases[i].quoted);
		simlab_close(&lab);
	}
}

static void test_errors_about_errors_are_not_sent(void **state)
{
	struct simlab lab;
	(void)state;
	open_path(&lab, "", "");
	simlab_ask_in_vain(
	        &lab, &(struct simlab_probe){
	                      .dst = target[0], .ttl = 2, .type = ICMP4_UNREACHABLE, .data = 28 });
	simlab_ask_in_vain(&lab, &(struct simlab_probe){ .dst = target[1],
	                                                 .ttl = 2,
	                                                 .type = ICMP6_TIME_EXCEEDED,
	                                                 .data = 48 });
	simlab_close(&lab);
}

/* --- quotes ----------------------------------------------------------------------------------- */

static void test_quotes_are_as_long_as_asked(void **state)
{
	static const struct {
		const char *words;
		size_t data, length[2];
	} cases[] = {
		{ "", 56, { 84, 104 } },
		{ "", 1400, { 548, 1232 } }, /* 576 and 1280 bytes of datagram in all */
		{ "quote 28", 56, { 28, 48 } },
		{ "quote 128", 1400, { 128, 128 } },
		{ "quote 1000", 1400, { 548, 1000 } },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int f = 0; f < 2; f++) {
			struct simlab lab;
			char words[40];
			(void)snprintf(words, sizeof words, "%s", cases[i].words);
			if (f && strcmp(words, "quote 28") == 0)
				(void)snprintf(words, sizeof words, "quote 48");
			struct simlab_answer a = error_of(
			        words, "", f,
			        (struct simlab_probe){ .ttl = 2, .data = cases[i].data }, &lab);
			assert_int_equal(a.quote.length, cases[i].length[f]);
			assert_int_equal(a.extension.length, 0);
			simlab_close(&lab);
		}
	}
}

static void test_garbled_quotes(void **state)
{
	static const char *const fields[] = { "tos", "ttl", "checksum", "id", "src", "dst" };
	uint8_t sent[200];
	(void)state;
	for (int garbled = 0; garbled < 6; garbled++) {
		struct simlab lab;
		char words[40];
		(void)snprintf(words, sizeof words, "garble %s", fields[garbled]);
		struct simlab_probe p = { .dst = target[0], .ttl = 2, .tos = 0x10, .data = 56 };
		struct simlab_answer a = error_of(words, "", 0, p, &lab);
		(void)simlab_build(&lab, &p, sent, sizeof sent);
		struct cursor c = cursor_over(a.quoted_upper);
		cursor_skip(&c, 2);
		bool same[6] = { a.quoted4.tos == 0x10,
			         a.quoted4.ttl == 1,
			         cursor_u16(&c) == (uint16_t)(sent[22] << 8 | sent[23]),
			         a.quoted4.id == 0x1234,
			         addr_to_v4(&a.quoted4.src) == 0xc6120001,
			         addr_to_v4(&a.quoted4.dst) == 0xc6120909 };
		for (int field = 0; field < 6; field++)
			assert_int_equal(same[field], field != garbled);
		simlab_close(&lab);
	}
}

static void test_garbled_quotes_of_six(void **state)
{
	(void)state;
	struct simlab lab;
	struct simlab_answer a =
	        error_of("garble tos,ttl,src,dst", "", 1,
	                 (struct simlab_probe){ .ttl = 2, .protocol = IP_PROTOCOL_UDP }, &lab);
	assert_int_not_equal(a.quoted6.tos, 0);
	assert_int_not_equal(a.quoted6.hop_limit, 1);
	assert_int_not_equal(a.quoted6.src.bytes[15], 1);
	assert_int_not_equal(a.quoted6.dst.bytes[15], 9);
	simlab_close(&lab);
}

static void test_quote_has_the_options(void **state)
{
	static const uint8_t route[] = { 7, 15, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	(void)state;
	struct simlab lab;
	struct ip4_route recorded;
	struct ip4_option option;
	struct simlab_answer a = error_of(
	        "", "", 0, (struct simlab_probe){ .ttl = 2, .options = { route, sizeof route } },
	        &lab);
	struct cursor c = cursor_over(a.quoted4.options);
	assert_true(ip4_option_next(&c, &option));
	assert_true(ip4_route_parse(&option, &recorded));
	assert_int_equal(recorded.count, 1); /* r1 let it pass, r2 did not */
	simlab_check_addr(&recorded.addr[0], "198.18.1.1");
	simlab_close(&lab);
}

/* --- extensions ------------------------------------------------------------------------------- */

static struct cursor open_objects(const struct simlab_answer *a)
{
	struct cursor objects;
	assert_true(extension_open(a->extension, &objects));
	return objects;
}

static void test_mpls_and_interface(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct simlab lab;
		struct extension_object object;
		struct mpls_entry entry;
		struct interface_info info;
		struct simlab_answer a =
		        error_of("mpls 24001/3/9,24002/0/1 interface", "mtu 1500", f,
		                 (struct simlab_probe){ .ttl = 2, .data = 56 }, &lab);
		/* RFC 4884, 4.5 and 5.1: padded to 128 bytes, in words of 32 or 64 bits. */
		assert_int_equal(a.icmp.quote_length, 128);
		assert_int_equal(a.quote.length, 128);
		for (size_t i = f ? 104 : 84; i < 128; i++)
			assert_int_equal(a.quote.data[i], 0);
		struct cursor objects = open_objects(&a);
		assert_true(extension_next(&objects, &object));
		assert_int_equal(object.class_num, EXTENSION_MPLS);
		assert_int_equal(object.c_type, 1);
		struct cursor stack = cursor_over(object.data);
		assert_true(mpls_next(&stack, &entry));
		assert_int_equal(entry.label, 24001);
		assert_int_equal(entry.tc, 3);
		assert_int_equal(entry.ttl, 9);
		assert_false(entry.bottom);
		assert_true(mpls_next(&stack, &entry));
		assert_int_equal(entry.label, 24002);
		assert_true(entry.bottom);
		assert_false(mpls_next(&stack, &entry));
		assert_true(extension_next(&objects, &object));
		assert_true(interface_parse(&object, &info));
		assert_int_equal(info.role, INTERFACE_INCOMING);
		assert_int_equal(info.index, 1);
		simlab_check_addr(&info.addr, r2[f]);
		assert_int_equal(info.name.length, 2);
		assert_memory_equal(info.name.data, "r2", 2);
		assert_true(info.has_mtu);
		assert_int_equal(info.mtu, 1500);
		assert_false(extension_next(&objects, &object));
		assert_false(objects.failed);
		simlab_close(&lab);
	}
}

static void test_long_quotes_leave_room_for_the_extension(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct simlab lab;
		struct simlab_answer a = error_of(
		        "mpls 16", "", f, (struct simlab_probe){ .ttl = 2, .data = 1400 }, &lab);
		(void)open_objects(&a);
		assert_int_equal(a.quote.length % 8, 0);
		assert_int_equal(a.quote.length, f ? 1216 : 536);
		assert_true(a.packet.payload.length + (f ? 40 : 20) <= (f ? 1280 : 576));
		simlab_close(&lab);
	}
}

/* The length in the header, where the structure stands behind it, and its checksum field. */
static void read_form(const struct simlab_answer *a, size_t at, unsigned *length, uint16_t *field,
                      bool *right)
{
	struct cursor c = cursor_over(a->packet.payload);
	cursor_skip(&c, a->packet.src.family == 4 ? 5 : 4);
	*length = cursor_u8(&c);
	c = cursor_over(a->packet.payload);
	cursor_skip(&c, ICMP_HEADER + at);
	struct span structure = cursor_rest(&c);
	assert_int_equal(structure.length, 4 + 8);
	assert_int_equal(structure.data[0], 0x20);
	*field = (uint16_t)(structure.data[2] << 8 | structure.data[3]);
	*right = checksum(structure.data, structure.length) == 0;
}

static void test_forms(void **state)
{
	static const struct {
		const char *form;
		unsigned length; /* in bytes, as the header says */
		size_t at;       /* behind the ICMP header */
		bool checksum;   /* right */
	} forms[] = { { "compliant", 128, 128, true },
		      { "length-zero", 0, 128, true },
		      { "length-wrong", 128 + 3 * 4, 128, true },
		      { "checksum-zero", 128, 128, false },
		      { "checksum-wrong", 128, 128, false },
		      { "unpadded", 84, 84, true } };
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct simlab lab;
		char words[60];
		unsigned length;
		uint16_t field;
		bool right;
		(void)snprintf(words, sizeof words, "mpls 16 extension %s", forms[i].form);
		struct simlab_answer a =
		        error_of(words, "", 0, (struct simlab_probe){ .ttl = 2, .data = 56 }, &lab);
		read_form(&a, forms[i].at, &length, &field, &right);
		assert_int_equal(length * 4, forms[i].length);
		assert_int_equal(right, forms[i].checksum);
		assert_int_equal(field == 0, strcmp(forms[i].form, "checksum-zero") == 0);
		simlab_close(&lab);
	}
}

static void test_forms_of_six(void **state)
{
	struct simlab lab;
	unsigned length;
	uint16_t field;
	bool right;
	(void)state;
	struct simlab_answer a = error_of("mpls 16 extension length-wrong", "", 1,
	                                  (struct simlab_probe){ .ttl = 2, .data = 56 }, &lab);
	read_form(&a, 128, &length, &field, &right);
	assert_int_equal(length, 16 + 3);
	simlab_close(&lab);
}

/* Redirects and too-big messages of IPv6 have no place for a length (RFC 4884, 4). */
static void test_what_may_not_be_extended(void **state)
{
	struct simlab lab;
	(void)state;
	struct simlab_answer a =
	        error_of("mpls 16", "mtu 1280", 1, (struct simlab_probe){ .data = 1400 }, &lab);
	assert_int_equal(a.icmp.type, ICMP6_PACKET_TOO_BIG);
	assert_int_equal(a.quote.length, 1232);
	simlab_close(&lab);
	a = error_of("mpls 16", "mtu 1300", 0, (struct simlab_probe){ .data = 1400, .df = true },
	             &lab);
	assert_int_equal(a.icmp.type, ICMP4_UNREACHABLE);
	assert_int_equal(a.icmp.mtu, 1300);
	(void)open_objects(&a);
	simlab_close(&lab);
}

/* --- sizes ------------------------------------------------------------------------------------ */

static void test_too_big(void **state)
{
	static const struct {
		const char *words, *link;
		uint32_t mtu;
	} cases[] = { { "", "mtu 1400", 1400 },
		      { "ptb zero", "mtu 1400", 0 },
		      { "ptb 1450", "mtu 1400", 1450 },
		      { "", "mtu 1400 tunnel 24", 1376 },
		      { "", "tunnel 200", 1300 } };
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int f = 0; f < 2; f++) {
			struct simlab lab;
			struct simlab_answer a =
			        error_of(cases[i].words, cases[i].link, f,
			                 (struct simlab_probe){ .data = 1452, .df = true }, &lab);
			assert_int_equal(a.icmp.type, f ? ICMP6_PACKET_TOO_BIG : ICMP4_UNREACHABLE);
			assert_int_equal(a.icmp.code, f ? 0 : ICMP4_CODE_FRAG_NEEDED);
			assert_int_equal(a.icmp.mtu, cases[i].mtu);
			/* Measured before it is decremented, as Linux does it. */
			assert_int_equal(f ? a.quoted6.hop_limit : a.quoted4.ttl, 63);
			assert_int_equal(sim_counts(lab.sim)->too_big, 1);
			simlab_close(&lab);
		}
	}
}

static void test_exactly_the_mtu_fits(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "mtu 1400");
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0], .data = 1372, .df = true }, &a);
	assert_int_equal(a.icmp.type, ICMP4_ECHO_REPLY);
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0], .data = 1373, .df = true }, &a);
	assert_int_equal(a.icmp.type, ICMP4_UNREACHABLE);
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[1], .data = 1352 }, &a);
	assert_int_equal(a.icmp.type, ICMP6_ECHO_REPLY);
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[1], .data = 1353 }, &a);
	assert_int_equal(a.icmp.type, ICMP6_PACKET_TOO_BIG);
	simlab_close(&lab);
}

static void test_black_hole(void **state)
{
	struct simlab lab;
	(void)state;
	open_path(&lab, "ptb silent", "mtu 1400");
	for (int f = 0; f < 2; f++)
		simlab_ask_in_vain(
		        &lab, &(struct simlab_probe){ .dst = target[f], .data = 1452, .df = true });
	assert_int_equal(sim_counts(lab.sim)->too_big, 2);
	simlab_close(&lab);
}

/* The error to the source comes from its own side where its own link is too small. */
static void test_source_mtu(void **state)
{
	static const char text[] = "source me 198.18.0.1\nhost t 198.18.9.9\nhost u 198.18.9.8\n"
	                           "link me t mtu 1400 tunnel 20\nlink me u\n";
	struct simlab lab;
	(void)state;
	simlab_open(&lab, text);
	struct addr t = addr_v4(0xc6120909), u = addr_v4(0xc6120908);
	assert_int_equal(sim_source_mtu(lab.sim, lab.now, &t), 1380);
	assert_int_equal(sim_source_mtu(lab.sim, lab.now, &u), UINT32_MAX);
	simlab_ask_in_vain(&lab,
	                   &(struct simlab_probe){ .dst = target[0], .data = 1400, .df = true });
	simlab_close(&lab);
}

/* --- NAT -------------------------------------------------------------------------------------- */

static void check_behind_nat(const char *words, bool shows)
{
	static const struct simlab_probe probes[] = {
		{ .ttl = 3, .id = 4711, .data = 56 },
		{ .ttl = 3, .protocol = IP_PROTOCOL_UDP, .sport = 4711, .dport = 33434, .data = 8 },
		{ .ttl = 3, .protocol = IP_PROTOCOL_TCP, .sport = 4711, .dport = 80 },
	};
	for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
		for (int f = 0; f < 2; f++) {
			struct simlab lab;
			struct simlab_answer a;
			uint8_t sent[200];
			struct simlab_probe p = probes[i];
			p.dst = target[f];
			open_path(&lab, words, "");
			simlab_ask(&lab, &p, &a);
			size_t length = simlab_build(&lab, &p, sent, sizeof sent);
			size_t header = f ? 40 : 20, at = i == 0 ? 2 : i == 1 ? 6 : 16;
			size_t upper = length - header;
			/* Known again inside: addresses and ports are ours. */
			simlab_check_addr(f ? &a.quoted6.src : &a.quoted4.src,
			                  f ? "2001:db8::1" : "198.18.0.1");
			assert_true(a.quoted_upper.length == upper);
			assert_memory_equal(a.quoted_upper.data, sent + header, i ? 4 : 2);
			if (i == 0)
				assert_memory_equal(a.quoted_upper.data + 4, sent + header + 4, 4);
			bool same = memcmp(a.quoted_upper.data + at, sent + header + at, 2) == 0;
			assert_int_equal(same, !shows);
			simlab_close(&lab);
		}
	}
}

static void test_nat_shows_in_quotes(void **state)
{
	(void)state;
	check_behind_nat("nat", true);
	check_behind_nat("", false);
}

static void test_answers_come_back_through_nat(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct simlab lab;
		struct simlab_answer a;
		open_path(&lab, "nat", "");
		struct simlab_probe p = { .dst = target[f], .id = 4711, .sequence = 5, .data = 56 };
		simlab_ask(&lab, &p, &a);
		simlab_check_addr(&a.packet.dst, f ? "2001:db8::1" : "198.18.0.1");
		assert_int_equal(a.icmp.id, 4711);
		assert_int_equal(a.icmp.sequence, 5);
		p = (struct simlab_probe){
			.dst = target[f], .protocol = IP_PROTOCOL_TCP, .sport = 4711, .dport = 80
		};
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.tcp.dport, 4711);
		assert_true(a.tcp.flags & TCP_RST);
		/* An error of the NAT itself, and of those before it, quotes what it got. */
		p.ttl = 2;
		simlab_ask(&lab, &p, &a);
		simlab_check_addr(&a.packet.dst, f ? "2001:db8::1" : "198.18.0.1");
		simlab_check_addr(f ? &a.quoted6.src : &a.quoted4.src,
		                  f ? "2001:db8::1" : "198.18.0.1");
		simlab_close(&lab);
	}
}

/* It sends out, a loop sends back, and there the TTL runs out: the source hears of its own packet. */
static void test_nat_before_a_loop(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	simlab_open(&lab, "source me 198.18.0.1 2001:db8::1\n"
	                  "router home 203.0.113.7 2001:db8:7::1 nat\nrouter r loop\n"
	                  "host t 198.18.9.9 2001:db8:9::9\nlink me home\nlink home r\nlink r t\n");
	for (int f = 0; f < 2; f++) {
		for (uint8_t ttl = 3; ttl <= 15; ttl = (uint8_t)(ttl + 2)) {
			simlab_ask(&lab,
			           &(struct simlab_probe){ .dst = target[f],
			                                   .protocol = IP_PROTOCOL_UDP,
			                                   .ttl = ttl,
			                                   .sport = 4321,
			                                   .dport = 9 },
			           &a);
			simlab_check_addr(&a.packet.src, f ? "2001:db8:7::1" : "203.0.113.7");
			simlab_check_addr(&a.packet.dst, f ? "2001:db8::1" : "198.18.0.1");
			simlab_check_addr(f ? &a.quoted6.src : &a.quoted4.src,
			                  f ? "2001:db8::1" : "198.18.0.1");
			struct cursor c = cursor_over(a.quoted_upper);
			assert_int_equal(cursor_u16(&c), 4321);
		}
	}
	simlab_close(&lab);
}

static void test_two_nats(void **state)
{
	static const char text[] = "source me 198.18.0.1\nrouter a 198.18.1.1 nat\n"
	                           "router b 198.18.2.1 nat\nrouter c 198.18.3.1\n"
	                           "host t 198.18.9.9\nlink me a\nlink a b\nlink b c\nlink c t\n";
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	simlab_open(&lab, text);
	struct simlab_probe p = { .dst = target[0], .protocol = IP_PROTOCOL_UDP, .sport = 4711 };
	simlab_ask(&lab, &p, &a);
	simlab_check_addr(&a.packet.dst, "198.18.0.1");
	simlab_check_addr(&a.quoted4.src, "198.18.0.1");
	struct cursor c = cursor_over(a.quoted_upper);
	assert_int_equal(cursor_u16(&c), 4711);
	p.ttl = 3;
	simlab_ask(&lab, &p, &a);
	simlab_check_addr(&a.quoted4.src, "198.18.0.1");
	simlab_close(&lab);
}

/* --- other rewriting -------------------------------------------------------------------------- */

static void test_tos_is_rewritten(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "tos 40", "");
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0], .ttl = 2, .tos = 8 }, &a);
	assert_int_equal(a.quoted4.tos, 8);
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[0], .ttl = 3, .tos = 8 }, &a);
	assert_int_equal(a.quoted4.tos, 40);
	simlab_ask(&lab, &(struct simlab_probe){ .dst = target[1], .tos = 8 }, &a);
	assert_int_equal(a.packet.tos, 40);
	simlab_close(&lab);
}

static void test_mss_is_clamped(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	struct tcp quoted;
	(void)state;
	for (int f = 0; f < 2; f++) {
		open_path(&lab, "mss 1300", "");
		for (uint8_t ttl = 2; ttl <= 3; ttl++) {
			struct simlab_probe p = { .dst = target[f],
				                  .protocol = IP_PROTOCOL_TCP,
				                  .ttl = ttl,
				                  .mss = 1460 };
			simlab_ask(&lab, &p, &a);
			struct cursor c = cursor_over(a.quoted_upper);
			assert_true(tcp_parse(&c, &quoted));
			assert_int_equal(quoted.mss, ttl == 2 ? 1460 : 1300);
			/* What leaves the clamp has a right checksum. */
			const struct addr *src = f ? &a.quoted6.src : &a.quoted4.src;
			const struct addr *dst = f ? &a.quoted6.dst : &a.quoted4.dst;
			checksum_sum sum = checksum_pseudo(src, dst, IP_PROTOCOL_TCP,
			                                   (uint32_t)a.quoted_upper.length);
			sum = checksum_add(sum, a.quoted_upper.data, a.quoted_upper.length);
			assert_int_equal(checksum_finish(sum), 0);
			p.mss = 1200;
			simlab_ask(&lab, &p, &a);
			c = cursor_over(a.quoted_upper);
			assert_true(tcp_parse(&c, &quoted));
			assert_int_equal(quoted.mss, 1200);
		}
		simlab_close(&lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unreachable_codes),
		cmocka_unit_test(test_parameter_problem),
		cmocka_unit_test(test_redirect_goes_beside_the_packet),
		cmocka_unit_test(test_redirects_quote_as_much_as_asked),
		cmocka_unit_test(test_errors_about_errors_are_not_sent),
		cmocka_unit_test(test_quotes_are_as_long_as_asked),
		cmocka_unit_test(test_garbled_quotes),
		cmocka_unit_test(test_garbled_quotes_of_six),
		cmocka_unit_test(test_quote_has_the_options),
		cmocka_unit_test(test_mpls_and_interface),
		cmocka_unit_test(test_long_quotes_leave_room_for_the_extension),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_forms_of_six),
		cmocka_unit_test(test_what_may_not_be_extended),
		cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_exactly_the_mtu_fits),
		cmocka_unit_test(test_black_hole),
		cmocka_unit_test(test_source_mtu),
		cmocka_unit_test(test_nat_shows_in_quotes),
		cmocka_unit_test(test_answers_come_back_through_nat),
		cmocka_unit_test(test_nat_before_a_loop),
		cmocka_unit_test(test_two_nats),
		cmocka_unit_test(test_tos_is_rewritten),
		cmocka_unit_test(test_mss_is_clamped),
	};
	return cmocka_run_group_tests_name("sim_errors", tests, NULL, NULL) != 0;
}
