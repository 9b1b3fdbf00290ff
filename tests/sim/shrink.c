#include "tests/sim/shrink.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/sim/topo_lines.h"

#define GROUPS_MAX 64 /* of words in one line */

struct shrinker {
	struct lines now; /* the smallest so far */
	shrink_fails fails;
	void *ctx;
	uint32_t budget, trials;
};

/* --- trials ----------------------------------------------------------------------------------- */

/* Whether these lines still fail; then they are what is worked on, and the others are freed. */
static bool try_lines(struct shrinker *s, struct lines *trial)
{
	struct buffer text;
	struct topo topo;
	struct topo_error error;
	bool fails = false;
	buffer_init(&text, TOPO_TEXT_MAX);
	for (size_t i = 0; i < trial->count; i++)
		buffer_printf(&text, "%s\n", trial->line[i]);
	if (s->trials < s->budget && text.length && !text.failed &&
	    topo_parse(&topo, text.data, text.length, &error)) {
		s->trials++;
		fails = s->fails(s->ctx, &topo);
		topo_release(&topo);
	}
	buffer_release(&text);
	struct lines *loser = fails ? &s->now : trial;
	lines_release(loser);
	if (fails)
		s->now = *trial;
	return fails;
}

/* Copies those lines of what is worked on for which skip says no. */
static bool copy_lines(const struct shrinker *s, struct lines *trial, const bool *skip)
{
	bool good = true;
	*trial = (struct lines){ .count = 0 };
	for (size_t i = 0; i < s->now.count && good; i++)
		if (!skip || !skip[i])
			good = lines_add(trial, s->now.line[i], strlen(s->now.line[i]));
	if (!good)
		lines_release(trial);
	return good;
}

/* --- ways to make it smaller; each says whether it did ---------------------------------------- */

/* Runs of lines, from long to short; with a node go the lines that mention it. */
static bool drop_lines(struct shrinker *s)
{
	bool any = false;
	for (size_t run = s->now.count / 2; run > 0; run = run / 2) {
		for (size_t i = 0; i + run <= s->now.count;) {
			bool *skip = calloc(s->now.count + 1, sizeof *skip);
			struct lines trial;
			char name[TOPO_TOKEN_MAX + 1];
			if (!skip)
				return any;
			for (size_t k = i; k < i + run; k++) {
				skip[k] = true;
				word_copy(s->now.line[k], 1, name);
				for (size_t m = 0; line_is_node(s->now.line[k]) && m < s->now.count;
				     m++)
					skip[m] = skip[m] || line_mentions(s->now.line[m], name);
			}
			bool good = copy_lines(s, &trial, skip);
			free(skip);
			if (good && try_lines(s, &trial))
				any = true;
			else
				i += run;
		}
	}
	return any;
}

/* Links over a router become links past it: those in with the words of those out. */
static bool bridge(const struct shrinker *s, struct lines *trial, const char *name)
{
	struct buffer line;
	bool good = true;
	buffer_init(&line, 4096);
	for (size_t in = 0; in < s->now.count && good; in++) {
		if (!word_is(s->now.line[in], 0, "link") || !word_is(s->now.line[in], 2, name))
			continue;
		for (size_t out = 0; out < s->now.count && good; out++) {
			const char *end, *rest;
			char from[TOPO_TOKEN_MAX + 1], to[TOPO_TOKEN_MAX + 1];
			if (!word_is(s->now.line[out], 0, "link") ||
			    !word_is(s->now.line[out], 1, name))
				continue;
			word_copy(s->now.line[in], 1, from);
			word_copy(s->now.line[out], 2, to);
			rest = word_at(s->now.line[out], 2, &end) ? end : "";
			buffer_clear(&line);
			buffer_printf(&line, "link %s %s%s", from, to, rest);
			good = !line.failed && lines_add(trial, line.data, line.length);
		}
	}
	buffer_release(&line);
	return good;
}

