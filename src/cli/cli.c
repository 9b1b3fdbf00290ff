#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

void cli_error(struct cli *cli, const char *format, ...)
{
	char line[1024];
	va_list args;
	va_start(args, format);
	int length = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	output_flush(&cli->out);
	buffer_printf(&cli->err.buffer, "%s: %s\n", cli->program, length < 0 ? "?" : line);
	output_flush(&cli->err);
}

bool cli_parse(struct cli *cli, const struct option_table *table, int argc, char **argv, void *into,
               int *operand)
{
	struct buffer complaint;
	buffer_init(&complaint, 512);
	bool parsed = options_parse(table, argc, argv, into, operand, &complaint);
	if (!parsed)
		cli_error(cli, "%s", complaint.data ? complaint.data : "out of memory");
	buffer_release(&complaint);
	return parsed;
}
