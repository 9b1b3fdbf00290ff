#include "cli/completion.h"

#include <string.h>

/* Text inside a single-quoted specification of _arguments or _describe. */
static void quoted(const char *text, struct buffer *out)
{
	for (; *text; text++) {
		if (*text == '\'')
			buffer_text(out, "'\\'");
		else if (strchr("[]:\\", *text))
			buffer_char(out, '\\');
		buffer_char(out, *text);
	}
}

static void action(enum option_completion completion, const char *const *words, struct buffer *out)
{
	switch (completion) {
	case COMPLETE_FILE: buffer_text(out, "_files"); break;
	case COMPLETE_HOST: buffer_text(out, "_hosts"); break;
	case COMPLETE_INTERFACE: buffer_text(out, "_net_interfaces"); break;
	case COMPLETE_COMMAND: buffer_text(out, "->command"); break;
	case COMPLETE_CHOICE:
		for (size_t i = 0; words[i]; i++)
			buffer_printf(out, "%s%s", i ? " " : "(", words[i]);
		buffer_char(out, ')');
		break;
	case COMPLETE_NOTHING: buffer_char(out, ' '); break;
	}
}

/* '(-c --count)'{-c+,--count=}'[help]:N: '; what may be given again excludes nothing. */
static void option(const struct option_row *row, struct buffer *out)
{
	const char *plus = row->argument ? "+" : "";
	const char *equals = row->argument ? "=" : "";
	bool again = row->kind == OPTION_PARSE;
	buffer_text(out, " \\\n\t\t\t");
	if (row->letter && again)
		buffer_printf(out, "'*'{-%c%s,--%s%s}'[", row->letter, plus, row->name, equals);
	else if (row->letter)
		buffer_printf(out, "'(-%c --%s)'{-%c%s,--%s%s}'[", row->letter, row->name,
		              row->letter, plus, row->name, equals);
	else
		buffer_printf(out, "'%s--%s%s[", again ? "*" : "", row->name, equals);
	quoted(row->help, out);
	buffer_char(out, ']');
	if (row->argument) {
		buffer_char(out, ':');
		quoted(row->argument, out);
		buffer_char(out, ':');
		action(row->completion, row->choices, out);
	}
	buffer_char(out, '\'');
}

static void arguments(const struct option_table *table, struct buffer *out)
{
	buffer_text(out, "_arguments -s -S");
	for (size_t i = 0; i < table->count; i++)
		option(&table->rows[i], out);
	if (table->operand != COMPLETE_NOTHING) {
		buffer_text(out, " \\\n\t\t\t'*:");
		quoted(table->operands, out);
		buffer_char(out, ':');
		action(table->operand, table->words, out);
		buffer_char(out, '\'');
	}
	buffer_char(out, '\n');
}

void completion_zsh(const struct command *commands, size_t count, const struct option_table *global,
                    struct buffer *out)
{
	buffer_text(out, "#compdef sonde\n# made by 'sonde completion zsh'\n\n"
	                 "_sonde()\n{\n"
	                 "\tlocal curcontext=$curcontext state line command=\n"
	                 "\tlocal -i at=2\n"
	                 "\tlocal -a commands=(\n");
	for (size_t i = 0; i < count; i++) {
		buffer_printf(out, "\t\t'%s:", commands[i].options->command);
		quoted(commands[i].options->summary, out);
		buffer_text(out, "'\n");
	}
	buffer_text(out, "\t)\n\ttypeset -A opt_args\n"
	                 "\twhile ((at < CURRENT)) && [[ $words[at] == -* ]]; do\n"
	                 "\t\tcase $words[at] in\n\t\t");
	const char *between = "";
	for (size_t i = 0; i < global->count; i++) {
		if (!global->rows[i].argument)
			continue;
		buffer_printf(out, "%s--%s", between, global->rows[i].name);
		between = "|";
	}
	buffer_text(out, ") ((at += 2)) ;;\n\t\t*) ((at += 1)) ;;\n\t\tesac\n\tdone\n"
	                 "\tif ((at < CURRENT)); then\n"
	                 "\t\tcommand=$words[at]\n\t\tshift $((at - 1)) words\n"
	                 "\t\t((CURRENT -= at - 1))\n\tfi\n"
	                 "\tcase $command in\n");
	for (size_t i = 0; i < count; i++) {
		buffer_printf(out, "\t%s)\n\t\t", commands[i].options->command);
		arguments(commands[i].options, out);
		buffer_text(out, "\t\t;;\n");
	}
	buffer_text(out, "\t'')\n\t\t");
	arguments(global, out);
	buffer_text(out, "\t\t;;\n\tesac\n"
	                 "\tif [[ $state == command ]]; then\n"
	                 "\t\t_describe command commands\n\tfi\n}\n\n"
	                 "if [[ $funcstack[1] == _sonde ]]; then\n\t_sonde \"$@\"\nelse\n"
	                 "\tcompdef _sonde sonde\nfi\n");
}
