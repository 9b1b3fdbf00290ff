#include "tests/sim/shrink.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/sim/topo_word.h"

#define LINES_MAX 70000

/* A topology as lines; a trial is another, most of whose lines are the same. */
struct lines {
	char **line;
	size_t count;
};

struct shrinker {
	struct lines now; /* the smallest so far */
	shrink_fails fails;
	void *ctx;
	uint32_t budget, trials;
};

static void lines_release(struct lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->line[i]);
	free(l->line);
	*l = (struct lines){ .count = 0 };
}

static bool lines_add(struct lines *l, const char *text, size_t length)
{
	if ((l->count & (l->count - 1)) == 0) {
		size_t capacity = l->count ? l->count * 2 : 1;
		void *moved = realloc(l->line, capacity * sizeof *l->line);
		if (!moved)
			return false;
		l->line = moved;
	}
	char *copy = length && l->count < LINES_MAX ? strndup(text, length) : NULL;
	if (!copy)
		return false;
	l->line[l->count++] = copy;
	return true;
}

static bool lines_of(struct lines *l, const char *text)
{
	bool good = true;
	*l = (struct lines){ .count = 0 };
	while (*text && good) {
		size_t length = strcspn(text, "\n");
		if (length)
			good = lines_add(l, text, length);
		text += length + (text[length] == '\n');
	}
	if (!good)
		lines_release(l);
	return good;
}

/* --- trials
 * ---------------------------------------------------------------------------------------------------
 */

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

/* --- words of a line
 * ------------------------------------------------------------------------------------------ */

/* Where the n-th word (from 0) begins; its end through *end. NULL where there are not so many. */
static const char *word_at(const char *line, size_t n, const char **end)
{
	for (;; n--) {
		line += strspn(line, " \t");
		size_t length = strcspn(line, " \t#");
		if (length == 0)
			return NULL;
		*end = line + length;
		if (n == 0)
			return line;
		line = *end;
	}
}

static bool word_is(const char *line, size_t n, const char *text)
{
	const char *end, *at = word_at(line, n, &end);
	return at && strlen(text) == (size_t)(end - at) && memcmp(at, text, strlen(text)) == 0;
}

static void copy_word(const char *line, size_t n, char text[static TOPO_TOKEN_MAX + 1])
{
	const char *end, *at = word_at(line, n, &end);
	size_t length = at ? (size_t)(end - at) : 0;
	length = length > TOPO_TOKEN_MAX ? TOPO_TOKEN_MAX : length;
	if (at)
		memcpy(text, at, length);
	text[length] = '\0';
}

static bool is_node(const char *line)
{
	return word_is(line, 0, "source") || word_is(line, 0, "router") || word_is(line, 0, "host");
}

/* The words that say which node or link it is. */
static size_t head_words(const char *line)
{
	if (word_is(line, 0, "at"))
		return word_is(line, 2, "link") ? 5 : 4;
	return word_is(line, 0, "link") ? 3 : is_node(line) ? 2 : 1;
}

/* Whether the line is about a node of that name, or a link of it. */
static bool mentions(const char *line, const char *name)
{
	size_t first = word_is(line, 0, "at") ? 3 : 1;
	for (size_t i = first; i < head_words(line); i++)
		if (word_is(line, i, name))
			return true;
	return false;
}

/* Words that belong to the n-th: itself, and the values that follow it in the form of its row. */
static size_t group_size(const char *line, size_t n)
{
	char text[TOPO_TOKEN_MAX + 1];
	copy_word(line, n, text);
	const char *name =
	        strncmp(text, "back-", 5) == 0 && word_is(line, 0, "link") ? text + 5 : text;
	if (word_is(line, 0, "at") && word_is(line, 2, "link") && strncmp(text, "back-", 5) == 0)
		name = text + 5;
	for (size_t i = 0; i < topo_word_count; i++) {
		if (strcmp(topo_words[i].name, name) != 0)
			continue;
		size_t size = 1;
		for (const char *form = topo_words[i].form; *form; form++)
			size += form == topo_words[i].form || *form == ' ';
		return size;
	}
	return 1;
}

/* The trial's line i without the words from first on, or with text in their place. */
static bool replace_words(struct lines *trial, size_t i, size_t first, size_t count,
                          const char *text)
{
	const char *line = trial->line[i], *end;
	const char *from = word_at(line, first, &end);
	if (!from)
		return false;
	const char *to = word_at(line, first + count - 1, &end) ? end : line + strlen(line);
	size_t before = (size_t)(from - line), between = strlen(text);
	char *made = malloc(before + between + strlen(to) + 1);
	if (!made)
		return false;
	memcpy(made, line, before);
	memcpy(made + before, text, between);
	memcpy(made + before + between, to, strlen(to) + 1);
	free(trial->line[i]);
	trial->line[i] = made;
	return true;
}

/* --- ways to make it smaller; each says whether it did
 * --------------------------------------------------------- */

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
				copy_word(s->now.line[k], 1, name);
				for (size_t m = 0; is_node(s->now.line[k]) && m < s->now.count; m++)
					skip[m] = skip[m] || mentions(s->now.line[m], name);
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
			copy_word(s->now.line[in], 1, from);
			copy_word(s->now.line[out], 2, to);
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
			if (word_is(line, 0, "at") == (changes == 1) && !mentions(line, name))
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
		copy_word(s->now.line[i], 1, name);
		if (word_is(s->now.line[i], 0, "router") && bypass_one(s, name))
			any = true;
		else
			i++;
	}
	return any;
}

static bool drop_words(struct shrinker *s)
{
	bool any = false;
	for (size_t i = 0; i < s->now.count; i++) {
		const char *end;
		for (size_t n = head_words(s->now.line[i]); word_at(s->now.line[i], n, &end);) {
			struct lines trial;
			size_t size = group_size(s->now.line[i], n);
			if (!copy_lines(s, &trial, NULL))
				return any;
			if (!replace_words(&trial, i, n, size, ""))
				lines_release(&trial);
			else if (try_lines(s, &trial)) {
				any = true;
				continue;
			}
			n += size;
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
				copy_word(s->now.line[i], n, word);
				if (!simpler(word, attempt, text))
					continue;
				if (!copy_lines(s, &trial, NULL))
					return any;
				if (!replace_words(&trial, i, n, 1, text))
					lines_release(&trial);
				else if (try_lines(s, &trial))
					any = true;
			}
		}
	}
	return any;
}

/* As a topology is printed: words that went have left blanks. */
static void lines_print(const struct lines *l, struct buffer *text)
{
	struct topo topo;
	struct topo_error error;
	buffer_clear(text);
	for (size_t i = 0; i < l->count; i++)
		buffer_printf(text, "%s\n", l->line[i]);
	if (text->failed || !topo_parse(&topo, text->data, text->length, &error))
		return;
	buffer_clear(text);
	topo_print(&topo, text);
	topo_release(&topo);
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
