#include "cli/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "io/transport.h"

#define FLUSH_AT 65536 /* bytes */
#define FORMAT   "1"

static void write_event(struct recording *r, const struct record_event *event)
{
	record_print(event, &r->file.buffer);
	if (r->file.buffer.length >= FLUSH_AT)
		recording_flush(r);
}

/* Of the algorithm. */
static void on_event(void *ctx, const struct record_event *event)
{
	struct recording *r = ctx;
	if (!r->anonymise || event->kind == RECORD_NOTE) {
		write_event(r, event);
		return;
	}
	struct record_event changed = *event;
	anonymise_event(r->anonymise, &changed);
	write_event(r, &changed);
}

/* --- begin and end
 * -------------------------------------------------------------------------------- */

static int prepare(struct recording *r, bool anonymous)
{
	uint16_t id;
	int error = transport_random(&r->key, &id);
	if (error || !anonymous)
		return error;
	r->anonymise = malloc(sizeof *r->anonymise);
	if (!r->anonymise)
		return -ENOMEM;
	anonymise_init(r->anonymise, r->key);
	return 0;
}

int recording_open(struct recording *r, const char *path, bool anonymous)
{
	*r = (struct recording){ .path = path };
	int error = prepare(r, anonymous);
	if (error)
		return error;
	/* Who the hosts are is nobody else's business. */
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0) {
		error = -errno;
		free(r->anonymise);
		return error;
	}
	output_init(&r->file, fd);
	hash_init(&r->names);
	struct record_event head = record_note("sonde-record");
	record_add(&head, FORMAT);
	record_add(&head, SONDE_VERSION);
	write_event(r, &head);
	return 0;
}

int recording_close(struct recording *r)
{
	(void)output_close(&r->file);
	output_release(&r->file);
	hash_release(&r->names);
	if (r->anonymise)
		anonymise_release(r->anonymise);
	free(r->anonymise);
	return r->file.error;
}

void recording_flush(struct recording *r)
{
	(void)output_flush(&r->file);
}

struct algo *recording_algo(struct recording *r, struct algo *algo)
{
	recorder_init(&r->recorder, algo, on_event, r);
	return &r->recorder.algo;
}

void recording_note(struct recording *r, const struct record_event *note)
{
	if (r)
		recorder_note(&r->recorder, note);
}

/* --- values
 * ------------------------------------------------------------------------------------------ */

void recording_add_number(struct record_event *note, int64_t number,
                          char text[static RECORDING_TEXT])
{
	(void)snprintf(text, RECORDING_TEXT, "%" PRId64, number);
	record_add(note, text);
}

void recording_add_name(struct recording *r, struct record_event *note, const char *name,
                        char text[static RECORDING_TEXT])
{
	if (name && r->anonymise)
		name = anonymise_name(r->anonymise, name, text);
	record_add(note, name);
}

void recording_add_addr(struct recording *r, struct record_event *note, const struct addr *addr,
                        char text[static RECORDING_TEXT])
{
	struct addr shown = r->anonymise ? anonymise_addr(r->anonymise, addr) : *addr;
	record_add(note, shown.family ? addr_format(&shown, text) : NULL);
}

/* --- the world
 * ---------------------------------------------------------------------------------------- */

void recording_world(struct recording *r, const struct render_world *world)
{
	char text[3][RECORDING_TEXT];
	struct record_event note = record_note("world");
	recording_add_number(&note, world->utf8, text[0]);
	recording_add_number(&note, world->terminal, text[1]);
	recording_add_number(&note, world->columns, text[2]);
	write_event(r, &note);
}

void recording_wall(struct recording *r, nsec offset)
{
	char text[RECORDING_TEXT];
	if (!r || offset == r->wall_offset)
		return;
	r->wall_offset = offset;
	struct record_event note = record_note("wall");
	recording_add_number(&note, offset, text);
	recording_note(r, &note);
}

/* Whether a name is not what was last said of its key. */
static bool is_news(struct recording *r, uint64_t key, const char *name)
{
	uint32_t before;
	uint32_t now = name ? (uint32_t)siphash(&r->key, name, strlen(name)) | 1 : 0;
	if (hash_get(&r->names, key, &before) && before == now)
		return false;
	(void)hash_set(&r->names, key, now);
	return true;
}

