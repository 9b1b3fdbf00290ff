/* The lines that hands and scripts know: each expectation is typed from the dialect's description.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "render/text_ping.h"
#include "tests/unit/ping_report.h"

static struct stage s;
static struct text_ping_options o;

static int set_up(void **state)
{
	(void)state;
	stage_init(&s);
	o = (struct text_ping_options){ .interval = NSEC_S, .targets = 1, .ident = -1 };
	s.renderer = text_ping_new(&o, &s.world, &s.out, &s.err);
	return s.renderer ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	stage_release(&s);
	return 0;
}

#define play(...) stage_play(&s, __VA_ARGS__)

static void use_v6(void)
{
	s.target.name = "2001:db8::7";
	s.target.addr = stage_addr("2001:db8::7");
	s.target.header = 48;
	s.reply.from = s.target.addr;
}

static void header_v4(void **state)
{
	(void)state;
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "PING 198.51.100.7 (198.51.100.7) 56(84) bytes of data.\n");
	s.target.name = "www.test";
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "PING www.test (198.51.100.7) 56(84) bytes of data.\n");
	s.target.canonical = "host.test";
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "PING host.test (198.51.100.7) 56(84) bytes of data.\n");
	s.target.data = 0;
	s.target.header = 68; /* with 40 bytes of options */
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "PING host.test (198.51.100.7) 0(68) bytes of data.\n");
}

static void header_tells_the_source_where_asked(void **state)
{
	(void)state;
	o.from = true;
	s.target.source = stage_addr("198.51.100.1");
	assert_string_equal(
	        play(REPORT_PING_START, 0, -1),
	        "PING 198.51.100.7 (198.51.100.7) from 198.51.100.1 : 56(84) bytes of data.\n");
	o.device = "eth0";
	assert_string_equal(
	        play(REPORT_PING_START, 0, -1),
	        "PING 198.51.100.7 (198.51.100.7) from 198.51.100.1 eth0: 56(84) bytes of data.\n");
}

static void header_v6(void **state)
{
	(void)state;
	use_v6();
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "PING 2001:db8::7 (2001:db8::7) 56 data bytes\n");
	s.target.name = "www.test";
	s.target.canonical = "host.test"; /* not told: for IPv6 it is the name as typed */
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "PING www.test (2001:db8::7) 56 data bytes\n");
	o.flow_label = 0x12345;
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "PING www.test (2001:db8::7) , flow 0x12345, 56 data bytes\n");
	o.flow_label = 0x1f;
	o.from = true;
	o.device = "lo";
	s.target.source = stage_addr("2001:db8::1");
	assert_string_equal(
	        play(REPORT_PING_START, 0, -1),
	        "PING www.test (2001:db8::7) , flow 0x0001f, from 2001:db8::1 lo: 56 data bytes\n");
}

static void flow_label_is_not_for_v4(void **state)
{
	(void)state;
	o.flow_label = 0x12345;
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "PING 198.51.100.7 (198.51.100.7) 56(84) bytes of data.\n");
}

static void pattern_is_told_once(void **state)
{
	(void)state;
	o.pattern = "deadbeef";
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "PATTERN: 0xdeadbeef\n"
	                    "PING 198.51.100.7 (198.51.100.7) 56(84) bytes of data.\n");
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "PING 198.51.100.7 (198.51.100.7) 56(84) bytes of data.\n");
}

static void quiet_has_no_pattern_and_no_lines(void **state)
{
	(void)state;
	o.pattern = "deadbeef";
	o.quiet = true;
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "PING 198.51.100.7 (198.51.100.7) 56(84) bytes of data.\n");
	assert_string_equal(play(REPORT_PING_REPLY, 1, NSEC_MS), "");
	assert_string_equal(play(REPORT_PING_ERROR, 1, -1), "");
	assert_string_equal(play(REPORT_PING_SEND_ERROR, 1, -1), "");
	assert_string_equal(play(REPORT_PING_WAITING, 1, -1), "");
	o.flood = true;
	assert_string_equal(play(REPORT_PING_SENT, 1, -1), "");
}

/* Below 1 ms three decimals, from there two, from 9.995 ms one, from 99.95 ms none. */
static void times_are_rounded_once(void **state)
{
	(void)state;
	static const struct {
		nsec rtt;
		const char *time, *precise;
	} table[] = {
		{ 0, "0.000", "0.000" },
		{ 499, "0.000", "0.000" },
		{ 500, "0.001", "0.001" },
		{ 39400, "0.039", "0.039" },
		{ 39500, "0.040", "0.040" },
		{ 796000, "0.796", "0.796" },
		{ 999499, "0.999", "0.999" },
		{ 999500, "1.00", "1.000" },
		{ 1000000, "1.00", "1.000" },
		{ 1004500, "1.00", "1.005" }, /* over the microsecond it would become 1.01 */
		{ 1004999, "1.00", "1.005" },
		{ 1005000, "1.01", "1.005" },
		{ 3500000, "3.50", "3.500" },
		{ 9994999, "9.99", "9.995" },
		{ 9995000, "10.0", "9.995" },
		{ 12345678, "12.3", "12.346" },
		{ 12350000, "12.4", "12.350" },
		{ 99949999, "99.9", "99.950" },
		{ 99950000, "100", "99.950" },
		{ 150499999, "150", "150.500" },
		{ 150500000, "151", "150.500" },
		{ 3600000000000, "3600000", "3600000.000" },
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char line[128];
		o.precise = false;
		snprintf(line, sizeof line,
		         "64 bytes from 198.51.100.7: icmp_seq=1 ttl=63 time=%s ms\n",
		         table[i].time);
		assert_string_equal(play(REPORT_PING_REPLY, 1, table[i].rtt), line);
		o.precise = true;
		snprintf(line, sizeof line,
		         "64 bytes from 198.51.100.7: icmp_seq=1 ttl=63 time=%s ms\n",
		         table[i].precise);
		assert_string_equal(play(REPORT_PING_REPLY, 1, table[i].rtt), line);
	}
}

static void sequence_numbers_are_whole(void **state)
{
	(void)state;
	assert_string_equal(
	        play(REPORT_PING_REPLY, UINT64_C(4294967297), 39000),
	        "64 bytes from 198.51.100.7: icmp_seq=4294967297 ttl=63 time=0.039 ms\n");
}

static void what_is_not_known_is_not_told(void **state)
{
	(void)state;
	s.reply.ttl = -1;
	assert_string_equal(play(REPORT_PING_REPLY, 1, 39000),
	                    "64 bytes from 198.51.100.7: icmp_seq=1 time=0.039 ms\n");
	assert_string_equal(play(REPORT_PING_REPLY, 1, -1),
	                    "64 bytes from 198.51.100.7: icmp_seq=1\n");
	s.reply.ttl = 0;
	assert_string_equal(play(REPORT_PING_REPLY, 1, 0),
	                    "64 bytes from 198.51.100.7: icmp_seq=1 ttl=0 time=0.000 ms\n");
}

