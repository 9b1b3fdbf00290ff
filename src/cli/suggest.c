#include "cli/suggest.h"

#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Both words are at most SUGGEST_MAX long. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][SUGGEST_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];
	size_t width = strlen(b);

	for (size_t j = 0; j <= width; j++) {
		before[j] = 0;
		above[j] = j;
	}
	for (size_t i = 1; a[i - 1]; i++) {
		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		size_t *free_row = before;
		before = above;
		above = row;
		row = free_row;
	}
	return above[width];
}

void suggestion_init(struct suggestion *s, const char *typed)
{
	*s = (struct suggestion){ .typed = typed };
}

void suggestion_offer(struct suggestion *s, const char *word)
{
	size_t typed = strlen(s->typed);
	size_t length = strlen(word);
	if (typed > SUGGEST_MAX || length > SUGGEST_MAX)
		return;
	size_t slips = distance(s->typed, word);
	size_t most = (length + 2) / 3;
	if (slips > most || slips >= length)
		return;
	if (!s->word || slips < s->distance) {
		s->word = word;
		s->distance = slips;
	}
}
