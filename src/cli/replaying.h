/*
 * replaying - a record read back: its command line, its events one by one, and the world as the
 * renderer was told of it.
 */
#ifndef SONDE_CLI_REPLAYING_H
#define SONDE_CLI_REPLAYING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "algo/record.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "base/random.h"
#include "render/render.h"

#define REPLAYING_LIMIT (1u << 30) /* bytes of a record */

struct replaying {
	const char *path;
	struct buffer text; /* of the file; read in place */
	size_t at;
	uint64_t line;
	char **argv; /* NULL at the end */
	int argc;
	struct siphash_key key;
	struct hash names; /* of an address or a scope, to an index into told */
	const char **told;
	uint32_t told_count, told_capacity;
};

/* Reads the whole file, "-" for standard input. False with a complaint. */
bool replaying_open(struct replaying *r, const char *path, struct buffer *complaint);
void replaying_close(struct replaying *r);

/*
 * Reads the head: what version it is, and the command's arguments. False with a complaint. The
 * first event behind it is next.
 */
bool replaying_head(struct replaying *r, struct buffer *complaint);

/* The next event; false at the end, and with a complaint where a line is none. */
bool replaying_next(struct replaying *r, struct record_event *event, struct buffer *complaint);
/* "FILE:LINE: FAULT" */
void replaying_complain(const struct replaying *r, const char *fault, struct buffer *complaint);

/* From now on the world knows the names that the record has told so far. */
void replaying_attach(struct replaying *r, struct render_world *world);
/*
 * Takes a note about the world into it: world, wall, name, zone. False where it is another note, or
 * one of these without sense, *fault then says so (else NULL).
 */
bool replaying_world(struct replaying *r, const struct record_event *note,
                     struct render_world *world, const char **fault);

#endif
