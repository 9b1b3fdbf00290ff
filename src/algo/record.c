#include "algo/record.h"

#include <inttypes.h>
#include <string.h>
#include "algo/record_fields.h"
#include "base/addr.h"

/* --- notes
 * ------------------------------------------------------------------------------------------ */

struct record_event record_note(const char *word)
{
	struct record_event note = { .kind = RECORD_NOTE };
	size_t length = strlen(word);
	memcpy(note.word, word, length < RECORD_WORD_SIZE ? length : RECORD_WORD_SIZE - 1);
	return note;
}

void record_add(struct record_event *note, const char *value)
{
	if (note->value_count < RECORD_VALUES_MAX)
		note->values[note->value_count++] = value;
}

static const char *value_of(const struct record_event *note, uint32_t index)
{
	return index < note->value_count ? note->values[index] : NULL;
}

bool record_number(const struct record_event *note, uint32_t index, int64_t min, int64_t max,
                   int64_t *value)
{
	const char *text = value_of(note, index);
	uint64_t number;
	if (!text || max < 0 || !record_integer(text, min, (uint64_t)max, &number))
		return false;
	*value = (int64_t)number;
	return true;
}

bool record_address(const struct record_event *note, uint32_t index, struct addr *addr)
{
	const char *text = value_of(note, index);
	*addr = (struct addr){ 0 };
	return index < note->value_count && (!text || addr_parse(text, addr));
}

/* --- writing
 * ---------------------------------------------------------------------------------------- */

/* What no quotes are needed around. */
static bool is_word(const char *text)
{
	static const char plain[] =
	        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:%_/+-";
	size_t length = strspn(text, plain);
	return length > 0 && !text[length] && strcmp(text, "-") != 0;
}

/* In quotes where it must be; what is no printable ASCII as \xHH. */
static void print_string(const char *text, struct buffer *out)
{
	if (!text || is_word(text)) {
		buffer_text(out, text ? text : "-");
		return;
	}
	buffer_char(out, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < ' ' || c > '~' || c == '"' || c == '\\')
			buffer_printf(out, "\\x%02x", c);
		else
			buffer_char(out, (char)c);
	}
	buffer_char(out, '"');
}

static void print_poll(const struct record_event *event, struct buffer *out)
{
	buffer_printf(out, "poll %" PRId64, event->time);
	switch (event->action) {
	case ACTION_IDLE: buffer_text(out, " idle"); break;
	case ACTION_DONE: buffer_text(out, " done"); break;
	case ACTION_REPORT: buffer_printf(out, " report %" PRIu32, event->reports); break;
	case ACTION_SEND:
		buffer_text(out, " send");
		record_fields_print(&record_probe, &event->probe, out);
		break;
	}
}

void record_print(const struct record_event *event, struct buffer *out)
{
	switch (event->kind) {
	case RECORD_POLL: print_poll(event, out); break;
	case RECORD_SENT:
		buffer_text(out, "sent");
		record_fields_print(&record_sent, &event->sent, out);
		break;
	case RECORD_REPLY:
		buffer_text(out, "reply");
		record_fields_print(&record_reply, &event->reply, out);
		break;
	case RECORD_DROPS:
		buffer_printf(out, "drops %" PRId64 " %" PRIu64, event->time, event->drops);
		break;
	case RECORD_STOP: buffer_printf(out, "stop %" PRId64, event->time); break;
	case RECORD_NOTE:
		buffer_text(out, event->word);
		for (uint32_t i = 0; i < event->value_count; i++) {
			buffer_char(out, ' ');
			print_string(event->values[i], out);
		}
		break;
	}
	buffer_char(out, '\n');
}

/* --- reading
 * ---------------------------------------------------------------------------------------- */

struct scanner {
	char *at, *end;
	bool more; /* a word begins at at */
	const char *fault;
};

static bool fail(struct scanner *s, const char *fault)
{
	if (!s->fault)
		s->fault = fault;
	return false;
}

/* At a backslash: the byte that \xHH stands for, which is never NUL; -1 where there is none. */
static int escaped(const char *at, const char *end)
{
	if (end - at < 4 || at[1] != 'x' || record_hex_digit(at[2]) < 0 ||
	    record_hex_digit(at[3]) < 0)
		return -1;
	int byte = record_hex_digit(at[2]) << 4 | record_hex_digit(at[3]);
	return byte ? byte : -1;
}

/* At the opening quote. The text takes the place of what was escaped; at is then behind it. */
static bool take_string(struct scanner *s, char **value)
{
	char *to = s->at++;
	*value = to;
	while (s->at < s->end && *s->at != '"') {
		int byte = (unsigned char)*s->at;
		if (byte == '\\')
			byte = escaped(s->at, s->end);
		if (byte < 0)
			return fail(s, "a backslash, and no xHH behind it");
		s->at += *s->at == '\\' ? 4 : 1;
		*to++ = (char)byte;
	}
	if (s->at == s->end)
		return fail(s, "a string without end");
	s->at++;
	*to = '\0';
	return true;
}

