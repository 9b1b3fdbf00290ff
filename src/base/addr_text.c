/* The text forms of an address: RFC 4291, 2.2 in, RFC 5952 out. */
#include "base/addr.h"

#include <string.h>

/* --- parsing --------------------------------------------------------------------------------- */

/* Decimal without sign or leading zero, at most limit; *text moves behind it. */
static bool parse_decimal(const char **text, uint32_t limit, uint32_t *out)
{
	const char *at = *text;
	uint64_t value = 0;
	while (*at >= '0' && *at <= '9' && value <= limit)
		value = value * 10 + (uint64_t)(*at++ - '0');
	if (at == *text || value > limit || (**text == '0' && at - *text > 1))
		return false;
	*text = at;
	*out = (uint32_t)value;
	return true;
}

static bool parse_quad(const char **text, uint8_t out[static 4])
{
	for (int i = 0; i < 4; i++) {
		uint32_t byte;
		if (i > 0 && *(*text)++ != '.')
			return false;
		if (!parse_decimal(text, 255, &byte))
			return false;
		out[i] = (uint8_t)byte;
	}
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One to four hexadecimal digits; *text moves behind them. */
static bool parse_group(const char **text, uint8_t out[static 2])
{
	unsigned value = 0;
	int digits = 0;
	for (; hex_digit(**text) >= 0; ++*text) {
		if (++digits > 4)
			return false;
		value = value << 4 | (unsigned)hex_digit(**text);
	}
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
	return digits > 0;
}

struct groups {
	uint8_t bytes[16];
	size_t filled;
	size_t gap; /* where "::" stood; SIZE_MAX for nowhere */
};

/* Reads groups and "::" until something else comes. False on what no continuation can mend. */
static bool parse_groups(const char **text, struct groups *g)
{
	const char *at = *text;
	if (at[0] == ':' && at[1] != ':')
		return false;
	for (;;) {
		if (at[0] == ':' && at[1] == ':') {
			if (g->gap != SIZE_MAX)
				return false;
			g->gap = g->filled;
			at += 2;
			if (hex_digit(*at) < 0)
				break;
		} else if (g->filled > 0) {
			if (*at != ':')
				break;
			at++;
		}
		const char *group = at;
		if (g->filled == 16 || !parse_group(&at, g->bytes + g->filled))
			return false;
		g->filled += 2;
		if (*at == '.') { /* the last 32 bits as a dotted quad */
			g->filled -= 2;
			at = group;
			if (g->filled > 12 || !parse_quad(&at, g->bytes + g->filled))
				return false;
			g->filled += 4;
			break;
		}
	}
	*text = at;
	return true;
}

static bool parse_v6(const char **text, struct addr *out)
{
	struct groups g = { .gap = SIZE_MAX };
	if (!parse_groups(text, &g))
		return false;
	bool gap = g.gap != SIZE_MAX;
	/* "::" stands for one group of zeros at least. */
	if (gap ? g.filled > 14 : g.filled != 16)
		return false;
	*out = (struct addr){ .family = 6 };
	size_t head = gap ? g.gap : 16;
	size_t tail = g.filled - head;
	memcpy(out->bytes, g.bytes, head);
	memcpy(out->bytes + 16 - tail, g.bytes + head, tail);
	return true;
}

/* An address without its scope; *text moves behind it. */
static bool parse_bare(const char **text, struct addr *out)
{
	if (strchr(*text, ':'))
		return parse_v6(text, out);
	*out = (struct addr){ .family = 4 };
	return parse_quad(text, out->bytes);
}

bool addr_parse(const char *text, struct addr *out)
{
	struct addr a;
	if (!parse_bare(&text, &a))
		return false;
	if (a.family == 6 && *text == '%') {
		text++;
		if (!parse_decimal(&text, UINT32_MAX, &a.scope) || a.scope == 0)
			return false;
	}
	if (*text)
		return false;
	*out = a;
	return true;
}

bool prefix_parse(const char *text, struct prefix *out)
{
	struct prefix p;
	if (!parse_bare(&text, &p.addr))
		return false;
	uint32_t bits = p.addr.family == 4 ? 32 : 128;
	uint32_t length = bits;
	if (*text == '/') {
		text++;
		if (!parse_decimal(&text, bits, &length))
			return false;
	}
	if (*text)
		return false;
	for (uint32_t bit = length; bit < bits; bit++)
		if (p.addr.bytes[bit / 8] & (0x80 >> bit % 8))
			return false;
	p.length = (uint8_t)length;
	*out = p;
	return true;
}

/* --- formatting ------------------------------------------------------------------------------ */

static char *put_decimal(char *at, uint32_t value)
{
	char digits[10];
	int count = 0;
	do {
		digits[count++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (count > 0)
		*at++ = digits[--count];
	return at;
}

static char *put_quad(char *at, const uint8_t bytes[static 4])
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*at++ = '.';
		at = put_decimal(at, bytes[i]);
	}
	return at;
}

/* Lower case, no leading zeros (RFC 5952, 4.1 and 4.3). */
static char *put_group(char *at, unsigned group)
{
	bool begun = false;
	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned digit = group >> shift & 15;
		begun = begun || digit || shift == 0;
		if (begun)
			*at++ = "0123456789abcdef"[digit];
	}
	return at;
}

/* The first of the longest runs of two or more zero groups (4.2.2 and 4.2.3); length 0 for none. */
static void longest_zeros(const unsigned group[static 8], int *start, int *length)
{
	*start = -1;
	*length = 0;
	int run = 0;
	for (int i = 0; i < 8; i++) {
		run = group[i] ? 0 : run + 1;
		if (run > 1 && run > *length) {
			*length = run;
			*start = i + 1 - run;
		}
	}
}

static char *put_v6(char *at, const uint8_t bytes[static 16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	/* Section 5: a well-known prefix says that an IPv4 address is in the last 32 bits. */
	bool quad = memcmp(bytes, mapped, sizeof mapped) == 0;
	unsigned group[8];
	for (int i = 0; i < 8; i++)
		group[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
	int start, length;
	longest_zeros(group, &start, &length);
	int end = quad ? 6 : 8;
	for (int i = 0; i < end;) {
		if (i == start) {
			*at++ = ':';
			*at++ = ':';
			i += length;
			continue;
		}
		if (i > 0 && i != start + length)
			*at++ = ':';
		at = put_group(at, group[i++]);
	}
	if (quad) {
		*at++ = ':';
		at = put_quad(at, bytes + 12);
	}
	return at;
}

const char *addr_format(const struct addr *a, char text[static ADDR_TEXT_SIZE])
{
	char *at = text;
	switch (a->family) {
	case 4: at = put_quad(at, a->bytes); break;
	case 6: at = put_v6(at, a->bytes); break;
	default: *at++ = '-'; break;
	}
	if (a->family == 6 && a->scope) {
		*at++ = '%';
		at = put_decimal(at, a->scope);
	}
	*at = '\0';
	return text;
}
