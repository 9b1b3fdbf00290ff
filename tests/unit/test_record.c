#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "algo/record.h"
#include "base/random.h"
#include "tests/unit/sample.h"

#define ROUNDS 3000

/* Parses a copy that ends where its block does. The event points into *copy, for free(). */
static bool parse(const char *line, struct record_event *event, char **copy)
{
	const char *fault = "untouched";
	*copy = (char *)sample_copy(line, strlen(line) + 1);
	bool fine = record_parse(*copy, strlen(line), event, &fault);
	assert_int_equal(fine, fault == NULL);
	return fine;
}

/* What is printed is one line; it parses, and prints to the same. */
static char *round_trip(const struct record_event *event, struct record_event *back)
{
	struct buffer line, again;
	char *copy;
	buffer_init(&line, 1 << 20);
	buffer_init(&again, 1 << 20);
	record_print(event, &line);
	assert_int_equal(line.data[line.length - 1], '\n');
	line.data[--line.length] = '\0';
	assert_null(strchr(line.data, '\n'));
	if (!parse(line.data, back, &copy))
		fail_msg("does not parse: %s", line.data);
	record_print(back, &again);
	again.data[--again.length] = '\0';
	assert_string_equal(line.data, again.data);
	buffer_release(&line);
	buffer_release(&again);
	return copy;
}

/* --- every member of every struct
 * -------------------------------------------------------------------- */

static struct random dice;

/* Often one of the ends of a range, or the value that is not written. */
static int64_t any(int64_t min, int64_t max)
{
	switch (random_below(&dice, 5)) {
	case 0: return min;
	case 1: return max;
	case 2: return 0 < min ? min : 0;
	case 3: return -1 < min ? min : -1;
	default: return min + (int64_t)random_below(&dice, (uint64_t)max - (uint64_t)min);
	}
}

static struct addr any_addr(void)
{
	uint8_t bytes[16];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)random_next(&dice);
	switch (random_below(&dice, 4)) {
	case 0: return (struct addr){ 0 };
	case 1: return addr_v4((uint32_t)random_next(&dice));
	case 2: return addr_v6(bytes);
	default:
		memcpy(bytes, (const uint8_t[]){ 0xfe, 0x80 }, 2);
		struct addr addr = addr_v6(bytes);
		addr.scope = (uint32_t)any(1, UINT32_MAX);
		return addr;
	}
}

static struct span any_bytes(uint8_t room[static 64])
{
	size_t length = random_below(&dice, 65);
	for (size_t i = 0; i < length; i++)
		room[i] = (uint8_t)random_next(&dice);
	return (struct span){ .data = room, .length = length };
}

static void same_addr(const struct addr *a, const struct addr *b)
{
	assert_int_equal(a->family, b->family);
	assert_memory_equal(a->bytes, b->bytes, sizeof a->bytes);
	assert_int_equal(a->scope, b->scope);
}

static void same_bytes(struct span a, struct span b)
{
	assert_int_equal(a.length, b.length);
	if (a.length)
		assert_memory_equal(a.data, b.data, a.length);
}

