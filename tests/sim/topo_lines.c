#include "tests/sim/topo_lines.h"

#include <stdlib.h>
#include <string.h>
#include "tests/sim/topo_word.h"

void lines_release(struct lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->line[i]);
	free(l->line);
	*l = (struct lines){ .count = 0 };
}

bool lines_add(struct lines *l, const char *text, size_t length)
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

bool lines_of(struct lines *l, const char *text)
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

void lines_print(const struct lines *l, struct buffer *text)
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

const char *word_at(const char *line, size_t n, const char **end)
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

bool word_is(const char *line, size_t n, const char *text)
{
	const char *end, *at = word_at(line, n, &end);
	return at && strlen(text) == (size_t)(end - at) && memcmp(at, text, strlen(text)) == 0;
}

void word_copy(const char *line, size_t n, char text[static TOPO_TOKEN_MAX + 1])
{
	const char *end, *at = word_at(line, n, &end);
	size_t length = at ? (size_t)(end - at) : 0;
	length = length > TOPO_TOKEN_MAX ? TOPO_TOKEN_MAX : length;
	if (at)
		memcpy(text, at, length);
	text[length] = '\0';
}

bool line_is_node(const char *line)
{
	return word_is(line, 0, "source") || word_is(line, 0, "router") || word_is(line, 0, "host");
}

size_t line_head(const char *line)
{
	if (word_is(line, 0, "at"))
		return word_is(line, 2, "link") ? 5 : 4;
	return word_is(line, 0, "link") ? 3 : line_is_node(line) ? 2 : 1;
}

bool line_mentions(const char *line, const char *name)
{
	size_t first = word_is(line, 0, "at") ? 3 : 1;
	for (size_t i = first; i < line_head(line); i++)
		if (word_is(line, i, name))
			return true;
	return false;
}

size_t line_group(const char *line, size_t n)
{
	char text[TOPO_TOKEN_MAX + 1];
	word_copy(line, n, text);
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

bool line_replace(struct lines *l, size_t i, size_t first, size_t count, const char *text)
{
	const char *line = l->line[i], *end;
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
	free(l->line[i]);
	l->line[i] = made;
	return true;
}
