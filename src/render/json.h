/*
 * json - writes JSON Lines (RFC 8259) into a buffer as it goes: one object a line, nothing kept.
 *
 * Why not jansson, the library of choice elsewhere: to write, it builds a tree of some twenty
 * allocations for each line (2.0 us for a reply line as measured; this 0.5 us), and a flood prints
 * a line a packet. It has no form for an exact decimal either: 66.6667 comes out as
 * 66.666700000000006. The tests read every line back with it.
 *
 * key is NULL inside arrays. Brackets nest JSON_DEPTH deep.
 */
#ifndef SONDE_RENDER_JSON_H
#define SONDE_RENDER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buffer.h"

#define JSON_DEPTH 16

struct json {
	struct buffer *out;
	size_t start; /* of the line */
	unsigned depth;
	char close[JSON_DEPTH]; /* the brackets still open */
	bool follows;           /* a value stands before the next one: it wants a comma */
};

/* A line begins: its object is open. */
void json_line(struct json *j, struct buffer *out);
/* Closes the object and ends the line. Where the buffer failed, the line is taken back whole. */
void json_line_end(struct json *j);

void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j); /* of the innermost object or array */

/* Any bytes; null for NULL. */
void json_string(struct json *j, const char *key, const char *text);
void json_integer(struct json *j, const char *key, int64_t value);
void json_unsigned(struct json *j, const char *key, uint64_t value);
/* units / 10^scale */
void json_decimal(struct json *j, const char *key, int64_t units, unsigned scale);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

#endif
