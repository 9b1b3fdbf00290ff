#include "cli/commands.h"

#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/recording.h"
#include "cli/suggest.h"
#include "io/privilege.h"
#include "io/sandbox.h"

const struct command commands_table[] = {
	{
	        .options = &cmd_ping_options,
	        .page = "sonde-ping",
	        .run = cmd_ping,
	        .replay = cmd_ping_replay,
	},
	{ .options = &cmd_help_options, .page = "sonde", .run = cmd_help },
	{ .options = &cmd_version_options, .page = "sonde", .run = cmd_version },
	{ .options = &cmd_completion_options, .page = "sonde", .run = cmd_completion },
};

const size_t commands_count = sizeof(commands_table) / sizeof(commands_table[0]);

struct global_options {
	bool help, version, anonymise;
	const char *record, *replay;
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
	{
	        .name = "record",
	        .argument = "FILE",
	        .help = "write down what COMMAND is told and does",
	        .completion = COMPLETE_FILE,
	        OPTION_FIELD(struct global_options, record),
	},
	{
	        .name = "anonymise",
	        .help = "with other addresses and names in the record",
	        OPTION_FIELD(struct global_options, anonymise),
	},
	{
	        .name = "replay",
	        .argument = "FILE",
	        .help = "print again what was recorded, - from stdin",
	        .completion = COMPLETE_FILE,
	        OPTION_FIELD(struct global_options, replay),
	},
};

const struct option_table commands_global = {
	.command = "",
	.summary = "Say what an IP path does to packets",
	.operands = "COMMAND",
	.operand = COMPLETE_COMMAND,
	.leading = true,
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

static void unknown_command(struct cli *cli, const char *word)
{
	struct suggestion s;
	suggestion_init(&s, word);
	for (size_t i = 0; i < commands_count; i++)
		suggestion_offer(&s, commands_table[i].options->command);
	if (s.word)
		cli_error(cli, "unknown command: %s (did you mean %s?)", word, s.word);
	else
		cli_error(cli, "unknown command: %s ('sonde help' lists them)", word);
}

static const struct command *find_or_tell(struct cli *cli, const char *word)
{
	const struct command *command = commands_find(word);
	if (command)
		snprintf(cli->program, sizeof(cli->program), "sonde %s", command->options->command);
	else
		unknown_command(cli, word);
	return command;
}

static int record(struct cli *cli, const struct global_options *o, int argc, char **argv)
{
	struct recording recording;
	const struct command *command = find_or_tell(cli, argv[0]);
	if (!command)
		return CLI_FAILURE;
	if (!command->replay) {
		cli_error(cli, "there is nothing to record of it");
		return CLI_FAILURE;
	}
	int error = recording_open(&recording, o->record, o->anonymise);
	if (error) {
		cli_error(cli, "%s: %s", o->record, strerror(-error));
		return CLI_FAILURE;
	}
	cli->recording = &recording;
	int status = command->run(cli, argc, argv);
	cli->recording = NULL;
	error = recording_close(&recording);
	if (!error)
		return status;
	cli_error(cli, "%s: %s", o->record, strerror(error));
	return CLI_FAILURE;
}

/* A record may be a stranger's: it is read by a process that can do nothing. */
static int replay_in_sandbox(struct cli *cli, struct replaying *r, struct buffer *complaint)
{
	int error = privilege_drop();
	if (!error)
		error = sandbox_enter();
	if (error) {
		buffer_printf(complaint, "sandbox: %s", strerror(-error));
		return CLI_FAILURE;
	}
	if (!replaying_head(r, complaint))
		return CLI_FAILURE;
	const struct command *command = commands_find(r->argv[0]);
	if (!command || !command->replay) {
		replaying_complain(r, "a command that this version cannot replay", complaint);
		return CLI_FAILURE;
	}
	snprintf(cli->program, sizeof(cli->program), "sonde %s", command->options->command);
	return command->replay(cli, r);
}

static int replay(struct cli *cli, const char *path)
{
	struct replaying r;
	struct buffer complaint;
	int status = CLI_FAILURE;
	buffer_init(&complaint, 8192);
	if (replaying_open(&r, path, &complaint))
		status = replay_in_sandbox(cli, &r, &complaint);
	if (complaint.length)
		cli_error(cli, "%s", complaint.data);
	buffer_release(&complaint);
	replaying_close(&r);
	return status;
}

/* `sonde -x ... [COMMAND ...]` */
static int run_global(struct cli *cli, int argc, char **argv)
{
	struct global_options o = { 0 };
	int operand = 0;
	const char *fault = NULL;

	if (!cli_parse(cli, &commands_global, argc, argv, &o, &operand))
		return CLI_FAILURE;
	bool command = operand < argc;
	if (o.version)
		cmd_version_print(&cli->out.buffer);
	else if (o.help)
		cmd_help_overview(&cli->out.buffer);
	else if (o.anonymise && !o.record)
		fault = "--anonymise goes with --record";
	else if (o.replay && (o.record || command))
		fault = "--replay goes alone";
	else if (o.replay)
		return replay(cli, o.replay);
	else if (o.record && command)
		return record(cli, &o, argc - operand, argv + operand);
	else if (o.record)
		fault = "--record wants a command";
	else
		fault = "no command given ('sonde help' lists them)";
	if (fault)
		cli_error(cli, "%s", fault);
	return fault ? CLI_FAILURE : CLI_OK;
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
		return run_global(cli, argc, argv);
	const struct command *command = find_or_tell(cli, argv[1]);
	return command ? command->run(cli, argc - 1, argv + 1) : CLI_FAILURE;
}
