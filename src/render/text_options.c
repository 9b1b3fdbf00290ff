#include "render/text_options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "render/address.h"

void text_options_init(struct text_options *t)
{
	*t = (struct text_options){ 0 };
}

void text_options_release(struct text_options *t)
{
	free(t->routes);
	text_options_init(t);
}

static void put_addr(struct buffer *out, const struct render_world *world, bool numeric,
                     const struct addr *addr)
{
	buffer_char(out, '\t');
	if (numeric)
		address_plain(out, world, addr);
	else
		address_named(out, world, addr);
}

/* The place of a target's last route; NULL where it cannot be kept: then nothing repeats. */
static struct ip4_route *last_route(struct text_options *t, uint32_t target)
{
	if (target < t->count)
		return &t->routes[target];
	if (target >= TEXT_OPTIONS_TARGETS)
		return NULL;
	uint32_t count = t->count ? t->count : 1;
	while (count <= target)
		count *= 2;
	struct ip4_route *routes = realloc(t->routes, count * sizeof *routes);
	if (!routes)
		return NULL;
	memset(routes + t->count, 0, (count - t->count) * sizeof *routes);
	t->routes = routes;
	t->count = count;
	return &routes[target];
}

static bool same_route(const struct ip4_route *a, const struct ip4_route *b)
{
	if (a->count != b->count)
		return false;
	for (uint8_t i = 0; i < a->count; i++)
		if (!addr_equal(&a->addr[i], &b->addr[i]))
			return false;
	return true;
}

static void put_recorded(struct text_options *t, struct buffer *out,
                         const struct render_world *world, bool numeric, uint32_t target,
                         const struct ip4_route *route)
{
	if (route->count == 0)
		return;
	struct ip4_route *last = last_route(t, target);
	if (last && same_route(last, route)) {
		buffer_text(out, "\t(same route)");
		return;
	}
	if (last)
		*last = *route;
	buffer_text(out, "\nRR: ");
	for (uint8_t i = 0; i < route->count; i++) {
		put_addr(out, world, numeric, &route->addr[i]);
		buffer_char(out, '\n');
	}
}

static void put_source_route(struct buffer *out, const struct render_world *world, bool numeric,
                             uint8_t type, const struct ip4_route *route)
{
	buffer_text(out, type == IP4_OPTION_SSRR ? "\nSSRR: " : "\nLSRR: ");
	for (uint8_t i = 0; i < route->count; i++) {
		put_addr(out, world, numeric, &route->addr[i]);
		buffer_char(out, '\n');
	}
}

/* The first time of each clock in full, what follows as the difference to the one before. */
static void put_times(struct buffer *out, const struct render_world *world, bool numeric,
                      const struct ip4_timestamp *ts)
{
	int64_t before[2] = { -1, -1 }; /* standard, not standard */
	if (ts->count)
		buffer_text(out, "\nTS: ");
	for (uint8_t i = 0; i < ts->count; i++) {
		bool odd = ts->entry[i].ms & IP4_TIMESTAMP_NOT_STANDARD;
		int64_t ms = ts->entry[i].ms & ~IP4_TIMESTAMP_NOT_STANDARD;
		if (ts->entry[i].addr.family)
			put_addr(out, world, numeric, &ts->entry[i].addr);
		bool first = before[odd] < 0;
		buffer_printf(out, "\t%" PRId64 "%s%s\n", first ? ms : ms - before[odd],
		              first ? " absolute" : "", odd ? " not-standard" : "");
		before[odd] = ms;
	}
	if (ts->overflow)
		buffer_printf(out, "%sUnrecorded hops: %u\n", ts->count ? "" : "\n",
		              (unsigned)ts->overflow);
}

static bool put_one(struct text_options *t, struct buffer *out, const struct render_world *world,
                    bool numeric, uint32_t target, const struct ip4_option *option)
{
	struct ip4_route route;
	struct ip4_timestamp ts;
	switch (option->type) {
	case IP4_OPTION_RECORD_ROUTE:
		if (!ip4_route_parse(option, &route))
			return false;
		put_recorded(t, out, world, numeric, target, &route);
		return true;
	case IP4_OPTION_LSRR:
	case IP4_OPTION_SSRR:
		if (!ip4_route_parse(option, &route))
			return false;
		put_source_route(out, world, numeric, option->type, &route);
		return true;
	case IP4_OPTION_TIMESTAMP:
		if (!ip4_timestamp_parse(option, &ts))
			return false;
		put_times(out, world, numeric, &ts);
		return true;
	case IP4_OPTION_NOP: buffer_text(out, "\nNOP"); return true;
	default: buffer_printf(out, "\nunknown option %x", (unsigned)option->type); return true;
	}
}

void text_options_put(struct text_options *t, struct buffer *out, const struct render_world *world,
                      bool numeric, uint32_t target, struct span options)
{
	struct cursor c = cursor_over(options);
	struct ip4_option option;
	bool good = true;
	while (ip4_option_next(&c, &option))
		good &= put_one(t, out, world, numeric, target, &option);
	if (c.failed || !good)
		buffer_text(out, "\nmalformed options");
}