static bool take_word(struct scanner *s, char **value)
{
	*value = s->at;
	while (s->at < s->end && *s->at != ' ' && *s->at != '"')
		s->at++;
	return s->at > *value || fail(s, "a blank too many");
}

/* The next value, words and strings alike; false where there is none, or a fault. */
static bool next(struct scanner *s, char **value, bool *string)
{
	if (!s->more || s->fault)
		return false;
	*string = s->at < s->end && *s->at == '"';
	if (!(*string ? take_string(s, value) : take_word(s, value)))
		return false;
	s->more = s->at < s->end;
	if (s->more && *s->at != ' ')
		return fail(s, "a blank too few");
	*s->at = '\0';
	s->at += s->more;
	return true;
}

static bool next_word(struct scanner *s, char **word)
{
	bool string = false;
	if (!next(s, word, &string))
		return fail(s, "a word is missing");
	return !string || fail(s, "a string, where a word belongs");
}

static bool next_integer(struct scanner *s, int64_t min, uint64_t max, uint64_t *value)
{
	char *word;
	return next_word(s, &word) &&
	       (record_integer(word, min, max, value) || fail(s, "no number, or out of range"));
}

static bool next_time(struct scanner *s, nsec *time)
{
	uint64_t value = 0;
	if (!next_integer(s, 0, (uint64_t)RECORD_TIME_MAX, &value))
		return false;
	*time = (nsec)value;
	return true;
}

static bool take_fields(struct scanner *s, const struct record_table *table, void *into)
{
	char *word;
	record_fields_plain(table, into);
	while (s->more) {
		if (!next_word(s, &word))
			return false;
		if (!record_field_parse(table, word, into))
			return fail(s, "no field of that name, or no value for it");
	}
	return true;
}

static bool take_poll(struct scanner *s, struct record_event *event)
{
	char *word;
	uint64_t reports;
	if (!next_time(s, &event->time) || !next_word(s, &word))
		return false;
	if (strcmp(word, "idle") == 0) {
		event->action = ACTION_IDLE;
	} else if (strcmp(word, "done") == 0) {
		event->action = ACTION_DONE;
	} else if (strcmp(word, "send") == 0) {
		event->action = ACTION_SEND;
		return take_fields(s, &record_probe, &event->probe);
	} else if (strcmp(word, "report") == 0) {
		event->action = ACTION_REPORT;
		if (!next_integer(s, 1, UINT32_MAX, &reports))
			return false;
		event->reports = (uint32_t)reports;
	} else {
		return fail(s, "an action that nobody knows");
	}
	return true;
}

static bool take_drops(struct scanner *s, struct record_event *event)
{
	return next_time(s, &event->time) && next_integer(s, 0, UINT64_MAX, &event->drops);
}

static bool take_note(struct scanner *s, const char *word, struct record_event *event)
{
	char *value;
	bool string = false;
	if (strlen(word) >= RECORD_WORD_SIZE)
		return fail(s, "a word that nobody knows");
	*event = record_note(word);
	while (next(s, &value, &string)) {
		if (event->value_count == RECORD_VALUES_MAX)
			return fail(s, "too many words");
		record_add(event, !string && strcmp(value, "-") == 0 ? NULL : value);
	}
	return !s->fault;
}

static bool take_event(struct scanner *s, struct record_event *event)
{
	char *word;
	if (!next_word(s, &word))
		return false;
	event->kind = RECORD_POLL;
	if (strcmp(word, "poll") == 0)
		return take_poll(s, event);
	event->kind = RECORD_SENT;
	if (strcmp(word, "sent") == 0)
		return take_fields(s, &record_sent, &event->sent);
	event->kind = RECORD_REPLY;
	if (strcmp(word, "reply") == 0)
		return take_fields(s, &record_reply, &event->reply);
	event->kind = RECORD_DROPS;
	if (strcmp(word, "drops") == 0)
		return take_drops(s, event);
	event->kind = RECORD_STOP;
	if (strcmp(word, "stop") == 0)
		return next_time(s, &event->time);
	return take_note(s, word, event);
}

bool record_parse(char *line, size_t length, struct record_event *event, const char **fault)
{
	struct scanner s = { .at = line, .end = line + length, .more = length > 0 };
	*event = (struct record_event){ 0 };
	for (size_t i = 0; i < length && !s.fault; i++)
		if (line[i] < ' ' || line[i] > '~')
			(void)fail(&s, "a byte that is no printable ASCII");
	if (!s.fault && take_event(&s, event) && s.more)
		(void)fail(&s, "too many words");
	*fault = s.fault;
	return !s.fault;
}
