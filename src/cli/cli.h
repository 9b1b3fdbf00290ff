/*
 * cli - what every command is handed: its name for messages, and the two outputs.
 */
#ifndef SONDE_CLI_CLI_H
#define SONDE_CLI_CLI_H

#include <stdbool.h>
#include "cli/options.h"
#include "cli/output.h"

enum cli_status {
	CLI_OK = 0,
	CLI_NO_REPLY = 1, /* the network's answer is no */
	CLI_FAILURE =
	        2, /* usage, permission, names, output: all that is not the network's answer */
};

struct recording;

struct cli {
	char program[32]; /* "sonde ping", or "ping" where called by that name */
	struct output out, err;
	struct recording *recording; /* NULL unless --record */
};

/* "PROGRAM: MESSAGE" as a line on standard error, after what standard output has to say so far. */
__attribute__((format(printf, 2, 3))) void cli_error(struct cli *cli, const char *format, ...);

/* options_parse, with the complaint said: after false the command returns CLI_FAILURE. */
bool cli_parse(struct cli *cli, const struct option_table *table, int argc, char **argv, void *into,
               int *operand);

#endif
