/*
 * buffer - a growing run of bytes that knows how far it may grow.
 *
 * The failure to grow is sticky, as in a cursor: append at will, ask once.
 */
#ifndef SONDE_BASE_BUFFER_H
#define SONDE_BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buffer {
	char *data; /* always NUL-terminated once anything was appended */
	size_t length;
	size_t capacity;
	size_t limit; /* never longer than this, the NUL not counted */
	bool failed;
};

void buffer_init(struct buffer *b, size_t limit);
void buffer_release(struct buffer *b);
void buffer_clear(struct buffer *b); /* keeps the memory, forgets the failure */

void buffer_append(struct buffer *b, const void *data, size_t length);
void buffer_text(struct buffer *b, const char *text);
void buffer_char(struct buffer *b, char c);
__attribute__((format(printf, 2, 3))) void buffer_printf(struct buffer *b, const char *format, ...);

#endif
