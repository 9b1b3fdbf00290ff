#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "cli/options.h"
#include "cli/suggest.h"

struct sample {
	bool flag, other;
	uint64_t number;
	nsec time;
	const char *text;
	int choice;
	char parsed[16];
};

static bool parse_even(void *into, const char *text, struct buffer *complaint)
{
	struct sample *s = into;
	if (strlen(text) % 2) {
		options_complain(complaint, "even-thing", "is odd", text);
		return false;
	}
	strncpy(s->parsed, text, sizeof(s->parsed) - 1);
	return true;
}

static const char *const colours[] = { "red", "green", NULL };

#define FIELD(field) OPTION_FIELD(struct sample, field)

static const struct option_row rows[] = {
	{ .heading = "First:", .letter = 'f', .name = "flag", .help = "a flag", FIELD(flag) },
	{ .letter = 'o', .name = "flow-other", .help = "another", FIELD(other) },
	{ .letter = 'n',
	  .name = "some-number",
	  .argument = "N",
	  .help = "a number",
	  .min = 1,
	  .max = 9,
	  FIELD(number) },
	{ .letter = 't',
	  .name = "time",
	  .argument = "TIME",
	  .help = "a time",
	  .max = (uint64_t)(5 * NSEC_S),
	  FIELD(time) },
	{ .name = "text", .argument = "TEXT", .help = "some text", FIELD(text) },
	{ .letter = 'c',
	  .name = "choice",
	  .argument = "COLOUR",
	  .help = "a colour",
	  .choices = colours,
	  FIELD(choice) },
	{ .heading = "Second:",
	  .letter = 'e',
	  .name = "even-thing-of-a-long-name",
	  .argument = "THING",
	  .help = "even",
	  .parse = parse_even,
	  .kind = OPTION_PARSE },
};

static const struct option_table table = {
	.command = "sample",
	.summary = "Do things",
	.operands = "THING...",
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
};

/* What one command line made of the sample. */
struct outcome {
	struct sample sample;
	bool fine;
	char complaint[512];
	int operands;
	char *argv[17];
	char words[16][64];
	const char *first; /* operand */
};

static struct outcome outcome;

static void parse(const char *line)
{
	struct outcome *o = &outcome;
	struct buffer complaint;
	int argc = 0, operand = 0;

	memset(o, 0, sizeof(*o));
	buffer_init(&complaint, sizeof(o->complaint) - 1);
	strcpy(o->words[0], "sample");
	o->argv[argc] = o->words[argc];
	argc++;
	while (*line) {
		size_t length = strcspn(line, " ");
		memcpy(o->words[argc], line, length);
		/* "''" stands for an empty word */
		if (strcmp(o->words[argc], "''") == 0)
			o->words[argc][0] = '\0';
		o->argv[argc] = o->words[argc];
		argc++;
		line += length + (line[length] == ' ');
	}
	o->sample.choice = -1;
	o->fine = options_parse(&table, argc, o->argv, &o->sample, &operand, &complaint);
	o->operands = argc - operand;
	o->first = o->fine ? o->argv[operand] : NULL;
	strcpy(o->complaint, complaint.data ? complaint.data : "");
	buffer_release(&complaint);
	assert_int_equal(o->fine, o->complaint[0] == '\0');
}

static void complains(const char *line, const char *complaint)
{
	parse(line);
	assert_false(outcome.fine);
	assert_string_equal(outcome.complaint, complaint);
}

static void kinds(void **state)
{
	(void)state;
	parse("-f -n 3 -t 0.5 --text hello -c green -e abcd thing");
	assert_true(outcome.fine);
	assert_true(outcome.sample.flag);
	assert_false(outcome.sample.other);
	assert_int_equal(outcome.sample.number, 3);
	assert_int_equal(outcome.sample.time, NSEC_S / 2);
	assert_string_equal(outcome.sample.text, "hello");
	assert_int_equal(outcome.sample.choice, 1);
	assert_string_equal(outcome.sample.parsed, "abcd");
	assert_int_equal(outcome.operands, 1);
	assert_string_equal(outcome.first, "thing");
}

