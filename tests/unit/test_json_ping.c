/* Every line is read back by a parser that is not ours, and held against man/sonde-json.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "render/json_ping.h"
#include "render/jsonl.h"
#include "tests/unit/ping_report.h"
#include "tests/unit/sample.h"

#define PAGE "man/sonde-json.5"

static struct stage s;
static struct json_ping_options o;

static int set_up(void **state)
{
	(void)state;
	stage_init(&s);
	o = (struct json_ping_options){ .mode = "raw", .interval = NSEC_S };
	s.target.name = "www.test";
	s.renderer = json_ping_new(&o, &s.world, &s.out, &s.err);
	return s.renderer ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	stage_release(&s);
	return 0;
}

#define play(...) stage_play(&s, __VA_ARGS__)

/* The start of a run, so that what follows is not the first object. */
static void begin(void)
{
	play(REPORT_PING_START, 0, -1);
}

static json_t *parse(const char *line)
{
	size_t length = strlen(line);
	assert_true(length > 0 && line[length - 1] == '\n');
	assert_null(memchr(line, '\n', length - 1)); /* one line, one object */
	json_error_t error;
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		fail_msg("%s: %s", error.text, line);
	assert_true(json_is_object(object));
	return object;
}

static void start_in_full(void **state)
{
	(void)state;
	assert_string_equal(
	        play(REPORT_PING_START, 0, -1),
	        "{\"type\":\"start\",\"schema\":1,\"time\":\"2026-11-24T10:55:47.985412Z\","
	        "\"target\":\"www.test\",\"addr\":\"198.51.100.7\",\"family\":4,"
	        "\"size\":56,\"interval_ms\":1000,\"source\":null,\"mode\":\"raw\"}\n");
	o.mode = "dgram";
	o.interval = 2500 * NSEC_US;
	s.target.addr = stage_addr("fe80::7%3");
	s.target.source = stage_addr("fe80::1%3");
	assert_string_equal(
	        play(REPORT_PING_START, 0, -1),
	        "{\"type\":\"start\",\"schema\":1,\"time\":\"2026-11-24T10:55:47.985412Z\","
	        "\"target\":\"www.test\",\"addr\":\"fe80::7%eth0\",\"family\":6,"
	        "\"size\":56,\"interval_ms\":2.5,\"source\":\"fe80::1%eth0\","
	        "\"mode\":\"dgram\"}\n");
}

#define HEAD(type) \
	"{\"type\":\"" type "\",\"time\":\"2026-11-24T10:55:47.985412Z\",\"target\":\"www.test\","

static void schema_is_in_the_first_object(void **state)
{
	(void)state;
	s.target.addr.family = 0;
	s.report.text = "Name or service not known";
	assert_string_equal(play(REPORT_PING_UNRESOLVED, 0, -1),
	                    "{\"type\":\"resolve_error\",\"schema\":1,\"time\":"
	                    "\"2026-11-24T10:55:47.985412Z\",\"target\":\"www.test\","
	                    "\"text\":\"Name or service not known\"}\n");
	assert_string_equal(play(REPORT_PING_UNRESOLVED, 0, -1),
	                    HEAD("resolve_error") "\"text\":\"Name or service not known\"}\n");
}

static void answers_of_each_kind(void **state)
{
	(void)state;
	static const struct {
		enum report_kind kind;
		const char *type;
	} table[] = {
		{ REPORT_PING_REPLY, "reply" },         { REPORT_PING_LATE, "late" },
		{ REPORT_PING_DUPLICATE, "duplicate" }, { REPORT_PING_CORRUPT, "corrupt" },
		{ REPORT_PING_TRUNCATED, "truncated" }, { REPORT_PING_FOREIGN, "foreign" },
	};
	begin();
	s.name = "not.told.test";
	s.reply.from = stage_addr("203.0.113.1");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char line[512];
		snprintf(line, sizeof line,
		         "{\"type\":\"%s\",\"time\":\"2026-11-24T10:55:47.985412Z\","
		         "\"target\":\"www.test\",\"addr\":\"198.51.100.7\","
		         "\"from\":\"203.0.113.1\",\"seq\":70000,\"bytes\":64,\"ttl\":63,"
		         "\"rtt_ms\":12.345678}\n",
		         table[i].type);
		assert_string_equal(play(table[i].kind, 70000, 12345678), line);
	}
}

