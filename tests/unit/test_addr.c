#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>
#include "base/addr.h"
#include "base/random.h"
#include "tests/unit/sample.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static struct addr parsed(const char *text)
{
	struct addr a;
	if (!addr_parse(text, &a))
		fail_msg("does not parse: %s", text);
	return a;
}

/* --- text ------------------------------------------------------------------------------------ */

static void text_is_that_of_rfc5952(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		/* 4.1: leading zeros */
		{ "2001:0db8::0001", "2001:db8::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		/* 4.2.1: as short as can be */
		{ "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
		{ "2001:db8:0:0:0:0:0:0", "2001:db8::" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "0:0:0:0:0:0:0:1", "::1" },
		/* 4.2.2: one group is no run */
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		/* 4.2.3: the longest run, and of equal ones the first */
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "1:0:0:2:3:0:0:4", "1::2:3:0:0:4" },
		{ "0:0:0:1:0:0:0:0", "0:0:0:1::" },
		{ "0:0:1:0:0:0:0:2", "0:0:1::2" },
		/* 4.3: lower case */
		{ "2001:DB8::AAAA:FFFF", "2001:db8::aaaa:ffff" },
		/* 5: IPv4-mapped */
		{ "::ffff:c000:0201", "::ffff:192.0.2.1" },
		{ "::FFFF:0.0.0.0", "::ffff:0.0.0.0" },
		{ "::fffe:1.2.3.4", "::fffe:102:304" },
		{ "::1.2.3.4", "::102:304" },
		{ "1:2:3:4:5:6:255.254.3.0", "1:2:3:4:5:6:fffe:300" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "fe80::1%4294967295", "fe80::1%4294967295" },
		{ "ff02::1%3", "ff02::1%3" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "198.51.100.7", "198.51.100.7" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr a = parsed(rows[i].in);
		char text[ADDR_TEXT_SIZE];
		assert_ptr_equal(addr_format(&a, text), text);
		assert_string_equal(text, rows[i].out);
	}
	struct addr none = { 0 };
	char text[ADDR_TEXT_SIZE];
	assert_string_equal(addr_format(&none, text), "-");
	none.scope = 3; /* means nothing here */
	assert_string_equal(addr_format(&none, text), "-");
}

static void what_is_no_address_does_not_parse(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",
		" ",
		"1",
		"1.2.3",
		"1.2.3.",
		"1.2.3.4.",
		"1.2.3.4.5",
		".1.2.3.4",
		"1..2.3",
		"256.1.1.1",
		"1.1.1.256",
		"01.2.3.4",
		"1.2.3.04",
		"1.2.3.00",
		"0x1.2.3.4",
		"127.1",
		"1.2.3.4 ",
		" 1.2.3.4",
		"+1.2.3.4",
		"1.2.3.-4",
		"1.2.3.4%1",
		"1.2.3.4x",
		"4294967296",
		"99999999999999999999.1.1.1",
		":",
		":::",
		"::1:",
		":1::",
		":1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8",
		"1::2::3",
		"1:::2",
		"12345::",
		"::g",
		"::1%",
		"::1%eth0",
		"::1%0",
		"::1%01",
		"::1%4294967296",
		"::1%1x",
		"::1 ",
		" ::1",
		"::1.2.3",
		"::1.2.3.4.5",
		"::1.2.3.256",
		"1:2:3:4:5:6:7:1.2.3.4",
		"1.2.3.4::",
		"::1.2.3.4:5",
		"::1.02.3.4",
		"::12a.2.3.4",
		"1:2:3:4:5:6:1.2.3.4:7",
		"localhost",
		"::1/128",
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr a;
		memset(&a, 0x5a, sizeof a);
		struct addr before = a;
		if (addr_parse(rows[i], &a))
			fail_msg("parses: %s", rows[i]);
		assert_memory_equal(&a, &before, sizeof a);
	}
}

