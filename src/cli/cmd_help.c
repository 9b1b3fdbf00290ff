/*
 * help - the list of commands, and the way to the manual of each.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/commands.h"

struct help_options {
	bool help;
};

static const struct option_row rows[] = {
	{
	        .letter = 'h',
	        .name = "help",
	        .help = "print this",
	        OPTION_FIELD(struct help_options, help),
	},
};

const struct option_table cmd_help_options = {
	.command = "help",
	.summary = "Open the manual of a command, or list the commands",
	.operands = "[COMMAND]",
	.operand = COMPLETE_COMMAND,
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
};

void cmd_help_overview(struct buffer *out)
{
	buffer_text(out, "Usage: sonde COMMAND [OPTION]...\n"
	                 "Say what an IP path does to packets.\n\n");
	for (size_t i = 0; i < commands_count; i++)
		buffer_printf(out, "  %-12s %s\n", commands_table[i].options->command,
		              commands_table[i].options->summary);
	buffer_text(out,
	            "\n'sonde help COMMAND' opens its manual, 'sonde COMMAND --help' lists its "
	            "options.\n");
}

/*
 * Shows the page with the system's own man, at the one place where it lives: nothing is looked up
 * in PATH. False where there is no man, or it has no such page.
 */
static bool open_manual(const char *page)
{
	char word[32];
	char *const argv[] = { (char[]){ "man" }, (char[]){ "1" }, word, NULL };
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t actions;
	sigset_t defaults;
	pid_t pid = 0;
	int status = 0;

	snprintf(word, sizeof(word), "%s", page);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	/* That there is no page is ours to say. */
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	int error = posix_spawn(&pid, "/usr/bin/man", &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (error)
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int show(struct cli *cli, const char *word)
{
	const struct command *command = commands_find(word);
	if (!command) {
		cli_error(cli, "unknown command: %s ('sonde help' lists them)", word);
		return CLI_FAILURE;
	}
	if (open_manual(command->page))
		return CLI_OK;
	char program[32];
	snprintf(program, sizeof(program), "sonde %s", word);
	options_help(command->options, program, &cli->out.buffer);
	return CLI_OK;
}

int cmd_help(struct cli *cli, int argc, char **argv)
{
	struct help_options options = { 0 };
	int operand = 0;

	if (!cli_parse(cli, &cmd_help_options, argc, argv, &options, &operand))
		return CLI_FAILURE;
	if (options.help)
		options_help(&cmd_help_options, cli->program, &cli->out.buffer);
	else if (operand == argc)
		cmd_help_overview(&cli->out.buffer);
	else
		return show(cli, argv[operand]);
	return CLI_OK;
}
