/*
 * text_flood - the line of dots that ping -f draws: one appears with each probe, one goes with each
 * answer, and what stays is lost.
 *
 * Backspaces do not climb to the line above, so the line never reaches the terminal's edge: probes
 * it has no room for are counted instead, and once a whole line is marks that stay, the next
 * begins.
 */
#ifndef SONDE_RENDER_TEXT_FLOOD_H
#define SONDE_RENDER_TEXT_FLOOD_H

#include <stdint.h>
#include "base/buffer.h"

struct text_flood {
	uint32_t drawn;   /* characters on the line */
	uint32_t staying; /* of them, those no answer will take away */
	uint64_t unseen;  /* probes under way without a dot */
};

/* columns: of the terminal; below 2 stands for 80. */
void text_flood_sent(struct text_flood *f, struct buffer *out, int columns);
void text_flood_answered(struct text_flood *f, struct buffer *out);
/* The dot of a lost probe stays. */
void text_flood_lost(struct text_flood *f);
/* A dot becomes the mark: its probe was answered by an error ('E'), or badly ('C'). */
void text_flood_mark(struct text_flood *f, struct buffer *out, char mark);
/* A mark of its own: the probe had no dot. */
void text_flood_refused(struct text_flood *f, struct buffer *out, int columns);
/* Something else is to be written: ends the line where there is one. */
void text_flood_break(struct text_flood *f, struct buffer *out);

#endif
