/*
 * completion - scripts for three shells, made from the commands' option tables.
 *
 * They call nothing of sonde's when they run, and nothing of a shell's completion library that a
 * bare installation lacks.
 */
#ifndef SONDE_CLI_COMPLETION_H
#define SONDE_CLI_COMPLETION_H

#include <stddef.h>
#include "base/buffer.h"
#include "cli/commands.h"

void completion_bash(const struct command *commands, size_t count,
                     const struct option_table *global, struct buffer *out);
void completion_zsh(const struct command *commands, size_t count, const struct option_table *global,
                    struct buffer *out);
void completion_fish(const struct command *commands, size_t count,
                     const struct option_table *global, struct buffer *out);

#endif
