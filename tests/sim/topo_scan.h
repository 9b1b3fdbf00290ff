/*
 * topo_scan - a topology's text, cut into lines and tokens that know where they stand.
 *
 * The first mistake stays: its place and sentence are kept, and no token comes after it.
 */
#ifndef SONDE_SIM_TOPO_SCAN_H
#define SONDE_SIM_TOPO_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/time.h"
#include "tests/sim/topo.h"

#define TOPO_TOKEN_MAX 255

struct topo_scan {
	const char *at, *end;
	const char *line_start;
	uint32_t line;
	bool failed;
	struct topo_error *error;
	/* The token taken last. */
	char token[TOPO_TOKEN_MAX + 1];
	uint32_t column;
};

void topo_scan_init(struct topo_scan *s, const char *text, size_t length, struct topo_error *error);

/* Goes to the next line that has a token; false at the end of the text. */
bool topo_scan_line(struct topo_scan *s);
/* The next token of the line into s->token; false at its end. */
bool topo_scan_token(struct topo_scan *s);
/* The same, but a mistake where there is none: "WHAT is missing". */
bool topo_scan_need(struct topo_scan *s, const char *what);

/* A mistake at the last token. Always false. */
__attribute__((format(printf, 2, 3))) bool topo_scan_fail(struct topo_scan *s, const char *format,
                                                          ...);

/* The next token as a value; false, and failed, where it is none. */
bool topo_scan_number(struct topo_scan *s, uint32_t least, uint32_t most, uint32_t *out);
bool topo_scan_time(struct topo_scan *s, nsec *out);     /* "1.5s", "5ms", "200us", "7ns" */
bool topo_scan_chance(struct topo_scan *s, double *out); /* "3%", with at most 7 decimals */
bool topo_scan_rate(struct topo_scan *s, double *out);   /* "10/s", with at most 6 decimals */

/*
 * Decimal digits with at most so many behind the point, as an integer of that many decimals;
 * *end is what follows. False where there are no digits, too many, or the number is above most.
 */
bool topo_scan_decimal(const char *text, unsigned decimals, uint64_t most, uint64_t *out,
                       const char **end);

#endif