static void forms(void **state)
{
	(void)state;
	parse("-fn3 --time=2");
	assert_true(outcome.sample.flag);
	assert_int_equal(outcome.sample.number, 3);
	assert_int_equal(outcome.sample.time, 2 * NSEC_S);
	assert_int_equal(outcome.operands, 0);
	/* options behind operands; an abbreviation; the last one wins */
	parse("one two --some 4 -n 5");
	assert_int_equal(outcome.sample.number, 5);
	assert_int_equal(outcome.operands, 2);
	assert_string_equal(outcome.first, "one");
	parse("-- -f");
	assert_false(outcome.sample.flag);
	assert_string_equal(outcome.first, "-f");
	/* parsing again starts afresh, whatever went before */
	parse("-f");
	assert_true(outcome.sample.flag);
	parse("");
	assert_true(outcome.fine);
	assert_int_equal(outcome.operands, 0);
}

static void bad_values(void **state)
{
	(void)state;
	complains("-n 0", "some number is too small: 0");
	complains("-n -1", "some number is too small: -1");
	complains("--some-number=10", "some number is too large: 10");
	complains("-n x", "some number is not a number: x");
	complains("-n ''", "some number is empty");
	complains("-t 5.1", "time is too large: 5.1");
	complains("-t nan", "time is not a number: nan");
	complains("--text=", "text is empty");
	complains("-c blue", "choice is none of red, green: blue");
	complains("-c ''", "choice is empty");
	complains("-e abc", "even thing is odd: abc");
	parse("-t 5");
	assert_int_equal(outcome.sample.time, 5 * NSEC_S);
}

static void unknown(void **state)
{
	(void)state;
	complains("-x", "unknown option: -x");
	complains("-fx", "unknown option: -x");
	complains("-?", "unknown option: -?");
	complains("--zzzzzz", "unknown option: --zzzzzz");
	complains("--tiem 3", "unknown option: --tiem (did you mean --time?)");
	complains("--chioce=red", "unknown option: --chioce (did you mean --choice?)");
	complains("--fl", "ambiguous option: --fl (--flag, --flow-other)");
	complains("--flag=1", "option --flag takes no argument");
	complains("-n", "option -n needs an argument: N");
	complains("--time", "option --time needs an argument: TIME");
	/* the one behind it is not swallowed, and not blamed */
	complains("thing --bogus -f", "unknown option: --bogus");
}

static void help(void **state)
{
	(void)state;
	struct buffer out;
	buffer_init(&out, 4096);
	options_help(&table, "sonde sample", &out);
	assert_string_equal(out.data, "Usage: sonde sample [OPTION]... THING...\n"
	                              "Do things.\n"
	                              "\nFirst:\n"
	                              "  -f, --flag                  a flag\n"
	                              "  -o, --flow-other            another\n"
	                              "  -n, --some-number N         a number\n"
	                              "  -t, --time TIME             a time\n"
	                              "      --text TEXT             some text\n"
	                              "  -c, --choice COLOUR         a colour\n"
	                              "\nSecond:\n"
	                              "  -e, --even-thing-of-a-long-name THING\n"
	                              "                              even\n");
	buffer_release(&out);
}

static const char *suggested(const char *typed)
{
	static const char *const words[] = { "ping", "pmtu", "trace", "sweep", "completion" };
	struct suggestion s;
	suggestion_init(&s, typed);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		suggestion_offer(&s, words[i]);
	return s.word ? s.word : "";
}

static void suggestions(void **state)
{
	(void)state;
	assert_string_equal(suggested("pnig"), "ping");  /* transposed */
	assert_string_equal(suggested("pin"), "ping");   /* left out */
	assert_string_equal(suggested("pinng"), "ping"); /* too much */
	assert_string_equal(suggested("pung"), "ping");  /* another */
	assert_string_equal(suggested("pmut"), "pmtu");  /* the nearer of two */
	assert_string_equal(suggested("completoin"), "completion");
	assert_string_equal(suggested("compleshun"), "completion");
	assert_string_equal(suggested("ing"), "ping");
	assert_string_equal(suggested("xping"), "ping");
	assert_string_equal(suggested("xxxping"), "");
	assert_string_equal(suggested("x"), "");
	assert_string_equal(suggested(""), "");
	assert_string_equal(suggested("tracert-me"), "");
	/* longer than any word: no matter, and no overflow */
	assert_string_equal(suggested("pingpingpingpingpingpingpingpingpingping"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),   cmocka_unit_test(forms), cmocka_unit_test(bad_values),
		cmocka_unit_test(unknown), cmocka_unit_test(help),  cmocka_unit_test(suggestions),
	};
	return cmocka_run_group_tests_name("options", tests, NULL, NULL) != 0;
}