static void names_and_idents(void **state)
{
	(void)state;
	s.name = "host.test";
	assert_string_equal(
	        play(REPORT_PING_REPLY, 1, 39000),
	        "64 bytes from host.test (198.51.100.7): icmp_seq=1 ttl=63 time=0.039 ms\n");
	o.numeric = true;
	assert_string_equal(play(REPORT_PING_REPLY, 1, 39000),
	                    "64 bytes from 198.51.100.7: icmp_seq=1 ttl=63 time=0.039 ms\n");
	o.verbose = true;
	assert_string_equal(play(REPORT_PING_REPLY, 1, 39000),
	                    "64 bytes from 198.51.100.7: icmp_seq=1 ttl=63 time=0.039 ms\n");
	o.ident = 6932;
	assert_string_equal(
	        play(REPORT_PING_REPLY, 1, 39000),
	        "64 bytes from 198.51.100.7: icmp_seq=1 ident=6932 ttl=63 time=0.039 ms\n");
	o.ident = 0;
	assert_string_equal(
	        play(REPORT_PING_REPLY, 1, 39000),
	        "64 bytes from 198.51.100.7: icmp_seq=1 ident=0 ttl=63 time=0.039 ms\n");
}

static void hostile_names_stay_one_word(void **state)
{
	(void)state;
	s.name = "ok (192.0.2.1): icmp_seq=9\n\x1b]0;title\x07";
	assert_string_equal(
	        play(REPORT_PING_REPLY, 1, 39000),
	        "64 bytes from ok\\x20(192.0.2.1):\\x20icmp_seq=9\\x0a\\x1b]0;title\\x07 "
	        "(198.51.100.7): icmp_seq=1 ttl=63 time=0.039 ms\n");
	s.name = "m\xc3\xbc\xe2\x80\xae";
	s.world.utf8 = false;
	assert_string_equal(play(REPORT_PING_REPLY, 1, 39000),
	                    "64 bytes from m\\u00fc\\u202e (198.51.100.7): icmp_seq=1 ttl=63 "
	                    "time=0.039 ms\n");
	s.target.name = "\x1b[2J";
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "PING \\x1b[2J (198.51.100.7) 56(84) bytes of data.\n");
}

static void link_local_has_its_zone(void **state)
{
	(void)state;
	use_v6();
	s.reply.from = stage_addr("fe80::1%3");
	assert_string_equal(play(REPORT_PING_REPLY, 1, 39000),
	                    "64 bytes from fe80::1%eth0: icmp_seq=1 ttl=63 time=0.039 ms\n");
	s.reply.from = stage_addr("fe80::1%4"); /* the interface has no name any more */
	assert_string_equal(play(REPORT_PING_REPLY, 1, 39000),
	                    "64 bytes from fe80::1%4: icmp_seq=1 ttl=63 time=0.039 ms\n");
	s.world.zone = NULL;
	s.world.name = NULL;
	s.reply.from = stage_addr("fe80::1%3");
	assert_string_equal(play(REPORT_PING_REPLY, 1, 39000),
	                    "64 bytes from fe80::1%3: icmp_seq=1 ttl=63 time=0.039 ms\n");
}

#define ANSWER "64 bytes from 198.51.100.7: icmp_seq=2 ttl=63 time=0.100 ms"

static void suffixes_in_their_order(void **state)
{
	(void)state;
	static const struct {
		enum report_kind kind;
		uint32_t flags;
		const char *suffix;
	} table[] = {
		{ REPORT_PING_REPLY, 0, "" },
		{ REPORT_PING_DUPLICATE, REPLY_DUPLICATE, " (DUP!)" },
		{ REPORT_PING_CORRUPT, REPLY_CORRUPT, " (BAD CHECKSUM!)" },
		{ REPORT_PING_FOREIGN, REPLY_WRONG_SOURCE, " (DIFFERENT ADDRESS!)" },
		{ REPORT_PING_LATE, 0, " (late)" },
		{ REPORT_PING_DUPLICATE, REPLY_DUPLICATE | REPLY_CORRUPT | REPLY_WRONG_SOURCE,
		  " (DUP!) (BAD CHECKSUM!) (DIFFERENT ADDRESS!)" },
		{ REPORT_PING_LATE, REPLY_WRONG_SOURCE, " (DIFFERENT ADDRESS!) (late)" },
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char line[256];
		s.reply.flags = table[i].flags;
		snprintf(line, sizeof line, "%s%s\n", ANSWER, table[i].suffix);
		assert_string_equal(play(table[i].kind, 2, 100000), line);
		o.audible = true;
		snprintf(line, sizeof line, "%s%s\a\n", ANSWER, table[i].suffix);
		assert_string_equal(play(table[i].kind, 2, 100000), line);
		o.audible = false;
	}
}

/* Each member of a group answers: from an address that is not the target's, and rightly so. */
static void answers_of_a_group_are_no_duplicates(void **state)
{
	(void)state;
	s.reply.flags = REPLY_DUPLICATE;
	s.target.addr = stage_addr("224.0.0.1");
	assert_string_equal(play(REPORT_PING_DUPLICATE, 2, 100000), ANSWER "\n");
	o.verbose = true;
	assert_string_equal(play(REPORT_PING_DUPLICATE, 2, 100000), ANSWER " (DUP!)\n");
}

static void late_one_as_documented(void **state)
{
	(void)state;
	s.reply.ttl = 64;
	assert_string_equal(play(REPORT_PING_LATE, 3, 2100 * NSEC_MS),
	                    "64 bytes from 198.51.100.7: icmp_seq=3 ttl=64 time=2100 ms (late)\n");
}

static void never_sent_has_no_sequence(void **state)
{
	(void)state;
	s.reply.flags = REPLY_UNKNOWN;
	assert_string_equal(play(REPORT_PING_FOREIGN, 0, -1),
	                    "64 bytes from 198.51.100.7: icmp_seq=? ttl=63 (unknown)\n");
	o.targets = 2;
	s.report.target = NULL;
	s.report.kind = REPORT_PING_FOREIGN;
	buffer_clear(&s.out);
	s.renderer->ops->report(s.renderer, &s.report); /* it belongs to no target */
	assert_string_equal(s.out.data,
	                    "64 bytes from 198.51.100.7: icmp_seq=? ttl=63 (unknown)\n");
}

static void truncated_has_no_time(void **state)
{
	(void)state;
	s.reply.bytes = 38;
	s.reply.flags = REPLY_TRUNCATED;
	assert_string_equal(play(REPORT_PING_TRUNCATED, 1, 100000),
	                    "38 bytes from 198.51.100.7: icmp_seq=1 ttl=63 (truncated)\n");
}

