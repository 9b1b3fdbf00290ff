/*
 * suggest - what a mistyped word was probably meant to be.
 *
 * The distance is that of optimal string alignment: insertions, deletions, substitutions and
 * transpositions of neighbours. A word is near enough with at most one slip in three letters.
 */
#ifndef SONDE_CLI_SUGGEST_H
#define SONDE_CLI_SUGGEST_H

#include <stddef.h>

#define SUGGEST_MAX 32 /* longer words are neither typed by mistake nor suggested */

struct suggestion {
	const char *typed;
	const char *word; /* the nearest so far; NULL where none is near enough */
	size_t distance;
};

void suggestion_init(struct suggestion *s, const char *typed);
void suggestion_offer(struct suggestion *s, const char *word);

#endif
