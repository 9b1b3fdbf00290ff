/*
 * ping - the command: what was typed, judged, and then run.
 */
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/ping_options.h"
#include "cli/ping_run.h"
#include "cli/ping_targets.h"

/* ping4 and ping6. */
static void family_by_name(struct ping_options *o, const char *program)
{
	size_t length = strlen(program);
	o->ipv4 |= length && program[length - 1] == '4';
	o->ipv6 |= length && program[length - 1] == '6';
}

static bool collect(struct ping_targets *targets, const struct ping_options *o, char **operands,
                    struct buffer *complaint)
{
	for (; *operands; operands++) {
		if (!**operands) {
			buffer_text(complaint, "host is empty");
			return false;
		}
		if (!ping_targets_add(targets, *operands, complaint))
			return false;
	}
	if (o->targets && !ping_targets_read(targets, o->targets, complaint))
		return false;
	if (targets->count == 0)
		buffer_text(complaint, o->targets ? "no host in the list"
		                                  : "no host given (--help lists the options)");
	else if (targets->count > 1 && o->connect)
		buffer_text(complaint, "-C connects to one host and hears no other");
	else
		return true;
	return false;
}

static int judge_and_run(struct cli *cli, struct ping_options *o, char **operands)
{
	struct ping_targets targets;
	struct buffer complaint;
	bool privileged = getuid() == 0;
	int status = CLI_FAILURE;

	ping_targets_init(&targets);
	buffer_init(&complaint, 8192);
	if (ping_options_check(o, privileged, &complaint) &&
	    collect(&targets, o, operands, &complaint))
		status = ping_run(cli, o, &targets, privileged);
	else
		cli_error(cli, "%s", complaint.data ? complaint.data : "out of memory");
	buffer_release(&complaint);
	ping_targets_release(&targets);
	return status;
}

int cmd_ping(struct cli *cli, int argc, char **argv)
{
	struct ping_options options;
	struct buffer *out = &cli->out.buffer;
	int operand = 0;

	ping_options_init(&options);
	family_by_name(&options, cli->program);
	if (!cli_parse(cli, &cmd_ping_options, argc, argv, &options, &operand))
		return CLI_FAILURE;
	if (options.help)
		options_help(&cmd_ping_options, cli->program, out);
	else if (options.version)
		cmd_version_print(out);
	else if (options.node_info_help)
		ping_node_info_help(out);
	else {
		if (cli->recording)
			recording_command(cli->recording, argv, operand);
		return judge_and_run(cli, &options, argv + operand);
	}
	return CLI_OK;
}

int cmd_ping_replay(struct cli *cli, struct replaying *record)
{
	struct ping_options options;
	int operand = 0;

	ping_options_init(&options);
	if (!cli_parse(cli, &cmd_ping_options, record->argc, record->argv, &options, &operand))
		return CLI_FAILURE;
	return ping_replay(cli, &options, record);
}