static void wrong_data_is_dumped(void **state)
{
	(void)state;
	uint8_t data[56];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)i;
	data[40] = 0xd7;
	s.reply.flags = REPLY_CORRUPT;
	s.reply.wrong_at = 40;
	s.reply.wrong_want = 0x28;
	s.reply.wrong_got = 0xd7;
	s.reply.payload = (struct span){ .data = data, .length = sizeof data };
	o.audible = true;
	assert_string_equal(play(REPORT_PING_CORRUPT, 1, 133000),
	                    "64 bytes from 198.51.100.7: icmp_seq=1 ttl=63 time=0.133 ms\n"
	                    "wrong data byte #40 should be 0x28 but was 0xd7\n"
	                    "#16\t10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f "
	                    "20 21 22 23 24 25 26 27 d7 29 2a 2b 2c 2d 2e 2f \n"
	                    "#48\t30 31 32 33 34 35 36 37 \a\n");

	o.audible = false;
	data[3] = 9; /* within the cookie: all is told */
	s.reply.wrong_at = 3;
	s.reply.wrong_want = 3;
	s.reply.wrong_got = 9;
	s.reply.payload.length = 18;
	assert_string_equal(play(REPORT_PING_CORRUPT, 1, 133000),
	                    "64 bytes from 198.51.100.7: icmp_seq=1 ttl=63 time=0.133 ms\n"
	                    "wrong data byte #3 should be 0x3 but was 0x9\n"
	                    "#0\t0 1 2 9 4 5 6 7 8 9 a b c d e f 10 11 \n");
}

/* The first byte behind the cookie: the cookie is right and not told. */
static void wrong_data_behind_the_cookie(void **state)
{
	(void)state;
	const uint8_t data[18] = { [16] = 7, [17] = 0x11 };
	s.reply.flags = REPLY_CORRUPT;
	s.reply.wrong_at = 16;
	s.reply.wrong_want = 0x10;
	s.reply.wrong_got = 7;
	s.reply.payload = (struct span){ .data = data, .length = sizeof data };
	assert_string_equal(play(REPORT_PING_CORRUPT, 1, 133000),
	                    "64 bytes from 198.51.100.7: icmp_seq=1 ttl=63 time=0.133 ms\n"
	                    "wrong data byte #16 should be 0x10 but was 0x7\n"
	                    "#16\t7 11 \n");
}

static void wrong_data_at_zero_is_wrong_data(void **state)
{
	(void)state;
	const uint8_t data[] = { 7 };
	s.reply.flags = REPLY_CORRUPT;
	s.reply.wrong_at = 0;
	s.reply.wrong_want = 1;
	s.reply.wrong_got = 7;
	s.reply.payload = (struct span){ .data = data, .length = 1 };
	assert_string_equal(play(REPORT_PING_CORRUPT, 1, 133000),
	                    "64 bytes from 198.51.100.7: icmp_seq=1 ttl=63 time=0.133 ms\n"
	                    "wrong data byte #0 should be 0x1 but was 0x7\n"
	                    "#0\t7 \n");
}

static void timestamps_before_each_line(void **state)
{
	(void)state;
	o.timestamps = true;
	s.reply.kind = REPLY_TIME_EXCEEDED;
	s.reply.icmp_type = 11;
	s.report.error = ENETUNREACH;
	assert_string_equal(play(REPORT_PING_REPLY, 1, 100000),
	                    "[1795517747.985412] 64 bytes from 198.51.100.7: icmp_seq=1 ttl=63 "
	                    "time=0.100 ms\n");
	assert_string_equal(play(REPORT_PING_ERROR, 1, -1),
	                    "[1795517747.985412] From 198.51.100.7 icmp_seq=1 Time to live "
	                    "exceeded\n");
	assert_string_equal(play(REPORT_PING_WAITING, 1, -1),
	                    "[1795517747.985412] no answer yet for icmp_seq=1\n");
	assert_string_equal(play(REPORT_PING_SEND_ERROR, 1, -1),
	                    "[1795517747.985412] To 198.51.100.7 icmp_seq=1 Network is unreachable "
	                    "(not sent)\n");
	assert_string_equal(play(REPORT_PING_START, 1, -1),
	                    "PING 198.51.100.7 (198.51.100.7) 56(84) bytes of data.\n");
	s.world.wall_offset = 5 * NSEC_S + 42 * NSEC_US + 999 - STAGE_TIME; /* floor, and zeros */
	assert_string_equal(play(REPORT_PING_WAITING, 1, -1),
	                    "[5.000042] no answer yet for icmp_seq=1\n");
}

struct error_text {
	uint8_t type, code;
	const char *text;
};

static const struct error_text errors4[] = {
	{ 3, 0, "Destination Net Unreachable" },
	{ 3, 1, "Destination Host Unreachable" },
	{ 3, 2, "Destination Protocol Unreachable" },
	{ 3, 3, "Destination Port Unreachable" },
	{ 3, 4, "Frag needed and DF set (mtu = 1400)" },
	{ 3, 5, "Source Route Failed" },
	{ 3, 6, "Destination Net Unknown" },
	{ 3, 7, "Destination Host Unknown" },
	{ 3, 8, "Source Host Isolated" },
	{ 3, 9, "Destination Net Prohibited" },
	{ 3, 10, "Destination Host Prohibited" },
	{ 3, 11, "Destination Net Unreachable for Type of Service" },
	{ 3, 12, "Destination Host Unreachable for Type of Service" },
	{ 3, 13, "Packet filtered" },
	{ 3, 14, "Precedence Violation" },
	{ 3, 15, "Precedence Cutoff" },
	{ 3, 16, "Dest Unreachable, Bad Code: 16" },
	{ 3, 255, "Dest Unreachable, Bad Code: 255" },
	{ 11, 0, "Time to live exceeded" },
	{ 11, 1, "Frag reassembly time exceeded" },
	{ 11, 7, "Time exceeded, Bad Code: 7" },
	{ 12, 0, "Parameter problem: pointer = 20" },
	{ 12, 2, "Parameter problem: pointer = 20" },
	{ 99, 3, "ICMP type 99, code 3" },
};