/* Mutated and random texts: accepted and understood exactly as the C library does. */
static void parsing_agrees_with_the_c_library(void **state)
{
	(void)state;
	static const char *const seeds[] = { "1.2.3.4",
		                             "255.255.255.255",
		                             "::",
		                             "::1",
		                             "2001:db8::1",
		                             "1:2:3:4:5:6:7:8",
		                             "::ffff:1.2.3.4",
		                             "1:2:3:4:5:6:1.2.3.4",
		                             "a:b::c:1.20.3.44",
		                             "1::8",
		                             "f:e:d:c:b:a::" };
	static const char alphabet[] = "0123456789abcdefF:.::..";
	struct random r;
	random_init(&r, sample_seed(31));
	unsigned good = 0;
	for (int round = 0; round < 400000; round++) {
		char text[80];
		strcpy(text, seeds[random_below(&r, COUNT(seeds))]);
		for (uint64_t edits = random_below(&r, 4); edits > 0; edits--) {
			size_t length = strlen(text);
			size_t at = (size_t)random_below(&r, length + 1);
			char c = alphabet[random_below(&r, sizeof alphabet - 1)];
			if (random_below(&r, 2) && at < length) {
				memmove(text + at, text + at + 1, length - at);
			} else {
				memmove(text + at + 1, text + at, length - at + 1);
				text[at] = c;
			}
		}
		uint8_t want[16] = { 0 };
		bool v6 = strchr(text, ':') != NULL;
		bool valid = inet_pton(v6 ? AF_INET6 : AF_INET, text, want) == 1;
		struct addr a;
		if (addr_parse(text, &a) != valid)
			fail_msg("%s: %s", valid ? "refused" : "accepted", text);
		if (!valid)
			continue;
		good++;
		assert_int_equal(a.family, v6 ? 6 : 4);
		assert_memory_equal(a.bytes, want, 16);
		assert_int_equal(a.scope, 0);
	}
	assert_true(good > 50000);
}

static void formatting_agrees_with_the_c_library_and_parses_back(void **state)
{
	(void)state;
	struct random r;
	random_init(&r, sample_seed(32));
	for (int round = 0; round < 100000; round++) {
		uint8_t bytes[16];
		uint64_t zeros = random_next(&r);
		for (int i = 0; i < 16; i++) {
			/* Many zero groups, and zero halves of groups. */
			bool zero = (zeros >> (i / 2 * 2) & 3) > 0 || zeros >> (32 + i) & 1;
			bytes[i] = zero ? 0 : (uint8_t)random_next(&r);
		}
		char want[INET6_ADDRSTRLEN], text[ADDR_TEXT_SIZE];
		struct addr a = addr_v6(bytes);
		addr_format(&a, text);
		struct addr back = parsed(text);
		assert_int_equal(addr_compare(&a, &back), 0);
		assert_non_null(inet_ntop(AF_INET6, bytes, want, sizeof want));
		/* It still writes the IPv4-compatible form that RFC 4291 withdrew. */
		if (!strchr(want, '.'))
			assert_string_equal(text, want);

		struct addr v4 = addr_v4((uint32_t)random_next(&r));
		assert_non_null(inet_ntop(AF_INET, v4.bytes, want, sizeof want));
		assert_string_equal(addr_format(&v4, text), want);
	}
}

/* --- values ---------------------------------------------------------------------------------- */

static void v4_is_in_network_order(void **state)
{
	(void)state;
	struct addr a = addr_v4(0xc6336401);
	static const uint8_t want[16] = { 198, 51, 100, 1 };
	assert_int_equal(a.family, 4);
	assert_int_equal(a.scope, 0);
	assert_memory_equal(a.bytes, want, 16);
	assert_true(addr_to_v4(&a) == 0xc6336401);
	assert_int_equal(addr_size(&a), 4);
	struct addr six = parsed("c633:6401::");
	assert_int_equal(addr_to_v4(&six), 0);
	assert_int_equal(addr_size(&six), 16);
	struct addr none = { 0 };
	assert_int_equal(addr_size(&none), 0);
}

static void addresses_are_read_and_written_bare(void **state)
{
	(void)state;
	uint8_t room[20];
	struct writer w = writer_of(room, sizeof room);
	struct addr a = parsed("198.51.100.1"), b = parsed("2001:db8::5%7"), none = { 0 };
	addr_write(&w, &a);
	addr_write(&w, &none);
	addr_write(&w, &b);
	assert_false(w.failed);
	assert_int_equal(writer_length(&w), 20);
	struct cursor c = cursor_of(room, sizeof room);
	struct addr back = addr_read(&c, 4);
	assert_int_equal(addr_compare(&back, &a), 0);
	back = addr_read(&c, 6);
	assert_true(addr_equal(&back, &b));
	assert_int_equal(back.scope, 0);
	assert_false(c.failed);
	back = addr_read(&c, 0);
	assert_int_equal(back.family, 0);
	assert_false(c.failed);
	back = addr_read(&c, 4);
	assert_int_equal(back.family, 0);
	assert_true(c.failed);
	c = cursor_of(room, 15);
	back = addr_read(&c, 6);
	assert_int_equal(back.family, 0);
	assert_true(c.failed);
}

