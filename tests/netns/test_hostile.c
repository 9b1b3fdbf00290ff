/*
 * One probe for each nastiness of the path. The table says what comes back for a probe and what
 * must be told of it; all rows are played in one run, over both families, raw and ping sockets, as
 * JSON and as text. Unless a row says otherwise the honest answer follows the evil one, and must be
 * found behind it.
 */
/* needs: tun */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/netns/attacker.h"
#include "tests/netns/hostile.h"
#include "tests/netns/netns.h"

#define PLAYED_MAX 200

struct session {
	enum way way;
	const struct row *played[PLAYED_MAX]; /* by probe */
	size_t count;
};

static bool is_v6(enum way way)
{
	return way == RAW6 || way == DGRAM6;
}

static void on_echo(struct attacker *a, const struct seen *seen)
{
	static struct draft draft;
	const struct session *s = a->ctx;
	if (seen->nth >= s->count)
		return;
	const struct row *row = s->played[seen->nth];
	struct play play = { .a = a, .seen = seen, .d = &draft };
	draft_answer(&draft, seen);
	row->play(&play, row->n);
	if (row->alone)
		return;
	draft_answer(&draft, seen);
	draft_send(a, &draft);
}

static void record(struct attacker *a, const struct seen *seen)
{
	struct draft draft;
	draft_answer(&draft, seen);
	hostile_record(&draft);
	draft_send(a, &draft);
}

/* Which of the words a JSON object stands for. */
static const char *word_of(json_t *line)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	if (strcmp(type, "error") == 0 && json_is_false(json_object_get(line, "settled")))
		return "notice";
	return type;
}

/* The words told about a probe, one behind the other. */
static void told(json_t *lines, size_t seq, char *text, size_t size)
{
	size_t i;
	json_t *line;
	text[0] = '\0';
	json_array_foreach(lines, i, line)
	{
		json_t *number = json_object_get(line, "seq");
		if (!json_is_integer(number) || (size_t)json_integer_value(number) != seq)
			continue;
		size_t length = strlen(text);
		(void)snprintf(text + length, size - length, "%s%s", length ? " " : "",
		               word_of(line));
	}
}

/* Whether what was told is what is wanted; counts what has no sequence. */
static bool as_wanted(const char *want, const char *got, size_t *least, size_t *most)
{
	char word[32];
	if (strcmp(want, "*") == 0) {
		*most += 1000;
		return true;
	}
	for (int step = 0; sscanf(want, " %31s%n", word, &step) == 1; want += step) {
		size_t length = strlen(word);
		bool optional = word[length - 1] == '?';
		length -= optional;
		if (strncmp(word, "unknown", 7) == 0) {
			*least += !optional;
			*most += 1;
			continue;
		}
		if (strncmp(got, word, length) == 0 && (got[length] == ' ' || !got[length]))
			got += length + (got[length] == ' ');
		else if (!optional)
			return false;
	}
	return !*got;
}

static void add(struct session *s, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!rows[i].told[s->way])
			continue;
		assert_true(s->count < PLAYED_MAX);
		s->played[s->count++] = &rows[i];
	}
}

static void choose(struct session *s, enum way way)
{
	*s = (struct session){ .way = way };
	add(s, hostile_answers, hostile_answer_count);
	add(s, hostile_errors, hostile_error_count);
}

static void play(struct attacker *a, struct session *s, const char *format)
{
	char count[24];
	(void)snprintf(count, sizeof count, "%zu", s->count);
	const char *const arguments[] = {
		"-n", "-v",  "-c", count, "-i",   "0.004",
		"-W", "0.5", "-t", "9",   format, attacker_name(is_v6(s->way) ? 6 : 4, TARGET),
		NULL
	};
	a->ctx = s;
	a->on_echo = on_echo;
	a->unprivileged = s->way >= DGRAM4;
	attacker_run(a, arguments);
}

/* How many rows were told otherwise. */
static size_t judge(const struct attacker *a, const struct session *s)
{
	static const char *const names[] = { "raw IPv4", "raw IPv6", "ping IPv4", "ping IPv6" };
	size_t least = 0, most = 0, unknown = 0, bad = 0, i;
	char got[512];
	json_t *line, *lines = attacker_lines(a);
	for (i = 0; i < s->count; i++) {
		const struct row *row = s->played[i];
		told(lines, i + 1, got, sizeof got);
		if (as_wanted(row->told[s->way], got, &least, &most))
			continue;
		print_error("%s: %s (%zu): \"%s\", not \"%s\"\n", names[s->way], row->name, i + 1,
		            got, row->told[s->way]);
		bad++;
	}
	json_array_foreach(lines, i, line) unknown += json_is_null(json_object_get(line, "seq"));
	json_t *summary = attacker_balance(a, lines, false);
	assert_int_equal(attacker_number(summary, "sent"), s->count);
	assert_int_equal(attacker_number(summary, "in_flight"), 0);
	assert_int_equal(attacker_number(summary, "local_drops"), 0);
	assert_int_equal(a->status, 0);
	json_decref(lines);
	assert_in_range(unknown, least, most);
	return bad;
}

static void every_row_is_told_for_what_it_is(void **state)
{
	struct attacker *a = *state;
	struct session session;
	size_t bad = 0;
	for (enum way way = 0; way < WAYS; way++) {
		choose(&session, way);
		play(a, &session, "-j");
		/* What -v says. */
		assert_non_null(strstr(a->err, way < DGRAM4 ? "raw sockets" : "ping sockets"));
		if (strchr(a->err, '\n') != a->err + a->err_length - 1)
			fail_msg("more than -v on standard error: %s", a->err);
		a->err[0] = '\0';
		bad += judge(a, &session);
	}
	assert_int_equal(bad, 0);
}

static void text_stays_text(void **state)
{
	struct attacker *a = *state;
	struct session session;
	for (enum way way = 0; way < WAYS; way++) {
		choose(&session, way);
		play(a, &session, "-D");
		a->err[0] = '\0';
		attacker_is_plain(a);
		char want[64];
		(void)snprintf(want, sizeof want, "\n%zu packets transmitted, ", session.count);
		assert_non_null(strstr(a->out, want));
		assert_int_equal(a->status, 0);
	}
}

static void record_a_run(struct attacker *a)
{
	for (int v6 = 0; v6 < 2; v6++) {
		const char *const arguments[] = { "-q", "-c", "1",
			                          attacker_name(v6 ? 6 : 4, TARGET), NULL };
		a->on_echo = record;
		attacker_run(a, arguments);
		assert_int_equal(a->status, 0);
	}
}

int main(void)
{
	static struct attacker attacker;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(every_row_is_told_for_what_it_is, &attacker),
		cmocka_unit_test_prestate(text_stays_text, &attacker),
	};
	netns_run("echo 0 0 >/proc/sys/net/ipv4/ping_group_range");
	attacker_open(&attacker, "hostile");
	record_a_run(&attacker);
	int failed = cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
	attacker_close(&attacker);
	return failed != 0;
}