static const struct error_text errors6[] = {
	{ 1, 0, "Destination unreachable: No route" },
	{ 1, 1, "Destination unreachable: Administratively prohibited" },
	{ 1, 2, "Destination unreachable: Beyond scope of source address" },
	{ 1, 3, "Destination unreachable: Address unreachable" },
	{ 1, 4, "Destination unreachable: Port unreachable" },
	{ 1, 5, "Destination unreachable: Source address failed ingress/egress policy" },
	{ 1, 6, "Destination unreachable: Reject route to destination" },
	{ 1, 7, "Destination unreachable: Unknown code 7" },
	{ 2, 0, "Packet too big: mtu=1400" },
	{ 2, 1, "Packet too big: mtu=1400, code=1" },
	{ 3, 0, "Time exceeded: Hop limit" },
	{ 3, 1, "Time exceeded: Defragmentation failure" },
	{ 3, 2, "Time exceeded: code 2" },
	{ 4, 0, "Parameter problem: Wrong header field at 20" },
	{ 4, 1, "Parameter problem: Unknown header at 20" },
	{ 4, 2, "Parameter problem: Unknown option at 20" },
	{ 4, 3, "Parameter problem: code 3 at 20" },
	{ 100, 1, "ICMP type 100, code 1" },
};

static void check_errors(const char *from, const struct error_text *table, size_t count)
{
	s.reply.kind = REPLY_UNREACHABLE;
	s.reply.from = stage_addr(from);
	s.reply.mtu = 1400;
	s.reply.pointer = 20;
	for (size_t i = 0; i < count; i++) {
		char line[256];
		s.reply.icmp_type = table[i].type;
		s.reply.icmp_code = table[i].code;
		snprintf(line, sizeof line, "From %s icmp_seq=70000 %s\n", from, table[i].text);
		assert_string_equal(play(REPORT_PING_ERROR, 70000, -1), line);
	}
}

static void icmp_errors_have_their_words(void **state)
{
	(void)state;
	check_errors("203.0.113.1", errors4, sizeof errors4 / sizeof errors4[0]);
	check_errors("2001:db8::1", errors6, sizeof errors6 / sizeof errors6[0]);
}

static void redirect_and_quench_have_a_colon(void **state)
{
	(void)state;
	s.reply.kind = REPLY_REDIRECT;
	s.reply.icmp_type = 5;
	s.reply.icmp_code = 1;
	s.reply.from = stage_addr("203.0.113.1");
	s.reply.gateway = stage_addr("203.0.113.77");
	assert_string_equal(
	        play(REPORT_PING_NOTICE, 1, -1),
	        "From 203.0.113.1: icmp_seq=1 Redirect Host(New nexthop: 203.0.113.77)\n");
	s.reply.icmp_code = 0;
	assert_string_equal(
	        play(REPORT_PING_NOTICE, 1, -1),
	        "From 203.0.113.1: icmp_seq=1 Redirect Network(New nexthop: 203.0.113.77)\n");
	s.reply.icmp_code = 9;
	assert_string_equal(play(REPORT_PING_NOTICE, 1, -1),
	                    "From 203.0.113.1: icmp_seq=1 Redirect, Bad Code: 9(New nexthop: "
	                    "203.0.113.77)\n");
	s.reply.icmp_code = 1;
	s.reply.gateway = (struct addr){ 0 }; /* the transport could not see it */
	assert_string_equal(play(REPORT_PING_NOTICE, 1, -1),
	                    "From 203.0.113.1: icmp_seq=1 Redirect Host\n");
	s.reply.kind = REPLY_QUENCH;
	s.reply.icmp_type = 4;
	s.reply.icmp_code = 0;
	assert_string_equal(play(REPORT_PING_NOTICE, 1, -1),
	                    "From 203.0.113.1: icmp_seq=1 Source Quench\n");
	/* an error about a probe that is settled already is no redirect */
	s.reply.kind = REPLY_TIME_EXCEEDED;
	s.reply.icmp_type = 11;
	assert_string_equal(play(REPORT_PING_NOTICE, 1, -1),
	                    "From 203.0.113.1 icmp_seq=1 Time to live exceeded\n");
}

static void redirect_v6_names_the_better_hop(void **state)
{
	(void)state;
	use_v6();
	s.reply.kind = REPLY_REDIRECT;
	s.reply.icmp_type = 137;
	s.reply.from = stage_addr("fe80::1%3");
	s.reply.gateway = stage_addr("fe80::2%3");
	assert_string_equal(play(REPORT_PING_NOTICE, 1, -1),
	                    "From fe80::1%eth0: icmp_seq=1 Redirect(New nexthop: fe80::2%eth0)\n");
}

static void router_has_a_name(void **state)
{
	(void)state;
	s.name = "gw.test";
	s.reply.kind = REPLY_TIME_EXCEEDED;
	s.reply.icmp_type = 11;
	s.reply.from = stage_addr("203.0.113.1");
	assert_string_equal(play(REPORT_PING_ERROR, 1, -1),
	                    "From gw.test (203.0.113.1) icmp_seq=1 Time to live exceeded\n");
}

static void verbose_tells_what_an_error_quotes(void **state)
{
	(void)state;
	o.verbose = true;
	s.reply.kind = REPLY_TIME_EXCEEDED;
	s.reply.icmp_type = 11;
	s.reply.from = stage_addr("203.0.113.1");
	assert_string_equal(play(REPORT_PING_ERROR, 1, -1),
	                    "From 203.0.113.1 icmp_seq=1 Time to live exceeded\n");
	struct quoted *q = &s.reply.quoted;
	q->src = stage_addr("198.51.100.1");
	q->dst = stage_addr("198.51.100.7");
	assert_string_equal(play(REPORT_PING_ERROR, 1, -1),
	                    "From 203.0.113.1 icmp_seq=1 Time to live exceeded\n"
	                    "    quotes 198.51.100.1 > 198.51.100.7\n");
	q->length = 84;
	q->ttl = 0;
	q->tos = 8;
	q->id = 0xbe;
	q->df = 1;
	q->mf = 0;
	q->rewritten = true;
	assert_string_equal(play(REPORT_PING_ERROR, 1, -1),
	                    "From 203.0.113.1 icmp_seq=1 Time to live exceeded\n"
	                    "    quotes 198.51.100.1 > 198.51.100.7 length=84 ttl=0 tos=0x08 "
	                    "id=0x00be DF (rewritten on the way)\n");
	q->length = q->tos = 0; /* a router that says so */
	q->id = 0;
	q->df = 0;
	q->mf = 1;
	q->rewritten = false;
	assert_string_equal(play(REPORT_PING_ERROR, 1, -1),
	                    "From 203.0.113.1 icmp_seq=1 Time to live exceeded\n"
	                    "    quotes 198.51.100.1 > 198.51.100.7 length=0 ttl=0 tos=0x00 "
	                    "id=0x0000 MF\n");
	o.verbose = false;
	assert_string_equal(play(REPORT_PING_ERROR, 1, -1),
	                    "From 203.0.113.1 icmp_seq=1 Time to live exceeded\n");
}

