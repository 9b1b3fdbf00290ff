/*
 * commands - the table of what `sonde WORD` can do; a new command is one file and one row.
 */
#ifndef SONDE_CLI_COMMANDS_H
#define SONDE_CLI_COMMANDS_H

#include <stddef.h>
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/replaying.h"

struct command {
	const struct option_table *options; /* with the command's name and summary */
	const char *page;                   /* its manual page in section 1 */
	/* argv[0] is the command's name; returns an enum cli_status. */
	int (*run)(struct cli *cli, int argc, char **argv);
	/* What --record wrote of it, done again; NULL where it cannot be recorded. */
	int (*replay)(struct cli *cli, struct replaying *record);
};

extern const struct command commands_table[];
extern const size_t commands_count;

/* The options of `sonde` itself, before any command. */
extern const struct option_table commands_global;

/* NULL where there is none of this name. */
const struct command *commands_find(const char *name);
/* The command as which a program of this name was called ("/bin/ping6"); NULL where it was none. */
const struct command *commands_called(const char *program);

/* Runs what argv says, argv[0] the program. Sets cli->program. Returns an enum cli_status. */
int commands_dispatch(struct cli *cli, int argc, char **argv);

#endif
