#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/completion.h"

static void every_table_is_sound(const struct option_table *table)
{
	assert_non_null(table->command);
	assert_non_null(table->summary);
	assert_non_null(table->operands);
	assert_true(table->count <= OPTIONS_MAX);
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		assert_non_null(row->name);
		assert_non_null(row->help);
		/* A flag has no argument, all others have one and a place for it. */
		assert_int_equal(row->kind == OPTION_FLAG, row->argument == NULL);
		assert_int_equal(row->kind == OPTION_PARSE, row->parse != NULL);
		if (row->kind == OPTION_NUMBER || row->kind == OPTION_TIME)
			assert_true(row->min <= row->max && row->max > 0);
		if (row->kind == OPTION_TIME)
			assert_true(row->max <= INT64_MAX);
		if (row->kind == OPTION_CHOICE || row->completion == COMPLETE_CHOICE)
			assert_non_null(row->choices);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(row->name, table->rows[j].name);
			if (row->letter)
				assert_int_not_equal(row->letter, table->rows[j].letter);
		}
	}
}

static void tables(void **state)
{
	(void)state;
	every_table_is_sound(&commands_global);
	for (size_t i = 0; i < commands_count; i++)
		every_table_is_sound(commands_table[i].options);
}

/* --help fits a terminal of 80 columns, and tells of every option. */
static void help(void **state)
{
	(void)state;
	for (size_t i = 0; i < commands_count; i++) {
		const struct option_table *table = commands_table[i].options;
		struct buffer out;
		buffer_init(&out, 65536);
		options_help(table, table->command, &out);
		assert_false(out.failed);
		for (const char *line = out.data; *line; line += strcspn(line, "\n") + 1)
			assert_in_range(strcspn(line, "\n"), 0, 80);
		for (size_t j = 0; j < table->count; j++) {
			char wanted[64] = "--";
			strcat(wanted, table->rows[j].name);
			assert_non_null(strstr(out.data, wanted));
		}
		buffer_release(&out);
	}
}

static void lookup(void **state)
{
	(void)state;
	assert_string_equal(commands_find("ping")->options->command, "ping");
	assert_string_equal(commands_find("help")->options->command, "help");
	assert_null(commands_find("pin"));
	assert_null(commands_find("pingx"));
	assert_null(commands_find(""));
	const struct command *ping = commands_find("ping");
	assert_ptr_equal(commands_called("ping"), ping);
	assert_ptr_equal(commands_called("/usr/bin/ping4"), ping);
	assert_ptr_equal(commands_called("./ping6"), ping);
	assert_null(commands_called("sonde"));
	assert_null(commands_called("/usr/bin/sonde"));
	assert_null(commands_called("ping5"));
	assert_null(commands_called("ping/"));
	assert_null(commands_called(""));
}

/* What a command line puts out, and its status; descriptors are a pipe nobody writes to. */
static int dispatch(struct cli *cli, int argc, const char *const *words)
{
	static char store[4][32];
	char *argv[5] = { 0 };
	for (int i = 0; i < argc; i++) {
		strncpy(store[i], words[i], sizeof(store[i]) - 1);
		argv[i] = store[i];
	}
	*cli = (struct cli){ 0 };
	output_init(&cli->out, -1);
	output_init(&cli->err, -1);
	return commands_dispatch(cli, argc, argv);
}

static void release(struct cli *cli)
{
	output_release(&cli->out);
	output_release(&cli->err);
}

static void overview(void **state)
{
	(void)state;
	static const char *const lines[][3] = {
		{ "sonde" }, { "sonde", "help" }, { "sonde", "--help" }, { "sonde", "-h" }
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct cli cli;
		assert_int_equal(dispatch(&cli, i ? 2 : 1, lines[i]), CLI_OK);
		for (size_t c = 0; c < commands_count; c++) {
			assert_non_null(
			        strstr(cli.out.buffer.data, commands_table[c].options->command));
			assert_non_null(
			        strstr(cli.out.buffer.data, commands_table[c].options->summary));
		}
		assert_int_equal(cli.err.buffer.length, 0);
		release(&cli);
	}
}

