/*
 * completion - the command: prints one shell's script.
 */
#include <string.h>
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/completion.h"

struct completion_options {
	bool help;
};

static const struct option_row rows[] = {
	{
	        .letter = 'h',
	        .name = "help",
	        .help = "print this",
	        OPTION_FIELD(struct completion_options, help),
	},
};

static const struct shell {
	const char *name;
	void (*print)(const struct command *table, size_t count, const struct option_table *global,
	              struct buffer *out);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
};

static const char *const shell_names[] = { "bash", "zsh", "fish", NULL };

const struct option_table cmd_completion_options = {
	.command = "completion",
	.summary = "Print the completions for a shell",
	.operands = "bash|zsh|fish",
	.operand = COMPLETE_CHOICE,
	.words = shell_names,
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
};

int cmd_completion(struct cli *cli, int argc, char **argv)
{
	struct completion_options options = { 0 };
	int operand = 0;

	if (!cli_parse(cli, &cmd_completion_options, argc, argv, &options, &operand))
		return CLI_FAILURE;
	if (options.help) {
		options_help(&cmd_completion_options, cli->program, &cli->out.buffer);
		return CLI_OK;
	}
	if (operand + 1 != argc) {
		cli_error(cli, "one shell is needed: bash, zsh or fish");
		return CLI_FAILURE;
	}
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].name, argv[operand]) == 0) {
			shells[i].print(commands_table, commands_count, &commands_global,
			                &cli->out.buffer);
			return CLI_OK;
		}
	}
	cli_error(cli, "shell is none of bash, zsh, fish: %s", argv[operand]);
	return CLI_FAILURE;
}
