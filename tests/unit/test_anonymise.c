#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "algo/anonymise.h"
#include "tests/unit/sample.h"
#include "wire/checksum.h"
#include "wire/extension.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

static struct anonymise a;

static int open_table(void **state)
{
	(void)state;
	anonymise_init(&a, (struct siphash_key){ 1, 2 });
	return 0;
}

static int close_table(void **state)
{
	(void)state;
	anonymise_release(&a);
	return 0;
}

static struct addr of(const char *text)
{
	struct addr addr = { 0 };
	if (!addr_parse(text, &addr))
		fail_msg("no address: %s", text);
	return addr;
}

static void becomes(const char *before, const char *after)
{
	char text[ADDR_TEXT_SIZE];
	struct addr addr = of(before);
	addr = anonymise_addr(&a, &addr);
	assert_string_equal(addr_format(&addr, text), after);
}

/* RFC 5737, RFC 3849. */
static void addresses_become_others(void **state)
{
	(void)state;
	becomes("10.9.8.7", "192.0.2.1");
	becomes("10.9.8.6", "192.0.2.2");
	becomes("2a00::7", "2001:db8::1");
	becomes("10.9.8.7", "192.0.2.1");
	becomes("fe80::abcd%3", "fe80::2%3");
	becomes("2a00::8", "2001:db8::3");
	becomes("2a00::7", "2001:db8::1");
	becomes("fe80::abcd%4", "fe80::2%4");
	/* An IPv4 address is no IPv6 address with the same bytes. */
	becomes("a09:807::", "2001:db8::4");
	becomes("10.9.8.7", "192.0.2.1");
	/* The substitutes are as private as anything: twice changed is changed. */
	becomes("192.0.2.1", "192.0.2.3");
}

static void what_tells_nothing_stays(void **state)
{
	(void)state;
	static const char *const same[] = { "127.0.0.1", "::1",       "0.0.0.0",        "::",
		                            "224.0.0.1", "ff02::1%2", "255.255.255.255" };
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		becomes(same[i], same[i]);
	struct addr none = { 0 };
	none = anonymise_addr(&a, &none);
	assert_int_equal(none.family, 0);
	becomes("255.255.255.254", "192.0.2.1");
}

static void there_are_many(void **state)
{
	(void)state;
	struct addr addr;
	char text[ADDR_TEXT_SIZE];
	for (uint32_t i = 1; i <= 3 * 254 + 2; i++) {
		addr = addr_v4(0x0a000000 + i);
		addr = anonymise_addr(&a, &addr);
		const char *want = i == 1         ? "192.0.2.1"
		                   : i == 254     ? "192.0.2.254"
		                   : i == 255     ? "198.51.100.1"
		                   : i == 509     ? "203.0.113.1"
		                   : i == 3 * 254 ? "203.0.113.254"
		                   : i == 763     ? "198.18.0.0"
		                   : i == 764     ? "198.18.0.1"
		                                  : NULL;
		if (want)
			assert_string_equal(addr_format(&addr, text), want);
	}
}