static void refused_probes_have_a_line(void **state)
{
	(void)state;
	s.report.error = ENETUNREACH;
	assert_string_equal(play(REPORT_PING_SEND_ERROR, 2, -1),
	                    "To 198.51.100.7 icmp_seq=2 Network is unreachable (not sent)\n");
	s.report.error = EPERM;
	assert_string_equal(play(REPORT_PING_SEND_ERROR, 3, -1),
	                    "To 198.51.100.7 icmp_seq=3 Operation not permitted (not sent)\n");
	s.report.error = EMSGSIZE;
	s.report.mtu = 1400;
	assert_string_equal(play(REPORT_PING_SEND_ERROR, 5, -1),
	                    "To 198.51.100.7 icmp_seq=5 Message too long, mtu=1400 (not sent)\n");
	s.report.error = 9999;
	s.report.mtu = 0;
	assert_string_equal(play(REPORT_PING_SEND_ERROR, 4, -1),
	                    "To 198.51.100.7 icmp_seq=4 error 9999 (not sent)\n");
}

static void several_targets_say_whose_line_it_is(void **state)
{
	(void)state;
	o.targets = 2;
	assert_string_equal(play(REPORT_PING_WAITING, 1, -1),
	                    "no answer yet for icmp_seq=1 from 198.51.100.7\n");
	assert_string_equal(play(REPORT_PING_REPLY, 2, 100000), ANSWER "\n");
	s.reply.from = stage_addr("203.0.113.1");
	s.reply.flags = REPLY_WRONG_SOURCE;
	assert_string_equal(play(REPORT_PING_FOREIGN, 2, 100000),
	                    "64 bytes from 203.0.113.1: icmp_seq=2 ttl=63 time=0.100 ms "
	                    "(DIFFERENT ADDRESS!) (to 198.51.100.7)\n");
	s.reply.kind = REPLY_TIME_EXCEEDED;
	s.reply.icmp_type = 11;
	assert_string_equal(
	        play(REPORT_PING_ERROR, 1, -1),
	        "From 203.0.113.1 icmp_seq=1 Time to live exceeded (to 198.51.100.7)\n");
}

static void lost_probes_have_no_line(void **state)
{
	(void)state;
	assert_string_equal(play(REPORT_PING_LOST, 1, -1), "");
	assert_string_equal(play(REPORT_PING_SENT, 1, -1), "");
}

static void unresolved_goes_to_stderr(void **state)
{
	(void)state;
	s.target.name = "no\x1bsuch.test";
	s.report.text = "Name or service not known";
	assert_string_equal(play(REPORT_PING_UNRESOLVED, 0, -1), "");
	assert_string_equal(s.err.data,
	                    "sonde ping: no\\x1bsuch.test: Name or service not known\n");
}

static void local_drops_are_told_once_at_the_end(void **state)
{
	(void)state;
	s.report.drops = 3;
	assert_string_equal(play(REPORT_DROPS, 0, -1), "");
	assert_string_equal(s.err.data ? s.err.data : "", "");
	s.report.drops = 4;
	assert_string_equal(play(REPORT_DROPS, 0, -1), "");
	s.renderer->ops->finish(s.renderer);
	assert_string_equal(s.out.data ? s.out.data : "", "");
	assert_string_equal(s.err.data,
	                    "sonde ping: this host dropped 7 replies for want of buffer: no loss "
	                    "of the path\n");
}

static void nothing_dropped_nothing_told(void **state)
{
	(void)state;
	s.renderer->ops->finish(s.renderer);
	assert_int_equal(s.out.length + s.err.length, 0);
}

/* --- IPv4 options -------------------------------------------------------------------------------
 */

static const char *play_options(const uint8_t *bytes, size_t length)
{
	s.reply.options = (struct span){ .data = bytes, .length = length };
	return play(REPORT_PING_REPLY, 2, 100000);
}

static void recorded_route_and_its_repeat(void **state)
{
	(void)state;
	uint8_t rr[] = { 7, 15, 12, 198, 51, 100, 1, 203, 0, 113, 9, 0, 0, 0, 0, 0 };
	assert_string_equal(play_options(rr, sizeof rr),
	                    ANSWER "\nRR: \t198.51.100.1\n\t203.0.113.9\n\n");
	assert_string_equal(play_options(rr, sizeof rr), ANSWER "\t(same route)\n");
	s.target.index = 5; /* another target has seen nothing yet */
	assert_string_equal(play_options(rr, sizeof rr),
	                    ANSWER "\nRR: \t198.51.100.1\n\t203.0.113.9\n\n");
	s.target.index = 0;
	assert_string_equal(play_options(rr, sizeof rr), ANSWER "\t(same route)\n");
	rr[10] = 8;
	assert_string_equal(play_options(rr, sizeof rr),
	                    ANSWER "\nRR: \t198.51.100.1\n\t203.0.113.8\n\n");
	rr[6] = 2;
	assert_string_equal(play_options(rr, sizeof rr),
	                    ANSWER "\nRR: \t198.51.100.2\n\t203.0.113.8\n\n");
	rr[6] = 1;
	rr[2] = 8; /* one address fewer */
	assert_string_equal(play_options(rr, sizeof rr), ANSWER "\nRR: \t198.51.100.1\n\n");
	rr[2] = 4; /* nobody recorded anything */
	assert_string_equal(play_options(rr, sizeof rr), ANSWER "\n");
}

static void options_have_names_too(void **state)
{
	(void)state;
	const uint8_t rr[] = { 7, 7, 8, 198, 51, 100, 1, 0 };
	s.name = "gw.test";
	o.audible = true;
	assert_string_equal(
	        play_options(rr, sizeof rr),
	        "64 bytes from gw.test (198.51.100.7): icmp_seq=2 ttl=63 time=0.100 ms\a\n"
	        "RR: \tgw.test (198.51.100.1)\n\n");
	o.numeric = true;
	o.audible = false;
	s.target.index = 1;
	assert_string_equal(play_options(rr, sizeof rr), ANSWER "\nRR: \t198.51.100.1\n\n");
}

static void timestamps_with_addresses(void **state)
{
	(void)state;
	/* 39348393 ms, then 7 ms later; two hops found no room */
	const uint8_t ts[] = { 68,   20,   21,  0x21, 198, 51, 100,  1,    0x02, 0x58,
		               0x68, 0xa9, 203, 0,    113, 9,  0x02, 0x58, 0x68, 0xb0 };
	assert_string_equal(play_options(ts, sizeof ts),
	                    ANSWER "\nTS: \t198.51.100.1\t39348393 absolute\n"
	                           "\t203.0.113.9\t7\n"
	                           "Unrecorded hops: 2\n\n");
}