static void equal_minds_scopes_where_both_have_one(void **state)
{
	(void)state;
	struct addr a = parsed("fe80::1%3"), b = parsed("fe80::1%4"), any = parsed("fe80::1");
	struct addr other = parsed("fe80::2%3");
	assert_true(addr_equal(&a, &a));
	assert_false(addr_equal(&a, &b));
	assert_true(addr_equal(&a, &any));
	assert_true(addr_equal(&any, &b));
	assert_false(addr_equal(&a, &other));
	struct addr four = parsed("254.128.0.0"), six = parsed("fe80::");
	assert_false(addr_equal(&four, &six));
	/* Whatever is equal hashes alike. */
	assert_true(addr_hash(&a) == addr_hash(&any));
	assert_true(addr_hash(&four) != addr_hash(&six));
}

static void hashes_of_neighbours_differ(void **state)
{
	(void)state;
	/* All bits take part: 20,000 addresses of a range, and one bit of each place, collide
	 * nowhere. */
	enum { RANGE = 20000 };
	static uint64_t seen[RANGE];
	unsigned low[16] = { 0 };
	for (uint32_t i = 0; i < RANGE; i++) {
		struct addr a = addr_v4(0x0a000000 + i);
		seen[i] = addr_hash(&a);
		low[seen[i] & 15]++;
	}
	for (int i = 0; i < 16; i++)
		assert_in_range(low[i], RANGE / 16 - 200, RANGE / 16 + 200);
	for (uint32_t i = 1; i < RANGE; i++)
		assert_true(seen[i] != seen[i - 1]);
	struct addr zero = parsed("::");
	for (unsigned bit = 0; bit < 128; bit++) {
		struct addr a = zero;
		a.bytes[bit / 8] = (uint8_t)(0x80 >> bit % 8);
		assert_true(addr_hash(&a) != addr_hash(&zero));
	}
}

static void order_is_family_bytes_scope(void **state)
{
	(void)state;
	static const char *const rows[] = { "0.0.0.1", "1.0.0.0", "255.255.255.255", "::",
		                            "::1",     "fe80::1", "fe80::1%1",       "fe80::1%2",
		                            "fe80::2", "ff02::1" };
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t j = 0; j < COUNT(rows); j++) {
			struct addr a = parsed(rows[i]), b = parsed(rows[j]);
			int order = addr_compare(&a, &b);
			assert_int_equal(order < 0, i < j);
			assert_int_equal(order > 0, i > j);
		}
	struct addr none = { 0 }, first = parsed("0.0.0.0");
	assert_true(addr_compare(&none, &first) < 0);
}

static void kinds_of_addresses(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool any, loopback, link_local, multicast;
	} rows[] = {
		{ "0.0.0.0", true, false, false, false },
		{ "0.0.0.1", false, false, false, false },
		{ "::", true, false, false, false },
		{ "::2", false, false, false, false },
		{ "1::", false, false, false, false },
		{ "127.0.0.1", false, true, false, false },
		{ "127.255.255.255", false, true, false, false },
		{ "126.255.255.255", false, false, false, false },
		{ "128.0.0.0", false, false, false, false },
		{ "::1", false, true, false, false },
		{ "7f00::1", false, false, false, false },
		{ "169.254.0.0", false, false, true, false },
		{ "169.255.0.0", false, false, false, false },
		{ "168.254.0.0", false, false, false, false },
		{ "fe80::", false, false, true, false },
		{ "febf:ffff::", false, false, true, false },
		{ "fec0::", false, false, false, false },
		{ "fe7f::", false, false, false, false },
		{ "fd80::", false, false, false, false },
		{ "a9fe::", false, false, false, false },
		{ "254.128.0.1", false, false, false, false },
		{ "224.0.0.0", false, false, false, true },
		{ "239.255.255.255", false, false, false, true },
		{ "240.0.0.0", false, false, false, false },
		{ "223.255.255.255", false, false, false, false },
		{ "ff02::1", false, false, false, true },
		{ "ff00::", false, false, false, true },
		{ "fe00::", false, false, false, false },
		{ "e000::1", false, false, false, false },
		{ "255.0.0.0", false, false, false, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr a = parsed(rows[i].text);
		assert_int_equal(addr_is_any(&a), rows[i].any);
		assert_int_equal(addr_is_loopback(&a), rows[i].loopback);
		assert_int_equal(addr_is_link_local(&a), rows[i].link_local);
		assert_int_equal(addr_is_multicast(&a), rows[i].multicast);
	}
	struct addr none = { 0 };
	assert_false(addr_is_any(&none));
	assert_false(addr_is_loopback(&none));
	assert_false(addr_is_link_local(&none));
	assert_false(addr_is_multicast(&none));
	assert_false(addr_is_special(&none));
}

