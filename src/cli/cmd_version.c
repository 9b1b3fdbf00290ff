/*
 * version - what this program is and what it was built with: the first thing a bug report needs.
 */
#include <ares.h>
#include <idn2.h>
#include <seccomp.h>
#include <sys/capability.h>
#include "cli/cmd.h"

struct version_options {
	bool help;
};

static const struct option_row rows[] = {
	{
	        .letter = 'h',
	        .name = "help",
	        .help = "print this",
	        OPTION_FIELD(struct version_options, help),
	},
};

const struct option_table cmd_version_options = {
	.command = "version",
	.summary = "Print the version and what was built in",
	.operands = "",
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
};

void cmd_version_print(struct buffer *out)
{
	const struct scmp_version *seccomp = seccomp_version();
	buffer_text(out, "sonde " SONDE_VERSION "\n");
	/* libcap does not tell its version at run time: this is the one compiled against. */
	buffer_printf(out, "libcap %d.%d, libseccomp %u.%u.%u, c-ares %s, libidn2 %s\n",
	              LIBCAP_MAJOR, LIBCAP_MINOR, seccomp->major, seccomp->minor, seccomp->micro,
	              ares_version(NULL), idn2_check_version(NULL));
}

int cmd_version(struct cli *cli, int argc, char **argv)
{
	struct version_options options = { 0 };
	int operand = 0;

	if (!cli_parse(cli, &cmd_version_options, argc, argv, &options, &operand))
		return CLI_FAILURE;
	if (operand < argc) {
		cli_error(cli, "unexpected argument: %s", argv[operand]);
		return CLI_FAILURE;
	}
	if (options.help)
		options_help(&cmd_version_options, cli->program, &cli->out.buffer);
	else
		cmd_version_print(&cli->out.buffer);
	return CLI_OK;
}
