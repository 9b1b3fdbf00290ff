#include "render/jsonl.h"

#include <assert.h>
#include <string.h>
#include "render/decimal.h"
#include "render/escape.h"

static void begin(struct jsonl *j, const char *key)
{
	if (j->follows)
		buffer_char(j->out, ',');
	j->follows = true;
	if (!key)
		return;
	buffer_char(j->out, '"');
	buffer_text(j->out, key); /* keys are ours: nothing to escape */
	buffer_append(j->out, "\":", 2);
}

static void bracket_open(struct jsonl *j, const char *key, char bracket, char closing)
{
	assert(j->depth < JSONL_DEPTH);
	begin(j, key);
	buffer_char(j->out, bracket);
	j->close[j->depth++] = closing;
	j->follows = false;
}

void jsonl_line(struct jsonl *j, struct buffer *out)
{
	*j = (struct jsonl){ .out = out, .start = out->length };
	bracket_open(j, NULL, '{', '}');
}

void jsonl_line_end(struct jsonl *j)
{
	jsonl_end(j);
	assert(j->depth == 0);
	buffer_char(j->out, '\n');
	if (j->out->failed && j->out->data) {
		j->out->length = j->start;
		j->out->data[j->start] = '\0';
	}
}

void jsonl_object(struct jsonl *j, const char *key)
{
	bracket_open(j, key, '{', '}');
}

void jsonl_array(struct jsonl *j, const char *key)
{
	bracket_open(j, key, '[', ']');
}

void jsonl_end(struct jsonl *j)
{
	assert(j->depth > 0);
	buffer_char(j->out, j->close[--j->depth]);
	j->follows = true;
}

void jsonl_string(struct jsonl *j, const char *key, const char *text)
{
	if (!text) {
		jsonl_null(j, key);
		return;
	}
	jsonl_bytes(j, key, text, strlen(text));
}

void jsonl_bytes(struct jsonl *j, const char *key, const char *text, size_t length)
{
	begin(j, key);
	buffer_char(j->out, '"');
	escape_json(j->out, text, length);
	buffer_char(j->out, '"');
}

void jsonl_integer(struct jsonl *j, const char *key, int64_t value)
{
	jsonl_decimal(j, key, value, 0);
}

void jsonl_unsigned(struct jsonl *j, const char *key, uint64_t value)
{
	if (value <= INT64_MAX) {
		jsonl_decimal(j, key, (int64_t)value, 0);
		return;
	}
	begin(j, key);
	decimal_exact(j->out, (int64_t)(value / 10), 0);
	buffer_char(j->out, (char)('0' + value % 10));
}

void jsonl_decimal(struct jsonl *j, const char *key, int64_t units, unsigned scale)
{
	begin(j, key);
	decimal_exact(j->out, units, scale);
}

void jsonl_bool(struct jsonl *j, const char *key, bool value)
{
	begin(j, key);
	buffer_text(j->out, value ? "true" : "false");
}

void jsonl_null(struct jsonl *j, const char *key)
{
	begin(j, key);
	buffer_text(j->out, "null");
}
