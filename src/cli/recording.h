/*
 * recording - what --record writes: the command line, what the algorithm was told and did, and what
 * the renderer was told of the world, as sonde-record(5) says.
 *
 * A write that fails ends the recording, not the run; it becomes the exit status.
 */
#ifndef SONDE_CLI_RECORDING_H
#define SONDE_CLI_RECORDING_H

#include <stdbool.h>
#include "algo/algo.h"
#include "algo/anonymise.h"
#include "algo/record.h"
#include "algo/recorder.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/time.h"
#include "cli/output.h"
#include "render/render.h"

struct recording {
	const char *path;
	struct output file;
	struct anonymise *anonymise; /* NULL: as it is */
	struct recorder recorder;
	struct siphash_key key;
	struct hash names; /* of an address or a scope, to what was last said of it */
	nsec wall_offset;
};

/* Creates the file. 0 or -errno, and then there is nothing to close. */
int recording_open(struct recording *r, const char *path, bool anonymous);
/* 0 or the errno of the first write that failed. */
int recording_close(struct recording *r);

/*
 * The command with its arguments, argv[0] its name, NULL at the end; operands are those from
 * operand on.
 */
void recording_command(struct recording *r, char *const *argv, int operand);
/* What the terminal and the locale are. */
void recording_world(struct recording *r, const struct render_world *world);

/* The algorithm that records what it is told, for drive. */
struct algo *recording_algo(struct recording *r, struct algo *algo);
/* Writes what is there. */
void recording_flush(struct recording *r);

/*
 * Notes, in their place between the algorithm's events. Those of the world are written where they
 * changed: name NULL where none is known. r may be NULL for these.
 */
void recording_note(struct recording *r, const struct record_event *note);
void recording_wall(struct recording *r, nsec offset);
void recording_name(struct recording *r, const struct addr *addr, const char *name);
void recording_zone(struct recording *r, uint32_t scope, const char *name);

/*
 * Values of a note, as they are to be written: room for one is the caller's. Numbers, times, names
 * of hosts (NULL for none), addresses (family 0: none).
 */
#define RECORDING_TEXT ANONYMISE_NAME_SIZE
void recording_add_number(struct record_event *note, int64_t number,
                          char text[static RECORDING_TEXT]);
void recording_add_name(struct recording *r, struct record_event *note, const char *name,
                        char text[static RECORDING_TEXT]);
void recording_add_addr(struct recording *r, struct record_event *note, const struct addr *addr,
                        char text[static RECORDING_TEXT]);

#endif
