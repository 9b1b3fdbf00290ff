/*
 * escape - text from the network made harmless before a terminal, a file or a parser sees it.
 *
 * A PTR record or the interface name in an ICMP extension is any bytes a stranger likes. Both
 * forms keep what is plain and show the rest: control characters (C0, DEL, C1), what no decoder of
 * UTF-8 accepts (RFC 3629: overlong, surrogate, beyond U+10FFFF, cut), and what reorders or hides
 * text (directional formatting, UAX #9; zero width, line separators, tags). Neither can be undone
 * by the text itself: the escape character is escaped too.
 */
#ifndef SONDE_RENDER_ESCAPE_H
#define SONDE_RENDER_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buffer.h"

/*
 * For a line of text: \xHH for bytes, \uHHHH and \UHHHHHHHH for characters, \\ for a backslash.
 * Blanks are escaped as well, so that a name stays one word of its line. Without utf8 what is
 * printed is ASCII.
 */
void escape_text(struct buffer *out, const char *text, size_t length, bool utf8);

/*
 * The inside of a JSON string (RFC 8259, 7), always valid UTF-8. What parses it gets the text back,
 * but for each byte that is not UTF-8 a U+FFFD.
 */
void escape_json(struct buffer *out, const char *text, size_t length);

#endif