static void timestamps_alone_and_clocks_of_their_own(void **state)
{
	(void)state;
	/* standard 1000; own clock 5; standard 990; own clock 9 */
	const uint8_t ts[] = { 68, 20, 21, 0, 0, 0,    3,    0xe8, 0x80, 0,
		               0,  5,  0,  0, 3, 0xde, 0x80, 0,    0,    9 };
	assert_string_equal(play_options(ts, sizeof ts), ANSWER "\nTS: \t1000 absolute\n"
	                                                        "\t5 absolute not-standard\n"
	                                                        "\t-10\n"
	                                                        "\t4 not-standard\n\n");
}

static void no_timestamp_found_room(void **state)
{
	(void)state;
	const uint8_t ts[] = { 68, 8, 5, 0x30, 0, 0, 0, 0 };
	assert_string_equal(play_options(ts, sizeof ts), ANSWER "\nUnrecorded hops: 3\n\n");
}

static void source_routes_and_others(void **state)
{
	(void)state;
	const uint8_t lsrr[] = { 131, 11, 12, 198, 51, 100, 1, 203, 0, 113, 9, 0 };
	assert_string_equal(play_options(lsrr, sizeof lsrr),
	                    ANSWER "\nLSRR: \t198.51.100.1\n\t203.0.113.9\n\n");
	const uint8_t ssrr[] = { 137, 7, 4, 0, 0, 0, 0, 0 };
	assert_string_equal(play_options(ssrr, sizeof ssrr), ANSWER "\nSSRR: \t0.0.0.0\n\n");
	const uint8_t others[] = { 1, 148, 4, 0, 0, 1, 0, 0 };
	assert_string_equal(play_options(others, sizeof others),
	                    ANSWER "\nNOP\nunknown option 94\nNOP\n");
}

static void malformed_options_are_told(void **state)
{
	(void)state;
	const uint8_t zero_length[] = { 1, 7, 0, 4 };
	assert_string_equal(play_options(zero_length, sizeof zero_length),
	                    ANSWER "\nNOP\nmalformed options\n");
	const uint8_t beyond[] = { 7, 39, 4, 0 };
	assert_string_equal(play_options(beyond, sizeof beyond), ANSWER "\nmalformed options\n");
	const uint8_t pointer[] = { 7, 7, 5, 1, 2, 3, 4, 0 }; /* into the middle of an address */
	assert_string_equal(play_options(pointer, sizeof pointer), ANSWER "\nmalformed options\n");
	const uint8_t flag[] = { 68, 8, 5, 0x02, 0, 0, 0, 0 }; /* no such flag */
	assert_string_equal(play_options(flag, sizeof flag), ANSWER "\nmalformed options\n");
	const uint8_t loose[] = { 131, 8, 4, 1, 2, 3, 4, 5 }; /* an address and a quarter */
	assert_string_equal(play_options(loose, sizeof loose), ANSWER "\nmalformed options\n");
}

static void node_information(void **state)
{
	(void)state;
	/* query 2 (name), flags, nonce, TTL, "host.test", then "a b" unqualified */
	const uint8_t names[] = { 0,   2,   0,   0,   1, 2, 3,   4,   5,   6,   7,
		                  8,   0,   0,   0,   0, 4, 'h', 'o', 's', 't', 4,
		                  't', 'e', 's', 't', 0, 3, 'a', ' ', 'b', 0,   0 };
	use_v6();
	s.reply.kind = REPLY_NODE_INFO;
	s.reply.payload = (struct span){ .data = names, .length = sizeof names };
#define NODE "64 bytes from 2001:db8::7: icmp_seq=1 ttl=63 time=1.00 ms"
	assert_string_equal(play(REPORT_PING_REPLY, 1, NSEC_MS),
	                    NODE " name=host.test name=a\\x20b\n");
	s.reply.payload.length -= 4;
	assert_string_equal(play(REPORT_PING_REPLY, 1, NSEC_MS),
	                    NODE " name=host.test (malformed)\n");
	s.reply.payload.length = 3;
	assert_string_equal(play(REPORT_PING_REPLY, 1, NSEC_MS), NODE "\n");
	s.reply.icmp_code = 1;
	assert_string_equal(play(REPORT_PING_REPLY, 1, NSEC_MS), NODE " (refused)\n");
	s.reply.icmp_code = 2;
	assert_string_equal(play(REPORT_PING_REPLY, 1, NSEC_MS), NODE " (query unknown)\n");
	s.reply.icmp_code = 0;
	const uint8_t addrs[] = { 0, 4, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9, 198, 51, 100, 1 };
	s.reply.payload = (struct span){ .data = addrs, .length = sizeof addrs };
	assert_string_equal(play(REPORT_PING_REPLY, 1, NSEC_MS), NODE " addr=198.51.100.1\n");
	s.reply.kind = REPLY_ECHO; /* the same bytes as data of an echo mean nothing */
	assert_string_equal(play(REPORT_PING_REPLY, 1, NSEC_MS), NODE "\n");
}

static const char *long_zone(void *ctx, uint32_t scope)
{
	(void)scope;
	return ((struct stage *)ctx)->name;
}

/* "fe80::1" and a percent sign leave room for so many characters, and no more. */
static void zone_must_fit(void **state)
{
	(void)state;
	char zone[ADDR_TEXT_SIZE], line[256];
	use_v6();
	s.world.zone = long_zone;
	o.numeric = true;
	s.name = zone;
	s.reply.from = stage_addr("fe80::1%3");
	memset(zone, 'z', sizeof zone);
	zone[ADDR_TEXT_SIZE - 1 - strlen("fe80::1%")] = '\0';
	snprintf(line, sizeof line, "64 bytes from fe80::1%%%s: icmp_seq=1 ttl=63\n", zone);
	assert_string_equal(play(REPORT_PING_REPLY, 1, -1), line);
	zone[ADDR_TEXT_SIZE - 1 - strlen("fe80::1%")] = 'z';
	zone[ADDR_TEXT_SIZE - strlen("fe80::1%")] = '\0';
	assert_string_equal(play(REPORT_PING_REPLY, 1, -1),
	                    "64 bytes from fe80::1%3: icmp_seq=1 ttl=63\n");
}

/* --- flood --------------------------------------------------------------------------------------
 */