static void version(void **state)
{
	(void)state;
	static const char *const lines[][3] = { { "sonde", "version" },
		                                { "sonde", "--version" },
		                                { "sonde", "-V" },
		                                { "ping", "-V" },
		                                { "sonde", "ping", "--version" } };
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct cli cli;
		assert_int_equal(dispatch(&cli, lines[i][2] ? 3 : 2, lines[i]), CLI_OK);
		assert_int_equal(strncmp(cli.out.buffer.data, "sonde " SONDE_VERSION "\n",
		                         7 + strlen(SONDE_VERSION)),
		                 0);
		static const char *const parts[] = { "libcap ", "libseccomp ", "c-ares ",
			                             "libidn2 " };
		for (size_t p = 0; p < 4; p++)
			assert_non_null(strstr(cli.out.buffer.data, parts[p]));
		release(&cli);
	}
}

static void help_of_a_command(void **state)
{
	(void)state;
	struct cli cli;
	static const char *const line[] = { "/usr/bin/ping6", "--help" };
	assert_int_equal(dispatch(&cli, 2, line), CLI_OK);
	assert_non_null(strstr(cli.out.buffer.data, "Usage: ping6 [OPTION]... HOST...\n"));
	assert_string_equal(cli.program, "ping6");
	release(&cli);
	static const char *const other[] = { "sonde", "ping", "-h" };
	assert_int_equal(dispatch(&cli, 3, other), CLI_OK);
	assert_non_null(strstr(cli.out.buffer.data, "Usage: sonde ping [OPTION]... HOST...\n"));
	release(&cli);
}

/* Where memory or the limit of the buffer ends, nothing crashes and the failure is kept. */
static void completions_in_little_room(void **state)
{
	(void)state;
	static void (*const shells[])(const struct command *, size_t, const struct option_table *,
	                              struct buffer *) = { completion_bash, completion_zsh,
		                                           completion_fish };
	for (size_t s = 0; s < 3; s++) {
		struct buffer whole;
		buffer_init(&whole, 1 << 20);
		shells[s](commands_table, commands_count, &commands_global, &whole);
		assert_false(whole.failed);
		for (size_t limit = 0; limit < whole.length; limit += 97) {
			struct buffer out;
			buffer_init(&out, limit);
			shells[s](commands_table, commands_count, &commands_global, &out);
			assert_true(out.failed);
			buffer_release(&out);
		}
		buffer_release(&whole);
	}
}

/* Quotes, brackets, colons and backslashes of a text are none of the shell's. */
static void completions_quote(void **state)
{
	(void)state;
	static const struct option_row rows[] = {
		{ .letter = 'x', .name = "ex", .help = "it's [a]: b\\c", .kind = OPTION_FLAG },
	};
	static const struct option_table table = {
		.command = "odd", .summary = "An odd: one", .operands = "", .rows = rows, .count = 1
	};
	static const struct command odd = { .options = &table };
	struct buffer out;
	buffer_init(&out, 65536);
	completion_zsh(&odd, 1, &table, &out);
	assert_non_null(strstr(out.data, "'(-x --ex)'{-x,--ex}'[it'\\''s \\[a\\]\\: b\\\\c]'"));
	assert_non_null(strstr(out.data, "'odd:An odd\\: one'"));
	buffer_clear(&out);
	completion_fish(&odd, 1, &table, &out);
	assert_non_null(strstr(out.data, "-s x -l ex -d 'it\\'s [a]: b\\\\c'\n"));
	buffer_release(&out);
}

