/*
 * main - the world as a program finds it, made fit for the commands; and their status on the way
 * out, unless the output could not be written.
 */
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "cli/cli.h"
#include "cli/commands.h"

int main(int argc, char **argv)
{
	struct cli cli = { .program = "sonde" };

	output_guard();
	/* Which characters can be shown, and nothing else: numbers are read and written alike
	 * everywhere. */
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	output_init(&cli.out, STDOUT_FILENO);
	output_init(&cli.err, STDERR_FILENO);

	int status = commands_dispatch(&cli, argc, argv);

	if (!output_close(&cli.out)) {
		cli_error(&cli, "standard output: %s", strerror(cli.out.error));
		status = CLI_FAILURE;
	}
	if (!output_close(&cli.err))
		status = CLI_FAILURE;
	output_release(&cli.out);
	output_release(&cli.err);
	return status;
}
