#include "render/address.h"

#include <string.h>
#include "render/escape.h"

const char *address_format(const struct render_world *world, const struct addr *addr,
                           char text[static ADDR_TEXT_SIZE])
{
	const char *zone = addr->scope && world->zone ? world->zone(world->ctx, addr->scope) : NULL;
	if (!zone)
		return addr_format(addr, text);
	struct addr bare = *addr;
	bare.scope = 0;
	addr_format(&bare, text);
	size_t length = strlen(text);
	size_t more = strlen(zone);
	if (length + 1 + more >= ADDR_TEXT_SIZE)
		return addr_format(addr, text);
	text[length] = '%';
	memcpy(text + length + 1, zone, more + 1);
	return text;
}

void address_plain(struct buffer *out, const struct render_world *world, const struct addr *addr)
{
	char text[ADDR_TEXT_SIZE];
	address_format(world, addr, text);
	escape_text(out, text, strlen(text), world->utf8);
}

void address_named(struct buffer *out, const struct render_world *world, const struct addr *addr)
{
	const char *name = world->name ? world->name(world->ctx, addr) : NULL;
	if (!name) {
		address_plain(out, world, addr);
		return;
	}
	escape_text(out, name, strlen(name), world->utf8);
	buffer_text(out, " (");
	address_plain(out, world, addr);
	buffer_char(out, ')');
}
