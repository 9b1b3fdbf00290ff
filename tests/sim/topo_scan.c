#include "tests/sim/topo_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void topo_scan_init(struct topo_scan *s, const char *text, size_t length, struct topo_error *error)
{
	*s = (struct topo_scan){
		.at = text, .end = text ? text + length : text, .line_start = text, .error = error
	};
	*error = (struct topo_error){ .line = 1, .column = 1 };
}

bool topo_scan_fail(struct topo_scan *s, const char *format, ...)
{
	if (s->failed)
		return false;
	s->failed = true;
	s->error->line = s->line;
	s->error->column = s->column;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(s->error->text, sizeof s->error->text, format, args);
	va_end(args);
	return false;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct topo_scan *s)
{
	while (s->at < s->end && blank(*s->at))
		s->at++;
	if (s->at < s->end && *s->at == '#')
		while (s->at < s->end && *s->at != '\n')
			s->at++;
	s->column = (uint32_t)(s->at - s->line_start) + 1;
}

static bool at_line_end(const struct topo_scan *s)
{
	return s->at == s->end || *s->at == '\n';
}

bool topo_scan_line(struct topo_scan *s)
{
	if (s->failed)
		return false;
	if (s->line == 0)
		s->line = 1;
	for (skip_blanks(s); s->at < s->end && *s->at == '\n'; skip_blanks(s)) {
		s->line_start = ++s->at;
		s->line++;
	}
	return s->at < s->end;
}

bool topo_scan_token(struct topo_scan *s)
{
	if (s->failed)
		return false;
	skip_blanks(s);
	size_t length = 0;
	for (; !at_line_end(s) && !blank(*s->at) && *s->at != '#'; s->at++) {
		/* Printed back in messages: only what is plain text may stand in a token. */
		if (*s->at <= ' ' || *s->at > '~')
			return topo_scan_fail(s, "byte 0x%02x has no meaning here",
			                      (unsigned)(unsigned char)*s->at);
		if (length == TOPO_TOKEN_MAX)
			return topo_scan_fail(s, "this word is longer than any");
		s->token[length++] = *s->at;
	}
	s->token[length] = '\0';
	return length > 0;
}

bool topo_scan_need(struct topo_scan *s, const char *what)
{
	return topo_scan_token(s) || topo_scan_fail(s, "%s is missing", what);
}

bool topo_scan_decimal(const char *text, unsigned decimals, uint64_t most, uint64_t *out,
                       const char **end)
{
	uint64_t value = 0;
	unsigned digits = 0, behind = 0;
	bool point = false;
	for (; (*text >= '0' && *text <= '9') || (*text == '.' && !point); text++) {
		if (*text == '.') {
			point = true;
			continue;
		}
		uint64_t digit = (uint64_t)(*text - '0');
		if (value > (most - digit) / 10 || digit > most || (point && behind == decimals))
			return false;
		value = value * 10 + digit;
		digits++;
		behind += point;
	}
	if (digits == 0 || (point && behind == 0))
		return false;
	for (; behind < decimals; behind++) {
		if (value > most / 10)
			return false;
		value *= 10;
	}
	*out = value;
	*end = text;
	return true;
}

bool topo_scan_number(struct topo_scan *s, uint32_t least, uint32_t most, uint32_t *out)
{
	const char *end;
	uint64_t value;
	if (!topo_scan_need(s, "a number"))
		return false;
	if (!topo_scan_decimal(s->token, 0, most, &value, &end) || *end || value < least)
		return topo_scan_fail(s, "%s is no number from %u to %u", s->token, (unsigned)least,
		                      (unsigned)most);
	*out = (uint32_t)value;
	return true;
}

bool topo_scan_time(struct topo_scan *s, nsec *out)
{
	static const struct {
		const char *name;
		unsigned decimals; /* of one, in nanoseconds */
	} units[] = { { "s", 9 }, { "ms", 6 }, { "us", 3 }, { "ns", 0 } };
	if (!topo_scan_need(s, "a time"))
		return false;
	const char *unit = s->token + strspn(s->token, "0123456789.");
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		const char *end;
		uint64_t value;
		if (strcmp(unit, units[i].name) != 0)
			continue;
		/* A month is as long as any path or run here: sums of some stay far from the end of
		 * time. */
		if (!topo_scan_decimal(s->token, units[i].decimals, (uint64_t)NSEC_S * 86400 * 31,
		                       &value, &end) ||
		    end != unit)
			break;
		*out = (nsec)value;
		return true;
	}
	return topo_scan_fail(s, "%s is no time like 5ms, 200us or 1.5s", s->token);
}

bool topo_scan_chance(struct topo_scan *s, double *out)
{
	const char *end;
	uint64_t value;
	if (!topo_scan_need(s, "a chance"))
		return false;
	if (!topo_scan_decimal(s->token, 7, UINT64_C(1000000000), &value, &end) ||
	    strcmp(end, "%") != 0)
		return topo_scan_fail(s, "%s is no chance from 0%% to 100%%", s->token);
	*out = (double)value / 1e9;
	return true;
}

bool topo_scan_rate(struct topo_scan *s, double *out)
{
	const char *end;
	uint64_t value;
	if (!topo_scan_need(s, "a rate"))
		return false;
	if (!topo_scan_decimal(s->token, 6, UINT64_C(1000000000000000), &value, &end) ||
	    value == 0 || strcmp(end, "/s") != 0)
		return topo_scan_fail(s, "%s is no rate like 10/s", s->token);
	*out = (double)value / 1e6;
	return true;
}