/*
 * Names are asked for while a report is rendered, whose poll is not written yet: so they come
 * before it, where a replay needs them.
 */
void recording_name(struct recording *r, const struct addr *addr, const char *name)
{
	char text[2][RECORDING_TEXT];
	if (!r ||
	    !is_news(r, siphash(&r->key, addr->bytes, sizeof addr->bytes) ^ addr->family, name))
		return;
	struct record_event note = record_note("name");
	recording_add_addr(r, &note, addr, text[0]);
	recording_add_name(r, &note, name, text[1]);
	write_event(r, &note);
}

void recording_zone(struct recording *r, uint32_t scope, const char *name)
{
	char text[RECORDING_TEXT];
	if (!r || !is_news(r, scope, name))
		return;
	struct record_event note = record_note("zone");
	recording_add_number(&note, scope, text);
	record_add(&note, name);
	write_event(r, &note);
}

/* --- the command line
 * --------------------------------------------------------------------------------- */

/* An address that may have a zone: which interface that is, another machine does not know by name.
 */
static bool add_address(struct recording *r, const char *text, size_t length, struct buffer *out)
{
	char copy[RECORDING_TEXT];
	struct addr addr;
	if (length >= sizeof copy)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	char *zone = strchr(copy, '%');
	uint32_t scope = zone ? if_nametoindex(zone + 1) : 0;
	if (scope)
		*zone = '\0';
	if (!addr_parse(copy, &addr))
		return false;
	addr.scope = scope ? scope : addr.scope;
	addr = r->anonymise ? anonymise_addr(r->anonymise, &addr) : addr;
	buffer_text(out, addr_format(&addr, copy));
	return true;
}

/* One or several, with commas between them; false for anything else. */
static bool add_addresses(struct recording *r, const char *text, struct buffer *out)
{
	for (;;) {
		size_t length = strcspn(text, ",");
		if (!add_address(r, text, length, out))
			return false;
		if (!text[length])
			return true;
		buffer_char(out, ',');
		text += length + 1;
	}
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Where the value begins in "--name=value", "-Xvalue", "word=value" of either, and "value". */
static const char *value_in(const char *word)
{
	const char *value = word;
	const char *equals;
	if (begins(word, "--")) {
		equals = strchr(word, '=');
		value = equals ? equals + 1 : word;
	} else if (word[0] == '-' && word[1]) {
		value = word + 2;
	}
	if (begins(value, "subject-") || begins(value, "tsprespec=")) {
		equals = strchr(value, '=');
		value = equals ? equals + 1 : value;
	}
	return value;
}

/*
 * An option, or its argument, before being that of another word: what names a host or a file is
 * changed, what a number means is not.
 */
static void add_option(struct recording *r, const char *word, const char *before,
                       struct buffer *out)
{
	char text[RECORDING_TEXT];
	const char *value = value_in(word);
	bool file = begins(word, "--ta") ? value != word
	                                 : begins(before, "--ta") && !strchr(before, '=');
	buffer_append(out, word, (size_t)(value - word));
	size_t length = out->length;
	if (*value && add_addresses(r, value, out))
		return;
	out->length = length;
	if (r->anonymise && file)
		buffer_text(out, "targets");
	else if (r->anonymise && (strstr(word, "subject-name=") || strstr(word, "subject-fqdn=")))
		buffer_text(out, anonymise_name(r->anonymise, value, text));
	else
		buffer_text(out, value);
}

void recording_command(struct recording *r, char *const *argv, int operand)
{
	char name[RECORDING_TEXT];
	struct buffer text;
	buffer_init(&text, 65536);
	for (int i = 0; argv[i]; i++) {
		struct record_event note = record_note("argument");
		buffer_clear(&text);
		if (i >= operand)
			recording_add_name(r, &note, argv[i], name);
		else
			add_option(r, argv[i], i ? argv[i - 1] : "", &text);
		if (i < operand)
			record_add(&note, text.data ? text.data : "");
		write_event(r, &note);
	}
	buffer_release(&text);
}
