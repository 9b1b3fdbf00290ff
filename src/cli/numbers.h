/*
 * numbers - what a user typed as a number or a time, judged once and in one way.
 *
 * The whole text must be the number: no blanks before it, nothing behind it, no locale. The caller
 * turns a fault into "NOUN is too small: TEXT", so that every bad value of every command reads the
 * same.
 */
#ifndef SONDE_CLI_NUMBERS_H
#define SONDE_CLI_NUMBERS_H

#include <stdint.h>
#include "base/time.h"

enum number_fault {
	NUMBER_OK,
	NUMBER_EMPTY,
	NUMBER_GARBAGE,
	NUMBER_SMALL,
	NUMBER_LARGE,
};

/*
 * An integer in decimal or, behind "0x", in hexadecimal, with an optional sign; a leading zero
 * means nothing. Out of [min, max], however far, is small or large. *out is untouched on a fault.
 */
enum number_fault number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/*
 * A time: decimal digits with an optional point, an optional exponent and an optional unit (us, ms,
 * s, m, h; seconds where there is none), rounded to the nearest nanosecond. What is above zero but
 * rounds to zero is too small: zero has a meaning of its own in many places. "nan" and "inf" are no
 * numbers.
 */
enum number_fault number_parse_time(const char *text, nsec min, nsec max, nsec *out);

/* "is too small" and so on; what goes between the noun and the text. */
const char *number_fault_text(enum number_fault fault);

#endif