static void flood_draws_and_erases(void **state)
{
	(void)state;
	o.flood = true;
	assert_string_equal(play(REPORT_PING_SENT, 1, -1), ".");
	assert_string_equal(play(REPORT_PING_SENT, 2, -1), ".");
	assert_string_equal(play(REPORT_PING_REPLY, 1, NSEC_MS), "\b \b");
	o.audible = true;
	assert_string_equal(play(REPORT_PING_REPLY, 2, NSEC_MS), "\b \b\a");
	o.audible = false;
	assert_string_equal(play(REPORT_PING_REPLY, 3, NSEC_MS),
	                    ""); /* nothing is there to erase */
	assert_string_equal(play(REPORT_PING_SENT, 4, -1), ".");
	assert_string_equal(play(REPORT_PING_DUPLICATE, 2, NSEC_MS), "");
	assert_string_equal(play(REPORT_PING_LATE, 2, NSEC_MS), "");
	assert_string_equal(play(REPORT_PING_FOREIGN, 0, -1), "");
	assert_string_equal(play(REPORT_PING_TRUNCATED, 4, NSEC_MS), "");
	assert_string_equal(play(REPORT_PING_NOTICE, 4, -1), "");
	assert_string_equal(play(REPORT_PING_WAITING, 4, -1), "");
	assert_string_equal(play(REPORT_PING_CORRUPT, 4, NSEC_MS), "\bC");
	assert_string_equal(play(REPORT_PING_REPLY, 4, NSEC_MS), ""); /* its dot is the C */
	assert_string_equal(play(REPORT_PING_SENT, 5, -1), ".");
	assert_string_equal(play(REPORT_PING_ERROR, 5, -1), "\bE");
	assert_string_equal(play(REPORT_PING_SEND_ERROR, 6, -1), "E");
	assert_string_equal(play(REPORT_PING_SENT, 7, -1), ".");
	assert_string_equal(play(REPORT_PING_LOST, 7, -1), "");
	assert_string_equal(play(REPORT_PING_REPLY, 8, NSEC_MS), ""); /* the lost one's dot stays */
}

/* Four columns: three characters, never a fourth. */
static void flood_stays_on_its_line(void **state)
{
	(void)state;
	o.flood = true;
	s.world.columns = 4;
	for (uint64_t i = 1; i <= 3; i++)
		assert_string_equal(play(REPORT_PING_SENT, i, -1), ".");
	assert_string_equal(play(REPORT_PING_SENT, 4, -1), "");
	assert_string_equal(play(REPORT_PING_SEND_ERROR, 5, -1), "");
	assert_string_equal(play(REPORT_PING_REPLY, 1, NSEC_MS), "");
	assert_string_equal(play(REPORT_PING_REPLY, 2, NSEC_MS), "\b \b");
	assert_string_equal(play(REPORT_PING_SENT, 6, -1), ".");
	for (uint64_t i = 3; i <= 6; i++)
		assert_string_equal(play(REPORT_PING_LOST, i, -1), "");
	assert_string_equal(play(REPORT_PING_SENT, 7, -1), "\n."); /* the line is full of marks */
	assert_string_equal(play(REPORT_PING_REPLY, 7, NSEC_MS), "\b \b");
}

static void flood_lost_without_a_dot(void **state)
{
	(void)state;
	o.flood = true;
	s.world.columns = 3;
	play(REPORT_PING_SENT, 1, -1);
	play(REPORT_PING_SENT, 2, -1);
	assert_string_equal(play(REPORT_PING_SENT, 3, -1), "");
	play(REPORT_PING_LOST, 1, -1);
	play(REPORT_PING_LOST, 2, -1);
	play(REPORT_PING_LOST, 3, -1); /* the one without */
	assert_string_equal(play(REPORT_PING_SENT, 4, -1), "\n.");
	assert_string_equal(play(REPORT_PING_REPLY, 4, NSEC_MS), "\b \b");
}

static void flood_in_the_narrowest_terminal(void **state)
{
	(void)state;
	o.flood = true;
	s.world.columns = 2;
	assert_string_equal(play(REPORT_PING_SENT, 1, -1), ".");
	assert_string_equal(play(REPORT_PING_SENT, 2, -1), "");
}

static void flood_without_a_terminal_takes_eighty(void **state)
{
	(void)state;
	o.flood = true;
	s.world.columns = 0;
	for (uint64_t i = 1; i < 80; i++)
		assert_string_equal(play(REPORT_PING_SENT, i, -1), ".");
	assert_string_equal(play(REPORT_PING_SENT, 80, -1), "");
}

static void other_output_ends_the_line_of_dots(void **state)
{
	(void)state;
	o.flood = true;
	play(REPORT_PING_SENT, 1, -1);
	assert_string_equal(play(REPORT_PING_START, 0, -1),
	                    "\nPING 198.51.100.7 (198.51.100.7) 56(84) bytes of data.\n");
	assert_string_equal(play(REPORT_PING_REPLY, 1, NSEC_MS), "");
	play(REPORT_PING_SENT, 2, -1);
	play(REPORT_PING_STATUS, 0, -1);
	assert_string_equal(play(REPORT_PING_REPLY, 2, NSEC_MS), "");
}

/* --- status and summary
 * --------------------------------------------------------------------------- */

static void status_line(void **state)
{
	(void)state;
	const nsec samples[] = { 22 * NSEC_US, 58 * NSEC_US, 40 * NSEC_US };
	stage_samples(&s, samples, 3);
	s.totals.sent = 4;
	s.totals.received = 3;
	s.totals.lost = 1;
	s.totals.ewma = 51499.6;
	assert_string_equal(play(REPORT_PING_STATUS, 0, -1), "");
	assert_string_equal(
	        s.err.data,
	        "\r3/4 packets, 25% loss, min/avg/ewma/max = 0.022/0.040/0.052/0.058 ms\n");
	o.targets = 2;
	play(REPORT_PING_STATUS, 0, -1);
	assert_string_equal(s.err.data, "\r198.51.100.7: 3/4 packets, 25% loss, min/avg/ewma/max = "
	                                "0.022/0.040/0.052/0.058 ms\n");
}

static void status_of_nothing(void **state)
{
	(void)state;
	play(REPORT_PING_STATUS, 0, -1);
	assert_string_equal(s.err.data, "\r0/0 packets, 0% loss\n");
	s.totals.sent = 3;
	s.totals.lost = 2;
	s.totals.errors = 1;
	play(REPORT_PING_STATUS, 0, -1);
	assert_string_equal(s.err.data, "\r0/3 packets, 100% loss\n");
	s.totals.lost = 0;
	s.totals.in_flight = 3;
	play(REPORT_PING_STATUS, 0, -1);
	assert_string_equal(s.err.data, "\r0/3 packets, 3 in flight\n");
}

static void three_sent(void)
{
	const nsec samples[] = { 165 * NSEC_US, 209 * NSEC_US };
	stage_samples(&s, samples, 2);
	s.totals.sent = 3;
	s.totals.received = 2;
	s.totals.lost = 1;
	s.totals.pipe = 1;
	s.totals.first_sent = 5 * NSEC_S;
	s.totals.last_sent = 5 * NSEC_S + 406 * NSEC_MS;
	s.totals.ewma = 170500;
}

#define STATISTICS "\n--- 198.51.100.7 ping statistics ---\n"
#define RTT        "rtt min/avg/max/mdev = 0.165/0.187/0.209/0.022 ms"

