/*
 * output - a buffer in front of a descriptor, whose every write is checked.
 *
 * Renderers append to the buffer, the command flushes when a line is there. The first failed write
 * (full disk, closed pipe, closed descriptor) is kept: nothing is written after it, and it becomes
 * the exit status. SIGPIPE must be ignored.
 */
#ifndef SONDE_CLI_OUTPUT_H
#define SONDE_CLI_OUTPUT_H

#include <stdbool.h>
#include "base/buffer.h"

#define OUTPUT_LIMIT (4u << 20) /* bytes not yet written, at most */

struct output {
	int fd;
	/*
	 * A descriptor that becomes readable when the user has had enough (signals), -1 for none:
	 * who reads our pipe may have stopped reading without closing it.
	 */
	int interrupt;
	int error; /* errno of the first failure; EINTR for an interrupted wait */
	struct buffer buffer;
};

/*
 * Makes sure that descriptors 0, 1 and 2 are open, so that no socket takes their number; writing to
 * one that was closed still fails with EBADF.
 */
void output_guard(void);

void output_init(struct output *o, int fd);
void output_release(struct output *o); /* leaves the descriptor open */

/* Writes all there is in the buffer and empties it. False once anything has failed. */
bool output_flush(struct output *o);
/* Flushes and closes the descriptor: some disks tell only now that they are full. */
bool output_close(struct output *o);

#endif