static void what_is_not_known_is_null(void **state)
{
	(void)state;
	begin();
	s.reply.ttl = -1;
	assert_string_equal(play(REPORT_PING_FOREIGN, 0, -1),
	                    HEAD("foreign") "\"addr\":\"198.51.100.7\",\"from\":\"198.51.100.7\","
	                                    "\"seq\":null,\"bytes\":64,\"ttl\":null,"
	                                    "\"rtt_ms\":null}\n");
	s.report.target = NULL;
	buffer_clear(&s.out);
	s.renderer->ops->report(s.renderer, &s.report);
	json_t *object = parse(s.out.data);
	assert_true(json_is_null(json_object_get(object, "target")));
	assert_true(json_is_null(json_object_get(object, "addr")));
	json_decref(object);
	s.reply.ttl = 0; /* is known */
	object = parse(play(REPORT_PING_REPLY, 1, 0));
	assert_int_equal(json_integer_value(json_object_get(object, "ttl")), 0);
	assert_true(json_is_integer(json_object_get(object, "ttl")));
	assert_true(json_is_integer(json_object_get(object, "rtt_ms")));
	json_decref(object);
}

static void round_trips_are_exact(void **state)
{
	(void)state;
	begin();
	static const struct {
		nsec rtt;
		const char *text;
	} table[] = {
		{ 0, "\"rtt_ms\":0}" },
		{ 1, "\"rtt_ms\":0.000001}" },
		{ 39100, "\"rtt_ms\":0.0391}" },
		{ 1000000, "\"rtt_ms\":1}" },
		{ 100000000, "\"rtt_ms\":100}" },
		{ 10000001, "\"rtt_ms\":10.000001}" },
		{ INT64_MAX, "\"rtt_ms\":9223372036854.775807}" },
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		assert_non_null(strstr(play(REPORT_PING_REPLY, 1, table[i].rtt), table[i].text));
}

static void times_are_of_the_wall(void **state)
{
	(void)state;
	begin();
	s.world.wall_offset = 999 - STAGE_TIME; /* below a microsecond: not yet the next */
	assert_non_null(strstr(play(REPORT_PING_LOST, 1, -1), "\"1970-01-01T00:00:00.000000Z\""));
}

static void lost_and_waiting(void **state)
{
	(void)state;
	begin();
	assert_string_equal(play(REPORT_PING_LOST, 70000, -1),
	                    HEAD("lost") "\"addr\":\"198.51.100.7\",\"seq\":70000}\n");
	assert_string_equal(play(REPORT_PING_WAITING, 3, -1),
	                    HEAD("waiting") "\"addr\":\"198.51.100.7\",\"seq\":3}\n");
}

static const char *play_error(enum report_kind kind, uint8_t type, uint8_t code)
{
	s.reply.kind = REPLY_UNREACHABLE;
	s.reply.icmp_type = type;
	s.reply.icmp_code = code;
	return play(kind, 3, -1);
}

#define ERROR4(rest)  \
	HEAD("error") \
	"\"addr\":\"198.51.100.7\",\"from\":\"203.0.113.1\",\"seq\":3," rest "}\n"
#define ERROR6(rest)  \
	HEAD("error") \
	"\"addr\":\"2001:db8::7\",\"from\":\"2001:db8::1\",\"seq\":3," rest "}\n"

static void errors_v4(void **state)
{
	(void)state;
	begin();
	s.reply.from = stage_addr("203.0.113.1");
	s.reply.mtu = 1400;
	s.reply.pointer = 20;
	assert_string_equal(play_error(REPORT_PING_ERROR, 11, 0),
	                    ERROR4("\"icmp_type\":11,\"icmp_code\":0,"
	                           "\"text\":\"Time to live exceeded\",\"settled\":true"));
	assert_string_equal(play_error(REPORT_PING_NOTICE, 3, 1),
	                    ERROR4("\"icmp_type\":3,\"icmp_code\":1,"
	                           "\"text\":\"Destination Host Unreachable\",\"settled\":false"));
	assert_string_equal(play_error(REPORT_PING_ERROR, 3, 4),
	                    ERROR4("\"icmp_type\":3,\"icmp_code\":4,"
	                           "\"text\":\"Frag needed and DF set (mtu = 1400)\","
	                           "\"settled\":true,\"mtu\":1400"));
	assert_string_equal(play_error(REPORT_PING_ERROR, 12, 0),
	                    ERROR4("\"icmp_type\":12,\"icmp_code\":0,"
	                           "\"text\":\"Parameter problem: pointer = 20\","
	                           "\"settled\":true,\"pointer\":20"));
	/* the numbers of IPv6 mean something else here */
	assert_null(strstr(play_error(REPORT_PING_ERROR, 2, 0), "mtu"));
	assert_null(strstr(play_error(REPORT_PING_ERROR, 4, 0), "pointer"));
	s.reply.gateway = stage_addr("203.0.113.77");
	assert_string_equal(play_error(REPORT_PING_NOTICE, 5, 1),
	                    ERROR4("\"icmp_type\":5,\"icmp_code\":1,"
	                           "\"text\":\"Redirect Host(New nexthop: 203.0.113.77)\","
	                           "\"settled\":false,\"gateway\":\"203.0.113.77\""));
	s.reply.gateway.family = 0;
	s.reply.mtu = 0; /* an old router does not say */
	s.reply.pointer = 0;
	assert_string_equal(play_error(REPORT_PING_ERROR, 3, 4),
	                    ERROR4("\"icmp_type\":3,\"icmp_code\":4,"
	                           "\"text\":\"Frag needed and DF set (mtu = 0)\","
	                           "\"settled\":true,\"mtu\":null"));
	assert_string_equal(play_error(REPORT_PING_ERROR, 12, 0),
	                    ERROR4("\"icmp_type\":12,\"icmp_code\":0,"
	                           "\"text\":\"Parameter problem: pointer = 0\","
	                           "\"settled\":true,\"pointer\":0"));
}

static void errors_v6(void **state)
{
	(void)state;
	begin();
	s.target.addr = stage_addr("2001:db8::7");
	s.reply.from = stage_addr("2001:db8::1");
	s.reply.mtu = 1400;
	s.reply.pointer = 6;
	assert_string_equal(play_error(REPORT_PING_ERROR, 2, 0),
	                    ERROR6("\"icmp_type\":2,\"icmp_code\":0,"
	                           "\"text\":\"Packet too big: mtu=1400\",\"settled\":true,"
	                           "\"mtu\":1400"));
	assert_string_equal(play_error(REPORT_PING_ERROR, 4, 1),
	                    ERROR6("\"icmp_type\":4,\"icmp_code\":1,"
	                           "\"text\":\"Parameter problem: Unknown header at 6\","
	                           "\"settled\":true,\"pointer\":6"));
	assert_string_equal(play_error(REPORT_PING_ERROR, 3, 4),
	                    ERROR6("\"icmp_type\":3,\"icmp_code\":4,"
	                           "\"text\":\"Time exceeded: code 4\",\"settled\":true"));
	assert_null(strstr(play_error(REPORT_PING_ERROR, 12, 0), "pointer"));
}

static void refused_probes(void **state)
{
	(void)state;
	begin();
	s.report.error = ENETUNREACH;
	assert_string_equal(play(REPORT_PING_SEND_ERROR, 2, -1),
	                    HEAD("send_error") "\"addr\":\"198.51.100.7\",\"seq\":2,"
	                                       "\"errno\":\"ENETUNREACH\","
	                                       "\"text\":\"Network is unreachable\"}\n");
	s.report.error = EMSGSIZE;
	s.report.mtu = 1400;
	assert_string_equal(play(REPORT_PING_SEND_ERROR, 2, -1),
	                    HEAD("send_error") "\"addr\":\"198.51.100.7\",\"seq\":2,"
	                                       "\"errno\":\"EMSGSIZE\","
	                                       "\"text\":\"Message too long\",\"mtu\":1400}\n");
	s.report.error = 9999;
	s.report.mtu = 0;
	assert_string_equal(play(REPORT_PING_SEND_ERROR, 2, -1),
	                    HEAD("send_error") "\"addr\":\"198.51.100.7\",\"seq\":2,"
	                                       "\"errno\":null,\"text\":null}\n");
}

static void summary_in_full(void **state)
{
	(void)state;
	begin();
	const nsec samples[] = { 20000, 20000, 30000, 60000 };
	stage_samples(&s, samples, 4);
	s.totals = (struct report_ping_totals){
		.sent = 9,
		.received = 4,
		.lost = 2,
		.in_flight = 2,
		.errors = 1,
		.duplicates = 11,
		.late = 12,
		.corrupt = 13,
		.foreign = 14,
		.truncated = 15,
		.send_errors = 16,
		.local_drops = 17,
		.duration = 2000000001,
		.rtt = &s.rtt,
	};
	/*
	 * Loss: 3 of the 7 settled. Deviation: of -12.5, -12.5, -2.5, 27.5 us, sqrt(268.75) us.
	 * Jitter: differences 0, 10, 30 us; RFC 3550: 10/16, then 0.625 + 29.375/16.
	 */
#define COUNTS                                                                                \
	"\"addr\":\"198.51.100.7\",\"sent\":9,\"received\":4,\"lost\":2,\"in_flight\":2,"     \
	"\"loss_pct\":42.857143,\"duplicates\":11,\"late\":12,\"corrupt\":13,\"foreign\":14," \
	"\"truncated\":15,\"errors\":1,\"send_errors\":16,\"local_drops\":17,"                \
	"\"duration_s\":2.000000001,"
#define JITTER "\"jitter_ms\":{\"rfc3550\":0.002461,\"mean\":0.013333,\"max\":0.03}}\n"
	assert_string_equal(play(REPORT_PING_SUMMARY, 0, -1), HEAD("summary") COUNTS
	                    "\"rtt_ms\":{\"min\":0.02,\"avg\":0.0325,\"max\":0.06,"
	                    "\"stddev\":0.016394,\"p50\":null,\"p90\":null,\"p95\":null,"
	                    "\"p99\":null}," JITTER);
	s.totals.histogram = &s.histogram;
	json_t *object = parse(play(REPORT_PING_SUMMARY, 0, -1));
	json_t *rtt = json_object_get(object, "rtt_ms");
	const struct {
		const char *name;
		double ms;
	} percentiles[] = { { "p50", 0.02 }, { "p90", 0.06 }, { "p95", 0.06 }, { "p99", 0.06 } };
	for (size_t i = 0; i < sizeof percentiles / sizeof percentiles[0]; i++) {
		double ms = json_number_value(json_object_get(rtt, percentiles[i].name));
		assert_true(ms > percentiles[i].ms * (1 - 1. / 64) &&
		            ms < percentiles[i].ms * (1 + 1. / 64));
	}
	json_decref(object);
}

static void percentiles_are_four(void **state)
{
	(void)state;
	begin();
	for (nsec i = 1; i <= 1000; i++) {
		stats_add(&s.rtt, i * NSEC_MS);
		assert_int_equal(histogram_add(&s.histogram, i * NSEC_MS), 0);
	}
	s.totals.histogram = &s.histogram;
	json_t *object = parse(play(REPORT_PING_SUMMARY, 0, -1));
	json_t *rtt = json_object_get(object, "rtt_ms");
	static const char *const names[] = { "p50", "p90", "p95", "p99" };
	static const double ms[] = { 500, 900, 950, 990 };
	for (size_t i = 0; i < 4; i++) {
		double got = json_number_value(json_object_get(rtt, names[i]));
		assert_true(got > ms[i] * (1 - 1. / 64) && got < ms[i] * (1 + 1. / 64));
	}
	json_decref(object);
}

static void nothing_measured_is_null(void **state)
{
	(void)state;
	begin();
	s.totals.histogram = &s.histogram;
	json_t *object = parse(play(REPORT_PING_SUMMARY, 0, -1));
	assert_true(json_is_null(json_object_get(object, "loss_pct")));
	assert_true(json_is_null(json_object_get(object, "rtt_ms")));
	assert_true(json_is_null(json_object_get(object, "jitter_ms")));
	json_decref(object);

	s.totals.sent = s.totals.in_flight = 3; /* nobody knows yet */
	object = parse(play(REPORT_PING_SUMMARY, 0, -1));
	assert_true(json_is_null(json_object_get(object, "loss_pct")));
	json_decref(object);

	stats_add(&s.rtt, NSEC_MS); /* one has no difference to another */
	s.totals.in_flight = 2;
	s.totals.received = 1;
	object = parse(play(REPORT_PING_SUMMARY, 0, -1));
	assert_true(json_is_integer(json_object_get(object, "loss_pct")));
	assert_int_equal(json_integer_value(json_object_get(object, "loss_pct")), 0);
	json_t *rtt = json_object_get(object, "rtt_ms");
	assert_true(json_is_null(json_object_get(rtt, "p50"))); /* a histogram, but empty */
	assert_int_equal(json_integer_value(json_object_get(rtt, "min")), 1);
	assert_true(json_is_null(json_object_get(object, "jitter_ms")));
	json_decref(object);
}

static void options_of_replies(void **state)
{
	(void)state;
	begin();
	/* NOP; a route of two, one of them recorded; the same again; a timestamp option */
	const uint8_t bytes[] = { 1, 7,    11,   8,    198,  51,  100, 1,   0,  0,    0,   0,  7,
		                  7, 8,    1,    2,    3,    4,   68,  20,  21, 0x21, 198, 51, 100,
		                  1, 0x02, 0x58, 0x68, 0xa9, 203, 0,   113, 9,  0x80, 0,   0,  5 };
	s.reply.options = (struct span){ .data = bytes, .length = sizeof bytes };
	const char *line = play(REPORT_PING_REPLY, 1, NSEC_MS);
	json_decref(parse(line));
	assert_non_null(strstr(line,
	                       "\"rtt_ms\":1,\"route\":[\"198.51.100.1\"],\"timestamps\":["
	                       "{\"addr\":\"198.51.100.1\",\"ms\":39348393,\"standard\":true},"
	                       "{\"addr\":\"203.0.113.9\",\"ms\":5,\"standard\":false}],"
	                       "\"unrecorded_hops\":2}\n"));
	const uint8_t alone[] = { 68, 8, 9, 0, 0, 0, 0, 7 };
	s.reply.options = (struct span){ .data = alone, .length = sizeof alone };
	assert_non_null(strstr(play(REPORT_PING_REPLY, 1, NSEC_MS),
	                       "\"timestamps\":[{\"addr\":null,\"ms\":7,\"standard\":true}],"
	                       "\"unrecorded_hops\":0}\n"));
	const uint8_t bad[] = { 7, 7, 5, 1, 2, 3, 4, 68, 8, 5, 2, 0, 0, 0, 0, 7 };
	s.reply.options = (struct span){ .data = bad, .length = sizeof bad };
	line = play(REPORT_PING_REPLY, 1, NSEC_MS);
	json_decref(parse(line));
	assert_null(strstr(line, "route"));
	assert_null(strstr(line, "timestamps"));
}

static void node_information(void **state)
{
	(void)state;
	begin();
	const uint8_t names[] = { 0, 2, 0, 0, 1, 2,   3, 4,   5, 6, 7,   8,
		                  0, 0, 0, 0, 3, 'a', 0, 'b', 0, 1, 'c', 0 };
	s.reply.kind = REPLY_NODE_INFO;
	s.reply.payload = (struct span){ .data = names, .length = sizeof names };
	const char *line = play(REPORT_PING_REPLY, 1, NSEC_MS);
	assert_non_null(strstr(line, "\"rtt_ms\":1,\"node_info\":{\"code\":0,\"names\":"
	                             "[\"a\\u0000b\",\"c\"],\"addrs\":[]}}\n"));
	uint8_t addrs[12 + 2 * 20] = { 0, 3 };
	const uint8_t bytes[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	memcpy(addrs + 16, bytes, 16);
	memcpy(addrs + 36, bytes, 16);
	addrs[51] = 2;
	s.reply.payload = (struct span){ .data = addrs, .length = sizeof addrs };
	s.reply.icmp_code = 1;
	line = play(REPORT_PING_REPLY, 1, NSEC_MS);
	json_decref(parse(line));
	assert_non_null(strstr(line, "\"node_info\":{\"code\":1,\"names\":[],\"addrs\":"
	                             "[\"2001:db8::1\",\"2001:db8::2\"]}}\n"));
	s.reply.payload.length = 11;
	assert_null(strstr(play(REPORT_PING_REPLY, 1, NSEC_MS), "node_info"));
}

static void some_reports_are_no_objects(void **state)
{
	(void)state;
	begin();
	assert_string_equal(play(REPORT_PING_SENT, 1, -1), "");
	assert_string_equal(play(REPORT_DROPS, 0, -1), "");
	assert_string_equal(s.err.data ? s.err.data : "", "");
	assert_string_equal(play(REPORT_PING_STATUS, 0, -1), "");
	assert_string_equal(s.err.data, "\r198.51.100.7: 0/0 packets, 0% loss\n");
	buffer_clear(&s.err);
	s.renderer->ops->finish(s.renderer);
	assert_int_equal(s.out.length + s.err.length, 0);
}

static void hostile_text_stays_within_its_string(void **state)
{
	(void)state;
	begin();
	static const char *const names[] = {
		"\",\"rtt_ms\":1,\"x\":\"",
		"a\nb",
		"\\",
		"\x1b[2J",
		"\x9b",
		"\xff\xfe",
		"\xed\xa0\x80",
		"",
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		s.target.name = names[i];
		json_t *object = parse(play(REPORT_PING_LOST, 1, -1));
		assert_int_equal(json_object_size(object), 5);
		const char *back = json_string_value(json_object_get(object, "target"));
		assert_non_null(back);
		json_t *valid = json_string(names[i]); /* NULL unless UTF-8 */
		if (valid)
			assert_string_equal(back, names[i]);
		json_decref(valid);
		json_decref(object);
	}
}

static const char *hostile_zone(void *ctx, uint32_t scope)
{
	(void)ctx;
	(void)scope;
	return "e\"\x1b\\0";
}

static void hostile_zone_too(void **state)
{
	(void)state;
	begin();
	s.world.zone = hostile_zone;
	s.target.addr = stage_addr("fe80::7%3");
	json_t *object = parse(play(REPORT_PING_LOST, 1, -1));
	assert_string_equal(json_string_value(json_object_get(object, "addr")),
	                    "fe80::7%e\"\x1b\\0");
	json_decref(object);
}

/* At its limit a buffer holds whole lines or none. */
static void full_buffer_holds_whole_lines(void **state)
{
	(void)state;
	begin();
	char line[512];
	snprintf(line, sizeof line, "%s", play(REPORT_PING_REPLY, 1, NSEC_MS));
	size_t length = strlen(line);
	for (size_t limit = 0; limit < 2 * length; limit++) {
		buffer_release(&s.out);
		buffer_init(&s.out, limit);
		s.renderer->ops->report(s.renderer, &s.report);
		assert_int_equal(s.out.failed, limit < length);
		assert_int_equal(s.out.length, limit < length ? 0 : length);
		s.renderer->ops->report(s.renderer, &s.report);
		assert_true(s.out.failed);
		assert_int_equal(s.out.length, limit < length ? 0 : length);
		if (s.out.data)
			assert_string_equal(s.out.data, limit < length ? "" : line);
	}
}

/* --- the writer
 * ------------------------------------------------------------------------------------ */

static void writer_nests_and_separates(void **state)
{
	(void)state;
	struct jsonl j;
	jsonl_line(&j, &s.out);
	jsonl_array(&j, "a");
	jsonl_end(&j);
	jsonl_object(&j, "b");
	jsonl_end(&j);
	jsonl_array(&j, "c");
	jsonl_integer(&j, NULL, INT64_MIN);
	jsonl_unsigned(&j, NULL, UINT64_MAX);
	jsonl_decimal(&j, NULL, -1500, 3);
	jsonl_decimal(&j, NULL, -5, 3);
	jsonl_bool(&j, NULL, true);
	jsonl_null(&j, NULL);
	jsonl_array(&j, NULL);
	jsonl_object(&j, NULL);
	jsonl_bool(&j, "d", false);
	jsonl_end(&j);
	jsonl_end(&j);
	jsonl_string(&j, NULL, "e");
	jsonl_end(&j);
	jsonl_string(&j, "f", NULL);
	jsonl_line_end(&j);
	assert_string_equal(s.out.data,
	                    "{\"a\":[],\"b\":{},\"c\":[-9223372036854775808,18446744073709551615,"
	                    "-1.5,-0.005,true,null,[{\"d\":false}],\"e\"],\"f\":null}\n");
}

/* --- the page and the renderer -------------------------------------------------------------------
 */

struct names {
	char name[512][64];
	size_t count;
};

static void note(struct names *n, const char *type, const char *field, const char *within)
{
	char name[64];
	int length =
	        snprintf(name, sizeof name, "%s: %s%s%s", type, within, *within ? "." : "", field);
	assert_in_range(length, 1, sizeof name - 1);
	for (size_t i = 0; i < n->count; i++)
		if (strcmp(n->name[i], name) == 0)
			return;
	assert_true(n->count < sizeof n->name / sizeof n->name[0]);
	memcpy(n->name[n->count++], name, sizeof name);
}

static void note_object(struct names *n, const char *type, json_t *object, const char *within)
{
	const char *key;
	json_t *value;
	json_object_foreach(object, key, value)
	{
		note(n, type, key, within);
		if (json_is_object(value))
			note_object(n, type, value, key);
		else if (json_is_array(value) && json_is_object(json_array_get(value, 0)))
			note_object(n, type, json_array_get(value, 0), key);
	}
}

static void note_line(struct names *n, const char *line)
{
	json_t *object = parse(line);
	const char *type = json_string_value(json_object_get(object, "type"));
	assert_non_null(type);
	note_object(n, type, object, "");
	json_decref(object);
}

/* Every kind of report there is, with everything in it. */
static void everything_printed(struct names *n)
{
	const uint8_t options[] = { 7, 7, 8, 198, 51, 100, 1, 68, 8, 9, 0, 0, 0, 0, 7, 0 };
	const nsec samples[] = { NSEC_MS, 2 * NSEC_MS };
	stage_samples(&s, samples, 2);
	s.totals.sent = s.totals.received = 2;
	for (int kind = 0; kind <= REPORT_PING_UNRESOLVED; kind++) {
		s.reply.options = (struct span){ .data = options, .length = sizeof options };
		s.reply.gateway = stage_addr("203.0.113.77");
		s.reply.icmp_type = 12;
		s.reply.icmp_code = 0;
		s.report.text = "Name or service not known";
		s.report.error = EMSGSIZE;
		s.report.mtu = 1400;
		if (*play((enum report_kind)kind, 1, NSEC_MS))
			note_line(n, s.out.data);
	}
	s.reply.icmp_type = 3;
	s.reply.icmp_code = 4;
	note_line(n, play(REPORT_PING_ERROR, 1, -1));
	const uint8_t node[12] = { 0, 3 };
	s.reply.kind = REPLY_NODE_INFO;
	s.reply.payload = (struct span){ .data = node, .length = sizeof node };
	for (int kind = REPORT_PING_REPLY; kind <= REPORT_PING_FOREIGN; kind++)
		note_line(n, play((enum report_kind)kind, 1, NSEC_MS));
}

static const char *const alike[] = { "late", "duplicate", "corrupt", "truncated", "foreign" };

static void note_common(struct names *n, const struct names *common, const char *type)
{
	for (size_t i = 0; i < common->count; i++) {
		const char *field = strchr(common->name[i], ' ') + 1;
		/* schema: in the first object, which start is here */
		if (strcmp(field, "schema") != 0 || strcmp(type, "start") == 0)
			note(n, type, field, "");
	}
}

/* ".It Cm type" and ".It Va field" of the part on ping, the common fields with each type. */
static void everything_documented(struct names *n)
{
	FILE *page = fopen(PAGE, "r");
	assert_non_null(page);
	static struct names common;
	common.count = 0;
	char line[256], type[64] = "";
	bool in_ping = false, in_common = false;
	while (fgets(line, sizeof line, page)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, ".Sh ", 4) == 0)
			in_ping = strcmp(line, ".Sh PING") == 0;
		if (strncmp(line, ".S", 2) == 0)
			in_common = strcmp(line, ".Ss Common fields") == 0;
		if (strncmp(line, ".It Cm ", 7) == 0 && in_ping) {
			snprintf(type, sizeof type, "%.60s", line + 7);
			note_common(n, &common, type);
		} else if (strncmp(line, ".It Va ", 7) == 0 && in_common) {
			note(&common, "", line + 7, "");
		} else if (strncmp(line, ".It Va ", 7) == 0 && in_ping) {
			note(n, type, line + 7, "");
			for (size_t i = 0; strcmp(type, "reply") == 0 && i < 5; i++)
				note(n, alike[i], line + 7, "");
		}
	}
	fclose(page);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void page_and_renderer_agree(void **state)
{
	(void)state;
	static struct names printed, documented;
	printed.count = documented.count = 0;
	everything_printed(&printed);
	everything_documented(&documented);
	qsort(printed.name, printed.count, sizeof printed.name[0], by_name);
	qsort(documented.name, documented.count, sizeof documented.name[0], by_name);
	for (size_t i = 0; i < printed.count && i < documented.count; i++)
		assert_string_equal(printed.name[i], documented.name[i]);
	assert_int_equal(printed.count, documented.count);
	assert_true(printed.count > 100);
}

/* --- any report
 * -------------------------------------------------------------------------------------- */

static uint64_t seed;

static uint64_t next_random(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return seed >> 16;
}

static void random_report(uint8_t options[static 40], char name[static 8])
{
	for (size_t i = 0; i < 40; i++)
		options[i] = (uint8_t)next_random();
	static const uint8_t types[] = { 7, 68, 131, 1 };
	options[0] = types[next_random() % 4];
	options[1] = (uint8_t)(next_random() % 41);
	s.reply.options = (struct span){ .data = options, .length = next_random() % 41 };
	for (size_t i = 0; i < 7; i++)
		name[i] = (char)next_random();
	name[7] = '\0';
	s.target.name = name;
	s.reply.ttl = (int16_t)((int)(next_random() % 257) - 1);
	s.reply.icmp_type = (uint8_t)next_random();
	s.reply.icmp_code = (uint8_t)next_random();
	s.reply.mtu = (uint32_t)next_random();
	s.reply.pointer = (uint32_t)next_random();
	s.reply.flags = (uint32_t)next_random() & 63;
	s.reply.from = stage_addr(next_random() & 1 ? "203.0.113.1" : "fe80::1%3");
	s.reply.gateway = stage_addr("2001:db8::77");
	s.reply.gateway.family = next_random() & 1 ? 6 : 0;
	s.report.error = (int)(next_random() % 200);
	s.report.text = name;
}

/* A number is a number or null, a string no number; known fields have one type wherever they are.
 */
static void check_types(json_t *object)
{
	const char *key;
	json_t *value;
	json_object_foreach(object, key, value)
	{
		bool number = strstr(key, "_ms") || strstr(key, "_pct") || strstr(key, "_s") ||
		              strcmp(key, "seq") == 0 || strcmp(key, "ttl") == 0 ||
		              strcmp(key, "bytes") == 0 || strcmp(key, "mtu") == 0;
		if (json_is_object(value))
			check_types(value);
		else if (number)
			assert_true(json_is_number(value) || json_is_null(value) ||
			            strcmp(key, "send_errors") == 0);
		else if (json_is_string(value))
			assert_true(!number);
	}
}

static void any_report_is_one_valid_line(void **state)
{
	(void)state;
	seed = sample_seed(4711);
	for (int round = 0; round < 20000; round++) {
		uint8_t options[40];
		char name[8];
		random_report(options, name);
		nsec rtt = (nsec)(next_random() << 16 >> (next_random() & 63)) - 1;
		if (rtt >= 0) {
			stats_add(&s.rtt, rtt);
			assert_int_equal(histogram_add(&s.histogram, rtt), 0);
		}
		s.totals.histogram = round & 1 ? &s.histogram : NULL;
		s.totals.received = next_random() % 1000;
		s.totals.lost = next_random() % 1000;
		s.totals.errors = next_random() % 3;
		s.totals.in_flight = next_random() % 3;
		s.totals.sent =
		        s.totals.received + s.totals.lost + s.totals.errors + s.totals.in_flight;
		enum report_kind kind =
		        (enum report_kind)(next_random() % (REPORT_PING_UNRESOLVED + 1));
		const char *line = play(kind, next_random() % 4, rtt < 0 ? -1 : rtt);
		if (!*line)
			continue;
		json_t *object = parse(line);
		check_types(object);
		assert_non_null(json_object_get(object, "type"));
		assert_int_equal(json_string_length(json_object_get(object, "time")), 27);
		if (kind == REPORT_PING_SUMMARY) {
			double loss = json_number_value(json_object_get(object, "loss_pct"));
			assert_true(loss >= 0 && loss <= 100);
		}
		json_decref(object);
	}
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(start_in_full),
		test(schema_is_in_the_first_object),
		test(answers_of_each_kind),
		test(what_is_not_known_is_null),
		test(round_trips_are_exact),
		test(times_are_of_the_wall),
		test(lost_and_waiting),
		test(errors_v4),
		test(errors_v6),
		test(refused_probes),
		test(summary_in_full),
		test(percentiles_are_four),
		test(nothing_measured_is_null),
		test(options_of_replies),
		test(node_information),
		test(some_reports_are_no_objects),
		test(hostile_text_stays_within_its_string),
		test(hostile_zone_too),
		test(full_buffer_holds_whole_lines),
		test(writer_nests_and_separates),
		test(page_and_renderer_agree),
		test(any_report_is_one_valid_line),
	};
	return cmocka_run_group_tests_name("json_ping", tests, NULL, NULL) != 0;
}
