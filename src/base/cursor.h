/*
 * cursor - bounds-checked reading and writing of packet bytes.
 *
 * A cursor walks over bytes it does not own; a writer fills bytes it does not own. Both keep a
 * sticky flag: after the first access out of bounds every read yields zero and every write does
 * nothing, so that a codec reads a whole header and asks once, at the end, whether it was there.
 * All integers are in network byte order. Nothing else in sonde touches packet bytes.
 */
#ifndef SONDE_BASE_CURSOR_H
#define SONDE_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes somebody else owns; data may be NULL where length is 0. */
struct span {
	const uint8_t *data;
	size_t length;
};

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

struct writer {
	uint8_t *start;
	uint8_t *at;
	uint8_t *end;
	bool failed;
};

static inline struct cursor cursor_of(const void *data, size_t length)
{
	const uint8_t *bytes = data;
	return (struct cursor){ .at = bytes, .end = length ? bytes + length : bytes };
}

static inline struct cursor cursor_over(struct span span)
{
	return cursor_of(span.data, span.length);
}

/* Bytes still to be read; 0 once the cursor has failed. */
static inline size_t cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : (size_t)(c->end - c->at);
}

/* The next n bytes, or NULL (and the cursor has failed). A success with n = 0 may also be NULL. */
static inline const uint8_t *cursor_bytes(struct cursor *c, size_t n)
{
	if (cursor_left(c) < n) {
		c->failed = true;
		return NULL;
	}
	const uint8_t *bytes = c->at;
	if (n)
		c->at += n;
	return bytes;
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
	(void)cursor_bytes(c, n);
}

/* The next n bytes as a span; empty where they are not there. */
static inline struct span cursor_span(struct cursor *c, size_t n)
{
	const uint8_t *bytes = cursor_bytes(c, n);
	return (struct span){ .data = bytes, .length = bytes ? n : 0 };
}

/* All that is left, as a span; the cursor then stands at its end. */
static inline struct span cursor_rest(struct cursor *c)
{
	return cursor_span(c, cursor_left(c));
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *b = cursor_bytes(c, 1);
	return b ? b[0] : 0;
}

static inline uint16_t cursor_u16(struct cursor *c)
{
	const uint8_t *b = cursor_bytes(c, 2);
	return b ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
	const uint8_t *b = cursor_bytes(c, 4);
	return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}

static inline uint64_t cursor_u64(struct cursor *c)
{
	const uint8_t *b = cursor_bytes(c, 8);
	if (!b)
		return 0;
	return (uint64_t)b[0] << 56 | (uint64_t)b[1] << 48 | (uint64_t)b[2] << 40 |
	       (uint64_t)b[3] << 32 | (uint64_t)b[4] << 24 | (uint64_t)b[5] << 16 |
	       (uint64_t)b[6] << 8 | b[7];
}

static inline struct writer writer_of(void *data, size_t capacity)
{
	uint8_t *bytes = data;
	return (struct writer){ .start = bytes,
		                .at = bytes,
		                .end = capacity ? bytes + capacity : bytes };
}

/* Bytes written so far. */
static inline size_t writer_length(const struct writer *w)
{
	return (size_t)(w->at - w->start);
}

/* Room for the next n bytes, to be filled by the caller; NULL (and failed) where there is none. */
static inline uint8_t *writer_room(struct writer *w, size_t n)
{
	if (w->failed || (size_t)(w->end - w->at) < n) {
		w->failed = true;
		return NULL;
	}
	uint8_t *room = w->at;
	if (n)
		w->at += n;
	return room;
}

static inline void writer_u8(struct writer *w, uint8_t v)
{
	uint8_t *b = writer_room(w, 1);
	if (b)
		b[0] = v;
}

static inline void writer_u16(struct writer *w, uint16_t v)
{
	uint8_t *b = writer_room(w, 2);
	if (b) {
		b[0] = (uint8_t)(v >> 8);
		b[1] = (uint8_t)v;
	}
}

static inline void writer_u32(struct writer *w, uint32_t v)
{
	uint8_t *b = writer_room(w, 4);
	if (b) {
		b[0] = (uint8_t)(v >> 24);
		b[1] = (uint8_t)(v >> 16);
		b[2] = (uint8_t)(v >> 8);
		b[3] = (uint8_t)v;
	}
}

static inline void writer_u64(struct writer *w, uint64_t v)
{
	uint8_t *b = writer_room(w, 8);
	for (int i = 0; b && i < 8; i++)
		b[i] = (uint8_t)(v >> (56 - 8 * i));
}

static inline void writer_bytes(struct writer *w, const void *data, size_t n)
{
	uint8_t *b = writer_room(w, n);
	if (b && n)
		memcpy(b, data, n);
}

static inline void writer_zero(struct writer *w, size_t n)
{
	uint8_t *b = writer_room(w, n);
	if (b && n)
		memset(b, 0, n);
}

/* Overwrites two bytes written earlier, offset bytes from the start (a checksum, a length). */
static inline void writer_patch_u16(struct writer *w, size_t offset, uint16_t v)
{
	if (w->failed || writer_length(w) < 2 || offset > writer_length(w) - 2) {
		w->failed = true;
		return;
	}
	w->start[offset] = (uint8_t)(v >> 8);
	w->start[offset + 1] = (uint8_t)v;
}

#endif
