/*
 * address - an address as users read it: the zone of a link-local one by its name (RFC 4007, 11).
 */
#ifndef SONDE_RENDER_ADDRESS_H
#define SONDE_RENDER_ADDRESS_H

#include "base/addr.h"
#include "base/buffer.h"
#include "render/render.h"

/*
 * "fe80::1%eth0", "%3" where the interface has no name; else as addr_format. The name of an
 * interface is not escaped yet. Returns its text argument.
 */
const char *address_format(const struct render_world *world, const struct addr *addr,
                           char text[static ADDR_TEXT_SIZE]);

/* The same, escaped for a line of text. */
void address_plain(struct buffer *out, const struct render_world *world, const struct addr *addr);

/* "NAME (ADDR)" where the world knows a name, else the address alone. */
void address_named(struct buffer *out, const struct render_world *world, const struct addr *addr);

#endif
