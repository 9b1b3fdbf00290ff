/*
 * record_fields - structs as "name=value" words: one table for each, for writing and for reading.
 */
#ifndef SONDE_ALGO_RECORD_FIELDS_H
#define SONDE_ALGO_RECORD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buffer.h"

enum record_field_type {
	RECORD_U8,
	RECORD_U16,
	RECORD_U32,
	RECORD_U64,
	RECORD_I8,
	RECORD_I16,
	RECORD_I32,
	RECORD_TIME,
	RECORD_BOOL,
	RECORD_ADDR,
	RECORD_BYTES, /* struct span */
	RECORD_ENUM,  /* uint8_t, an index into words */
	RECORD_FLAGS, /* uint32_t, a bit for each of words */
};

struct record_field {
	const char *name;
	enum record_field_type type;
	size_t offset;
	int64_t plain; /* a number that is not written, and is there where none is read */
	const char *const *words; /* NULL-terminated */
};

struct record_table {
	const struct record_field *fields;
	size_t count;
};

extern const struct record_table record_probe, record_sent, record_reply;

/* Appends " name=value" for each field that is not plain. */
void record_fields_print(const struct record_table *table, const void *from, struct buffer *out);
/* All fields as they are where nothing is said of them. */
void record_fields_plain(const struct record_table *table, void *into);
/* One word, in place. False where it names no field, or the value is none for it. */
bool record_field_parse(const struct record_table *table, char *word, void *into);

/* 0 to 15 of a small hexadecimal digit; -1. */
int record_hex_digit(char c);
/* Decimal, with a minus where negative, and nothing around it. */
bool record_integer(const char *text, int64_t min, uint64_t max, uint64_t *value);

#endif
