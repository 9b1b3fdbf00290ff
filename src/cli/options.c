#include "cli/options.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>
#include "cli/numbers.h"
#include "cli/suggest.h"

/* getopt_long's value of a long option: the row's index behind every letter. */
#define LONG_BASE 256

void options_complain(struct buffer *complaint, const char *name, const char *fault,
                      const char *text)
{
	for (; *name; name++)
		buffer_char(complaint, *name == '-' ? ' ' : *name);
	buffer_printf(complaint, " %s", fault);
	if (*text)
		buffer_printf(complaint, ": %s", text);
}

static void *field_of(const struct option_row *row, void *into)
{
	return (char *)into + row->offset;
}

static bool store_number(const struct option_row *row, const char *text, void *into,
                         struct buffer *complaint)
{
	enum number_fault fault;
	if (row->kind == OPTION_TIME)
		fault = number_parse_time(text, (nsec)row->min, (nsec)row->max,
		                          field_of(row, into));
	else
		fault = number_parse(text, row->min, row->max, field_of(row, into));
	if (fault == NUMBER_OK)
		return true;
	options_complain(complaint, row->name, number_fault_text(fault), text);
	return false;
}

static bool store_choice(const struct option_row *row, const char *text, void *into,
                         struct buffer *complaint)
{
	int *field = field_of(row, into);
	for (int i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], text) == 0) {
			*field = i;
			return true;
		}
	}
	if (!*text) {
		options_complain(complaint, row->name, "is empty", text);
		return false;
	}
	options_complain(complaint, row->name, "is none of", "");
	for (int i = 0; row->choices[i]; i++)
		buffer_printf(complaint, "%s %s", i ? "," : "", row->choices[i]);
	buffer_printf(complaint, ": %s", text);
	return false;
}

static bool store(const struct option_row *row, const char *text, void *into,
                  struct buffer *complaint)
{
	switch (row->kind) {
	case OPTION_FLAG: *(bool *)field_of(row, into) = true; return true;
	case OPTION_NUMBER:
	case OPTION_TIME: return store_number(row, text, into, complaint);
	case OPTION_TEXT:
		*(const char **)field_of(row, into) = text;
		if (!*text)
			options_complain(complaint, row->name, "is empty", text);
		return *text;
	case OPTION_CHOICE: return store_choice(row, text, into, complaint);
	case OPTION_PARSE: return row->parse(into, text, complaint);
	}
	return false;
}

static const struct option_row *row_of(const struct option_table *table, int value)
{
	if (value >= LONG_BASE)
		return &table->rows[value - LONG_BASE];
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].letter == value)
			return &table->rows[i];
	return NULL;
}

static void complain_unknown_long(const struct option_table *table, const char *typed,
                                  struct buffer *complaint)
{
	size_t length = strcspn(typed, "=");
	size_t prefixed = 0;
	for (size_t i = 0; i < table->count; i++)
		prefixed += strncmp(table->rows[i].name, typed, length) == 0;
	if (prefixed > 1) {
		buffer_printf(complaint, "ambiguous option: --%.*s (", (int)length, typed);
		const char *between = "";
		for (size_t i = 0; i < table->count; i++) {
			if (strncmp(table->rows[i].name, typed, length) != 0)
				continue;
			buffer_printf(complaint, "%s--%s", between, table->rows[i].name);
			between = ", ";
		}
		buffer_char(complaint, ')');
		return;
	}
	char word[SUGGEST_MAX + 2] = "";
	memcpy(word, typed, length < sizeof(word) ? length : sizeof(word) - 1);
	struct suggestion s;
	suggestion_init(&s, word);
	for (size_t i = 0; i < table->count; i++)
		suggestion_offer(&s, table->rows[i].name);
	buffer_printf(complaint, "unknown option: --%.*s", (int)length, typed);
	if (s.word)
		buffer_printf(complaint, " (did you mean --%s?)", s.word);
}

/* What getopt_long meant by '?' or ':'. */
static void complain(const struct option_table *table, int outcome, const char *last,
                     struct buffer *complaint)
{
	const struct option_row *row = optopt ? row_of(table, optopt) : NULL;
	if (row && outcome == ':' && optopt >= LONG_BASE)
		buffer_printf(complaint, "option --%s needs an argument: %s", row->name,
		              row->argument);
	else if (row && outcome == ':')
		buffer_printf(complaint, "option -%c needs an argument: %s", optopt, row->argument);
	else if (row)
		buffer_printf(complaint, "option --%s takes no argument", row->name);
	else if (optopt)
		buffer_printf(complaint, "unknown option: -%c", optopt);
	else
		complain_unknown_long(table, last + 2, complaint);
}

/* The two descriptions getopt_long wants, made from the rows. */
struct getopt_form {
	char letters[2 + 2 * OPTIONS_MAX + 1];
	struct option longs[OPTIONS_MAX + 1];
};

static void getopt_form_init(struct getopt_form *form, const struct option_table *table)
{
	assert(table->count <= OPTIONS_MAX);
	*form = (struct getopt_form){ 0 };
	char *letter = form->letters;
	if (table->leading)
		*letter++ = '+';
	*letter++ = ':'; /* a missing argument is ':', an unknown option '?' */
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		form->longs[i] = (struct option){
			.name = row->name,
			.has_arg = row->argument ? required_argument : no_argument,
			.val = LONG_BASE + (int)i,
		};
		if (!row->letter)
			continue;
		*letter++ = (char)row->letter;
		if (row->argument)
			*letter++ = ':';
	}
}

bool options_parse(const struct option_table *table, int argc, char **argv, void *into,
                   int *operand, struct buffer *complaint)
{
	struct getopt_form form;
	getopt_form_init(&form, table);
	opterr = 0;
	optind = 0; /* glibc: start afresh, whatever was parsed before */
	for (;;) {
		int value = getopt_long(argc, argv, form.letters, form.longs, NULL);
		if (value == -1)
			break;
		if (value == '?' || value == ':') {
			complain(table, value, argv[optind - 1], complaint);
			return false;
		}
		const struct option_row *row = row_of(table, value);
		if (!row || !store(row, optarg ? optarg : "", into, complaint))
			return false;
	}
	*operand = optind;
	return true;
}

#define HELP_COLUMN 30

void options_help(const struct option_table *table, const char *program, struct buffer *out)
{
	buffer_printf(out, "Usage: %s%s%s%s\n%s.\n", program, table->count ? " [OPTION]..." : "",
	              *table->operands ? " " : "", table->operands, table->summary);
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		if (row->heading)
			buffer_printf(out, "\n%s\n", row->heading);
		size_t start = out->length;
		if (row->letter)
			buffer_printf(out, "  -%c, --%s", row->letter, row->name);
		else
			buffer_printf(out, "      --%s", row->name);
		if (row->argument)
			buffer_printf(out, " %s", row->argument);
		size_t width = out->length - start;
		if (width + 2 > HELP_COLUMN) {
			buffer_char(out, '\n');
			width = 0;
		}
		buffer_printf(out, "%*s%s\n", (int)(HELP_COLUMN - width), "", row->help);
	}
}
