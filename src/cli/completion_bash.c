#include "cli/completion.h"

static void word_list(const char *const *words, struct buffer *out)
{
	for (size_t i = 0; words[i]; i++)
		buffer_printf(out, "%s%s", i ? " " : "", words[i]);
}

/* The arguments of compgen that make the offers. */
static void offers(enum option_completion completion, const char *const *words,
                   const struct command *commands, size_t count, struct buffer *out)
{
	switch (completion) {
	case COMPLETE_FILE: buffer_text(out, "-f"); break;
	case COMPLETE_HOST: buffer_text(out, "-A hostname"); break;
	case COMPLETE_INTERFACE: buffer_text(out, "-W \"$(command ls /sys/class/net)\""); break;
	case COMPLETE_COMMAND:
		buffer_text(out, "-W '");
		for (size_t i = 0; i < count; i++)
			buffer_printf(out, "%s%s", i ? " " : "", commands[i].options->command);
		buffer_char(out, '\'');
		break;
	case COMPLETE_CHOICE:
		buffer_text(out, "-W '");
		word_list(words, out);
		buffer_char(out, '\'');
		break;
	case COMPLETE_NOTHING: buffer_text(out, "-W ''"); break;
	}
}

/* A case for every option with an argument: "-c|--count) offers; return ;;". */
static void argument_cases(const struct option_table *table, struct buffer *out)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		if (!row->argument)
			continue;
		buffer_text(out, "\t");
		if (row->letter)
			buffer_printf(out, "-%c | ", row->letter);
		buffer_printf(out, "--%s)\n", row->name);
		if (row->completion == COMPLETE_FILE)
			buffer_text(out, "\t\tcompopt -o filenames\n");
		buffer_text(out, "\t\tCOMPREPLY=($(compgen ");
		offers(row->completion, row->choices, NULL, 0, out);
		buffer_text(out, " -- \"$word\"))\n\t\treturn\n\t\t;;\n");
	}
}

static void option_words(const struct option_table *table, struct buffer *out)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i].letter)
			buffer_printf(out, " -%c", table->rows[i].letter);
		buffer_printf(out, " --%s", table->rows[i].name);
	}
}

static void function_of(const char *name, const struct option_table *table,
                        const struct command *commands, size_t count, struct buffer *out)
{
	buffer_printf(out, "_sonde_%s()\n{\n\tlocal word=$1 before=$2\n\tcase $before in\n", name);
	argument_cases(table, out);
	buffer_text(out, "\tesac\n\tif [[ $word == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W '");
	option_words(table, out);
	buffer_text(out, "' -- \"$word\"))\n\telse\n\t\tCOMPREPLY=($(compgen ");
	offers(table->operand, table->words, commands, count, out);
	buffer_text(out, " -- \"$word\"))\n\tfi\n}\n\n");
}

/* The options before a command that have an argument: "--record|--replay". */
static void arguments_pattern(const struct option_table *table, struct buffer *out)
{
	const char *between = "";
	for (size_t i = 0; i < table->count; i++) {
		if (!table->rows[i].argument)
			continue;
		buffer_printf(out, "%s--%s", between, table->rows[i].name);
		between = "|";
	}
}

void completion_bash(const struct command *commands, size_t count,
                     const struct option_table *global, struct buffer *out)
{
	buffer_text(out, "# bash completion for sonde, made by 'sonde completion bash'\n\n");
	for (size_t i = 0; i < count; i++)
		function_of(commands[i].options->command, commands[i].options, commands, count,
		            out);
	function_of("global", global, commands, count, out);
	/* Bash splits words at '=': behind "--name=" the option is one or two words back. */
	buffer_text(out,
	            "_sonde()\n{\n"
	            "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
	            "\tif [[ $word == = ]]; then\n"
	            "\t\tword=\n"
	            "\telif [[ $before == = ]]; then\n"
	            "\t\tbefore=${COMP_WORDS[COMP_CWORD - 2]}\n"
	            "\tfi\n"
	            "\tCOMPREPLY=()\n"
	            "\tlocal -i at=1\n"
	            "\twhile ((at < COMP_CWORD)) && [[ ${COMP_WORDS[at]} == -* ]]; do\n"
	            "\t\tcase ${COMP_WORDS[at]} in\n\t\t");
	arguments_pattern(global, out);
	buffer_text(out, ") [[ ${COMP_WORDS[at + 1]} != = ]] || at+=1; at+=2 ;;\n"
	                 "\t\t*) at+=1 ;;\n\t\tesac\n\tdone\n"
	                 "\tif ((at >= COMP_CWORD)); then\n"
	                 "\t\t_sonde_global \"$word\" \"$before\"\n"
	                 "\t\treturn\n"
	                 "\tfi\n"
	                 "\tcase ${COMP_WORDS[at]} in\n");
	for (size_t i = 0; i < count; i++)
		buffer_printf(out, "\t%s) _sonde_%s \"$word\" \"$before\" ;;\n",
		              commands[i].options->command, commands[i].options->command);
	buffer_text(out, "\tesac\n}\n\ncomplete -F _sonde sonde\n");
}