/* One option of each kind: what is offered for it, in the words of each shell. */
static void completions_of_each_kind(void **state)
{
	(void)state;
	static const char *const colours[] = { "red", "blue", NULL };
	static const struct option_row rows[] = {
		{ .name = "plain", .help = "p", .kind = OPTION_FLAG },
		{ .letter = 'f',
		  .name = "file",
		  .argument = "F",
		  .help = "f",
		  .kind = OPTION_TEXT,
		  .completion = COMPLETE_FILE },
		{ .letter = 'i',
		  .name = "link",
		  .argument = "IF",
		  .help = "i",
		  .kind = OPTION_PARSE,
		  .completion = COMPLETE_INTERFACE },
		{ .name = "colour",
		  .argument = "C",
		  .help = "c",
		  .kind = OPTION_CHOICE,
		  .choices = colours,
		  .completion = COMPLETE_CHOICE },
		{ .letter = 'n',
		  .name = "number",
		  .argument = "N",
		  .help = "n",
		  .kind = OPTION_NUMBER },
	};
	static const struct option_table table = { .command = "odd",
		                                   .summary = "Odd",
		                                   .operands = "HOST...",
		                                   .operand = COMPLETE_HOST,
		                                   .rows = rows,
		                                   .count = 5 };
	static const struct command odd = { .options = &table };
	struct buffer out;
	buffer_init(&out, 65536);
	completion_bash(&odd, 1, &commands_global, &out);
	assert_non_null(strstr(
	        out.data,
	        "_sonde_odd()\n{\n"
	        "\tlocal word=$1 before=$2\n"
	        "\tcase $before in\n"
	        "\t-f | --file)\n"
	        "\t\tcompopt -o filenames\n"
	        "\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n\t\treturn\n\t\t;;\n"
	        "\t-i | --link)\n"
	        "\t\tCOMPREPLY=($(compgen -W \"$(command ls /sys/class/net)\" -- \"$word\"))\n"
	        "\t\treturn\n\t\t;;\n"
	        "\t--colour)\n"
	        "\t\tCOMPREPLY=($(compgen -W 'red blue' -- \"$word\"))\n\t\treturn\n\t\t;;\n"
	        "\t-n | --number)\n"
	        "\t\tCOMPREPLY=($(compgen -W '' -- \"$word\"))\n\t\treturn\n\t\t;;\n"
	        "\tesac\n"
	        "\tif [[ $word == -* ]]; then\n"
	        "\t\tCOMPREPLY=($(compgen -W ' --plain -f --file -i --link --colour -n --number' "
	        "-- "
	        "\"$word\"))\n"
	        "\telse\n"
	        "\t\tCOMPREPLY=($(compgen -A hostname -- \"$word\"))\n"
	        "\tfi\n}\n"));
	assert_non_null(strstr(out.data, "\todd) _sonde_odd \"$word\" \"$before\" ;;\n"));
	buffer_clear(&out);
	completion_zsh(&odd, 1, &commands_global, &out);
	assert_non_null(strstr(out.data, "\todd)\n\t\t_arguments -s -S \\\n"
	                                 "\t\t\t'--plain[p]' \\\n"
	                                 "\t\t\t'(-f --file)'{-f+,--file=}'[f]:F:_files' \\\n"
	                                 "\t\t\t'*'{-i+,--link=}'[i]:IF:_net_interfaces' \\\n"
	                                 "\t\t\t'--colour=[c]:C:(red blue)' \\\n"
	                                 "\t\t\t'(-n --number)'{-n+,--number=}'[n]:N: ' \\\n"
	                                 "\t\t\t'*:HOST...:_hosts'\n\t\t;;\n"));
	buffer_clear(&out);
	completion_fish(&odd, 1, &commands_global, &out);
	assert_non_null(strstr(
	        out.data,
	        "complete -c sonde -n '__sonde_command odd' -l plain -d 'p'\n"
	        "complete -c sonde -n '__sonde_command odd' -s f -l file -r -F -d 'f'\n"
	        "complete -c sonde -n '__sonde_command odd' -s i -l link -x "
	        "-a '(command ls /sys/class/net)' -d 'i'\n"
	        "complete -c sonde -n '__sonde_command odd' -l colour -x -a 'red blue' -d 'c'\n"
	        "complete -c sonde -n '__sonde_command odd' -s n -l number -x -d 'n'\n"
	        "complete -c sonde -n '__sonde_command odd' -a '(__fish_print_hostnames)'\n"));
	buffer_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(help),
		cmocka_unit_test(lookup),
		cmocka_unit_test(overview),
		cmocka_unit_test(version),
		cmocka_unit_test(help_of_a_command),
		cmocka_unit_test(completions_in_little_room),
		cmocka_unit_test(completions_quote),
		cmocka_unit_test(completions_of_each_kind),
	};
	return cmocka_run_group_tests_name("commands", tests, NULL, NULL) != 0;
}
