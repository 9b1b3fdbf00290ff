#include "render/escape.h"

#include <stdint.h>

/*
 * Decodes one character and returns its length in bytes, 0 where the bytes at hand are not UTF-8.
 * The smallest value each length may carry is what rules out overlong forms.
 */
static size_t decode(const uint8_t *at, size_t left, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = at[0] < 0x80             ? 1
	                : (at[0] & 0xe0) == 0xc0 ? 2
	                : (at[0] & 0xf0) == 0xe0 ? 3
	                : (at[0] & 0xf8) == 0xf0 ? 4
	                                         : 0;
	if (length == 0 || length > left)
		return 0;
	uint32_t c = length == 1 ? at[0] : at[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (at[i] & 0x3fU);
	}
	if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*character = c;
	return length;
}

struct range {
	uint32_t first, last;
};

/* Characters that act on their surroundings, or that the eye does not see. */
static const struct range hidden[] = {
	{ 0x0000, 0x001f },   /* C0 */
	{ 0x007f, 0x009f },   /* DEL, C1 */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x034f, 0x034f },   /* grapheme joiner */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x200b, 0x200f },   /* zero width; left-to-right and right-to-left marks */
	{ 0x2028, 0x202e },   /* line and paragraph separators; embeddings and overrides */
	{ 0x2060, 0x206f },   /* invisible operators; isolates */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0xe0000, 0xe007f }, /* tags */
};

static const struct range blank[] = {
	{ 0x0020, 0x0020 }, { 0x00a0, 0x00a0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200a },
	{ 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x3000, 0x3000 },
};

static bool within(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

static bool is_hidden(uint32_t c)
{
	bool noncharacter = (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
	return noncharacter || within(c, hidden, sizeof hidden / sizeof hidden[0]);
}

static bool is_blank(uint32_t c)
{
	return within(c, blank, sizeof blank / sizeof blank[0]);
}

/* How many bytes from here on are printable ASCII but for the two given: the usual name whole. */
static size_t plain_run(const uint8_t *at, size_t left, uint8_t but, uint8_t and_but)
{
	size_t n = 0;
	while (n < left && at[n] >= 0x20 && at[n] < 0x7f && at[n] != but && at[n] != and_but)
		n++;
	return n;
}

static void show_character(struct buffer *out, uint32_t c)
{
	if (c < 0x80)
		buffer_printf(out, "\\x%02x", (unsigned)c);
	else if (c < 0x10000)
		buffer_printf(out, "\\u%04x", (unsigned)c);
	else
		buffer_printf(out, "\\U%08x", (unsigned)c);
}

static void text_character(struct buffer *out, const uint8_t *at, size_t length, uint32_t c,
                           bool utf8)
{
	if (c == '\\')
		buffer_text(out, "\\\\");
	else if (is_hidden(c) || is_blank(c) || (c >= 0x80 && !utf8))
		show_character(out, c);
	else
		buffer_append(out, at, length);
}

void escape_text(struct buffer *out, const char *text, size_t length, bool utf8)
{
	const uint8_t *at = (const uint8_t *)text;
	const uint8_t *end = at + length;
	while (at < end) {
		size_t run = plain_run(at, (size_t)(end - at), ' ', '\\');
		buffer_append(out, at, run);
		at += run;
		if (at == end)
			break;
		uint32_t c;
		size_t n = decode(at, (size_t)(end - at), &c);
		if (n == 0)
			buffer_printf(out, "\\x%02x", at[0]);
		else
			text_character(out, at, n, c, utf8);
		at += n ? n : 1;
	}
}

/* \uHHHH, or two of them (a surrogate pair) for what lies beyond the basic plane. */
static void show_json(struct buffer *out, uint32_t c)
{
	if (c < 0x10000) {
		buffer_printf(out, "\\u%04x", (unsigned)c);
		return;
	}
	c -= 0x10000;
	buffer_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + (c >> 10)),
	              (unsigned)(0xdc00 + (c & 0x3ff)));
}

static void json_character(struct buffer *out, const uint8_t *at, size_t length, uint32_t c)
{
	if (c == '"' || c == '\\') {
		buffer_char(out, '\\');
		buffer_char(out, (char)c);
	} else if (is_hidden(c)) {
		show_json(out, c);
	} else {
		buffer_append(out, at, length);
	}
}

void escape_json(struct buffer *out, const char *text, size_t length)
{
	const uint8_t *at = (const uint8_t *)text;
	const uint8_t *end = at + length;
	while (at < end) {
		size_t run = plain_run(at, (size_t)(end - at), '"', '\\');
		buffer_append(out, at, run);
		at += run;
		if (at == end)
			break;
		uint32_t c;
		size_t n = decode(at, (size_t)(end - at), &c);
		if (n == 0)
			buffer_text(out, "\\ufffd");
		else
			json_character(out, at, n, c);
		at += n ? n : 1;
	}
}
