#include "cli/completion.h"

/* Text inside single quotes. */
static void quoted(const char *text, struct buffer *out)
{
	buffer_char(out, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			buffer_char(out, '\\');
		buffer_char(out, *text);
	}
	buffer_char(out, '\'');
}

static void offers(enum option_completion completion, const char *const *words,
                   const struct command *commands, size_t count, struct buffer *out)
{
	switch (completion) {
	case COMPLETE_FILE: buffer_text(out, " -F"); break;
	case COMPLETE_HOST: buffer_text(out, " -a '(__fish_print_hostnames)'"); break;
	case COMPLETE_INTERFACE: buffer_text(out, " -a '(command ls /sys/class/net)'"); break;
	case COMPLETE_COMMAND:
		buffer_text(out, " -a '");
		for (size_t i = 0; i < count; i++)
			buffer_printf(out, "%s%s", i ? " " : "", commands[i].options->command);
		buffer_char(out, '\'');
		break;
	case COMPLETE_CHOICE:
		buffer_text(out, " -a '");
		for (size_t i = 0; words[i]; i++)
			buffer_printf(out, "%s%s", i ? " " : "", words[i]);
		buffer_char(out, '\'');
		break;
	case COMPLETE_NOTHING: break;
	}
}

/* condition and word: "__sonde_command ping". */
static void options(const struct option_table *table, const char *condition, const char *word,
                    struct buffer *out)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		buffer_printf(out, "complete -c sonde -n '%s%s'", condition, word);
		if (row->letter)
			buffer_printf(out, " -s %c", row->letter);
		buffer_printf(out, " -l %s", row->name);
		if (row->argument) {
			buffer_text(out, row->completion == COMPLETE_FILE ? " -r" : " -x");
			offers(row->completion, row->choices, NULL, 0, out);
		}
		buffer_text(out, " -d ");
		quoted(row->help, out);
		buffer_char(out, '\n');
	}
}

void completion_fish(const struct command *commands, size_t count,
                     const struct option_table *global, struct buffer *out)
{
	buffer_text(out,
	            "# made by 'sonde completion fish'\n\n"
	            "# The words from the command on: options before it, and their arguments, are "
	            "skipped.\n"
	            "function __sonde_words\n"
	            "\tset -l words (commandline -opc)\n"
	            "\tset -l at 2\n"
	            "\twhile string match -q -- '-*' $words[$at]\n"
	            "\t\tcontains -- $words[$at]");
	for (size_t i = 0; i < global->count; i++)
		if (global->rows[i].argument)
			buffer_printf(out, " --%s", global->rows[i].name);
	buffer_text(out,
	            "; and set at (math $at + 1)\n"
	            "\t\tset at (math $at + 1)\n"
	            "\tend\n"
	            "\ttest $at -le (count $words); and printf '%s\\n' $words[$at..-1]\nend\n\n"
	            "function __sonde_no_command\n"
	            "\ttest (count (__sonde_words)) -eq 0\nend\n\n"
	            "function __sonde_command\n"
	            "\tset -l words (__sonde_words)\n"
	            "\ttest (count $words) -ge 1; and test $words[1] = $argv[1]\nend\n\n"
	            "complete -c sonde -f\n");
	for (size_t i = 0; i < count; i++) {
		buffer_printf(out, "complete -c sonde -n __sonde_no_command -a %s -d ",
		              commands[i].options->command);
		quoted(commands[i].options->summary, out);
		buffer_char(out, '\n');
	}
	options(global, "__sonde_no_command", "", out);
	for (size_t i = 0; i < count; i++) {
		const struct option_table *table = commands[i].options;
		buffer_char(out, '\n');
		options(table, "__sonde_command ", table->command, out);
		if (table->operand != COMPLETE_NOTHING) {
			buffer_printf(out, "complete -c sonde -n '__sonde_command %s'",
			              table->command);
			offers(table->operand, table->words, commands, count, out);
			buffer_char(out, '\n');
		}
	}
}