static void replies_come_back_whole(void **state)
{
	(void)state;
	random_init(&dice, sample_seed(11));
	for (int round = 0; round < ROUNDS; round++) {
		uint8_t room[3][64];
		struct record_event back, event = { .kind = RECORD_REPLY };
		struct reply *a = &event.reply, *b = &back.reply;
		*a = (struct reply){
			.token = random_next(&dice),
			.sent = any(-RECORD_TIME_MAX, RECORD_TIME_MAX),
			.time = any(-RECORD_TIME_MAX, RECORD_TIME_MAX),
			.from = any_addr(),
			.to = any_addr(),
			.flags = (uint32_t)random_below(&dice, 2 * REPLY_ROUGH),
			.kind = (uint8_t)any(REPLY_ECHO, REPLY_OTHER),
			.icmp_type = (uint8_t)any(0, 255),
			.icmp_code = (uint8_t)any(0, 255),
			.ttl = (int16_t)any(INT16_MIN, INT16_MAX),
			.tos = (int16_t)any(INT16_MIN, INT16_MAX),
			.bytes = (uint32_t)any(0, UINT32_MAX),
			.mtu = (uint32_t)any(0, UINT32_MAX),
			.pointer = (uint32_t)any(0, UINT32_MAX),
			.gateway = any_addr(),
			.fragment_size = (uint32_t)any(0, UINT32_MAX),
			.quoted = { .ttl = (int16_t)any(INT16_MIN, INT16_MAX),
			            .tos = (int16_t)any(INT16_MIN, INT16_MAX),
			            .length = (int32_t)any(INT32_MIN, INT32_MAX),
			            .id = (int32_t)any(INT32_MIN, INT32_MAX),
			            .checksum = (int32_t)any(INT32_MIN, INT32_MAX),
			            .df = (int8_t)any(INT8_MIN, INT8_MAX),
			            .mf = (int8_t)any(INT8_MIN, INT8_MAX),
			            .src = any_addr(),
			            .dst = any_addr(),
			            .sport = (uint16_t)any(0, UINT16_MAX),
			            .dport = (uint16_t)any(0, UINT16_MAX),
			            .mss = (uint16_t)any(0, UINT16_MAX),
			            .rewritten = random_below(&dice, 2) },
			.payload = any_bytes(room[0]),
			.options = any_bytes(room[1]),
			.extensions = any_bytes(room[2]),
			.wrong_at = (int32_t)any(INT32_MIN, INT32_MAX),
			.wrong_want = (uint8_t)any(0, 255),
			.wrong_got = (uint8_t)any(0, 255),
		};
		char *copy = round_trip(&event, &back);
		assert_int_equal(back.kind, RECORD_REPLY);
		assert_true(a->token == b->token);
		assert_true(a->sent == b->sent && a->time == b->time);
		same_addr(&a->from, &b->from);
		same_addr(&a->to, &b->to);
		assert_int_equal(a->flags, b->flags);
		assert_int_equal(a->kind, b->kind);
		assert_int_equal(a->icmp_type, b->icmp_type);
		assert_int_equal(a->icmp_code, b->icmp_code);
		assert_int_equal(a->ttl, b->ttl);
		assert_int_equal(a->tos, b->tos);
		assert_int_equal(a->bytes, b->bytes);
		assert_int_equal(a->mtu, b->mtu);
		assert_int_equal(a->pointer, b->pointer);
		same_addr(&a->gateway, &b->gateway);
		assert_int_equal(a->fragment_size, b->fragment_size);
		assert_int_equal(a->quoted.ttl, b->quoted.ttl);
		assert_int_equal(a->quoted.tos, b->quoted.tos);
		assert_int_equal(a->quoted.length, b->quoted.length);
		assert_int_equal(a->quoted.id, b->quoted.id);
		assert_int_equal(a->quoted.checksum, b->quoted.checksum);
		assert_int_equal(a->quoted.df, b->quoted.df);
		assert_int_equal(a->quoted.mf, b->quoted.mf);
		same_addr(&a->quoted.src, &b->quoted.src);
		same_addr(&a->quoted.dst, &b->quoted.dst);
		assert_int_equal(a->quoted.sport, b->quoted.sport);
		assert_int_equal(a->quoted.dport, b->quoted.dport);
		assert_int_equal(a->quoted.mss, b->quoted.mss);
		assert_int_equal(a->quoted.rewritten, b->quoted.rewritten);
		same_bytes(a->payload, b->payload);
		same_bytes(a->options, b->options);
		same_bytes(a->extensions, b->extensions);
		assert_int_equal(a->wrong_at, b->wrong_at);
		assert_int_equal(a->wrong_want, b->wrong_want);
		assert_int_equal(a->wrong_got, b->wrong_got);
		free(copy);
	}
}

