#include "render/text_flood.h"

#include <stdbool.h>

#define COLUMNS_DEFAULT 80

/* Room for one character more; a line of nothing but marks gives way to a new one. */
static bool has_room(struct text_flood *f, struct buffer *out, int columns)
{
	uint32_t edge = (uint32_t)(columns < 2 ? COLUMNS_DEFAULT : columns) - 1;
	if (f->drawn < edge)
		return true;
	if (f->staying < f->drawn)
		return false;
	buffer_char(out, '\n');
	f->drawn = 0;
	f->staying = 0;
	return true;
}

void text_flood_sent(struct text_flood *f, struct buffer *out, int columns)
{
	if (!has_room(f, out, columns)) {
		f->unseen++;
		return;
	}
	buffer_char(out, '.');
	f->drawn++;
}

void text_flood_answered(struct text_flood *f, struct buffer *out)
{
	if (f->unseen) {
		f->unseen--;
	} else if (f->drawn > f->staying) {
		buffer_text(out, "\b \b");
		f->drawn--;
	}
}

void text_flood_lost(struct text_flood *f)
{
	if (f->drawn > f->staying)
		f->staying++;
	else if (f->unseen)
		f->unseen--;
}

void text_flood_mark(struct text_flood *f, struct buffer *out, char mark)
{
	if (f->drawn == f->staying)
		return;
	buffer_char(out, '\b');
	buffer_char(out, mark);
	f->staying++;
}

void text_flood_refused(struct text_flood *f, struct buffer *out, int columns)
{
	if (!has_room(f, out, columns))
		return;
	buffer_char(out, 'E');
	f->drawn++;
	f->staying++;
}

void text_flood_break(struct text_flood *f, struct buffer *out)
{
	if (f->drawn)
		buffer_char(out, '\n');
	*f = (struct text_flood){ 0 };
}
