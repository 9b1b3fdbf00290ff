/*
 * icmp_words - an ICMP error in English, with the values it carries: what ping prints behind
 * icmp_seq and what JSON calls text.
 *
 *	Frag needed and DF set (mtu = 1400)             Packet too big: mtu=1400
 *	Parameter problem: pointer = 20                 Parameter problem: Unknown option at 6
 *	Redirect Host(New nexthop: 198.51.100.77)       Time exceeded: Hop limit
 *
 * A code nobody has assigned is told by its number in the same shape.
 */
#ifndef SONDE_RENDER_ICMP_WORDS_H
#define SONDE_RENDER_ICMP_WORDS_H

#include "base/buffer.h"
#include "probe/net.h"
#include "render/render.h"

void icmp_words(struct buffer *out, const struct render_world *world, const struct reply *error);

#endif