static void probes_come_back_whole(void **state)
{
	(void)state;
	random_init(&dice, sample_seed(12));
	for (int round = 0; round < ROUNDS; round++) {
		struct record_event back;
		struct record_event event = { .kind = RECORD_POLL,
			                      .time = any(0, RECORD_TIME_MAX),
			                      .action = ACTION_SEND };
		struct probe *a = &event.probe, *b = &back.probe;
		*a = (struct probe){
			.token = random_next(&dice),
			.dst = any_addr(),
			.size = (uint32_t)any(0, UINT32_MAX),
			.flow = (uint16_t)any(0, UINT16_MAX),
			.port = (uint16_t)any(0, UINT16_MAX),
			.kind = (uint8_t)any(PROBE_ECHO, PROBE_NODE_INFO),
			.ttl = (uint8_t)any(0, 255),
			.tos = (uint8_t)any(0, 255),
			.df = random_below(&dice, 2),
		};
		char *copy = round_trip(&event, &back);
		assert_int_equal(back.kind, RECORD_POLL);
		assert_int_equal(back.action, ACTION_SEND);
		assert_true(event.time == back.time);
		assert_true(a->token == b->token);
		same_addr(&a->dst, &b->dst);
		assert_int_equal(a->size, b->size);
		assert_int_equal(a->flow, b->flow);
		assert_int_equal(a->port, b->port);
		assert_int_equal(a->kind, b->kind);
		assert_int_equal(a->ttl, b->ttl);
		assert_int_equal(a->tos, b->tos);
		assert_int_equal(a->df, b->df);
		free(copy);
	}
}

static void what_became_of_probes_comes_back_whole(void **state)
{
	(void)state;
	random_init(&dice, sample_seed(13));
	for (int round = 0; round < ROUNDS; round++) {
		struct record_event back;
		struct record_event event = { .kind = RECORD_SENT,
			                      .sent = { .token = random_next(&dice),
			                                .time = any(0, RECORD_TIME_MAX),
			                                .error = (int)any(0, 133),
			                                .mtu = (uint32_t)any(0, UINT32_MAX),
			                                .stamped = random_below(&dice, 2) } };
		char *copy = round_trip(&event, &back);
		assert_int_equal(back.kind, RECORD_SENT);
		assert_true(event.sent.token == back.sent.token);
		assert_true(event.sent.time == back.sent.time);
		assert_int_equal(event.sent.error, back.sent.error);
		assert_int_equal(event.sent.mtu, back.sent.mtu);
		assert_int_equal(event.sent.stamped, back.sent.stamped);
		free(copy);
	}
}

static void the_rest_comes_back_whole(void **state)
{
	(void)state;
	const struct record_event events[] = {
		{ .kind = RECORD_POLL, .time = 7, .action = ACTION_IDLE },
		{ .kind = RECORD_POLL, .time = RECORD_TIME_MAX, .action = ACTION_DONE },
		{ .kind = RECORD_POLL, .time = 0, .action = ACTION_REPORT, .reports = 1 },
		{ .kind = RECORD_POLL, .action = ACTION_REPORT, .reports = UINT32_MAX },
		{ .kind = RECORD_DROPS, .time = 9, .drops = UINT64_MAX },
		{ .kind = RECORD_STOP, .time = 10 },
	};
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
		struct record_event back;
		char *copy = round_trip(&events[i], &back);
		assert_int_equal(back.kind, events[i].kind);
		assert_true(back.time == events[i].time);
		assert_int_equal(back.action, events[i].action);
		assert_int_equal(back.reports, events[i].reports);
		assert_true(back.drops == events[i].drops);
		free(copy);
	}
}

/* --- notes
 * ------------------------------------------------------------------------------------------ */

