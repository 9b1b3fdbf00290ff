/*
 * text_ping - ping's reports in the lines that hands and scripts know from iputils' ping.
 *
 * The lines are those of iputils 20250605, byte for byte, but where they would say something wrong
 * or nothing at all:
 *
 *	64 bytes from A: icmp_seq=3 ttl=64 time=2100 ms (late)    its probe was given up before
 *	64 bytes from A: icmp_seq=? ttl=64 (unknown)              has our id, but is no answer
 *	To A icmp_seq=3 Network is unreachable (not sent)         this host refused to send it
 *	no answer yet for icmp_seq=3 from A                       -O with several targets
 *	3 packets transmitted, 2 received, +1 send errors, ...    refused ones are not in the 3
 *
 * Sequence numbers are whole, RTTs are rounded once and from nanoseconds, loss is what
 * report_ping_settled says. Text of the network is escaped. With verbose each ICMP error is
 * followed by a line that says what it quotes. Numbers rely on LC_NUMERIC being "C": cli/ sets
 * LC_CTYPE and nothing else.
 */
#ifndef SONDE_RENDER_TEXT_PING_H
#define SONDE_RENDER_TEXT_PING_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buffer.h"
#include "base/time.h"
#include "render/render.h"

struct text_ping_options {
	bool numeric;        /* -n: world->name is not asked */
	bool quiet;          /* -q: header and summary only */
	bool flood;          /* -f: dots */
	bool adaptive;       /* -A */
	bool audible;        /* -a: BEL with each reply */
	bool timestamps;     /* -D */
	bool precise;        /* -3: three decimals always */
	bool verbose;        /* -v */
	bool stats;          /* --stats */
	bool from;           /* -I, -B: the header tells source and device */
	nsec interval;       /* with 0, as with flood and adaptive, the summary has ipg/ewma */
	uint32_t targets;    /* how many there are: with several, lines say whose they are */
	uint32_t flow_label; /* -F; 0 for none */
	int32_t ident;       /* ICMP identifier for -v; -1 where unknown */
	const char *pattern; /* -p: hexadecimal digits; NULL for none */
	const char *device;  /* -I DEV; NULL for none */
};

/*
 * Options (and the strings in them), world and buffers must outlive the renderer. NULL where there
 * is no memory.
 */
struct renderer *text_ping_new(const struct text_ping_options *options,
                               const struct render_world *world, struct buffer *out,
                               struct buffer *err);

#endif
