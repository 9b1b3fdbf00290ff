#include "wire/tcp.h"
#include "wire/checksum.h"
#include "wire/ip4.h"

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
};
#define OPTION_MSS_LENGTH 4

/* Everything but the options; returns the header's length as its data offset says. */
static size_t read_fixed(struct cursor *c, struct tcp *t)
{
	*t = (struct tcp){ 0 };
	t->sport = cursor_u16(c);
	t->dport = cursor_u16(c);
	t->seq = cursor_u32(c);
	t->ack = cursor_u32(c);
	size_t header = (size_t)(cursor_u8(c) >> 4) * 4;
	t->flags = cursor_u8(c);
	t->window = cursor_u16(c);
	t->checksum = cursor_u16(c);
	t->urgent = cursor_u16(c);
	return header;
}

/* Takes the MSS out of the options; false where one of them is cut or has no length. */
static bool read_options(struct tcp *t)
{
	struct cursor c = cursor_over(t->options);

	while (cursor_left(&c)) {
		uint8_t kind = cursor_u8(&c);
		if (kind == OPTION_END)
			break;
		if (kind == OPTION_NOP)
			continue;
		uint8_t length = cursor_u8(&c); /* counts itself and the kind */
		if (length < 2)
			return false;
		if (kind == OPTION_MSS && length == OPTION_MSS_LENGTH)
			t->mss = cursor_u16(&c);
		else
			cursor_skip(&c, (size_t)length - 2);
	}
	return !c.failed;
}

bool tcp_parse(struct cursor *c, struct tcp *t)
{
	size_t header = read_fixed(c, t);

	if (header < TCP_HEADER_MIN)
		c->failed = true;
	t->options = cursor_span(c, header - TCP_HEADER_MIN);
	if (!read_options(t))
		c->failed = true;
	return !c->failed;
}

bool tcp_parse_quote(struct cursor *c, struct tcp *t)
{
	struct cursor quote = *c;
	size_t header = read_fixed(&quote, t);

	if (cursor_left(c) < 8) {
		c->failed = true;
		return false;
	}
	if (header > TCP_HEADER_MIN) {
		size_t options = header - TCP_HEADER_MIN;
		size_t there = cursor_left(&quote);
		t->options = cursor_span(&quote, options < there ? options : there);
		(void)read_options(t); /* cut or not, what was whole has been read */
	}
	if (quote.failed)
		(void)cursor_rest(c);
	else
		*c = quote;
	return true;
}

void tcp_build(struct writer *w, const struct tcp *t)
{
	size_t header = TCP_HEADER_MIN + (t->mss ? OPTION_MSS_LENGTH : 0);

	writer_u16(w, t->sport);
	writer_u16(w, t->dport);
	writer_u32(w, t->seq);
	writer_u32(w, t->ack);
	writer_u8(w, (uint8_t)(header / 4 << 4));
	writer_u8(w, t->flags);
	writer_u16(w, t->window);
	writer_u16(w, 0);
	writer_u16(w, t->urgent);
	if (t->mss) {
		writer_u8(w, OPTION_MSS);
		writer_u8(w, OPTION_MSS_LENGTH);
		writer_u16(w, t->mss);
	}
}

void tcp_seal(struct writer *w, size_t offset, const struct addr *src, const struct addr *dst)
{
	writer_patch_u16(w, offset + 16, 0);
	if (w->failed)
		return;
	writer_patch_u16(w, offset + 16,
	                 checksum_upper(src, dst, IP_PROTOCOL_TCP, w->start + offset,
	                                writer_length(w) - offset));
}
