#include "cli/numbers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Digits up to the end of the text; UINT64_MAX for all that is beyond it. False for no digits. */
static bool parse_digits(const char *text, unsigned base, uint64_t *out)
{
	uint64_t value = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned)hex_value(*text);
		if (digit >= base)
			return false;
		if (value > (UINT64_MAX - digit) / base)
			value = UINT64_MAX;
		else
			value = value * base + digit;
	}
	*out = value;
	return true;
}

enum number_fault number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	if (!*text)
		return NUMBER_EMPTY;
	bool negative = *text == '-';
	if (*text == '-' || *text == '+')
		text++;
	unsigned base = 10;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	uint64_t value = 0;
	if (!parse_digits(text, base, &value))
		return NUMBER_GARBAGE;
	if ((negative && value > 0) || value < min)
		return NUMBER_SMALL;
	if (value > max)
		return NUMBER_LARGE;
	*out = value;
	return NUMBER_OK;
}

static const struct time_unit {
	const char *suffix;
	double seconds;
} time_units[] = {
	{ "", 1 }, { "s", 1 }, { "ms", 1e-3 }, { "us", 1e-6 }, { "m", 60 }, { "h", 3600 },
};

/* The unit that is exactly this text; NULL where there is none. */
static const struct time_unit *time_unit_of(const char *suffix)
{
	for (size_t i = 0; i < sizeof(time_units) / sizeof(time_units[0]); i++)
		if (strcmp(suffix, time_units[i].suffix) == 0)
			return &time_units[i];
	return NULL;
}

/* How long the decimal number at the head of the text is: [sign] digits [.digits] [e[sign]digits];
 * 0 where there is none. strtod alone would also take blanks, "nan", "0x1p3" and the like. */
static size_t decimal_length(const char *text)
{
	const char *at = text;
	if (*at == '-' || *at == '+')
		at++;
	size_t digits = strspn(at, "0123456789");
	at += digits;
	if (*at == '.') {
		size_t fraction = strspn(at + 1, "0123456789");
		digits += fraction;
		at += 1 + fraction;
	}
	if (digits == 0)
		return 0;
	if (*at == 'e' || *at == 'E') {
		const char *exponent = at + 1;
		if (*exponent == '-' || *exponent == '+')
			exponent++;
		size_t length = strspn(exponent, "0123456789");
		if (length)
			at = exponent + length;
	}
	return (size_t)(at - text);
}

enum number_fault number_parse_time(const char *text, nsec min, nsec max, nsec *out)
{
	if (!*text)
		return NUMBER_EMPTY;
	size_t length = decimal_length(text);
	const struct time_unit *unit = length ? time_unit_of(text + length) : NULL;
	if (!unit)
		return NUMBER_GARBAGE;
	/* Only LC_CTYPE is ever set: the point is a point. strtod stops where decimal_length did,
	 * and gives infinity or zero for what a double cannot hold. */
	double seconds = strtod(text, NULL) * unit->seconds;
	if (seconds < 0)
		return NUMBER_SMALL;
	nsec value = nsec_from_s(seconds);
	size_t leading_zeros = strspn(text, "+-0.");
	bool zero = !is_digit(text[leading_zeros]);
	if (value < min || (value == 0 && !zero))
		return NUMBER_SMALL;
	if (value > max)
		return NUMBER_LARGE;
	*out = value;
	return NUMBER_OK;
}

const char *number_fault_text(enum number_fault fault)
{
	static const char *const texts[] = {
		[NUMBER_OK] = "is right",
		[NUMBER_EMPTY] = "is empty",
		[NUMBER_GARBAGE] = "is not a number",
		[NUMBER_SMALL] = "is too small",
		[NUMBER_LARGE] = "is too large",
	};
	return texts[fault];
}