static void notes_hold_any_text(void **state)
{
	(void)state;
	char all[256];
	for (int i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	const char *texts[RECORD_VALUES_MAX] = {
		all, NULL, "-", "", "\"", "\\x41", "a b", "plain"
	};
	struct record_event back, note = record_note("word");
	for (size_t i = 0; i < RECORD_VALUES_MAX; i++)
		record_add(&note, texts[i]);
	record_add(&note, "one too many");
	char *copy = round_trip(&note, &back);
	assert_int_equal(back.kind, RECORD_NOTE);
	assert_string_equal(back.word, "word");
	assert_int_equal(back.value_count, RECORD_VALUES_MAX);
	for (size_t i = 0; i < RECORD_VALUES_MAX; i++) {
		if (!texts[i])
			assert_null(back.values[i]);
		else
			assert_string_equal(back.values[i], texts[i]);
	}
	free(copy);
}

static void values_of_notes_are_judged(void **state)
{
	(void)state;
	struct record_event note;
	struct addr addr;
	int64_t number = 5;
	char *copy;
	assert_true(parse("w -3 9223372036854775807 - 198.51.100.7 fe80::1%3 x 12x", &note, &copy));
	assert_true(record_number(&note, 0, -3, 0, &number));
	assert_true(number == -3);
	assert_false(record_number(&note, 0, -2, 0, &number));
	assert_true(record_number(&note, 1, 0, INT64_MAX, &number));
	assert_true(number == INT64_MAX);
	assert_false(record_number(&note, 1, 0, INT64_MAX - 1, &number));
	assert_false(record_number(&note, 2, INT64_MIN, INT64_MAX, &number));
	assert_false(record_number(&note, 6, INT64_MIN, INT64_MAX, &number));
	assert_false(record_number(&note, 7, INT64_MIN, INT64_MAX, &number));
	assert_true(record_address(&note, 3, &addr));
	assert_int_equal(addr_to_v4(&addr), 0xc6336407);
	assert_true(record_address(&note, 4, &addr));
	assert_int_equal(addr.scope, 3);
	assert_true(record_address(&note, 2, &addr));
	assert_int_equal(addr.family, 0);
	assert_false(record_address(&note, 5, &addr));
	assert_false(record_address(&note, 7, &addr));
	free(copy);
}

/* --- the format, as the manual page has it
 * ------------------------------------------------------------ */

static void lines_read_as_documented(void **state)
{
	(void)state;
	struct buffer out;
	struct record_event event;
	char *copy;
	buffer_init(&out, 4096);
	static const char *const lines[] = {
		"poll 1000 send token=65537 dst=198.51.100.7 size=84 ttl=64 df=1\n",
		"poll 1000 idle\n",
		"poll 1000 report 3\n",
		"poll 1000 done\n",
		"sent token=65537 time=1010 stamped=1\n",
		"sent token=65537 time=1010 error=101\n",
		"sent token=65537 time=1010 error=90 mtu=1400\n",
		"reply token=1 sent=5 time=9 from=2001:db8::7 flags=duplicate,user-time,rough\n",
		"reply kind=too-big type=2 mtu=1280 quoted-ttl=0 payload=00ff\n",
		"drops 1020 7\n",
		"stop 1030\n",
		"fifteen-letters a \"a ~b\"\n",
		"target 1030 one.test - fe80::1%2 \"\\xc3\\xa9 \\x22\"\n",
	};
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		char line[256];
		memcpy(line, lines[i], strlen(lines[i]));
		line[strlen(lines[i]) - 1] = '\0';
		if (!parse(line, &event, &copy))
			fail_msg("is a line: %s", line);
		buffer_clear(&out);
		record_print(&event, &out);
		assert_string_equal(out.data, lines[i]);
		free(copy);
	}
	buffer_release(&out);
}

