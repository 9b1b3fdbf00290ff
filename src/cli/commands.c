#include "cli/commands.h"

#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/suggest.h"

const struct command commands_table[] = {
	{ .options = &cmd_ping_options, .page = "sonde-ping", .run = cmd_ping },
	{ .options = &cmd_help_options, .page = "sonde", .run = cmd_help },
	{ .options = &cmd_version_options, .page = "sonde", .run = cmd_version },
	{ .options = &cmd_completion_options, .page = "sonde", .run = cmd_completion },
};

const size_t commands_count = sizeof(commands_table) / sizeof(commands_table[0]);

struct global_options {
	bool help, version;
};

static const struct option_row global_rows[] = {
	{
	        .letter = 'h',
	        .name = "help",
	        .help = "list the commands",
	        OPTION_FIELD(struct global_options, help),
	},
	{
	        .letter = 'V',
	        .name = "version",
	        .help = "print the version and what was built in",
	        OPTION_FIELD(struct global_options, version),
	},
};

const struct option_table commands_global = {
	.command = "",
	.summary = "Say what an IP path does to packets",
	.operands = "COMMAND",
	.operand = COMPLETE_COMMAND,
	.rows = global_rows,
	.count = sizeof(global_rows) / sizeof(global_rows[0]),
};

const struct command *commands_find(const char *name)
{
	for (size_t i = 0; i < commands_count; i++)
		if (strcmp(commands_table[i].options->command, name) == 0)
			return &commands_table[i];
	return NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

const struct command *commands_called(const char *program)
{
	static const char *const names[] = { "ping", "ping4", "ping6" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(base_name(program), names[i]) == 0)
			return commands_find("ping");
	return NULL;
}

static int unknown_command(struct cli *cli, const char *word)
{
	struct suggestion s;
	suggestion_init(&s, word);
	for (size_t i = 0; i < commands_count; i++)
		suggestion_offer(&s, commands_table[i].options->command);
	if (s.word)
		cli_error(cli, "unknown command: %s (did you mean %s?)", word, s.word);
	else
		cli_error(cli, "unknown command: %s ('sonde help' lists them)", word);
	return CLI_FAILURE;
}

/* `sonde -x ...`: only the first word is ours; there is no option that goes with a command. */
static int run_global(struct cli *cli, char **argv)
{
	struct global_options options = { 0 };
	int operand = 0;
	char *words[] = { argv[0], argv[1], NULL };

	if (!cli_parse(cli, &commands_global, 2, words, &options, &operand))
		return CLI_FAILURE;
	if (options.version)
		cmd_version_print(&cli->out.buffer);
	else
		cmd_help_overview(&cli->out.buffer);
	return CLI_OK;
}

int commands_dispatch(struct cli *cli, int argc, char **argv)
{
	const struct command *called = argc > 0 ? commands_called(argv[0]) : NULL;
	if (called) {
		snprintf(cli->program, sizeof(cli->program), "%s", base_name(argv[0]));
		return called->run(cli, argc, argv);
	}
	snprintf(cli->program, sizeof(cli->program), "sonde");
	if (argc < 2) {
		cmd_help_overview(&cli->out.buffer);
		return CLI_OK;
	}
	if (argv[1][0] == '-')
		return run_global(cli, argv);
	const struct command *command = commands_find(argv[1]);
	if (!command)
		return unknown_command(cli, argv[1]);
	snprintf(cli->program, sizeof(cli->program), "sonde %s", command->options->command);
	return command->run(cli, argc - 1, argv + 1);
}