static void names_become_hosts(void **state)
{
	(void)state;
	char text[ANONYMISE_NAME_SIZE];
	char long_name[1000];
	assert_string_equal(anonymise_name(&a, "www.example.test", text), "host1");
	assert_string_equal(anonymise_name(&a, "ns.example.test", text), "host2");
	assert_string_equal(anonymise_name(&a, "www.example.test", text), "host1");
	becomes("10.9.8.7", "192.0.2.1");
	assert_string_equal(anonymise_name(&a, "10.9.8.7", text), "192.0.2.1");
	assert_string_equal(anonymise_name(&a, "2a00::7", text), "2001:db8::1");
	assert_string_equal(anonymise_name(&a, "fe80::5%eth0", text), "fe80::2%eth0");
	assert_string_equal(anonymise_name(&a, "10.9.8", text), "host3");
	assert_string_equal(anonymise_name(&a, "", text), "host4");
	memset(long_name, '1', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	assert_string_equal(anonymise_name(&a, long_name, text), "host5");
	memcpy(long_name, "fe80::5%", 8);
	assert_string_equal(anonymise_name(&a, long_name, text), "host6");
}

/* --- packets
 * -------------------------------------------------------------------------------------------- */

static struct record_event reply_of(uint8_t kind)
{
	return (struct record_event){ .kind = RECORD_REPLY,
		                      .reply = { .kind = kind, .from = of("10.9.8.7") } };
}

static struct span span_of(const struct writer *w)
{
	assert_false(w->failed);
	return (struct span){ .data = w->start, .length = writer_length(w) };
}

static void every_address_of_a_reply(void **state)
{
	(void)state;
	struct record_event event = reply_of(REPLY_REDIRECT);
	struct reply *r = &event.reply;
	r->to = r->gateway = r->quoted.src = r->quoted.dst = r->from;
	anonymise_event(&a, &event);
	const struct addr want = of("192.0.2.1");
	assert_true(addr_equal(&r->from, &want));
	assert_true(addr_equal(&r->to, &want));
	assert_true(addr_equal(&r->gateway, &want));
	assert_true(addr_equal(&r->quoted.src, &want));
	assert_true(addr_equal(&r->quoted.dst, &want));

	struct record_event send = { .kind = RECORD_POLL, .action = ACTION_SEND };
	send.probe.dst = of("10.9.8.7");
	anonymise_event(&a, &send);
	assert_true(addr_equal(&send.probe.dst, &want));
}

/* A datagram with a record route option; what is quoted behind the header is ours and stays. */
static void a_quoted_datagram(void **state)
{
	(void)state;
	uint8_t bytes[128], options[40];
	struct writer o = writer_of(options, sizeof options);
	ip4_option_build_record_route(&o, 9);
	memcpy(options + 3, (const uint8_t[]){ 10, 9, 8, 7 }, 4);
	struct ip4 ip = { .ttl = 3,
		          .protocol = 1,
		          .src = of("10.9.8.6"),
		          .dst = of("10.9.8.7"),
		          .total_length = 84,
		          .options = span_of(&o) };
	struct writer w = writer_of(bytes, sizeof bytes);
	ip4_build(&w, &ip);
	writer_u32(&w, 0x0800abcd);
	struct span before = span_of(&w);
	struct record_event event = reply_of(REPLY_TIME_EXCEEDED);
	event.reply.payload = before;
	anonymise_event(&a, &event);

	struct span after = event.reply.payload;
	assert_int_equal(after.length, before.length);
	assert_ptr_not_equal(after.data, before.data);
	struct cursor c = cursor_over(after);
	struct ip4 got;
	struct ip4_option option;
	struct ip4_route route;
	assert_true(ip4_parse(&c, &got));
	struct addr want = of("192.0.2.1");
	assert_true(addr_equal(&got.dst, &want));
	want = of("192.0.2.2");
	assert_true(addr_equal(&got.src, &want));
	assert_int_equal(got.ttl, 3);
	assert_int_equal(cursor_u32(&c), 0x0800abcd);
	c = cursor_over(got.options);
	assert_true(ip4_option_next(&c, &option));
	/* Nothing recorded by its pointer; the bytes of the slot are changed all the same. */
	assert_true(ip4_route_parse(&option, &route));
	assert_memory_equal(option.data.data + 1, ((const uint8_t[]){ 192, 0, 2, 1 }), 4);
	assert_memory_equal(option.data.data + 5, ((const uint8_t[]){ 0, 0, 0, 0 }), 4);
}

static void a_quoted_ip6_datagram(void **state)
{
	(void)state;
	uint8_t bytes[64];
	struct ip6 ip = {
		.hop_limit = 3, .next_header = 58, .src = of("2a00::6"), .dst = of("2a00::7")
	};
	struct writer w = writer_of(bytes, sizeof bytes);
	ip6_build(&w, &ip);
	writer_u16(&w, 0x8000);
	struct record_event event = reply_of(REPLY_UNREACHABLE);
	event.reply.payload = span_of(&w);
	anonymise_event(&a, &event);
	struct cursor c = cursor_over(event.reply.payload);
	struct ip6 got;
	assert_true(ip6_parse(&c, &got));
	struct addr want = of("2001:db8::1");
	assert_true(addr_equal(&got.src, &want));
	want = of("2001:db8::2");
	assert_true(addr_equal(&got.dst, &want));
	assert_int_equal(got.hop_limit, 3);
	assert_int_equal(cursor_u16(&c), 0x8000);
}

static void options_of_a_reply(void **state)
{
	(void)state;
	/* Timestamps with addresses; timestamps alone; a source route; router alert; one nobody
	 * knows. */
	uint8_t before[64], after[64];
	size_t length = sample_hex("4414 1501 0a090807 00000001 0a090807 00000002"
	                           "440c 0d00 0a090807 0a090807"
	                           "8907 04 0a090807"
	                           "94040000"
	                           "9906 0a090807"
	                           "0100",
	                           before, sizeof before);
	(void)sample_hex("4414 1501 c0000201 00000001 c0000201 00000002"
	                 "440c 0d00 0a090807 0a090807"
	                 "8907 04 c0000201"
	                 "94040000"
	                 "9906 00000000"
	                 "0100",
	                 after, sizeof after);
	struct record_event event = reply_of(REPLY_ECHO);
	event.reply.options = (struct span){ before, length };
	anonymise_event(&a, &event);
	assert_int_equal(event.reply.options.length, length);
	assert_memory_equal(event.reply.options.data, after, length);
	/* One that lies about its length takes all with it. */
	length = sample_hex("0703 04 890a 0a090807", before, sizeof before);
	event.reply.options = (struct span){ before, length };
	anonymise_event(&a, &event);
	assert_memory_equal(event.reply.options.data, "\0\0\0\0\0\0\0\0\0", length);
}

static void extensions_of_a_reply(void **state)
{
	(void)state;
	uint8_t bytes[64];
	const uint8_t stack[4] = { 0x05, 0xdc, 0x11, 0x01 };
	const uint8_t name[8] = { 8, 'c', 'o', 'r', 'e', '-', 'b', '1' };
	struct writer w = writer_of(bytes, sizeof bytes);
	size_t start = extension_begin(&w);
	extension_object_build(&w, EXTENSION_MPLS, 1, stack, sizeof stack);
	extension_object_build(&w, EXTENSION_INTERFACE, 2, name, sizeof name);
	extension_seal(&w, start);
	struct record_event event = reply_of(REPLY_TIME_EXCEEDED);
	event.reply.extensions = span_of(&w);
	anonymise_event(&a, &event);

	struct span got = event.reply.extensions;
	struct cursor objects;
	struct extension_object object;
	assert_int_equal(checksum(got.data, got.length), 0);
	assert_true(extension_open(got, &objects));
	assert_true(extension_next(&objects, &object));
	assert_int_equal(object.class_num, EXTENSION_MPLS);
	assert_memory_equal(object.data.data, stack, sizeof stack);
	assert_true(extension_next(&objects, &object));
	assert_int_equal(object.class_num, EXTENSION_INTERFACE);
	assert_memory_equal(object.data.data, "\0\0\0\0\0\0\0\0", sizeof name);
	assert_false(extension_next(&objects, &object));

	/* Without a checksum it stays without; what is none at all is wiped. */
	bytes[2] = bytes[3] = 0;
	event.reply.extensions = span_of(&w);
	anonymise_event(&a, &event);
	assert_int_equal(event.reply.extensions.data[2] | event.reply.extensions.data[3], 0);
	bytes[0] = 0x70;
	event.reply.extensions = span_of(&w);
	anonymise_event(&a, &event);
	for (size_t i = 0; i < event.reply.extensions.length; i++)
		assert_int_equal(event.reply.extensions.data[i], 0);
}

static void what_others_wrote_is_wiped(void **state)
{
	(void)state;
	static const uint8_t words[] = "secret";
	static const struct {
		uint8_t kind;
		bool stays;
	} cases[] = { { REPLY_ECHO, true },        { REPLY_TIMESTAMP, true },
		      { REPLY_NODE_INFO, false },  { REPLY_UDP, false },
		      { REPLY_TCP_SYNACK, false }, { REPLY_UNREACHABLE, false },
		      { REPLY_OTHER, false } };
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct record_event event = reply_of(cases[i].kind);
		event.reply.payload = (struct span){ words, sizeof words };
		anonymise_event(&a, &event);
		assert_int_equal(event.reply.payload.length, sizeof words);
		assert_int_equal(memcmp(event.reply.payload.data, words, sizeof words) == 0,
		                 cases[i].stays);
		assert_int_equal(event.reply.payload.data[0] == 0, !cases[i].stays);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_table, close_table)
	const struct CMUnitTest tests[] = {
		TEST(addresses_become_others),  TEST(what_tells_nothing_stays),
		TEST(there_are_many),           TEST(names_become_hosts),
		TEST(every_address_of_a_reply), TEST(a_quoted_datagram),
		TEST(a_quoted_ip6_datagram),    TEST(options_of_a_reply),
		TEST(extensions_of_a_reply),    TEST(what_others_wrote_is_wiped),
	};
	return cmocka_run_group_tests_name("anonymise", tests, NULL, NULL) != 0;
}