static void what_is_no_line_is_refused(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"",
		" ",
		"poll",
		"poll ",
		"poll 1",
		"poll 1 ",
		"poll  1 idle",
		" poll 1 idle",
		"poll 1 idle ",
		"poll 1 idle more",
		"poll 1 sleep",
		"poll x idle",
		"poll -1 idle",
		"poll 1.5 idle",
		"poll 2305843009213693953 idle",
		"poll 99999999999999999999 idle",
		"poll \"1\" idle",
		"poll 1 \"idle\"",
		"poll 1 report",
		"poll 1 report 0",
		"poll 1 report 4294967296",
		"poll 1 report 1 1",
		"poll 1 send nothing",
		"poll 1 send ttl=256",
		"poll 1 send ttl=-1",
		"poll 1 send ttl=",
		"poll 1 send =5",
		"poll 1 send df=2",
		"poll 1 send kind=pigeon",
		"poll 1 send kind=",
		"poll 1 send dst=",
		"poll 1 send dst=-",
		"poll 1 send dst=host",
		"poll 1 send ttl=1  tos=1",
		"poll 1 send \"ttl=1\"",
		"sent token=18446744073709551616",
		"sent token=-1",
		"sent token=+1",
		"sent token=0x1",
		"sent time=2305843009213693953",
		"sent time=-2305843009213693953",
		"sent error=2147483648",
		"reply payload=0",
		"reply payload=0g",
		"reply payload=0A",
		"reply payload=\"00\"",
		"reply flags=",
		"reply flags=duplicate,",
		"reply flags=,duplicate",
		"reply flags=novel",
		"reply quoted-df=128",
		"reply quoted-df=-129",
		"reply ttl=-32769",
		"drops 1",
		"drops 1 -1",
		"drops 1 2 3",
		"drops 1 18446744073709551616",
		"stop",
		"stop 1 2",
		"\"poll\" 1 idle",
		"sixteen--letters",
		"w \"",
		"w \"a",
		"w \"a\"b",
		"w a\"b\"",
		"w \"\\\"",
		"w \"\\x\"",
		"w \"\\x0\"",
		"w \"\\x00\"",
		"w \"\\xAB\"",
		"w \"\\n\"",
		"w 1 2 3 4 5 6 7 8 9",
		"w \t",
		"w \x7f",
		"w \xc3\xa9",
		"w a\rb",
	};
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct record_event event;
		char *copy;
		if (parse(lines[i], &event, &copy))
			fail_msg("is no line: %s", lines[i]);
		free(copy);
	}
	/* A NUL within. */
	struct record_event event;
	const char *fault;
	char line[] = "stop 1\0002";
	assert_false(record_parse(line, sizeof line - 1, &event, &fault));
}

static void as_many_bytes_as_a_datagram_has(void **state)
{
	(void)state;
	for (size_t length = RECORD_BYTES_MAX; length <= RECORD_BYTES_MAX + 1; length++) {
		struct buffer line;
		struct record_event event;
		const char *fault;
		buffer_init(&line, 1 << 20);
		buffer_text(&line, "reply payload=");
		for (size_t i = 0; i < length; i++)
			buffer_text(&line, "a5");
		bool fine = record_parse(line.data, line.length, &event, &fault);
		assert_int_equal(fine, length == RECORD_BYTES_MAX);
		assert_true(!fine || event.reply.payload.length == length);
		buffer_release(&line);
	}
}

/* What nobody says is as unknown as in a reply that has just been made. */
static void what_is_not_said_is_unknown(void **state)
{
	(void)state;
	struct record_event event;
	char *copy;
	assert_true(parse("reply", &event, &copy));
	const struct reply *r = &event.reply;
	assert_int_equal(r->ttl, -1);
	assert_int_equal(r->tos, -1);
	assert_int_equal(r->wrong_at, -1);
	assert_int_equal(r->quoted.ttl, -1);
	assert_int_equal(r->quoted.length, -1);
	assert_int_equal(r->quoted.df, -1);
	assert_int_equal(r->from.family, 0);
	assert_int_equal(r->flags, 0);
	assert_int_equal(r->payload.length, 0);
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_come_back_whole),
		cmocka_unit_test(probes_come_back_whole),
		cmocka_unit_test(what_became_of_probes_comes_back_whole),
		cmocka_unit_test(the_rest_comes_back_whole),
		cmocka_unit_test(notes_hold_any_text),
		cmocka_unit_test(values_of_notes_are_judged),
		cmocka_unit_test(lines_read_as_documented),
		cmocka_unit_test(what_is_no_line_is_refused),
		cmocka_unit_test(as_many_bytes_as_a_datagram_has),
		cmocka_unit_test(what_is_not_said_is_unknown),
	};
	return cmocka_run_group_tests_name("record", tests, NULL, NULL) != 0;
}
