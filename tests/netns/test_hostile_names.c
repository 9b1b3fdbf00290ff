/* A name server that lies, to names of addresses and to addresses of names. */
/* needs: tun */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "tests/netns/attacker.h"
#include "tests/netns/netns.h"

static struct attacker attacker;
static struct draft draft;

static int set_up(void **state)
{
	(void)state;
	attacker_open(&attacker, "hostile");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	attacker_close(&attacker);
	return 0;
}

static void answer(struct attacker *a, const struct seen *seen)
{
	draft_answer(&draft, seen);
	draft_send(a, &draft);
}

/* Data of a PTR or CNAME record, and how many bytes of it there are. */
#define NAME(s)                  \
	{                        \
		s, sizeof(s) - 1 \
	}
static const struct {
	const char *data;
	size_t length;
} names[] = {
	NAME("\4evil\4test\0"),
	NAME("\23\33]0;owned\7\33[31mname\4test\0"),
	NAME("\12new\nline\r\t!\4test\0"),
	NAME("\13a b (1.2.3.)\4test\0"),
	NAME("\12\xe2\x80\xae"
	     "abc\xc2\x9b"
	     "31\4test\0"),
	NAME("\6\xff\xfe\x80\xc3(\\\4test\0"),
	NAME("\5nul\0x\4test\0"),
	NAME("\7a.b\"c'`\4test\0"),
	NAME("\0"),
	NAME(""),
	NAME("\100abc"),
	NAME("\377\377"),
	NAME("\300\14"),
	NAME("\300\377"),
	NAME("\4evil\300\60"),
	NAME("\77aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	     "\77bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	     "\77\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33"
	     "\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33\33"
	     "\33\33\33\33\33\33\33\33\75dddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	     "d"
	     "dd\0"),
	NAME("\77aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\300\14"),
};
#define NAMES (sizeof names / sizeof names[0])

struct lie {
	size_t name;
	bool forward; /* a CNAME of this name, and the target's address for it */
	bool trusts;  /* the answer has the id of the question */
	uint8_t answers;
};

static void put_record(struct draft *d, const char *owner, size_t length, uint8_t type,
                       const char *data, size_t size)
{
	uint8_t head[10] = { 0, type, 0, 1, 0, 0, 0, 60, (uint8_t)(size >> 8), (uint8_t)size };
	memcpy(d->data + d->length, owner, length);
	memcpy(d->data + d->length + length, head, 10);
	memcpy(d->data + d->length + length + 10, data, size);
	d->length += length + 10 + size;
}

/* The name server is a stranger: questions over UDP come back as they are, with a lie behind. */
static void on_question(struct attacker *a, const struct seen *seen)
{
	const struct lie *lie = a->ctx;
	if (seen->family != 4 || seen->protocol != 17 || seen->data_length < 8 + 12 + 5 ||
	    seen->data[3] != 53)
		return;
	draft_answer(&draft, seen);
	memcpy(draft.data, seen->data + 2, 2);
	memcpy(draft.data + 2, seen->data, 2);
	uint8_t *header = draft.data + 8;
	header[0] ^= lie->trusts ? 0 : 0x80;
	header[2] = 0x84;
	header[3] = 0x80;
	header[7] = lie->answers;
	header[11] = 0;
	/* Without what stands behind the question (EDNS). */
	size_t question = 12;
	while (question < seen->data_length - 8 && header[question])
		question += header[question] + 1U;
	draft.length = 8 + question + 5;
	uint8_t type = header[question + 2];
	const char *data = names[lie->name].data;
	size_t length = names[lie->name].length;
	if (!lie->forward) {
		put_record(&draft, "\300\14", 2, 12, data, length);
	} else {
		static const char address[2][16] = { { (char)198, 51, 100, TARGET },
			                             { 0x20, 1, 13, (char)184, [15] = TARGET } };
		put_record(&draft, "\300\14", 2, 5, data, length);
		put_record(&draft, data, length, type, address[type == 28], type == 28 ? 16 : 4);
	}
	draft.data[4] = (uint8_t)(draft.length >> 8);
	draft.data[5] = (uint8_t)draft.length;
	draft_send(a, &draft);
}

static void run_with_lie(struct lie *lie, const char *target, const char *format)
{
	const char *const arguments[] = { "-H",  "-c", "4", "-i",   "0.02", "-W",
		                          "0.2", "-w", "1", format, target, NULL };
	attacker.ctx = lie;
	attacker.on_echo = answer;
	attacker.on_other = on_question;
	attacker.unprivileged = false;
	attacker_run(&attacker, arguments);
}

static void names_that_lie_stay_one_word(void **state)
{
	(void)state;
	size_t told = 0;
	for (size_t i = 0; i < NAMES * 2; i++) {
		struct lie lie = { .name = i / 2, .trusts = true, .answers = i % 2 ? 200 : 1 };
		run_with_lie(&lie, attacker_name(4, TARGET), "-D");
		attacker_is_plain(&attacker);
		assert_non_null(strstr(attacker.out, "\n4 packets transmitted, 4 received, "));
		assert_int_equal(attacker.status, 0);
		told += strstr(attacker.out, " from evil.test (198.51.100.2): ") != NULL;
		/* Whatever the name, it is one word, and the address stands behind it. */
		for (const char *at = attacker.out; (at = strstr(at, " bytes from ")); at++) {
			char word[1100], behind[32];
			int n = sscanf(at, " bytes from %1099s %31s", word, behind);
			assert_int_equal(n, 2);
			if (strcmp(word, "198.51.100.2:") != 0)
				assert_string_equal(behind, "(198.51.100.2):");
		}
	}
	/* The honest one was told: the server was heard. */
	assert_in_range(told, 1, 2);
}

/* The first name is honest; what others give is an address or a line that says why not. */
static void forward_answers_that_lie(void **state)
{
	(void)state;
	for (size_t i = 0; i < NAMES * 2; i++) {
		struct lie lie = { .name = i / 2, .forward = true, .trusts = true, .answers = 2 };
		run_with_lie(&lie, "victim.test", i % 2 ? "-j" : "-D");
		assert_true(attacker.status == 0 || (attacker.status == 2 && i >= 2));
		if (i % 2) {
			json_t *lines = attacker_lines(&attacker);
			if (attacker.status == 0)
				(void)attacker_balance(&attacker, lines, false);
			else
				assert_non_null(attacker_find(lines, "resolve_error"));
			json_decref(lines);
			continue;
		}
		if (attacker.status != 0) {
			assert_ptr_equal(strstr(attacker.err, "sonde ping: victim.test: "),
			                 attacker.err);
			attacker.err[0] = '\0';
		}
		attacker_is_plain(&attacker);
	}
}

/* Who does not know the question's id is not heard; the run goes on without names. */
static void a_guessing_name_server_is_not_heard(void **state)
{
	(void)state;
	struct lie lie = { .answers = 1 };
	run_with_lie(&lie, attacker_name(4, TARGET), "-D");
	attacker_is_plain(&attacker);
	assert_null(strstr(attacker.out, "evil"));
	assert_non_null(strstr(attacker.out, "\n4 packets transmitted, 4 received, "));
	assert_int_equal(attacker.status, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_that_lie_stay_one_word),
		TEST(forward_answers_that_lie),
		TEST(a_guessing_name_server_is_not_heard),
	};
	netns_run("echo nameserver 198.51.100.4 >/etc/resolv.conf");
	return cmocka_run_group_tests_name("hostile names", tests, NULL, NULL) != 0;
}
