#include "base/buffer.h"

#include <stdint.h>
#include <stdio.h> /* vsnprintf, and nothing that touches a stream */
#include <stdlib.h>
#include <string.h>

#define BUFFER_CAPACITY_MIN 256

void buffer_init(struct buffer *b, size_t limit)
{
	/* Room for the NUL must be countable. */
	*b = (struct buffer){ .limit = limit < SIZE_MAX ? limit : SIZE_MAX - 1 };
}

void buffer_release(struct buffer *b)
{
	free(b->data);
	buffer_init(b, b->limit);
}

void buffer_clear(struct buffer *b)
{
	b->length = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

/* Makes room for so many bytes more and the NUL; false, and
 * failed for good, where there is none. */
static bool reserve(struct buffer *b, size_t more)
{
	if (b->failed)
		return false;
	if (more > b->limit - b->length) {
		b->failed = true;
		return false;
	}
	size_t need = b->length + more + 1;
	if (need <= b->capacity)
		return true;
	size_t capacity = b->capacity > SIZE_MAX / 2 ? SIZE_MAX : b->capacity * 2;
	if (capacity < BUFFER_CAPACITY_MIN)
		capacity = BUFFER_CAPACITY_MIN;
	if (capacity > b->limit + 1)
		capacity = b->limit + 1;
	if (capacity < need)
		capacity = need;
	char *data = realloc(b->data, capacity);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->capacity = capacity;
	return true;
}

void buffer_append(struct buffer *b, const void *data, size_t length)
{
	if (!reserve(b, length))
		return;
	if (length)
		memcpy(b->data + b->length, data, length);
	b->length += length;
	b->data[b->length] = '\0';
}

void buffer_text(struct buffer *b, const char *text)
{
	buffer_append(b, text, strlen(text));
}

void buffer_char(struct buffer *b, char c)
{
	buffer_append(b, &c, 1);
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	/* Most texts fit into what is there: formatted in place, and only measured where not. */
	size_t room = b->failed ? 0 : b->capacity - b->length;
	int length = vsnprintf(room ? b->data + b->length : NULL, room, format, args);
	va_end(args);
	if (length < 0) {
		b->failed = true;
	} else if (reserve(b, (size_t)length)) {
		if ((size_t)length >= room)
			(void)vsnprintf(b->data + b->length, (size_t)length + 1, format, again);
		b->length += (size_t)length;
	}
	va_end(again);
	if (b->data)
		b->data[b->length] = '\0';
}
