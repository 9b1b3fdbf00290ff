/*
 * jsonl - writes JSON Lines (RFC 8259) into a buffer as it goes: one object a line, nothing kept.
 *
 * Why not jansson, the library of choice elsewhere: to write, it builds a tree of some twenty
 * allocations for each line (2.0 us for a reply line as measured; this 0.35 us), and a flood prints
 * a line a packet. It has no form for an exact decimal either: 66.6667 comes out as
 * 66.666700000000006. The tests read every line back with it.
 *
 * key is NULL inside arrays. Brackets nest JSONL_DEPTH deep.
 */
#ifndef SONDE_RENDER_JSONL_H
#define SONDE_RENDER_JSONL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buffer.h"

#define JSONL_DEPTH 16

struct jsonl {
	struct buffer *out;
	size_t start; /* of the line */
	unsigned depth;
	char close[JSONL_DEPTH]; /* the brackets still open */
	bool follows;            /* a value stands before the next one: it wants a comma */
};

/* A line begins: its object is open. */
void jsonl_line(struct jsonl *j, struct buffer *out);
/* Closes the object and ends the line. Where the buffer failed, the line is taken back whole. */
void jsonl_line_end(struct jsonl *j);

void jsonl_object(struct jsonl *j, const char *key);
void jsonl_array(struct jsonl *j, const char *key);
void jsonl_end(struct jsonl *j); /* of the innermost object or array */

/* Any bytes; null for NULL. */
void jsonl_string(struct jsonl *j, const char *key, const char *text);
void jsonl_bytes(struct jsonl *j, const char *key, const char *text, size_t length);
void jsonl_integer(struct jsonl *j, const char *key, int64_t value);
void jsonl_unsigned(struct jsonl *j, const char *key, uint64_t value);
/* units / 10^scale */
void jsonl_decimal(struct jsonl *j, const char *key, int64_t units, unsigned scale);
void jsonl_bool(struct jsonl *j, const char *key, bool value);
void jsonl_null(struct jsonl *j, const char *key);

#endif
