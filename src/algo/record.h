/*
 * record - what an algorithm was told and what it did, one event a line of text.
 *
 * sonde-record(5) describes the format. A line is read in place: what an event points to lies
 * within the line it was read from, and lives as long. Lines come from strangers: every number has
 * a range, every kind is known, and times leave room to be added and subtracted.
 */
#ifndef SONDE_ALGO_RECORD_H
#define SONDE_ALGO_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "algo/algo.h"
#include "base/buffer.h"
#include "base/time.h"

#define RECORD_TIME_MAX   (INT64_C(1) << 61) /* 73 years of a machine that never stops */
#define RECORD_WORD_SIZE  16
#define RECORD_VALUES_MAX 8
#define RECORD_BYTES_MAX  65535u /* of what one datagram may hold */

enum record_kind {
	RECORD_POLL,
	RECORD_SENT,
	RECORD_REPLY,
	RECORD_DROPS,
	RECORD_STOP,
	RECORD_NOTE, /* of the command that runs the algorithm, which knows what it means */
};

struct record_event {
	enum record_kind kind;
	nsec time;               /* poll, drops, stop */
	enum action_kind action; /* poll: what it said in the end; ... */
	uint32_t reports; /* ... ACTION_REPORT: after so many of them it was not asked again */
	uint64_t drops;
	union {
		struct probe probe; /* ACTION_SEND */
		struct sent sent;
		struct reply reply;
	};
	/* Note: a small word, and what follows it; NULL for "-". */
	char word[RECORD_WORD_SIZE];
	const char *values[RECORD_VALUES_MAX];
	uint32_t value_count;
};

/* Appends the line with its end. */
void record_print(const struct record_event *event, struct buffer *out);

/*
 * Reads a line without its end. False where it is none, *fault then says in a phrase what is wrong.
 * The line must end in a NUL, which does not count.
 */
bool record_parse(char *line, size_t length, struct record_event *event, const char **fault);

/* A note is begun with its word, and gets its values one by one. */
struct record_event record_note(const char *word);
void record_add(struct record_event *note, const char *value);
/* The value of a note as a number or as an address; false where it is none, or out of range. */
bool record_number(const struct record_event *note, uint32_t index, int64_t min, int64_t max,
                   int64_t *value);
bool record_address(const struct record_event *note, uint32_t index, struct addr *addr);

#endif