/* What changes comes last, as the format wants it. */
static bool bypass_one(struct shrinker *s, const char *name)
{
	struct lines trial = { .count = 0 };
	bool good = true;
	for (int changes = 0; changes < 2 && good; changes++) {
		for (size_t i = 0; i < s->now.count && good; i++) {
			const char *line = s->now.line[i];
			if (word_is(line, 0, "at") == (changes == 1) && !line_mentions(line, name))
				good = lines_add(&trial, line, strlen(line));
		}
		if (changes == 0 && good)
			good = bridge(s, &trial, name);
	}
	if (good)
		return try_lines(s, &trial);
	lines_release(&trial);
	return false;
}

static bool bypass_routers(struct shrinker *s)
{
	bool any = false;
	for (size_t i = 0; i < s->now.count;) {
		char name[TOPO_TOKEN_MAX + 1];
		word_copy(s->now.line[i], 1, name);
		if (word_is(s->now.line[i], 0, "router") && bypass_one(s, name))
			any = true;
		else
			i++;
	}
	return any;
}

/* Where the groups of words begin that may go; at most GROUPS_MAX of them. */
static size_t find_groups(const char *line, size_t starts[static GROUPS_MAX])
{
	const char *end;
	size_t count = 0;
	for (size_t n = line_head(line); word_at(line, n, &end) && count < GROUPS_MAX;
	     n += line_group(line, n))
		starts[count++] = n;
	return count;
}

/* From the last to the first: addresses come first, and that of IPv4 is the shorter one. */
static bool drop_words(struct shrinker *s)
{
	size_t starts[GROUPS_MAX];
	bool any = false;
	for (size_t i = 0; i < s->now.count; i++) {
		for (size_t k = find_groups(s->now.line[i], starts); k > 0; k--) {
			struct lines trial;
			size_t size = line_group(s->now.line[i], starts[k - 1]);
			if (!copy_lines(s, &trial, NULL))
				return any;
			if (!line_replace(&trial, i, starts[k - 1], size, ""))
				lines_release(&trial);
			else if (try_lines(s, &trial))
				any = true;
		}
	}
	return any;
}

/* A value that says less, where the word is a number of some kind: one with fewer digits. */
static bool simpler(const char *word, unsigned attempt, char text[static 64])
{
	size_t digits = strspn(word, "0123456789.");
	const char *unit = word + digits;
	double value = strtod(word, NULL);
	if (digits == 0 || strlen(unit) > 4 || strpbrk(unit, ":,/") ||
	    strchr(word, '.') != strrchr(word, '.'))
		return false;
	if (*unit == '%') {
		(void)snprintf(text, 64, "%s", attempt == 0 ? "100%" : "50%");
		return attempt < 2 && strcmp(word, "100%") != 0 && strcmp(word, text) != 0;
	}
	if (attempt == 0)
		(void)snprintf(text, 64, "1%s", isalpha((unsigned char)*unit) ? "ms" : unit);
	else
		(void)snprintf(text, 64, "%.0f%s", value / 2, unit);
	return attempt < 2 && value > 1 && strcmp(word, text) != 0;
}

static bool simplify_values(struct shrinker *s)
{
	bool any = false;
	for (size_t i = 0; i < s->now.count; i++) {
		const char *end;
		for (size_t n = 1; word_at(s->now.line[i], n, &end); n++) {
			for (unsigned attempt = 0; attempt < 2; attempt++) {
				char word[TOPO_TOKEN_MAX + 1], text[64];
				struct lines trial;
				word_copy(s->now.line[i], n, word);
				if (!simpler(word, attempt, text))
					continue;
				if (!copy_lines(s, &trial, NULL))
					return any;
				if (!line_replace(&trial, i, n, 1, text))
					lines_release(&trial);
				else if (try_lines(s, &trial))
					any = true;
			}
		}
	}
	return any;
}

uint32_t shrink(const struct topo *topo, shrink_fails fails, void *ctx, uint32_t budget,
                struct buffer *text)
{
	struct shrinker s = { .fails = fails, .ctx = ctx, .budget = budget };
	topo_print(topo, text);
	if (text->failed || !lines_of(&s.now, text->data))
		return 0;
	bool any = true;
	while (any && s.trials < s.budget) {
		any = drop_lines(&s);
		any = bypass_routers(&s) || any;
		any = drop_words(&s) || any;
		any = simplify_values(&s) || any;
	}
	lines_print(&s.now, text);
	lines_release(&s.now);
	return s.trials;
}
