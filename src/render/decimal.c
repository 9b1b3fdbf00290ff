#include "render/decimal.h"

#include <math.h>
#include <stdbool.h>

static uint64_t power_of_ten(unsigned n)
{
	uint64_t p = 1;
	while (n--)
		p *= 10;
	return p;
}

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

/* whole.fraction, the fraction written with so many digits. */
static void put(struct buffer *out, bool negative, uint64_t whole, uint64_t fraction,
                unsigned places)
{
	char text[48]; /* sign, 20 digits, point, 18 digits, NUL */
	char *at = text + sizeof text;
	for (unsigned i = 0; i < places; i++) {
		*--at = (char)('0' + fraction % 10);
		fraction /= 10;
	}
	if (places)
		*--at = '.';
	do {
		*--at = (char)('0' + whole % 10);
		whole /= 10;
	} while (whole);
	if (negative)
		*--at = '-';
	buffer_append(out, at, (size_t)(text + sizeof text - at));
}

void decimal_fixed(struct buffer *out, int64_t units, unsigned scale, unsigned places)
{
	uint64_t dropped = power_of_ten(scale - places);
	uint64_t v = magnitude(units);
	v = v / dropped + (v % dropped * 2 >= dropped);
	uint64_t one = power_of_ten(places);
	put(out, units < 0 && v, v / one, v % one, places);
}

void decimal_exact(struct buffer *out, int64_t units, unsigned scale)
{
	uint64_t v = magnitude(units);
	uint64_t one = power_of_ten(scale);
	uint64_t whole = v / one;
	uint64_t fraction = v % one;
	while (scale && fraction % 10 == 0) {
		fraction /= 10;
		scale--;
	}
	put(out, units < 0, whole, fraction, scale);
}

void decimal_ms(struct buffer *out, nsec t, const char *behind)
{
	decimal_fixed(out, t, 6, 3);
	buffer_text(out, behind);
}

nsec decimal_nsec(double ns)
{
	if (isnan(ns))
		return 0;
	/* 2^63 is a double, INT64_MAX is not. */
	if (ns >= 0x1p63)
		return INT64_MAX;
	if (ns < -0x1p63)
		return INT64_MIN;
	return (nsec)llround(ns);
}
