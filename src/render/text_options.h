/*
 * text_options - the IPv4 options a reply brought (-R, -T, source routes), in ping's lines.
 */
#ifndef SONDE_RENDER_TEXT_OPTIONS_H
#define SONDE_RENDER_TEXT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buffer.h"
#include "base/cursor.h"
#include "render/render.h"
#include "wire/ip4.h"

#define TEXT_OPTIONS_TARGETS (UINT32_C(1) << 20) /* routes remembered at most */

/* The route last recorded towards each target: told again only when it changes. */
struct text_options {
	struct ip4_route *routes; /* by index of the target */
	uint32_t count;
};

void text_options_init(struct text_options *t);
void text_options_release(struct text_options *t);

/*
 * Appends what the options say, behind a reply line whose newline is still to come:
 *
 *	RR: <tab>ADDR ...                 a blank line ends each of these blocks
 *	<tab>(same route)                 where the route is that of the reply before
 *	TS: <tab>ADDR<tab>39348393 absolute, then differences; Unrecorded hops: 2
 *	LSRR: SSRR: NOP, unknown option 94, malformed options
 */
void text_options_put(struct text_options *t, struct buffer *out, const struct render_world *world,
                      bool numeric, uint32_t target, struct span options);

#endif
