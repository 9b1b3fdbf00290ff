/*
 * topo_lines - a topology's text as lines and words that can be taken out: what shrink works with.
 *
 * Words of a line count from 0; those that say what the line is about, and which node or link, are
 * its head.
 */
#ifndef SONDE_SIM_TOPO_LINES_H
#define SONDE_SIM_TOPO_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buffer.h"
#include "tests/sim/topo_scan.h"

#define LINES_MAX 70000

struct lines {
	char **line;
	size_t count;
};

void lines_release(struct lines *l);
/* False where there is no memory, or too many lines. */
bool lines_add(struct lines *l, const char *text, size_t length);
/* All of a text but what is empty; *l is empty where there is no memory. */
bool lines_of(struct lines *l, const char *text);
/* As a topology is printed, where they are one: words that went have left blanks. */
void lines_print(const struct lines *l, struct buffer *text);

/* Where the n-th word begins; its end through *end. NULL where there are not so many. */
const char *word_at(const char *line, size_t n, const char **end);
bool word_is(const char *line, size_t n, const char *text);
void word_copy(const char *line, size_t n, char text[static TOPO_TOKEN_MAX + 1]);

bool line_is_node(const char *line);
size_t line_head(const char *line);
/* Whether the line is about a node of that name, or a link of it. */
bool line_mentions(const char *line, const char *name);
/* Words that belong to the n-th: itself, and the values that follow it in the form of its row. */
size_t line_group(const char *line, size_t n);
/* Line i without the words from first on, or with text in their place. */
bool line_replace(struct lines *l, size_t i, size_t first, size_t count, const char *text);

#endif