/* First and last of each block of the registries, and their neighbours outside. */
static void special_blocks_begin_and_end_where_iana_says(void **state)
{
	(void)state;
	static const char *const special[] = {
		"0.0.0.0",
		"0.255.255.255",
		"10.0.0.0",
		"10.255.255.255",
		"100.64.0.0",
		"100.127.255.255",
		"127.0.0.0",
		"127.255.255.255",
		"169.254.0.0",
		"169.254.255.255",
		"172.16.0.0",
		"172.31.255.255",
		"192.0.0.0",
		"192.0.0.8",
		"192.0.0.11",
		"192.0.0.170",
		"192.0.0.255",
		"192.0.2.0",
		"192.0.2.255",
		"192.88.99.0",
		"192.88.99.255",
		"192.168.0.0",
		"192.168.255.255",
		"198.18.0.0",
		"198.19.255.255",
		"198.51.100.0",
		"198.51.100.255",
		"203.0.113.0",
		"203.0.113.255",
		"224.0.0.0",
		"239.255.255.255",
		"240.0.0.0",
		"255.255.255.254",
		"255.255.255.255",
		"::",
		"::1",
		"::ffff:0.0.0.0",
		"::ffff:255.255.255.255",
		"64:ff9b:1::",
		"64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
		"100::",
		"100::ffff:ffff:ffff:ffff",
		"100:0:0:1::",
		"100:0:0:1:ffff:ffff:ffff:ffff",
		"2001::",
		"2001:0:ffff::",
		"2001:1::",
		"2001:1::4",
		"2001:2::",
		"2001:4::",
		"2001:4:111:ffff::",
		"2001:4:113::",
		"2001:10::",
		"2001:40::",
		"2001:1ff:ffff::",
		"2001:db8::",
		"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
		"2002::",
		"2002:ffff::",
		"3fff::",
		"3fff:fff:ffff::",
		"5f00::",
		"5f00:ffff::",
		"fc00::",
		"fdff:ffff::",
		"fe80::",
		"febf:ffff::",
		"fec0::",
		"feff:ffff::",
		"ff00::",
		"ff0e::1",
	};
	static const char *const reachable[] = {
		"1.0.0.0",
		"9.255.255.255",
		"11.0.0.0",
		"100.63.255.255",
		"100.128.0.0",
		"126.255.255.255",
		"128.0.0.0",
		"169.253.255.255",
		"169.255.0.0",
		"172.15.255.255",
		"172.32.0.0",
		"191.255.255.255",
		"192.0.0.9",
		"192.0.0.10",
		"192.0.1.0",
		"192.0.1.255",
		"192.0.3.0",
		"192.31.196.1",
		"192.52.193.1",
		"192.88.98.255",
		"192.88.100.0",
		"192.167.255.255",
		"192.169.0.0",
		"192.175.48.1",
		"198.17.255.255",
		"198.20.0.0",
		"198.51.99.255",
		"198.51.101.0",
		"203.0.112.255",
		"203.0.114.0",
		"223.255.255.255",
		"64:ff9b::1.2.3.4",
		"64:ff9b:0:ffff::",
		"64:ff9b:2::",
		"100:0:0:2::",
		"101::",
		"2001:1::1",
		"2001:1::2",
		"2001:1::3",
		"2001:3::",
		"2001:3:ffff::",
		"2001:4:112::",
		"2001:4:112:ffff::",
		"2001:20::",
		"2001:2f:ffff::",
		"2001:30::",
		"2001:3f:ffff::",
		"2001:200::",
		"2001:db7:ffff::",
		"2001:db9::",
		"2000:ffff::",
		"2003::",
		"2620:4f:8000::",
		"3ffe::",
		"3fff:1000::",
		"4000::",
		"5eff::",
		"5f01::",
		"fbff::",
		"fe00::",
		"fe7f::",
	};
	for (size_t i = 0; i < COUNT(special); i++) {
		struct addr a = parsed(special[i]);
		if (!addr_is_special(&a))
			fail_msg("is special: %s", special[i]);
	}
	for (size_t i = 0; i < COUNT(reachable); i++) {
		struct addr a = parsed(reachable[i]);
		if (addr_is_special(&a))
			fail_msg("is not special: %s", reachable[i]);
	}
}

