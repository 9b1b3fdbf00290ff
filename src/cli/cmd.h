/*
 * cmd - the commands themselves, one cmd_*.c each, and their option tables: rows of commands.c.
 */
#ifndef SONDE_CLI_CMD_H
#define SONDE_CLI_CMD_H

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/replaying.h"

int cmd_ping(struct cli *cli, int argc, char **argv);
int cmd_ping_replay(struct cli *cli, struct replaying *record);
int cmd_help(struct cli *cli, int argc, char **argv);
int cmd_version(struct cli *cli, int argc, char **argv);
int cmd_completion(struct cli *cli, int argc, char **argv);

extern const struct option_table cmd_ping_options;
extern const struct option_table cmd_help_options;
extern const struct option_table cmd_version_options;
extern const struct option_table cmd_completion_options;

/* The two lines of `sonde version`. */
void cmd_version_print(struct buffer *out);

/* The list of commands, as `sonde` alone prints it. */
void cmd_help_overview(struct buffer *out);

#endif
