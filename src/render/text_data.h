/*
 * text_data - what the data of a reply has to say, in ping's lines.
 */
#ifndef SONDE_RENDER_TEXT_DATA_H
#define SONDE_RENDER_TEXT_DATA_H

#include "base/buffer.h"
#include "probe/net.h"
#include "render/render.h"

/* "wrong data byte #40 should be 0x28 but was 0xd7", then the data, 32 bytes a line; for replies
 * whose wrong_at is known. */
void text_data_dump(struct buffer *out, const struct reply *reply);

/*
 * What a node said about itself (RFC 4620), " name=host.test addr=2001:db8::1", or why it did not,
 * " (refused)", " (query unknown)"; nothing for replies of other kinds.
 */
void text_data_node_info(struct buffer *out, const struct render_world *world,
                         const struct reply *reply);

#endif
