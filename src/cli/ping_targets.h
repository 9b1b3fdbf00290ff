/*
 * ping_targets - the hosts to ping as typed, from the command line and from --targets.
 *
 * In a file a line is a host; blanks around it, empty lines, and all behind '#' do not matter. It
 * is read to its end before the first probe leaves.
 */
#ifndef SONDE_CLI_PING_TARGETS_H
#define SONDE_CLI_PING_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buffer.h"

#define PING_TARGETS_MAX 1048576
#define PING_TARGET_LINE 1024 /* longest line, its end not counted; a DNS name has at most 253 */

struct ping_targets {
	const char **names;
	size_t count, capacity;
	char *text; /* of the file: names point into it, or at argv */
};

void ping_targets_init(struct ping_targets *targets);
void ping_targets_release(struct ping_targets *targets);

/* The name must outlive the list. False with a complaint where there are too many. */
bool ping_targets_add(struct ping_targets *targets, const char *name, struct buffer *complaint);

/* Adds what the file says, "-" for standard input; at most once. False with a complaint. */
bool ping_targets_read(struct ping_targets *targets, const char *path, struct buffer *complaint);

#endif
