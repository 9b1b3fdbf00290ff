#include "cli/replaying.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "io/transport.h"

#define FORMAT "1"

/* --- the file
 * ----------------------------------------------------------------------------------------- */

static int read_all(int fd, struct buffer *text)
{
	char part[65536];
	for (;;) {
		ssize_t n = read(fd, part, sizeof part);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			buffer_append(text, part, (size_t)n);
		if (text->failed)
			return text->length + (size_t)n > text->limit ? -EFBIG : -ENOMEM;
	}
}

static int read_file(const char *path, struct buffer *text)
{
	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, text);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	int error = read_all(fd, text);
	close(fd);
	return error;
}

bool replaying_open(struct replaying *r, const char *path, struct buffer *complaint)
{
	uint16_t id;
	*r = (struct replaying){ .path = path };
	buffer_init(&r->text, REPLAYING_LIMIT);
	hash_init(&r->names);
	int error = transport_random(&r->key, &id);
	if (!error)
		error = read_file(path, &r->text);
	if (error)
		buffer_printf(complaint, "%s: %s", path, strerror(-error));
	return error == 0;
}

void replaying_close(struct replaying *r)
{
	buffer_release(&r->text);
	hash_release(&r->names);
	free(r->told);
	free(r->argv);
}

void replaying_complain(const struct replaying *r, const char *fault, struct buffer *complaint)
{
	buffer_printf(complaint, "%s:%llu: %s", r->path, (unsigned long long)r->line, fault);
}

/* The last line counts only with its end: what was cut off may be half a number. */
bool replaying_next(struct replaying *r, struct record_event *event, struct buffer *complaint)
{
	char *line = r->text.data + r->at;
	char *end = r->at < r->text.length ? memchr(line, '\n', r->text.length - r->at) : NULL;
	const char *fault;
	if (!end)
		return false;
	*end = '\0';
	r->at += (size_t)(end - line) + 1;
	r->line++;
	if (record_parse(line, (size_t)(end - line), event, &fault))
		return true;
	replaying_complain(r, fault, complaint);
	return false;
}

/* --- the head
 * ------------------------------------------------------------------------------------------- */

static bool is_note(const struct record_event *event, const char *word)
{
	return event->kind == RECORD_NOTE && strcmp(event->word, word) == 0;
}

static bool read_version(struct replaying *r, struct buffer *complaint)
{
	struct record_event event;
	bool there = replaying_next(r, &event, complaint);
	if (there && is_note(&event, "sonde-record") && event.value_count == 2 && event.values[0] &&
	    event.values[1]) {
		if (strcmp(event.values[0], FORMAT) == 0)
			return true;
		replaying_complain(r, "a record of another format", complaint);
		buffer_printf(complaint, " (%s, of sonde %s)", event.values[0], event.values[1]);
		return false;
	}
	buffer_clear(complaint);
	buffer_printf(complaint, "%s: is no record of sonde", r->path);
	return false;
}

static bool add_argument(struct replaying *r, char *word)
{
	/* Grows at powers of two; there is always room for the NULL. */
	int used = r->argc + 1;
	if ((used & (used - 1)) == 0) {
		char **argv = used < INT_MAX / 4 ? realloc(r->argv, (size_t)used * 2 * sizeof *argv)
		                                 : NULL;
		if (!argv)
			return false;
		r->argv = argv;
	}
	r->argv[r->argc++] = word;
	r->argv[r->argc] = NULL;
	return true;
}

static bool argument_follows(const struct replaying *r)
{
	static const char word[] = "argument ";
	return r->text.length - r->at > sizeof word &&
	       memcmp(r->text.data + r->at, word, sizeof word - 1) == 0;
}

bool replaying_head(struct replaying *r, struct buffer *complaint)
{
	struct record_event event;
	if (!read_version(r, complaint))
		return false;
	while (argument_follows(r)) {
		if (!replaying_next(r, &event, complaint))
			return false;
		const char *word = event.value_count == 1 ? event.values[0] : NULL;
		if (!word || !add_argument(r, r->text.data + (word - r->text.data))) {
			replaying_complain(r, word ? strerror(ENOMEM) : "an argument is one word",
			                   complaint);
			return false;
		}
	}
	if (r->argc == 0)
		replaying_complain(r, "no command", complaint);
	return r->argc > 0;
}

/* --- the world
 * ------------------------------------------------------------------------------------------ */

static const char *told_of(const struct replaying *r, uint64_t key)
{
	uint32_t index;
	return hash_get(&r->names, key, &index) ? r->told[index] : NULL;
}

static uint64_t key_of(const struct replaying *r, const struct addr *addr)
{
	return siphash(&r->key, addr->bytes, sizeof addr->bytes) ^ addr->family;
}

static const char *name_of(void *ctx, const struct addr *addr)
{
	const struct replaying *r = ctx;
	return told_of(r, key_of(r, addr));
}

static const char *zone_of(void *ctx, uint32_t scope)
{
	return told_of(ctx, scope);
}

/* False where there is no memory. */
static bool tell(struct replaying *r, uint64_t key, const char *name)
{
	if (r->told_count == r->told_capacity) {
		uint32_t capacity = r->told_capacity ? 2 * r->told_capacity : 64;
		const char **told = capacity > r->told_capacity
		                            ? realloc(r->told, capacity * sizeof *told)
		                            : NULL;
		if (!told)
			return false;
		r->told = told;
		r->told_capacity = capacity;
	}
	r->told[r->told_count] = name;
	return hash_set(&r->names, key, r->told_count++) == 0;
}

static const char *take_world(const struct record_event *note, struct render_world *world)
{
	int64_t utf8, terminal, columns;
	if (!record_number(note, 0, 0, 1, &utf8) || !record_number(note, 1, 0, 1, &terminal) ||
	    !record_number(note, 2, 1, 65535, &columns))
		return "no world";
	world->utf8 = utf8;
	world->terminal = terminal;
	world->columns = (int)columns;
	return NULL;
}

static const char *take_wall(const struct record_event *note, struct render_world *world)
{
	int64_t offset;
	if (!record_number(note, 0, -2 * RECORD_TIME_MAX, 2 * RECORD_TIME_MAX, &offset))
		return "no time";
	world->wall_offset = offset;
	return NULL;
}

static const char *take_name(struct replaying *r, const struct record_event *note)
{
	struct addr addr;
	if (note->value_count != 2 || !record_address(note, 0, &addr))
		return "no address and name";
	return tell(r, key_of(r, &addr), note->values[1]) ? NULL : strerror(ENOMEM);
}

static const char *take_zone(struct replaying *r, const struct record_event *note)
{
	int64_t scope;
	if (note->value_count != 2 || !record_number(note, 0, 0, UINT32_MAX, &scope))
		return "no zone and name";
	return tell(r, (uint64_t)scope, note->values[1]) ? NULL : strerror(ENOMEM);
}

void replaying_attach(struct replaying *r, struct render_world *world)
{
	world->name = name_of;
	world->zone = zone_of;
	world->ctx = r;
}

bool replaying_world(struct replaying *r, const struct record_event *note,
                     struct render_world *world, const char **fault)
{
	*fault = NULL;
	if (is_note(note, "world"))
		*fault = take_world(note, world);
	else if (is_note(note, "wall"))
		*fault = take_wall(note, world);
	else if (is_note(note, "name"))
		*fault = take_name(r, note);
	else if (is_note(note, "zone"))
		*fault = take_zone(r, note);
	else
		return false;
	return !*fault;
}