static void summary_in_full(void **state)
{
	(void)state;
	three_sent();
	assert_string_equal(
	        play(REPORT_PING_SUMMARY, 0, -1), STATISTICS
	        "3 packets transmitted, 2 received, 33.3333% packet loss, time 406ms\n" RTT "\n");
	s.totals.last_sent += 500 * NSEC_US;
	s.totals.pipe = 3;
	s.totals.duplicates = 2;
	s.totals.corrupt = 4;
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1), STATISTICS
	                    "3 packets transmitted, 2 received, +2 duplicates, +4 corrupted, "
	                    "33.3333% packet loss, time 407ms\n" RTT ", pipe 3\n");
	s.totals.sent = 6;
	s.totals.errors = 3;
	s.totals.send_errors = 5;
	/* what the line has no word for does not appear on it */
	s.totals.late = s.totals.foreign = s.totals.truncated = s.totals.local_drops = 9;
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1), STATISTICS
	                    "6 packets transmitted, 2 received, +2 duplicates, +4 corrupted, "
	                    "+3 errors, +5 send errors, 66.6667% packet loss, time 407ms\n" RTT
	                    ", pipe 3\n");
}

static void summary_names_the_target(void **state)
{
	(void)state;
	s.target.name = "www.test";
	s.target.canonical = "ho\nst.test";
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1),
	                    "\n--- ho\\x0ast.test ping statistics ---\n"
	                    "0 packets transmitted, 0 received\n\n");
}

static void loss_is_of_what_is_settled(void **state)
{
	(void)state;
	s.totals.sent = 1;
	s.totals.in_flight = 1;
	s.totals.pipe = 1;
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1),
	                    STATISTICS "1 packets transmitted, 0 received, 1 in flight, "
	                               "time 0ms\n\n");
	s.totals.sent = 5;
	s.totals.in_flight = 2;
	s.totals.received = 2;
	s.totals.lost = 1;
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1),
	                    STATISTICS "5 packets transmitted, 2 received, 33.3333% packet loss, "
	                               "time 0ms\n\n");
	s.totals = (struct report_ping_totals){ .sent = 2, .errors = 2, .rtt = &s.rtt };
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1),
	                    STATISTICS "2 packets transmitted, 0 received, +2 errors, 100% packet "
	                               "loss, time 0ms\n\n");
	s.totals = (struct report_ping_totals){
		.sent = 1000000, .received = 999999, .lost = 1, .rtt = &s.rtt
	};
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1),
	                    STATISTICS "1000000 packets transmitted, 999999 received, 0.0001% "
	                               "packet loss, time 0ms\n\n");
}

static void nothing_sent_nothing_said(void **state)
{
	(void)state;
	s.totals.send_errors = 3;
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1),
	                    STATISTICS "0 packets transmitted, 0 received, +3 send errors\n\n");
}

static void pipe_stands_alone_without_answers(void **state)
{
	(void)state;
	s.totals.sent = 4;
	s.totals.lost = 4;
	s.totals.pipe = 4;
	o.flood = true; /* no answer, no ipg either */
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1),
	                    STATISTICS "4 packets transmitted, 0 received, 100% packet loss, time "
	                               "0ms\npipe 4\n");
}

static void ipg_where_answers_set_the_pace(void **state)
{
	(void)state;
	three_sent();
	s.totals.last_sent = s.totals.first_sent + 24 * NSEC_US;
	const char *line = STATISTICS "3 packets transmitted, 2 received, 33.3333% packet loss, "
	                              "time 0ms\n" RTT ", ipg/ewma 0.012/0.171 ms\n";
	o.flood = true;
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1), line);
	o.flood = false;
	o.adaptive = true;
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1), line);
	o.adaptive = false;
	o.interval = 0;
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1), line);
	s.totals.sent = 1;
	s.totals.lost = 0;
	s.totals.received = 1;
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1),
	                    STATISTICS "1 packets transmitted, 1 received, 0% packet loss, time "
	                               "0ms\n" RTT "\n");
}

static void full_buffer_is_told(void **state)
{
	(void)state;
	size_t whole = strlen(ANSWER "\n");
	for (size_t limit = 0; limit <= whole; limit++) {
		buffer_release(&s.out);
		buffer_init(&s.out, limit);
		play(REPORT_PING_REPLY, 2, 100000);
		assert_int_equal(s.out.failed, limit < whole);
		assert_true(s.out.length <= limit);
	}
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(header_v4),
		test(header_tells_the_source_where_asked),
		test(header_v6),
		test(flow_label_is_not_for_v4),
		test(pattern_is_told_once),
		test(quiet_has_no_pattern_and_no_lines),
		test(times_are_rounded_once),
		test(sequence_numbers_are_whole),
		test(what_is_not_known_is_not_told),
		test(names_and_idents),
		test(hostile_names_stay_one_word),
		test(link_local_has_its_zone),
		test(suffixes_in_their_order),
		test(answers_of_a_group_are_no_duplicates),
		test(late_one_as_documented),
		test(never_sent_has_no_sequence),
		test(truncated_has_no_time),
		test(wrong_data_is_dumped),
		test(wrong_data_behind_the_cookie),
		test(wrong_data_at_zero_is_wrong_data),
		test(timestamps_before_each_line),
		test(icmp_errors_have_their_words),
		test(redirect_and_quench_have_a_colon),
		test(redirect_v6_names_the_better_hop),
		test(router_has_a_name),
		test(verbose_tells_what_an_error_quotes),
		test(refused_probes_have_a_line),
		test(several_targets_say_whose_line_it_is),
		test(lost_probes_have_no_line),
		test(unresolved_goes_to_stderr),
		test(local_drops_are_told_once_at_the_end),
		test(nothing_dropped_nothing_told),
		test(recorded_route_and_its_repeat),
		test(options_have_names_too),
		test(timestamps_with_addresses),
		test(timestamps_alone_and_clocks_of_their_own),
		test(no_timestamp_found_room),
		test(source_routes_and_others),
		test(malformed_options_are_told),
		test(node_information),
		test(zone_must_fit),
		test(flood_draws_and_erases),
		test(flood_stays_on_its_line),
		test(flood_lost_without_a_dot),
		test(flood_in_the_narrowest_terminal),
		test(flood_without_a_terminal_takes_eighty),
		test(other_output_ends_the_line_of_dots),
		test(status_line),
		test(status_of_nothing),
		test(summary_in_full),
		test(summary_names_the_target),
		test(loss_is_of_what_is_settled),
		test(nothing_sent_nothing_said),
		test(pipe_stands_alone_without_answers),
		test(ipg_where_answers_set_the_pace),
		test(full_buffer_is_told),
	};
	return cmocka_run_group_tests_name("text_ping", tests, NULL, NULL) != 0;
}