/* --- prefixes -------------------------------------------------------------------------------- */

static void prefixes_hold_what_their_bits_say(void **state)
{
	(void)state;
	static const struct {
		const char *prefix, *in, *out;
	} rows[] = {
		{ "198.51.100.0/24", "198.51.100.255", "198.51.101.0" },
		{ "198.51.100.128/25", "198.51.100.128", "198.51.100.127" },
		{ "198.51.100.4/30", "198.51.100.7", "198.51.100.8" },
		{ "198.51.100.7", "198.51.100.7", "198.51.100.6" },
		{ "198.51.100.7/32", "198.51.100.7", "198.51.100.5" },
		{ "128.0.0.0/1", "255.1.2.3", "127.255.255.255" },
		{ "0.0.0.0/0", "255.255.255.255", "::" },
		{ "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::" },
		{ "2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::" },
		{ "2001:db8::1", "2001:db8::1", "2001:db8::2" },
		{ "::/0", "ffff::", "1.2.3.4" },
		{ "fe80::/10", "febf::1%5", "fec0::" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct prefix p;
		assert_true(prefix_parse(rows[i].prefix, &p));
		struct addr in = parsed(rows[i].in), out = parsed(rows[i].out);
		if (!prefix_contains(&p, &in) || prefix_contains(&p, &out))
			fail_msg("%s", rows[i].prefix);
	}
	struct prefix none = { .length = 0 };
	struct addr nothing = { 0 };
	assert_false(prefix_contains(&none, &nothing));
}

static void prefix_lengths(void **state)
{
	(void)state;
	struct prefix p;
	assert_true(prefix_parse("198.51.100.1", &p));
	assert_int_equal(p.length, 32);
	assert_true(prefix_parse("::1", &p));
	assert_int_equal(p.length, 128);
	assert_true(prefix_parse("::/0", &p));
	assert_int_equal(p.length, 0);
	static const char *const wrong[] = {
		"198.51.100.0/33",
		"198.51.100.0/",
		"198.51.100.0/-1",
		"198.51.100.0/024",
		"198.51.100.0/24x",
		"198.51.100.0/ 24",
		"198.51.100.1/24",
		"198.51.100.0/21",
		"198.51.100.1/31",
		"::/129",
		"::1/127",
		"2001:db8::1/64",
		"8000::/0",
		"fe80::%1/10",
		"/24",
		"",
		"fe80::1%1",
	};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct prefix before;
		memset(&p, 0x5a, sizeof p);
		before = p;
		if (prefix_parse(wrong[i], &p))
			fail_msg("parses: %s", wrong[i]);
		assert_memory_equal(&p, &before, sizeof p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_that_of_rfc5952),
		cmocka_unit_test(what_is_no_address_does_not_parse),
		cmocka_unit_test(parsing_agrees_with_the_c_library),
		cmocka_unit_test(formatting_agrees_with_the_c_library_and_parses_back),
		cmocka_unit_test(v4_is_in_network_order),
		cmocka_unit_test(addresses_are_read_and_written_bare),
		cmocka_unit_test(equal_minds_scopes_where_both_have_one),
		cmocka_unit_test(hashes_of_neighbours_differ),
		cmocka_unit_test(order_is_family_bytes_scope),
		cmocka_unit_test(kinds_of_addresses),
		cmocka_unit_test(special_blocks_begin_and_end_where_iana_says),
		cmocka_unit_test(prefixes_hold_what_their_bits_say),
		cmocka_unit_test(prefix_lengths),
	};
	return cmocka_run_group_tests_name("addr", tests, NULL, NULL) != 0;
}
